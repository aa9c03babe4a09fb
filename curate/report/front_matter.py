"""Write the front matter of a dataset card, by which the Hugging Face hub finds datasets.

Input: a manifest. Output: YAML.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_SIZES = (  # the size classes a Hugging Face card knows, in rows
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
SPLITS = ("train", "validation")
# Licences of texts that the hub has names for.
_LICENCES = re.compile(
    r"cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-(2\.0|2\.5|3\.0|4\.0)|apache-2\.0|mit|odc-by|odbl|pddl|"
    r"gfdl|cdla-(permissive|sharing)-(1|2)\.0|bsd-[23]-clause|[al]?gpl-(2|3)\.0|mpl-2\.0"
)


def front_matter(manifest: Mapping[str, Any]) -> str:
    """Return the YAML between the card's lines of dashes."""
    files = [
        {"split": split, "path": f"corpus/{split}/*.parquet"}
        for split in SPLITS
        if split == "train" or shards_of(manifest, split)
    ]
    rows = sum(int(shard["rows"]) for shard in manifest.get("shards") or ())
    front: dict[str, Any] = {
        "pretty_name": "Corpus",
        "task_categories": ["text-generation"],
        "size_categories": [next((word for limit, word in _SIZES if rows < limit), "n>1T")],
        "configs": [{"config_name": "default", "data_files": files}],
        "tags": tags(manifest),
    }
    if languages := dig(manifest, "recipe", "language", "keep"):
        front["language"] = sorted(map(str, languages))
    if licences := licences_of(manifest):
        front["license"] = licences if len(licences) > 1 else licences[0]
    return yaml.safe_dump(front, sort_keys=True, allow_unicode=False, width=1_000)


def dig(data: Mapping[str, Any], *keys: str) -> Any:
    """Return the value under nested keys; None where one of them is missing."""
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def shards_of(manifest: Mapping[str, Any], split: str) -> list[Mapping[str, Any]]:
    """Return a split's shards; `file` is relative to OUT or to OUT/corpus."""
    shards: Sequence[Mapping[str, Any]] = manifest.get("shards") or ()
    return [shard for shard in shards if split in str(shard["file"]).split("/")[:-1]]


def tags(manifest: Mapping[str, Any]) -> list[str]:
    """Return words to find the corpus by: what it is for, and what was done to it."""
    done = {
        "deduplicated": dig(manifest, "recipe", "dedup") is not None,
        "decontaminated": bool(manifest.get("benchmarks")),
    }
    return sorted(["curate", "pretraining", *(word for word, was in done.items() if was)])


def licences_of(manifest: Mapping[str, Any]) -> list[str]:
    """Return the licences of the sources by the hub's names, sorted.

    "unknown" is for sources that state none, "other" for one the hub has no name for.
    """
    sources = dig(manifest, "recipe", "sources") or {}
    settings = [source for source in sources.values() if isinstance(source, Mapping)]
    return sorted({licence_name(source.get("license")) for source in settings})


def licence_name(stated: str | None) -> str:
    """Return a licence by the hub's name.

    >>> licence_name("CC BY-SA 4.0"), licence_name("public domain"), licence_name(None)
    ('cc-by-sa-4.0', 'other', 'unknown')
    """
    if not stated or not stated.strip():
        return "unknown"
    name = re.sub(r"[\s_-]+", "-", stated.strip().lower())
    name = {"cc0": "cc0-1.0", "cc-0": "cc0-1.0"}.get(name, name)
    return name if _LICENCES.fullmatch(name) else "other"
