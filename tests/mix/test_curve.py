"""Repetition by quality: the budget exactly, more for better, never more than allowed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.mix.curve import STEEPEST, Curve, buckets_of

CURVES = st.builds(
    lambda drop, top, most: Curve(drop=drop, top=top * (1 - drop) * 0.9, max=most),
    st.floats(0, 0.9), st.floats(0, 1), st.floats(0.1, 20),
)  # fmt: skip
TOKENS = st.dictionaries(st.integers(0, 1_000_000), st.integers(1, 50_000), min_size=1, max_size=60)


@given(CURVES, st.floats(0.001, 1))
def test_the_integral_is_the_budget_and_copies_rise(curve, share):
    epochs = share * curve.max * (1 - curve.drop)
    fitted = curve.fitted(epochs)
    assert fitted.taken(1.0) == pytest.approx(epochs, rel=1e-9)
    ranks = [n / 1_000 for n in range(1_001)]
    copies = [fitted.copies(rank) for rank in ranks]
    assert copies == sorted(copies)
    assert max(copies) <= curve.max * (1 + 1e-9)
    assert all(c == 0 for c, rank in zip(copies, ranks, strict=True) if rank < curve.drop)
    below = [fitted.taken(rank) for rank in ranks]
    steps = [(b - a) * 1_000 for a, b in itertools.pairwise(below)]
    for step, low, high in zip(steps, copies, copies[1:], strict=False):
        assert low - 1e-6 <= step <= high + 1e-6, "the sum of the copies below a rank"


@given(TOKENS, CURVES, st.floats(0.01, 1))
def test_targets_sum_to_the_budget(tokens, curve, share):
    total = sum(tokens.values())
    budget = int(share * curve.max * (1 - curve.drop) * total)
    result = buckets_of(tokens, budget, curve)
    assert sum(bucket.target for bucket in result) == budget
    assert sum(bucket.tokens for bucket in result) == total
    assert len(result) <= 20
    assert all(a.high < b.low for a, b in itertools.pairwise(result))
    assert {b.low for b in result} | {b.high for b in result} <= set(tokens)
    for bucket in result:
        assert bucket.target <= curve.max * bucket.tokens * (1 + 1e-6) + 1
    for worse, better in itertools.pairwise(result):
        assert worse.epochs <= better.epochs + 1 / worse.tokens + 1 / better.tokens + 1e-6


def test_what_dolma_3_does():
    """The lowest 40 % dropped, the best 5 % seven times, at a budget of one epoch."""
    tokens = dict.fromkeys(range(1_000), 1_000)
    result = buckets_of(tokens, 1_000_000, Curve())
    assert [b.target for b in result[:8]] == [0] * 8
    assert result[-1].epochs == pytest.approx(7)
    assert len(result) == 20
    assert {b.tokens for b in result} == {50_000}


def test_a_small_budget_lowers_the_height():
    fitted = Curve().fitted(0.01)
    assert fitted.power == STEEPEST
    assert fitted.height < 1
    assert fitted.taken(1.0) == pytest.approx(0.01)


def test_documents_of_one_score_are_in_one_bucket():
    (only,) = buckets_of({7: 500}, 300, Curve())
    assert (only.low, only.high, only.tokens, only.target) == (7, 7, 500, 300)
    nothing = buckets_of({7: 500}, 0, Curve())
    assert [b.target for b in nothing] == [0]


WRONG = {
    "too much": (lambda: buckets_of({1: 100}, 500, Curve()), "at most 4.2 epochs fit drop 0.4"),
    "nothing there": (lambda: buckets_of({}, 5, Curve()), "expected a source with tokens for 5"),
    "nothing between": (lambda: Curve(drop=0.6, top=0.4), "together below 1, got 0.6 and 0.4"),
    "no copies": (lambda: Curve(max=0), "expected max above 0, got 0"),
}


@pytest.mark.parametrize(("made", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(made, message):
    with pytest.raises(ValueError, match=message):
        made()
