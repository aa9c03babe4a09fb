"""Logistic regression on many sparse rows by dual coordinate descent: compiled, one thread.

A dozen passes over the rows where L-BFGS (`curate.quality.minimise`) takes a hundred. Rows are
visited in an order that depends on their number only.

Source: Yu, Huang & Lin 2011, "Dual coordinate descent methods for logistic regression and
maximum entropy models", Machine Learning 85, algorithm 5.
Differs: a row's target is a chance, 0 to 1, and not a sign; the bias is a feature of every row.
"""

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate.quality.features import Floats, Ints

Columns = npt.NDArray[np.int32]
Values = npt.NDArray[np.float32]


@compiled
def _new_pull(z: float, square: float, pull: float, target: float, share: float) -> float:
    """Return the b for which b = share (target - chance(z + square (b - pull))).

    By Newton's steps, halved back into the interval that is known to hold b.
    """
    low, high = share * (target - 1.0), share * target
    b = min(max(pull, low), high)
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-(z + square * (b - pull))))
        off = b - share * (target - chance)
        if abs(off) < 1e-10 * share:
            break
        if off > 0.0:
            high = b
        else:
            low = b
        b -= off / (1.0 + share * square * chance * (1.0 - chance))
        if b < low or b > high:
            b = 0.5 * (low + high)
    return b


@compiled
def descend(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    starts: Ints,
    columns: Columns,
    values: Values,
    targets: Floats,
    shares: Floats,
    pulls: Floats,
    size: int,
    passes: int,
) -> Floats:
    """Return weights and bias of about the least loss: the sum over the rows of
    shares (ln(1 + exp(z)) - target z), and half the squared weights, that of the bias among them.

    Args:
        starts, columns, values: sparse rows; row i is [starts[i], starts[i + 1]) of the others.
        targets: of each row, the chance it should have, 0 to 1.
        shares: weight of each row; rows of weight 0 are passed over.
        pulls: share (target - chance) of each row to begin from, 0 for none; filled in.
        size: number of columns.
        passes: over the rows.
    """
    rows = len(targets)
    point = np.zeros(size + 1)
    squares = np.ones(rows)
    for i in range(rows):
        if shares[i] == 0.0:
            pulls[i] = 0.0
        for j in range(starts[i], starts[i + 1]):
            squares[i] += values[j] * values[j]
            point[columns[j]] += pulls[i] * values[j]
        point[size] += pulls[i]
    stride = 1
    for each in range(passes):
        # Another order in each pass; a stride without a common divisor visits every row once.
        stride = (rows * (2 * each + 3)) // (2 * passes + 5) + 1
        while np.gcd(stride, rows) != 1:
            stride += 1
        at = each % max(rows, 1)
        for _ in range(rows):
            at = (at + stride) % rows
            if shares[at] == 0.0:
                continue
            z = point[size]
            for j in range(starts[at], starts[at + 1]):
                z += values[j] * point[columns[j]]
            pull = _new_pull(z, squares[at], pulls[at], targets[at], shares[at])
            change = pull - pulls[at]
            pulls[at] = pull
            for j in range(starts[at], starts[at + 1]):
                point[columns[j]] += change * values[j]
            point[size] += change
    return point
