"""The unit of work that a crawl gives to the engine: one part, one round.

A reactor of Twisted cannot be started twice in a process, and the worker that runs a unit may run
others before and after. So the unit starts a process of its own, and waits for it.
"""

from typing import Any

from ..engine import Beat
from ..engine.child import Child, receive


def run_part(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Crawl one part for one round.

    Raises:
        OSError: the process was killed.
        RuntimeError: it failed.

    """
    child = Child(f"{__package__}.process:serve", spec)
    try:
        while True:
            if not child.connection.poll(0.5):
                if not child.is_alive():
                    raise OSError(f"the crawling process {child.end(1.0)}")
                continue
            try:
                kind, value = receive(child.connection)
            except (EOFError, OSError):
                raise OSError(f"the crawling process was {child.end(1.0)}") from None
            if kind == "beat":
                beat(documents=value[0], bytes=value[1])
            elif kind == "done":
                result: dict[str, Any] = value
                return result
            else:
                raise RuntimeError(value)
    finally:
        child.end(1.0)
