"""A run on a miniature Common Crawl: lists and index, near and far, and a server that is not well."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archive_server import INDEX, INDEX_LIST, WARC_LIST, Server, build, serve
from runs import corpus, eurocorpus, summary

from eurocorpus.pipeline.config import Config
from eurocorpus.pipeline.errors import RunError, UsageError
from eurocorpus.pipeline.inputs import find_inputs
from eurocorpus.pipeline.plan import plan
from eurocorpus.pipeline.release.purge import purge
from eurocorpus.pipeline.run import run


def documents(out: Path, language: str = "*") -> dict[str, str]:
    files = sorted((out / "data").glob(f"{language}/*.parquet"))
    return {row["id"]: row["text"] for f in files for row in pq.read_table(f).to_pylist()}


@pytest.fixture(scope="session")
def crawl(sample: Path, clean_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as Common Crawl's is, with the pages of the sample web."""
    root = tmp_path_factory.mktemp("crawl")
    languages = {}
    for file in sorted(clean_run.glob("documents/**/*.parquet")):
        for row in pq.read_table(file, columns=["url", "language"]).to_pylist():
            code = {"ekk": "est", "lvs": "lav"}.get(row["language"][:3], row["language"][:3])
            languages[row["url"]] = f"{code},eng"
    build(root, sorted(sample.glob("*.warc.gz")), languages)
    return root


@pytest.fixture
def server(crawl: Path) -> Iterator[Server]:
    with serve(crawl) as server:
        yield server


def config(inputs: str, out: Path, **archive: object) -> Config:
    return Config.model_validate(
        {"inputs": [inputs], "output": str(out), "archive": {"backoff": 0.001} | archive,
         "engine": {"executor": "local", "workers": 1}}
    )  # fmt: skip


def test_a_path_list_gives_the_same_corpus_near_and_far(
    server: Server, crawl: Path, clean_run: Path, tmp_path: Path
) -> None:
    warcs = sorted(path for path in crawl.rglob("*.warc.gz"))
    # The server is not well: it is busy, breaks off, sends less than it should, and hangs up.
    for path, faults in zip(
        warcs, (["503", "503", "", "short"], ["", "less"], ["", "reset"]), strict=True
    ):
        server.faults[path.relative_to(crawl).as_posix()] = faults
    server.faults[WARC_LIST] = ["503"]
    run(config(server.base + WARC_LIST, tmp_path / "far"))
    assert not any(server.faults.values())
    assert documents(tmp_path / "far") == documents(clean_run)
    run(config(str(crawl / WARC_LIST), tmp_path / "near"))
    assert corpus(tmp_path / "near") == corpus(tmp_path / "far")
    before = len(server.log)
    run(config(server.base + WARC_LIST, tmp_path / "far"))
    assert {path for _, path, _ in server.log[before:]} == {WARC_LIST}  # nothing is fetched twice
    assert not (tmp_path / "far" / "streams").exists()
    asked = len(server.log)
    # What was fetched is not there to be purged; a local archive's files are.
    assert _purged(tmp_path / "far") == set()
    assert _purged(tmp_path / "near") == {path.name for path in warcs}
    assert len(server.log) == asked


def _purged(run: Path) -> set[str]:
    """The inputs that `purge --inputs` would delete."""
    found = purge(run, basis="art4", date="2026-12-01", inputs=True, dry=True)
    return {file["path"] for file in found["files"] if "/" not in file["path"]}


def test_an_index_chooses_by_language_before_a_byte_of_warc_is_read(
    server: Server, crawl: Path, clean_run: Path, tmp_path: Path
) -> None:
    chosen = config(server.base + INDEX_LIST, tmp_path / "far", languages=["mlt_Latn", "ekk_Latn"])
    rows = plan(chosen)
    assert (rows[0].stage, rows[0].tasks) == ("documents", 1)
    assert server.sent(".warc.gz") == 0
    for path in crawl.rglob("*.warc.gz"):
        server.faults[path.relative_to(crawl).as_posix()] = ["503"]
    run(chosen)
    assert documents(tmp_path / "far", "mlt_Latn") == documents(clean_run, "mlt_Latn")
    assert documents(tmp_path / "far", "ekk_Latn") == documents(clean_run, "ekk_Latn")
    assert {row["language"] for row in _rows(tmp_path / "far")} == {"mlt_Latn", "ekk_Latn"}
    whole = sum(path.stat().st_size for path in crawl.rglob("*.warc.gz"))
    assert 0 < server.sent(".warc.gz") < whole
    near = config(str(crawl / INDEX), tmp_path / "near", base=str(crawl), languages=["mlt", "est"])
    run(near)
    assert corpus(tmp_path / "near") == corpus(tmp_path / "far")
    assert _purged(tmp_path / "near") == _purged(tmp_path / "far") == set()


def _rows(out: Path) -> list[dict[str, object]]:
    return [row for f in sorted(out.glob("documents/**/*.parquet"))
            for row in pq.read_table(f, columns=["language", "url"]).to_pylist()]  # fmt: skip


def test_bundles_are_bounded_and_their_number_changes_no_document(
    server: Server, crawl: Path, tmp_path: Path
) -> None:
    one = find_inputs([server.base + INDEX_LIST], config("x", tmp_path, languages=["deu"]).archive)
    small = config(
        str(crawl / INDEX), tmp_path / "RUN", base=str(crawl), languages=["deu"], bundle_records=2
    )
    many = find_inputs(small.inputs, small.archive)
    assert len(one) == 1
    assert one[0].bundle is not None
    assert len(many) == -(-one[0].bundle.records.num_rows // 2)
    assert sum(source.bytes for source in many) == one[0].bytes
    run(small)
    whole = config(server.base + INDEX_LIST, tmp_path / "WHOLE", languages=["deu"])
    run(whole)
    assert documents(tmp_path / "RUN") == documents(tmp_path / "WHOLE")
    # Another choice would forget documents, which takes --prune.
    with pytest.raises(UsageError, match="--prune"):
        run(config(str(crawl / INDEX), tmp_path / "RUN", base=str(crawl), languages=["mlt"]))


@pytest.mark.parametrize("fault", ["less", "short", "503"])
def test_what_never_comes_whole_fails_the_unit_and_can_be_tried_again(
    server: Server, crawl: Path, tmp_path: Path, fault: str
) -> None:
    for path in crawl.rglob("*.warc.gz"):
        server.faults[path.relative_to(crawl).as_posix()] = [fault] * 1000
    small = config(server.base + INDEX_LIST, tmp_path / "RUN", languages=["mlt"], retries=1)
    with pytest.raises(RunError, match=r"did not come in 2 attempts; the last: .*"):
        run(small)
    assert not list((tmp_path / "RUN").glob("documents/**/*.parquet"))
    server.faults.clear()
    run(small)
    assert summary(tmp_path / "RUN")["balanced"]
    assert documents(tmp_path / "RUN", "mlt_Latn")


def test_what_is_not_there_or_not_allowed_is_not_asked_for_twice(
    server: Server, tmp_path: Path
) -> None:
    done = eurocorpus("plan", f"{server.base}nothing.paths.gz")
    assert done.returncode == 2
    assert done.stderr.startswith(f"eurocorpus: {server.base}nothing.paths.gz: expected")
    assert len(server.log) <= 2
    server.faults[WARC_LIST] = ["403", "403"]
    with pytest.raises(UsageError, match="403"):
        find_inputs([server.base + WARC_LIST])


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        ({"languages": ["xxx"]}, "nothing of languages=.* is in the index"),
        ({"tlds": ["de"]}, "nothing of tlds="),
        ({"status": [404], "languages": ["mlt"]}, "nothing of languages="),
    ],
)
def test_a_choice_of_nothing_is_said(
    crawl: Path, tmp_path: Path, archive: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_inputs([str(crawl / INDEX)], config("x", tmp_path, **archive).archive)


def test_choices_other_than_languages(crawl: Path, tmp_path: Path) -> None:
    def chosen(**archive: object) -> set[str]:
        sources = find_inputs([str(crawl / INDEX)], config("x", tmp_path, **archive).archive)
        return {
            place for source in sources if source.bundle
            for place in map(str, source.bundle.records.to_pylist())
        }  # fmt: skip

    everything = chosen(tlds=["example"])
    domain = chosen(domains=["Meridian.example"])
    assert domain < everything
    assert chosen(tlds=[".example"], domains=["meridian.example"]) == domain
    assert not everything & chosen(status=[404], mime=[])
    assert everything < chosen(mime=[])
