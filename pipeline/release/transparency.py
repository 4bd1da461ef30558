"""What a dataset publisher can fill of the public summary of training content (AI Act, Art. 53(1)(d)).

Labels are those of the Commission's template of July 2025 (C(2025) 5235), as filled summaries have
them. What the run does not know is `not stated`; what there is none of is `none`.
"""

from typing import Any

TEMPLATE = "European Commission, Template for the Public Summary of Training Content, July 2025"
_WORDS_TO_TOKENS = "not stated: count them with a named tokenizer (`eurocorpus report --tokenizer`)"


def transparency(
    facts: dict[str, Any], totals: dict[str, dict[str, Any]], domains: int
) -> dict[str, Any]:
    """Fill the template's fields; section -> label -> value."""
    days = sorted(day for row in totals.values() for day in row["dates"])
    period = [f"{day[5:7]}/{day[:4]}" for day in (days[0], days[-1])] if days else []
    size = {name: sum(row[name] for row in totals.values())
            for name in ("documents", "characters", "text_bytes")}  # fmt: skip
    return {
        "template": TEMPLATE,
        "version of the summary": facts["version"],
        "last update": facts["date"],
        "1.3 Overall training data": {
            "Modality": "Text",
            "Training data size (tokens)": _tokens(facts["tokens"]),
            "Approximate size in a different measurement unit": size,
            "Latest date of data acquisition": period[-1] if period else "not stated",
            "Linguistic characteristics": {
                language: {name: row[name] for name in ("documents", "characters", "text_bytes")}
                for language, row in totals.items()
            },
        },
        "2.3 Data crawled and scraped from online sources": {
            "Crawler name(s)/identifier(s)": facts["crawler"],
            "Period of data collection": " to ".join(period) or "not stated",
            "Inputs": [item["name"] for item in facts["inputs"]],
            "Summary of the most relevant domain names": {
                "file": "top_domains.csv",
                "domains": domains,
                "rule": "top 5 % or 1,000 (SME)" if facts["small_enterprise"] else "top 10 %",
            },
        },
        "3.1 Respect of reservation of rights": {
            "Policy": facts["rights_policy"],
            "Protocols and solutions honoured": facts["protocols"],
            "Pages removed by signal": facts["opt_outs"]["signals"] or "none",
            "Pages removed by language and signal": facts["opt_outs"]["languages"] or "none",
        },
        "3.2 Removal of illegal content": {
            "Lists": facts["lists"] or "none",
            "Pages removed": facts["blocked"] or "none",
        },
        "3.3 Other information": {
            "Personal data": facts["personal_data"],
            "Documents taken down after publication": facts["taken_down"],
        },
    }


def _tokens(tokens: dict[str, Any] | None) -> str:
    """Name the band of the template, with the exact figure and the tokenizer."""
    if not tokens:
        return _WORDS_TO_TOKENS
    number = tokens["number"]
    band = (
        "Less than 1 billion tokens" if number < 10**9
        else "1 billion to 10 trillion tokens" if number <= 10**13
        else "More than 10 trillion tokens"
    )  # fmt: skip
    return f"{band} ({number:,} by {tokens['tokenizer']})"
