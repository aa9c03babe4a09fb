"""The last step of choosing lines (`finish`) after the kernels: few pages have anything for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.extract.combined.compiled_page import KernelPage, Lines, string
from curate.extract.combined.edges import FOOTER, is_said, may_be_footer, title_candidates
from curate.extract.combined.finish import Left, finished, tables_left
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.sections import HEADING, LOWEST, SEE_ALSO, Outline, section_begun
from curate.extract.combined.units import SUBSTANTIAL


def finish(page: KernelPage, result: Sequence[Any]) -> list[int] | None:
    """Return the numbers of the lines to keep; None where they are those that were kept.

    `result` is what `page_text` returned.
    """
    lines, kept, ancestors, _, data, odds, barred, titles, inside, signs = result[4:]
    chosen: list[int] = np.flatnonzero(kept).tolist()
    if not chosen:
        return None
    heads = _heads(page, lines, kept, ancestors, odds) if signs & y.L_HEADS else []
    tables = _tables(ancestors, data) if signs & y.L_TABLES else []
    left = Left(heads, tables_left(tables, set(chosen)) if _has_left(tables, kept) else [])
    sure = bool(heads or left.tables or signs & y.L_ABOVE) or _ends_in_footer(page, lines, chosen)
    if not sure and (signs & y.L_TITLED or not page.title):
        return None
    outline = Outline(
        ancestors[y.HEADING].tolist(), _numbers(barred), titles.tolist(), odds.tolist(),
        tables, _numbers(inside),
    )  # fmt: skip
    if not sure and not _has_title(page, lines, outline, chosen):
        return None
    page.take(lines)
    new = finished(page.light, Lines(page), outline, chosen, left)
    return None if new == chosen else new


def _heads(page: KernelPage, lines: Any, kept: Any, ancestors: Any, odds: Any) -> list[int]:
    """Return the heads of `left_of` that are likely, or are the first of a section by its class."""
    headings = ancestors[y.HEADING] > 0
    named = lines[y.SIZE] == len(SEE_ALSO)
    found: list[int] = np.flatnonzero((headings | named) & (kept == 0) & (odds > LOWEST)).tolist()
    likely = odds > HEADING
    return [
        n
        for n in found
        if (headings[n] and likely[n])
        or (
            (headings[n] or _text(page, lines, n).lower() == SEE_ALSO)
            and _begins_section(page, lines, n)
        )
    ]


def _begins_section(page: KernelPage, lines: Any, n: int) -> bool:
    before = int(lines[y.NODE, n - 1]) if n else -1
    return section_begun(page.light, int(lines[y.AROUND, n]), before) >= 0


def _text(page: KernelPage, lines: Any, n: int) -> str:
    return string(page.out[lines[y.START, n] : lines[y.STOP, n]])


def _ends_in_footer(page: KernelPage, lines: Any, chosen: Sequence[int]) -> bool:
    """Return whether one of the last two lines may be of a footer."""
    return any(
        lines[y.SIZE, n] < FOOTER and may_be_footer(_text(page, lines, n)) for n in chosen[-2:]
    )


def _tables(ancestors: Any, data: Any) -> list[int]:
    """Return the table of data around each line, -1 for none."""
    tables = ancestors[y.TABLE]
    of_data = (ancestors[y.CELL] >= 0) & (tables >= 0) & (data[tables] != 0)
    found: list[int] = np.where(of_data, tables, -1).tolist()
    return found


def _has_left(tables: Sequence[int], kept: Any) -> bool:
    """Return whether a line of a table of data is not kept."""
    return bool(tables) and bool(((np.array(tables) >= 0) & (kept == 0)).any())


def _numbers(flags: Any) -> frozenset[int]:
    return frozenset(np.flatnonzero(flags).tolist())


def _has_title(page: KernelPage, lines: Any, outline: Outline, chosen: Sequence[int]) -> bool:
    """Return whether `edges.with_title` may find a title."""
    long = lines[y.SIZE, chosen] >= SUBSTANTIAL
    first = chosen[int(long.argmax())]  # the first of all if none is
    return any(
        is_said(_text(page, lines, n), page.title) for n in title_candidates(outline, chosen, first)
    )
