"""Dumps of wikis: every page once, however the file is packed and cut; damage costs its stream."""

import bz2
import gzip
import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.sources import mediawiki
from curate.sources.files import Range
from curate.sources.mediawiki import Site, site_of
from curate.store import file_blocks as blocks
from curate.store.file_blocks import Blocks
from sources.reading import bounds_of, put, read_ranges, told
from sources.wiki import HEAD, TAIL, cut_anywhere, multistream, page

LONG = "A sentence of some words that stands here. " * 5
PAGES = [page(n, f"{LONG} [[Number]] '''{n}'''.") for n in range(20)]
WHOLE = HEAD + "".join(PAGES) + TAIL


@pytest.fixture(scope="class")
def small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 8)
        patch.setattr(mediawiki, "CHUNK", 512)
        yield


def test_a_page_is_a_document(tmp_path):
    path = put(tmp_path / "dewiki-20240501-pages-articles.xml", WHOLE.encode())
    rows, _ = read_ranges(path, "mediawiki")
    assert [row["n"] for _, row in rows] == list(range(20))
    row = rows[3][1]
    assert row["text"] == f"Page 3\n\n{LONG}Number 3."
    assert (row["id"], row["date"]) == ("dewiki/3", "2024-05-06T07:08:09Z")
    assert row["url"] == "https://de.wikipedia.org/wiki/Page_3"


KINDS = {
    "an article": (page(1, "words"), {}, "Page 1\n\nwords"),
    "a redirect": (page(1, "#REDIRECT [[X]]", redirect=True), {}, "skipped: redirect_page"),
    "a redirect of old": (page(1, " #Redirect [[X]]"), {}, "skipped: redirect_page"),
    "talk": (page(1, ns=1), {}, "skipped: other_namespace"),
    "a program": (page(1, model="Scribunto"), {}, "skipped: other_format"),
    "meanings": (page(1, "x\n{{disambiguation|a}}"), {}, "skipped: disambiguation_page"),
    "Bedeutungen": (page(1, "x\n{{Begriffsklärung}}"), {}, "skipped: disambiguation_page"),
    "a homonym": (page(1, "x\n{{Homonymie}}"), {}, "skipped: disambiguation_page"),
    "曖昧さ回避": (page(1, "x\n{{人名の曖昧さ回避}}"), {}, "skipped: disambiguation_page"),
    "消歧義": (page(1, "x\n{{消歧義頁}}"), {}, "skipped: disambiguation_page"),
    "однофамильцы": (page(1, "x\n{{Однофамильцы}}"), {}, "skipped: disambiguation_page"),
    "a link to meanings": (
        page(1, "x{{disambiguation needed|date=May}} y{{Disambig needed}}"),
        {},
        "Page 1\n\nx y",
    ),
    "a hint at meanings": (page(1, "{{Begriffsklärungshinweis}}x"), {}, "Page 1\n\nx"),
    "Weiterleitung": (page(1, "#WEITERLEITUNG [[X]]"), {}, "skipped: redirect_page"),
    "перенаправление": (page(1, "#перенаправление [[X]]"), {}, "skipped: redirect_page"),
    "転送": (page(1, "#転送[[X]]"), {}, "skipped: redirect_page"),
    "重定向": (page(1, "#重定向 [[X]]"), {}, "skipped: redirect_page"),
    "přesměruj": (page(1, "#PŘESMĚRUJ [[X]]"), {}, "skipped: redirect_page"),
    "a redirect in a language not known": (
        page(1, "#ohcan [[X]]\n{{R}}\n[[Category:Y]]"),
        {},
        "skipped: redirect_page",
    ),
    "REDIRECTION": (page(1, "#REDIRECTION [[X]]"), {}, "skipped: redirect_page"),
    "an item first": (page(1, "#One of [[X]]"), {}, "Page 1\n\n- One of X"),
    "一覧": (page(1, title="湖の一覧"), {"lists": False}, "skipped: list_page"),
    "Liste": (page(1, title="Liste der Seen"), {"lists": False}, "skipped: list_page"),
    "meanings, wanted": (page(1, "x\n{{dab}}"), {"disambiguation": True}, "Page 1\n\nx"),
    "a list": (page(1, title="List of things"), {}, "List of things\n\nwords"),
    "a list, not wanted": (page(1, title="List of things"), {"lists": False}, "skipped: list_page"),
    "nothing": (page(1, "{{stub}}"), {}, "dropped: no_text"),
    "a picture by its own name": (page(1, "a[[Datei:x.png|mini|b]]"), {}, "Page 1\n\na"),
    "no XML": (page(1).replace("</ns>", "</n>"), {}, "damaged: bad_xml"),
    "an entity of its own": (page(1).replace("words", "&boom;"), {}, "damaged: bad_xml"),
    "a DTD": (page(1).replace("words", "<!DOCTYPE x []>"), {}, "damaged: bad_xml"),
    "entities": (page(1, "a &amp; &lt;b&gt; &eacute;"), {}, "Page 1\n\na & <b> é"),
}


@pytest.mark.parametrize(("one", "keys", "expected"), KINDS.values(), ids=KINDS)
def test_what_becomes_of_a_page(tmp_path, one, keys, expected):
    path = put(tmp_path / "a.xml.gz", gzip.compress((HEAD + one + TAIL).encode()))
    assert told(read_ranges(path, "mediawiki", **keys)[0]) == [expected]


def test_entities_of_the_file_are_never_read(tmp_path):
    """A billion laughs before the first page: what stands there is not parsed."""
    dtd = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY boom "&a;&a;">]>\n'
    path = put(tmp_path / "a.xml", (dtd + HEAD + page(1) + page(2, "x").replace("x<", "&boom;<")
                                    + TAIL).encode())  # fmt: skip
    assert told(read_ranges(path, "mediawiki")[0]) == ["Page 1\n\nwords", "damaged: bad_xml"]


PACKED = {
    "multistream": multistream(PAGES),
    "one stream": bz2.compress(WHOLE.encode()),
    "streams anywhere": cut_anywhere(PAGES, 700),
    "many small streams": cut_anywhere(PAGES, 50),
}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("name", PACKED)
def test_all_ranges_together_are_the_dump(tmp_path_factory, name):
    path = put(tmp_path_factory.mktemp("wiki") / "a.xml.bz2", PACKED[name])
    size = path.stat().st_size
    whole = read_ranges(path, "mediawiki")[0]
    assert [row["id"] for _, row in whole] == [f"dewiki/{n}" for n in range(20)]
    assert len({row["n"] for _, row in whole}) == 20
    with path.open("rb") as file:
        digest = Blocks(file, 0, size).digest()

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.floats(0, 1, exclude_max=True), max_size=6))
    def check(cuts):
        rows, reading = read_ranges(path, "mediawiki", bounds_of(size, cuts))
        assert rows == whole
        assert sum(int(one, 16) for *_, one in reading.digests) % (1 << 256) == digest

    check()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("where", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("name", ["multistream", "streams anywhere"])
def test_damage_costs_its_stream(tmp_path, name, where):
    data = bytearray(PACKED[name])
    at = int(len(data) * where)
    data[at : at + 4] = b"\0\0\0\0"
    path = put(tmp_path / "a.xml.bz2", bytes(data))
    rows = read_ranges(path, "mediawiki")[0]
    counts = Counter(table for table, _ in rows)
    assert 20 - 6 <= counts["documents"] < 20
    damaged = [one for one in told(rows) if one.startswith("damaged")]
    assert 1 <= len(damaged) <= 3
    size = len(data)
    for cuts in ((0.2, 0.4), (0.31, 0.49, 0.71), (where,)):
        again = read_ranges(path, "mediawiki", bounds_of(size, cuts))[0]
        assert again == rows


NONE = {
    "a.xml.bz2": (b"", ["damaged: bad_compression"]),
    "b.xml.bz2": (b"hello", ["damaged: bad_compression"]),
    "c.xml": (b"hello", ["damaged: bad_xml"]),
    "d.xml": (b"", ["damaged: bad_xml"]),
    "index.txt.bz2": (bz2.compress(b"600:10:Anarchism"), ["damaged: bad_xml"]),
    "cut.xml.bz2": (PACKED["one stream"][:-20], None),
    "cut.xml.gz": (gzip.compress(WHOLE.encode())[:-20], None),
}


@pytest.mark.parametrize("name", NONE)
def test_dumps_that_are_none_or_break_off(tmp_path, name):
    data, expected = NONE[name]
    result = told(read_ranges(put(tmp_path / name, data), "mediawiki")[0])
    if expected is None:
        assert result[-1] == "damaged: bad_compression"
    else:
        assert result == expected


def test_a_page_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(mediawiki, "CHUNK", 100)
    monkeypatch.setattr(mediawiki, "LONGEST", 1000)
    data = HEAD + page(1) + "<page>" + "x" * 5000 + page(2)
    rows = read_ranges(put(tmp_path / "a.xml", data.encode()), "mediawiki")[0]
    assert told(rows) == ["Page 1\n\nwords", "damaged: bad_xml", "Page 2\n\nwords"]
    data = HEAD + page(1) + page(2)[:-12]
    rows = read_ranges(put(tmp_path / "b.xml", data.encode()), "mediawiki")[0]
    assert told(rows) == ["Page 1\n\nwords", "damaged: bad_xml"]


def test_whose_dump_it_is():
    site = site_of(HEAD.encode())
    assert (site.name, site.base) == ("dewiki", "https://de.wikipedia.org/wiki/")
    assert {"datei", "kategorie", "file", "category"} <= site.files
    assert site_of(b"") == site_of(b"<siteinfo><x></siteinfo>") == Site()


def test_a_large_dump_is_cut(tmp_path):
    from curate import recipe
    from curate.sources import inventory, split

    with (tmp_path / "a.xml.bz2").open("wb") as file:
        file.truncate(20 << 20)
    for kind, ranges in (("mediawiki", 3), ("text", 1)):
        made = recipe.parse({"sources": {"s": {"kind": kind, "path": "a.xml.bz2"}}}, tmp_path)
        units = split(inventory(made)[0], made)
        assert sum(len(unit) for unit in units.values()) == ranges
        assert all(isinstance(one, Range) for unit in units.values() for one in unit)


def test_the_real_cut(data):
    """206 pages, as the data's README says: 106 articles, 99 redirects, one of the project's."""
    (path,) = (data / "wikipedia").glob("enwiki*.bz2")
    rows, _ = read_ranges(path, "mediawiki", disambiguation=True)
    result = Counter(table if table == "documents" else row["reason"] for table, row in rows)
    assert result == {"documents": 106, "redirect_page": 99, "other_namespace": 1}
    texts = [row["text"] for table, row in rows if table == "documents"]
    lines = list(itertools.chain.from_iterable(text.split("\n") for text in texts))
    left = [line for line in lines if any(mark in line for mark in ("{{", "[[", "||", "<ref"))]
    assert len(left) <= len(lines) / 1000


def test_a_mark_of_a_stream_is_found_across_the_edge_of_two_reads(monkeypatch):
    import io as stdio

    monkeypatch.setattr(mediawiki, "CHUNK", 64)
    for gap in range(150):
        data = b"x" * gap + bz2.compress(b"a page")
        blocks = Blocks(stdio.BytesIO(data), 0, len(data))
        assert [piece.data for piece in mediawiki.streams(blocks, 0, len(data))][-1] == b"a page"


def test_codes_of_countries_are_names_in_english_wikis_alone(tmp_path):
    for name, expected in (("dewiki", "Page 1\n\n- und"), ("enwiki", "Page 1\n\n- Germany und")):
        dump = HEAD.replace("dewiki", name) + page(1, "* {{DEU}} und") + TAIL
        ((_, row),), _ = read_ranges(put(tmp_path / f"{name}.xml", dump.encode()), "mediawiki")
        assert row["text"] == expected


def history(texts, filler=""):
    revisions = "".join(
        f"<revision><id>{n}</id><timestamp>{year}-01-01T00:00:00Z</timestamp><text>{text}</text>"
        f"<comment>{filler}</comment></revision>" for n, (year, text) in enumerate(texts)
    )  # fmt: skip
    return (f"<mediawiki><page><title>T</title><ns>0</ns><id>7</id>{revisions}</page>"
            "<page><title>U</title><ns>0</ns><id>8</id><revision><text>Last.</text></revision></page>"
            "</mediawiki>").encode()  # fmt: skip


HISTORIES = {
    "oldest first": [(2001, "Old."), (2009, "Middle."), (2020, "New.")],
    "newest first": [(2020, "New."), (2009, "Middle."), (2001, "Old.")],
    "the newest is deleted": [(2001, "Old."), (2020, "New."), (2021, "")],
}


@pytest.mark.parametrize("filler", ["", "x" * 3_000_000])
@pytest.mark.parametrize("texts", HISTORIES.values(), ids=HISTORIES)
def test_of_a_history_the_newest_revision_is_the_page(tmp_path, texts, filler):
    rows, _ = read_ranges(put(tmp_path / "a.xml", history(texts, filler)), "mediawiki")
    assert [row["text"] for _, row in rows] == ["T\n\nNew.", "U\n\nLast."]


def test_a_long_history_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(mediawiki, "LONGEST", 2 << 20)
    monkeypatch.setattr(mediawiki, "HISTORY", 1 << 20)
    data = history([(2000 + n, f"Text {n}.") for n in range(20)], "x" * 300_000)
    rows, _ = read_ranges(put(tmp_path / "a.xml", data), "mediawiki")
    assert [row["text"] for _, row in rows] == ["T\n\nText 19.", "U\n\nLast."]
