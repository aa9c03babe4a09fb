"""Books: whole, in order, without what is not the book; what cannot be read says why."""

import gzip

import pytest
from sources.reading import put, read_ranges, told

from books.ebooks import CONTAINER, TYPE, chapter, ebook
from curate.books import epub, package
from curate.books.epub import page_text
from curate.books.gutenberg import without_licence
from curate.sources import book

BODY = "CHAPTER I\n\nIt was late.\n\nThe lamps were lit.\n\n*       *       *\n\nTHE END"
HEAD = "The Project Gutenberg EBook of Lamps, by A. Writer\n\nThis eBook is for anyone.\n\n"
LICENCE = "\n\n*** START: FULL LICENSE ***\n\nTHE FULL PROJECT GUTENBERG LICENSE\nPlease read.\n"
SMALL = (
    "Project Gutenberg's Etext of Lamps\n\n***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN "
    "ETEXTS**START***\nWhy is this here?\n"
)
MARKED = {
    "of today": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n" + LICENCE,
    ),
    "of 2010": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n\n\n\nProduced by P. Roof\n"
        "and the Online Distributed Proofreading Team\n\n\n\n",
        "\n\nEnd of the Project Gutenberg EBook of Lamps, by A. Writer\n\n*** END OF THIS PROJECT "
        "GUTENBERG EBOOK LAMPS ***" + LICENCE,
    ),
    "without spaces": (
        HEAD + "***START OF THE PROJECT GUTENBERG EBOOK LAMPS***\n\n\nE-text prepared by P. R.\n\n",
        "\n\n***END OF THE PROJECT GUTENBERG EBOOK LAMPS***" + LICENCE,
    ),
    "over two lines": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS,\nAND WHO LIT THEM ***\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS,\nAND WHO LIT THEM ***\n",
    ),
    "of 1995": (
        SMALL + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        "This etext was produced from the 1908 Long\nedition by P. Roof, of Proofs.\n\n",
        "\n\nEnd of Project Gutenberg's Etext of Lamps\n\n",
    ),
    "of 2001": (
        SMALL + "*END THE SMALL PRINT! FOR PUBLIC DOMAIN EBOOKS*Ver.02/11/02*END*\n\n",
        "\n\nEnd of The Project Gutenberg Etext of Lamps\n",
    ),
    "both heads": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n" + SMALL
        + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n",
        "\n\n*** END OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "copyrighted": (
        HEAD + "*** START OF THE COPYRIGHTED PROJECT GUTENBERG EBOOK LAMPS ***\n\n",
        "\n\n*** END OF THE COPYRIGHTED PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "the end alone": ("", "\n\nEnd of Project Gutenberg's Lamps, by A. Writer\n" + LICENCE),
    "the licence alone": ("", LICENCE),
    "small print at the end": ("", "\n\n" + SMALL[SMALL.index("***") :]),
    "notes to readers of French": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n  Au lecteur.\n\n"
        "    Le texte en italiques dans l'original est indiqué ici comme\n    _italiques_.\n\n\n\n",
        "\n\n       *       *       *\n\n\n  Au lecteur.\n\n    Ce livre électronique reproduit "
        "le texte.\n\n    Page 11: «dan»  remplacé par «dans».\n\n\nEnd of Project Gutenberg's X",
    ),
    "German": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPEN ***\n\n",
        "\n\nEnde dieses Projekt Gutenberg Etextes Lampen\n",
    ),
    "German, of 2000": (
        SMALL + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        "This Etext is in German.\n\nWe are releasing two versions of this Etext, one in 7-bit "
        "format,\nand one in 8-bit format.\n\nDieses Buch wurde uns freundlicherweise vom "
        '"Gutenberg Projekt-DE"\nzur Verfügung gestellt.\n\n',
        "\n\nEnde dieses Project Gutenberg Etextes Lampen\n",
    ),
    "French": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPES ***\n\n\n\nProduced by P. Roof "
        "(This file was\nproduced from images generously made available by the Bibliothèque)\n\n"
        "Note de transcription: la ponctuation a été corrigée.\n\n",
        "\n\nFin du Project Gutenberg EBook de Lampes\n\n*** END OF THE PROJECT GUTENBERG EBOOK",
    ),
    "its makers' notes": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nE-text prepared by P. Roof\n"
        "\nNote: Project Gutenberg also has an HTML version of this file.\n\n\n[Transcriber's "
        "Note: Words\nhave been corrected.]\n\n[Illustration: A lamp]\n\n",
        "\n\n[Illustration]\n\n\nTRANSCRIBER'S NOTES\n\nPage 3: late corrected from lare.\n\n\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "a note with strokes": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nTranscribers Note: Obvious "
        "errors\ncorrected.\n\nWords in italics have strokes.\n\n-----------------\n\n",
        "\n\nEnd of this Project Gutenberg Etext\n",
    ),
    "World Library": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\n<<THIS ELECTRONIC VERSION OF "
        "THE COMPLETE WORKS IS\nCOPYRIGHT 1990-1993, AND IS PROVIDED BY PROJECT GUTENBERG.>>\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "Windows": (
        HEAD.replace("\n", "\r\n") + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\r\n\r\n",
        "\r\n\r\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("before_after", MARKED.values(), ids=MARKED)
def test_the_book_without_its_licence(tmp_path, before_after):
    before, after = before_after
    path = put(tmp_path / "a.txt", (before + BODY + after).encode())
    ((_, row),), _ = read_ranges(path, "book")
    assert row["text"].strip() == BODY


UNMARKED = {
    "a book": BODY,
    "one that speaks of it": BODY + "\n\nHe had it of Project Gutenberg. The end of the Project.",
    "one that ends": "In the end of project years.\n" + BODY,
    "a head without a mark": HEAD + BODY,
    "nothing after the mark": "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***",
    "notes of no transcriber's": "TRANSCRIBER'S NOTES\n\n[Illustration]\n\n" + BODY,
    "a mark within a line": 'She wrote "*** START OF THE PROJECT GUTENBERG EBOOK" on the wall.\n',
}


@pytest.mark.parametrize("text", UNMARKED.values(), ids=UNMARKED)
def test_what_has_no_marks_is_left_alone(text):
    assert without_licence(text) == text


def test_credits_behind_the_title_go_and_who_made_the_play_stays():
    head = HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nLAMPS\nby\nA. WRITER\n\n"
    credit = "\n\nEntered by A of SftDotIotE\na@west.example\n\n\n\n"
    play = "Produced by the King's Men\n\nACT I\n\nNight.\n\nA lamp.\n\nA door.\n\nExeunt."
    book = without_licence(head + credit + play)
    title = "LAMPS\nby\nA. WRITER"
    assert [part.strip() for part in book.split("\n\n") if part] == [title, *play.split("\n\n")]


def test_a_head_that_stands_behind_the_book():
    told = "This eBook is for the use of anyone anywhere.\n\nTitle: Lamps\n\nProduced by P. Roof"
    head = f"The Project Gutenberg EBook of Lamps, by A. Writer\n\n{told}"
    book = "\n\n".join([BODY] * 9)
    assert without_licence(f"{book}\n\n{head}") == book
    assert without_licence(f"{head}\n\n{book}") == f"{head}\n\n{book}"


def test_the_encoding_a_head_names():
    text = HEAD + "Character set encoding: ISO-8859-2\n\n*** START OF THE PROJECT GUTENBERG EBOOK\n"
    polish = text + "Zażółć gęślą jaźń. " * 3
    assert book.plain_text(polish.encode("iso8859-2")) == polish
    assert book.plain_text(polish.encode()) == polish, "valid UTF-8, whatever the head says"


WORDS = "Chapter 1\n\nWords of chapter 1."
FILES = {
    "a.txt.gz": (gzip.compress(BODY.encode()), BODY),
    "cut.txt.gz": (gzip.compress(BODY.encode())[:-9], "damaged: bad_compression"),
    "empty.txt": (b"", "dropped: no_text"),
    "none.epub": (b"hello", "damaged: bad_epub"),
    "empty.epub": (b"", "damaged: bad_epub"),
    "cut.epub": (ebook([chapter(1)])[:-40], "damaged: bad_epub"),
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
    "pictures.epub": (ebook([]), "dropped: no_text"),
    "no words.epub": (ebook([chapter(1, "<p> </p>")]), "dropped: no_text"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    data, wanted = FILES[name]
    assert told(read_ranges(put(tmp_path / name, data), "book")[0]) == [wanted]


def test_an_ebook_in_reading_order(tmp_path):
    """Without cover, navigation, notes apart, and the chapter that its guide calls contents."""
    data = ebook(
        [chapter(1), chapter(2), chapter(3, "<p>Contents</p>")],
        order=["c1", "c0", "c2"],
        guide='<reference type="toc" href="c2.xhtml"/>',
        extra=f'<item id="n" href="notes.xhtml" media-type="{TYPE}"/>',
        refs='<itemref idref="n" linear="no"/><itemref idref="none"/>',
        files=[("OEBPS/notes.xhtml", chapter(0, "<p>Notes</p>"))],
    )
    ((_, row),), _ = read_ranges(put(tmp_path / "a.epub", data), "book")
    assert row["text"] == "Chapter 2\n\nWords of chapter 2.\n\nChapter 1\n\nWords of chapter 1."


def test_names_that_are_no_ascii(tmp_path):
    """As zip archives have them: said to be UTF-8, or UTF-8 and nothing said, or decomposed."""
    item = f'<item id="n" href="%E4%B8%80-é.xhtml" media-type="{TYPE}"/>'
    for name in ("OEBPS/一-é.xhtml", "OEBPS/一-e\u0301.xhtml"):
        files = [(name, chapter(0, "<p>One</p>"))]
        data = ebook([], extra=item, refs='<itemref idref="n"/>', files=files)
        assert told(read_ranges(put(tmp_path / "a.epub", data), "book")[0]) == ["One"]
        unsaid = bytearray(data)
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = unsaid.find(mark)
            while start >= 0:
                unsaid[start + at + 1] &= ~0x08  # bit 11: names are UTF-8
                start = unsaid.find(mark, start + 1)
        assert unsaid != data
        rows = read_ranges(put(tmp_path / "b.epub", bytes(unsaid)), "book")[0]
        assert told(rows) == ["One"], name


PAGES = {
    "marks of notes": (
        '<p>a unit of currency.<a epub:type="noteref" href="#n1">1</a> In that year<a href="#f2" '
        'role="doc-noteref">2</a> and<sup><a href="#f3">[3]</a></sup> so<a href="x.xhtml#f4"><sup>*'
        '</sup></a> see <a href="#p14">14</a>, 10<sup>18</sup> m<sup>2</sup>, 1<sup>st</sup></p>',
        "a unit of currency. In that year and so see 14, 10^18 m2, 1st",
    ),
    "numbers of lines": (
        '<div>into the Hofgarten,<span class="lnum"\n>10</span></div>',
        "into the Hofgarten,",
    ),
    "lines of code": (
        "<p>So:</p><pre class='x'>\nif a:\n    <b>print</b>(1)\n\n\tb  c\n</pre><p>d</p>",
        "So:\n\nif a:\n    print(1)\n\n    b  c\n\nd",
    ),
    "an index": ("<p>a</p><section epub:type='backmatter index'><p>b, 14</p></section>", "a"),
    "formulas": (
        "<p>As <math><msub><mi>b</mi><mn>1</mn></msub><mo>=</mo><msup><mi>T</mi><mrow><mo>−</mo>"
        "<mn>1</mn></mrow></msup><mfrac><mn>1</mn><mi>x</mi></mfrac></math>, <math>"
        "<mfenced open='[' close=']'><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>"
        "<mtr><mtd><mn>3</mn></mtd><mtd></mtd></mtr></mtable></mfenced></math>.</p>",
        r"As $b_1 = T^{-1}\frac{1}{x}$, $\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}$.",
    ),
    "formulas whose LaTeX is there": (
        "<p><math alttext='$x^{2}$'><mi>x</mi></math> <math alttext='not available'><semantics>"
        "<mi>y</mi><annotation encoding='application/x-tex'>y_{i}</annotation></semantics></math> "
        "<math alttext='not available'><msqrt><mi>z</mi></msqrt><mtext>if</mtext></math></p>",
        r"$x^{2}$ $y_{i}$ $\sqrt{z}\text{if}$",
    ),
    "entities": ("<p>a&nbsp;&mdash;&#8217;&amp;b</p>", "a\xa0—’&b"),
    "lines": ("<p>one<br/>two</p>three", "one\ntwo\n\nthree"),
    "letters": ("<p><span>O</span>nce <b>up</b>on</p>", "Once upon"),
    "a table": ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
    "scripts": ("<script>x()</script><p>a<!-- b --></p>", "a"),
    "numbers of pages": ('<p>a<span epub:type="pagebreak">12</span>b</p>', "ab"),
    "how it is read aloud": (
        "<p><ruby>山路<rp>(</rp><rt>やまみち</rt><rp>)</rp></ruby>を登り</p>",
        "山路を登り",
    ),
    "contents": (
        "<h1>T</h1><h2>Contents</h2><ul>"
        + "<li><a href='c.xhtml'>I. One</a> 3</li>" * 4
        + "</ul><p>a</p>",
        "T\n\na",
    ),
    "contents of a table": (
        "<h2>Inhalt</h2><table>"
        + "<tr><td><a href='#a'>Kapitel 1</a></td><td>Eins</td></tr>" * 5
        + "</table><p>a</p>",
        "a",
    ),
    "contents in lines": ("<p>" + "<a href='b'>One</a><br/>" * 4 + "</p>a", "a"),
    "words after links": (
        "<p><a href='b'>one</a> and two</p>" * 4,
        "\n\n".join(["one and two"] * 4),
    ),
    "three links": ("<p><a href='b'>One</a></p>" * 3, "One\n\nOne\n\nOne"),
    "links out of the book": ("<p><a href='http://b'>One</a></p>" * 4, "\n\n".join(["One"] * 4)),
    "notes": ("<p><a href='#b'>12</a> A note.</p>" * 4, "\n\n".join(["12 A note."] * 4)),
    "links in sentences": (
        "<p>In <a href='#b'>chapter one</a> he went.</p>" * 4,
        "\n\n".join(["In chapter one he went."] * 4),
    ),
    "marks of ours": ("<p>a\x02b\x03c\x00d</p>", "abcd"),
    "deep": ("<div>" * 5_000 + "a", None),
    "its own entity": (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;b</p>',
        None,
    ),
}


@pytest.mark.parametrize(("body", "wanted"), PAGES.values(), ids=PAGES)
def test_words_of_a_chapter(body, wanted):
    found = page_text(chapter(1, body).encode())
    if wanted is None:
        assert "root:" not in found
    else:
        assert found == wanted


def test_entities_of_a_package_are_not_read(tmp_path):
    laughs = '<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'
    path = put(tmp_path / "a.epub", ebook([chapter(1)], container=laughs + CONTAINER))
    assert told(read_ranges(path, "book")[0]) == ["Chapter 1\n\nWords of chapter 1."]


LOCK = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
    'xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData><e:EncryptionMethod '
    'Algorithm="{}"/><e:CipherData><e:CipherReference URI="OEBPS/{}"/></e:CipherData>'
    "</e:EncryptedData></encryption>"
)


@pytest.mark.parametrize(
    ("how", "what", "wanted"),
    [
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "c0.xhtml", "dropped: encrypted_epub"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "font.otf", "Chapter 1"),
        ("http://www.idpf.org/2008/embedding", "c0.xhtml", "Chapter 1"),
    ],
)
def test_books_that_are_locked(tmp_path, how, what, wanted):
    lock = LOCK.format(how, what)
    data = ebook([chapter(1)], files=[("META-INF/encryption.xml", lock)])
    (found,) = told(read_ranges(put(tmp_path / "a.epub", data), "book")[0])
    assert found.startswith(wanted)


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


def test_a_damaged_chapter_costs_the_chapter(tmp_path):
    bodies = [f"<p>{word * 30}</p>" for word in ("one ", "two ", "three ")]
    data = bytearray(ebook([chapter(n, body) for n, body in enumerate(bodies)]))
    name = data.index(b"OEBPS/c1.xhtml")
    data[name + 30 : name + 50] = bytes(20)
    ((_, row),), _ = read_ranges(put(tmp_path / "a.epub", bytes(data)), "book")
    assert row["text"].split() == ["one"] * 30 + ["three"] * 30


def test_lines_that_every_chapter_has_are_out(tmp_path):
    def page(n):
        return chapter(n, f"<p>The Lamps</p><p><a href='c.xhtml'>Next</a> | page {n} of 5</p>"
                          f"<h2>Chapter {n}</h2><p>Night {'abcde'[n]}.</p><p>They went home.</p>"
                          "<p>© 2021 A. Writer</p>")  # fmt: skip

    ((_, row),), _ = read_ranges(
        put(tmp_path / "a.epub", ebook([page(n) for n in range(5)])), "book"
    )
    wanted = [f"Chapter {n}\n\nNight {'abcde'[n]}." for n in range(5)]
    assert row["text"].replace("\n\nThey went home.", "") == "\n\n".join(wanted)


def test_numbers_of_paragraphs():
    paragraphs = "".join(f"<p><span>{n}</span> Word {n * n}.</p>" for n in range(7, 13))
    assert page_text(f"<html><body>{paragraphs}</body></html>".encode()).split("\n\n") == [
        f"Word {n * n}." for n in range(7, 13)
    ]
    years = "<p><b>1990</b> was wet.</p><p><b>1994</b> was dry.</p>"
    assert (
        page_text(f"<html><body>{years}</body></html>".encode()) == "1990 was wet.\n\n1994 was dry."
    )
    named = "<p><a class='parnum'>[3]</a>Word.</p>"
    assert page_text(f"<html><body>{named}</body></html>".encode()) == "Word."


def test_words_that_a_book_and_its_end_share():
    head, end = (f"*** {word} OF THE PROJECT GUTENBERG EBOOK L ***" for word in ("START", "END"))
    body = "One.\n\nEnd of Project Gutenberg, they said.\n\nTwo."
    assert without_licence(f"{head}\n\n{body}\n\n{end}\n\nlicence") == body
    above = f"{body}\n\nEnd of Project Gutenberg's Lamps and\nOther Lights, by A. Writer"
    assert without_licence(f"{head}\n\n{above}\n\n{end}\n") == body


def test_several_books_in_a_file():
    def one(name):
        return (f"Project Gutenberg's {name}\n\n*** START OF THE PROJECT GUTENBERG EBOOK "
                f"{name} ***\n\nBook {name}.\n\n*** END OF THE PROJECT GUTENBERG EBOOK {name} ***\n"
                f"{LICENCE}")  # fmt: skip

    assert without_licence("\n".join(map(one, "ABC"))).split()[1::2] == ["A.", "B.", "C."]
