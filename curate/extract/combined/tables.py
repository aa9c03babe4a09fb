"""Detect data tables (as opposed to layout tables), and their grids of cells.

A data table has rows of two or more cells, and no table, multi-line code or long text inside.
Cells that span columns or rows are followed by empty ones, so that values are under their headers.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from curate.extract.combined.ancestors import AncestorFinder, Ancestors, long_groups
from curate.extract.combined.page import HEADINGS, Line, Page, names

LONGEST = 300  # characters of a cell; a longer one is a column of a layout,
LONGEST_HEADED = 1_200  # unless the table has heads
MAX_CELL = 200  # and in tables that are no data
_WIDEST = 100  # columns
_CELLS = ("td", "th")
# Tables that style lays out, as javadoc has written its summaries since 16: cells without rows.
GRIDS = names("summary-table")
_COLUMN, _HEAD = "col-", "table-header"
_LATER = names("col-second col-third col-fourth col-last")  # those that begin no row


class Shape(NamedTuple):
    """Where a page's lines stand, its tables of data, its lists and term lists of paragraphs."""

    ancestors: list[Ancestors]
    tables: Mapping[int, list[list[int]]]
    long: frozenset[int]


def shape_of(page: Page, lines: Sequence[Line]) -> Shape:
    """Return the shape of a page's lines."""
    find = AncestorFinder(page)
    ancestors = [find(line.block) for line in lines]
    return Shape(ancestors, data_tables(page, lines), long_groups(ancestors, lines))


def data_tables(page: Page, lines: Sequence[Line]) -> dict[int, list[list[int]]]:
    """Return the rows of each table of data, as the nodes of its cells; -1 where none begins."""
    tags, ends = page.tags, page.ends
    if "table" not in tags:
        return {}
    characters = [0] * len(tags)
    for line in lines:
        if line.characters > 2 or any(map(str.isalnum, line.text)):  # no line that is drawn
            characters[line.node] += line.characters
    sums = list(accumulate(characters, initial=0))
    several = [0] * len(tags)  # code of several lines
    for line in lines:
        several[line.node] += line.code >= 0 and "\n" in line.text
    code = list(accumulate(several, initial=0))
    found = {}
    for node, tag in enumerate(tags):
        if tag != "table" or sums[ends[node]] == sums[node] or node in page.code:
            continue
        below = tags[node + 1 : ends[node]]
        if "table" in below or code[ends[node]] > code[node]:
            continue
        titled = 0
        if not HEADINGS.isdisjoint(below):
            titled = _titles(page, node)
            if "h1" in below or (titled < 0 and "th" not in below):
                continue
            if _has_sections(page, node, sums):
                continue
        rows = grid(page, node) if "tr" in below else _rows_of_style(page, node)
        headed = not {"th", "thead", "caption"}.isdisjoint(below)
        if _is_data(rows, sums, ends, headed=headed, titled=max(titled, 0)):
            found[node] = rows
    return found


def _titles(page: Page, table: int) -> int:
    """Return how many headings a table has, each alone in its row; -1 if one is not."""
    found = 0
    for node in range(table + 1, page.ends[table]):
        if page.tags[node] not in HEADINGS:
            continue
        row = node
        while row > table and page.tags[row] != "tr":
            row = page.parents[row]
        if sum(tag in _CELLS for tag in page.tags[row : page.ends[row]]) != 1:
            return -1
        found += 1
    return found


def _has_sections(page: Page, table: int, sums: Sequence[int]) -> bool:
    """Return whether a heading of a table stands in a cell with long text."""
    for node in range(table + 1, page.ends[table]):
        if page.tags[node] not in HEADINGS:
            continue
        cell = node
        while cell > table and page.tags[cell] not in _CELLS:
            cell = page.parents[cell]
        if sums[page.ends[cell]] - sums[cell] > LONGEST and cell > table:
            return True
    return False


def _is_data(
    rows: Sequence[Sequence[int]],
    sums: Sequence[int],
    ends: Sequence[int],
    *,
    headed: bool,
    titled: int,
) -> bool:
    sizes = [[sums[ends[cell]] - sums[cell] for cell in row if cell >= 0] for row in rows]
    filled = [sum(size > 0 for size in row) for row in sizes]
    longest = max((size for row in sizes for size in row), default=0)
    several = sum(count > 1 for count in filled)
    if longest > (LONGEST_HEADED if headed else LONGEST):
        return False
    if headed and len(filled) > 1 and max(filled) == 1:
        return longest <= LONGEST
    widths = {len(row) for row in rows}
    regular = len(rows) > 1 and len(widths) == 1 and longest <= 2 * LONGEST // 3
    some = sum(count > 0 for count in filled) - titled
    if headed:  # then a row of one word and empty cells is one of data, too
        wide = sum(count > 0 and len(row) > 1 for count, row in zip(filled, sizes, strict=True))
        return several > 0 and 2 * wide >= some
    return several > (0 if regular else 1) and 2 * several >= some


def grid(page: Page, table: int) -> list[list[int]]:
    """Return the cells of each row by column, -1 where one reaches in from the left or above."""
    rows: list[list[int]] = []
    reaching: dict[int, int] = {}  # column -> rows still to come
    at, end = table + 1, page.ends[table]
    while at < end:
        if page.tags[at] != "tr":
            at += 1
            continue
        row: list[int] = []
        cell = at + 1
        while cell < page.ends[at]:
            if page.tags[cell] in _CELLS:
                _fill(row, reaching)
                down, across = _spans(page, cell)
                for n in range(across if len(row) < _WIDEST else 0):
                    if down > 1:
                        reaching[len(row)] = down - 1
                    row.append(-1 if n else cell)
            cell = page.ends[cell]
        _fill(row, reaching)
        rows.append(row)
        at = max(page.ends[at], at + 1)
    return rows


def mark_grids(page: Page, html: str) -> None:
    """Make tables of the elements that are tables by style, td and th of their cells."""
    if not any(name in html for name in GRIDS):
        return
    for node, name in enumerate(page.names):
        if page.tags[node] != "div" or GRIDS.isdisjoint(name.split()):
            continue
        cells = [n for n in _children(page, node) if page.names[n]]
        if cells and all(_COLUMN in page.names[n] and page.tags[n] == "div" for n in cells):
            page.tags[node] = "table"
            for n in cells:
                page.tags[n] = "th" if _HEAD in page.names[n] else "td"


def _rows_of_style(page: Page, table: int) -> list[list[int]]:
    """Return the cells of each row of a table without rows, by the classes of its cells."""
    rows: list[list[int]] = []
    for node in _children(page, table):
        if page.tags[node] in _CELLS:
            if not rows or _LATER.isdisjoint(page.names[node].split()):
                rows.append([])
            rows[-1].append(node)
    return rows


def _children(page: Page, node: int) -> Iterator[int]:
    child = node + 1
    while child < page.ends[node]:
        yield child
        child = page.ends[child]


def _fill(row: list[int], reaching: dict[int, int]) -> None:
    while left := reaching.get(len(row), 0):
        reaching[len(row)] = left - 1
        row.append(-1)


def _spans(page: Page, cell: int) -> tuple[int, int]:
    """Return how many rows and columns a cell spans."""
    attributes = page.attributes.get(cell)
    if attributes is None:
        return 1, 1
    down, across = (attributes.get(name, "1") for name in ("rowspan", "colspan"))
    return tuple(  # type: ignore[return-value]
        min(max(int(one), 1), _WIDEST) if one.isascii() and one.isdecimal() else 1
        for one in (down, across)
    )


def without_empty(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows without columns that are empty in all, as layouts have, and rows without words.

    >>> without_empty([["a", "", "b"], ["", "", ""], ["", "", "c"]])
    [['a', 'b'], ['', 'c']]
    """
    used = {n for row in rows for n, text in enumerate(row) if text}
    return [
        [text for n, text in enumerate(row) if n in used]
        for row in rows
        if any(map(str.isalnum, "".join(row)))
    ]


def short_rows(
    page: Page, lines: Sequence[Line], ancestors: Sequence[Ancestors], tables: Container[int]
) -> list[int]:
    """Return for each line the row it is a cell of, outside of tables of data; else -1.

    A row has two cells or more, none of them long or with code of several lines.
    """
    sizes: dict[int, dict[int, int]] = {}
    rows = []
    for line, around in zip(lines, ancestors, strict=True):
        row = page.parents[around.cell] if around.cell >= 0 and around.table not in tables else -1
        if row >= 0 and page.tags[row] == "tr":
            cells = sizes.setdefault(row, {})
            long = MAX_CELL + 1 if line.code >= 0 and "\n" in line.text else 0
            cells[around.cell] = cells.get(around.cell, 0) + max(line.characters, long)
        else:
            row = -1
        rows.append(row)
    data = {row for row, cells in sizes.items() if len(cells) > 1}
    data -= {row for row in data if max(sizes[row].values()) > MAX_CELL}
    return [row if row in data else -1 for row in rows]
