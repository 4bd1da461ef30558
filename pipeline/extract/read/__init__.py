"""Reading inputs into captures: WARC, WET, WAT, ARC, Parquet and JSON lines.

`read(path)` gives one `Capture` for each document candidate and `Damage` for what is no
readable record; `decode` and `to_utf8` turn the bytes of a page into text.
"""

from .capture import PROBLEMS, Capture, Damage, Limits
from .charset import Decoded, decode, to_utf8
from .formats import KINDS, Reading, detect, read
from .tables import Columns

__all__ = [
    "KINDS",
    "PROBLEMS",
    "Capture",
    "Columns",
    "Damage",
    "Decoded",
    "Limits",
    "Reading",
    "decode",
    "detect",
    "read",
    "to_utf8",
]
