"""What a dataset publisher can fill of the public summary of training content (AI Act, Art. 53(1)(d)).

Labels are those of the Commission's template, as filled summaries have them. What the run does not
know is `not stated`; what there is none of is `none`, said for every field of the template.
"""

from datetime import date, timedelta
from typing import Any

TEMPLATE = "European Commission, Template for the Public Summary of Training Content"
TEMPLATE_VERSION = "C(2025) 8311 final, 5 December 2025 (template first published 24 July 2025)"
UPDATE_DAYS = 183
"""A summary is brought up to date at least every six months (Explanatory Notice, point 29)."""
_UNKNOWN = "not counted; the size in other units follows"
_PROVIDER = "not applicable: to be filled by the provider of a model"


def transparency(
    facts: dict[str, Any], totals: dict[str, dict[str, Any]], domains: int
) -> dict[str, Any]:
    """Fill the template's fields; section -> label -> value."""
    return {
        "template": TEMPLATE,
        "template version": TEMPLATE_VERSION,
        "version of the summary": facts["version"],
        "last update": facts["date"],
        "1.1 Provider identification": {
            "Publisher of the dataset": facts["creator"],
            "Contact details": facts["contact"],
            "Provider of the model": _PROVIDER,
        },
        "1.2 Model identification": {
            "Versioned model name(s)": _PROVIDER,
            "Dataset": f"{facts['name']} {facts['version']}, {facts['url']}",
        },
        "1.3 Overall training data": _overall(facts, totals),
        "2.1 Publicly available datasets": _inputs(facts),
        "2.2 Private non-publicly available datasets obtained from third parties": {
            "Datasets commercially licensed by rightsholders or their representatives": "none",
            "Private datasets obtained from other third parties": "none",
        },
        "2.3 Data crawled and scraped from online sources": _crawled(facts, totals, domains),
        "2.4 User data": {"User data": "none"},
        "2.5 Synthetic data": {"Synthetic data": "none was made for this dataset"},
        "2.6 Other sources of data": {"Other sources": "none"},
        "3.1 Respect of reservation of rights": {
            "Signatory to the Code of Practice": _PROVIDER,
            "Policy": facts["rights_policy"],
            "Protocols and solutions honoured": facts["protocols"],
            "Pages removed by signal": facts["opt_outs"] or "none",
            "Pages removed by language and signal": facts["opt_outs_by_language"] or "none",
        },
        "3.2 Removal of illegal content": {
            "Lists": facts["lists"] or "none",
            "Words in URLs": "adult and spam" if facts["url_words"] else "none",
            "Pages removed": facts["blocked"] or "none",
        },
        "3.3 Other information": {
            "Personal data": facts["personal_data"],
            "Documents taken down after publication": facts["taken_down"] or "none",
        },
    }


def _overall(facts: dict[str, Any], totals: dict[str, dict[str, Any]]) -> dict[str, Any]:
    measures = ("documents", "characters", "text_bytes")
    period = _period(totals)
    return {
        "Modality": "Text",
        "Image, audio, video, other": "none",
        "Training data size (tokens)": _tokens(facts["tokens"]),
        "Approximate size in a different measurement unit": {
            name: sum(row[name] for row in totals.values()) for name in measures
        },
        "Types of content": "text of web pages",
        "Latest date of data acquisition": period[-1] if period else "not stated",
        "Continuously trained on new data": _PROVIDER,
        "Linguistic characteristics": {
            language: {name: row[name] for name in measures} for language, row in totals.items()
        },
    }


def _inputs(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "Large publicly available datasets": "none was declared to the run; its inputs are listed under 2.3",
        "Input files": len(facts["inputs"]),
        "Size of the input": f"{sum(item['bytes'] for item in facts['inputs']):,} bytes",
    }


def _crawled(
    facts: dict[str, Any], totals: dict[str, dict[str, Any]], domains: int
) -> dict[str, Any]:
    return {
        "Crawler name(s)/identifier(s)": facts["crawler"],
        "Purposes of the crawler(s)": facts["crawler_purpose"],
        "General description of crawler behaviour": facts["crawler_behaviour"],
        "Period of data collection": " to ".join(_period(totals)) or "not stated",
        "Type of content and online sources": facts["collection"],
        "Inputs": [item["name"] for item in facts["inputs"]],
        "Summary of the most relevant domain names": {
            "file": "top_domains.csv",
            "domains": domains,
            "rule": "top 5 % or 1,000 domains, whichever is lower (SME)"
            if facts["small_enterprise"] else "top 10 % of all domains by size of content",
        },
    }  # fmt: skip


def _period(totals: dict[str, dict[str, Any]]) -> list[str]:
    """Give the months of the first and the last capture, MM/YYYY."""
    days = sorted(day for row in totals.values() for day in row["dates"])
    return [f"{day[5:7]}/{day[:4]}" for day in (days[0], days[-1])] if days else []


def _tokens(tokens: dict[str, Any] | None) -> str:
    """Name the band of the template, with the exact figure and the tokenizer."""
    if not tokens:
        return _UNKNOWN
    number = tokens["number"]
    return f"{band(number)} ({number:,} by {tokens['tokenizer']})"


def band(tokens: int) -> str:
    """Name the template's band of a number of tokens.

    >>> band(999_999_999), band(10**9)
    ('Less than 1 billion tokens', '1 billion to 10 trillion tokens')
    """
    if tokens < 10**9:
        return "Less than 1 billion tokens"
    return "1 billion to 10 trillion tokens" if tokens <= 10**13 else "More than 10 trillion tokens"


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what differs between two summaries: `field`, `before`, `after`; null where there is none.

    >>> changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": "none"})
    [{'field': 'a / c', 'before': 2, 'after': 3}, {'field': 'd', 'before': None, 'after': 'none'}]
    """
    old, new = _leaves(before), _leaves(after)
    return [
        {"field": name, "before": old.get(name), "after": new.get(name)}
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name) != new.get(name)
    ]


def _leaves(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _leaves(item, f"{name} / {key}" if name else key)
    return found


def staleness(last_update: str, today: str) -> str | None:
    """Warn where a summary was last brought up to date more than six months before `today`.

    >>> staleness("2026-05-01", "2026-05-30") is None
    True
    """
    age = date.fromisoformat(today) - date.fromisoformat(last_update)
    if age <= timedelta(days=UPDATE_DAYS):
        return None
    return (
        f"The summary of {last_update} is {age.days} days old; the Commission asks for an update "
        "at least every six months."
    )
