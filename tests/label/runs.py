"""A finished run of a few hundred documents, some of them bad, that raters can be asked about."""

import hashlib
import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import schema
from curate.store.keys import bucket_of

# Outcomes with numbers of documents, and the share of them that is bad: (source, state, stage,
# reason, records in the ledger, documents with texts, share of bad, score).
RULES = [
    ("crawl", "kept", "mix", "", 300, 300, 0.1, 0.8),
    ("books", "kept", "mix", "", 100, 100, 0.0, 0.9),
    ("crawl", "dropped", "filter", "too_few_words", 5_000, 60, 0.9, None),
    ("news", "dropped", "filter", "too_few_words", 1_000, 20, 0.3, None),
    ("crawl", "dropped", "filter", "too_many_bullets", 900, 60, 0.4, None),
    ("crawl", "dropped", "dedup", "near_duplicate", 60, 20, 0.0, None),
    ("crawl", "dropped", "quality", "lost_quality_draw", 700, 60, 0.7, 0.3),
]
WORDS = ["river", "stone", "window", "garden", "engine", "letter", "winter", "paper", "market"]
BUCKETS = 3


def chance(key):
    """Return a number in [0, 1) that a key stands for."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6]) / (1 << 48)


def documents():
    """Return a row for each document with a text, `bad` or not."""
    rows = []
    for source, state, stage, reason, _, texts, bad, score in RULES:
        for n in range(texts):
            id_ = f"{source}-{reason or state}-{n}"
            is_bad = n < round(bad * texts)
            words = [WORDS[int(chance(f"{id_}/{k}") * len(WORDS))] for k in range(60)]
            noise = 0.2 * (chance(id_) - 0.5) - (0.25 if is_bad else 0)
            rows.append({
                "id": id_, "source": source, "state": state, "stage": stage, "reason": reason,
                "url": None if source == "books" else f"https://site{n % 30}.example/{id_}",
                "score": None if score is None else min(max(score + noise, 0), 1),
                "text": f"Document {id_}. {' '.join(words)}", "bad": is_bad,
            })  # fmt: skip
    return rows


def finished(out):
    """Write OUT of a run with these documents; return them by source and id."""
    rows = documents()
    kept = sorted(
        (one for one in rows if one["state"] == "kept"), key=lambda one: chance(one["id"])
    )
    file = "corpus/train/train-00000-of-00001.parquet"
    shard = [
        {name: one.get(name) for name in ("id", "source", "url", "text")}
        | {"piece": 0, "epoch": epoch, "file_path": "f", "token_count": 60,
           "quality_score": one["score"]}
        for epoch in range(2) for one in kept
    ]  # fmt: skip
    _write(out / file, shard, schema.CORPUS)
    samples = [
        {**{name: one[name] for name in ("id", "source", "url", "text", "state", "stage")},
         "reason": one["reason"] or None, "value": 3.0 if one["score"] is None else one["score"],
         "bound": 50.0 if one["score"] is None else None}
        for one in rows if one["state"] == "dropped"
    ]  # fmt: skip
    _write(out / "samples/samples.parquet", samples, schema.SAMPLES)
    ledger = [
        {"source": "crawl", "file_path": "f", "n": n, "id": f"gone-{n}", "state": "dropped",
         "stage": "filter", "reason": "too_many_hashes"} for n in range(40)
    ]  # fmt: skip
    for bucket in range(BUCKETS):
        own = [one for one in ledger if bucket_of(one["id"], BUCKETS) == bucket]
        name = f"ledger/ledger-{bucket:05d}-of-{BUCKETS:05d}.parquet"
        _write(out / name, own, schema.LEDGER)
    outcomes = [[*rule[:4], rule[4], 0, 0] for rule in RULES]
    outcomes.append(["crawl", "dropped", "filter", "too_many_hashes", 40, 0, 0])
    sources = {name: {"reference": name == "books"} for name in ("crawl", "books", "news")}
    manifest = {"shards": [{"file": file}], "recipe": {"sources": sources}}
    (out / "manifest.json").write_text(json.dumps(manifest))
    (out / "report.json").write_text(json.dumps({"outcomes": outcomes}))
    return {(one["source"], one["id"]): one for one in rows}


def _write(path, rows, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, columns), path)


def records():
    """Return how many records each outcome that is drawn from has in the ledger."""
    counts = Counter()
    for _, state, stage, reason, count, *_ in RULES:
        if stage != "dedup":
            counts[state, stage, reason] += count
    return counts
