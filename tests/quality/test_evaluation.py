"""The measures beside plain definitions."""

import random

import pytest

from curate.quality.evaluation import auc, evaluate, keep_rates
from curate.quality.pareto import keep_chance
from curate.quality.training import Example


def example(label, source, importance=1.0):
    return Example(sample_hash=0, label=label, source=source, group="g", language="en", text="",
                   words=0, importance=importance)  # fmt: skip


def plain_auc(scores, labels, shares):
    pairs = [
        (a * b, 1.0 if s > t else 0.5 if s == t else 0.0)
        for s, good, a in zip(scores, labels, shares, strict=True)
        for t, other, b in zip(scores, labels, shares, strict=True)
        if good and not other
    ]
    return sum(w * won for w, won in pairs) / sum(w for w, _ in pairs)


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_the_chance_to_be_ranked_right(seed):
    drawn = random.Random(seed)
    scores = [drawn.randrange(8) / 8 for _ in range(60)]
    labels = [drawn.randrange(2) for _ in range(60)]
    shares = [drawn.choice([0.5, 1, 3]) for _ in range(60)]
    assert auc(scores, labels, shares) == pytest.approx(plain_auc(scores, labels, shares))


def test_the_measures_of_few_windows():
    examples = [example(1, "books", 2.0), example(1, "books", 2.0), *[example(0, "crawl")] * 4]
    result = evaluate([0.9, 0.3, 0.6, 0.2, 0.1, 0.1], examples)
    assert result["precision"] == pytest.approx(2 / 3, abs=1e-6)
    assert result["recall"] == 0.5
    assert result["f1"] == pytest.approx(4 / 7, abs=1e-6)
    assert result["brier"] == pytest.approx((2 * (0.01 + 0.49) + 0.36 + 0.04 + 0.02) / 8)
    assert result["auc"] == pytest.approx(7 / 8)
    assert result["sources"]["books"]["histogram"][18] == 1
    assert sum(result["sources"]["crawl"]["histogram"]) == 4
    assert result["keep_rate"] == result["sources"]["crawl"]["keep_rate"]


def test_keep_rates():
    result = keep_rates([0.1, 0.5, 1.0])
    assert result["threshold"][4] == {"threshold": 0.5, "kept": pytest.approx(2 / 3, abs=1e-6)}
    expected = (keep_chance(0.1, 9) + keep_chance(0.5, 9) + 1) / 3
    assert result["pareto"][6] == {"alpha": 9, "kept": pytest.approx(expected, abs=1e-6)}
    assert [row["alpha"] for row in result["pareto"]] == list(range(3, 13))
