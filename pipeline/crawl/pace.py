"""When the next request to a host may be made: delays, slowness, back-off, what `Retry-After` asks."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .config import Pace

PUSHED_BACK = frozenset({429, 503})
"""Statuses by which a server says that it is asked too much."""
TRY_AGAIN = PUSHED_BACK | {500, 502, 504}
"""Statuses that may pass."""


@dataclass(slots=True)
class Clock:
    """The pace of one host; times are seconds of a monotonic clock, given by the caller."""

    pace: Pace
    asked: float = 0.0
    """The delay that robots.txt asks for."""
    penalty: float = 0.0
    """Grows with each push-back, and shrinks with each good answer."""
    _latency: float = 0.0
    _last: float = -math.inf
    _hold: float = 0.0

    @property
    def delay(self) -> float:
        """Seconds between the end of an answer and the next request."""
        own = max(self.pace.delay, self.pace.factor * self._latency, self.penalty)
        return max(self.pace.delay, self.asked, min(own, self.pace.longest))

    def left(self, now: float) -> float:
        """Seconds until the next request may be made."""
        return max(self._last + self.delay - now, self._hold - now, 0.0)

    def answered(self, now: float, latency: float) -> None:
        """Take note of a good answer that took `latency` seconds to begin."""
        self._latency = (self._latency + latency) / 2 if self._latency else latency
        self.penalty = self.penalty / 2 if self.penalty > self.pace.delay else 0.0
        self._last = now

    def pushed_back(self, now: float, wait: float | None) -> bool:
        """Slow down after a failure; `wait` is what the server asks for. False: it is too long."""
        self.penalty = max(2 * self.penalty, 2 * self.pace.delay, self.pace.longest / 64)
        self._last = now
        self._hold = now + min(wait or 0.0, self.pace.patience)
        return wait is None or wait <= self.pace.patience


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds from now, or null if it says nothing that can be read.

    >>> retry_after("120")
    120.0
    >>> retry_after("Tue, 24 Nov 2026 12:00:30 GMT", datetime(2026, 11, 24, 12, tzinfo=UTC))
    30.0
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)
