"""Preferences in HTTP fields and robots.txt lines: AIPREF's Content-Usage, Cloudflare's Content-Signal."""

import re

# Structured field values, RFC 9651, section 3 (dictionaries with items and inner lists).
_KEY = r"[a-z*][a-z0-9_.*-]*"
_BARE = (
    r'(?:-?\d{1,12}\.\d{1,3}|-?\d{1,15}(?!\d)|"(?:[ !#-\[\]-~]|\\["\\])*"|[A-Za-z*][!#$%&\'*+.^_`|~A-Za-z0-9:/-]*'
    r'|:[A-Za-z0-9+/=]*:|\?[01]|@-?\d{1,15}(?!\d)|%"(?:[ !#$&-~]|%[0-9a-f]{2})*")'
)
_PARAMETERS = rf"(?:; *{_KEY}(?:={_BARE})?)*"
_ITEM = rf"{_BARE}{_PARAMETERS}"
_INNER = rf"\( *(?:{_ITEM}(?: +{_ITEM})*)? *\){_PARAMETERS}"
_MEMBER = re.compile(rf"({_KEY})(?:=(?:({_BARE}){_PARAMETERS}|{_INNER})|{_PARAMETERS})")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


def dictionary(text: str) -> dict[str, str] | None:
    """Parse a structured field dictionary (RFC 9651, 4.2.2); null where it is none.

    Values are given as they are written; an inner list, or a key alone, as an empty string.
    """
    text = text[:8192].strip(" ")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        member = _MEMBER.match(text, at)
        if member is None:
            return None
        found[member[1]] = member[2] or ""
        at = member.end()
        if at < len(text):
            comma = _COMMA.match(text, at)
            if comma is None or comma.end() == len(text):
                return None
            at = comma.end()
    return found


def training_usage(text: str) -> str:
    """AIPREF's preference about training: `y`, `n`, or empty where it is unknown.

    draft-ietf-aipref-vocab-08, section 6: keys are case-sensitive, the last of a key counts, only
    the tokens `y` and `n` are preferences, and what does not parse says nothing.
    """
    value = (dictionary(text) or {}).get("train-ai", "")
    return value if value in ("y", "n") else ""


def training_signal(text: str) -> str:
    """Cloudflare's content signal about training: `yes`, `no`, or empty; a `no` wins."""
    pairs = [item.lower().partition("=") for item in text.split(",")]
    values = {value.strip() for name, _, value in pairs if name.strip() == "ai-train"}
    return "no" if "no" in values else "yes" if "yes" in values else ""
