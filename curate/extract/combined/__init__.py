"""The extractor `combined`: Readability plus a line classifier, on one parse of the page.

Input: the decoded text of a page. Output: its main text, as plain text or Markdown, and its blocks.
Of feeds the text of the entries, text without markup is unchanged.

Two independent algorithms are combined: Readability (`readability.article`), and a linear
classifier of lines, which has the former among its features (`line_classifier.log_odds`). GPT-2's
WebText combined two extractors likewise, Dragnet and Newspaper (Radford et al. 2019, section 2.1).
Log-odds are then smoothed over lines of one kind (`line_smoothing`). Units of lines (`units`) are
kept in the order of their log-odds, up to the number with the highest expected F-score in
characters; so a page with low scores still has a text, and no threshold is tuned (`selection`).
The title and prose below it are added (`leads`), headings are kept with the text below them.
"""

import logging
import re
from collections.abc import Sequence
from typing import Any

from curate.extract.combined import kernel_policy
from curate.extract.combined.fallback_text import (
    FEW_CHARACTERS,
    from_json_ld,
    is_notice,
    with_fallback_markup,
    with_hidden_text,
)
from curate.extract.combined.finish import finished, left_of
from curate.extract.combined.leads import titled, with_prose
from curate.extract.combined.line_classifier import GRID, Weights, load, log_odds
from curate.extract.combined.line_smoothing import smooth
from curate.extract.combined.lines import lines
from curate.extract.combined.mail_notices import without_notices
from curate.extract.combined.markers import tidy
from curate.extract.combined.page import Line, Page
from curate.extract.combined.readability import article
from curate.extract.combined.render import render
from curate.extract.combined.sections import Outline
from curate.extract.combined.selection import (
    NAVIGATION,
    PRECISE,
    best,
    choose,
    doubtful,
    is_mostly,
)
from curate.extract.combined.tree import parse
from curate.extract.combined.units import (
    Structure,
    completed,
    filled,
    structure_of,
    without_idle_headings,
    without_idle_links,
)
from curate.extract.feeds import feed_text, is_feed
from curate.text.blocks import Written

_log = logging.getLogger(__name__)
_MARKUP = re.compile(r"<[a-zA-Z!/?]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


def main_text(
    html: str,
    *,
    precision: bool = False,
    markdown: bool = False,
    weights: Weights | None = None,
) -> str:
    """Return the main text of a page; "" where there is none.

    `weights` are others than those of the package, for measurements.
    """
    return main_content(html, precision=precision, markdown=markdown, weights=weights).text


def main_content(
    html: str,
    *,
    precision: bool = False,
    markdown: bool = False,
    weights: Weights | None = None,
) -> Written:
    """Return the main text of a page and its blocks."""
    if not _MARKUP.search(html):
        return Written(plain(html))
    if is_feed(html):
        return feed_text(html, markdown=markdown)
    compiled = kernel_policy.kernels(len(html))
    if compiled is not None:
        known = _by_kernels(compiled, html, precision, markdown, weights or load())
        if known is not None:
            return without_notices(known)
    page, found = _read(html)
    structure = structure_of(page, found)
    kept = kept_lines(page, found, structure, precision=precision, weights=weights or load())
    written = render(page, found, kept, markdown=markdown, shape=structure.shape)
    return without_notices(written._replace(title=structure.title))


def _by_kernels(
    compiled: Any, html: str, precision: bool, markdown: bool, weights: Weights
) -> Written | None:
    """Return what the kernels write; None where the plain path must, also after an error."""
    try:
        return compiled.content(  # type: ignore[no-any-return]
            html, precision=precision, markdown=markdown, weights=weights
        )
    except Exception:
        _log.warning("extract: kernels failed, the plain path reads the page", exc_info=True)
        return None


def _read(html: str) -> tuple[Page, list[Line]]:
    """Return a page and its lines; of fallback text (`fallback_text`) where it has no other."""
    page = parse(html)
    found = lines(page)
    size = _own_size(found)
    if size >= FEW_CHARACTERS:
        return page, found
    for other in (with_fallback_markup, from_json_ld, with_hidden_text):
        text = other(html)
        if text is None:
            continue
        inner = parse(text)
        several = [line for line in lines(inner) if not is_notice(line.text)]
        if _own_size(several) > 2 * size:
            return inner, several
    return page, found


def _own_size(found: Sequence[Line]) -> int:
    """Return the characters of lines outside of links."""
    return sum(line.characters - line.linked for line in found)


def kept_lines(
    page: Page,
    found: Sequence[Line],
    structure: Structure,
    *,
    precision: bool = False,
    weights: Weights,
) -> list[int]:
    """Return the numbers of the lines that are main text."""
    main = article(page, found)
    title = structure.top, bool(structure.titles)
    alone = log_odds(page, found, main, title, weights)
    sizes = [line.characters for line in found]
    if precision:
        return best(doubtful(alone, main, PRECISE), sizes)
    odds = smooth(page, found, alone, [one / GRID for one in weights.smoothing])
    kept = selected(page.title, found, structure, odds, main)
    outline = outline_of(structure, odds, main)
    return finished(page, found, outline, kept, left_of(found, outline, kept))


def outline_of(structure: Structure, odds: Sequence[float], main: Sequence[int]) -> Outline:
    """Return what the last step needs to know of a page's lines."""
    data = structure.shape.tables
    tables = [
        around.table if around.cell >= 0 and around.table in data else -1
        for around in (structure.shape.ancestors if data else ())
    ]
    return Outline(
        structure.levels, structure.barred, structure.titles, odds, tables, frozenset(main)
    )


def selected(
    title: str,
    found: Sequence[Line],
    structure: Structure,
    odds: Sequence[float],
    main: Sequence[int],
    **settings: float,
) -> list[int]:
    """Return the numbers of the lines to keep, of their smoothed log-odds.

    `main` are the lines that Readability found, `settings` those of `selection.choose`.
    """
    sizes = [line.characters for line in found]
    if not is_mostly(structure.barred, main, sizes):
        odds = doubtful(odds, main, NAVIGATION, structure.barred)
    kept = choose(odds, sizes, main, structure.units, **settings)
    kept = titled(title, found, structure, kept, odds)
    kept = with_prose(found, structure, kept, main, odds)
    kept = filled(found, structure, completed(structure, kept), main, odds)
    kept = without_idle_links(found, structure, kept)
    return without_idle_headings(found, structure, kept)


def plain(text: str) -> str:
    """Return a text without markup, with uniform line breaks and no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(map(tidy, _CONTROL.sub("", text).split("\n"))).strip()
