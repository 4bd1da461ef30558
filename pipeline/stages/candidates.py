"""Candidates: the captures of one input on their way to becoming documents.

Cheap looks come first: what is no page, what came twice, what its URL or its owner rules out. Then
the main text is extracted, and the language decides.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from html import unescape
from itertools import compress
from pathlib import Path

import pyarrow as pa
import xxhash

from ...filters.boilerplate import find_repeats
from ...filters.lines import find_lines, remove_lines
from ...filters.urls import UrlRules, judge_urls
from ...langid import UNDETERMINED, hints_of, identify, vote
from ..engine import Casualty, Sandbox
from ..errors import UsageError
from ..extract.extract import tidy
from ..extract.page import Page, Refused
from ..extract.read import Capture, Columns, Damage, Limits, decode, read
from ..extract.rights import Rights, deciding, host_of, read_rights
from ..url_lists import load_rules
from .dropped import Dropped
from .evidence import LateFile, bucket_of, evidence
from .removed import count_lines
from .work import Work

Finder = Callable[[list[str], list[str]], pa.Array]
"""Finds the lines of texts, in languages, that go."""

_BATCH_CAPTURES = 512  # kernels run once a language of a batch
_BATCH_BYTES = 32 << 20
_GLANCE_BYTES = 256 << 10
_MARKUP = re.compile(
    r"<(script|style|head|nav|noscript)[\s>].*?(?:</\1|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class Candidate:
    """A page on its way to becoming a document."""

    id: str
    capture: Capture
    rights: Rights
    page: Page | None = None
    language: str = UNDETERMINED
    foreign_lines: float | None = None
    """Share of its long lines that is in another language; null where nobody looked."""

    @property
    def text(self) -> str:
        """What was extracted so far."""
        return self.page.text if self.page else ""


class Steps:
    """The steps of one pass over an input: each takes candidates, drops some, hands on the rest."""

    def __init__(
        self, work: Work, dropped: Dropped, seen: LateFile, sandbox: Sandbox, engine: str
    ) -> None:
        """Load what the unit decides by; `engine` names the language."""
        self._work = work
        self._dropped = dropped
        self._evidence = seen
        self._rights = work.depends["rights"]
        self.opted_out: dict[str, Counter[str]] = {}
        self.hosts = 0
        """A bit for each `bucket_of` that a document's host is in."""
        self._sandbox = sandbox
        self._engine = engine
        self._seen: set[str] = set()
        self._wanted = frozenset(work.depends["wanted"])
        lists = work.depends["url_lists"]
        self._url_rules = load_rules(work.folder, lists) if lists else UrlRules()
        settings = work.depends["lines"]
        finders = {"enabled": find_lines, "repeats": _find_repeats}
        self._finders = [find for name, find in finders.items() if settings[name]]
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

    def take(self, captures: list[Capture]) -> tuple[list[Candidate], pa.Table]:
        """Take captures through all steps; return those that remain, and their languages."""
        self.documents += len(captures)
        self.bytes = captures[-1].offset
        candidates = list(self._reserve(list(self._admit(captures))))
        candidates = list(self._extract(candidates))
        languages = self._identify([candidate.text for candidate in candidates], candidates)
        if self._work.depends["identify"]["lines"] != "off":
            languages = self._vote(candidates, languages)
        for candidate, language in zip(candidates, languages["language"].to_pylist(), strict=True):
            candidate.language = language
        for find in self._finders:
            self._remove(find, candidates)
        wanted = [self._is_wanted(candidate) for candidate in candidates]
        remaining = list(compress(candidates, wanted))
        for candidate in remaining:
            self.hosts |= 1 << bucket_of(host_of(candidate.capture.url))
        return remaining, languages.filter(pa.array(wanted, pa.bool_()))

    def _identify(self, texts: list[str], candidates: list[Candidate]) -> pa.Table:
        """Name the languages of the candidates' texts; what their pages declare is a hint."""
        options = self._work.depends["identify"]
        hints = list(map(_hints, candidates)) if options["hints"] else None
        characters = options["characters"]
        return identify(texts, engine=self._engine, characters=characters, hints=hints)

    def _vote(self, candidates: list[Candidate], languages: pa.Table) -> pa.Table:
        """Count the lines that are in another language than their page, and drop them if asked to.

        Gives the languages, corrected where most lines of a page say otherwise.
        """
        votes = vote([candidate.text for candidate in candidates], languages, engine=self._engine)
        for candidate, share in zip(candidates, votes["share"].to_pylist(), strict=True):
            candidate.foreign_lines = share
        lines = votes["lines"].combine_chunks()
        codes = votes["language"].to_pylist()
        count_lines(self._work, "foreign_lines", "language", lines, codes)
        if self._work.depends["identify"]["lines"] == "drop":
            self._take_out(lines, candidates)
        return votes

    def _admit(self, captures: list[Capture]) -> Iterator[Candidate]:
        """Drop what is no page, what came twice, and what its URL rules out."""
        verdicts = self._judge_urls(captures)
        for capture, verdict in zip(captures, verdicts, strict=True):
            candidate = Candidate(_identity(capture), capture, Rights("unknown"))
            if (row := evidence(capture)) is not None:
                self._evidence.add(row)
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
                yield candidate

    def _reserve(self, candidates: list[Candidate]) -> Iterator[Candidate]:
        """Drop what says that it is reserved, with its language, for the record."""
        denied = []
        for candidate in candidates:
            page = candidate.capture
            candidate.rights = read_rights(
                page.headers, page.body, page.url, time=page.date, **self._rights
            )
            if candidate.rights.verdict == "deny" and self._rights["policy"] != "annotate":
                denied.append(candidate)
            else:
                yield candidate
        languages = self._identify([_glance(candidate.capture) for candidate in denied], denied)
        for candidate, language in zip(denied, languages["language"].to_pylist(), strict=True):
            candidate.language = language
            self._drop(candidate, "opted_out", deciding(candidate.rights.signals, **self._rights))
            names = {s.name for s in candidate.rights.signals if s.verdict == "deny"}
            self.opted_out.setdefault(language, Counter()).update(names)

    def _judge_urls(self, captures: list[Capture]) -> list[str | None]:
        words = self._work.depends["url_words"]
        urls = [capture.url.encode("utf-8", "replace").decode() for capture in captures]
        verdicts: list[str | None] = judge_urls(urls, self._url_rules, words=words).to_pylist()
        return verdicts

    def _extract(self, candidates: list[Candidate]) -> Iterator[Candidate]:
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

    def _remove(self, find: Finder, candidates: list[Candidate]) -> None:
        """Take the lines that are no text out of the pages' texts."""
        texts = [candidate.text for candidate in candidates]
        languages = [candidate.language for candidate in candidates]
        lines = find(texts, languages)
        count_lines(self._work, "removed_lines", "rule", lines, languages)
        self._take_out(lines, candidates)

    def _take_out(self, lines: pa.Array, candidates: list[Candidate]) -> None:
        texts = [candidate.text for candidate in candidates]
        for candidate, text in zip(candidates, remove_lines(texts, lines).to_pylist(), strict=True):
            assert candidate.page is not None, "it has a language, so it has a text"
            candidate.page = replace(candidate.page, text=text.strip("\n"))

    def _is_wanted(self, candidate: Candidate) -> bool:
        """Drop a document in a language that the corpus does not have; count one that it has."""
        if not candidate.text:
            self._drop(candidate, "no_text", "only lines around the text")
            return False
        if candidate.language not in self._wanted:
            self._drop(candidate, "language_unwanted", candidate.language)
            return False
        self._work.counts.kept(self._work.unit, candidate.language)
        return True

    def _drop(self, candidate: Candidate, reason: str, value: str) -> None:
        self._dropped.add(
            id=candidate.id,
            url=candidate.capture.url,
            language=candidate.language,
            reason=reason,
            value=value,
            warc_record_id=candidate.capture.record_id,
        )


def batches(captures: Iterator[Capture]) -> Iterator[list[Capture]]:
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


def _hints(candidate: Candidate) -> tuple[str, ...]:
    """Give the languages that a page's markup and its domain speak for."""
    declared = candidate.page.language_hint if candidate.page else ""
    return hints_of(declared, candidate.capture.url)


def _glance(capture: Capture) -> str:
    """The text of a page without markup, menus and all: enough to name the language of what is refused."""
    if capture.text is not None:
        return capture.text
    text = decode(capture.body[:_GLANCE_BYTES], capture.content_type).text
    return unescape(_MARKUP.sub(" ", text))


def _find_repeats(texts: list[str], languages: list[str]) -> pa.Array:
    return find_repeats(texts)
