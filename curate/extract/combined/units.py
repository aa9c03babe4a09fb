"""Units of lines that are kept or dropped together.

A data table, a row of short cells of another table, a list of terms, a list of short items, code
with the line that introduces it, and a display formula with the sentence before it are units. A
heading is kept with the text below it, the title with the page's text.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from curate.extract.combined.ancestors import Ancestors
from curate.extract.combined.boilerplate import is_bar
from curate.extract.combined.headings import (
    is_link,
    named_headings,
    title_of,
    words_of,
)
from curate.extract.combined.page import Line, Page
from curate.extract.combined.tables import Shape, shape_of, short_rows

_LEADS = (":", "：")
# Lines or tables of data after a heading; if one of them is kept, so is the heading.
_AFTER_HEADING = 8
_LOWEST = 9  # below any heading
SUBSTANTIAL = 80  # characters of a line that is surely text
_MARKS = 40  # characters by which lines of the same words differ at most
# Log-odds above which a line between two that are kept is kept, and one below a heading; lines of
# a section between them.
BETWEEN, BELOW_HEADING, LONGEST_GAP = -1.0, -2.0, 4
HEADED = -1.0  # and of a heading whose section is kept with it
LINKED = -2.0  # and of a unit that is mostly links
NAVIGATION = frozenset(
    ("navigation", "menubar", "menu", "tablist", "dialog", "alertdialog", "search")
)


class Structure(NamedTuple):
    """What is known of a page's lines before any is chosen.

    `units` has the number of the first line of each line's unit, `whole` whether a line is of a
    table of data, a list or code, `levels` those of headings (0: none);
    `barred` are lines inside <nav>, `titles` headings to put above the text, best first, `top` is
    the first of them or the first heading of the first level, -1 if there is none; `shape` is what
    writing them needs to know, `title` the page's.
    """

    units: list[int]
    whole: list[bool]
    levels: list[int]
    barred: frozenset[int]
    titles: list[int]
    top: int
    shape: Shape
    title: str | None


def structure_of(page: Page, lines: Sequence[Line]) -> Structure:
    """Return the structure of a page's lines."""
    shape = shape_of(page, lines)
    several = units(page, lines, shape.ancestors, shape.tables, shape.long)
    whole = [
        line.code >= 0 or _whole(around, shape.tables, shape.long) >= 0
        for line, around in zip(lines, shape.ancestors, strict=True)
    ]
    levels = [around.heading for around in shape.ancestors]
    barred = navigation(page, lines)
    named = named_headings(page, lines, levels)
    titles = [n for n, enough in named if enough and n not in barred]
    top = titles[0] if titles else levels.index(1) if 1 in levels else -1
    title = title_of(page, lines, named)
    return Structure(several, whole, levels, barred, titles, top, shape, title)


def units(
    page: Page,
    lines: Sequence[Line],
    ancestors: Sequence[Ancestors],
    tables: Collection[int],
    long: Collection[int],
) -> list[int]:
    """Return the unit of each line, as the number of its first line.

    Args:
        ancestors: where each line stands.
        tables: the tables of data.
        long: lists and term lists whose items are paragraphs: these are no units.
    """
    found: list[int] = []
    known: dict[int, int] = {}  # element -> its unit
    rows = short_rows(page, lines, ancestors, tables)
    wholes = [_whole(around, tables, long) for around in ancestors]
    linked = _mostly_links(lines, wholes)
    for n, (line, row, whole) in enumerate(zip(lines, rows, wholes, strict=True)):
        element = row if whole < 0 else whole
        unit = n if element < 0 else known.setdefault(element, n)
        displayed = line.block >= 0 and page.tags[line.block] == "math"
        introduced = whole >= 0 or (line.code >= 0 and row < 0)
        if (
            n
            and unit == n
            and (
                (displayed and not ancestors[n - 1].heading)
                or (
                    introduced
                    and _leads(lines, ancestors, n - 1)
                    and (whole not in linked or 2 * lines[n - 1].linked > lines[n - 1].characters)
                )
            )
        ):
            unit = found[n - 1]
            if element >= 0:
                known[element] = unit
        found.append(unit)
    return found


def _mostly_links(lines: Sequence[Line], elements: Sequence[int]) -> set[int]:
    """Return those of the elements around lines, -1 for none, that are mostly links."""
    spare: dict[int, int] = {-1: 0}  # characters outside of links less those in them
    for line, element in zip(lines, elements, strict=True):
        if element >= 0:
            spare[element] = spare.get(element, 0) + line.characters - 2 * line.linked
    return {element for element, characters in spare.items() if characters < 0}


def _whole(around: Ancestors, tables: Collection[int], long: Collection[int]) -> int:
    """Return the element that is a unit around a line; -1 for none."""
    if around.table in tables and around.cell >= 0:
        return around.table
    if around.term >= 0 and around.terms >= 0 and around.terms not in long:
        return around.terms
    if around.item >= 0 and around.list >= 0 and around.list not in long:
        return around.list
    return -1


def _leads(lines: Sequence[Line], ancestors: Sequence[Ancestors], n: int) -> bool:
    """Return whether a line introduces what follows it."""
    return lines[n].text.endswith(_LEADS) and lines[n].code < 0 and not ancestors[n].heading


def navigation(page: Page, lines: Sequence[Line]) -> frozenset[int]:
    """Return the numbers of the lines inside <nav> and elements with such a role."""
    until = 0
    inside: set[int] = set()
    spans = []
    bars = {node for node, tag in enumerate(page.tags) if tag == "nav"}
    bars.update(node for node, some in page.attributes.items() if some.get("role") in NAVIGATION)
    for node in sorted(bars):
        if node >= until:
            until = page.ends[node]
            spans.append((node, until))
    span = 0
    for n, line in enumerate(lines if spans else ()):
        while span < len(spans) and spans[span][1] <= line.node:
            span += 1
        if span < len(spans) and spans[span][0] <= line.node:
            inside.add(n)
    return frozenset(inside)


def completed(structure: Structure, kept: Sequence[int]) -> list[int]:
    """Return the numbers of the lines to keep: those chosen, and headings with what they head."""
    chosen = set(kept)
    levels, barred = structure.levels, structure.barred
    following: list[tuple[int, int]] = []  # lines below, the next first; level of what parts them
    for n in range(len(levels) - 1, -1, -1):
        level = levels[n]
        if not level:
            if following and _are_of_table(structure, n, following[0][0]):
                del following[0]
            following = [(n, _LOWEST), *following[: _AFTER_HEADING - 1]]
            continue
        headed = [one for one, parting in following if parting > level]
        if n not in barred and any(one in chosen for one in headed):
            chosen.add(n)
        following = [(one, min(parting, level)) for one, parting in following]
    return sorted(chosen)


def _are_of_table(structure: Structure, one: int, other: int) -> bool:
    """Return whether two lines are of one table of data."""
    around = structure.shape.ancestors[one]
    data = around.cell >= 0 and around.table in structure.shape.tables
    return data and structure.units[one] == structure.units[other]


def filled(
    lines: Sequence[Line],
    structure: Structure,
    kept: Sequence[int],
    main: Sequence[int],
    odds: Sequence[float],
) -> list[int]:
    """Return the numbers of the lines to keep: those chosen, and what stands between them.

    A table of data, a list or code that follows a line that is kept is kept, if another such line
    follows it or Readability chose it, unless it is links and unlikely. So is one that is all of a
    section whose heading is likely, with the heading, and code right before a line that is kept. So
    are a single line, a row and a heading with a few lines between two others. The log-odds of the
    last three must not be too low.
    """
    chosen, inside = set(kept), set(main)
    members: dict[int, list[int]] = {}
    for n, unit in enumerate(structure.units):
        members.setdefault(unit, []).append(n)
    for unit, several in members.items():
        last = several[-1]
        if unit in chosen or not structure.barred.isdisjoint(several):
            continue
        if structure.whole[last] and unit - 1 in chosen:
            between = last + 1 in chosen or inside.issuperset(several)
            if between and _likely(lines, several, odds):
                chosen.update(several)
                continue
        if unit and last + 1 in chosen and _is_declared(lines, several, odds):
            above = unit - 1 if structure.levels[unit - 1] else unit
            chosen.update({above, unit} - structure.barred)
            continue
        heading = _heading_of(structure, unit, chosen, odds)
        if heading >= 0 and _is_section(structure, several) and _is_own(lines, several):
            chosen.update((heading, *several))
    chosen.update(_gaps(lines, structure, sorted(chosen), odds))
    return sorted(chosen)


def _is_declared(lines: Sequence[Line], unit: Sequence[int], odds: Sequence[float]) -> bool:
    """Return whether a unit before a line that is kept is code, and not unlikely."""
    return len(unit) == 1 and lines[unit[0]].code >= 0 and odds[unit[0]] > BELOW_HEADING


def _heading_of(
    structure: Structure, unit: int, chosen: Collection[int], odds: Sequence[float]
) -> int:
    """Return the likely heading before a unit, if the line before that is kept; -1 for none."""
    n = unit - 1
    if n < 1 or not structure.levels[n] or n in structure.barred or odds[n] <= HEADED:
        return -1
    return n if n - 1 in chosen else -1


def _is_section(structure: Structure, unit: Sequence[int]) -> bool:
    """Return whether a unit of several lines is all of a section."""
    after = unit[-1] + 1
    return len(unit) > 1 and (after == len(structure.levels) or structure.levels[after] > 0)


def _is_own(lines: Sequence[Line], unit: Sequence[int]) -> bool:
    """Return whether less than half of a unit is links."""
    return 2 * sum(lines[n].linked for n in unit) <= sum(lines[n].characters for n in unit)


def _likely(lines: Sequence[Line], unit: Sequence[int], odds: Sequence[float]) -> bool:
    """Return whether a unit is not mostly links, or its mean log-odds are not too low."""
    characters = linked = 0
    total = 0.0
    for n in unit:  # one by one: sum() of floats differs between versions of Python
        characters += lines[n].characters
        linked += lines[n].linked
        total += odds[n] * lines[n].characters
    return 2 * linked <= characters or total > LINKED * characters


def _gaps(
    lines: Sequence[Line], structure: Structure, kept: Sequence[int], odds: Sequence[float]
) -> Iterator[int]:
    """Yield lines between lines that are kept: single ones, and headings with a few lines."""
    levels = structure.levels
    for before, after in pairwise(kept):
        gap = range(before + 1, after)
        if not 0 < len(gap) <= LONGEST_GAP:
            continue
        section = levels[gap[0]] > 0 and not levels[gap[-1]]
        row = len(gap) > 1 and len({structure.units[n] for n in gap}) == 1
        if len(gap) > 1 and not section and not row:
            continue
        floor = BELOW_HEADING if section or levels[before] else BETWEEN
        own = all(2 * lines[n].linked <= lines[n].characters for n in gap)
        if (
            structure.barred.isdisjoint(gap)
            and all(odds[n] > floor for n in gap)
            and (own or (row and _is_own(lines, gap)))
        ):
            yield from gap


def without_idle_headings(
    lines: Sequence[Line], structure: Structure, kept: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep, without headings said twice or above nothing.

    A running header that the heading after it repeats goes, and so do a heading at the end, and
    links above the title: the site's name.
    """
    gone = set(_links_above_title(lines, structure, kept))
    for before, n in pairwise(kept):
        if structure.levels[n] or structure.levels[before]:
            same = _say_the_same(lines[before].text, lines[n].text)
            if same and lines[n].code < 0 and lines[before].code < 0:
                gone.add(n if structure.levels[before] else before)
    left = [n for n in kept if n not in gone]
    idle = len(left) > 2 and structure.levels[left[-1]] and not structure.levels[left[-2]]
    return left[:-1] if idle else left


def _links_above_title(
    lines: Sequence[Line], structure: Structure, kept: Sequence[int]
) -> Iterator[int]:
    """Yield headings that are links above the title, with no text between."""
    title = structure.titles[0] if structure.titles else -1
    if title not in kept:
        return
    for n in reversed(kept):
        if n < title and structure.levels[n] and is_link(lines[n]):
            yield n
        elif n < title and lines[n].characters >= SUBSTANTIAL:
            return


def without_idle_links(
    lines: Sequence[Line], structure: Structure, kept: Sequence[int]
) -> list[int]:
    """Return the numbers of the lines to keep, without links around the site.

    Of links that stand more than once the first is kept. Rows of data and code stay as they are.
    """
    seen: set[str] = set()
    left = []
    for n in kept:
        line = lines[n]
        if line.linked and line.code < 0:
            table = structure.shape.ancestors[n].table
            if table not in structure.shape.tables and is_bar(line.text, line.linked):
                continue
            if 2 * line.linked >= line.characters and table < 0:
                if line.text in seen:
                    continue
                seen.add(line.text)
        left.append(n)
    return left


def _say_the_same(one: str, other: str) -> bool:
    return abs(len(one) - len(other)) < _MARKS and words_of(one) == words_of(other)
