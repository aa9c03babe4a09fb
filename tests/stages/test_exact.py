"""Exact duplicates: which copy stays, against a plain statement of the rule."""

import random
from itertools import pairwise

import pytest

from curate.stages import exact
from stages.committed import kept_of, left, outcomes, without_copies

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


def removed(engine, folder, rows, priority=PRIORITY, scope="global"):
    return without_copies(engine, folder, exact, rows, priority=priority, scope=scope)


def test_the_plain_rule_itself():
    for cases, gone in CASES.values():
        rows = [row(n, *case) for n, case in enumerate(cases)]
        assert sorted(plainly_removed(rows, PRIORITY)) == gone


def test_the_best_copy_stays(engine, tmp_path):
    rows = random_rows(7)
    for n, (cases, _) in enumerate(CASES.values()):
        # Hashes and keys apart from all others.
        rows += [
            row((1 << 42) + 10 * n + place, source, 100 + 10 * n + text, size)
            for place, (source, text, size) in enumerate(cases)
        ]
    expected = plainly_removed(rows, PRIORITY)
    by_key = {one["key"]: one for one in rows}
    so_far = removed(engine, tmp_path, rows)
    assert kept_of(so_far.of("dedup")) == expected
    assert left(so_far.left).keys() == by_key.keys() - expected.keys()
    for key, outcome in outcomes(so_far.of("dedup")).items():
        own = by_key[key]
        for name in ("source", "file_path", "n", "id", "url"):
            assert outcome[name] == own[name]
        told = tuple(outcome[name] for name in ("state", "stage", "reason", "score", "length"))
        assert told == ("dropped", "dedup", "exact_duplicate", 1.0, None)
    report = so_far.of("dedup").report
    assert (report["documents"], report["duplicates"]) == (len(rows), len(expected))


def test_the_files_are_in_the_order_of_keys(local, tmp_path, monkeypatch):
    monkeypatch.setattr("curate.stages.sorting.ROWS_A_FILE", 100)
    monkeypatch.setattr("curate.stages.sorting.BUCKET_ROWS", 20)
    rows = random_rows(7)
    so_far = removed(local, tmp_path, rows)
    assert kept_of(so_far.of("dedup")) == plainly_removed(rows, PRIORITY)
    commit = so_far.of("dedup")
    files = commit.files("outcomes")
    assert len(files) > 1
    assert all(one.hi < other.lo for one, other in pairwise(files))
    keys = list(outcomes(commit))
    assert keys == sorted(keys)


@pytest.mark.parametrize("scope", ["source", "dump"])
def test_copies_elsewhere_do_not_count_in_a_scope(local, tmp_path, scope):
    rows = random_rows(8)
    expected = plainly_removed(rows, PRIORITY, scope)
    assert 0 < len(expected) < len(plainly_removed(rows, PRIORITY))
    so_far = removed(local, tmp_path, rows, scope=scope)
    assert kept_of(so_far.of("dedup")) == expected


@pytest.mark.parametrize("first", ["crawl", "news"])
def test_another_priority_keeps_another_copy(local, tmp_path, first):
    rows = [row(0, "crawl", 1, 10), row(1, "books", 1, 10), row(2, "news", 1, 99)]
    priority = [first, *(name for name in PRIORITY if name != first)]
    so_far = removed(local, tmp_path, rows, priority)
    assert kept_of(so_far.of("dedup")) == plainly_removed(rows, priority)


def test_texts_are_not_read():
    assert "text" not in exact.RULE.columns


def test_a_preferred_copy_stays(local, tmp_path):
    """Of copies of one source; the first of these rows is the longest, and cut off."""
    dates = ["2020-01-01", "2024-01-01", None, "2012-01-01"]
    rows = [
        {**row(n, "crawl", 1, 20 - n), "date": date, "truncated": "length" if n == 0 else None}
        for n, date in enumerate(dates)
    ]

    def stays(name, *prefer):
        (tmp_path / name).mkdir()
        so_far = without_copies(
            local, tmp_path / name, exact, rows, priority=["crawl"], prefer=list(prefer)
        )
        (key,) = left(so_far.left)
        return key

    assert stays("1") == 0
    assert stays("2", "whole") == 1
    assert stays("3", "newer") == 1
    assert stays("4", "older") == 3
    rows[1]["truncated"] = "time"
    assert stays("5", "newer") == 1
    assert stays("6", "newer", "whole") == 3
    for n, sure in enumerate((0.7, 0.9, 0.99, 0.98)):
        rows[n]["language_score"] = sure
    assert stays("7", "language") == 2  # 2 and 3 are equally sure, and 2 is longer
    assert stays("8", "language", "older") == 3  # 2 has no date
