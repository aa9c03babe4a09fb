# ruff: noqa: E501 - pages
"""Titles and prose at the edges of what is kept, on pages whose log-odds are given."""

import pytest

pytest.importorskip("lxml", exc_type=ImportError)

from curate.extract.combined.leads import AFTER, LEAD, TITLE, titled, with_prose
from curate.extract.combined.lines import lines
from curate.extract.combined.tree import parse
from curate.extract.combined.units import structure_of

LONG = "The keeper lived in the house with the green door, and the carters paid a toll there."
OTHER = "In spring the meadows lay under water for a week or two, and nobody went that way by day."


def read(html):
    page = parse(html)
    found = lines(page)
    return page.title, found, structure_of(page, found)


@pytest.mark.parametrize(
    ("title", "line", "found"),
    [
        ("The old road – A site", "The old road", True),
        ("A site | The old road by the river", "The old road by the river", True),
        ("The old road – A site", "The old mill", False),
        ("Up – The chronicle of the parish", "Up", False),
    ],
)
def test_the_line_that_is_the_title(title, line, found):
    said, every, structure = read(
        f"<title>{title}</title><div class=t>{line}</div><p>2 May</p><p>{LONG}</p>"
    )
    kept = titled(said, every, structure, [2], [-9.0] * 3)
    assert kept == ([0, 2] if found else [2])


def test_of_lines_that_are_the_title_the_longest_is_put_above_the_text_or_the_one_that_is_kept():
    html = f"<title>The old road by the mill – The old road by the river</title><p>The old road by the mill</p><p>The old road by the river</p><p>{LONG}</p>"
    said, every, structure = read(html)
    assert titled(said, every, structure, [2], [-9.0] * 3) == [1, 2]
    assert titled(said, every, structure, [0, 2], [-9.0] * 3) == [0, 2]
    assert titled(said, every, structure, [], [-9.0] * 3) == []


HEADINGS = {
    "the likeliest heading of the first level": ("<h1>Section</h1><h1>On weirs</h1>", [-1.0, 0.5], [1]),
    "not one that is very unlikely": ("<h1>Section</h1><h1>On weirs</h1>", [TITLE, -3.0], []),
    "not one that is a link": ("<h1><a href=/>Section</a></h1><p>May</p>", [0.0, -3.0], []),
    "not one in navigation": ("<nav><h1>Section</h1></nav><p>May</p>", [0.0, -3.0], []),
    "not of the second level": ("<h2>Section</h2><p>May</p>", [0.0, -3.0], []),
    "none, if <title> names another": ("<h1>Section</h1><h2>The old road by the lock</h2>", [0.5, -3.0], [1]),
}  # fmt: skip


@pytest.mark.parametrize(("above", "odds", "added"), HEADINGS.values(), ids=HEADINGS)
def test_a_heading_is_the_title(above, odds, added):
    said, every, structure = read(
        f"<title>The old road by the lock</title><body>{above}<p>{LONG}</p>"
    )
    assert titled(said, every, structure, [2], [*odds, 3.0]) == [*added, 2]


def test_no_second_heading_is_the_title():
    said, every, structure = read(f"<h1>Section</h1><h1>On weirs</h1><p>{LONG}</p>")
    assert titled(said, every, structure, [1, 2], [1.0, -1.0, 3.0]) == [1, 2]


LEADS = {
    "prose between the title and the text": (f"<p>{OTHER}</p>", LEAD, True),
    "not if it is unlikely": (f"<p>{OTHER}</p>", LEAD - 0.2, False),
    "no short line": ("<p>In spring the meadows lay under water.</p>", LEAD, False),
    "no links": (f"<p><a href=/>{OTHER}</a></p>", LEAD, False),
    "no navigation": (f"<nav><p>{OTHER}</p></nav>", LEAD, False),
    "no code": (f"<pre>{OTHER}</pre>", LEAD, False),
}


@pytest.mark.parametrize(("lead", "odds", "added"), LEADS.values(), ids=LEADS)
def test_leads(lead, odds, added):
    _, every, structure = read(f"<h1>On weirs</h1><p>2 May</p>{lead}<p>{LONG}</p>")
    kept = with_prose(every, structure, [0, 3], [3], [0.0, -4.0, odds + 0.1, 3.0])
    assert kept == ([0, 2, 3] if added else [0, 3])


def test_prose_after_the_text_is_kept_while_it_is_near_and_not_too_unlikely():
    _, every, structure = read(
        f"<p>{LONG}</p><p>May</p><p>{OTHER}</p>" + "<p>May</p>" * 3 + f"<p>{OTHER}</p>" * 2
    )
    odds = [3.0, -4.0, AFTER + 0.1, -4.0, -4.0, -4.0, 0.0, 0.0]
    assert with_prose(every, structure, [0], [0], odds) == [0, 2]
    odds[4] = odds[5] = 0.0  # but they are short
    assert with_prose(every, structure, [0], [0], odds) == [0, 2]
    assert with_prose(every, structure, [0], [0], [3.0, -4.0, AFTER, *odds[3:]]) == [0]
    assert with_prose(every, structure, [0, 4], [0], odds) == [0, 4, 6, 7]
    assert with_prose(every, structure, [], [], odds) == []


LEAD_INS = {
    "a list goes with the line before it": ("<li>Barley flour</li><li>Rye flour</li>", [0, 0, 0, 3]),
    "a list of links does not": ("<li><a href=a>Barley flour</a></li><li><a href=b>Rye</a></li>", [0, 1, 1, 3]),
}  # fmt: skip


@pytest.mark.parametrize(("items", "units"), LEAD_INS.values(), ids=LEAD_INS)
def test_lead_ins(items, units):
    page = f"<p>The keeper sold what was ground there:</p><ul>{items}</ul><p>{LONG}</p>"
    assert read(page)[2].units == units
    linked = page.replace(
        "The keeper sold what was ground there:", "<a href=c>All that was sold:</a>"
    )
    assert read(linked)[2].units == [0, 0, 0, 3]
