"""Addresses of pages, hosts and mail among the words of a text, as spaCy's tokeniser knows them."""

from numba import njit

from . import orthography as kind
from .wordrules import CODE, SHIFT

_DIGIT, _DOT, _PLUS = kind.DIGIT << SHIFT, kind.DOT << SHIFT, kind.PLUS << SHIFT
_LOWER, _ALPHA, _HYPHEN = kind.LOWER << SHIFT, kind.LETTER << SHIFT, kind.HYPHEN << SHIFT


@njit(cache=True, nogil=True)
def run_of(here, start, stop, mask):  # type: ignore[no-untyped-def]
    """Count characters of a kind from a place on."""
    k = start
    while k < stop and here[k] & mask:
        k += 1
    return k - start


@njit(cache=True, nogil=True)
def is_address(here, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a span is a web or e-mail address, or names a host (`example.com`)."""
    dots = 0
    for k in range(start + 1, stop - 2):
        dots |= here[k] & _DOT
    if not dots:
        return False
    if _host(here, start, stop):
        return True
    k = start
    while k < stop and (
        here[k] & (_ALPHA | _DIGIT | _DOT | _PLUS | _HYPHEN) or here[k] & CODE == 95
    ):
        k += 1
    scheme = k - start >= 2 and k + 3 < stop and here[k] & CODE == 58
    if scheme and here[k + 1] & CODE == 47 and here[k + 2] & CODE == 47:
        return _host(here, k + 3, stop) or _mail_host(here, start, stop)
    return _mail_host(here, start, stop)


@njit(cache=True, nogil=True)
def _mail_host(here, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a host name follows the first or the last @ that does not stand first."""
    first, last = -1, -1
    for k in range(start + 1, stop):
        if here[k] & CODE == 64:
            first = k if first < 0 else first
            last = k
    return first >= 0 and (_host(here, first + 1, stop) or _host(here, last + 1, stop))


@njit(cache=True, nogil=True)
def _host(here, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a span is a host name, with a port, a path or a query or without."""
    end, label, labels = start, start, 0
    while end < stop and not _ends_host(here[end] & CODE):
        code = here[end] & CODE
        if code == 46:
            if (
                end == label
                or _joins_label(here[end - 1] & CODE)
                or _joins_label(here[label] & CODE)
            ):
                return False
            labels += 1
            label = end + 1
        elif not (here[end] & _DIGIT or _joins_label(code) or _in_label(code)):
            return False
        end += 1
    letters = run_of(here, label, end, _LOWER)
    numeric = labels == 3 and end > label and run_of(here, start, end, _DIGIT | _DOT) == end - start
    if not numeric and (labels == 0 or letters < 2 or letters != end - label):
        return False
    if end < stop and here[end] & CODE == 58:
        digits = run_of(here, end + 1, stop, _DIGIT)
        end += 1 + digits
        return 2 <= digits <= 5 and (end == stop or _ends_host(here[end] & CODE))
    return True


@njit(cache=True, nogil=True)
def _ends_host(code):  # type: ignore[no-untyped-def]
    return code == 47 or code == 58 or code == 63 or code == 35  # / : ? #


@njit(cache=True, nogil=True)
def _in_label(code):  # type: ignore[no-untyped-def]
    return 65 <= code <= 90 or 97 <= code <= 122 or 0xA1 <= code <= 0xFFFF


@njit(cache=True, nogil=True)
def _joins_label(code):  # type: ignore[no-untyped-def]
    return code == 45 or code == 95  # - _
