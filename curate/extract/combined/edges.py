"""The first and last lines of what is kept: the title, a site's name above it, a page's footer.

Input: lines that are kept, in order. Output: those with the title, without the others.
"""

import re
from collections.abc import Sequence

from curate.extract.combined.headings import title_words, words_of
from curate.extract.combined.page import Line
from curate.extract.combined.sections import Outline
from curate.extract.combined.units import SUBSTANTIAL

ABOVE = 4  # lines above the title, and their highest log-odds: a site's name, its motto, a section
LIKELY = 0.0
UNLIKELY = -1.0  # the same above a heading that is not sure to be the title
FOOTER, MADE = 200, 1.0  # characters of a line of a footer, its highest log-odds
MADE_BY = 2.5  # and of one that says by what software the page was made, and when
# A line near the text is the title if it is a part of <title>: so many lines above, log-odds,
# characters; its words at the end of a part are more than half of it.
NEAR_TITLE, TITLE, SHORTEST, LONGEST = 8, -2.5, 3, 200
NEAR_FOOTER = 80  # characters of one last line after such a line
_RIGHTS = re.compile(
    r"\W*(?:©|\(c\)|copyright\b|all rights reserved)|.{0,60}all rights reserved\W*$",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\W*(?:powered by|proudly powered|created (?:using|with)|built with|generated (?:by|on|with)"
    r"|(?:page )?last (?:updated|modified|edited|changed|revised)"
    r"|this page (?:was )?(?:last|generated))\b",
    re.IGNORECASE,
)


def without_edges(
    lines: Sequence[Line], outline: Outline, said: str, kept: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep, without what is above the title, and the footer.

    `said` is the text of <title>.
    """
    kept = without_line_above(lines, outline, said, kept)
    return without_footer(lines, outline.levels, kept, outline.odds)


def with_title(
    lines: Sequence[Line], outline: Outline, said: str, kept: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep, with a line above the first long one that is the
    title: a part of <title>, which is `said`, or the end of one. None is added if one is kept.
    """
    first = next((n for n in kept if lines[n].characters >= SUBSTANTIAL), kept[0] if kept else 0)
    found = [n for n in title_candidates(outline, kept, first) if is_said(lines[n].text, said)]
    if not found:
        return list(kept)
    parts = set(title_words(said)) - {""}
    if any(words_of(lines[n].text) in parts for n in kept if n <= first):
        return list(kept)
    for n in found:
        words = words_of(lines[n].text)
        ends = any(one.endswith(" " + words) and 2 * len(words) > len(one) for one in parts)
        if 2 * lines[n].linked <= lines[n].characters and (words in parts or ends):
            return sorted({*kept, n})
    return list(kept)


def title_candidates(outline: Outline, kept: Sequence[int], first: int) -> list[int]:
    """Return the lines that may be the title above the first long line, the last first.

    [] if a heading that <title> names or one of the first level is kept.
    """
    chosen = set(kept)
    if not kept or any(n in chosen for n in outline.titles):
        return []
    if any(outline.levels[n] == 1 for n in kept if n <= first):
        return []
    near = range(first - 1, max(kept[0] - NEAR_TITLE, 0) - 1, -1)
    return [
        n for n in near if n not in chosen and n not in outline.barred and outline.odds[n] > TITLE
    ]


def is_said(text: str, said: str) -> bool:
    """Return whether <title> has this text, that is long enough to be a title."""
    return SHORTEST <= len(text) < LONGEST and text.lower() in said.lower()


def without_line_above(
    lines: Sequence[Line], outline: Outline, said: str, kept: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep, without unlikely short ones above the title.

    The title is a heading that <title>, which is `said`, names; else one of the first level that
    has a part of it, as "Tag: fog" has. None goes if one of them has the title's words, or the
    title has its: then this is no title, but a part of what it names.
    """
    odds, most = outline.odds, LIKELY
    if kept[:1] == list(outline.titles[:1]):
        return list(kept)
    chosen = set(kept)
    title = next((n for n in outline.titles if n in chosen), -1)
    if title < 0:
        title = next((n for n in kept[: ABOVE + 1] if outline.levels[n] == 1), -1)
        most = UNLIKELY
    first = kept.index(title) if title in kept[: ABOVE + 1] else 0
    above = kept[:first]
    if not above or all(odds[n] >= most for n in above):
        return list(kept)
    if any(lines[n].characters >= SUBSTANTIAL or lines[n].code >= 0 for n in above):
        return list(kept)
    words, own = words_of(lines[title].text), [words_of(lines[n].text) for n in above]
    if any(words in one or (one and one in words) for one in own):
        return list(kept)
    if most == UNLIKELY and not _has_part(words, said, own):
        return list(kept)
    return [*(n for n in above if odds[n] >= most), *kept[first:]]


def _has_part(words: str, said: str, others: Sequence[str]) -> bool:
    """Return whether words have a part of <title> that none of the others is."""
    parts = set(title_words(said)[1:]).difference(others)
    return any(len(one) >= SHORTEST and one in words for one in parts)


def without_footer(
    lines: Sequence[Line], levels: Sequence[int], kept: Sequence[int], odds: Sequence[float]
) -> list[int]:
    """Return the numbers of the lines to keep, without those of a footer at their end."""
    end = len(kept)
    while end > 2:
        last = kept[end - 1]
        if not levels[last] and is_footer(lines[last], odds[last]):
            end -= 1
        elif (
            end > 3
            and lines[last].characters < NEAR_FOOTER
            and odds[last] < MADE
            and not levels[kept[end - 2]]
            and is_footer(lines[kept[end - 2]], odds[kept[end - 2]])
        ):
            end -= 2
        else:
            break
    return list(kept[:end])


def is_footer(line: Line, odds: float) -> bool:
    """Return whether a line says who has the rights to a page, or what made it.

    >>> words = "Powered by a generator of static sites"
    >>> is_footer(Line(words, 0, 0, len(words), 0, 0, 0), 0.0)
    True
    """
    if line.characters >= FOOTER or line.code >= 0:
        return False
    if odds < MADE and _RIGHTS.match(line.text):
        return True
    return odds < MADE_BY and _MADE.match(line.text) is not None


def may_be_footer(text: str) -> bool:
    """Return whether the words of a line are those of a footer."""
    return _RIGHTS.match(text) is not None or _MADE.match(text) is not None
