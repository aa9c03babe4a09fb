"""Models of given scores, and several models as one."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.quality.combined import Combination, combination
from curate.quality.graded import Graded, fit, spearman
from curate.quality.training import TrainingDataError

COMMON = [f"w{n}" for n in range(100)]


def graded(number=150, *, sites=40, noise=0.1):
    """Return texts whose share of certain words is their score, but for some noise."""
    drawn = random.Random(3)
    result = []
    for n in range(number):
        score = drawn.random()
        words = [
            drawn.choice(["theorem", "proof", "lemma"]) if drawn.random() < 0.3 * score
            else drawn.choice(COMMON)
            for _ in range(drawn.choice([80, 300, 700]))
        ]  # fmt: skip
        told = min(max(score + drawn.uniform(-noise, noise), 0), 1)
        result.append(Graded(text=" ".join(words), score=told, group=f"site{n % sites}"))
    return result


def test_scores_are_learned_and_judged_on_other_sites():
    model, report = fit(graded())
    assert report.spearman > 0.6
    assert report.low < report.spearman < report.high <= 1
    assert abs(report.spearman_of_length) < 0.3
    assert report.windows > report.texts == 150
    assert report.groups == 40
    assert model("theorem lemma proof " * 20) > 0.6 > model("w1 w2 w3 w4 " * 20)
    again, same = fit(graded())
    assert again.to_bytes() == model.to_bytes()
    assert same == report


def test_scores_without_a_reason_are_not_learned():
    drawn = random.Random(5)
    mixed = [Graded(text=one.text, score=drawn.random(), group=one.group) for one in graded()]
    _, report = fit(mixed)
    assert report.low < 0.15


WRONG = {
    "a scale of 5": ([Graded(text="a", score=3.0, group="x")], "scores from 0 to 1, got 3.0"),
    "too few": (graded(20), "at least 50 texts .* got 20"),
    "one site": (graded(60, sites=1), "all 5 folds, got 60 in 1"),
    "one score": (
        [Graded(text=one.text, score=0.5, group=one.group) for one in graded()], "with 1 scores",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(given, message):
    with pytest.raises(TrainingDataError, match=message):
        fit(given)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=40))
def test_rank_correlation_is_scipys(pairs):
    from scipy.stats import spearmanr

    one, other = (np.asarray(values, np.float64) for values in zip(*pairs, strict=True))
    expected = (
        0.0 if len(set(one)) == 1 or len(set(other)) == 1 else spearmanr(one, other).statistic
    )
    assert spearman(one, other) == pytest.approx(expected, abs=1e-9)


def test_ranks_hold_equal_shares_and_the_best_counts():
    drawn = random.Random(2)
    sample = {"a": [drawn.random() for _ in range(1_000)],
              "b": [drawn.random() ** 4 for _ in range(1_000)]}  # fmt: skip
    both = combination(sample)
    own = combination({"b": sample["b"]})
    ranks = [own({"b": score}) for score in sample["b"]]
    assert all(abs(ranks.count(rank) - 50) <= 1 for rank in set(ranks))
    assert len(set(ranks)) == 20
    pairs = [dict(zip(sample, one, strict=True)) for one in zip(*sample.values(), strict=True)]
    mean = combination(sample, "mean_rank")
    for pair in pairs[:50]:
        alone = [combination({name: sample[name]})({name: pair[name]}) for name in pair]
        assert both(pair) == max(alone)
        assert mean(pair) == pytest.approx(sum(alone) / 2, abs=1e-6)
    assert Combination("mean", both.edges)({"a": 0.25, "b": 0.75}) == 0.5
    assert Combination("max", both.edges)({"a": 0.25, "b": 0.75}) == 0.75


def test_scores_of_other_models_are_refused():
    both = combination({"a": [0.1], "b": [0.2]})
    with pytest.raises(ValueError, match="expected scores of a, b, got those of a"):
        both({"a": 0.5})
    with pytest.raises(ValueError, match="expected a sample of scores"):
        combination({"a": []})
