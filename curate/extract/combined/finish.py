"""The last step of choosing lines: sections of documents are added, the edges cleaned.

For the plain path and for the kernels alike: few pages have anything for it, which is cheap to see.
"""

from collections.abc import Sequence

from curate.extract.combined.edges import without_edges
from curate.extract.combined.page import Line, Page
from curate.extract.combined.sections import LOWEST, SEE_ALSO, Outline, with_sections


def finished(
    page: Page,
    lines: Sequence[Line],
    outline: Outline,
    kept: Sequence[int],
    heads: Sequence[int],
) -> list[int]:
    """Return the numbers of the lines to keep in the end; `heads` are those of `heads_of`."""
    if heads:
        kept = with_sections(page, lines, outline, kept, heads)
    return without_edges(lines, outline.levels, outline.titles, kept, outline.odds)


def heads_of(lines: Sequence[Line], outline: Outline, kept: Sequence[int]) -> list[int]:
    """Return the lines that may be the first of a section that is not kept."""
    chosen, odds = set(kept), outline.odds
    size = len(SEE_ALSO)
    return [
        n
        for n, level in enumerate(outline.levels)
        if (level or (lines[n].characters == size and lines[n].text.lower() == SEE_ALSO))
        and n not in chosen
        and odds[n] > LOWEST
    ]
