"""robots.txt files, as RFC 9309 and those who extended it read them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rights_cases import cases

from eurocorpus.pipeline.extract.rights.robots import MAX_BYTES, Robots


@cases("robots")
def test_a_file_of_a_specification(case: dict[str, Any]) -> None:
    robots = Robots(case["file"].encode(), case["agents"])
    for path, expected in case["paths"].items():
        found = [
            " ".join(part for part in (s.protocol, s.value, s.verdict, s.scope) if part)
            for s in robots.signals(f"https://www.example.com{path}")
        ]
        assert found == expected, path


def test_more_than_500_kib_are_not_read() -> None:
    file = b"#" * MAX_BYTES + b"\nUser-agent: *\nDisallow: /\n"
    assert Robots(file, ["*"]).signals("https://a.example/") == []


LINES = st.sampled_from(
    ["User-agent: *", "User-agent: GPTBot", "Disallow: /", "Allow: /a*b$", "Content-Usage: / train-ai=n",
     "Content-Usage: \t", "Content-Signal: ai-train=no", "License:", "License: x", ":", "Crawl-delay: x", ""]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(LINES, max_size=12), st.binary(max_size=100), st.text(max_size=40))
def test_any_bytes_are_a_file_and_any_text_a_url(lines: list[str], tail: bytes, url: str) -> None:
    file = "\n".join(lines).encode() + b"\n" + tail
    for signal in Robots(file, ["*", "GPTBot", "CCBot"]).signals(f"https://a.example/{url}"):
        assert signal.place == "robots.txt"
