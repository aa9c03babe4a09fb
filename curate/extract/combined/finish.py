"""The last step of choosing lines: sections and tables of documents are added, the edges cleaned.

For the plain path and for the kernels alike: few pages have anything for it, which is cheap to see.
"""

from collections.abc import Sequence
from typing import NamedTuple

from curate.extract.combined.edges import with_title, without_edges
from curate.extract.combined.member_tables import with_tables
from curate.extract.combined.page import Line, Page
from curate.extract.combined.sections import LOWEST, SEE_ALSO, Outline, with_sections


class Left(NamedTuple):
    """What was left out and may be kept.

    `heads` are lines that may be the first of a section, `tables` the lines of each table of data.
    """

    heads: list[int]
    tables: list[range]


def finished(
    page: Page, lines: Sequence[Line], outline: Outline, kept: Sequence[int], left: Left
) -> list[int]:
    """Return the numbers of the lines to keep in the end."""
    if left.tables:
        kept = with_tables(page, lines, outline, kept, left.tables)
    if left.heads:
        kept = with_sections(page, lines, outline, kept, left.heads)
    if page.title:
        kept = with_title(lines, outline, page.title, kept)
    return without_edges(lines, outline, page.title, kept)


def left_of(lines: Sequence[Line], outline: Outline, kept: Sequence[int]) -> Left:
    """Return what was left out of a page."""
    chosen, odds = set(kept), outline.odds
    size = len(SEE_ALSO)
    heads = [
        n
        for n, level in enumerate(outline.levels)
        if (level or (lines[n].characters == size and lines[n].text.lower() == SEE_ALSO))
        and n not in chosen
        and odds[n] > LOWEST
    ]
    return Left(heads, tables_left(outline.tables, chosen))


def tables_left(tables: Sequence[int], chosen: set[int]) -> list[range]:
    """Return the lines of each table of data, if no line of it is kept."""
    spans: dict[int, range] = {}
    for n, table in enumerate(tables):
        if table >= 0:
            first = spans[table][0] if table in spans else n
            spans[table] = range(first, n + 1)
    return [span for span in spans.values() if chosen.isdisjoint(span)]
