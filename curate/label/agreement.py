"""How far raters agree, and how sure a share is: arithmetic on labels alone.

Sources: Cohen 1960, "A coefficient of agreement for nominal scales"; Krippendorff 2011, "Computing
Krippendorff's alpha-reliability"; Wilson 1927, "Probable inference, the law of succession, and
statistical inference".
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from curate.quality.corruptions import Draws

Z = 1.959963984540054  # of a 95 % interval
RESAMPLES = 500
Metric = Literal["nominal", "ordinal", "interval"]
Values = Sequence[float]


def kappa(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Cohen's kappa of two raters: 1 for full agreement, 0 for that of chance.

    Args:
        pairs: both raters' labels of each item that both have rated.
    None where there is no pair, or both give all items the same one label.

    >>> round(kappa([(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15), 6)
    0.4
    """
    n = len(pairs)
    if not n:
        return None
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    agreed = sum(a == b for a, b in pairs) / n
    chance = sum(first[label] * second[label] for label in sorted(first)) / n**2
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def alpha(units: Sequence[Values], metric: Metric = "nominal") -> float | None:
    """Return Krippendorff's alpha of any number of raters, who need not rate every unit.

    Args:
        units: the labels of each unit; those with fewer than two say nothing.
        metric: of the difference of two labels. ordinal: by how many labels lie between them.
    None where no unit has two labels, or all labels are the same.

    >>> alpha([[1, 1], [1, 1], [0, 0], [0, 0, 0]])
    1.0
    """
    rated = [values for values in units if len(values) > 1]
    totals = Counter(value for values in rated for value in values)
    n = totals.total()
    difference = _difference(metric, totals)
    levels = sorted(totals)
    expected = math.fsum(
        totals[a] * totals[b] * difference(a, b) for a in levels for b in levels
    ) / max(n - 1, 1)
    if not expected:
        return None
    observed = math.fsum(
        count_a * count_b * difference(a, b) / (len(values) - 1)
        for values in rated
        for counts in [sorted(Counter(values).items())]
        for a, count_a in counts
        for b, count_b in counts
    )
    return 1 - observed / expected


def _difference(metric: Metric, totals: Mapping[float, int]) -> Callable[[float, float], float]:
    if metric == "nominal":
        return lambda a, b: float(a != b)
    if metric == "interval":
        return lambda a, b: (a - b) ** 2
    middle: dict[float, float] = {}  # how many labels lie below one, half of its own included
    below = 0
    for level in sorted(totals):
        middle[level] = below + totals[level] / 2
        below += totals[level]
    return lambda a, b: (middle[a] - middle[b]) ** 2


def alpha_interval(
    units: Sequence[Values], metric: Metric = "nominal", seed: int = 0
) -> tuple[float, float] | None:
    """Return the 95 % interval of `alpha`, units redrawn; None where it is None."""
    rated = [values for values in units if len(values) > 1]
    if alpha(rated, metric) is None:
        return None
    draws = Draws("alpha", seed)
    resampled = sorted(
        value
        for _ in range(RESAMPLES)
        if (value := alpha([draws.pick(rated) for _ in rated], metric)) is not None
    )
    if not resampled:
        return None
    return resampled[int(0.025 * len(resampled))], resampled[
        max(0, math.ceil(0.975 * len(resampled)) - 1)
    ]


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Args:
        share: as observed, 0 to 1.
        n: of how many; an effective number where observations weigh differently.

    >>> [round(end, 4) for end in wilson(0.9, 10)]
    [0.5958, 0.9821]
    """
    if n <= 0:
        return 0.0, 1.0
    scale = 1 + Z**2 / n
    middle = (share + Z**2 / (2 * n)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def effective(weights: Sequence[float]) -> float:
    """Return how many equally weighted observations some weighted ones are worth (Kish 1965).

    >>> effective([2.0, 2.0]), effective([1.0, 0.0])
    (2.0, 1.0)
    """
    squares = math.fsum(weight * weight for weight in weights)
    return math.fsum(weights) ** 2 / squares if squares else 0.0
