"""Exact duplicates: which copy stays, against a plain statement of the rule."""

import random

import pytest

from curate.spark import dedup
from curate.store import schema

PRIORITY = ["books", "crawl", "news"]


def plainly_removed(rows, priority, scope=None):
    """Return key -> (kept key, kept id) of every copy that goes, the slow and plain way."""
    removed = {}
    for row in rows:
        same = ["text_hash", *([scope] if scope else [])]
        copies = [other for other in rows if all(other[name] == row[name] for name in same)]
        best = min(
            copies,
            key=lambda r: (priority.index(r["source"]), -r["characters"], r["key"]),
        )
        if best["key"] != row["key"]:
            removed[row["key"]] = (best["key"], best["id"])
    return removed


def row(key, source, text_hash, characters):
    return {
        "key": key,
        "source": source,
        "file_path": f"f{key >> 40}",
        "n": key & 0xFF,
        "id": f"id-{key}",
        "url": None if key % 3 else f"http://x/{key}",
        "dump": None if key % 5 == 4 else f"dump-{key % 5}",
        "text_hash": bytes([text_hash]) * 16,
        "characters": characters,
    }


def random_rows(seed):
    """Return a table of few texts, lengths and sources, so that every rule decides somewhere."""
    drawn = random.Random(seed)
    keys = drawn.sample(range(1 << 41), 300)
    return [
        row(key, drawn.choice(PRIORITY), drawn.randrange(90), drawn.randrange(10, 13))
        for key in keys
    ]


CASES = {
    "one of a kind": ([("crawl", 1, 10)], []),
    "the better source": ([("crawl", 1, 99), ("books", 1, 10), ("news", 1, 99)], [0, 2]),
    "the longer text": ([("crawl", 1, 10), ("crawl", 1, 11)], [0]),
    "the smaller key": ([("crawl", 1, 10), ("crawl", 1, 10), ("crawl", 1, 10)], [1, 2]),
    "other texts do not matter": ([("crawl", 1, 10), ("books", 2, 10)], []),
}


def as_frame(spark, rows):
    columns = (
        "key long, source string, file_path string, n long, id string, url string, "
        "dump string, text_hash binary, characters long"
    )
    values = [[one[name] for name in dedup.COLUMNS.names] for one in rows]
    return spark.createDataFrame(values, columns).repartition(4)


def test_the_plain_rule_itself():
    for cases, gone in CASES.values():
        rows = [row(n, *case) for n, case in enumerate(cases)]
        assert sorted(plainly_removed(rows, PRIORITY)) == gone


def test_the_best_copy_stays(spark):
    rows = random_rows(7)
    for n, (cases, _) in enumerate(CASES.values()):
        # Hashes and keys apart from all others.
        rows += [
            row((1 << 42) + 10 * n + place, source, 100 + 10 * n + text, size)
            for place, (source, text, size) in enumerate(cases)
        ]
    wanted = plainly_removed(rows, PRIORITY)
    by_key = {one["key"]: one for one in rows}
    found = dedup.exact_duplicates(as_frame(spark, rows), PRIORITY)
    assert found.columns == schema.FATES.names
    fates = found.collect()
    assert {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in fates} == wanted
    assert len(fates) == len(wanted)
    for fate in fates:
        own = by_key[fate["key"]]
        for name in ("source", "file_path", "n", "id", "url"):
            assert fate[name] == own[name]
        assert (fate["state"], fate["stage"], fate["reason"], fate["score"], fate["length"]) == (
            "dropped", "dedup", "exact_duplicate", 1.0, None,
        )  # fmt: skip


@pytest.mark.parametrize("scope", ["source", "dump"])
def test_copies_elsewhere_do_not_count_in_a_scope(spark, scope):
    rows = random_rows(8)
    found = dedup.exact_duplicates(as_frame(spark, rows), PRIORITY, scope).collect()
    wanted = plainly_removed(rows, PRIORITY, scope)
    assert 0 < len(wanted) < len(plainly_removed(rows, PRIORITY))
    assert {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in found} == wanted
    assert len(found) == len(wanted)


def test_another_priority_keeps_another_copy(spark):
    rows = [row(0, "crawl", 1, 10), row(1, "books", 1, 10), row(2, "news", 1, 99)]
    frame = as_frame(spark, rows).cache()
    for first in ("crawl", "news"):
        priority = [first, *(name for name in PRIORITY if name != first)]
        fates = dedup.exact_duplicates(frame, priority).collect()
        found = {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in fates}
        assert found == plainly_removed(rows, priority)


@pytest.mark.parametrize("name", dedup.COLUMNS.names)
def test_what_is_read_are_columns_of_judged_documents(name):
    assert dedup.COLUMNS.field(name) == schema.JUDGED.field(name)
    assert name != "text", "texts stay where they are"
