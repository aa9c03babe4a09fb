"""Copies counted: all documents removed for one, through those that were removed for it first."""

import random

import pyarrow as pa

from curate.stages import copy_counts
from curate.store import schema
from stages.committed import after, carry_out, commit_of, committed_rows, run_of, table_of

STAGES = ("urls", "dedup", "near", "contained")


def drawn(count=200, seed=4):
    """Return rows with dates, and for each stage which it removes for which that it keeps."""
    chance = random.Random(seed)
    rows = [
        {
            "key": 3 * n, "source": "crawl", "file_path": "f", "n": 3 * n, "id": f"d{n}",
            "date": None if n % 7 == 0 else f"20{chance.randrange(10, 26)}-01-01",
        }
        for n in range(count)
    ]  # fmt: skip
    left, moves = list(range(count)), []
    for _ in STAGES:
        gone = set(chance.sample(left, len(left) // 3))
        left = [n for n in left if n not in gone]
        moves.append({n: chance.choice(left) for n in gone})
    return rows, moves


def removal(row, kept, stage):
    outcome = {**dict.fromkeys(schema.OUTCOMES.names), **row, "state": "dropped", "stage": stage}
    outcome |= {"reason": "a_duplicate", "kept_key": kept["key"], "kept_id": kept["id"]}
    return {name: outcome[name] for name in schema.OUTCOMES.names}


def counted(engine, folder, rows, moves, parts):
    documents = committed_rows(folder / "documents", rows, parts=parts)
    commits = []
    for stage, own in zip(STAGES, moves, strict=True):
        outcomes = [removal(rows[n], rows[kept], stage) for n, kept in sorted(own.items())]
        batch = pa.RecordBatch.from_pylist(outcomes, schema.OUTCOMES)
        report = {"duplicates": len(outcomes)}
        commits.append(
            commit_of(folder / stage, stage, "outcomes", schema.OUTCOMES, batch, report=report)
        )
    run = run_of(folder / "run", engine, dedup={"count_copies": True})
    so_far = carry_out(copy_counts, run, after(documents, *commits))
    result = table_of(so_far.of("copies"), "copies")
    by_key = {row.pop("key"): row for row in result}
    assert len(by_key) == len(result)
    return by_key, so_far


def test_copies_are_those_that_chains_lead_from(engine, tmp_path, monkeypatch):
    rows, moves = drawn()
    kept = {}
    for n, row in enumerate(rows):
        at = n
        for own in moves:
            at = own.get(at, at)
        if at != n:
            kept.setdefault(rows[at]["key"], []).append(row["date"])
    (tmp_path / "one").mkdir()
    result, _ = counted(engine, tmp_path / "one", rows, moves, 1)
    assert result.keys() == kept.keys()
    for key, dates in kept.items():
        seen = [date for date in dates if date]
        assert result[key] == {
            "copies": len(dates), "first": min(seen, default=None), "last": max(seen, default=None),
        }  # fmt: skip
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 30)
    monkeypatch.setattr("curate.stages.sorting.ROWS_A_FILE", 40)
    (tmp_path / "many").mkdir()
    assert counted(engine, tmp_path / "many", rows, moves, 7)[0] == result


def test_the_document_itself_counts(local, tmp_path):
    rows, moves = drawn()
    result, so_far = counted(local, tmp_path, rows, moves, 3)
    urls = so_far.of("copies").urls("copies")
    key, own = next(iter(result.items()))
    planned = pa.RecordBatch.from_pydict({"key": [key, 1]})
    made = copy_counts.with_copies(
        planned, ["1999-01-01", None], copy_counts.read_copies(urls, key, key)
    )
    assert made.schema.names[1:] == schema.COPIES.names
    assert made.to_pylist() == [
        {"key": key, "copies": 1 + own["copies"], "first_seen": "1999-01-01",
         "last_seen": own["last"]},
        {"key": 1, "copies": 1, "first_seen": None, "last_seen": None},
    ]  # fmt: skip


def test_nothing_was_removed(local, tmp_path):
    rows, _ = drawn(5)
    assert counted(local, tmp_path, rows, [{}, {}, {}, {}], 2)[0] == {}
