"""Logistic regression on count features with cross-validation folds, calibrated.

Input: counts of features by window (`Counts`), with targets, importance, groups and folds.
Output: `Weights`: for each fold a model that has not learned from it, and the means of all.

A window's values are (1 + ln count) x rarity of each bucket it has, scaled to length 1, so that
a score neither grows with length nor runs to 0 or 1. Rarity is a power of
ln((1 + N) / (1 + n)) + 1 for a bucket that n of N training windows have. Buckets of one site
or one book only are ignored: names of its heroes would be learned.

A model is overconfident on its training data. The out-of-fold scores of windows set the scale of
all weights and the bias (two numbers, by the same regression, of the windows that are to be
distinguished), so that a score is a probability.

Learned by L-BFGS in compiled loops of a fixed order, in one thread: the same windows in the same
order give the same bits, and weights are also rounded to multiples of 1 / GRID.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate.quality.dual import descend
from curate.quality.features import Counts, Floats, Ints
from curate.quality.minimise import minimise
from curate.quality.training import FOLDS

GRID = 1024  # weights are whole multiples of 1 / GRID
STEPS = 300  # of the minimiser; some 60 are taken
C = 10.0  # weight of the data against the penalty; see benchmarks/quality.py


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What was learned, by bucket.

    Args:
        power: of the rarity.
        windows: how many were learned from (N).
        having: int64[2^bits], how many of them have each bucket (n); 0 for those not learned.
        weights: int64[folds, 2^bits], multiples of 1 / GRID; `bias`, int64[folds], also.
    """

    power: int
    windows: int
    bias: Ints = field(repr=False)
    having: Ints = field(repr=False)
    weights: Ints = field(repr=False)

    @cached_property
    def rarity(self) -> Floats:
        """Return the factor of each bucket; 0 for those not learned."""
        return rarity_of(self.having, self.windows, self.power)

    @cached_property
    def by_fold(self) -> tuple[Floats, Floats]:
        """Return weights and bias of each fold; those of the mean come last."""
        return np.vstack([self.weights, self.weights.mean(0)]) / GRID, self.biases

    @cached_property
    def biases(self) -> Floats:
        """Return the bias of each fold; that of the mean stands last."""
        return np.append(self.bias, self.bias.mean()) / GRID

    def effects(self) -> Floats:
        """Return what one mention of each bucket's features adds, before the window's scale."""
        return np.asarray(self.rarity * self.by_fold[0][-1])

    def to_bytes(self, magic: bytes, **head: Any) -> bytes:
        """Return a model's file: a line of magic, a line of JSON, arrays of int32."""
        head |= {"windows": self.windows, "power": self.power, "bias": self.bias.tolist(),
                 "grid": GRID}  # fmt: skip
        arrays = (self.having.astype("<i4"), self.weights.astype("<i4"))
        line = json.dumps(head, sort_keys=True).encode() + b"\n"
        return b"".join([magic, line, *(array.tobytes() for array in arrays)])


def from_bytes(magic: bytes, data: bytes, name: str) -> tuple[dict[str, Any], Weights]:
    """Undo `Weights.to_bytes`: return the head and the weights.

    Raises ValueError for anything else; `name` is what the message calls the file.
    """
    if not data.startswith(magic):
        raise ValueError(f"{name}: expected a model of curate train-quality, got another file")
    line, _, rest = data[len(magic) :].partition(b"\n")
    try:
        head = json.loads(line)
        bits = int(head["bits"])
        bias = np.asarray(head["bias"], np.int64)
        rows = 1 + len(bias)
        if head["grid"] != GRID or head["window"] < 1 or len(rest) != rows * 4 << bits:
            raise ValueError(f"{len(rest)} bytes of arrays")
        arrays = np.frombuffer(rest, "<i4").astype(np.int64).reshape(rows, 1 << bits)
        return head, Weights(
            power=int(head.get("power", 2)), windows=int(head["windows"]), bias=bias,
            having=arrays[0], weights=arrays[1:],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name}: a damaged model: {error}") from error


def rarity_of(having: Ints, windows: int, power: int) -> Floats:
    """Return the factor of each bucket; 0 for those not learned."""
    logs = np.log((1.0 + windows) / (1.0 + having)) + 1.0
    return np.where(having > 0, logs**power, 0.0)


class Task(NamedTuple):
    """What the rows of some counts are to teach, one entry a row.

    targets: the chance a row should have, 0 to 1. importance: scaled to a mean of 1.
    groups: the site or book. folds: 0 to FOLDS - 1, or -1 everywhere for one model of all.
    judged: the rows that set the scale: 1 or 0, both sides evenly; or degrees between them; or NaN
        for no part in it.
    alpha: which alpha of GPT-3's keep rule shall fit the rows judged good; None: scores are
        chances where both sides are equally many. See `_shift_to_fit`.
    """

    targets: Floats
    importance: Floats
    groups: npt.NDArray[Any]
    folds: Ints
    judged: Floats
    alpha: float | None = None


def learn(
    counts: Counts, task: Task, *, bits: int, power: int, c: float = C, passes: int | None = None
) -> Weights:
    """Return the weights that tell rows of target 1 from rows of target 0.

    Args:
        c: weight of the data against half the squared weights.
        passes: of dual coordinate descent over the rows; None: L-BFGS, to the end.
    """
    number = len(task.targets)
    having = np.bincount(counts.buckets, minlength=1 << bits).astype(np.int64)
    having[_groups_having(counts, task.groups, bits) < 2] = 0
    counts = _known(counts, having)
    used = np.flatnonzero(having)
    columns = np.searchsorted(used, counts.buckets).astype(np.int32)
    values = unit_rows(counts, rarity_of(having, number, power)).astype(np.float32)
    points = [np.zeros(len(used) + 1)]
    pulls = np.zeros(number)
    for fold in [-2] if task.folds.min() < 0 else range(FOLDS):
        importance = np.where(task.folds == fold, 0.0, task.importance)
        importance = importance * (c * np.count_nonzero(importance) / importance.sum())
        # A fold's model is near the one before: most of their windows are the same.
        if passes is None:
            point = minimise(
                counts.starts, columns, values, task.targets, importance, points[-1], STEPS
            )
        else:
            point = descend(
                counts.starts, columns, values, task.targets, importance, pulls, len(used), passes
            )
        points.append(point)
    fitted = np.asarray(points[1:])
    if task.folds.min() >= 0:
        _calibrate(fitted, Rows(counts.starts, columns, values), task, c)
    rounded = np.rint(fitted * GRID).astype(np.int64)
    weights = np.zeros((len(rounded), 1 << bits), np.int64)
    weights[:, used] = rounded[:, :-1]
    return Weights(power=power, windows=number, bias=rounded[:, -1], having=having, weights=weights)


class Rows(NamedTuple):
    """Sparse rows as `minimise` takes them."""

    starts: Ints
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]


def _calibrate(points: Floats, rows: Rows, task: Task, c: float) -> None:
    """Scale and shift all folds' models alike, so that out-of-fold scores are probabilities."""
    size = len(task.targets)
    number = np.repeat(np.arange(size), np.diff(rows.starts))
    parts = rows.values * points[task.folds[number], rows.columns]
    z = np.bincount(number, parts, size) + points[task.folds, -1]
    chosen = ~np.isnan(task.judged)
    shares, good = task.importance[chosen], task.judged[chosen] == 1.0
    if np.isin(task.judged[chosen], (0.0, 1.0)).all():
        importance = np.where(good, shares / shares[good].sum(), shares / shares[~good].sum())
        importance *= c * len(importance) / 2
    else:  # degrees have no sides to even out
        importance = shares * (c * len(shares) / shares.sum())
    ends, zeros = np.arange(len(importance) + 1), np.zeros(len(importance), np.int64)
    scale, shift = minimise(
        ends, zeros, z[chosen], task.judged[chosen], importance, np.zeros(2), STEPS
    )
    points *= max(float(scale), 0.0)  # where nothing was learned, nothing is claimed
    points[:, -1] += shift
    if task.alpha is not None and scale > 0.0:
        points[:, -1] += _shift_to_fit(z[chosen][good] * scale + shift, shares[good], task.alpha)


def _shift_to_fit(z: Floats, shares: Floats, alpha: float) -> float:
    """Return what to add to the log-odds of good rows so that their scores fit an alpha.

    GPT-3's authors chose alpha = 9 because it fitted the scores of WebText. Where a model tells
    less of a text (nothing of its subject), the scores of references are nearer to 1/2, another
    alpha fits them, and 9 would keep next to nothing. A shift of the log-odds is another ratio
    of references to crawl: a score is then the chance to be a reference where there are
    exp(shift) references for each page of the crawl.
    """
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        logs = np.log(2.0 - 1.0 / (1.0 + np.exp(-(z + middle))))
        if float((shares * logs).sum()) * alpha > float(shares.sum()):
            low = middle
        else:
            high = middle
    return low


def _groups_having(counts: Counts, groups: npt.NDArray[Any], bits: int) -> Ints:
    """Return how many different groups have each bucket."""
    _, numbers = np.unique(groups, return_inverse=True)
    having = np.zeros(1 << bits, np.int64)
    order = np.argsort(numbers, kind="stable")
    _count_groups(counts.starts, counts.buckets, numbers, order, having)
    return having


@compiled
def _count_groups(starts: Ints, buckets: Ints, groups: Ints, order: Ints, having: Ints) -> None:
    """Add 1 for each group that has a bucket; `order` has the rows of a group in a row."""
    last = np.full(len(having), -1, np.int64)
    for row in order:
        for j in range(starts[row], starts[row + 1]):
            if last[buckets[j]] != groups[row]:
                last[buckets[j]] = groups[row]
                having[buckets[j]] += 1


def _known(counts: Counts, having: Ints) -> Counts:
    """Return the counts of buckets that some text is known to have."""
    known = having[counts.buckets] > 0
    rows = np.repeat(np.arange(len(counts.starts) - 1), np.diff(counts.starts))[known]
    starts = np.zeros_like(counts.starts)
    np.cumsum(np.bincount(rows, minlength=len(starts) - 1), out=starts[1:])
    return Counts(starts, counts.buckets[known], counts.counts[known])


def unit_rows(counts: Counts, rarity: Floats) -> Floats:
    """Return the values of the rows, each scaled to length 1."""
    values = (1.0 + np.log(counts.counts)) * rarity[counts.buckets]
    _scale_rows(counts.starts, values)
    return values


@compiled
def _scale_rows(starts: Ints, values: Floats) -> None:
    for i in range(len(starts) - 1):
        square = 0.0
        for j in range(starts[i], starts[i + 1]):
            square += values[j] * values[j]
        for j in range(starts[i], starts[i + 1]):
            values[j] /= np.sqrt(square)
