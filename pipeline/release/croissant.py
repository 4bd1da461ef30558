"""The release as Croissant 1.1 with the RAI vocabulary and provenance (PROV-O), as JSON-LD."""

from typing import Any

from .manifest import Shard

_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs",
    "column": "cr:column", "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract",
    "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#", "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex",
    "samplingRate": "cr:samplingRate", "repeated": "cr:repeated", "replace": "cr:replace", "sc": "https://schema.org/",
    "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip

_FIELDS = (
    ("id", "sc:Text", "stable identifier: hash of URL, capture time and payload"),
    ("url", "sc:URL", "address of the page"),
    ("text", "sc:Text", "main text of the page"),
    ("language", "sc:Text", "ISO 639-3 language and ISO 15924 script"),
    ("language_score", "sc:Float", "score of the language, 0 to 1"),
    ("source", "sc:Text", "input that the page came from"),
    ("minhash_cluster_size", "sc:Integer", "documents that this one stands for"),
)


def croissant(
    facts: dict[str, Any], totals: dict[str, dict[str, Any]], shards: list[Shard]
) -> dict[str, Any]:
    """Give the content of `croissant.json`."""
    days = sorted(day for row in totals.values() for day in row["dates"])
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": facts["name"],
        "description": facts["description"],
        "citeAs": f"{facts['creator']}: {facts['name']}, version {facts['version']}, {facts['date']}",
        "license": facts["licence"],
        "url": facts["url"],
        "creator": {"@type": "sc:Organization", "name": facts["creator"]},
        "publisher": {"@type": "sc:Organization", "name": facts["creator"]},
        "datePublished": facts["date"],
        "version": facts["version"],
        "inLanguage": [language.split("_")[0] for language in totals],
        "keywords": ["text", "web", "European languages", "language modelling"],
        "rai:dataCollection": facts["collection"],
        "rai:dataCollectionType": ["Web Scraping"],
        "rai:dataCollectionTimeframe": [days[0], days[-1]] if days else [],
        "rai:dataPreprocessingProtocol": facts["steps"],
        "rai:personalSensitiveInformation": [facts["personal_data"]],
        "rai:dataReleaseMaintenancePlan": facts["maintenance"],
        "rai:machineAnnotationTools": [facts["tool"]],
        "prov:wasDerivedFrom": [
            {"@id": f"input:{item['name']}", "@type": "prov:Entity", "prov:label": item["name"]}
            for item in facts["inputs"]
        ],
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:label": f"{facts['tool']}, configuration {facts['config_sha256']}",
        },
        "distribution": [
            *({"@type": "cr:FileObject", "@id": shard.path, "name": shard.path,
               "contentUrl": shard.path, "contentSize": f"{shard.bytes} B",
               "encodingFormat": "application/x-parquet", "sha256": shard.sha256}
              for shard in shards),
            *({"@type": "cr:FileSet", "@id": f"{language}-files", "name": f"{language}-files",
               "encodingFormat": "application/x-parquet",
               "includes": f"data/{language}/*.parquet"}
              for language in totals),
        ],
        "recordSet": [_record_set(language, row) for language, row in totals.items()],
    }  # fmt: skip


def _record_set(language: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": language,
        "name": language,
        "description": f"{row['documents']} {'document' if row['documents'] == 1 else 'documents'}",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{language}/{name}",
                "name": name,
                "description": meaning,
                "dataType": kind,
                "source": {"fileSet": {"@id": f"{language}-files"}, "extract": {"column": name}},
            }
            for name, kind, meaning in _FIELDS
        ],
    }
