"""The release as a dataset of DCAT-AP 3.0.1, the European profile for data portals, as JSON-LD."""

from typing import Any

from .manifest import Shard

_EU = "http://publications.europa.eu/resource/authority"
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ALIASES = {"ekk": "est", "lvs": "lav", "nob": "nob", "als": "sqi"}
"""The authority lists macrolanguages; ours are the standard varieties."""


def dcat(
    facts: dict[str, Any], totals: dict[str, dict[str, Any]], shards: list[Shard]
) -> dict[str, Any]:
    """Give the content of `dcat.jsonld`."""
    days = sorted(day for row in totals.values() for day in row["dates"])
    address = facts["url"] if "://" in facts["url"] else "./"
    content: dict[str, Any] = {
        "@context": _CONTEXT,
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:title": _text(facts["name"]),
        "dct:description": _text(facts["description"]),
        "dct:identifier": f"{facts['name']} {facts['version']}",
        "dcat:version": facts["version"],
        "dct:issued": _day(facts["date"]),
        "dct:language": [_language(code) for code in totals],
        "dcat:keyword": [_text("web text"), _text("language modelling")],
        "dcat:theme": {"@id": f"{_EU}/data-theme/TECH"},
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _text(facts["creator"])},
        "dct:accessRights": {"@id": f"{_EU}/access-right/PUBLIC"},
        "dcat:contactPoint": _contact(facts),
        "dcat:distribution": [_distribution(shard, address, facts) for shard in shards],
    }
    if days:
        content["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(days[0]),
            "dcat:endDate": _day(days[-1]),
        }
    return content


def _distribution(shard: Shard, address: str, facts: dict[str, Any]) -> dict[str, Any]:
    licence = facts["licence"]
    return {
        "@id": shard.path,
        "@type": "dcat:Distribution",
        "dct:title": _text(f"{shard.language}: {shard.rows} documents"),
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": shard.path},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(shard.bytes)},
        "dct:format": {"@id": f"{_EU}/file-type/PARQUET"},
        "dct:license": {"@id": licence}
        if "://" in licence
        else {"@type": "dct:LicenseDocument", "dct:title": _text(licence)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": shard.sha256},
        },
    }


def _contact(facts: dict[str, Any]) -> dict[str, Any]:
    contact = {"@type": "vcard:Organization", "vcard:fn": facts["creator"]}
    if "@" in facts["contact"]:
        contact["vcard:hasEmail"] = {"@id": f"mailto:{facts['contact']}"}
    return contact


def _language(code: str) -> dict[str, str]:
    language = code.split("_")[0]
    return {"@id": f"{_EU}/language/{_ALIASES.get(language, language).upper()}"}


def _text(text: str) -> dict[str, str]:
    return {"@language": "en", "@value": text}


def _day(day: str) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day}
