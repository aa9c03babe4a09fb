"""A run's folder whose texts, ids and names are as hostile as can be, for tests of its page."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

from curate.store import schema

HOSTILE = (
    '</script><script>document.title="taken over"</script><img src=x onerror="document.title=1">'
    "<!-- {{DATA}} \u2028 \x00 & \" ' `"
)
OUTCOMES = [
    ["books", "kept", "mix", "", 3, 30, 30],
    ["crawl", "damaged", "extract", "corrupt", 1, 0, 0],
    ["crawl", "dropped", "filter", "too_few_words", 5, 50, 60],
    ["crawl", "dropped", "quality", "lost_quality_draw", 2, 20, 20],
    ["crawl", "held_out", "mix", "", 1, 10, 10],
    ["crawl", "kept", "mix", "", 4, 40, 40],
    ["crawl", "skipped", "extract", "request", 7, 0, 0],
    ["crawl", "unused", "mix", "", 2, 20, 20],
]


RULES = {
    "pages": 40, "dropped": 20, "sources": [HOSTILE],
    "rules": [{"rule": "too_few_words", "alone": 16, "first": 10, "only": 9},
              {"rule": HOSTILE, "alone": 11, "first": 10, "only": 4}],
    "histograms": [
        {"rule": "too_few_words", "side": "least", "bound": 50.0, "edges": [10.0, 50.0, 90.0],
         "passed": [2, 7, 6, 14], "failed": [3, 4, 1, 3]},
    ],
    "overlaps": [["too_few_words", HOSTILE, 7]],
}  # fmt: skip


CHECK = {"bands": 20, "rows": 7, "texts": 90, "recall": [
    {"low": 0.5, "high": 0.6, "pairs": 8, "found": 0.25, "expected": 0.3},
    {"low": 0.8, "high": 0.9, "pairs": 9, "found": 1.0, "expected": 0.99}]}  # fmt: skip
QUALITY = {
    "f1": 0.8, "auc": 0.9,
    "documents": {HOSTILE: {"documents": 8, "kept": 6, "histogram": [0, 0, 0, 5, *[0] * 15, 3],
                            "lengths": [[3, 4, 5], [19, 2, 3]]}},
    "calibration": [{"from": 0.1, "mean_score": 0.15, "references": 0.25, "windows": 9},
                    {"from": 0.9, "mean_score": 0.95, "references": 0.875, "windows": 7}],
    "keep_rate": {"threshold": [{"threshold": 0.5, "kept": 0.625}],
                  "pareto": [{"alpha": 9, "kept": 0.25}]},
    "words": {"for": [{"word": HOSTILE}], "against": []}, "corruptions": {HOSTILE: 0.5},
}  # fmt: skip


def ledger_of(outcomes):
    """Return ledger.json of outcomes."""
    ledger = {
        "records_in": 0, "kept": 0, "held_out": 0, "unused": 0, "damaged": 0, "skipped": {},
        "dropped": {}, "tokens_per_character": 0.25,
        "characters": {"extracted": 0, "kept": 0, "held_out": 0, "unused": 0, "dropped": {},
                       "cut": {"filter": {"notice": 10}}},
    }  # fmt: skip
    for _, state, stage, reason, records, characters, extracted in outcomes:
        ledger["records_in"] += records
        ledger["characters"]["extracted"] += extracted
        if state == "skipped":
            ledger["skipped"][reason] = ledger["skipped"].get(reason, 0) + records
        elif state == "dropped":
            own = ledger["dropped"].setdefault(stage, {})
            own[reason] = own.get(reason, 0) + records
            own = ledger["characters"]["dropped"].setdefault(stage, {})
            own[reason] = own.get(reason, 0) + characters
        else:
            ledger[state] += records
            if state in ledger["characters"]:
                ledger["characters"][state] += characters
    return ledger


def written(tmp_path):
    """Return OUT of a run whose texts, ids and names are as hostile as can be."""
    outcomes = [[HOSTILE if row[0] == "crawl" else row[0], *row[1:]] for row in OUTCOMES]
    share = {"target_tokens": 10, "tokens": 10, "documents": 3, "epochs": 1.0, "at_cut": 0}
    books = {
        "manifest": {
            "mixture": {name: {"target": 0.5, "achieved": 0.5, **share}
                        for name in ("books", HOSTILE)},
            "recipe": {"dedup": {"near": True, "settings": "default"},
                       "mix": {"tokens": None, "max_epochs": 4.0}, "filters": ["gopher_quality"],
                       "sources": {name: {"weight": 0.5} for name in ("books", HOSTILE)}},
            "shards": [{"file": "corpus/train/train-00000-of-00001.parquet", "rows": 7,
                        "bytes": 70, "tokens": 20, "sha256": "0"}],
            "tokenizer": {"name": "gpt2"}, "seed": 7, "inputs": [{}],
        },
        "ledger": ledger_of(OUTCOMES),
        "report": {
            "outcomes": outcomes, "held_out": {"documents": 1},
            "reached": {"books": {"documents": 3, "tokens": 10},
                        HOSTILE: {"documents": 6, "tokens": 40}},
            "lengths": [["books", "kept", 5, 3], [HOSTILE, "dropped", 4, 7]],
            "edges": [0, 1, 2, 3, 6, 10, 18], "scores": [[HOSTILE, 3, 2]],
            "sites": {"count": 1, "rows": [[HOSTILE, 9, 8, 4, 40, "filter", "too_few_words", 5]]},
            "refused": {"count": 1, "rows": [[HOSTILE, "optout_robots", 6]]},
            "licenses": {HOSTILE: 2}, "edits": {"email": 3},
            "passages": [{"times": 4, "bytes": 64, "id": HOSTILE, "begins": HOSTILE}],
            "rules": RULES,
            "contaminated": [{"id": "1", "source": HOSTILE, "url": None, "benchmark": HOSTILE,
                              "item": "3", "field": "question", "before": "before ",
                              "found": HOSTILE, "after": " after"}],
        },
        "contamination": {
            "documents": 9, "cut": 2, "pieces": 2, "dropped": 0, "removed": 700,
            "settings": {"window": 200, "max_documents": 10},
            "benchmarks": [{"name": HOSTILE, "items": 9, "dirty": 4, "clean": 3, "too_short": 2,
                            "common_only": 1, "dirty_share": 4 / 7, "ngram": 13,
                            "fields": ["question"]}],
            "exempt": [{"ngram": HOSTILE, "documents": 12, "items": {HOSTILE: 1}}],
        },
        "run": {"engine": "local", "curate": "1", "begun": "2026-01-01T00:00:00+00:00",
                "ended": "2026-01-01T00:01:00+00:00", "seconds": 60.0, "peak_bytes": 1 << 20,
                "stages": [{"stage": "extract", "seconds": 60.0, "units": 2, "work_seconds": 90.0,
                            "peak_bytes": 1 << 21}]},
    }  # fmt: skip
    for name, book in books.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(book))
    (tmp_path / "selfcheck.json").write_text(json.dumps(CHECK))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "quality.json").write_text(json.dumps(QUALITY))
    samples = [
        {"state": state, "stage": stage, "reason": reason or None, "source": source, "id": f"{n}",
         "url": HOSTILE, "value": 3.0, "bound": 50.0,
         "text": None if state == "skipped" else HOSTILE}
        for source, state, stage, reason, *_ in outcomes for n in range(2)
    ]  # fmt: skip
    shard = tmp_path / "corpus/train/train-00000-of-00001.parquet"
    shard.parent.mkdir(parents=True)
    rows = [{"text": HOSTILE, "id": f"{n}", "piece": 0, "epoch": 0, "source": "books",
             "file_path": "f", "token_count": 3, "language": HOSTILE}
            for n in range(7)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.CORPUS), shard)
    (tmp_path / "samples").mkdir()
    table = pa.Table.from_pylist(samples, schema.SAMPLES)
    pq.write_table(table, tmp_path / "samples" / "samples.parquet")
    (tmp_path / "duplicates").mkdir()
    rows = [
        {"removed_id": f"copy-{n}", "kept_id": "0", "jaccard": n / 5, "rule": "near_duplicate"}
        for n in range(5)
    ]
    table = pa.Table.from_pylist(rows, schema.DUPLICATES)
    pq.write_table(table, tmp_path / "duplicates" / "duplicates-00000-of-00001.parquet")
    pairs = [
        {**row, "removed_text": HOSTILE, "kept_text": None} for row in rows
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(pairs, schema.PAIRS), tmp_path / "pairs.parquet")
    return tmp_path
