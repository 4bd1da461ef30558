"""The configuration of a run: what can be set, its defaults, and the checks before anything starts.

Fields are grouped by the stage that they belong to, since a stage's fingerprint covers just its
own groups: changing one value redoes only what depends on it.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ByteSize, Field, ValidationInfo, field_validator, model_validator

from ..filters import FOREIGN_LINES, MODEL_SCORE, SIGNALS, check_overrides
from ..langid import CHARACTERS, DEFAULT_ENGINE, EU_LANGUAGES, LANGUAGES, NOISE, thresholds
from .section import Engine, Section


class Read(Section):
    """Reading inputs."""

    page_bytes: ByteSize = ByteSize(10 << 20)
    """Largest page after decoding; a larger one is dropped as `page_too_large`."""
    text_column: str = "text"
    """Column that holds the text, in Parquet and JSONL inputs."""


class Archive(Section):
    """Web archives that are read where they lie: path lists and indexes named as inputs."""

    base: str | None = None
    """What paths of a list or an index are relative to, an address or a folder; by default as the
    input's own address shows, else Common Crawl's."""
    languages: tuple[str, ...] = ()
    """Of an index, captures in one of these languages, such as `mlt_Latn`; by default in any."""
    tlds: tuple[str, ...] = ()
    """Of an index, captures of these top-level domains, such as `mt`; by default of any."""
    domains: tuple[str, ...] = ()
    """Of an index, captures of these registered domains; by default of any."""
    status: tuple[int, ...] = (200,)
    """Of an index, captures with one of these HTTP status codes."""
    mime: tuple[str, ...] = ("text/html", "application/xhtml+xml")
    """Of an index, captures of these detected media types."""
    bundle_records: Annotated[int, Field(ge=1)] = 20_000
    """Most records of an index that one unit reads."""
    bundle_bytes: Annotated[ByteSize, Field(ge=1)] = ByteSize(512 << 20)
    """Most compressed bytes of an index's records that one unit reads."""
    streams: Annotated[int, Field(ge=0)] = 16
    """Requests at a time, of all workers together; 0 is no limit."""
    retries: Annotated[int, Field(ge=0)] = 6
    """How often bytes that did not come, or came short, are asked for again."""
    backoff: Annotated[float, Field(ge=0)] = 1.0
    """Seconds before the first repetition; doubled each time, with jitter."""
    seed: int = 0
    """Seed of the jitter."""


class UrlListFile(Section):
    """A list of hosts and URLs."""

    path: str
    """A file with an entry a line, or a folder with `domains` and `urls` as a UT1 category has."""
    name: str = ""
    """What it is called in the record; by default as the file or folder is."""
    licence: str = ""
    """Its licence, for the record."""
    version: str = ""
    """Its version or date, for the record."""
    expressions: bool = False
    """Whether the file `expressions` of the folder counts too: regular expressions, a line each."""


class Urls(Section):
    """Pages that their URL rules out before they are read."""

    block: tuple[UrlListFile, ...] = ()
    """Lists whose hosts and URLs are dropped as `url_listed`."""
    allow: tuple[UrlListFile, ...] = ()
    """Lists whose hosts and URLs are kept, whatever the other lists and the words say."""
    words: bool = True
    """Whether words of adult and spam sites in a URL drop it as `url_words`."""


class Rights(Section):
    """Reservations against text and data mining, by pages and by their hosts."""

    policy: Literal["strict", "own-agent", "annotate"] = "strict"
    """Whose reservations drop a page as `opted_out`: all; those to `agent`; none, they are only noted."""
    agent: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")] = "eurocorpus"
    """The name by which robots.txt files know whoever collected the pages, such as `CCBot`."""
    agents: str | None = None
    """A TOML file with other AI agents than the pinned ones, whose exclusion is an opt-out."""
    robots: tuple[str, ...] = ()
    """Snapshots of robots.txt files (folder, Parquet or WARC); a later one counts over an earlier one."""


class Extract(Section):
    """HTML to text."""

    engine: Literal["fast", "trafilatura", "resiliparse"] = "fast"
    """Extractor of the main text."""
    cpu_seconds: Annotated[float, Field(gt=0)] = 30
    """CPU time that one page may take before it is dropped as `extraction_cpu`."""
    memory: ByteSize = ByteSize(1 << 30)
    """Memory that the extracting process may take before the page is dropped."""


class Languages(Section):
    """Which languages the corpus has."""

    wanted: tuple[str, ...] = EU_LANGUAGES
    """Codes such as `ces_Latn`; documents in others are dropped as `language_unwanted`."""
    engine: str = DEFAULT_ENGINE
    """What names the language: `py3langid`, `lid176`, `both`, or the path of a fastText model."""
    characters: Annotated[int, Field(ge=100)] = CHARACTERS
    """How much of a text the engine looks at."""
    hints: bool = True
    """Whether a page's declared language and its domain tip what its text leaves open."""
    lines: Literal["off", "keep", "drop"] = "off"
    """Whether lines of 60 characters or more are asked for their language, and what becomes of foreign ones."""
    min_score: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, validate_default=True
    )
    """Least score by language, `*` for all others, over the engine's own; below it, `language_uncertain`."""

    @field_validator("engine")
    @classmethod
    def _there(cls, engine: str) -> str:
        thresholds(engine)
        return engine

    @field_validator("min_score", mode="after")
    @classmethod
    def _complete(cls, scores: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        for code in scores.keys() - {"*"}:
            _check_language(code)
        return thresholds(info.data.get("engine", DEFAULT_ENGINE)) | scores

    @field_validator("wanted")
    @classmethod
    def _known(cls, wanted: tuple[str, ...]) -> tuple[str, ...]:
        for code in wanted:
            if code != NOISE:  # who wants to see what was refused may
                _check_language(code)
        if not wanted:
            raise ValueError("no language is wanted; name at least one, such as ces_Latn")
        return tuple(sorted(set(wanted)))


class Filters(Section):
    """Quality rules on signals."""

    enabled: bool = True
    """Whether documents that break a rule are dropped; signals are measured either way."""
    thresholds: dict[str, dict[str, float]] = Field(default_factory=dict)
    """`{language or "*": {threshold: value}}`, over the values that come with the package."""
    model: str | None = None
    """A fastText classifier (`.bin` or `.ftz`) whose score is stored as the signal `model_score`."""
    model_label: str = "hq"
    """The label of the model whose probability is the score, without `__label__`."""

    @field_validator("thresholds")
    @classmethod
    def _known(cls, overrides: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        check_overrides(overrides)
        return overrides


class Lines(Section):
    """Lines that pages put around their text: menus, pagers, notices of cookies and JavaScript."""

    enabled: bool = False
    """Whether they are taken out of the text before anything is measured."""
    repeats: bool = False
    """Whether a line of 40 characters or more that stood in the same text before is taken out too."""
    sites: bool = False
    """Whether lines that stand on many pages of their site are taken out, over all inputs."""
    site_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of a site's pages above which a line goes."""
    site_pages: Annotated[int, Field(ge=2)] = 10
    """Pages that a site must have; lines of smaller ones stay."""


class Pii(Section):
    """Personal data: e-mail and network addresses, telephone, account, card and identity numbers."""

    enabled: bool = True
    """Whether it is looked for; where it stands is in the column `pii`."""
    mask: Literal["none", "tag", "fake"] = "tag"
    """What is put in its place: `<email-pii>` and the like, or values that reach nobody."""
    mask_in: Literal["release", "run"] = "release"
    """Whether a release masks what it publishes, or the run its shards already."""
    drop_above: Annotated[int, Field(ge=0)] | None = None
    """Findings above which a document is dropped as `personal_data`, as lists of members are."""

    @model_validator(mode="after")
    def _looked_for(self) -> "Pii":
        if not self.enabled and self.drop_above is not None:
            raise ValueError("drop_above needs enabled: true")
        return self


class BenchmarkFile(Section):
    """An evaluation set."""

    path: str
    """JSONL, Parquet, or a text file with an item a line."""
    name: str = ""
    """What it is called in the column `contamination`; by default as the file is."""
    fields: tuple[str, ...] = ()
    """The fields or columns that are compared; by default all that hold text."""
    licence: str = ""
    """Its licence, for the record."""
    version: str = ""
    """Its version or date, for the record."""


class Contamination(Section):
    """Passages of evaluation sets."""

    benchmarks: tuple[BenchmarkFile, ...] = ()
    """Evaluation sets; documents that share 13 words in a row with one are flagged, not dropped."""

    @field_validator("benchmarks")
    @classmethod
    def _named_apart(cls, benchmarks: tuple[BenchmarkFile, ...]) -> tuple[BenchmarkFile, ...]:
        names = [benchmark.name or Path(benchmark.path).stem for benchmark in benchmarks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two benchmarks are called {name}; give each a `name` of its own")
        return benchmarks


class Takedowns(Section):
    """Documents that were taken down from a release, and must not come back."""

    lists: tuple[str, ...] = ()
    """Lists that `eurocorpus remove` wrote, or the folders of the releases that hold them."""


class Dedup(Section):
    """Exact and near duplicates, within each language."""

    exact: bool = True
    """Whether documents of equal text are reduced to one."""
    near: bool = True
    """Whether near-duplicates are reduced to one."""
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Similarity to a kept document from which a document is removed."""
    policy: Literal["jaccard", "containment"] = "jaccard"
    """How similarity is measured: `jaccard` for web pages, `containment` for books and law."""
    tier_signal: str | None = None
    """Signal that says which of two duplicates stays, before their lengths do; or `language_score`."""
    tier_bounds: tuple[float, ...] = ()
    """Bounds between tiers, ascending; the tier is how many of them a document's signal reaches."""
    bands: Annotated[int, Field(ge=1, le=64)] = 14
    """Bands of the MinHash signature."""
    rows: Annotated[int, Field(ge=1, le=64)] = 8
    """Hashes in a band."""
    ngram: Annotated[int, Field(ge=1, le=50)] = 5
    """Words in an n-gram."""
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 1
    """Seed of the hash functions."""
    alarm_share: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Share of a domain or an input above which its removal is reported as an alarm."""
    alarm_documents: Annotated[int, Field(ge=1)] = 20
    """Documents that a domain or an input must have for an alarm."""
    against: tuple[str, ...] = ()
    """Finished runs whose documents need no second copy: their folders, or copies of `dedup/index/`."""
    partition_bytes: Annotated[ByteSize, Field(ge=1200)] = ByteSize(1 << 30)
    """Memory that one unit may take for keys; a language that needs more is cut into several units."""

    @field_validator("tier_signal")
    @classmethod
    def _measured(cls, signal: str | None) -> str | None:
        known = ("language_score", *SIGNALS, MODEL_SCORE, FOREIGN_LINES)
        if signal is not None and signal not in known:
            near = get_close_matches(signal, known, n=1, cutoff=0.0)[0]
            raise ValueError(f"no signal is called {signal!r}; the nearest is {near}")
        return signal

    @model_validator(mode="after")
    def _bounds_of_a_signal(self) -> "Dedup":
        if (self.tier_signal is None) != (not self.tier_bounds):
            raise ValueError("tier_signal and tier_bounds go together; set both or none")
        if list(self.tier_bounds) != sorted(set(self.tier_bounds)) or len(self.tier_bounds) > 100:
            raise ValueError("tier_bounds must ascend, each once, and be 100 at most")
        return self

    @property
    def shape(self) -> dict[str, int]:
        """What signatures must have in common to be compared."""
        return {name: getattr(self, name) for name in ("bands", "rows", "ngram", "seed")}


class Shards(Section):
    """The files of the corpus."""

    bytes: ByteSize = ByteSize(512_000_000)
    """Planned size of a shard on disk."""
    row_group_rows: Annotated[int, Field(ge=1)] = 1000
    """Most documents in a row group."""
    row_group_bytes: ByteSize = ByteSize(16 << 20)
    """Most text in a row group, uncompressed."""


class Config(Section):
    """Everything that a run depends on."""

    inputs: Annotated[tuple[str, ...], Field(min_length=1)]
    """WARC, ARC, WET, Parquet or JSONL files, or folders and patterns of them; addresses, path lists, indexes."""
    output: str
    """The folder of the run."""
    archive: Archive = Archive()
    read: Read = Read()
    urls: Urls = Urls()
    rights: Rights = Rights()
    extract: Extract = Extract()
    languages: Languages = Languages()
    filters: Filters = Filters()
    lines: Lines = Lines()
    pii: Pii = Pii()
    contamination: Contamination = Contamination()
    takedowns: Takedowns = Takedowns()
    dedup: Dedup = Dedup()
    shards: Shards = Shards()
    engine: Engine = Field(default_factory=Engine)


def _check_language(code: str) -> None:
    if code in LANGUAGES:
        return
    near = get_close_matches(code, LANGUAGES, n=1, cutoff=0.5)
    suggestion = f"; the nearest is {near[0]}" if near else ""
    raise ValueError(f"no language has the code {code!r}{suggestion}")
