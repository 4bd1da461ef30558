"""Text in, language out: which language, how sure, and what else it might have been."""

from .codes import EU_LANGUAGES, LANGUAGES, UNDETERMINED
from .identify import identify

__all__ = ["EU_LANGUAGES", "LANGUAGES", "UNDETERMINED", "identify"]
