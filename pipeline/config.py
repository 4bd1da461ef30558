"""The configuration of a run: what can be set, its defaults, and the checks before anything starts.

Fields are grouped by the stage that they belong to, since a stage's fingerprint covers just its
own groups: changing one value redoes only what depends on it.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..filters import MODEL_SCORE, SIGNALS, check_overrides
from ..langid import CHARACTERS, DEFAULT_ENGINE, EU_LANGUAGES, LANGUAGES, NOISE, thresholds


class Section(BaseModel):
    """A group of settings; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Read(Section):
    """Reading inputs."""

    page_bytes: ByteSize = ByteSize(10 << 20)
    """Largest page after decoding; a larger one is dropped as `page_too_large`."""
    text_column: str = "text"
    """Column that holds the text, in Parquet and JSONL inputs."""


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
    """Reservations that a page states against text and data mining."""

    policy: Literal["honour", "record"] = "honour"
    """`honour` drops a page that opts out; `record` keeps it and says so in its row."""


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
    min_score: Annotated[
        dict[str, Annotated[float, Field(ge=0, le=1)]], Field(validate_default=True)
    ] = {}
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
    thresholds: dict[str, dict[str, float]] = {}
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
        known = ("language_score", *SIGNALS, MODEL_SCORE)
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


class Engine(Section):
    """Where the work is done; nothing here changes the corpus."""

    executor: Literal["auto", "local", "ray"] = "auto"
    """`local` processes, or `ray` tasks; `auto` is `ray` where there is a cluster to join."""
    address: str | None = None
    """A Ray cluster that already runs, such as `10.0.0.1:6379` or `auto`."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Units of work at a time; by default one for each CPU, on a cluster that is joined for all of its CPUs."""
    memory: ByteSize = ByteSize(2 << 30)
    """Memory of a worker."""
    unit_seconds: Annotated[float, Field(gt=0)] = 6 * 3600
    """Longest that a unit of work may take before it is tried again."""
    retries: Annotated[int, Field(ge=0)] = 2
    """How often a unit is tried again after a worker died."""

    @model_validator(mode="after")
    def _address_needs_ray(self) -> "Engine":
        if self.address and self.executor == "local":
            raise ValueError(
                "address is for the executor ray, but executor is local; remove one of the two"
            )
        return self


class Config(Section):
    """Everything that a run depends on."""

    inputs: Annotated[tuple[str, ...], Field(min_length=1)]
    """WARC, ARC, WET, Parquet or JSONL files, or folders and patterns of them."""
    output: str
    """The folder of the run."""
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
