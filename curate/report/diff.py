"""Compare two runs: recipes, outcomes of records, documents.

Input: two folders of finished runs. Output: plain data. Ids are compared in buckets by their
hash, spilled to a temporary folder, so that memory is bounded by BUCKET_IDS, not by the corpora.
"""

import heapq
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.report.drift import drift
from curate.report.explain import final_state
from curate.store import io
from curate.store.keys import MODULUS, hash64, normalise
from curate.store.output import read_report
from curate.store.schema import columns
from curate.store.tables import read_batches

BUCKET_IDS = 1_000_000  # ids of a bucket on average: some 200 MB as Python holds them
EXAMPLES = 5
_SPILLED = columns(("id", pa.string(), False), ("text", pa.uint64(), False))
Ids = dict[str, int]  # id -> sum modulo 2^64 of the hashes of its pieces


def diff(a: str, b: str) -> dict[str, Any]:
    """Return what differs between two runs.

    Keys: `recipe`, `versions`: key -> [in a, in b] where they differ, only `kind` of a source that
    one recipe lacks; `inputs`: how many files are in one only or differ; `ledger`: one row for
    each state, stage and reason, with both counts; `mixture`: one row a source; `documents`: how
    many are in the shards of each and of both, how many of the latter with another text, and
    examples with what the other run made of them (null where it keeps no full ledger); of the
    texts of each how many the other has too, under any id; `drift`: see
    `curate.report.drift.drift`.

    Raises RecipeError where one of the folders holds no finished run.
    """
    manifests, ledgers = (
        [read_report(out, name) for out in (a, b)] for name in ("manifest", "ledger")
    )
    return {
        "recipe": _recipe(*(manifest["recipe"] for manifest in manifests)),
        "versions": _changed(*(manifest["versions"] for manifest in manifests)),
        "inputs": _inputs(*(manifest["inputs"] for manifest in manifests)),
        "ledger": _ledger(*ledgers),
        "mixture": _mixture(*(manifest["mixture"] for manifest in manifests)),
        "documents": {**_documents((a, b), manifests), **common_texts(a, b)},
        "drift": drift(a, b),
    }


def _flat(data: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested keys with dots between them; lists are values.

    >>> _flat({"a": {"b": 1, "c": [2]}, "d": {}})
    {'a.b': 1, 'a.c': [2], 'd': {}}
    """
    if not isinstance(data, dict) or not data:
        return {prefix: data}
    return {
        key: value
        for name, inner in data.items()
        for key, value in _flat(inner, f"{prefix}.{name}" if prefix else name).items()
    }


def _changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = [*a, *(name for name in b if name not in a)]
    return {name: [a.get(name), b.get(name)] for name in names if a.get(name) != b.get(name)}


def _recipe(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return keys that differ; a source that only one recipe has is one row."""
    both = (a.get("sources") or {}).keys() & (b.get("sources") or {}).keys()

    def keys(recipe: Mapping[str, Any]) -> dict[str, Any]:
        sources = {
            name: source if name in both else {"kind": source["kind"]}
            for name, source in (recipe.get("sources") or {}).items()
        }
        return _flat({**recipe, "sources": sources})

    return _changed(keys(a), keys(b))


def _inputs(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> dict[str, int]:
    before, after = (
        {(file["source"], file["file_path"]): (file["bytes"], file["digest"]) for file in inputs}
        for inputs in (a, b)
    )
    both = before.keys() & after.keys()
    return {
        "only in a": len(before) - len(both),
        "only in b": len(after) - len(both),
        "changed": sum(before[name] != after[name] for name in both),
    }


def _ledger(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    before, after = _counts(a), _counts(b)
    names = ("state", "stage", "reason")
    return [
        dict(zip(names, outcome, strict=True))
        | {"a": before.get(outcome, 0), "b": after.get(outcome, 0)}
        for outcome in {**before, **after}
    ]


def _counts(ledger: Mapping[str, Any]) -> dict[tuple[str, str, str], int]:
    states = ("kept", "held_out", "unused", "damaged")
    return {
        ("read", "", ""): ledger["records_in"],
        **{(state, "", ""): ledger[state] for state in states},
        **{("skipped", "extract", kind): count for kind, count in ledger["skipped"].items()},
        **{
            ("dropped", stage, reason): count
            for stage, reasons in ledger["dropped"].items()
            for reason, count in reasons.items()
        },
    }


def _mixture(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("target", "achieved", "tokens", "documents", "epochs")
    return [
        {
            "source": source,
            **{name: [table.get(source, {}).get(name, 0) for table in (a, b)] for name in names},
        }
        for source in dict.fromkeys([*a, *b])
    ]


# Documents


def _documents(outs: tuple[str, str], manifests: list[dict[str, Any]]) -> dict[str, Any]:
    rows = sum(shard["rows"] for manifest in manifests for shard in manifest["shards"])
    buckets = max(1, -(-rows // (2 * BUCKET_IDS)))
    counts: Counter[str] = Counter(dict.fromkeys(("a", "b", "both", "changed", "out", "in"), 0))
    examples: dict[str, list[str]] = {"out": [], "in": [], "changed": []}
    with tempfile.TemporaryDirectory(prefix="curate-diff-") as folder:
        for name, out, manifest in zip("ab", outs, manifests, strict=True):
            _spill(out, manifest, Path(folder) / name, buckets)
        for bucket in range(buckets):
            a, b = (_spilled(Path(folder) / name, bucket) for name in "ab")
            both = a.keys() & b.keys()
            groups = {
                "out": a.keys() - both,
                "in": b.keys() - both,
                "changed": {id_ for id_ in both if a[id_] != b[id_]},
            }
            counts.update({"a": len(a), "b": len(b), "both": len(both)})
            for name, ids in groups.items():
                counts[name] += len(ids)
                examples[name] = heapq.nsmallest(EXAMPLES, [*examples[name], *ids], key=hash64)
    a_out, b_out = outs
    return {
        **counts,
        "examples": {
            "out": [{"id": id_, "there": final_state(b_out, id_)} for id_ in examples["out"]],
            "in": [{"id": id_, "there": final_state(a_out, id_)} for id_ in examples["in"]],
            "changed": [{"id": id_} for id_ in examples["changed"]],
        },
    }


def _texts(out: str, manifest: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """Yield id and text of every document of the shards, once: not its repetitions."""
    for shard in manifest["shards"]:
        for batch in read_batches(io.join(out, shard["file"]), ["id", "piece", "epoch", "text"]):
            yield batch.filter(pa.array(batch["epoch"].to_numpy() == 0))


def _spill(out: str, manifest: Mapping[str, Any], folder: Path, buckets: int) -> None:
    """Write the ids of a run, each with the hash of its text, to a file for each bucket."""
    folder.mkdir()
    with ExitStack() as stack:
        writers = [
            stack.enter_context(pa.ipc.new_file(str(folder / f"{bucket}.arrow"), _SPILLED))
            for bucket in range(buckets)
        ]
        for batch in _texts(out, manifest):
            hashes = np.array(
                [hash64(str(value)) for value in batch["text"].to_pylist()], np.uint64
            )
            ids = (hash64(str(value)) for value in batch["id"].to_pylist())
            numbers = np.array([value % buckets for value in ids], np.int64)
            rows = pa.record_batch([batch["id"], pa.array(hashes)], schema=_SPILLED)
            for number in np.unique(numbers).tolist():
                writers[number].write_batch(rows.filter(pa.array(numbers == number)))


def common_texts(a: str, b: str, max_rows: int | None = None) -> dict[str, int]:
    """Return how many texts of each run's shards the other has too: `a_in_b`, `b_in_a`.

    Texts are equal up to white space and Unicode normalisation. A text takes 8
    bytes of memory. A run of more than `max_rows` rows gives {}.
    """
    manifests = [read_report(out, "manifest") for out in (a, b)]
    rows = max(sum(shard["rows"] for shard in run["shards"]) for run in manifests)
    if max_rows is not None and rows > max_rows:
        return {}
    hashes = [_text_hashes(out, manifest) for out, manifest in zip((a, b), manifests, strict=True)]
    return {
        name: int(np.isin(hashes[side], hashes[1 - side]).sum())
        for side, name in enumerate(("a_in_b", "b_in_a"))
    }


def _text_hashes(out: str, manifest: Mapping[str, Any]) -> "npt.NDArray[np.uint64]":
    hashes = [
        np.array([hash64(normalise(str(text))) for text in batch["text"].to_pylist()], np.uint64)
        for batch in _texts(out, manifest)
    ]
    return np.concatenate([np.empty(0, np.uint64), *hashes])


def _spilled(folder: Path, bucket: int) -> Ids:
    ids: Ids = {}
    with pa.ipc.open_file(str(folder / f"{bucket}.arrow")) as reader:
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            rows: list[dict[str, Any]] = batch.to_pylist()
            for row in rows:
                ids[row["id"]] = (ids.get(row["id"], 0) + row["text"]) % MODULUS
    return ids
