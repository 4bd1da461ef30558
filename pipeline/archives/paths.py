"""Path lists such as Common Crawl's `warc.paths.gz`: a path a line, relative to the archive's base."""

import gzip
import zlib

from ..errors import UsageError
from .remote import Remote, is_remote

COMMON_CRAWL = "https://data.commoncrawl.org/"
_TOPS = ("/crawl-data/", "/cc-index/", "/contrib/")


def is_list(location: str) -> bool:
    """Whether a location is called as a path list is."""
    return location.endswith((".paths", ".paths.gz"))


def read_list(location: str, remote: Remote) -> list[str]:
    """Read the paths of a list, in its order, without repetitions.

    Raises:
        UsageError: it is no such list.

    """
    content = remote.read_all(location)
    try:
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        lines = content.decode("utf-8").split("\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UsageError(f"{location}: expected a list of paths, found: {error}") from None
    paths = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    for path in paths:
        if path.startswith("/") or "://" in path or ".." in path.split("/"):
            raise UsageError(
                f"{location}: expected paths relative to the archive's base, found {path!r}"
            )
    if not paths:
        raise UsageError(f"{location}: expected a list of paths, found no line")
    return paths


def base_of(location: str, stated: str | None) -> str:
    """The base that paths of a list or an index are relative to: as stated, or as its address shows.

    >>> base_of("https://a.example/cc/crawl-data/CC-MAIN-2026-40/warc.paths.gz", None)
    'https://a.example/cc/'
    >>> base_of("warc.paths.gz", None)
    'https://data.commoncrawl.org/'
    """
    if stated:
        return stated
    whole = location if is_remote(location) else f"/{location}"
    places = [at for top in _TOPS if (at := whole.find(top)) >= 0]
    if not places:
        return COMMON_CRAWL
    return whole[: min(places) + 1] if is_remote(location) else whole[1 : min(places) + 1] or "."
