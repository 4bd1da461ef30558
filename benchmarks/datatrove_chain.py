"""FineWeb-2's chain in datatrove's own blocks, for end_to_end.py; runs in the peers' environment.

WARC → trafilatura → lid.176 → JSONL by language, then for each language the score threshold,
Gopher's and FineWeb's quality filters with FineWeb-2's settings, and MinHash 14 x 8 over word
5-grams. Order and settings follow huggingface/fineweb-2's fineweb-2-pipeline.py, with three
differences: every stage reads what the one before it wrote, quality comes before MinHash as in
FineWeb (and here), and no stage writes what it removes.
"""

import json
import resource
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import trafilatura  # noqa: F401  (else each sandbox's child imports it, within its page's second)
import yaml
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LambdaFilter,
    LanguageFilter,
)
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.lid import FT176LID
from datatrove.utils.word_tokenizers import WhitespaceTokenizer

MINHASH = MinhashConfig(
    hash_config=HashConfig(hash_fc="xxhash", precision=64),
    num_buckets=14,
    hashes_per_bucket=8,
    n_grams=5,
)
PAGE_SECONDS = 30
"""Time by the clock for one page; datatrove's default of 1 loses pages where others are at work."""


@dataclass(frozen=True)
class Job:
    """What end_to_end.py asks for, read from a JSON file."""

    warcs: str
    """Folder of the WARC files."""
    output: str
    model: str
    """lid.176.ftz; both sides identify languages with it."""
    configs: str
    """Folder of FineWeb-2's thresholds, one `ces_Latn.yml` a language."""
    languages: dict[str, str]
    """lid.176's label -> code, of the languages that the corpus shall have."""
    min_score: float


class Chain:
    """Runs pipelines one after another and keeps account of their CPU time."""

    def __init__(self, root: Path) -> None:
        """Keep datatrove's own logs and completion marks below `root`."""
        self._root = root
        self.cpu_seconds: dict[str, float] = {}
        self.stats: list[dict[str, Any]] = []

    def run(self, stage: str, pipeline: list[Any], *, name: str = "all", tasks: int = 1) -> None:
        """Run a pipeline in this process, one task at a time."""
        before = _cpu_seconds()
        executor = LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=1, logging_dir=str(self._root / "logs" / stage / name)
        )
        stats = executor.run()
        spent = _cpu_seconds() - before
        self.cpu_seconds[stage] = round(self.cpu_seconds.get(stage, 0.0) + spent, 3)
        if name == "all":
            self.stats = [{"step": step.name, **_counts(step)} for step in stats.stats]


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _counts(step: Any) -> dict[str, int]:
    return {name: int(metric.total) for name, metric in step.stats.items()}


def main(job: Job) -> None:
    """Run the whole chain; leave documents, what passed the filters, the corpus and figures."""
    root = Path(job.output)
    FT176LID.MODEL_URL = job.model
    chain = Chain(root)
    chain.run(
        "documents",
        [
            WarcReader(job.warcs, glob_pattern="*.warc.gz"),
            Trafilatura(favour_precision=True, timeout=PAGE_SECONDS),
            LanguageFilter(backend="ft176", label_only=True, keep_top_pairs_threshold=0.01),
            JsonlWriter(str(root / "documents"), output_filename="${language}/${rank}.jsonl.gz"),
        ],
    )
    for label, code in job.languages.items():
        if (root / "documents" / label).exists():
            clean(chain, job, label, code)
    figures = {
        "cpu_seconds": chain.cpu_seconds,
        "documents": chain.stats,
        "versions": {
            name: version(name) for name in ("datatrove", "trafilatura", "spacy", "numpy")
        },
    }
    (root / "figures.json").write_text(json.dumps(figures, indent=1), "utf-8")


def clean(chain: Chain, job: Job, label: str, code: str) -> None:
    """Filter and deduplicate one language."""
    root = Path(job.output)
    # datatrove's Maltese tokenizer is a model of stanza's, which has to be downloaded.
    words = WhitespaceTokenizer() if code == "mlt_Latn" else code
    filtered, minhash = root / "filtered" / code, root / "minhash" / code
    chain.run(
        "filters",
        [
            JsonlReader(str(root / "documents" / label)),
            LambdaFilter(partial(is_certain, min_score=job.min_score)),
            *quality_filters(Path(job.configs, f"{code}.yml"), words),
            JsonlWriter(str(filtered)),
        ],
        name=code,
    )
    if not any(filtered.glob("*")):
        return
    signatures, buckets, removals = (str(minhash / part) for part in ("sigs", "buckets", "remove"))
    read = JsonlReader(str(filtered))
    chain.run(
        "minhash signatures", [read, MinhashDedupSignature(signatures, MINHASH, words)], name=code
    )
    chain.run(
        "minhash buckets",
        [MinhashDedupBuckets(signatures, buckets, config=MINHASH)],
        name=code,
        tasks=MINHASH.num_buckets,
    )
    chain.run(
        "minhash clusters",
        [MinhashDedupCluster(buckets, removals, MINHASH, save_cluster_size=True)],
        name=code,
    )
    chain.run(
        "minhash filter",
        [
            read,
            MinhashDedupFilter(removals, load_cluster_sizes=True),
            JsonlWriter(str(root / "data" / code)),
        ],
        name=code,
    )
    shutil.rmtree(minhash)


def is_certain(document: Document, min_score: float) -> bool:
    """Whether the language's score is at the threshold or above."""
    return bool(document.metadata["language_score"] >= min_score)


def quality_filters(config: Path, words: Any) -> list[Any]:
    """FineWeb-2's three filters for a language; FineWeb's where it has no settings (English)."""
    if not config.exists():
        return [
            GopherRepetitionFilter(language=words),
            FineWebQualityFilter(language=words),
            GopherQualityFilter(language=words),
        ]
    settings = yaml.safe_load(config.read_text("utf-8"))
    return [
        GopherRepetitionFilter(
            language=words,
            dup_para_frac=0,
            dup_line_char_frac=0,
            dup_para_char_frac=0,
            dup_line_frac=settings["dup_line_frac"],
            top_n_grams=settings["top_n_grams"],
            dup_n_grams=settings["dup_n_grams"],
        ),
        FineWebQualityFilter(
            language=words,
            short_line_thr=999,
            char_duplicates_ratio=0.1,
            line_punct_thr=settings["line_punct_thr"],
            new_line_ratio=settings["new_line_ratio"],
        ),
        GopherQualityFilter(
            language=words,
            min_avg_word_length=settings["min_avg_word_length"],
            max_avg_word_length=settings["max_avg_word_length"],
            stop_words=settings["stopwords"],
            max_non_alpha_words_ratio=settings["max_non_alpha_words_ratio"],
            min_stop_words=2,
        ),
    ]


if __name__ == "__main__":
    main(Job(**json.loads(Path(sys.argv[1]).read_text("utf-8"))))
