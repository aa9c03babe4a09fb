"""Smooth log-odds over related lines: of one kind, under one heading, adjacent ones.

Input: a `Page`, its lines, the log-odds of each that it is main text, judged one by one. Output:
log-odds that depend on each other: of a list's cards or a thread's posts all are kept or none, a
heading follows the text below it. How much is given by a few numbers, learned with the weights
of the lines (benchmarks/extraction_fit.py) from odds of pages those were not learned from.

Source: Dragnet and its like judge each block alone, or smooth along the text; that the same tags
and class names in the same place are one part of a template is older (Yi et al. 2003, site style
trees, over a site's pages; here within one page).
"""

from collections.abc import Hashable, Sequence
from itertools import accumulate
from math import sqrt

from curate.extract.combined.page import Line, Page

NAMES = ("own", "path", "after", "page", "following", "heading", "bias")
_MOST = 6.0  # surer lines count as if they were so sure
_NEAR = 8  # lines after it
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Ties:
    """Which lines of a page are tied: by their path, and by headings."""

    def __init__(self, page: Page, lines: Sequence[Line]) -> None:
        paths: dict[int, Hashable] = {}
        for line in lines:
            if line.block not in paths:
                paths[line.block] = _path(page, line.block)
        self.paths = [paths[line.block] for line in lines]
        self.sizes = [sqrt(line.characters) for line in lines]  # as heavy as its line weighs
        self.headings = [
            n
            for n, line in enumerate(lines)
            if line.block >= 0 and page.tags[line.block] in _HEADINGS
        ]


def _path(page: Page, block: int) -> Hashable:
    """Return tag and names of a block and of the two elements around it."""
    around: list[Hashable] = []
    node = block
    while node >= 0 and len(around) < 6:
        around += (page.tags[node], page.names[node])
        node = page.parents[node]
    return tuple(around)


def leanings(ties: Ties, odds: Sequence[float]) -> list[list[float]]:
    """Return for each line its own log-odds and by how much those it is tied to differ from them.

    In the order of NAMES; 0 where it is tied to none. The last is 1, for the bias.
    """
    clipped: list[float] = [max(-_MOST, min(_MOST, value)) for value in odds]
    sizes, count = ties.sizes, len(clipped)
    heavy = [value * size for value, size in zip(clipped, sizes, strict=True)]
    sums = list(accumulate(heavy, initial=0.0))
    weights = list(accumulate(sizes, initial=0.0))

    def mean(first: int, end: int, n: int) -> float:
        if first >= end:
            return 0.0
        return (sums[end] - sums[first]) / (weights[end] - weights[first]) - clipped[n]

    paths = _others(ties.paths, clipped, heavy, sizes)
    every = _others([None] * count, clipped, heavy, sizes)
    rows = [
        [clipped[n], paths[n], mean(n + 1, min(count, n + 1 + _NEAR), n), every[n], 0.0, 0.0, 1.0]
        for n in range(count)
    ]
    for n, end in zip(ties.headings, [*ties.headings[1:], count], strict=False):
        rows[n][4] = mean(n + 1, end, n)
        for other in range(n + 1, end):
            rows[other][5] = clipped[n] - clipped[other]
    return rows


def _others(
    groups: Sequence[Hashable],
    clipped: Sequence[float],
    heavy: Sequence[float],
    sizes: Sequence[float],
) -> list[float]:
    """Return by how much the mean of a line's group, without it, differs from it."""
    sums: dict[Hashable, list[float]] = {}
    for group, value, size in zip(groups, heavy, sizes, strict=True):
        group_sums = sums.setdefault(group, [0.0, 0.0, 0])
        group_sums[0] += value
        group_sums[1] += size
        group_sums[2] += 1
    means = []
    for n, group in enumerate(groups):
        total, weight, number = sums[group]
        means.append((total - heavy[n]) / (weight - sizes[n]) - clipped[n] if number > 1 else 0.0)
    return means


def smooth(
    page: Page, lines: Sequence[Line], odds: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Return smoothed log-odds, by the weights of NAMES."""
    line_odds, path, after, every, following, heading, bias = weights
    return [  # written out: sum() of floats differs between versions of Python
        a * line_odds + b * path + c * after + d * every + e * following + f * heading + g * bias
        for a, b, c, d, e, f, g in leanings(Ties(page, lines), odds)
    ]
