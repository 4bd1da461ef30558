"""Text in, language out: which language, how sure, and what else it might have been."""

from .codes import EU_LANGUAGES, LANGUAGES, NOISE, UNDETERMINED
from .engines import ENGINES
from .identify import identify

__all__ = ["ENGINES", "EU_LANGUAGES", "LANGUAGES", "NOISE", "UNDETERMINED", "identify"]
