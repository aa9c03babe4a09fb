"""Chosen lines of a page to text: what was a list, a table or code still looks like one.

Enters: a `Page`, its lines and the numbers of those to write. Leaves: plain text, one line for
each (list items begin with "- ", cells of a data table's row are joined by " | ", <pre> keeps
its line breaks and indentation); or Markdown, with headings, nested and numbered lists, quotes,
fenced code and tables, blocks parted by an empty line.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from curate.extract.combined.tree import Line, Page

MAX_CELL = 200  # characters; a longer cell is a column of a layout, not data
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


_KEYS = {"pre": "pre", "li": "item", "blockquote": "quote", "td": "cell", "th": "cell"}


class _Place(NamedTuple):
    """Which elements of a kind are around a line, innermost; -1 for none."""

    pre: int = -1
    item: int = -1
    depth: int = 0  # lists around its item
    heading: str = ""
    quote: int = -1
    cell: int = -1
    table: int = -1


class _Places:
    """The places of block elements, each found once from the one around it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found = {-1: _Place()}

    def __call__(self, block: int) -> _Place:
        waiting = []
        node = block
        while node not in self._found:
            waiting.append(node)
            node = self._page.parents[node]
        place = self._found[node]
        for node in reversed(waiting):
            place = self._found[node] = self._within(place, node)
        return place

    def _within(self, place: _Place, node: int) -> _Place:
        tag = self._page.tags[node]
        if tag in _HEADINGS:
            return place._replace(heading=_HEADINGS[tag])
        if tag in ("ul", "ol"):
            return place._replace(depth=place.depth + 1)
        if tag == "table":
            return place._replace(cell=-1, table=node)
        found: dict[str, Any] = {_KEYS[tag]: node} if tag in _KEYS else {}
        return place._replace(**found)


def render(page: Page, lines: Sequence[Line], chosen: Iterable[int], *, markdown: bool) -> str:
    """Return the text of the chosen lines."""
    blocks = list(_blocks(page, [lines[n] for n in chosen], markdown))
    if not markdown or not blocks:
        return "\n".join(text for text, _ in blocks)
    out: list[str] = []
    for (text, kind), before in zip(blocks, [(None, ""), *blocks[:-1]], strict=True):
        if out:
            out.append("\n" if kind and kind == before[1] else "\n\n")
        out.append(text)
    return "".join(out)


def _blocks(page: Page, lines: Sequence[Line], markdown: bool) -> Iterator[tuple[str, str]]:
    """Yield (text, kind): two of one kind, if it is not "", stand close together."""
    places = _Places(page)
    items: set[int] = set()
    tables: set[int] = set()
    rows = zip(lines, _rows(page, lines, places), strict=True)
    for _, group in groupby(rows, key=lambda pair: pair[1] if pair[1] >= 0 else -pair[0].node):
        pairs = list(group)
        line = pairs[0][0]
        place = places(line.block)
        if pairs[0][1] >= 0:
            text = _row([(one, places(one.block).cell) for one, _ in pairs])
            yield from (
                _table_row(text, place.table, tables) if markdown else [(" | ".join(text), "")]
            )
            continue
        if place.pre >= 0:
            code = line.text.strip("\r\n").rstrip()
            yield (f"```\n{code}\n```", "") if markdown else (code, f"pre{place.pre}")
            continue
        first = place.item not in items
        items.add(place.item)
        prefix, kind = "", ""
        if place.item >= 0 and markdown:
            prefix = "  " * max(place.depth - 1, 0) + (_mark(page, place.item) if first else "  ")
            kind = "list"
        elif place.item >= 0:
            prefix = "- " if first else ""
        elif markdown:
            prefix = place.heading
        if markdown and place.quote >= 0:
            prefix, kind = "> " + prefix, kind or f"quote{place.quote}"
        yield prefix + line.text.strip(), kind


def _mark(page: Page, item: int) -> str:
    parent = page.parents[item]
    if parent < 0 or page.tags[parent] != "ol":
        return "- "
    number, child = 0, parent + 1
    while child <= item:
        number += page.tags[child] == "li"
        child = page.ends[child]
    return f"{number}. "


def _rows(page: Page, lines: Sequence[Line], places: _Places) -> list[int]:
    """Return for each line the row of a data table it belongs to, else -1.

    A row is data if it has two cells or more, none of them long or of several paragraphs.
    """
    sizes: dict[int, dict[int, int]] = {}
    rows = []
    for line in lines:
        place = places(line.block)
        row = page.parents[place.cell] if place.cell >= 0 and place.pre < 0 else -1
        if row >= 0 and page.tags[row] == "tr":
            cells = sizes.setdefault(row, {})
            cells[place.cell] = cells.get(place.cell, 0) + line.characters
        else:
            row = -1
        rows.append(row)
    data = {row for row, cells in sizes.items() if len(cells) > 1}
    data -= {row for row in data if max(sizes[row].values()) > MAX_CELL}
    return [row if row in data else -1 for row in rows]


def _row(lines: Sequence[tuple[Line, int]]) -> list[str]:
    """Return the texts of a row's cells, of (line, cell)."""
    texts: dict[int, list[str]] = {}
    for line, cell in lines:
        texts.setdefault(cell, []).append(" ".join(line.text.split()))
    return [" ".join(parts) for parts in texts.values()]


def _table_row(cells: Sequence[str], table: int, begun: set[int]) -> Iterator[tuple[str, str]]:
    kind = f"table{table}"
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |", kind
    if table not in begun:
        begun.add(table)
        yield "|" + " --- |" * len(cells), kind
