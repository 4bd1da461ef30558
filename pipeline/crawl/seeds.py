"""Where a crawl begins: URLs, hosts and sitemaps, typed or in files."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import UsageError
from .urls import normalise

_FILE_BYTES = 256 << 20


def read_seeds(written: Iterable[str]) -> tuple[dict[str, bool], list[str]]:
    """Give the seeds as normalised URLs, in their order, each with whether it is a sitemap.

    Lines of files that are no seeds come second, with their place: of thousands some are wrong.

    A seed is a URL, a host, or a file of them: text with one a line (`#` before remarks), or a
    sitemap, `.xml` or `.xml.gz`, which is a file of pages or an index of sitemaps. A host is asked
    by https. URLs whose path ends in `.xml` or `.xml.gz` are sitemaps.

    Raises:
        UsageError: a seed that is no line of a file is none of these, or there is none at all.

    """
    seeds: dict[str, bool] = {}
    refused: list[str] = []
    for text in written:
        if "://" not in text and "\0" not in text and Path(text).is_file():
            for url, sitemap in _read_file(Path(text), refused):
                seeds.setdefault(url, sitemap)
        elif seed := _seed(text):
            seeds.setdefault(*seed)
        else:
            raise UsageError(
                f"{text}: expected a URL such as https://example.org/ (port 80, 443 or from 1024 on), "
                "a host, or a file of them"
            )
    if not seeds:
        found = f", found {refused[0]}" if refused else "; the files named are empty"
        raise UsageError(f"seeds: expected at least one URL or host{found}")
    return seeds, refused


def _read_file(path: Path, refused: list[str]) -> Iterator[tuple[str, bool]]:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError) as error:
        raise UsageError(f"{path}: expected a file of seeds, found: {error}") from None
    if path.name.lower().removesuffix(".gz").endswith(".xml"):
        yield from _read_sitemap(path, data)
        return
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        words = (
            line.partition("#")[0].split() if not line.lstrip().startswith("http") else line.split()
        )
        if words and (seed := _seed(words[0])):
            yield seed
        elif words:
            refused.append(f"{path}:{number}: {words[0]}")


def _read_sitemap(path: Path, data: bytes) -> Iterator[tuple[str, bool]]:
    from .page import read_sitemap

    found = read_sitemap("", data, _FILE_BYTES, 1_000_000)
    if "problem" in found:
        raise UsageError(f"{path}: expected a sitemap, found: {found['problem']}")
    yield from ((url, False) for url in found["links"])
    yield from ((url, True) for url in found.get("maps", ()))


def _seed(text: str) -> tuple[str, bool] | None:
    """Read a URL or a host, which has a dot."""
    url = normalise(text if "://" in text else f"https://{text}")
    if url is None or ("://" not in text and "." not in (urlsplit(url).hostname or "")):
        return None
    return url, urlsplit(url).path.lower().endswith((".xml", ".xml.gz"))
