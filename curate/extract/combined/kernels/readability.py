"""The article of a page by the positions of its paragraphs: the kernel of `readability`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import no_numbers, put_all
from curate.extract.combined.kernels.strings import kernel, leaf

MIN_PARAGRAPH, ENOUGH = 25, 500  # as in `readability`


@leaf
def body(nodes: Any, node: Any) -> Any:
    """Return whether an element is <html> or <body>."""
    return nodes[y.TAG, node] == y.BODY or nodes[y.TAG, node] == y.HTML


@leaf
def inside_of(nodes: Any, node: Any, outer: Any) -> Any:
    """Return whether an element is below another."""
    return outer < node < nodes[y.END, outer]


@kernel
def count_below(nodes: Any, count: Any) -> Any:
    """Return how many elements of some kinds come before each node.

    Rows: p, img, li, input, figure, heads of tables, preformatted text and code.
    """
    sums = np.zeros((7, count + 1), np.int32)
    for n in range(count):
        tag = nodes[y.TAG, n]
        for row in range(7):
            sums[row, n + 1] = sums[row, n]
        sums[0, n + 1] += tag == y.P
        sums[1, n + 1] += tag == y.IMG
        sums[2, n + 1] += tag == y.LI
        sums[3, n + 1] += tag == y.INPUT
        sums[4, n + 1] += tag == y.FIGURE
        sums[5, n + 1] += tag == y.TH or tag == y.CAPTION or tag == y.THEAD
        sums[6, n + 1] += tag == y.PRE or tag == y.CODE_TAG
    return sums


@leaf
def is_clutter(nodes: Any, node: Any, sums: Any, kinds: Any, weigh: Any, tag_bits: Any) -> Any:
    """Return whether an element looks like a list of links, a form or notes."""
    end = nodes[y.END, node]
    tag = nodes[y.TAG, node]
    total = sums[0, end] - sums[0, node]
    weight = nodes[y.WEIGHT, node] if weigh else 0
    if not total or (weight >= 0 and sums[2, end] - sums[2, node] >= 10):
        return False
    if tag == y.TABLE_TAG and kinds[5, end] > kinds[5, node + 1]:
        return False
    if kinds[6, end] > kinds[6, node + 1]:
        return False
    if weight < 0:
        return True
    paragraphs = kinds[0, end] - kinds[0, node + 1]
    images = kinds[1, end] - kinds[1, node + 1]
    ratio = (sums[1, end] - sums[1, node]) / max(total, 1)
    listed = tag == y.DL or (tag_bits[tag] & y.T_LISTED) != 0
    figure = kinds[4, end] > kinds[4, node + 1]
    return (
        (images > 1 and paragraphs / images < 0.5 and not figure)
        or (not listed and kinds[2, end] - kinds[2, node + 1] - 100 > paragraphs)
        or kinds[3, end] - kinds[3, node + 1] > paragraphs // 3
        or (not listed and not figure and total < 25 and images != 1 and images != 2 and ratio > 0)
        or (not listed and weight < 25 and ratio > 0.2)
        or (weight >= 25 and ratio > 0.5)
    )


@leaf
def density(nodes: Any, node: Any, sums: Any) -> Any:
    """Return which share of an element's characters is in links."""
    end = nodes[y.END, node]
    return (sums[1, end] - sums[1, node]) / max(sums[0, end] - sums[0, node], 1)


@kernel
def top_candidate(nodes: Any, count: Any, has: Any, scores: Any) -> Any:
    """Return the article's element: the best, or one above it if others are near it."""
    best = no_numbers(5)
    number = 0
    for node in range(count):
        if not has[node]:
            continue
        rank = number
        while rank > 0 and scores[node] > scores[best[rank - 1]]:
            rank -= 1
        if rank >= 5:
            continue
        number = min(number + 1, 5)
        for k in range(number - 1, rank, -1):
            best[k] = best[k - 1]
        best[rank] = node
    top = best[0]
    near = 0
    ancestors = np.empty(5, np.int64)
    for k in range(1, number):
        if scores[best[k]] >= scores[top] * 0.75:
            ancestors[near] = best[k]
            near += 1
    if near >= 3:
        node = nodes[y.PARENT, top]
        while node >= 0 and not body(nodes, node):
            around = 0
            for k in range(near):
                around += inside_of(nodes, ancestors[k], node)
            if around >= 3:
                top = node
                break
            node = nodes[y.PARENT, node]
    last = scores[top] if has[top] else 0.0
    floor = last / 3
    node = nodes[y.PARENT, top]
    while node >= 0 and not body(nodes, node):
        if has[node]:
            if scores[node] < floor:
                break
            if scores[node] > last:
                top = node
                break
            last = scores[node]
        node = nodes[y.PARENT, node]
    node = nodes[y.PARENT, top]
    while node >= 0 and not body(nodes, node):
        if node + 1 != top or nodes[y.END, top] != nodes[y.END, node]:
            break
        top = node  # an only child
        node = nodes[y.PARENT, node]
    return top


@kernel
def attempt(nodes: Any, count: Any, names: Any, lines: Any, kinds: Any, tag_bits: Any,
            starts: Any, strip: Any, weigh: Any, clean: Any, chosen: Any) -> Any:  # fmt: skip
    """Mark the article's lines in `chosen`; return their characters."""
    line_count = lines.shape[1]
    removed = np.zeros(count + 1, np.uint8)
    until = 0
    for node in range(count):
        state = nodes[y.STATE, node]
        if node >= until and (state & y.HIDDEN or (strip and state & y.UNLIKELY)):
            until = nodes[y.END, node]
        removed[node] = node < until
    sums = np.zeros((3, count + 1), np.int64)
    for n in range(line_count):
        node = lines[y.NODE, n]
        if not removed[node]:
            sums[0, node + 1] = lines[y.SIZE, n]
            sums[1, node + 1] = lines[y.LINKED, n]
            sums[2, node + 1] = lines[y.COMMAS, n]
    for node in range(count):
        for row in range(3):
            sums[row, node + 1] += sums[row, node]
    has = np.zeros(count + 1, np.uint8)
    scores = np.zeros(count + 1, np.float64)
    previous = -1
    some = False
    for n in range(line_count):
        chosen[n] = 0
        block = lines[y.AROUND, n]
        if removed[lines[y.NODE, n]] or block < 0 or block == previous:
            continue
        bits = tag_bits[nodes[y.TAG, block]]
        if bits & y.T_NEVER:
            continue
        if bits & y.T_OWN:
            end = nodes[y.END, block]
            length = sums[0, end] - sums[0, block]
            commas = sums[2, end] - sums[2, block]
            node = nodes[y.PARENT, block]
            previous = block
        else:
            length, commas, node = np.int64(lines[y.SIZE, n]), np.int64(lines[y.COMMAS, n]), block
            previous = -1
        if length < MIN_PARAGRAPH:
            continue
        value = 1 + commas + min(length // 100, 3)
        for divisor in (1, 2, 6, 9, 12):
            if node < 0:
                break
            if not has[node]:
                has[node] = 1
                some = True
                scores[node] = starts[nodes[y.TAG, node]]
                if weigh:
                    scores[node] += nodes[y.WEIGHT, node]
            scores[node] += value / divisor
            node = nodes[y.PARENT, node]
    if not some:
        return 0
    for node in range(count):
        if has[node]:
            scores[node] = scores[node] * (1 - density(nodes, node, sums))
    top = top_candidate(nodes, count, has, scores)
    inside = np.zeros(count + 1, np.uint8)
    parent = nodes[y.PARENT, top]
    score = scores[top] if has[top] else 0.0
    threshold = max(10.0, score * 0.2)
    node, last = (parent + 1, nodes[y.END, parent]) if parent >= 0 else (top, top + 1)
    while node < last:
        end = nodes[y.END, node]
        alike = (
            nodes[y.STATE, top] & y.SAYING
            and nodes[y.TAG, node] != y.TEXT
            and names[node] == names[top]
        )
        bonus = score * 0.2 if alike else 0.0
        take = node == top or (has[node] and scores[node] + bonus >= threshold)
        if not take and nodes[y.TAG, node] == y.P:
            size = sums[0, end] - sums[0, node]
            share = density(nodes, node, sums)
            take = (size > 80 and share < 0.25) or (0 < size <= 80 and share == 0)
        if take:
            put_all(inside, node, end, 1)
            at = node + 1
            while clean and at < end:
                tag = nodes[y.TAG, at]
                bits = tag_bits[tag]
                if tag == y.FOOTER or tag == y.ASIDE or tag == y.NAV or (
                    bits & y.T_CONDITIONAL
                    and is_clutter(nodes, at, sums, kinds, weigh, tag_bits)
                ):  # fmt: skip
                    put_all(inside, at, nodes[y.END, at], 0)
                    at = nodes[y.END, at]
                else:
                    at += 1
        node = end
    total = 0
    for n in range(line_count):
        node = lines[y.NODE, n]
        if not removed[node] and inside[node]:
            chosen[n] = 1
            total += lines[y.SIZE, n]
    return total


@kernel
def article(nodes: Any, count: Any, names: Any, lines: Any, t: Any) -> Any:
    """Return which lines are the article, one byte a line."""
    line_count = lines.shape[1]
    best, chosen = np.zeros(line_count, np.uint8), np.zeros(line_count, np.uint8)
    tag_bits, starts = t.tag_bits, t.tag_starts
    kinds = count_below(nodes, count)
    length = 0
    for tried in range(4):
        size = attempt(nodes, count, names, lines, kinds, tag_bits, starts, tried == 0,
                       tried < 2, tried < 3, chosen)  # fmt: skip
        if size > length:
            for n in range(line_count):
                best[n] = chosen[n]
            length = size
        if length >= ENOUGH:
            break
    return best
