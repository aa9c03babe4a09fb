"""Books as files of a source: what is read, and why what is not read is not."""

import gzip

import pytest
from sources.reading import put, read_ranges, told

from books.ebooks import TYPE, chapter, ebook
from curate.books import epub, package
from curate.sources import book

BODY = "CHAPTER I\n\nIt was late.\n\nThe lamps were lit.\n\n*       *       *\n\nTHE END"

WORDS = "Chapter 1\n\nWords of chapter 1."


def with_item(href, name, idref="x"):
    """Return an e-book of one chapter: how its package names it, and its name in the archive."""
    item = f'<item id="x" href="{href}" media-type="{TYPE}"/>'
    return ebook([], extra=item, refs=f'<itemref idref="{idref}"/>', files=[(name, chapter(1))])


FILES = {
    "a.txt.gz": (gzip.compress(BODY.encode()), BODY),
    "cut.txt.gz": (gzip.compress(BODY.encode())[:-9], "damaged: bad_compression"),
    "empty.txt": (b"", "dropped: no_text"),
    "none.epub": (b"hello", "damaged: bad_epub"),
    "empty.epub": (b"", "damaged: bad_epub"),
    "cut.epub": (ebook([chapter(1)])[:-40], WORDS),
    "cut in its first file.epub": (ebook([chapter(1)])[:60], "damaged: bad_epub"),
    "names of Windows.epub": (ebook([chapter(1)]).replace(b"OEBPS/", b"OEBPS\\"), WORDS),
    "no container.epub": (ebook([chapter(1)], container="<x/>"), WORDS),
    "a package that is none.epub": (ebook([chapter(1)], container="not xml"), WORDS),
    "a book without its ending": (ebook([chapter(1)]), WORDS),
    "a picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(90), "skipped: not_text"),
    "no chapter is there.epub": (
        ebook(
            [],
            extra=f'<item id="x" href="x.xhtml" media-type="{TYPE}"/>',
            refs='<itemref idref="x"/>',
        ),
        "damaged: bad_epub",
    ),
    "another is.epub": (
        ebook(
            [chapter(1)],
            extra=f'<item id="x" href="x.xhtml" media-type="{TYPE}"/>',
            refs='<itemref idref="x"/><itemref idref="nobody"/>',
        ),
        WORDS,
    ),
    "an odd media type.epub": (
        ebook(
            [],
            extra='<item id="x" href="x.dat" media-type="text/x-y"/>',
            refs='<itemref idref="x"/>',
            files=[("OEBPS/x.dat", chapter(1))],
        ),
        WORDS,
    ),
    "an item that stands for another.epub": (
        ebook(
            [],
            extra='<item id="v" href="v.mp4" media-type="video/mp4" fallback="w"/>'
            '<item id="w" href="w.png" media-type="image/png" fallback="x"/>'
            f'<item id="x" href="x.html" media-type="{TYPE}"/>',
            refs='<itemref idref="v"/>',
            files=[
                ("OEBPS/v.mp4", b"\0\0\0\x20ftypmp42" + bytes(20)),
                ("OEBPS/w.png", b"\x89PNG\r\n\x1a\n"),
                ("OEBPS/x.html", chapter(1)),
            ],
        ),
        WORDS,
    ),
    "a folder that is another.epub": (
        ebook(
            [],
            extra=f'<item id="x" href="Text/x.html" media-type="{TYPE}"/>',
            refs='<itemref idref="x"/>',
            files=[("OPS/x.html", chapter(1))],
        ),
        WORDS,
    ),
    "a path of Windows.epub": (with_item("t\\x.xhtml", "OEBPS/t/x.xhtml"), WORDS),
    "a name that is quoted.epub": (with_item("a%20b.xhtml", "OEBPS/a%20b.xhtml"), WORDS),
    "a path with a query.epub": (with_item("x.xhtml?v=2#top", "OEBPS/x.xhtml"), WORDS),
    "an item named by its path.epub": (with_item("x.xhtml", "OEBPS/x.xhtml", "x.xhtml"), WORDS),
    "a spine of nothing.epub": (with_item("x.xhtml", "OEBPS/x.xhtml", "y"), WORDS),
    "a spine of the cover.epub": (
        ebook([chapter(1)], order=[""], refs='<itemref idref="c0" linear="no"/>'),
        WORDS,
    ),
    "pictures.epub": (ebook([]), "dropped: no_text"),
    "no words.epub": (ebook([chapter(1, "<p> </p>")]), "dropped: no_text"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    data, expected = FILES[name]
    assert told(read_ranges(put(tmp_path / name, data), "book")[0]) == [expected]


def test_books_that_unpack_to_more_than_a_book(tmp_path, monkeypatch):
    monkeypatch.setattr(epub, "LARGEST", 100_000)
    monkeypatch.setattr(book, "LARGEST", 100_000)
    bomb = ebook([chapter(n, "<p>" + "a" * 40_000 + "</p>") for n in range(3)])
    assert len(bomb) < 4_000
    large = gzip.compress(b"a" * 100_001)
    for name, data in (("a.epub", bomb), ("a.txt.gz", large)):
        rows, _ = read_ranges(put(tmp_path / name, data), "book")
        assert told(rows) == ["dropped: book_too_large"]
        assert rows[0][1]["length"] == len(data)
    monkeypatch.setattr(package, "MOST", 2)
    small = ebook([chapter(n) for n in range(3)])
    assert told(read_ranges(put(tmp_path / "b.epub", small), "book")[0]) == [
        "dropped: book_too_large"
    ]
