"""Where each line of a page stands, and which are chosen as one: as `ancestors` and `units`."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import no_numbers, put_all
from curate.extract.combined.kernels.render import rows_of
from curate.extract.combined.kernels.strings import kernel, leaf

_MOST_LINES = 2.5  # of an item, a definition: in longer ones stand paragraphs


@kernel
def node_ancestors(nodes: Any, count: Any, tag_bits: Any) -> Any:
    """Return the place of each node: what `ancestors` finds, one column a node."""
    found = np.empty((count + 1, y.ANCESTOR_FIELDS), np.int32).T
    for node in range(count + 1):  # the last column is that of no node
        parent = nodes[y.PARENT, node] if node < count else -1
        if parent < 0:
            for field in range(y.ANCESTOR_FIELDS):
                found[field, node] = -1
            found[y.DEPTH, node] = 0
            found[y.HEADING, node] = 0
        else:
            for field in range(y.ANCESTOR_FIELDS):
                found[field, node] = found[field, parent]
        if node == count:
            break
        tag = nodes[y.TAG, node]
        if tag == y.LI:
            found[y.ITEM, node] = node
        elif tag == y.DL:
            if found[y.TERMS, node] < 0:
                found[y.TERMS, node] = node
        elif tag == y.TABLE_TAG:
            found[y.CELL, node] = -1
            found[y.TABLE, node] = node
        elif tag == y.BLOCKQUOTE:
            found[y.QUOTE, node] = node
        elif tag_bits[tag] & y.T_LIST:
            found[y.DEPTH, node] += 1
            found[y.ITEM, node] = -1
            if found[y.LIST, node] < 0:
                found[y.LIST, node] = node
        elif tag == y.DT or tag == y.DD:
            found[y.TERM, node] = node
            found[y.LIST, node] = -1
            found[y.ITEM, node] = -1
            found[y.DEPTH, node] = 0
        elif tag == y.TD or tag == y.TH:
            found[y.CELL, node] = node
            found[y.LIST, node] = -1
            found[y.ITEM, node] = -1
            found[y.DEPTH, node] = 0
            found[y.TERMS, node] = -1
            found[y.TERM, node] = -1
        elif y.H1 <= tag <= y.H6:
            found[y.HEADING, node] = tag - y.H1 + 1
    return found


@kernel
def line_ancestors(ancestors: Any, nodes: Any, count: Any, lines: Any) -> Any:
    """Return (ancestors of lines, which nodes are long groups, which lines stand in navigation)."""
    several = lines.shape[1]
    found = np.empty((several, y.ANCESTOR_FIELDS), np.int32).T
    number, items = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    seen, long = np.zeros(count + 1, np.uint8), np.zeros(count + 1, np.uint8)
    barred = np.zeros(several, np.uint8)
    until = 0
    at = 0
    for n in range(several):
        block = lines[y.AROUND, n]
        if block < 0:
            block = count
        for field in range(y.ANCESTOR_FIELDS):
            found[field, n] = ancestors[field, block]
        for kind in range(2):
            group = found[y.LIST if kind == 0 else y.TERMS, n]
            item = found[y.ITEM if kind == 0 else y.TERM, n]
            if group >= 0 and item >= 0:
                number[group] += lines[y.CODED, n] < 0
                if not seen[item]:
                    seen[item] = 1
                    items[group] += 1
                if found[y.HEADING, n]:
                    long[group] = 1
        node = lines[y.NODE, n]
        while at <= node:
            if at >= until and nodes[y.STATE, at] & y.NAVIGATION and nodes[y.TAG, at] != y.TEXT:
                until = nodes[y.END, at]
            at += 1
        barred[n] = node < until
    for group in range(count):
        if number[group] > _MOST_LINES * items[group]:
            long[group] = 1
    return found, long, barred


@leaf
def unit_element(ancestors: Any, n: Any, tables: Any, long: Any) -> Any:
    """Return the element that is a unit around a line; -1 for none."""
    table = ancestors[y.TABLE, n]
    if table >= 0 and tables[table] and ancestors[y.CELL, n] >= 0:
        return table
    terms = ancestors[y.TERMS, n]
    if ancestors[y.TERM, n] >= 0 and terms >= 0 and not long[terms]:
        return terms
    group = ancestors[y.LIST, n]
    if ancestors[y.ITEM, n] >= 0 and group >= 0 and not long[group]:
        return group
    return -1


@kernel
def line_units(lines: Any, ancestors: Any, out: Any, tables: Any, long: Any, nodes: Any,
               count: Any) -> Any:  # fmt: skip
    """Return the unit of each line, as the number of its first line."""
    several = lines.shape[1]
    every = np.empty(several, np.uint8)
    put_all(every, 0, several, 1)
    rows = rows_of(lines, every, nodes, ancestors, tables, out)
    units = np.empty(several, np.int32)
    known = no_numbers(count + 1)
    spare = np.empty(count + 1, np.int64)  # of each element the characters outside of links less
    put_all(spare, 0, count + 1, 0)  # those in them
    for n in range(several):
        element = unit_element(ancestors, n, tables, long)
        if element >= 0:
            spare[element] += lines[y.SIZE, n] - 2 * lines[y.LINKED, n]
    for n in range(several):
        element = unit_element(ancestors, n, tables, long)
        unit = n
        around = element if element >= 0 else rows[n]
        if around >= 0:
            if known[around] < 0:
                known[around] = n
            unit = known[around]
        if n and unit == n and (element >= 0 or (lines[y.CODED, n] >= 0 and rows[n] < 0)):
            last = lines[y.STOP, n - 1] - 1
            colon = last >= lines[y.START, n - 1] and (out[last] == 58 or out[last] == 0xFF1A)
            links = element >= 0 and spare[element] < 0
            links = links and 2 * lines[y.LINKED, n - 1] <= lines[y.SIZE, n - 1]
            if (
                colon
                and not links
                and lines[y.CODED, n - 1] < 0
                and not ancestors[y.HEADING, n - 1]
            ):
                unit = units[n - 1]
                if element >= 0:
                    known[element] = unit
        units[n] = unit
    return units
