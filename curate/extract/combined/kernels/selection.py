"""Which lines are kept: the kernels of `line_smoothing`, `choice` and `units.completed`."""

from math import exp, log, sqrt
from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.ancestors import unit_element
from curate.extract.combined.kernels.arrays import descending
from curate.extract.combined.kernels.features import groups_of, kind_of
from curate.extract.combined.kernels.strings import kernel, leaf

_MOST, _NEAR = 6.0, 8
_AFTER_HEADING, _LOWEST = 8, 9
BETWEEN, BELOW_HEADING, LONGEST_GAP, LINKED, HEADED = -1.0, -2.0, 4, -2.0, -1.0  # as in `units`


@kernel
def group_differences(groups: Any, several: Any, own: Any, heavy: Any, sizes: Any) -> Any:
    """Return by how much the mean of a line's group, without it, differs from it."""
    sums, weights = np.zeros(several, np.float64), np.zeros(several, np.float64)
    counts = np.zeros(several, np.int64)
    count = len(own)
    for n in range(count):
        sums[groups[n]] += heavy[n]
        weights[groups[n]] += sizes[n]
        counts[groups[n]] += 1
    found = np.zeros(count, np.float64)
    for n in range(count):
        k = groups[n]
        if counts[k] > 1:
            found[n] = (sums[k] - heavy[n]) / (weights[k] - sizes[n]) - own[n]
    return found


@leaf
def mean(first: Any, end: Any, sums: Any, weights: Any, own: Any) -> Any:
    """Return by how much the mean of a range of lines differs from one."""
    if first >= end:
        return 0.0
    return (sums[end] - sums[first]) / (weights[end] - weights[first]) - own


@kernel
def smooth(nodes: Any, tags: Any, names: Any, lines: Any, odds: Any, leaning: Any) -> Any:
    """Return log-odds that lean on each other."""
    count = len(odds)
    own, sizes, heavy = (
        np.empty(count, np.float64), np.empty(count, np.float64), np.empty(count, np.float64)
    )  # fmt: skip
    sums, weights = np.zeros(count + 1, np.float64), np.zeros(count + 1, np.float64)
    keys = np.empty(count, np.uint64)
    heads = np.zeros(count, np.uint8)
    for n in range(count):
        own[n] = max(-_MOST, min(_MOST, odds[n]))
        sizes[n] = sqrt(np.float64(lines[y.SIZE, n]))
        heavy[n] = own[n] * sizes[n]
        sums[n + 1] = sums[n] + heavy[n]
        weights[n + 1] = weights[n] + sizes[n]
        block = lines[y.AROUND, n]
        keys[n] = kind_of(nodes, tags, names, block, 3)
        heads[n] = block >= 0 and y.H1 <= nodes[y.TAG, block] <= y.H6
    groups, several = groups_of(keys)
    paths = group_differences(groups, several, own, heavy, sizes)
    every = group_differences(np.zeros(count, np.int32), 1, own, heavy, sizes)
    following, heading = np.zeros(count, np.float64), np.zeros(count, np.float64)
    n = 0
    while n < count:
        if not heads[n]:
            n += 1
            continue
        end = n + 1
        while end < count and not heads[end]:
            end += 1
        following[n] = mean(n + 1, end, sums, weights, own[n])
        for other in range(n + 1, end):
            heading[other] = own[n] - own[other]
        n = end
    found = np.empty(count, np.float64)
    for n in range(count):
        after = mean(n + 1, min(count, n + 1 + _NEAR), sums, weights, own[n])
        total = own[n] * leaning[0]
        total += paths[n] * leaning[1]
        total += after * leaning[2]
        total += every[n] * leaning[3]
        total += following[n] * leaning[4]
        total += heading[n] * leaning[5]
        found[n] = total + leaning[6]
    return found


@kernel
def best(odds: Any, lines: Any, units: Any, kept: Any, recall: Any) -> None:
    """Mark the lines to keep: those of the highest expected F-score, units whole."""
    count = len(odds)
    hits, unit_odds = np.zeros(count, np.float64), np.empty(count, np.float64)
    sizes, merged = np.empty(count, np.int64), np.zeros(count, np.uint8)
    for n in range(count):
        sizes[n] = lines[y.SIZE, n]
        unit_odds[n] = odds[n]
        kept[n] = 0
    for n in range(count):
        chance = 1 / (1 + exp(-max(min(odds[n], 30.0), -30.0)))
        unit = units[n]
        hits[unit] += chance * lines[y.SIZE, n]
        if unit != n:
            sizes[unit] += lines[y.SIZE, n]
            merged[n] = 1
            merged[unit] = 2
    right = 0.0
    for n in range(count):
        if merged[n] == 2:
            part = min(max(hits[n] / max(sizes[n], 1), 1e-9), 1 - 1e-9)
            unit_odds[n] = log(part / (1 - part))
        right += hits[n]
    order = descending(unit_odds)
    size = 0
    found = highest = 0.0
    last = -1
    for place in range(count):
        n = order[place]
        if merged[n] == 1:
            continue
        found += hits[n]
        size += sizes[n]
        score = found / (size + recall * right)
        if score > highest:
            highest = score
            last = place
    for place in range(last + 1):
        n = order[place]
        if merged[n] != 1:
            kept[n] = 1
    for n in range(count):
        if merged[n] == 1:
            kept[n] = kept[units[n]]


@kernel
def choose(odds: Any, lines: Any, inside: Any, units: Any, agreed: Any, doubt: Any,
           recall: Any) -> Any:  # fmt: skip
    """Return which lines to keep; where both agree, lines outside the article must be surer."""
    count = len(odds)
    kept = np.zeros(count, np.uint8)
    best(odds, lines, units, kept, recall)
    both = chosen = main = 0
    first = last = -1
    for n in range(count):
        if kept[n]:
            chosen += lines[y.SIZE, n]
            if inside[n]:
                both += lines[y.SIZE, n]
        if inside[n]:
            main += lines[y.SIZE, n]
            if first < 0:
                first = n
            last = n
    both *= 2
    if both < agreed * (chosen + main) or not both:
        return kept
    doubted = np.empty(count, np.float64)
    for n in range(count):
        doubted[n] = odds[n]
        if not inside[n] and not first <= n < last:
            doubted[n] -= doubt
    best(doubted, lines, units, kept, recall)
    return kept


@kernel
def complete_headings(kept: Any, units: Any, ancestors: Any, tables: Any, barred: Any) -> None:
    """Mark headings of what is kept as kept."""
    count = len(kept)
    following, parting = np.empty(_AFTER_HEADING, np.int64), np.empty(_AFTER_HEADING, np.int64)
    number = 0
    for n in range(count - 1, -1, -1):
        level = ancestors[y.HEADING, n]
        if not level:
            data = ancestors[y.CELL, n] >= 0 and tables[ancestors[y.TABLE, n]] != 0
            if number == 0 or not data or units[following[0]] != units[n]:
                number = min(number + 1, _AFTER_HEADING)
            else:  # the line takes the place of the one after it
                following[0] = n
                parting[0] = _LOWEST
                continue
            for k in range(number - 1, 0, -1):
                following[k] = following[k - 1]
                parting[k] = parting[k - 1]
            following[0] = n
            parting[0] = _LOWEST
            continue
        for k in range(number):
            if parting[k] > level and not barred[n] and kept[following[k]]:
                kept[n] = 1
        for k in range(number):
            parting[k] = min(parting[k], level)


@kernel
def fill_gaps(kept: Any, lines: Any, units: Any, ancestors: Any, barred: Any, odds: Any) -> None:
    """Mark single lines, rows and headings with a few lines between kept lines as kept."""
    count = len(kept)
    before = -1
    for n in range(count):
        if not kept[n]:
            continue
        size = n - before - 1
        if before >= 0 and 0 < size <= LONGEST_GAP:
            section = ancestors[y.HEADING, before + 1] > 0 and ancestors[y.HEADING, n - 1] == 0
            headed = section or ancestors[y.HEADING, before] > 0
            floor = BELOW_HEADING if headed else BETWEEN
            good = own = row = True
            in_row = in_links = 0
            for one in range(before + 1, n):
                good = good and odds[one] > floor and barred[one] == 0
                own = own and 2 * lines[y.LINKED, one] <= lines[y.SIZE, one]
                row = row and units[one] == units[before + 1]
                in_row += lines[y.SIZE, one]
                in_links += lines[y.LINKED, one]
            row = row and size > 1
            own = own or (row and 2 * in_links <= in_row)
            if good and own and (size == 1 or section or row):
                for one in range(before + 1, n):
                    kept[one] = 1
        before = n


@kernel
def fill(kept: Any, lines: Any, inside: Any, units: Any, ancestors: Any, tables: Any, long: Any,
         barred: Any, odds: Any) -> None:  # fmt: skip
    """Mark tables of data, lists, code and single lines between lines that are kept, as kept."""
    count = len(kept)
    last = np.zeros(count, np.int64)
    sizes, linked = np.zeros(count, np.int64), np.zeros(count, np.int64)
    out, outside = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    totals = np.zeros(count, np.float64)
    for n in range(count):
        unit = units[n]
        last[unit] = n
        sizes[unit] += lines[y.SIZE, n]
        linked[unit] += lines[y.LINKED, n]
        totals[unit] += odds[n] * lines[y.SIZE, n]
        if barred[n]:
            out[unit] = 1
        if not inside[n]:
            outside[unit] = 1
    for unit in range(1, count):
        if units[unit] != unit or kept[unit] or out[unit]:
            continue
        end = last[unit]
        good = False
        own = 2 * linked[unit] <= sizes[unit]
        if kept[unit - 1] and (
            lines[y.CODED, end] >= 0 or unit_element(ancestors, end, tables, long) >= 0
        ):
            follows = end + 1 < count and kept[end + 1] != 0
            likely = own or totals[unit] > LINKED * sizes[unit]
            good = (follows or not outside[unit]) and likely
        if lines[y.CODED, end] >= 0 and end == unit and odds[unit] > BELOW_HEADING:
            if not good and end + 1 < count and kept[end + 1]:
                good = True
                if ancestors[y.HEADING, unit - 1] and not barred[unit - 1]:
                    kept[unit - 1] = 1
        if not good and unit > 1 and own and ancestors[y.HEADING, unit - 1] and kept[unit - 2]:
            section = end + 1 == count or ancestors[y.HEADING, end + 1] > 0
            if section and end > unit and not barred[unit - 1] and odds[unit - 1] > HEADED:
                good = True
                kept[unit - 1] = 1
        if good:
            for n in range(unit, end + 1):
                if units[n] == unit:
                    kept[n] = 1
    fill_gaps(kept, lines, units, ancestors, barred, odds)
