"""Duplicates of DataFrames: the removals of the near stage, of the library, of a brute force."""

import random

import pytest
from stages.near_cases import SURE, crowd, in_memory, soup, spread, template, versions

import curate.spark as cs
from curate.dedup import Banding, find_duplicates
from curate.dedup.shingles import shingle_sets
from curate.dedup.similarity import jaccard_of_pairs
from curate.spark.frames import copies, near_copies


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


def alike():
    """Return texts of each kind: drifting versions, a crowd, a template, words in any order."""
    several = [*versions(pages=2, count=12), *crowd(40), *template(60, 8), *soup(120)]
    return [text for text in dict.fromkeys(several) if len(text.split()) > 1]


def by_brute_force(texts, threshold, ngram):
    """Return the removals by comparing all with all: each text with the kept ones before it."""
    order = sorted(range(len(texts)), key=lambda n: (-len(texts[n]), n))
    sets = shingle_sets(texts, ngram=ngram)
    kept, removed = [], {}
    for n in order:
        scores = jaccard_of_pairs(sets, kept, [n] * len(kept)).tolist()
        similar = [
            (one, other) for one, other in zip(scores, kept, strict=True) if one >= threshold
        ]
        if similar:
            removed[n] = (similar[0][1], similar[0][0])
        else:
            kept.append(n)
    return removed


@pytest.mark.slow
@pytest.mark.usefixtures("many_tasks")
@pytest.mark.parametrize("most", [4_000_000, 0], ids=["at once", "step by step"])
def test_removals_are_those_of_the_stage_and_of_a_brute_force(spark, tmp_path, monkeypatch, most):
    """By exchanges, by the tasks of the stage `near`, in memory, and by comparing all with all.

    Buckets are full, and pairs too many for a task if none is allowed. Exact copies, which another
    stage removes, are left out.
    """
    monkeypatch.setattr(near_copies, "EDGES", most)
    monkeypatch.setattr(near_copies, "WHOLE", most)
    texts = alike()
    by_stage, report = spread(tmp_path, texts, SURE, parts=3)
    assert report["in full buckets"] > 0
    assert len(by_stage) > 60
    assert by_stage == in_memory(texts, SURE) == by_brute_force(texts, SURE.threshold, SURE.ngram)
    before = dict(spark.conf.getAll)
    frame = frame_of(spark, texts)
    assert found(frame, settings=SURE) == by_stage
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()
    assert dict(spark.conf.getAll) == before


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
    answer = cs.duplicates(frame_of(spark, EXACT), id="name", text="body")
    assert answer.columns == ["removed_id", "kept_id", "jaccard", "rule"]
    rows = answer.collect()
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
    rows = [(*row, text) for row in data]
    frame = spark.createDataFrame(rows, "n int, rank int, score double, text string")
    left = frame.transform(cs.deduplicate, id="n", order_by=("rank", "-score"))
    assert left.columns == frame.columns
    assert [tuple(row) for row in left.collect()] == [(3, 1, 0.9, text)]


def test_what_is_left_has_no_duplicates(spark):
    frame = frame_of(spark, alike())
    left = cs.deduplicate(frame, id="name", text="body", settings=SURE).localCheckpoint()
    assert 0 < left.count() < frame.count()
    assert cs.duplicates(left, id="name", text="body", settings=SURE).collect() == []


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
