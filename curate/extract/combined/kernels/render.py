"""The text of the lines that are kept, and its blocks: the kernel of `render`, without Markdown."""

from typing import Any

import numpy as np

from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.arrays import no_numbers, put_all
from curate.extract.combined.kernels.data_tables import COLUMNS
from curate.extract.combined.kernels.strings import has, kernel, leaf
from curate.text.blocks import Kind

MAX_CELL, _WIDEST = 200, 100  # as in `render`, `tables`
KINDS: tuple[Kind, ...] = ("prose", "heading", "list", "terms", "table", "code")
PROSE, HEAD, ITEMS, TERM_LIST, ROWS, VERBATIM = range(len(KINDS))
# What is known of the text so far: its length, its blocks, the group of its last piece (-1 may be
# one), whether an empty line follows that, whether there is one.
LENGTH, BLOCKS, GROUP, PARTED, BEGUN = range(5)
KIND, START, END = range(3)  # of a block
_TABLES = -1_000  # the group of table n is this less n


@leaf
def begin(out: Any, blocks: Any, so_far: Any, kind: Any, group: Any, parted: Any,
          space: Any) -> Any:  # fmt: skip
    """Part a piece from the one before it, note its block; return the place of its text."""
    at = so_far[LENGTH]
    last = so_far[BLOCKS] - 1
    joined = -1
    if so_far[BEGUN]:
        if so_far[GROUP] != group or so_far[PARTED]:
            joined = at if so_far[GROUP] == group else -1
            out[at] = out[at + 1] = 10
            at += 2
        else:
            joined = at
            out[at] = 32 if space else 10
            at += 1
            if space:
                joined = at
                blocks[END, last] = at
    if last < 0 or blocks[KIND, last] != kind or blocks[END, last] != joined:
        last += 1
        blocks[KIND, last] = kind
        blocks[START, last] = at
    blocks[END, last] = -2  # until it ends
    so_far[BLOCKS] = last + 1
    so_far[GROUP] = group
    so_far[PARTED] = parted
    so_far[BEGUN] = 1
    return at


@leaf
def end(blocks: Any, so_far: Any, at: Any) -> None:
    """End a piece."""
    blocks[END, so_far[BLOCKS] - 1] = at
    so_far[LENGTH] = at


@leaf
def put(codes: Any, start: Any, stop: Any, out: Any, at: Any) -> Any:
    """Write a text unchanged; return its end."""
    for k in range(start, stop):
        out[at] = codes[k]
        at += 1
    return at


@leaf
def put_collapsed(codes: Any, start: Any, stop: Any, out: Any, at: Any, chars: Any) -> Any:
    """Write a text, each run of white space as one space, none at its ends; return its end."""
    begun = at
    blank = False
    for k in range(start, stop):
        if has(chars, codes[k], y.SPACE):
            blank = at > begun
            continue
        if blank:
            out[at] = 32
            at += 1
            blank = False
        out[at] = codes[k]
        at += 1
    return at


@leaf
def put_cell(line: Any, following: Any, lines: Any, codes: Any, out: Any, at: Any,
             chars: Any) -> Any:  # fmt: skip
    """Write the text of a cell, of its first line and those that follow; return its end."""
    first = True
    while line >= 0:
        if not first:
            out[at] = 32
            at += 1
        first = False
        at = put_collapsed(codes, lines[y.START, line], lines[y.STOP, line], out, at, chars)
        line = following[line]
    return at


@kernel
def rows_of(lines: Any, kept: Any, nodes: Any, ancestors: Any, tables: Any, codes: Any) -> Any:
    """Return for each line the row it is a cell of, outside of tables of data; else -1."""
    line_count, count = lines.shape[1], len(tables) - 1
    cell_rows = no_numbers(line_count)
    some = False
    for n in range(line_count):
        if not kept[n] or ancestors[y.CELL, n] < 0:
            continue
        table = ancestors[y.TABLE, n]
        if table >= 0 and tables[table]:
            continue
        row = nodes[y.PARENT, ancestors[y.CELL, n]]
        if row >= 0 and nodes[y.TAG, row] == y.TR:
            cell_rows[n] = row
            some = True
    if not some:
        return cell_rows
    sizes, cells, longest = (
        np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int64)
    )  # fmt: skip
    for n in range(line_count):
        if cell_rows[n] < 0:
            continue
        size: Any = np.int64(lines[y.SIZE, n])
        if lines[y.CODED, n] >= 0:
            for k in range(lines[y.START, n], lines[y.STOP, n]):
                if codes[k] == 10:
                    size = max(size, MAX_CELL + 1)
                    break
        cell = ancestors[y.CELL, n]
        if sizes[cell] == 0:
            cells[cell_rows[n]] += 1
        sizes[cell] += size
        longest[cell_rows[n]] = max(longest[cell_rows[n]], sizes[cell])
    for n in range(line_count):
        if cell_rows[n] >= 0 and (cells[cell_rows[n]] < 2 or longest[cell_rows[n]] > MAX_CELL):
            cell_rows[n] = -1
    return cell_rows


@leaf
def grid(nodes: Any, table: Any, cells: Any, starts: Any, reaching: Any, written: Any) -> Any:
    """Return (rows, cells) of a table, those that reach in from the left or above counted.

    As `tables.grid`. If `written`, the nodes of the cells are put into `cells`, -1 where one
    reaches in, and where rows start into `starts`.
    """
    put_all(reaching, 0, len(reaching), 0)
    rows = total = 0
    at, last = table + 1, nodes[y.END, table]
    while at < last:
        if nodes[y.TAG, at] != y.TR:
            at += 1
            continue
        if written:
            starts[rows] = total
        width = 0
        cell, past = at + 1, nodes[y.END, at]
        while cell < past:
            if nodes[y.TAG, cell] == y.TD or nodes[y.TAG, cell] == y.TH:
                while width < COLUMNS and reaching[width]:
                    reaching[width] -= 1
                    if written:
                        cells[total + width] = -1
                    width += 1
                if width < _WIDEST:
                    for k in range(nodes[y.ACROSS, cell]):
                        if nodes[y.DOWN, cell] > 1:
                            reaching[width] = nodes[y.DOWN, cell] - 1
                        if written:
                            cells[total + width] = -1 if k else cell
                        width += 1
            cell = nodes[y.END, cell]
        while width < COLUMNS and reaching[width]:
            reaching[width] -= 1
            if written:
                cells[total + width] = -1
            width += 1
        rows += 1
        total += width
        at = max(past, at + 1)
    if written:
        starts[rows] = total
    return rows, total


@leaf
def has_letters(line: Any, following: Any, lines: Any, codes: Any, chars: Any) -> Any:
    """Return whether a cell, of a first line and those that follow, has a letter or digit."""
    while line >= 0:
        for k in range(lines[y.START, line], lines[y.STOP, line]):
            if codes[k] != 95 and has(chars, codes[k], y.WORD):
                return True
        line = following[line]
    return False


@kernel
def put_table(table: Any, nodes: Any, heads: Any, following: Any, lines: Any, codes: Any, out: Any,
              blocks: Any, so_far: Any, size: Any, chars: Any) -> Any:  # fmt: skip
    """Write the rows of a table of data; return the text, in a larger array if need be.

    `heads` has the first line of each cell, -1 for none; `size` are the characters of all.
    """
    reaching = np.zeros(COLUMNS + 1, np.int64)
    nothing = np.empty(1, np.int32)
    rows, total = grid(nodes, table, nothing, nothing, reaching, False)
    cells, starts = np.empty(total + 1, np.int32), np.empty(rows + 1, np.int32)
    grid(nodes, table, cells, starts, reaching, True)
    used = np.zeros(COLUMNS + 1, np.uint8)
    width = 0
    for row in range(rows):
        for column in range(starts[row + 1] - starts[row]):
            cell = cells[starts[row] + column]
            if cell >= 0 and heads[cell] >= 0 and not used[column]:
                used[column] = 1
                width += 1
    need = so_far[LENGTH] + size + rows * (3 * width + 4)
    if need > len(out):
        larger = np.empty(2 * need, np.uint32)
        put(out, 0, so_far[LENGTH], larger, 0)
        out = larger
    for row in range(rows):
        has_text = False
        for k in range(starts[row], starts[row + 1]):
            cell = cells[k]
            if cell >= 0 and not has_text:
                has_text = has_letters(heads[cell], following, lines, codes, chars)
        if not has_text:
            continue
        at = first = begin(out, blocks, so_far, ROWS, _TABLES - table, 0, 0)
        some = False
        for column in range(starts[row + 1] - starts[row]):
            if not used[column]:
                continue
            if some:
                at = put_bar(out, at, first)
            some = True
            cell = cells[starts[row] + column]
            if cell >= 0:
                at = put_cell(heads[cell], following, lines, codes, out, at, chars)
        end(blocks, so_far, without_space(out, first, at))
    return out


@leaf
def put_bar(out: Any, at: Any, first: Any) -> Any:
    """Write what parts two cells, without the space at the beginning of a row."""
    if at > first:
        out[at] = 32
        at += 1
    out[at] = 124
    out[at + 1] = 32
    return at + 2


@leaf
def without_space(out: Any, first: Any, at: Any) -> Any:
    """Return the end of a row without the space that ends it."""
    while at > first and out[at - 1] == 32:
        at -= 1
    return at


@leaf
def data_table(ancestors: Any, n: Any, tables: Any) -> Any:
    """Return the table of data whose cell a line is in; -1 for none."""
    table = np.int64(ancestors[y.TABLE, n])
    return table if ancestors[y.CELL, n] >= 0 and table >= 0 and tables[table] else -1


@leaf
def kind_and_group(nodes: Any, ancestors: Any, n: Any, block: Any, long: Any, tag_bits: Any) -> Any:
    """Return what a line is part of: the innermost list or term list, or a paragraph."""
    items, terms = np.int64(ancestors[y.LIST, n]), np.int64(ancestors[y.TERMS, n])
    if ancestors[y.ITEM, n] >= 0 and items > terms and not long[items]:
        return ITEMS, items
    term = np.int64(ancestors[y.TERM, n])
    if term >= 0 and terms > items:
        if not long[terms]:
            return TERM_LIST, terms
        if nodes[y.TAG, term] == y.DT:
            return TERM_LIST, term
    while block >= 0 and not (
        tag_bits[nodes[y.TAG, block]] & y.T_BLOCK or nodes[y.STATE, block] & y.DASHED
    ):
        block = np.int64(nodes[y.PARENT, block])
    return PROSE, block


@kernel
def write(nodes: Any, lines: Any, kept: Any, ancestors: Any, tables: Any, long: Any, codes: Any,
          t: Any) -> Any:  # fmt: skip
    """Return the text of the lines that are kept, and its blocks: kinds, starts, ends."""
    chars, tag_bits = t.chars, t.tag_bits
    line_count, count = lines.shape[1], len(tables) - 1
    rows = rows_of(lines, kept, nodes, ancestors, tables, codes)
    need = number = 0
    cells = items = False
    for n in range(line_count):
        if kept[n]:
            need += lines[y.STOP, n] - lines[y.START, n] + 8
            number += 1
            cells = cells or ancestors[y.CELL, n] >= 0
            items = items or ancestors[y.ITEM, n] >= 0
    out, blocks = np.empty(need + 8, np.uint32), np.empty((3, number + 1), np.int32)
    seen = np.zeros(count + 1 if items else 1, np.uint8)
    heads = no_numbers(count + 1 if cells else 1)
    tails = no_numbers(count + 1 if cells else 1)
    following = no_numbers(line_count if cells else 1)
    so_far = np.zeros(5, np.int64)
    n = 0
    while n < line_count:
        if not kept[n]:
            n += 1
            continue
        table = data_table(ancestors, n, tables)
        row = rows[n]
        if table < 0 and row < 0:
            block = np.int64(lines[y.AROUND, n])
            if lines[y.CODED, n] >= 0:
                at = begin(out, blocks, so_far, VERBATIM, np.int64(lines[y.CODED, n]), 0, 0)
            elif ancestors[y.HEADING, n]:
                at = begin(out, blocks, so_far, HEAD, block, 0, 1)
            else:
                kind, group = kind_and_group(nodes, ancestors, n, block, long, tag_bits)
                parted = np.int64(lines[y.PARTED, n])
                at = begin(out, blocks, so_far, kind, group, parted, 0)
                item = ancestors[y.ITEM, n]
                if kind == ITEMS and not seen[item]:
                    seen[item] = 1
                    out[at] = 45
                    out[at + 1] = 32
                    at += 2
            at = put(codes, lines[y.START, n], lines[y.STOP, n], out, at)
            end(blocks, so_far, at)
            n += 1
            continue
        first, size = n, 0
        while n < line_count:
            if kept[n]:
                if data_table(ancestors, n, tables) != table or rows[n] != row:
                    break
                cell = ancestors[y.CELL, n]
                following[n] = -1
                if heads[cell] < 0:
                    heads[cell] = n
                else:
                    following[tails[cell]] = n
                tails[cell] = n
                size += lines[y.STOP, n] - lines[y.START, n] + 8
            n += 1
        if table >= 0:
            out = put_table(table, nodes, heads, following, lines, codes, out, blocks, so_far,
                            size + need, chars)  # fmt: skip
        else:
            group = _TABLES - np.int64(ancestors[y.TABLE, first])
            at = begin(out, blocks, so_far, ROWS, group, 0, 0)
            start, some = at, False
            for k in range(first, n):
                if kept[k] and heads[ancestors[y.CELL, k]] == k:
                    at = put_bar(out, at, start) if some else at
                    some = True
                    at = put_cell(k, following, lines, codes, out, at, chars)
            end(blocks, so_far, without_space(out, start, at))
        for k in range(first, n):
            if kept[k]:
                heads[ancestors[y.CELL, k]] = -1
    several = so_far[BLOCKS]
    found = np.empty((3, several), np.int32)
    for n in range(several):
        for field in range(3):
            found[field, n] = blocks[field, n]
    return out[: so_far[LENGTH]], found
