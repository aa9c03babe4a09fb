"""The title above the lines that are kept, and prose at their edges.

Readability's element often begins below the title and the lead, and ends above the last section.
"""

from collections.abc import Sequence

from curate.extract.combined.headings import lines_of_title
from curate.extract.combined.page import Line
from curate.extract.combined.units import SUBSTANTIAL, Structure

# Log-odds above which a first-level heading is the title; prose between the title and the text is
# kept; prose after it, at most so many lines further.
TITLE, LEAD, AFTER, NEAR = -2.0, -0.75, -0.5, 3


def titled(
    said: str,
    lines: Sequence[Line],
    structure: Structure,
    kept: Sequence[int],
    odds: Sequence[float],
) -> list[int]:
    """Return the numbers of the lines to keep, with the title above them.

    That is the heading that <title>, which is `said`, names, else the line that says the same, else
    the likeliest heading of the first level, unless one is kept.
    """
    if not kept:
        return []
    chosen = set(kept)
    first = next((n for n in kept if lines[n].characters >= SUBSTANTIAL), None)
    title = next((n for n in structure.titles if n <= (first or 0)), None)
    if title is not None:
        return sorted({*kept, title})
    first = kept[0] if first is None else first
    if not chosen.isdisjoint(structure.titles):
        return list(kept)
    found = lines_of_title(said, lines, structure.barred, first) or _headings(
        lines, structure, kept, odds, first
    )
    return sorted({*kept, found[0]}) if chosen.isdisjoint(found) and found else list(kept)


def _headings(
    lines: Sequence[Line],
    structure: Structure,
    kept: Sequence[int],
    odds: Sequence[float],
    first: int,
) -> list[int]:
    """Return the headings of the first level before a line, the likeliest first.

    [] if one is kept.
    """
    levels = structure.levels
    if any(levels[n] == 1 for n in kept if n <= first):
        return []
    found = [
        (-odds[n], n)
        for n in range(first)
        if levels[n] == 1
        and odds[n] > TITLE
        and n not in structure.barred
        and 2 * lines[n].linked <= lines[n].characters
    ]
    return [n for _, n in sorted(found)]


def with_prose(
    lines: Sequence[Line],
    structure: Structure,
    kept: Sequence[int],
    main: Sequence[int],
    odds: Sequence[float],
) -> list[int]:
    """Return the numbers of the lines to keep, with prose between the title and the text, and
    right after it, if its log-odds are not too low.

    The text begins at the first long line that Readability chose, too.
    """
    if not kept:
        return []
    chosen, inside = set(kept), set(main)
    long = [n for n in kept if lines[n].characters >= SUBSTANTIAL]
    first = next((n for n in long if n in inside), long[0] if long else kept[0])
    chosen.update(
        n for n in range(kept[0] + 1, first) if odds[n] > LEAD and _is_prose(lines, structure, n)
    )
    last = kept[-1]
    for n in range(last + 1, len(lines)):
        if n - last > NEAR:
            break
        if odds[n] > AFTER and _is_prose(lines, structure, n):
            chosen.add(n)
            last = n
    return sorted(chosen)


def _is_prose(lines: Sequence[Line], structure: Structure, n: int) -> bool:
    """Return whether a line is long, hardly linked, and neither code nor in <nav>."""
    line = lines[n]
    return (
        line.characters >= SUBSTANTIAL
        and 4 * line.linked <= line.characters
        and line.code < 0
        and n not in structure.barred
    )
