"""Which tables of a page are tables of data: the kernel of `tables.data_tables`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import put_all
from curate.extract.combined.kernels.strings import has, kernel, leaf

LONGEST, LONGEST_HEADED, _WIDEST = 300, 1_200, 100  # as in `tables`
COLUMNS = 4 * _WIDEST


@kernel
def sums_of(count: Any, lines: Any, out: Any, chars: Any) -> Any:
    """Return running sums over nodes: characters, lines of code of several lines."""
    sums = np.zeros((2, count + 1), np.int64)
    for n in range(lines.shape[1]):
        start, stop = lines[y.START, n], lines[y.STOP, n]
        said = stop - start > 2
        at = start
        while at < stop and not said:
            said = out[at] != 95 and has(chars, out[at], y.WORD)
            at += 1
        node = lines[y.NODE, n]
        if said:
            sums[0, node + 1] += lines[y.SIZE, n]
        if lines[y.CODED, n] >= 0:
            for at in range(start, stop):
                if out[at] == 10:
                    sums[1, node + 1] += 1
                    break
    for node in range(count):
        sums[0, node + 1] += sums[0, node]
        sums[1, node + 1] += sums[1, node]
    return sums


@leaf
def titles_of(nodes: Any, table: Any) -> Any:
    """Return how many headings a table has, each alone in its row; -1 if one is not."""
    found = 0
    for node in range(table + 1, nodes[y.END, table]):
        if not y.H1 <= nodes[y.TAG, node] <= y.H6:
            continue
        row = node
        while row > table and nodes[y.TAG, row] != y.TR:
            row = nodes[y.PARENT, row]
        cells = 0
        for n in range(row, nodes[y.END, row]):
            cells += nodes[y.TAG, n] == y.TD or nodes[y.TAG, n] == y.TH
        if cells != 1:
            return -1
        found += 1
    return found


@leaf
def has_sections(nodes: Any, table: Any, sums: Any) -> Any:
    """Return whether a heading of a table stands in a cell with long text."""
    for node in range(table + 1, nodes[y.END, table]):
        if not y.H1 <= nodes[y.TAG, node] <= y.H6:
            continue
        cell = node
        while cell > table and nodes[y.TAG, cell] != y.TD and nodes[y.TAG, cell] != y.TH:
            cell = nodes[y.PARENT, cell]
        if cell > table and sums[0, nodes[y.END, cell]] - sums[0, cell] > LONGEST:
            return True
    return False


@leaf
def is_data(nodes: Any, table: Any, sums: Any, headed: Any, titled: Any, reaching: Any) -> Any:
    """Return whether a table has rows of two cells and more, and no long text; see `tables`."""
    put_all(reaching, 0, len(reaching), 0)
    rows = widest = several = wide = some = longest = most = 0
    regular = True
    at, end = table + 1, nodes[y.END, table]
    while at < end:
        if nodes[y.TAG, at] != y.TR:
            at += 1
            continue
        width = filled = cells = 0
        cell, last = at + 1, nodes[y.END, at]
        while cell < last:
            if nodes[y.TAG, cell] == y.TD or nodes[y.TAG, cell] == y.TH:
                while width < COLUMNS and reaching[width]:
                    reaching[width] -= 1
                    width += 1
                if width < _WIDEST:
                    size = sums[0, nodes[y.END, cell]] - sums[0, cell]
                    filled += size > 0
                    cells += 1
                    longest = max(longest, size)
                    for _ in range(nodes[y.ACROSS, cell]):
                        if nodes[y.DOWN, cell] > 1:
                            reaching[width] = nodes[y.DOWN, cell] - 1
                        width += 1
            cell = nodes[y.END, cell]
        while width < COLUMNS and reaching[width]:
            reaching[width] -= 1
            width += 1
        regular = regular and (rows == 0 or width == widest)
        widest = width
        rows += 1
        most = max(most, filled)
        several += filled > 1
        wide += filled > 0 and cells > 1
        some += filled > 0
        at = max(last, at + 1)
    if longest > (LONGEST_HEADED if headed else LONGEST):
        return False
    if headed and rows > 1 and most == 1:
        return longest <= LONGEST
    regular = regular and rows > 1 and longest <= 2 * LONGEST // 3
    enough = 2 * (wide if headed else several) >= some - titled
    return several > (0 if headed or regular else 1) and enough


@kernel
def data_tables(nodes: Any, count: Any, lines: Any, out: Any, chars: Any) -> Any:
    """Return which nodes are tables of data, one byte a node."""
    found = np.zeros(count + 1, np.uint8)
    some = False
    for node in range(count):
        some |= nodes[y.TAG, node] == y.TABLE_TAG
    if not some:
        return found
    sums = sums_of(count, lines, out, chars)
    reaching = np.zeros(COLUMNS + 1, np.int64)
    for node in range(count):
        if nodes[y.TAG, node] != y.TABLE_TAG or nodes[y.CODE, node]:
            continue
        end = nodes[y.END, node]
        if sums[0, end] == sums[0, node] or sums[1, end] > sums[1, node]:
            continue
        tables = heads = headings = titles = headed = 0
        for n in range(node + 1, end):
            tag = nodes[y.TAG, n]
            tables += tag == y.TABLE_TAG
            heads += tag == y.TH
            headed += tag == y.TH or tag == y.THEAD or tag == y.CAPTION
            headings += y.H1 <= tag <= y.H6
            titles += tag == y.H1
        titled = titles_of(nodes, node) if headings else 0
        if tables or titles or (titled < 0 and not heads):
            continue
        if headings and has_sections(nodes, node, sums):
            continue
        found[node] = is_data(nodes, node, sums, headed > 0, max(titled, 0), reaching)
    return found
