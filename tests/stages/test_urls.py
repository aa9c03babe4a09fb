"""Captures of one page: which one stays, against a plain statement of the rule."""

import random

import pyarrow as pa
import pytest
from committed import run_of

from curate.dedup.urls import normalise_url
from curate.spark import publish, urls
from curate.store import schema
from curate.store.commits import Commit, Receipt, write_tables

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


def as_frame(spark, rows):
    columns = (
        "key long, source string, file_path string, n long, id string, url string, "
        "date string, dump string, characters long"
    )
    values = [[one[name] for name in urls.COLUMNS.names] for one in rows]
    return spark.createDataFrame(values, columns).repartition(4)


def test_the_best_capture_stays(spark):
    rows = random_rows(7)
    for n, (cases, _) in enumerate(CASES.values()):
        rows += [row((1 << 42) + 10 * n + place, *case) for place, case in enumerate(cases)]
    wanted = plainly_removed(rows, PRIORITY)
    by_key = {one["key"]: one for one in rows}
    found = urls.url_duplicates(as_frame(spark, rows), PRIORITY)
    assert found.columns == schema.FATES.names
    fates = found.collect()
    assert {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in fates} == wanted
    assert len(fates) == len(wanted) > 100
    for fate in fates:
        own = by_key[fate["key"]]
        for name in ("source", "file_path", "n", "id", "url"):
            assert fate[name] == own[name]
        assert (fate["state"], fate["stage"], fate["reason"], fate["score"], fate["length"]) == (
            "dropped", "urls", "url_duplicate", None, None,
        )  # fmt: skip


@pytest.mark.parametrize("scope", ["source", "dump"])
def test_within_a_scope(spark, scope):
    rows = random_rows(8)
    wanted = {}
    for value in {one[scope] for one in rows}:
        wanted |= plainly_removed([one for one in rows if one[scope] == value], PRIORITY)
    fates = urls.url_duplicates(as_frame(spark, rows), PRIORITY, scope).collect()
    assert {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in fates} == wanted
    assert len(wanted) < len(plainly_removed(rows, PRIORITY))


def test_captures_of_finished_runs_stay_before_all_others(spark):
    shift = 1 << 45
    old, new = random_rows(9)[:60], random_rows(10)
    old = [one for one in old if one["key"] not in plainly_removed(old, PRIORITY)]
    pages = {normalise_url(one["url"]): one for one in old if one["url"]}
    wanted = plainly_removed(new, PRIORITY)
    for one in new:
        if (better := pages.get(normalise_url(one["url"]))) and one["url"]:
            wanted[one["key"]] = (better["key"] + shift, better["id"])
    older = as_frame(spark, old).selectExpr("*", f"{shift}L as shift")
    fates = urls.url_duplicates(as_frame(spark, new), PRIORITY, "global", [older]).collect()
    assert {fate["key"]: (fate["kept_key"], fate["kept_id"]) for fate in fates} == wanted
    assert any(key > shift for key, _ in wanted.values())


def fates_of(folder, stage, *rows):
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
    names = {field.name for field in schema.FATES}
    rows = [{name: value for name, value in one.items() if name in names} for one in rows]
    batch = pa.RecordBatch.from_pylist(rows, schema.FATES)
    files = write_tables(str(folder / stage), "u", {"fates": schema.FATES}, [("fates", batch)])
    report = {"duplicates": len(rows)}
    return Commit(stage, "x", str(folder / stage), (Receipt("u", files),), report)


def test_who_stays_in_the_end_is_told_but_not_how_much_a_capture_resembles_it(spark, tmp_path):
    commits = [
        fates_of(tmp_path, "urls", (1, 2, None), (3, 4, None)),
        fates_of(tmp_path, "dedup", (5, 2, 1.0)),
        fates_of(tmp_path, "near", (2, 6, 0.9)),
    ]
    run = run_of(tmp_path, {"keep": "first"}).on(spark)
    found = publish._followed(run, commits).collect()
    assert {f["key"]: (f["kept_key"], f["kept_id"], f["score"], f["rule"]) for f in found} == {
        1: (6, "id-6", None, "urls"),
        3: (4, "id-4", None, "urls"),
        5: (6, "id-6", 0.9, "near"),
        2: (6, "id-6", 0.9, "near"),
    }
    assert len(found) == 4


def test_texts_are_not_read():
    for field in urls.COLUMNS:
        assert field == schema.JUDGED.field(field.name)
        assert field.name != "text"
