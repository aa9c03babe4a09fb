"""Duplicates of DataFrames: the removals of the near stage, of the library, of a brute force."""

import random

import pytest
from stages.test_near import CASES, SURE, in_memory, soup, spread, versions

import curate.spark as cs
from curate.dedup import Banding, find_duplicates, jaccard
from curate.spark.frames import copies, near_copies

NAMES = ["removed_id", "kept_id", "jaccard", "rule"]


@pytest.fixture
def many_tasks(monkeypatch):
    """Few documents as if they were many: the exchanges, in small parts."""
    monkeypatch.setattr(copies, "ONE_TASK", 0)
    monkeypatch.setattr(near_copies, "PART_PAIRS", 50)


def frame_of(spark, texts):
    """Return texts with ids that sort as their numbers do, in no order."""
    rows = [(f"id-{n:06d}", text, n % 3) for n, text in enumerate(texts)]
    random.Random(5).shuffle(rows)
    return spark.createDataFrame(rows, "name string, body string, rest int").repartition(3)


def found(frame, **settings):
    """Return the removals as number -> (number, similarity)."""
    rows = cs.duplicates(frame, id="name", text="body", **settings).collect()
    removed = {int(r.removed_id[3:]): (int(r.kept_id[3:]), r.jaccard) for r in rows}
    assert len(removed) == len(rows)
    return removed


@pytest.mark.usefixtures("many_tasks")
@pytest.mark.parametrize(("texts", "banding"), CASES.values(), ids=CASES)
def test_removals_are_those_of_the_stage(spark, tmp_path, texts, banding):
    """Chains of versions, full buckets, crowds: by exchanges, by the stage's tasks, in memory.

    Without exact copies, which another stage removes.
    """
    texts = list(dict.fromkeys(texts()))
    by_stage, _ = spread(tmp_path, texts, banding, parts=3)
    assert by_stage
    assert found(frame_of(spark, texts), settings=banding) == by_stage == in_memory(texts, banding)


def by_brute_force(texts, threshold, ngram):
    """Return the removals by comparing all with all: each text with the kept ones before it."""
    order = sorted(range(len(texts)), key=lambda n: (-len(texts[n]), n))
    kept, removed = [], {}
    for n in order:
        scores = [(jaccard(texts[n], texts[other], ngram=ngram), other) for other in kept]
        similar = [(score, other) for score, other in scores if score >= threshold]
        if similar:
            removed[n] = (similar[0][1], similar[0][0])
        else:
            kept.append(n)
    return removed


@pytest.mark.usefixtures("many_tasks")
@pytest.mark.parametrize("pairs_at_once", [1 << 40, 0], ids=["in one task", "step by step"])
def test_removals_are_those_of_a_brute_force(spark, monkeypatch, pairs_at_once):
    monkeypatch.setattr(near_copies, "EDGES", pairs_at_once)
    texts = list(dict.fromkeys(soup(120)))
    texts = [text for text in texts if len(text.split()) > 1]
    wanted = by_brute_force(texts, SURE.threshold, SURE.ngram)
    assert len(wanted) > 20
    assert found(frame_of(spark, texts), settings=SURE) == wanted


EXACT = [
    "one two three four five six seven",
    "one  two three four five\nsix seven",  # an exact copy of the first, longer
    "ONE two three four five six, seven!",  # a near copy, longest
    "other words stand here, and more of them are there",
    "other words stand here, and more of them are there",
    "",
    " \n",
    None,
    "short",
    "short",
]


@pytest.mark.parametrize("most", [20_000, 0], ids=["one task", "many tasks"])
def test_exact_copies_follow_what_is_kept_of_them(spark, monkeypatch, most):
    """As by the library: a copy of a text that a near-duplicate replaces is replaced by it too."""
    monkeypatch.setattr(copies, "ONE_TASK", most)
    rows = cs.duplicates(frame_of(spark, EXACT), id="name", text="body").collect()
    rank = [-len(text or "") for text in EXACT]
    wanted = find_duplicates(EXACT, rank=rank)
    assert len(wanted) == 4
    assert {(int(r[0][3:]), int(r[1][3:]), r[2], r[3]) for r in rows} == set(map(tuple, wanted))


@pytest.mark.parametrize("most", [20_000, 0], ids=["one task", "many tasks"])
def test_the_order_is_the_caller_s(spark, monkeypatch, most):
    """Columns up and down, nulls last, ids of another type; other columns come through."""
    monkeypatch.setattr(copies, "ONE_TASK", most)
    text = "the same words in every row of this table, and that is all"
    data = [(1, 5, 0.5), (2, 1, 0.5), (3, 1, 0.9), (4, None, 1.0), (5, 1, None)]
    frame = spark.createDataFrame(
        [(*row, text) for row in data], "n int, rank int, score double, text string"
    )
    settings = {"id": "n", "order_by": ("rank", "-score")}
    assert cs.duplicates(frame, **settings).columns == NAMES
    assert {row.kept_id for row in cs.duplicates(frame, **settings).collect()} == {3}
    left = frame.transform(cs.deduplicate, **settings)
    assert left.columns == frame.columns
    assert [tuple(row) for row in left.collect()] == [(3, 1, 0.9, text)]
    assert {row.kept_id for row in cs.duplicates(frame, id="n", order_by=["-rank"]).collect()} == {
        1
    }


@pytest.mark.usefixtures("many_tasks")
def test_what_is_left_has_no_duplicates(spark):
    """And nothing stays cached, nor is a setting changed."""
    before = dict(spark.conf.getAll)
    frame = frame_of(spark, versions(pages=2, count=10)).localCheckpoint()
    stored = spark.sparkContext._jsc.getPersistentRDDs().size()
    left = cs.deduplicate(frame, id="name", text="body")
    assert 0 < left.count() < frame.count()
    assert cs.duplicates(left, id="name", text="body").collect() == []
    assert spark.sparkContext._jsc.getPersistentRDDs().size() <= stored + 2  # the answers
    assert dict(spark.conf.getAll) == before


MISTAKES = {
    "an id twice": ({}, "expected ids that differ, got id-000001 2 times", 1, 1),
    "no id": ({}, "expected an id in every row, got 1 without", 1, None),
    "no such settings": ({"settings": "best"}, "expected settings of default, .*, got best", 1, 2),
    "no such order": ({"order_by": ["-age"]}, "expected a column age, got name, body", 1, 2),
    "too many": ({"settings": Banding(most_documents=1)}, "at most 1 documents, got 2", 1, 2),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "message", "one", "two"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(spark, settings, message, one, two):
    rows = [(None if n is None else f"id-{n:06d}", "a text") for n in (one, two)]
    frame = spark.createDataFrame(rows, "name string, body string")
    with pytest.raises(ValueError, match=message):
        cs.duplicates(frame, id="name", text="body", **settings)
