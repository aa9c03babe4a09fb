"""Tables of data that were left out between lines that are kept: summaries of members, of fields.

Their cells are short, and links: the line classifier takes them for a menu. Input: lines that are
kept. Output: lines that are kept, with such tables.
"""

from collections.abc import Sequence

from curate.extract.combined.page import Line, Page, names
from curate.extract.combined.sections import LOWEST, Outline

# Classes of tables that Doxygen, javadoc and Sphinx write.
MEMBERS = names(
    "memberdecls fieldtable membersummary overviewsummary summary-table typesummary usesummary"
)
MEAN = -2.0  # log-odds of other tables that Readability chose, by characters


def with_tables(
    page: Page, lines: Sequence[Line], outline: Outline, kept: Sequence[int], left: Sequence[range]
) -> list[int]:
    """Return the numbers of the lines to keep: those chosen, and tables between them.

    `left` are the lines of each table of data of which none is kept.
    """
    chosen = set(kept)
    for table in left:
        if not kept or not kept[0] < table[0] <= table[-1] < kept[-1]:
            continue
        if any(n in outline.barred for n in table) or not _stays(page, lines, outline, table):
            continue
        above = table[0] - 1
        chosen.update(table)
        if outline.levels[above] and above not in outline.barred:
            chosen.add(above)
    return sorted(chosen)


def is_of_members(page: Page, table: int) -> bool:
    """Return whether a table is a summary of members by its class."""
    return not MEMBERS.isdisjoint(page.names[table].split())


def _stays(page: Page, lines: Sequence[Line], outline: Outline, table: range) -> bool:
    """Return whether a table is to be kept."""
    if is_of_members(page, outline.tables[table[0]]):
        return all(outline.odds[n] > LOWEST for n in table)
    characters = linked = 0
    total = 0.0
    for n in table:  # one by one: sum() of floats differs between versions of Python
        if n not in outline.main:
            return False
        characters += lines[n].characters
        linked += lines[n].linked
        total += outline.odds[n] * lines[n].characters
    return 2 * linked <= characters and total > MEAN * characters
