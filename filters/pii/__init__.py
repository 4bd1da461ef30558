"""Personal data: where it stands in a text, and how it is masked."""

from .find import find
from .mask import above, mask
from .span import SPANS, TYPES

__all__ = ["SPANS", "TYPES", "above", "find", "mask"]
