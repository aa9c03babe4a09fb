"""Sections of documents beside those that are kept; a site's name above the title, footers."""

import pytest

pytest.importorskip("lxml", exc_type=ImportError)

from curate.extract.combined import main_text, outline_of, structure_of
from curate.extract.combined.edges import without_edges
from curate.extract.combined.finish import finished, left_of
from curate.extract.combined.lines import lines
from curate.extract.combined.tree import parse

LONG = (
    "The ferry crosses the sound twice a day while the ice holds off, and the fare is paid aboard."
)
OTHER = "A cart needs a ticket of its own, which the warden at the northern landing writes by hand."


def kept_of(html, unlikely, main=()):
    """Return the text of the lines that are kept if these lines alone were not likely text.

    `unlikely` has the log-odds of lines by their text; all others are kept. `main` are the texts of
    lines that Readability found.
    """
    page = parse(html)
    found = lines(page)
    structure = structure_of(page, found)
    odds = [unlikely.get(line.text, 2.0) for line in found]
    kept = [n for n, line in enumerate(found) if unlikely.get(line.text, 2.0) > -1]
    inside = [n for n, line in enumerate(found) if line.text in main]
    outline = outline_of(structure, odds, inside)
    left = left_of(found, outline, kept)
    return [found[n].text for n in finished(page, found, outline, kept, left)]


def manual(last):
    return (
        f'<div class="sect1"><h2>Name</h2><p>{LONG}</p><p>{OTHER}</p></div>'
        f'<div class="sect1"><h2>Fares</h2><p>{OTHER}</p></div>{last}<p>Foot</p>'
    )


SEE_ALSO = {"See also": -3.0, "The landing": -2.0, "Foot": -5.0}
LINKS = '<p><a href="landing">The landing</a></p>'
LAST = {
    "by its class": (f'<div class="sect1"><h2>See also</h2>{LINKS}</div>', True),
    "a note within": (f'<div class="admonition seealso"><p>See also</p>{LINKS}</div>', True),
    "a note of another maker": (f'<div class="seealso"><p>See also</p>{LINKS}</div>', False),
    "no section": (f"<div><h2>See also</h2>{LINKS}</div>", False),
    "of links, by its id": (f'<section id="see-also"><h2>See also</h2>{LINKS}</section>', False),
    "in a menu": (f'<nav><div class="sect1"><h2>See also</h2>{LINKS}</div></nav>', False),
}


@pytest.mark.parametrize(("last", "stays"), LAST.values(), ids=LAST)
def test_sections_of_a_manual(last, stays):
    text = kept_of(manual(last), SEE_ALSO)
    assert text[-2:] == (["See also", "The landing"] if stays else ["Fares", OTHER])


def test_a_section_with_an_id_follows_others_and_says_addresses():
    address = '<a href="x">https://example.org/tides</a>'
    last = f'<section id="s"><h2>Sources</h2><p>{address}</p></section>'
    before = "".join(
        f'<section id="{one}"><h2>{one}</h2><p>{LONG}</p><p>{OTHER}</p></section>'
        for one in ("ice", "fog")
    )
    unlikely = {"Sources": -2.0, "https://example.org/tides": -2.8}
    assert kept_of(before + last, unlikely)[-1] == "https://example.org/tides"
    assert kept_of(f"<div><p>{LONG * 3}</p></div>{last}", unlikely)[-1] == LONG * 3


NEXT = "Carts with iron tyres pay a third more than others."
NEXT_SECTIONS = {
    "like the one before": (f"<h2>Carts</h2><p>{NEXT}</p>", -1.4, -1.9, True),
    "an unlikely heading": (f"<h2>Carts</h2><p>{NEXT}</p>", -1.6, -1.9, False),
    "unlikely text": (f"<h2>Carts</h2><p>{NEXT}</p>", -1.4, -2.7, False),
    "another class": (f"<h2 class=x>Carts</h2><p>{NEXT}</p>", -1.4, -1.9, False),
    "another level": (f"<h3>Carts</h3><p>{NEXT}</p>", -1.4, -1.9, False),
    "links": (f"<h2>Carts</h2><p><a href=x>{NEXT}</a></p>", -1.4, -1.9, False),
    "a link for a heading": (f"<h2><a href=x>Carts</a></h2><p>{NEXT}</p>", -1.4, -1.9, False),
}


@pytest.mark.parametrize(
    ("section", "heading", "body", "stays"), NEXT_SECTIONS.values(), ids=NEXT_SECTIONS
)
def test_a_section_after_one_of_its_level(section, heading, body, stays):
    before = f"<h2>Passengers</h2><p>{LONG}</p>"
    text = kept_of(f"<div>{before}{section}</div>", {"Carts": heading, NEXT: body})
    assert text == ["Passengers", LONG, *(["Carts", NEXT] if stays else [])]
    assert kept_of(f"<div>{before}</div>{section}", {"Carts": -9.0, NEXT: body})[-1] == LONG


def test_a_section_may_be_one_line_of_code():
    parts = (
        f"<h4>open</h4><pre>int open();</pre><p>{LONG}</p>",
        "<h4>shut</h4><pre>int shut();</pre>",
    )
    unlikely = {"shut": -1.2, "int shut();": -1.5}
    assert kept_of(f"<div>{''.join(parts)}</div>", unlikely)[-2:] == ["shut", "int shut();"]


ROWS = "<tr><td>char *<td><a href=x>path</a></tr><tr><td>int<td><a href=x>depth</a></tr>"
CELLS = ["char *", "path", "int", "depth"]
TABLES = {
    "of members": (f"<table class=memberdecls>{ROWS}</table>", -3.5, (), True),
    "of members, unlikely": (f"<table class=memberdecls>{ROWS}</table>", -3.7, (), False),
    "another": (f"<table>{ROWS}</table>", -1.9, (), False),
    "another that Readability chose": (f"<table>{ROWS}</table>", -1.9, CELLS, True),
    "another, unlikely": (f"<table>{ROWS}</table>", -2.1, CELLS, False),
    "in a menu": (f"<nav><table class=memberdecls>{ROWS}</table></nav>", -1.9, CELLS, False),
}


@pytest.mark.parametrize(("table", "odds", "main", "stays"), TABLES.values(), ids=TABLES)
def test_tables_between_lines_that_are_kept(table, odds, main, stays):
    unlikely = dict.fromkeys([*CELLS, "Fields"], odds)
    text = kept_of(f"<p>{LONG}</p><h2>Fields</h2>{table}<p>{OTHER}</p>", unlikely, main)
    assert text == [LONG, *(["Fields", *CELLS] if stays else []), OTHER]
    assert kept_of(f"<p>{LONG}</p><h2>Fields</h2>{table}", unlikely, main) == [LONG]


TITLE = "<title>The ferry of the northern sound - Harbour news</title>"
HEADING = "<h2>The ferry of the northern sound</h2>"
ABOVE = {
    "a site's name": ("<h1>Harbour news</h1>", -0.5, False),
    "a likely line": ("<p>Ships</p>", 0.5, True),
    "prose": (f"<p>{LONG}</p>", -0.5, True),
    "what the title is a part of": ("<h1>On the ferry of the northern sound</h1>", -0.5, True),
    "a part of the title": ("<h1>The ferry</h1>", -0.5, True),
}


@pytest.mark.parametrize(("above", "odds", "stays"), ABOVE.values(), ids=ABOVE)
def test_lines_above_the_title(above, odds, stays):
    page = parse(f"{TITLE}{above}{HEADING}<p>{LONG} {OTHER}</p>")
    found = lines(page)
    structure = structure_of(page, found)
    outline = outline_of(structure, [odds, 1.0, 3.0], [])._replace(titles=[1])
    kept = without_edges(found, outline, "", [0, 1, 2])
    assert kept == ([0, 1, 2] if stays else [1, 2])


@pytest.mark.parametrize(
    ("title", "heading", "odds", "stays"),
    [
        ("fog - Harbour news", "Tag: fog", -1.1, False),
        ("fog - Harbour news", "Tag: fog", -0.9, True),
        ("Harbour news", "Overview", -1.1, True),
        ("manual: Harbour news", "Overview", -1.1, True),
    ],
)
def test_a_line_above_a_heading_that_has_a_part_of_the_title(title, heading, odds, stays):
    html = f"<title>{title}</title><p>Harbour news</p><h1>{heading}</h1><p>{LONG}</p>"
    found = lines(parse(html))
    outline = outline_of(structure_of(parse(html), found), [odds, 1.0, 3.0], [])
    assert (without_edges(found, outline, title, [0, 1, 2]) == [0, 1, 2]) == stays


NAMED = {
    "a part of <title>": ("<p>Ferries</p>", "Ferries | Harbour news", -2.4, True),
    "the end of a part": ("<p>Ferries of 2031</p>", "Pier: n/Ferries of 2031", -2.4, True),
    "a short end": ("<p>2031</p>", "The ferries of 2031", -2.4, False),
    "unlikely": ("<p>Ferries</p>", "Ferries | Harbour news", -2.6, False),
    "a link": ("<p><a href=x>Ferries</a></p>", "Ferries | Harbour news", -2.4, False),
    "other words": ("<p>Carts</p>", "Ferries | Harbour news", -2.4, False),
    "far above": ("<p>Ferries</p>" + "<p>Cart</p>" * 8, "Ferries | Harbour news", -2.4, False),
}


@pytest.mark.parametrize(("above", "title", "odds", "stays"), NAMED.values(), ids=NAMED)
def test_a_line_that_is_the_title(above, title, odds, stays):
    html = f"<title>{title}</title>{above}<p>{LONG}</p>"
    unlikely = dict.fromkeys(("Ferries", "Ferries of 2031", "2031", "Carts", "Cart"), odds)
    assert (kept_of(html, unlikely)[0] != LONG) == stays


FOOTERS = {
    "rights": (["© 2031 The harbour office"], 0.9, 0),
    "what made it, and more": (["Last updated in May 2031.", "Built with a typewriter"], 0.9, 0),
    "a link after it": (["Copyright the harbour office", "Terms"], 0.9, 0),
    "likely": (["© 2031 The harbour office"], 1.1, 1),
    "prose": (["Copyright is a right that the warden of the landing had to grant. " * 4], 0.9, 1),
    "no footer": (["Generations of carters came here"], 0.9, 1),
}


@pytest.mark.parametrize(("after", "odds", "stay"), FOOTERS.values(), ids=FOOTERS)
def test_footers(after, odds, stay):
    page = parse(f"<p>{LONG}</p><p>{OTHER}</p>" + "".join(f"<p>{one}</p>" for one in after))
    found = lines(page)
    count = len(found)
    outline = outline_of(structure_of(page, found), [3.0, 3.0] + [odds] * (count - 2), [])
    kept = without_edges(found, outline, "", list(range(count)))
    assert len(kept) == 2 + stay


WHOLE = (
    f"{TITLE}<body><h1>Harbour news</h1><div>{HEADING}{manual(LAST['by its class'][0])}"
    "<p>© 2031 The harbour office</p></div>"
)


def test_a_whole_page():
    text = main_text(WHOLE)
    assert text.startswith("The ferry")
    assert "See also\n\nThe landing" in text
