"""Personal data: where it stands in a text, and how it is masked."""

from .find import find
from .mask import above, mask, mask_with_spans
from .span import SPANS, TYPES

__all__ = ["SPANS", "TYPES", "above", "find", "mask", "mask_with_spans"]
