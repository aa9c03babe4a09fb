"""Describe a corpus in Croissant, JSON-LD in which catalogues and tools read what a dataset is.

Input: a manifest. Output: plain data for croissant.json: the shards with their sha256, and the
columns of a row, by split. Columns that only some recipes ask for are left out.

Source: the format's specification, version 1.0 (http://mlcommons.org/croissant/1.0).
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curate.report.front_matter import SPLITS, dig, licences_of, shards_of, tags
from curate.store import schema

VERSION = "http://mlcommons.org/croissant/1.0"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_LICENCES = "https://spdx.org/licenses/{}.html"
_SPDX = {"cc0-1.0": "CC0-1.0", "apache-2.0": "Apache-2.0", "mit": "MIT", "odbl": "ODbL-1.0",
         "odc-by": "ODC-By-1.0", "pddl": "PDDL-1.0", "mpl-2.0": "MPL-2.0"}  # fmt: skip


def croissant(
    manifest: Mapping[str, Any], *, name: str = "corpus", url: str | None = None
) -> dict[str, Any]:
    """Return what croissant.json holds.

    Args:
        manifest: as in its file.
        name: of the dataset.
        url: of its page, if it has one.
    """
    splits = [split for split in SPLITS if shards_of(manifest, split)]
    counted = dig(manifest, "tokenizer", "name")
    counting = f" Tokens are counted by {counted}." if counted else ""
    languages = dig(manifest, "recipe", "language", "keep")
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": name,
        "description": "Text for training language models: pages and references extracted, "
        f"filtered, deduplicated and mixed by token weight.{counting} manifest.json has the "
        "recipe, README.md the outcome of every record.",
        "license": [_licence(licence) for licence in licences_of(manifest)],
        "keywords": tags(manifest),
        **({"inLanguage": sorted(map(str, languages))} if isinstance(languages, list) else {}),
        **({"url": url} if url else {}),
        "version": f"1.0.{manifest.get('version', 1) - 1}",
        "distribution": [part for split in splits for part in _files(manifest, split)],
        "recordSet": [_records(manifest, split) for split in splits],
    }


def _licence(name: str) -> str:
    """Return a licence as an address, where it has one that follows from its name."""
    if name.startswith("cc-"):
        return _LICENCES.format(name.upper())
    return _LICENCES.format(_SPDX[name]) if name in _SPDX else name


def _files(manifest: Mapping[str, Any], split: str) -> list[dict[str, Any]]:
    shards = [
        {
            "@type": "cr:FileObject",
            "@id": shard["file"],
            "name": shard["file"].rpartition("/")[2],
            "contentUrl": shard["file"],
            "contentSize": f"{shard['bytes']} B",
            "encodingFormat": "application/x-parquet",
            "sha256": shard["sha256"],
        }
        for shard in shards_of(manifest, split)
    ]
    together = {
        "@type": "cr:FileSet",
        "@id": f"shards-{split}",
        "name": f"shards-{split}",
        "encodingFormat": "application/x-parquet",
        "includes": f"corpus/{split}/*.parquet",
    }
    return [*shards, together]


def _records(manifest: Mapping[str, Any], split: str) -> dict[str, Any]:
    rows = sum(int(shard["rows"]) for shard in shards_of(manifest, split))
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"{rows} rows, shuffled.",
        "key": [{"@id": f"{split}/{column}"} for column in ("id", "piece", "epoch")],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{split}/{column.name}",
                "name": column.name,
                "description": schema.CORPUS_MEANINGS[column.name],
                "dataType": _type(column.type),
                "source": {
                    "fileSet": {"@id": f"shards-{split}"},
                    "extract": {"column": column.name},
                },
            }
            for column in schema.CORPUS
        ],
    }


def _type(type_: pa.DataType) -> str:
    if pa.types.is_integer(type_):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(type_) else "sc:Text"
