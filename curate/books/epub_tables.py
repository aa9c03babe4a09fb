"""Tables of data in e-books, a line of each row.

Input: a `table` element, and how the text of an element is written. Output: its rows, cells between
strokes, empty ones too; None of a table that sets a page: contents, long text, tables in it.
"""

import re
from collections.abc import Callable
from typing import Any

LONGEST = 300  # characters of a cell; a longer one is a column of a page
_WIDEST = 100  # columns
_SEPARATORS = re.compile(r"[\x00\x01\s]+")  # of blocks and lines, as `epub` has them


def rows_of(table: Any, written: Callable[[Any], str]) -> list[str] | None:
    """Return the rows of a table of data; None of another.

    Two rows or more have two cells with text, and fewer than half of them links into the book.
    """
    if table.find(".//table") is not None or table.find(".//pre") is not None:
        return None
    rows, several, linked = [], 0, 0
    reaching: dict[int, int] = {}  # column -> rows still to come
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _reach(cells, reaching)
            text = _SEPARATORS.sub(" ", written(cell)).strip()
            if len(text) > LONGEST:
                return None
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for n in range(across if len(cells) < _WIDEST else 0):
                if down > 1:
                    reaching[len(cells)] = down - 1
                cells.append("" if n else text)
        _reach(cells, reaching)
        several += sum(map(bool, cells)) > 1
        linked += row.find(".//a[@href]") is not None
        if any(cells):
            rows.append(cells)
    headed = table.find(".//th") is not None and len(rows) > 1
    if several < (1 if headed else 2) or 2 * linked >= len(rows):
        return None
    used = {n for row in rows for n, text in enumerate(row) if text}
    return [" | ".join([text for n, text in enumerate(row) if n in used]).strip() for row in rows]


def _reach(cells: list[str], reaching: dict[int, int]) -> None:
    """Add an empty cell for each one of a row above that reaches into this one."""
    while left := reaching.get(len(cells), 0):
        reaching[len(cells)] = left - 1
        cells.append("")


def _span(cell: Any, name: str) -> int:
    said = cell.get(name) or "1"
    return min(max(int(said), 1), _WIDEST) if said.isascii() and said.isdecimal() else 1
