"""RSL 1.0 (Really Simple Licensing): what a licence document says about the training of models."""

from urllib.parse import urlsplit

from lxml import etree

from .paths import matches, path_of
from .signal import Signal, Verdict

NAMESPACE = "https://rslstandard.org/rsl"
MEDIA_TYPE = "application/rsl+xml"
MAX_BYTES = 1 << 20

_TRAINING = frozenset({"all", "ai-all", "ai-train", "train-ai"})  # the last before version 1.0
_FREE = frozenset({"", "free", "attribution"})


def judge(document: bytes, url: str) -> Verdict:
    """Say whether a document lets the page at `url` be used for training, without paying or asking.

    Of the `content` elements that match, the one with the longest pattern counts; of its licences,
    the one that allows most, as a user may choose. A licence denies if it prohibits training, if it
    permits uses and training is none of them, if it wants payment, or if `server` says that it
    must be asked for. `unknown` where the document is none, or says nothing about the page.
    """
    root = _parse(document)
    if root is None:
        return "unknown"
    found = [
        (len(content.get("url", "")), content)
        for content in root.iter(f"{{{NAMESPACE}}}content")
        if (pattern := _pattern(content.get("url", ""), url)) and matches(pattern, path_of(url))
    ]
    if not found:
        return "unknown"
    content = max(found, key=lambda item: item[0])[1]
    verdicts = {_licence(node) for node in content.iter(f"{{{NAMESPACE}}}license")}
    if content.get("server") and verdicts:
        return "deny"
    for verdict in ("allow", "unknown", "deny"):
        if verdict in verdicts:
            return verdict
    return "unknown"


def signal(place: str, document: bytes, url: str, address: str = "") -> Signal:
    """Give what a document says as a signal."""
    verdict = judge(document, url)
    said = {
        "deny": "training not licensed",
        "allow": "training licensed",
        "unknown": "no statement",
    }
    return Signal("rsl", place, f"{address} {said[verdict]}".strip(), verdict)


def _parse(document: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=False)
    try:
        return etree.fromstring(document[:MAX_BYTES].strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _pattern(address: str, url: str) -> str:
    """The path pattern of a `content` element, empty where it speaks of another host."""
    if "://" not in address:
        return address
    try:
        stated, page = urlsplit(address), urlsplit(url)
    except ValueError:
        return ""
    if stated.netloc.lower() != page.netloc.lower():
        return ""
    return (stated.path or "/") + (f"?{stated.query}" if stated.query else "")


def _licence(node: etree._Element) -> Verdict:
    permitted, prohibited = _usages(node, "permits"), _usages(node, "prohibits")
    if prohibited & _TRAINING:
        return "deny"
    if permitted and not permitted & _TRAINING:
        return "deny"
    payments = {payment.get("type", "") for payment in node.iter(f"{{{NAMESPACE}}}payment")}
    if payments - _FREE:
        return "deny"
    return "allow" if permitted or not prohibited else "unknown"


def _usages(node: etree._Element, name: str) -> set[str]:
    elements = node.iter(f"{{{NAMESPACE}}}{name}")
    texts = [element.text or "" for element in elements if element.get("type", "usage") == "usage"]
    # RSL 1.0 has spaces between words, its drafts commas.
    return {word for text in texts for word in text.lower().replace(",", " ").split()}
