"""Captures of one page: which one stays, against a plain statement of the rule."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.dedup.urls import normalise_url
from curate.stages import copies, ledger_tables, urls
from curate.stages.count import RENAMED
from curate.stages.prior import PriorRun
from curate.stages.stage import SoFar, Stage
from curate.store import schema
from curate.store.commits import Commit
from stages.committed import (
    commit_of,
    committed_rows,
    kept_of,
    left,
    on_engines,
    outcomes,
    run_of,
    without_copies,
)

PRIORITY = ["books", "crawl", "news"]


def plainly_removed(rows, priority):
    """Return key -> (kept key, kept id) of every capture that goes, the slow and plain way."""
    removed = {}
    pages = [normalise_url(row["url"]) for row in rows]
    for row, own in zip(rows, pages, strict=True):
        captures = [other for other, page in zip(rows, pages, strict=True) if own and page == own]
        # Python's sort is stable: last things first.
        captures.sort(key=lambda r: r["key"])
        captures.sort(key=lambda r: r["date"] or "", reverse=True)
        captures.sort(key=lambda r: (priority.index(r["source"]), -r["characters"]))
        if captures and captures[0]["key"] != row["key"]:
            removed[row["key"]] = (captures[0]["key"], captures[0]["id"])
    return removed


def row(key, source, url, characters, date):
    return {
        "key": key,
        "source": source,
        "file_path": f"f{key >> 40}",
        "n": key & 0xFF,
        "id": f"id-{key}",
        "url": url,
        "date": date,
        "dump": ("CC-MAIN-2024-10", "CC-MAIN-2024-18", None)[key % 3],
        "characters": characters,
    }


SPELLINGS = ("http://x.org/{}", "https://www.X.org/{}/", "http://x.org:80/{}?utm_source=a")
CASES = {
    "one of a kind": ([("crawl", "http://a/1", 9, None)], []),
    "the better source": (
        [("crawl", "http://a/2", 99, "2024"), ("books", "https://a/2/", 10, None)],
        [0],
    ),
    "the longer text": (
        [("crawl", "http://a/3", 10, "2024"), ("crawl", "http://a/3#", 11, "2020")],
        [0],
    ),
    "the later date": (
        [("crawl", "http://a/4", 10, d) for d in (None, "2024-01-02", "2024-01-01")],
        [0, 2],
    ),
    "the smaller key": ([("crawl", "http://a/5", 10, "2024")] * 3, [1, 2]),
    "no URL": ([("crawl", None, 10, None)] * 2, []),
    "no web URL": ([("crawl", "urn:a", 10, None)] * 2, []),
}


def test_the_plain_rule_itself():
    for cases, gone in CASES.values():
        rows = [row(n, *case) for n, case in enumerate(cases)]
        assert sorted(plainly_removed(rows, PRIORITY)) == gone


def random_rows(seed):
    """Return few pages, lengths and dates, so that every rule decides somewhere."""
    drawn = random.Random(seed)
    dates = [None, "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"]
    return [
        row(
            key,
            drawn.choice(PRIORITY),
            drawn.choice(SPELLINGS).format(drawn.randrange(60)) if drawn.random() < 0.9 else None,
            drawn.randrange(10, 13),
            drawn.choice(dates),
        )
        for key in drawn.sample(range(1 << 41), 300)
    ]


def removed(engine, folder, rows, scope="global"):
    return without_copies(engine, folder, urls, rows, priority=PRIORITY, scope=scope)


def test_the_best_capture_stays(engine, tmp_path):
    rows = random_rows(7)
    for n, (cases, _) in enumerate(CASES.values()):
        rows += [row((1 << 42) + 10 * n + place, *case) for place, case in enumerate(cases)]
    expected = plainly_removed(rows, PRIORITY)
    by_key = {one["key"]: one for one in rows}
    so_far = removed(engine, tmp_path, rows)
    assert kept_of(so_far.of("urls")) == expected
    assert left(so_far.left).keys() == by_key.keys() - expected.keys()
    assert len(expected) > 100
    for key, outcome in outcomes(so_far.of("urls")).items():
        own = by_key[key]
        for name in ("source", "file_path", "n", "id", "url"):
            assert outcome[name] == own[name]
        told = tuple(outcome[name] for name in ("state", "stage", "reason", "score", "length"))
        assert told == ("dropped", "urls", "url_duplicate", None, None)


@pytest.mark.parametrize("scope", ["source", "dump"])
def test_within_a_scope(local, tmp_path, scope):
    rows = random_rows(8)
    expected = {}
    for value in {one[scope] for one in rows}:
        expected |= plainly_removed([one for one in rows if one[scope] == value], PRIORITY)
    assert kept_of(removed(local, tmp_path, rows, scope).of("urls")) == expected
    assert len(expected) < len(plainly_removed(rows, PRIORITY))


def test_captures_of_prior_runs_stay_before_all_others(local, tmp_path, monkeypatch):
    shift = 1 << 45
    old, new = random_rows(9)[:60], random_rows(10)
    old = [one for one in old if one["key"] not in plainly_removed(old, PRIORITY)]
    pages = {normalise_url(one["url"]): one for one in old if one["url"]}
    expected = plainly_removed(new, PRIORITY)
    for one in new:
        if (better := pages.get(normalise_url(one["url"]))) and one["url"]:
            expected[one["key"]] = (better["key"] + shift, better["id"])
    near = Commit.of("near", "h", str(tmp_path), ())
    prior = PriorRun(committed_rows(tmp_path / "old", old), near, shift)
    monkeypatch.setattr(copies, "prior_runs", lambda _: [prior])
    assert kept_of(removed(local, tmp_path, new).of("urls")) == expected
    assert any(key > shift for key, _ in expected.values())


# --- which document is kept at the end -----------------------------------------------------------


def outcomes_of(folder, stage, *rows):
    """Return the commit of a stage in which some went for others: (key, kept key, score)."""
    rows = [
        {
            **row(key, "crawl", f"http://x/{key}", 10, None),
            "state": "dropped",
            "stage": stage,
            "reason": stage,
            "score": score,
            "kept_key": kept,
            "kept_id": f"id-{kept}",
        }
        for key, kept, score in rows
    ]
    names = {field.name for field in schema.OUTCOMES}
    rows = [{name: value for name, value in one.items() if name in names} for one in rows]
    batch = pa.RecordBatch.from_pylist(rows, schema.OUTCOMES)
    report = {"duplicates": len(rows)}
    return commit_of(folder / stage, stage, "outcomes", schema.OUTCOMES, batch, report=report)


@on_engines("renamed", {"same": {}, "new": {6: "id-6~2", 77: "id-77~2"}})
def test_the_document_kept_at_the_end_is_told(engine, tmp_path, renamed):
    """But not how much a capture resembles it: of captures no texts were compared."""
    new = pa.RecordBatch.from_pydict(
        {"key": list(renamed), "id": list(renamed.values())}, schema=RENAMED
    )
    commits = [
        outcomes_of(tmp_path, "urls", (1, 2, None), (3, 4, None)),
        outcomes_of(tmp_path, "dedup", (5, 2, 1.0)),
        outcomes_of(tmp_path, "near", (2, 6, 0.9)),
        commit_of(tmp_path / "count", "count", "renamed", RENAMED, new),
    ]
    so_far = SoFar({commit.stage: commit for commit in commits})
    run = run_of(tmp_path, engine)
    stage = Stage(run, "publish", "", str(tmp_path / "publish"), None)
    files = ledger_tables.resolve_kept_chains(stage, so_far)
    result = [row for url, _ in files for row in pq.read_table(url).to_pylist()]
    id_ = renamed.get(6, "id-6")
    assert {
        f["key"]: (f["kept_key"], f["kept_id"], f["score"], f.get("rule", f["reason"]))
        for f in result
    } == {
        1: (6, id_, None, "urls"),
        3: (4, "id-4", None, "urls"),
        5: (6, id_, 0.9, "near"),
        2: (6, id_, 0.9, "near"),
    }
    assert len(result) == 4
    for one in result:
        assert one["url"] == f"http://x/{one['key']}"


def test_texts_are_not_read():
    assert "text" not in urls.RULE.columns
