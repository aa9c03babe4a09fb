"""Agreement, against the published examples and slow plain versions."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.label.agreement import alpha, alpha_interval, kappa, wilson

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve
# units, some of them missing. Alpha as printed there.
OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
UNITS = [
    [float(value) for value in unit if value != "."]
    for unit in zip(*(row.split() for row in OBSERVERS), strict=True)
]
PRINTED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}
# Cohen 1960, table 1: shares in hundredths; kappa as printed there.
COHEN = [[25, 13, 12], [12, 2, 16], [3, 15, 2]]


@pytest.mark.parametrize("metric", PRINTED)
def test_krippendorffs_example(metric):
    assert round(alpha(UNITS, metric), 3) == PRINTED[metric]


def test_cohens_example():
    pairs = [
        (one, other) for one, row in enumerate(COHEN) for other, n in enumerate(row)
        for _ in range(n)
    ]  # fmt: skip
    assert round(kappa(pairs), 2) == -0.09


def slow_alpha(units, difference):
    """1 - the mean difference of two labels of one unit / that of any two, pair by pair."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    within = sum(
        difference(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    ) / max(1, len(values))
    pairs = [difference(a, b) for a, b in permutations(values, 2)]
    between = sum(pairs) / max(1, len(pairs))
    return None if between == 0 else 1 - within / between


LABELS = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=4), max_size=8)


@given(LABELS)
def test_alpha_is_the_plain_one(units):
    for metric, difference in (
        ("nominal", lambda a, b: a != b),
        ("interval", lambda a, b: (a - b) ** 2),
    ):
        slow, result = slow_alpha(units, difference), alpha(units, metric)
        assert (result is None) == (slow is None)
        assert slow is None or result == pytest.approx(slow)


@given(LABELS, st.randoms())
def test_alpha_does_not_depend_on_order(units, drawn):
    mixed = [drawn.sample(unit, len(unit)) for unit in drawn.sample(units, len(units))]
    for metric in PRINTED:
        assert alpha(mixed, metric) == alpha(units, metric)


def test_the_interval_holds_alpha():
    low, high = alpha_interval(UNITS * 4)
    assert low < alpha(UNITS * 4) < high
    assert alpha_interval(UNITS * 4) == (low, high)
    assert alpha_interval([[1.0], [1.0, 1.0]]) is None


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilsons_interval_is_scipys(right, n):
    right = min(right, n)
    from scipy.stats import binomtest

    told = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson(right / n, n) == pytest.approx((told.low, told.high), abs=1e-9)


def test_of_nothing():
    assert kappa([]) is None
    assert kappa([(1, 1)]) is None
    assert alpha([]) is None
    assert wilson(0, 0) == (0.0, 1.0)
