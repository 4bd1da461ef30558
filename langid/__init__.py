"""Text in, language out: which language, how sure, and what else it might have been."""

from .codes import EU_LANGUAGES, LANGUAGES, NOISE, UNDETERMINED
from .engines import ENGINES
from .hints import hints_of
from .identify import CHARACTERS, DEFAULT_ENGINE, identify
from .lines import vote
from .thresholds import thresholds

__all__ = [
    "CHARACTERS",
    "DEFAULT_ENGINE",
    "ENGINES",
    "EU_LANGUAGES",
    "LANGUAGES",
    "NOISE",
    "UNDETERMINED",
    "hints_of",
    "identify",
    "thresholds",
    "vote",
]
