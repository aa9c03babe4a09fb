"""Logistic regression on sparse rows by L-BFGS: sums in compiled loops of fixed order, one thread.

Ours, because the sums of SciPy's depend on its BLAS: here the same rows give the same bits.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate.quality.features import Floats, Ints


@compiled
def _dot(a: Floats, b: Floats) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@compiled
def _loss(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    starts: Ints,
    columns: npt.NDArray[np.integer[Any]],
    values: npt.NDArray[np.floating[Any]],
    targets: Floats,
    shares: Floats,
    point: Floats,
    slope: Floats,
) -> float:
    """Return sum shares (ln(1 + exp(z)) - target z) + |w|^2 / 2, and fill in its slope.

    The last place of `point` is the bias, which nothing pulls to 0.
    """
    last = len(point) - 1
    for j in range(last):
        slope[j] = point[j]
    slope[last] = 0.0
    total = 0.5 * _dot(point[:last], point[:last])
    for i in range(len(targets)):
        if shares[i] == 0.0:
            continue
        z = point[last]
        for j in range(starts[i], starts[i + 1]):
            z += values[j] * point[columns[j]]
        # ln(1 + exp(z)), without overflow
        total += shares[i] * (max(0.0, z) + np.log1p(np.exp(-abs(z))) - targets[i] * z)
        pull = shares[i] * (1.0 / (1.0 + np.exp(-z)) - targets[i])
        slope[last] += pull
        for j in range(starts[i], starts[i + 1]):
            slope[columns[j]] += pull * values[j]
    return total


def minimise(  # noqa: PLR0917 - as `descend`, its fellow
    starts: Ints,
    columns: npt.NDArray[np.integer[Any]],
    values: npt.NDArray[np.floating[Any]],
    targets: Floats,
    shares: Floats,
    start: Floats,
    steps: int,
) -> Floats:
    """Return weights and bias at the least loss, by L-BFGS (Nocedal & Wright, algorithm 7.4).

    Args:
        starts, columns, values: sparse rows; row i is [starts[i], starts[i + 1]) of the others.
        targets: of each row, the chance it should have, 0 to 1.
        shares: weight of each row; rows of weight 0 are passed over.
        start: a weight of each column and the bias, to begin from.
        steps: at most.
    """
    rows, memory, size = (starts, columns, values, targets, shares), 10, len(start)
    point, slope = np.zeros(size), np.zeros(size)
    steps_taken, gradient_changes = np.zeros((memory, size)), np.zeros((memory, size))
    curvature, share = np.zeros(memory), np.zeros(memory)
    loss = _loss(*rows, point, slope)
    first = math.sqrt(_dot(slope, slope))  # at zero, wherever it begins
    if np.any(start != 0.0):
        point = start.copy()
        loss = _loss(*rows, point, slope)
    kept = 0
    for step in range(steps):
        if math.sqrt(_dot(slope, slope)) <= 1e-5 * first:
            break
        direction = -slope
        for back in range(min(kept, memory)):
            k = (kept - 1 - back) % memory
            share[k] = _dot(steps_taken[k], direction) / curvature[k]
            direction -= share[k] * gradient_changes[k]
        if kept:
            k = (kept - 1) % memory
            direction *= curvature[k] / _dot(gradient_changes[k], gradient_changes[k])
        for forth in range(min(kept, memory)):
            k = (max(kept - memory, 0) + forth) % memory
            change = _dot(gradient_changes[k], direction) / curvature[k]
            direction += steps_taken[k] * (share[k] - change)
        slope_along = _dot(direction, slope)
        length = 1.0 if step else 1.0 / math.sqrt(_dot(slope, slope))
        new_slope = np.empty_like(slope)
        new_point = point + length * direction
        new_loss = _loss(*rows, new_point, new_slope)
        while new_loss > loss + 1e-4 * length * slope_along and length > 1e-12:
            length *= 0.5
            new_point = point + length * direction
            new_loss = _loss(*rows, new_point, new_slope)
        if new_loss >= loss:
            break
        curved = _dot(new_point - point, new_slope - slope)
        if curved > 0.0:
            k = kept % memory
            steps_taken[k] = new_point - point
            gradient_changes[k] = new_slope - slope
            curvature[k] = curved
            kept += 1
        point, slope, loss = new_point, new_slope, new_loss
    return point
