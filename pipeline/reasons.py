"""Why a document can be dropped: the fixed list, each reason with a sentence for people."""

from ..filters import RULES

REASONS: dict[str, str] = {
    "http_status": "the server's answer was not 200",
    "content_type": "neither HTML, XHTML nor plain text",
    "empty_body": "the page is empty",
    "page_too_large": "the page is larger than a page may be",
    "bad_http": "the response has no readable HTTP status and headers",
    "bad_encoding": "the transfer or content encoding cannot be undone",
    "truncated_record": "the record is shorter than it says, or was cut when it was captured",
    "bad_length": "the record's length is missing, no number, or wrong",
    "damaged_record": "the compressed bytes of the record are damaged",
    "revisit": "the record says only that a page had not changed",
    "not_web": "the record has no http or https URL",
    "bad_row": "the row or line of a table holds no text",
    "repeated_capture": "the same URL, time and content came earlier in the same input",
    "url_listed": "the URL is on a block list that the run names",
    "url_words": "the URL holds words of adult or spam sites",
    "opted_out": "the page reserves its content against text and data mining",
    "extraction_limit": "the page has more elements, nesting or text than the extractor takes",
    "extraction_cpu": "extraction took more CPU time than a page may",
    "extraction_memory": "extraction took more memory than a page may",
    "extraction_crash": "extraction crashed its process on this page",
    "extraction_error": "extraction failed with an error on this page",
    "no_text": "the extractor found no main text",
    "language_unwanted": "the language is not one that the corpus has",
    "taken_down": "it was taken down from a release, and does not come back",
    "language_uncertain": "the language's score is below its threshold",
    "personal_data": "there is more personal data in it than a document may have",
    **{rule.name: rule.sentence for rule in RULES},
    "exact_duplicate": "the text equals that of a kept document",
    "near_duplicate": "the text is too similar to that of a kept document",
}
"""Reason and sentence, in the order in which they are looked for."""
