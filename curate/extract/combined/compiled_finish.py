"""The last step of choosing lines (`finish`) after the kernels: few pages have anything for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.extract.combined.compiled_page import KernelPage, Lines, string
from curate.extract.combined.edges import FOOTER, may_be_footer
from curate.extract.combined.finish import finished
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.sections import LOWEST, SEE_ALSO, Outline


def finish(page: KernelPage, result: Sequence[Any]) -> list[int] | None:
    """Return the numbers of the lines to keep; None where they are those that were kept.

    `result` is what `page_text` returned.
    """
    lines, kept, ancestors, _, _, odds, barred, titles = result[4:]
    chosen: list[int] = np.flatnonzero(kept).tolist()
    if not chosen:
        return None
    heads = _heads(page, lines, kept, ancestors, odds)
    above = bool(len(titles)) and chosen[0] != titles[0]
    if not heads and not above and not _ends_in_footer(page, lines, chosen):
        return None
    page.take(lines)
    inside = frozenset(np.flatnonzero(barred).tolist())
    outline = Outline(ancestors[y.HEADING].tolist(), inside, titles.tolist(), odds.tolist())
    new = finished(page.light, Lines(page), outline, chosen, heads)
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
