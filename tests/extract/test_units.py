"""Units of lines: which lines belong together, and what between kept lines is kept."""

import pytest

pytest.importorskip("lxml", exc_type=ImportError)

from curate.extract.combined.lines import lines
from curate.extract.combined.page import Line
from curate.extract.combined.tree import parse
from curate.extract.combined.units import (
    Structure,
    completed,
    filled,
    structure_of,
    without_idle_headings,
)


def structure_with(units, whole, barred=()):
    count = len(units)
    return Structure(units, whole, [0] * count, frozenset(barred), [], -1, None, None)


def lines_with(*sizes, linked=0):
    return [Line("x" * size, n, -1, size, linked, 0, 0) for n, size in enumerate(sizes)]


BETWEEN = {
    "between two lines": ([0, 3], [], 0, (), [0, 1, 2, 3]),
    "after a line, nothing after it": ([0], [], 0, (), [0]),
    "after a line, in the article": ([0], [1, 2], 0, (), [0, 1, 2]),
    "before a line": ([3], [1, 2], 0, (), [3]),
    "links": ([0, 3], [], 30, (), [0, 3]),
    "in navigation": ([0, 3], [], 0, (2,), [0, 3]),
}


@pytest.mark.parametrize(
    ("kept", "main", "linked", "barred", "found"), BETWEEN.values(), ids=BETWEEN
)
def test_what_stands_between_lines_that_are_kept(kept, main, linked, barred, found):
    structure = structure_with([0, 1, 1, 3], [False, True, True, False], barred)
    several = lines_with(90, 40, 40, 90, linked=linked)
    assert filled(several, structure, kept, main, [-9.0] * 4) == found


@pytest.mark.parametrize(("odds", "found"), [(-1.9, True), (-2.1, False)])
def test_a_list_of_links_between_lines_that_are_kept(odds, found):
    structure = structure_with([0, 1, 1, 3], [False, True, True, False])
    several = lines_with(90, 40, 40, 90, linked=30)
    kept = filled(several, structure, [0, 3], [], [5.0, odds, odds, 5.0])
    assert kept == ([0, 1, 2, 3] if found else [0, 3])


ALONE = {
    "likely enough": (-0.9, 0, 0, (), True),
    "unlikely": (-1.1, 0, 0, (), False),
    "below a heading": (-1.9, 2, 0, (), True),
    "unlikely below a heading": (-2.1, 2, 0, (), False),
    "links": (-0.5, 0, 30, (), False),
    "in navigation": (-0.5, 0, 0, (1,), False),
}


@pytest.mark.parametrize(("odds", "level", "linked", "barred", "found"), ALONE.values(), ids=ALONE)
def test_a_single_line_between_lines_that_are_kept(odds, level, linked, barred, found):
    structure = structure_with([0, 1, 2], [False] * 3, barred)._replace(levels=[level, 0, 0])
    several = lines_with(90, 40, 90, linked=linked)
    kept = filled(several, structure, [0, 2], [1], [5.0, odds, 5.0])
    assert kept == ([0, 1, 2] if found else [0, 2])


SECTIONS = {
    "likely enough": ([2, 0, 0], [-1.9, -1.9, -1.0], 0, True),
    "a line is unlikely": ([2, 0, 0], [-1.0, -2.1, -1.0], 0, False),
    "links": ([2, 0, 0], [-1.0, -1.0, -1.0], 30, False),
    "without a heading": ([0, 0, 0], [0.0, 0.0, 0.0], 0, False),
    "with another heading": ([2, 0, 2], [0.0, 0.0, 0.0], 0, False),
}


@pytest.mark.parametrize(("levels", "odds", "linked", "found"), SECTIONS.values(), ids=SECTIONS)
def test_a_section_between_lines_that_are_kept(levels, odds, linked, found):
    structure = structure_with(range(5), [False] * 5)._replace(levels=[0, *levels, 0])
    several = lines_with(90, 40, 40, 40, 90, linked=linked)
    kept = filled(several, structure, [0, 4], [1], [5.0, *odds, 5.0])
    assert kept == ([0, 1, 2, 3, 4] if found else [0, 4])


def test_rows_of_short_cells_are_units():
    cell = f"<td>{'A column of a layout. ' * 12}</td>"
    page = parse(
        "<p>One.</p><table><tr><td>Sieve</td><td>Sieves the flour</td></tr></table>"
        f"<table><tr><td>Left</td>{cell}</tr></table>"
    )
    assert structure_of(page, lines(page)).units == [0, 1, 1, 3, 4]


ONLY = {
    "a likely heading": ((1, -0.9), [0, 0], (), [0, 1, 2, 3]),
    "an unlikely heading": ((1, -1.0), [0, 0], (), [0]),
    "no heading": ((0, 0.1), [0, 0], (), [0]),
    "more in the section": ((1, 0.1), [0, 0, 0], (), [0]),
    "another section after it": ((1, 0.1), [0, 0, 2], (), [0, 1, 2, 3]),
    "links": ((1, 0.1), [0, 0], (30,), [0]),
    "in navigation": ((1, 0.1), [0, 0], (0, 2), [0]),
}


@pytest.mark.parametrize(("heading", "after", "other", "found"), ONLY.values(), ids=ONLY)
def test_a_section_that_is_one_table_or_row_after_a_line_that_is_kept(heading, after, other, found):
    levels = [0, heading[0], *after]
    linked, barred = (other[0] if other else 0), other[1:]
    units = [0, 1, 2, 2, 4][: len(levels)]
    structure = structure_with(units, [False] * len(levels), barred)._replace(levels=levels)
    several = lines_with(90, 40, 40, 40, 40, linked=linked)[: len(levels)]
    odds = [5.0, heading[1], -9.0, -9.0, -9.0][: len(levels)]
    assert filled(several, structure, [0], [], odds) == found


@pytest.mark.parametrize(
    ("code", "odds", "kept", "found"),
    [(1, -1.9, [3], True), (1, -2.1, [3], False), (-1, -1.9, [3], False), (1, -1.9, [0], False)],
)
def test_a_declaration_goes_with_the_line_after_it(code, odds, kept, found):
    structure = structure_with(range(4), [False] * 4)
    several = lines_with(90, 40, 40, 90)
    several[2].code = code
    structure = structure._replace(levels=[0, 2, 0, 0])
    kept = filled(several, structure, kept, [], [5.0, -9.0, odds, 5.0])
    assert (2 in kept) is found
    assert (1 in kept) is found


@pytest.mark.parametrize(
    ("units", "linked", "found"),
    [
        ([0, 1, 1, 3], (40, 0), True),
        ([0, 1, 2, 3], (0, 0), False),
        ([0, 1, 1, 3], (40, 30), False),
    ],
)
def test_a_row_between_lines_that_are_kept_counts_as_one(units, linked, found):
    structure = structure_with(units, [False] * 4)
    several = lines_with(90, 40, 40, 90)
    several[1].linked, several[2].linked = linked
    kept = filled(several, structure, [0, 3], [], [5.0, -0.9, -0.9, 5.0])
    assert kept == ([0, 1, 2, 3] if found else [0, 3])


@pytest.mark.parametrize(("tag", "found"), [("table", True), ("p", False)])
def test_a_heading_heads_what_follows_a_long_table(tag, found):
    rows = "".join(f"<tr><th>{n}:</th><td>No. {n}</td></tr>" for n in range(6))
    rows = f"<table>{rows}</table>" if tag == "table" else "<p>No.</p>" * 12
    page = parse(f"<p>{'a b ' * 40}</p><h2>On weirs</h2>{rows}<p>{'c d ' * 40}</p>")
    found_lines = lines(page)
    structure = structure_of(page, found_lines)
    assert (1 in completed(structure, [0, len(found_lines) - 1])) is found


SITE, OWN = "<a href=/>The mills of the parish</a>", "On weirs"
NAMES = {
    "a link and a heading": (f"<h1>{SITE}</h1><h2>{OWN}</h2>", OWN),
    "two links": (f"<h1>{SITE}</h1><h2><a href=/w>{OWN}</a></h2>", OWN),
    "two headings": (f"<h1>The mills of the parish</h1><h2>{OWN}</h2>", "The mills of the parish"),
    "a link alone": (f"<h1>{SITE}</h1>", "The mills of the parish"),
    "a link to the page itself": (f"<h1>{SITE}</h1><h2>The mills</h2>", "The mills of the parish"),
}


@pytest.mark.parametrize(("above", "title"), NAMES.values(), ids=NAMES)
def test_a_link_above_the_title_is_the_name_of_the_site(above, title):
    page = parse(f"<title>On weirs – The mills of the parish</title>{above}<p>{'a b ' * 40}</p>")
    found = lines(page)
    structure = structure_of(page, found)
    assert structure.title == title
    left = without_idle_headings(found, structure, range(len(found)))
    assert found[left[0]].text == title
