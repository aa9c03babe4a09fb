"""Sections of a document that were left out between, or after, those that are kept.

Manuals have sections of links alone ("See also"), of a few short lines ("Options"), references: no
line of them is likely to be text, but their elements say that they are sections of the same
document. Input: lines that are kept. Output: lines that are kept, with such sections.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from curate.extract.combined.page import Line, Page, names
from curate.extract.combined.units import SUBSTANTIAL

# Classes of sections, as DocBook, AsciiDoc, Texinfo, Sphinx, Pandoc write them.
SECTIONS = names(
    "sect1 sect2 sect3 sect4 sect5 refsect1 refsect2 refsect3 refsection simplesect level1 level2 "
    "level3 level4 level5 level6 section-level-extent subsection-level-extent "
    "subsubsection-level-extent chapter-level-extent"
)
NOTE = names("admonition seealso")  # both classes of Sphinx's
SEE_ALSO = "see also"  # its title
# A section is kept if the log-odds of all its lines, and their mean, are above these.
LOWEST, MEAN = -3.6, -2.7
OWN = 200  # characters that are kept of what the section is in: at least so many, and half of it
# A section after one of the same level, in the same element: log-odds of that one's heading, of its
# own, of its lines, and their mean; characters of its longest line, unless it has code.
BEFORE, HEADING, LINE, LINES, LONG = -1.0, -1.5, -2.6, -2.0, 40
_URL = ("http", "www.")


class Outline(NamedTuple):
    """What is known of a page's lines.

    `levels` are those of headings, 0 for others; `barred` lines inside <nav>, `titles` headings
    that <title> names, best first; `odds` the lines' log-odds; `tables` has the table of data
    around each line, -1 for none; `main` are the lines that Readability found.
    """

    levels: Sequence[int]
    barred: Collection[int]
    titles: Sequence[int]
    odds: Sequence[float]
    tables: Sequence[int]
    main: Collection[int]


def with_sections(
    page: Page, lines: Sequence[Line], outline: Outline, kept: Sequence[int], heads: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep: those chosen, and sections beside theirs.

    `heads` are headings that are not kept, and other lines that may be the title of a section.
    """
    chosen = set(kept)
    for n in heads:
        if n in chosen or not kept or n < kept[0] or outline.odds[n] <= LOWEST:
            continue
        span = _document_section(page, lines, outline, kept, n) or _next_section(
            page, lines, outline, chosen, n
        )
        if span and chosen.isdisjoint(span) and not any(k in outline.barred for k in span):
            chosen.update(span)
    return sorted(chosen)


def _document_section(
    page: Page, lines: Sequence[Line], outline: Outline, kept: Sequence[int], head: int
) -> range | None:
    """Return the lines of the section of a document that a line begins, if they are to be kept."""
    section = section_begun(page, lines[head].block, lines[head - 1].node if head else -1)
    around = page.parents[section] if section >= 0 else -1
    if around < 0:
        return None
    inside = [n for n in kept if around <= lines[n].block < page.ends[around]]
    before = max((n for n in inside if n < head), default=-1)
    if before < 0 or sum(lines[n].characters for n in inside) < OWN:
        return None
    beside = _child_around(page, lines[before].block, around)
    note = NOTE.issubset(page.names[section].split())
    if not note and (beside < 0 or not _is_section(page, beside)):
        return None
    span = range(head, _end(lines, page.ends[section], head))
    if len(span) < 2 or not _are_likely(lines, outline, span, LOWEST, MEAN):
        return None
    by_class = note or not SECTIONS.isdisjoint(page.names[section].split())
    own = by_class or 2 * _links(lines, span) < len(span) or _have_prose(lines, span)
    return span if own else None


def section_begun(page: Page, node: int, before: int) -> int:
    """Return the section of a document whose first line is in this block; -1 if there is none.

    `before` is the node where the line before it starts.
    """
    while node > before and node >= 0:
        if _is_section(page, node):
            return node
        node = page.parents[node]
    return -1


def _is_section(page: Page, node: int) -> bool:
    """Return whether an element is a section by its class, or `section` with an id alone."""
    tag = page.tags[node]
    if tag not in ("div", "section"):
        return False
    classes, _, own_id = page.names[node].rpartition(" ")
    several = classes.split()
    if own_id and several == (["section"] if tag == "div" else []):
        return True
    return NOTE.issubset(several) or not SECTIONS.isdisjoint(several)


def _child_around(page: Page, node: int, around: int) -> int:
    """Return the child of an element in which a node is; -1 if the node is the element."""
    if node == around:
        return -1
    while page.parents[node] != around:
        node = page.parents[node]
    return node


def _end(lines: Sequence[Line], end: int, n: int) -> int:
    """Return the number of the first line after this one that is not before a node."""
    while n < len(lines) and lines[n].node < end:
        n += 1
    return n


def _are_likely(
    lines: Sequence[Line], outline: Outline, span: Sequence[int], lowest: float, mean: float
) -> bool:
    """Return whether the log-odds of lines and their mean by characters are not too low."""
    characters, total = 0, 0.0
    for n in span:  # one by one: sum() of floats differs between versions of Python
        if outline.odds[n] <= lowest:
            return False
        characters += lines[n].characters
        total += outline.odds[n] * lines[n].characters
    return total > mean * characters


def _next_section(
    page: Page, lines: Sequence[Line], outline: Outline, chosen: set[int], head: int
) -> range | None:
    """Return the lines of a section after one like it, if they are to be kept."""
    level, odds = outline.levels[head], outline.odds
    if not level or odds[head] <= HEADING or 2 * lines[head].linked > lines[head].characters:
        return None
    like = last = -1  # the heading before it of the same level, the last line that is kept
    for n in range(head - 1, -1, -1):
        if n in chosen:
            last = max(last, n)
            if 0 < outline.levels[n] <= level:
                like = n if outline.levels[n] == level else -1
                break
    if like < 0 or last == like or odds[like] <= BEFORE:
        return None
    around = _common(page, lines[like].block, lines[head].block)
    if around < 0 or not around <= lines[last].block < page.ends[around]:
        return None
    alike = _way(page, lines[like].block, around) == _way(page, lines[head].block, around)
    end = head + 1
    while end < len(lines) and not 0 < outline.levels[end] <= level and end not in chosen:
        if not around <= lines[end].block < page.ends[around]:
            break
        end += 1
    body = range(head + 1, end)
    long = any(lines[n].characters >= LONG or lines[n].code >= 0 for n in body)
    if not alike or not long or _links(lines, body):
        return None
    return range(head, end) if _are_likely(lines, outline, body, LINE, LINES) else None


def _common(page: Page, one: int, other: int) -> int:
    """Return the innermost element around both."""
    while one >= 0 and not one <= other < page.ends[one]:
        one = page.parents[one]
    return one


def _way(page: Page, node: int, around: int) -> tuple[list[str], str]:
    """Return the tags of the elements from one up to one around it, and the class of the first."""
    classes = page.names[node].rpartition(" ")[0] if node != around else ""
    tags = []
    while node != around:
        tags.append(page.tags[node])
        node = page.parents[node]
    return tags, classes


def _have_prose(lines: Sequence[Line], span: Sequence[int]) -> bool:
    return any(
        lines[n].characters >= SUBSTANTIAL and 4 * lines[n].linked <= lines[n].characters
        for n in span
    )


def _links(lines: Sequence[Line], span: Sequence[int]) -> int:
    """Return how many of these lines are links, other than to an address that they say."""
    return sum(
        2 * lines[n].linked > lines[n].characters
        and not lines[n].text.lstrip("<([ ").startswith(_URL)
        for n in span
    )
