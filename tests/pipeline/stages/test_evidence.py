"""What of a capture is kept as evidence about its host."""

import pytest

from eurocorpus.pipeline.extract.read import Capture
from eurocorpus.pipeline.stages.evidence import evidence


def capture(path: str, status: int, body: bytes) -> Capture:
    url = f"https://a.example{path}"
    return Capture("<urn:uuid:1>", url, None, status, "text/plain", (), body, None, b"")


@pytest.mark.parametrize(
    ("path", "status", "body", "kept"),
    [
        ("/robots.txt", 200, b"User-agent: *", b"User-agent: *"),
        ("/robots.txt", 404, b"Not found", b""),
        ("/robots.txt", 503, b"Busy", b""),
        ("/robots.txt", 200, b"<p>User-agent: *", b"<p>User-agent: *"),
        ("/ai.txt", 200, b"\xef\xbb\xbf\r\n <!DOCTYPE html><p>soft 404", b""),
        ("/ai.txt", 200, b"Training: deny", b"Training: deny"),
        ("/.well-known/tdmrep.json", 200, b"[{}]", b"[{}]"),
    ],
)
def test_bodies_that_may_hold_rules_are_kept(
    path: str, status: int, body: bytes, kept: bytes
) -> None:
    row = evidence(capture(path, status, body))
    assert row is not None
    assert (row["host"], row["status"], row["body"]) == ("a.example", status, kept)


def test_a_page_is_no_evidence() -> None:
    assert evidence(capture("/robots.txt.html", 200, b"")) is None
    assert evidence(capture("/robots.txt", 0, b"")) is None
