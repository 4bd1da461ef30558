"""Metrics: events as JSON lines, counters as Prometheus reads them, and no harm where neither can be written."""

import json
import re
from pathlib import Path

from eurocorpus.pipeline.engine import Finished, Idle, Outcome, Retried, Started, Unit
from eurocorpus.pipeline.metrics import Metrics

UNIT = Unit("documents", 'a "b".warc.gz', "m:f", {}, weight=1000)
LINE = re.compile(r'(# (HELP|TYPE) \w+ .+)|(\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+)')


def test_events_and_counters(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "log")
    for event in (
        Started(UNIT, 1),
        Retried(UNIT, 1, "its worker was killed by SIGKILL"),
        Idle(2, 5),
        Finished(Outcome(UNIT, "done", 2, 1.5, 1.25, {"documents": 10, "kept": 8})),
        Finished(Outcome(UNIT, "failed", 3, error="OSError: no space\nTraceback")),
    ):
        metrics.show(event)
    metrics.close()
    lines = [json.loads(line) for line in (tmp_path / "log/events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "retried", "done", "failed"]
    assert lines[3]["error"] == "OSError: no space"
    text = (tmp_path / "log" / "metrics.prom").read_text()
    assert all(LINE.fullmatch(line) for line in text.splitlines())
    assert 'eurocorpus_units_total{stage="documents",status="done"} 1\n' in text
    assert 'eurocorpus_documents_total{stage="documents"} 10\n' in text
    assert 'eurocorpus_cpu_seconds_total{stage="documents"} 1.25\n' in text
    assert "eurocorpus_units_waiting 0\n" in text


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    metrics = Metrics(tmp_path / "log")
    metrics.show(Started(UNIT, 1))
    metrics.close()


def test_a_run_leaves_both(clean_run: Path) -> None:
    events = [
        json.loads(line) for line in (clean_run / "log/events.jsonl").read_text().splitlines()
    ]
    assert {event["stage"] for event in events} == {"documents", "judge", "deduplicate", "shards"}
    assert (
        'eurocorpus_units_total{stage="shards",status="done"}'
        in (clean_run / "log" / "metrics.prom").read_text()
    )
