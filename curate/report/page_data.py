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

from curate.dedup.bands import SETTINGS, probability
from curate.recipe import named_filters
from curate.report.corpus_size import explain_size
from curate.report.diff import common_texts
from curate.report.drift import drift
from curate.report.reasons import reasons
from curate.stage_list import ledger_stages
from curate.store import io
from curate.store.output import find_report, read_report, training_documents
from curate.store.parquet import open_parquet
from curate.store.tables import read_batches

REASONS, SAMPLES, CHARACTERS = 50, 20, 2_000  # samples of a reason, characters of each
NAME = 300  # characters of an id or a URL
MOST_COUNTED = 5_000_000  # duplicates: of more the sizes of groups are not counted
MOST_TEXTS = 50_000  # rows of a run whose texts are compared with another's
BINS = 20
KEPT, EXTREMES, BEGINS = 2_000, 5, 500  # documents looked at, shown; characters of each
EXEMPT, BENCHMARKS = 50, 200
POINTS = 50  # of the curve of near-duplicates


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
    used = {row[3] for row in report["outcomes"]}
    used |= {row["rule"] for row in (report.get("rules") or {}).get("rules", [])}
    named = named_filters(manifest["recipe"].get("filters") or [])
    return {
        "ledger": ledger,
        **{name: report[name] for name in
           ("outcomes", "reached", "held_out", "lengths", "edges", "scores", "sites")},
        "stages": ledger_stages(),
        "mixture": manifest["mixture"],
        "cells": manifest.get("cells", []),
        "shards": _shards(manifest),
        "tokenizer": manifest["tokenizer"]["name"],
        "seed": manifest["seed"],
        "inputs": len(manifest["inputs"]),
        "why": [sentence._asdict() for sentence in explain_size(manifest, report)],
        "meanings": {name: text for _, name, text in reasons(named) if name in used},
        "samples": _samples(out),
        "duplicates": {**_duplicates(out), "curve": _curve(out, manifest["recipe"])},
        "passages": report.get("passages", []),
        "languages": report.get("languages", {}),
        "rules": report.get("rules"),
        "contamination": _contamination(out, report),
        "rights": {name: report.get(name, {}) for name in ("refused", "licenses", "edits")},
        "quality": _quality(out, manifest),
        "labels": find_report(out, "labels/labels"),
        "run": find_report(out, "run"),
        "against": _against(out, against) if against else None,
    }  # fmt: skip


def _against(out: str, earlier: str) -> dict[str, Any]:
    """Return what changed from an earlier run, and how many texts both have if they are few."""
    return {**drift(earlier, out), "texts": common_texts(earlier, out, max_rows=MOST_TEXTS)}


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


def _quality(out: str, manifest: Mapping[str, Any]) -> Any:
    """Return the classifier's report, and of what it may drop the lowest kept, the highest dropped.

    Those kept are the lowest of the first KEPT documents of the shards, the others of the samples.
    """
    report = find_report(out, "models/quality")
    if report is None:
        return None
    names = (
        "model", "f1", "auc", "precision", "recall", "brier", "auc_of_length",
        "auc_of_function_words", "documents", "spearman", "spearman_of_length", "calibration",
        "keep_rate", "corruptions",
    )  # fmt: skip
    words = {sign: listed[:30] for sign, listed in report.get("words", {}).items()}
    figures = {name: report[name] for name in names if name in report}
    return {**figures, "words": words, "extremes": _extremes(out, manifest)}


def _extremes(out: str, manifest: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    sources: Mapping[str, Any] = manifest["recipe"].get("sources", {})
    judged = [name for name, source in sources.items() if not source.get("reference")]
    columns = ("id", "source", "url", "quality_score", "text")
    kept = [
        {**row, "score": row["quality_score"]}
        for batch in training_documents(out, manifest, columns, KEPT)
        for row in batch.to_pylist()
        if row["source"] in judged and row["quality_score"] is not None
    ]
    dropped = [
        {**row, "score": row["value"]}
        for row in _rows(io.join(out, "samples/samples.parquet"))
        if row["stage"] == "quality" and row["value"] is not None
    ]
    return {
        name: [
            {
                **{part: (row[part] or "")[:NAME] for part in ("id", "source", "url")},
                "score": row["score"],
                "text": (row["text"] or "")[:BEGINS],
            }
            for row in sorted(rows, key=lambda row: (sign * row["score"], row["id"]))[:EXTREMES]
        ]
        for name, sign, rows in (("kept", 1, kept), ("dropped", -1, dropped))
    }


def _contamination(out: str, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return contamination.json with few common phrases, and hits in context; None without it."""
    contamination = find_report(out, "contamination")
    if contamination is None:
        return None
    exempt = contamination.get("exempt", [])
    shown = [{**row, "ngram": row["ngram"][:NAME]} for row in exempt[:EXEMPT]]
    contexts = report.get("contaminated", [])
    additions = {"exempt_count": len(exempt), "contexts": contexts}
    return {
        **contamination,
        "benchmarks": contamination["benchmarks"][:BENCHMARKS],
        "exempt": shown,
        **additions,
    }


def _curve(out: str, recipe: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the chance that a pair of near-duplicates is found, by similarity in 1/50.

    With what a self-check of the same bands found, if there was one.
    """
    dedup: Mapping[str, Any] = recipe.get("dedup") or {}
    if not dedup.get("near") or dedup.get("settings") not in SETTINGS:
        return None
    defaults = SETTINGS[dedup["settings"]]
    bands, rows, threshold = (dedup.get(name) or getattr(defaults, name)
                              for name in ("bands", "rows", "threshold"))  # fmt: skip
    points = [round(probability(n / POINTS, bands, rows), 6) for n in range(POINTS + 1)]
    check = find_report(out, "selfcheck") or {}
    applies = (check.get("bands"), check.get("rows")) == (bands, rows)
    return {
        "bands": bands, "rows": rows, "threshold": threshold, "found": points,
        "check": check if applies else None,
    }  # fmt: skip


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
    counts = Counter(size.bit_length() for size in sizes)
    return [[1 << (bits - 1), (1 << bits) - 1, counts[bits]] for bits in sorted(counts)]
