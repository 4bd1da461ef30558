"""What a robots.txt allows, as RFC 9309 reads it."""

from dataclasses import dataclass

from protego import Protego

from ..extract.rights.robots import parse

REDIRECTS = 5
"""RFC 9309, 2.3.1.2: at least five redirects in a row are followed, to other hosts too."""

_ALLOW_ALL = ""
_FORBID_ALL = "User-agent: *\nDisallow: /"


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one origin (scheme, host and port) for one crawler."""

    _rules: Protego
    _agent: str
    reachable: bool = True
    """False where there was no answer to go by, and everything is forbidden for that reason."""

    @classmethod
    def of(cls, status: int | None, text: str, agent: str) -> "Robots":
        """Read the answer to a request for robots.txt; null is no answer.

        2xx: its rules. 4xx: it is not there and all is allowed; of 429, which the RFC counts among
        them, it says MAY, and a server that is asked too much is left alone. Redirects without an
        end count as not there. 5xx, what is no status, and no answer: everything is forbidden.
        """
        if status is None or not 200 <= status < 500 or status == 429:
            return cls(parse(_FORBID_ALL), agent, reachable=False)
        return cls(parse(text if 200 <= status < 300 else _ALLOW_ALL), agent)

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched."""
        return bool(self._rules.can_fetch(url, self._agent))

    @property
    def delay(self) -> float:
        """Seconds between requests that are asked for, by Crawl-delay or Request-rate; 0 if none."""
        delay = self._rules.crawl_delay(self._agent) or 0.0
        rate = self._rules.request_rate(self._agent)
        return max(float(delay), rate.seconds / rate.requests if rate and rate.requests else 0.0)
