"""Render the selected lines to text or Markdown, with lists, tables and code laid out.

Input: a `Page`, its lines and the numbers of those to write. Output: text and its blocks. Blocks
are apart by an empty line; lines of a paragraph, items of a list, rows of a table by a line break.
Items begin with "- ", cells of a row are joined by " | ", preformatted text is as it stands.
Markdown has marks besides: of headings, nested and numbered lists, quotations, fenced code, tables.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from curate.extract.combined.ancestors import Ancestors
from curate.extract.combined.markers import FORMULA, FORMULA_END
from curate.extract.combined.page import BLOCKS, Line, Page
from curate.extract.combined.tables import Shape, shape_of, short_rows, without_empty
from curate.text.blocks import Block, Kind, Written

_FORMULA = re.compile(f"{FORMULA}([^{FORMULA_END}]*){FORMULA_END}")
_FENCE = re.compile(r"`{3,}")


class _Piece(NamedTuple):
    """What is written at once: its kind, its text, and the group whose pieces stand close."""

    kind: Kind
    text: str
    group: object
    parted: bool = False  # an empty line follows, though its group goes on
    between: str = "\n"  # what joins it to the piece of its group before it


def render(
    page: Page,
    lines: Sequence[Line],
    chosen: Iterable[int],
    *,
    markdown: bool,
    shape: Shape | None = None,
) -> Written:
    """Return the text of the chosen lines, and its blocks; `shape` is worked out if not known."""
    writer = _Writer()
    for piece in _pieces(page, lines, list(chosen), shape or shape_of(page, lines), markdown):
        writer.add(piece)
    return Written(writer.text(), tuple(writer.blocks))


class _Writer:
    """Joins pieces; keeps the positions of blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._out: list[str] = []
        self._length = 0
        self._before: _Piece | None = None

    def text(self) -> str:
        return "".join(self._out)

    def add(self, piece: _Piece) -> None:
        text = piece.text
        if not text:
            return
        before, end = self._before, -1
        if before is not None:
            end = self._join(before, piece)
        self._before = piece
        if FORMULA not in text:
            self._block(piece.kind, text, end)
        elif piece.kind in ("table", "code"):
            self._block(piece.kind, _FORMULA.sub(r"\1", text), end)
        else:
            at = 0
            for match in _FORMULA.finditer(text):
                self._block(piece.kind, text[at : match.start()], end)
                self._block("formula", match[1])
                at, end = match.end(), -1
            self._block(piece.kind, text[at:], end)

    def _join(self, before: _Piece, piece: _Piece) -> int:
        """Write what parts two pieces; return the end of the block that goes on, -1 for none."""
        if before.group != piece.group:
            self._put("\n\n")
            return -1
        apart = "\n\n" if before.parted else piece.between
        end = self._length
        self._put(apart)
        if apart == " " and self.blocks and self.blocks[-1].end == end:
            end = self._length  # a space is of the block before it
            self.blocks[-1] = self.blocks[-1]._replace(end=end)
        return end

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _block(self, kind: Kind, text: str, joined_at: int = -1) -> None:
        """Write a part of a piece; it goes on with the block that ends where it is joined."""
        if not text:
            return
        start = self._length
        self._put(text)
        last = self.blocks[-1] if self.blocks else None
        if last is not None and last.kind == kind and last.end == joined_at:
            self.blocks[-1] = Block(kind, last.start, self._length)
        else:
            self.blocks.append(Block(kind, start, self._length))


def _pieces(
    page: Page, lines: Sequence[Line], chosen: Sequence[int], known: Shape, markdown: bool
) -> Iterator[_Piece]:
    written = [lines[n] for n in chosen]
    ancestors = [known.ancestors[n] for n in chosen]
    tables = known.tables
    rows = short_rows(page, written, ancestors, tables)
    layout = _Layout(page, known.long, markdown)
    n, count = 0, len(written)
    while n < count:
        table, row = _table(ancestors[n], tables), rows[n]
        if table < 0 and row < 0:
            yield layout.line(written[n], ancestors[n])
            n += 1
            continue
        end = n + 1
        while end < count and _table(ancestors[end], tables) == table and rows[end] == row:
            end += 1
        several = list(zip(written[n:end], ancestors[n:end], strict=True))
        yield from layout.row(several) if table < 0 else layout.table(table, tables[table], several)
        n = end


def _table(around: Ancestors, tables: Container[int]) -> int:
    """Return the table of data in whose cell a line stands; -1 for none."""
    return around.table if around.cell >= 0 and around.table in tables else -1


class _Layout:
    """How lines look: what was written of a page so far."""

    def __init__(self, page: Page, long: frozenset[int], markdown: bool) -> None:
        self._page, self._long, self._markdown = page, long, markdown
        self._items: set[int] = set()
        self._heading = -1  # the one written last
        self._tables: set[int] = set()

    def line(self, line: Line, around: Ancestors) -> _Piece:
        if line.code >= 0:
            return _Piece("code", self._fenced(line.text), line.code)
        if around.heading:
            begun = line.block == self._heading
            self._heading = line.block
            mark = "#" * around.heading + " " if self._markdown and not begun else ""
            return _Piece("heading", mark + line.text, line.block, between=" ")
        kind, group = self._kind(line, around)
        prefix = ""
        if around.item >= 0 and (kind == "list" or self._markdown):
            prefix = self._bullet(around)
        if self._markdown and around.quote >= 0:
            prefix = "> " + prefix
            group = group if kind != "prose" else ("quote", around.quote)
        return _Piece(kind, prefix + line.text, group, line.parted)

    def _kind(self, line: Line, around: Ancestors) -> tuple[Kind, object]:
        """Return what a line is part of: the innermost list or term list, or a paragraph."""
        if around.item >= 0 and around.list not in self._long and around.list > around.terms:
            return "list", around.list
        if around.term >= 0 and around.terms > around.list:
            if around.terms not in self._long:
                return "terms", around.terms
            if self._page.tags[around.term] == "dt":
                return "terms", around.term
        return "prose", self._paragraph(line.block)

    def _paragraph(self, block: int) -> int:
        """Return the element whose lines are a paragraph: what style makes a block is none."""
        page = self._page
        while block >= 0 and page.tags[block] not in BLOCKS and "-" not in page.tags[block]:
            block = page.parents[block]
        return block

    def _bullet(self, around: Ancestors) -> str:
        first = around.item not in self._items
        self._items.add(around.item)
        if not self._markdown:
            return "- " if first else ""
        return "  " * max(around.depth - 1, 0) + (_mark(self._page, around.item) if first else "  ")

    def _fenced(self, code: str) -> str:
        if not self._markdown:
            return code
        longest = max((len(run) for run in _FENCE.findall(code)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}\n{code}\n{fence}"

    def table(
        self, table: int, grid: Sequence[Sequence[int]], lines: Sequence[tuple[Line, Ancestors]]
    ) -> Iterator[_Piece]:
        """Yield the rows of a table of data, with its empty cells."""
        texts: dict[int, list[str]] = {}
        for line, around in lines:
            texts.setdefault(around.cell, []).append(" ".join(line.text.split()))
        rows = without_empty([[" ".join(texts.get(cell, ())) for cell in row] for row in grid])
        width = max(map(len, rows), default=0) if self._markdown else 0
        for row in rows:
            yield from self._cells([*row, *[""] * (width - len(row))], table)

    def row(self, lines: Sequence[tuple[Line, Ancestors]]) -> Iterator[_Piece]:
        """Yield a row of another table: the cells that have text."""
        texts: dict[int, list[str]] = {}
        for line, around in lines:
            texts.setdefault(around.cell, []).append(" ".join(line.text.split()))
        yield from self._cells([" ".join(parts) for parts in texts.values()], lines[0][1].table)

    def _cells(self, row: Sequence[str], table: int) -> Iterator[_Piece]:
        group = ("table", table)
        if not self._markdown:
            yield _Piece("table", " | ".join(row).strip(), group)
            return
        cells = [cell.replace("|", "\\|") for cell in row]
        yield _Piece("table", f"| {' | '.join(cells)} |", group)
        if table not in self._tables:
            self._tables.add(table)
            yield _Piece("table", "|" + " --- |" * len(row), group)


def _mark(page: Page, item: int) -> str:
    parent = page.parents[item]
    if parent < 0 or page.tags[parent] != "ol":
        return "- "
    number, child = 0, parent + 1
    while child <= item:
        number += page.tags[child] == "li"
        child = page.ends[child]
    return f"{number}. "
