"""Headings and lines that <title> names: the page's title, and the name of its site.

Input: a `Page` and its lines. Output: numbers of lines, the likeliest first.
"""

import re
from collections.abc import Collection, Sequence

from curate.extract.combined.page import Line, Page

_TITLE_LEVEL = 3  # of headings that may be the page's title
# Characters of a heading that is no name of a site; of one in Chinese, Japanese or Korean.
_OWN, _OWN_WIDE = 24, 9
_SHORTEST, _LONGEST = 8, 200  # characters of a title that is no heading
_PARTS = re.compile(r"\s+[|–—»·:•/-]+\s+|\s*[|»·]\s*|: ")  # what parts those of <title>
_WORDS = re.compile(r"\w+")


def lines_of_title(
    said: str, lines: Sequence[Line], barred: Collection[int], first: int
) -> list[int]:
    """Return the lines before one that are the title but no heading, the longest first.

    Their words are those of <title>, which is `said`, or of a part of it.
    """
    title, *others = title_words(said)
    parts = {title, *others} - {""}
    found = []
    for n in range(first if parts else 0):
        line = lines[n]
        if n in barred or line.code >= 0 or 2 * line.linked > line.characters:
            continue
        if not _SHORTEST <= line.characters < _LONGEST:
            continue
        words = words_of(line.text)
        if words in parts and (len(words) >= _OWN or 2 * len(words) >= len(title)):
            found.append((-line.characters, n))
    return [n for _, n in sorted(found)]


def title_words(title: str) -> list[str]:
    """Return the words of a title, then those of each of its parts."""
    return [words_of(one) for one in (title, *_PARTS.split(title))]


def named_headings(
    page: Page, lines: Sequence[Line], levels: Sequence[int]
) -> list[tuple[int, bool]]:
    """Return the headings that <title> names, those with most of its words first.

    With each whether it is enough of it to be put above the text. The first of the page, if it is a
    link and another says something else, is the site's name: it comes last, and beside it any part
    of <title> is enough.
    """
    title, *parts = title_words(page.title)
    found = []
    for n, level in enumerate(levels if title else ()):
        if not 0 < level <= _TITLE_LEVEL:
            continue
        said = words_of(lines[n].text)
        if len(said) > 3 and (said in title or title in said):
            own = len(said) >= (_OWN_WIDE if said[:1] >= "\u2e80" else _OWN)
            found.append((-len(said), n, own or 2 * len(said) >= len(title), said))
    if not found:
        return []
    _, first, _, name = found[0]
    others = [one for one in found if one[3] not in name and name not in one[3]]
    if not others or not is_link(lines[first]):
        return [(n, enough) for _, n, enough, _ in sorted(found)]
    (_, n, enough, said), *rest = sorted(found[1:])
    return [
        (n, enough or said in parts),
        *((n, enough) for _, n, enough, _ in rest),
        (first, False),
    ]


def title_of(page: Page, lines: Sequence[Line], named: Sequence[tuple[int, bool]]) -> str | None:
    """Return the title of a page: the heading that <title> names best, else <title> itself."""
    return lines[named[0][0]].text if named else page.title or None


def is_link(line: Line) -> bool:
    """Return whether more than half of a line is links."""
    return 2 * line.linked > line.characters


def words_of(text: str) -> str:
    """Return the words of a text in lower case, a space between them."""
    return " ".join(_WORDS.findall(text.lower()))
