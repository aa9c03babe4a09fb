"""What the page of a run shows, as plain data: read from OUT alone, and bounded.

Input: a finished run's folder. Output: counts that the ledger and OUT/report.json hold, samples
with the first characters of their texts, pairs of duplicates, costs. No row of the corpus itself.
"""

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.recipe import named_filters
from curate.report.drift import drift
from curate.report.reasons import reasons
from curate.report.why import why
from curate.store import io
from curate.store.keys import seeded_hash
from curate.store.parquet import open_parquet
from curate.store.tables import read_batches

REASONS, SAMPLES, CHARACTERS = 50, 20, 2_000  # samples of a reason, characters of each
PAIRS = 100
MOST_COUNTED = 5_000_000  # duplicates: of more the sizes of groups are not counted
BINS = 20


def page_data(out: str, against: str | None = None) -> dict[str, Any]:
    """Return all that the page of a run shows.

    Args:
        against: an earlier run, to show what changed.
    Raises RecipeError where there is no finished run, or one of a version without OUT/report.json.
    """
    manifest, ledger, report = (_needed(out, name) for name in ("manifest", "ledger", "report"))
    samples = _samples(out)
    found = {row[3] for row in report["outcomes"]}
    named = named_filters(manifest["recipe"].get("filters") or [])
    return {
        "ledger": ledger,
        **{name: report[name] for name in
           ("outcomes", "reached", "held_out", "lengths", "edges", "scores", "sites")},
        "mixture": manifest["mixture"],
        "shards": _shards(manifest),
        "tokenizer": manifest["tokenizer"]["name"],
        "seed": manifest["seed"],
        "inputs": len(manifest["inputs"]),
        "why": [sentence._asdict() for sentence in why(manifest, report)],
        "meanings": {name: told for _, name, told in reasons(named) if name in found},
        "samples": samples,
        "duplicates": _duplicates(out, samples),
        "quality": _quality(out),
        "run": _book(out, "run"),
        "against": drift(_needed(against, "report"), report) if against else None,
    }  # fmt: skip


def _book(out: str, name: str) -> Any:
    try:
        return json.loads(io.read_bytes(io.join(out, f"{name}.json")))
    except FileNotFoundError:
        return None


def _needed(out: str, name: str) -> dict[str, Any]:
    book: dict[str, Any] | None = _book(out, name)
    if book is None:
        raise RecipeError(
            f"{out}: expected a finished run, found no {name}.json; run its recipe again"
        )
    return book


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
    report = _book(out, "models/quality")
    if report is None:
        return None
    names = ("model", "f1", "auc", "precision", "recall", "brier", "auc_of_length", "documents")
    words = {sign: own[:30] for sign, own in report.get("words", {}).items()}
    return {**{name: report[name] for name in names if name in report}, "words": words}


def _samples(out: str) -> list[dict[str, Any]]:
    """Return samples of the reasons that have any, those with the most samples first."""
    url = io.join(out, "samples/samples.parquet")
    if not io.exists(url):
        return []
    with open_parquet(url) as file:
        rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    by_reason: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
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
            "text": None if row["text"] is None else row["text"][:characters],
            "more": max(0, len(row["text"] or "") - characters),
        }
        for row in rows
    ]


def _duplicates(out: str, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return duplicates by rule, similarity and size of group, and some pairs by hash."""
    rules: Counter[str] = Counter()
    similarity = [0] * BINS
    groups: Counter[str] = Counter()
    lowest: list[tuple[int, str, str, float | None, str]] = []
    for removed, kept, jaccard, rule in _duplicate_rows(out):
        rules[rule] += 1
        if jaccard is not None:
            similarity[min(int(jaccard * BINS), BINS - 1)] += 1
        if rules.total() <= MOST_COUNTED:
            groups[kept] += 1
        hash_ = -seeded_hash("pair", f"{removed}/{kept}", 0)
        entry = (hash_, removed, kept, jaccard, rule)
        if len(lowest) < PAIRS:
            heapq.heappush(lowest, entry)
        elif entry > lowest[0]:
            heapq.heapreplace(lowest, entry)
    texts = {row["id"]: row["text"] for row in samples}
    pairs = [
        {"removed_id": removed, "kept_id": kept, "jaccard": jaccard, "rule": rule,
         "removed": texts.get(removed), "kept": texts.get(kept)}
        for _, removed, kept, jaccard, rule in sorted(lowest, key=lambda one: (-(one[3] or 0), one))
    ]  # fmt: skip
    counted = groups if rules.total() <= MOST_COUNTED else Counter()
    return {
        "rules": [{"rule": rule, "count": rules[rule]} for rule in sorted(rules)],
        "similarity": similarity,
        "sizes": _sizes(counted.values()),
        "pairs": pairs,
    }


def _duplicate_rows(out: str) -> Iterator[tuple[str, str, float | None, str]]:
    for url in sorted(io.list_files(io.join(out, "duplicates"))):
        for batch in read_batches(url):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _sizes(sizes: Any) -> list[list[int]]:
    """Return [least, most, how many] of sizes, in powers of two.

    >>> _sizes([1, 1, 2, 3, 9])
    [[1, 1, 2], [2, 3, 2], [8, 15, 1]]
    """
    found = Counter(size.bit_length() for size in sizes)
    return [[1 << (bits - 1), (1 << bits) - 1, found[bits]] for bits in sorted(found)]
