"""The last step of choosing lines (`finish`) after the kernels: few pages have anything for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.extract.combined.compiled_page import KernelPage, Lines, string
from curate.extract.combined.edges import FOOTER, may_be_footer
from curate.extract.combined.finish import Left, finished, tables_left
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.sections import LOWEST, SEE_ALSO, Outline


def finish(page: KernelPage, result: Sequence[Any]) -> list[int] | None:
    """Return the numbers of the lines to keep; None where they are those that were kept.

    `result` is what `page_text` returned.
    """
    lines, kept, ancestors, _, data, odds, barred, titles, inside = result[4:]
    chosen: list[int] = np.flatnonzero(kept).tolist()
    if not chosen:
        return None
    heads = _heads(page, lines, kept, ancestors, odds)
    tables = _tables(ancestors, data)
    left = Left(heads, tables_left(tables, set(chosen)) if _has_left(tables, kept) else [])
    above = bool(len(titles)) and chosen[0] != titles[0]
    if not heads and not left.tables and not above and not _ends_in_footer(page, lines, chosen):
        return None
    page.take(lines)
    outline = Outline(
        ancestors[y.HEADING].tolist(), _numbers(barred), titles.tolist(), odds.tolist(),
        tables, _numbers(inside),
    )  # fmt: skip
    new = finished(page.light, Lines(page), outline, chosen, left)
    return None if new == chosen else new


def _heads(page: KernelPage, lines: Any, kept: Any, ancestors: Any, odds: Any) -> list[int]:
    """Return what `finish.heads_of` does."""
    headings = ancestors[y.HEADING] > 0
    named = lines[y.SIZE] == len(SEE_ALSO)
    found: list[int] = np.flatnonzero((headings | named) & (kept == 0) & (odds > LOWEST)).tolist()
    return [n for n in found if headings[n] or _text(page, lines, n).lower() == SEE_ALSO]


def _text(page: KernelPage, lines: Any, n: int) -> str:
    return string(page.out[lines[y.START, n] : lines[y.STOP, n]])


def _ends_in_footer(page: KernelPage, lines: Any, chosen: Sequence[int]) -> bool:
    """Return whether one of the last two lines may be of a footer."""
    return any(
        lines[y.SIZE, n] < FOOTER and may_be_footer(_text(page, lines, n)) for n in chosen[-2:]
    )


def _tables(ancestors: Any, data: Any) -> list[int]:
    """Return the table of data around each line, -1 for none; [] if there is none on the page."""
    if not data.any():
        return []
    tables = ancestors[y.TABLE]
    of_data = (ancestors[y.CELL] >= 0) & (tables >= 0) & (data[tables] != 0)
    found: list[int] = np.where(of_data, tables, -1).tolist()
    return found


def _has_left(tables: Sequence[int], kept: Any) -> bool:
    """Return whether a line of a table of data is not kept."""
    return bool(tables) and bool(((np.array(tables) >= 0) & (kept == 0)).any())


def _numbers(flags: Any) -> frozenset[int]:
    return frozenset(np.flatnonzero(flags).tolist())
