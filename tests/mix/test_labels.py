"""Cells, weights of labels and their files: against plain sums, and what cannot be."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.mix.cells import LEVELS, Cells, cell, level_of, parted, score_of, stratum
from curate.mix.labels import LabelWeights, of_file, stratum_weights, with_empty
from curate.mix.prefix import Cutoff, balance_cutoffs
from curate.mix.weights import NoTokensError, Totals, plan

SCORES = st.lists(st.integers(0, 1_000_000), min_size=2, max_size=50)


@given(SCORES)
def test_levels_rise_with_scores_and_begin_at_theirs(scores):
    scores.sort()
    levels = level_of(np.array(scores, np.int64)).tolist()
    assert levels == sorted(levels)
    assert 0 <= levels[0] <= levels[-1] < LEVELS
    for score, level in zip(scores, levels, strict=True):
        assert score_of(level) * 1_000_000 <= score + 1e-6
        assert level + 1 == LEVELS or score < round(score_of(level + 1) * 1_000_000)


def test_a_row_is_in_the_bucket_of_its_score():
    rows = pa.RecordBatch.from_pylist(
        [
            {"source": source, "score": score, "label_topic": label}
            for source, score, label in [
                ("web", 5, "a:b"), ("web", 20, "a:b"), ("web", None, None), ("books", 7, "a:b"),
            ]
        ],
        schema=pa.schema(
            [("source", pa.string()), ("score", pa.int64()), ("label_topic", pa.string())]
        ),
    )  # fmt: skip
    cells = Cells("label_topic", frozenset({"web"}), {"web:a:b": [10, 30]})
    assert cells.of(rows).tolist() == [
        cell("web:a:b", 0), cell("web:a:b", 1), "web:none", "books"
    ]  # fmt: skip
    assert Cells().of(rows).tolist() == ["web", "web", "web", "books"]


NAMES = st.text(min_size=1, max_size=5).filter(lambda name: "\x1f" not in name)


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True), st.none() | NAMES,
       st.none() | st.integers(0, 20))  # fmt: skip
def test_a_cell_s_name_says_what_it_is(source, label, bucket):
    name = stratum(source, label)
    name = name if bucket is None else cell(name, bucket)
    assert parted(name) == (source, label, bucket)


CUTS = st.lists(st.tuples(st.integers(1, 1_000), st.floats(0, 1)), min_size=1, max_size=30)


@given(CUTS)
def test_a_group_is_met_to_half_of_its_largest_document(drawn):
    cuts = {
        str(n): Cutoff(0, 0, False, tokens, max(1, round(share * tokens)))
        for n, (tokens, share) in enumerate(drawn)
    }
    found = balance_cutoffs(cuts, [list(cuts)])
    off = sum(cut.tokens * cut.included - cut.short for cut in found.values())
    assert 2 * abs(off) <= max(tokens for tokens, _ in drawn)


TOTALS = {
    "web:a": Totals(3, 300), "web:b": Totals(1, 100), "news:a": Totals(1, 100),
    "news:b": Totals(9, 900),
}  # fmt: skip


def planned(labels, sources=None, **more):
    whole = {"web": None, "news": None} if sources is None else sources
    totals = with_empty(TOTALS if not more else more["totals"], whole, labels)
    return plan(totals, stratum_weights(totals, whole, labels), tokens=400, max_epochs=None).shares


def test_across_sources_a_label_is_repeated_equally_often_in_each():
    shares = planned(LabelWeights(across={"a": 1, "b": 3}))
    assert shares["web:a"].target + shares["news:a"].target == 100
    assert shares["web:b"].target + shares["news:b"].target == 300
    assert shares["web:a"].epochs == shares["news:a"].epochs == 0.25


def test_within_a_source_its_own_weight_is_shared():
    totals = {"web:a": Totals(3, 300), "web:b": Totals(1, 100), "news": Totals(10, 1_000)}
    labels = LabelWeights(within={"web": {"a": 0.25, "b": 0.75}})
    shares = planned(labels, {"web": 0.4, "news": 0.6}, totals=totals)
    assert {name: share.target for name, share in shares.items()} == {
        "web:a": 40, "web:b": 120, "news": 240
    }  # fmt: skip
    shares = planned(labels, totals=totals)
    assert shares["news"].weight == Fraction(1_000, 1_400), "sources as large as they are"


def test_without_weights_labels_are_as_large_as_they_are():
    shares = planned(LabelWeights(every=True), {"web": 0.5, "news": 0.5})
    assert shares["web:a"].target == 150
    assert shares["news:b"].target == 180


def test_a_temperature_gives_small_labels_more_within_each_source():
    shares = planned(LabelWeights(every=True, temperature=2), {"web": 0.5, "news": 0.5})
    web, news = 300**0.5 + 100**0.5, 900**0.5 + 100**0.5
    assert shares["web:a"].target == round(200 * 300**0.5 / web)
    assert shares["news:a"].target == round(200 * 100**0.5 / news)
    flat = planned(LabelWeights(every=True, temperature=1000), {"web": 0.5, "news": 0.5})
    assert flat["web:a"].target == pytest.approx(100, abs=1)


FILES = {
    "plain": ({"a": 0.5, "b": 0.5}, LabelWeights(across={"a": 0.5, "b": 0.5})),
    "DoReMi": (
        {"train_domain_weights": {"a": 1}, "eval_domain_weights": {"b": 1}},
        LabelWeights(across={"a": 1}),
    ),
    "RegMix": (
        {"train": {"train_a": 0.5}, "valid": {"valid_a": 1.0}, "model_name": "m"},
        LabelWeights(across={"a": 0.5}),
    ),
    "Olmix": (
        [{"domain": "web:a", "weight": 0.25}, {"domain": "web:b", "weight": 0.25},
         {"domain": "news", "weight": 0.5}],
        LabelWeights(within={"web": {"a": 0.25, "b": 0.25}}, sources={"web": 0.5, "news": 0.5}),
    ),
    "Olmix, labels alone": (
        [{"domain": "a", "weight": 0.25}, {"domain": "b", "weight": 0.75}],
        LabelWeights(across={"a": 0.25, "b": 0.75}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "wanted"), FILES.values(), ids=FILES)
def test_files_of_other_tools(whole, wanted):
    assert of_file(whole, {"web": None, "news": None}, "w") == wanted


WRONG = {
    "a text": ("a", "w: expected weights by label, got a str"),
    "nothing": ({}, "w: expected a weight above 0, got none"),
    "all 0": ({"a": 0}, "w: expected a weight above 0"),
    "below 0": ({"a": -1}, "w: expected a weight of at least 0 for a, got -1"),
    "true": ({"a": True}, "w: expected a weight of at least 0 for a, got True"),
    "other rows": ([{"name": "a"}], "w: expected rows of domain and weight"),
    "another source": ([{"domain": "web:a", "weight": 1}, {"domain": "x", "weight": 1}],
                       "w: expected domains of the sources web, news, got x"),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "told"), WRONG.values(), ids=WRONG)
def test_what_a_file_cannot_be(whole, told):
    with pytest.raises(ValueError, match=told):
        of_file(whole, {"web": None, "news": None}, "w")


def test_labels_without_documents_and_documents_without_weight():
    with pytest.raises(NoTokensError, match=r"got none of c; labels there are: a, b"):
        planned(LabelWeights(across={"a": 1, "b": 1, "c": 1}))
    with pytest.raises(ValueError, match="got none for b; 0 leaves a label out"):
        planned(LabelWeights(across={"a": 1}))
    assert planned(LabelWeights(across={"a": 1, "b": 0}))["web:b"].target == 0
