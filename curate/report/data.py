"""Data of the HTML report, read from OUT only, and bounded in size.

Input: a finished run's folder. Output: counts that the ledger and OUT/report.json hold, samples
with the first characters of their texts, pairs of duplicates, costs. No row of the corpus itself.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.recipe import named_filters
from curate.report.diff import common_texts
from curate.report.drift import drift
from curate.report.reasons import reasons
from curate.report.why import ORDER, why
from curate.store import io
from curate.store.output import find_report, read_report
from curate.store.parquet import open_parquet
from curate.store.tables import read_batches

REASONS, SAMPLES, CHARACTERS = 50, 20, 2_000  # samples of a reason, characters of each
NAME = 300  # characters of an id or a URL
MOST_COUNTED = 5_000_000  # duplicates: of more the sizes of groups are not counted
MOST_TEXTS = 50_000  # rows of a run whose texts are compared with another's
BINS = 20


def page_data(out: str, against: str | None = None) -> dict[str, Any]:
    """Return all that the page of a run shows.

    Args:
        against: an earlier run, to show what changed.
    Raises RecipeError where there is no finished run, or one of a version without OUT/report.json.
    """
    manifest, ledger, report = (
        read_report(out, name, "; run its recipe again")
        for name in ("manifest", "ledger", "report")
    )
    found = {row[3] for row in report["outcomes"]}
    named = named_filters(manifest["recipe"].get("filters") or [])
    return {
        "ledger": ledger,
        **{name: report[name] for name in
           ("outcomes", "reached", "held_out", "lengths", "edges", "scores", "sites")},
        "stages": ORDER,
        "mixture": manifest["mixture"],
        "cells": manifest.get("cells", []),
        "shards": _shards(manifest),
        "tokenizer": manifest["tokenizer"]["name"],
        "seed": manifest["seed"],
        "inputs": len(manifest["inputs"]),
        "why": [sentence._asdict() for sentence in why(manifest, report)],
        "meanings": {name: told for _, name, told in reasons(named) if name in found},
        "samples": _samples(out),
        "duplicates": _duplicates(out),
        "quality": _quality(out),
        "labels": find_report(out, "labels/labels"),
        "run": find_report(out, "run"),
        "against": _against(out, against) if against else None,
    }  # fmt: skip


def _against(out: str, earlier: str) -> dict[str, Any]:
    """Return what changed from an earlier run, and how many texts both have if they are few."""
    return {**drift(earlier, out), "texts": common_texts(earlier, out, most=MOST_TEXTS)}


def _shards(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for shard in manifest["shards"]:
        split = shard["file"].split("/")[-2]
        row = rows.setdefault(
            split, {"split": split, "files": 0, "rows": 0, "tokens": 0, "bytes": 0}
        )
        row["files"] += 1
        for name in ("rows", "tokens", "bytes"):
            row[name] += shard[name]
    return [rows[split] for split in sorted(rows)]


def _quality(out: str) -> Any:
    report = find_report(out, "models/quality")
    if report is None:
        return None
    names = (
        "model", "f1", "auc", "precision", "recall", "brier", "auc_of_length", "documents",
        "spearman", "spearman_of_length",
    )  # fmt: skip
    words = {sign: own[:30] for sign, own in report.get("words", {}).items()}
    return {**{name: report[name] for name in names if name in report}, "words": words}


def _samples(out: str) -> list[dict[str, Any]]:
    """Return samples of the reasons that have any, those with the most samples first."""
    by_reason: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in _rows(io.join(out, "samples/samples.parquet")):
        if row["state"] not in ("damaged", "skipped"):  # they have no texts
            key = (row["state"], row["stage"], row["reason"] or "")
            by_reason.setdefault(key, []).append(row)
    chosen = sorted(by_reason, key=lambda key: (-len(by_reason[key]), key))[:REASONS]
    return [row for key in sorted(chosen) for row in by_reason[key][:SAMPLES]]


def shortened(rows: Sequence[Mapping[str, Any]], characters: int) -> list[dict[str, Any]]:
    """Return samples with the first characters of their texts, and how many more there are."""
    return [
        {
            **row,
            **{name: row[name] and row[name][:NAME] for name in ("id", "url")},
            "text": None if row["text"] is None else row["text"][:characters],
            "more": max(0, len(row["text"] or "") - characters),
        }
        for row in rows
    ]


def _duplicates(out: str) -> dict[str, Any]:
    """Return duplicates by rule, similarity and size of group, and some pairs with their texts."""
    rules: Counter[str] = Counter()
    similarity = np.zeros(BINS, np.int64)
    kept: list[Any] = []
    for url in sorted(io.list_files(io.join(out, "duplicates"))):
        for batch in read_batches(url):
            rules.update(_counts(batch["rule"]))
            scores = batch["jaccard"].drop_null().to_numpy()
            bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
            similarity += np.bincount(bins, minlength=BINS)
            if rules.total() <= MOST_COUNTED:
                kept.append(batch["kept_id"])
    counted = kept if rules.total() <= MOST_COUNTED else []
    groups = _counts(pa.chunked_array(counted, pa.string()))
    return {
        "rules": [{"rule": rule, "count": rules[rule]} for rule in sorted(rules)],
        "similarity": similarity.tolist(),
        "sizes": _sizes(groups.values()),
        "pairs": _rows(io.join(out, "pairs.parquet")),
    }


def _rows(url: str) -> list[dict[str, Any]]:
    """Return the rows of a small table, none where there is no file."""
    if not io.exists(url):
        return []
    with open_parquet(url) as file:
        rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


def _counts(column: Any) -> dict[str, int]:
    counts: Any = pc.value_counts(column)
    pairs: list[Any] = [counts.field(name).to_pylist() for name in ("values", "counts")]
    return dict(zip(*pairs, strict=True))


def _sizes(sizes: Any) -> list[list[int]]:
    """Return [least, most, how many] of sizes, in powers of two.

    >>> _sizes([1, 1, 2, 3, 9])
    [[1, 1, 2], [2, 3, 2], [8, 15, 1]]
    """
    found = Counter(size.bit_length() for size in sizes)
    return [[1 << (bits - 1), (1 << bits) - 1, found[bits]] for bits in sorted(found)]
