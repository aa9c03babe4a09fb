"""Logistic regression on sparse rows by L-BFGS: compiled loops of a fixed order, one thread."""

import numpy as np

from curate._compiled import compiled
from curate.quality.features import Floats, Ints


@compiled
def _dot(one: Floats, other: Floats) -> float:
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total


@compiled
def _loss(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    starts: Ints,
    columns: Ints,
    values: Floats,
    signs: Floats,
    shares: Floats,
    point: Floats,
    slope: Floats,
) -> float:
    """Return sum shares ln(1 + exp(-sign z)) + |w|^2 / 2, and fill in its slope.

    The last place of `point` is the bias, which nothing pulls to 0.
    """
    last = len(point) - 1
    slope[:last] = point[:last]
    slope[last] = 0.0
    total = 0.5 * _dot(point[:last], point[:last])
    for i in range(len(signs)):
        z = point[last]
        for j in range(starts[i], starts[i + 1]):
            z += values[j] * point[columns[j]]
        margin = signs[i] * z
        wrong = 1.0 / (1.0 + np.exp(margin))  # the chance given to the other label
        # ln(1 + exp(-margin)), without overflow
        total += shares[i] * (max(0.0, -margin) + np.log1p(np.exp(-abs(margin))))
        pull = -shares[i] * signs[i] * wrong
        slope[last] += pull
        for j in range(starts[i], starts[i + 1]):
            slope[columns[j]] += pull * values[j]
    return total


@compiled
def minimise(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    starts: Ints,
    columns: Ints,
    values: Floats,
    signs: Floats,
    shares: Floats,
    size: int,
    steps: int,
) -> Floats:
    """Return weights and bias at the least loss, by L-BFGS (Nocedal & Wright, algorithm 7.4)."""
    memory = 10
    point, slope = np.zeros(size + 1), np.zeros(size + 1)
    moves, turns = np.zeros((memory, size + 1)), np.zeros((memory, size + 1))
    curvature, share = np.zeros(memory), np.zeros(memory)
    loss = _loss(starts, columns, values, signs, shares, point, slope)
    first = np.sqrt(_dot(slope, slope))
    kept = 0
    for step in range(steps):
        if np.sqrt(_dot(slope, slope)) <= 1e-5 * first:
            break
        way = -slope
        for back in range(min(kept, memory)):
            k = (kept - 1 - back) % memory
            share[k] = _dot(moves[k], way) / curvature[k]
            way -= share[k] * turns[k]
        if kept:
            k = (kept - 1) % memory
            way *= curvature[k] / _dot(turns[k], turns[k])
        for forth in range(min(kept, memory)):
            k = (max(kept - memory, 0) + forth) % memory
            way += moves[k] * (share[k] - _dot(turns[k], way) / curvature[k])
        fall = _dot(way, slope)
        length = 1.0 if step else 1.0 / first
        new_slope = np.empty_like(slope)
        new_point = point + length * way
        new_loss = _loss(starts, columns, values, signs, shares, new_point, new_slope)
        while new_loss > loss + 1e-4 * length * fall and length > 1e-12:
            length *= 0.5
            new_point = point + length * way
            new_loss = _loss(starts, columns, values, signs, shares, new_point, new_slope)
        if new_loss >= loss:
            break
        bend = _dot(new_point - point, new_slope - slope)
        if bend > 0.0:
            k = kept % memory
            moves[k] = new_point - point
            turns[k] = new_slope - slope
            curvature[k] = bend
            kept += 1
        point, slope, loss = new_point, new_slope, new_loss
    return point
