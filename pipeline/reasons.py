"""Why a document can be dropped: the fixed list, each reason with a sentence for people."""

from ..filters import RULES
from .extract.read import PROBLEMS

REASONS: dict[str, str] = {
    **PROBLEMS,
    "repeated_capture": "the same URL, time and content came earlier in the same input",
    "opted_out": "the page reserves its content against text and data mining",
    "extraction_cpu": "extraction took more CPU time than a page may",
    "extraction_memory": "extraction took more memory than a page may",
    "extraction_crash": "extraction crashed its process on this page",
    "extraction_error": "extraction failed with an error on this page",
    "no_text": "the extractor found no main text",
    "language_unwanted": "the language is not one that the corpus has",
    "language_uncertain": "the language's score is below its threshold",
    **{rule.name: rule.sentence for rule in RULES},
    "exact_duplicate": "the text equals that of a kept document",
    "near_duplicate": "the text is too similar to that of a kept document",
}
"""Reason and sentence, in the order in which they are looked for."""
