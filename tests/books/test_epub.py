"""EPUB: chapters in reading order, their text, locked and damaged books."""

import pytest
from lxml import html
from sources.reading import put, read_ranges, told

from books.ebooks import CONTAINER, TYPE, chapter, ebook
from curate.books.epub import page_text
from curate.books.epub_tables import rows_of


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


MATHML = "http://www.w3.org/1998/Math/MathML"
PAGES = {
    "parts to choose from": (
        f'<p>Let <epub:switch><epub:case required-namespace="{MATHML}"><math xmlns="{MATHML}">'
        "<mi>x</mi></math></epub:case><epub:default>the letter</epub:default></epub:switch> be.</p>"
        "<epub:switch><epub:case required-namespace='http://cml'><cml>raw</cml></epub:case>"
        "<epub:default><p>Water.</p></epub:default></epub:switch>",
        "Let $x$ be.\n\nWater.",
    ),
    "marks without width": (
        "<p>wa\u200bter\u200e mill \u05d0\u200f</p>",
        "water mill \u05d0\u200f",
    ),
    "marks of notes": (
        '<p>a unit of currency.<a epub:type="noteref" href="#n1">1</a> In that year<a href="#f2" '
        'role="doc-noteref">2</a> and<sup><a href="#f3">[3]</a></sup> so<a href="x.xhtml#f4"><sup>*'
        '</sup></a> see <a href="#p14">14</a>, 10<sup>18</sup> m<sup>2</sup>, 1<sup>st</sup></p>',
        "a unit of currency. In that year and so see 14, 10^18 m^2, 1st",
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
    "a table of data": (
        "<table><tr><th>Town</th><th colspan='2'>Year</th></tr><tr><td rowspan='2'><p>Brno</p></td>"
        "<td></td><td>5</td></tr><tr><td>6</td><td></td></tr></table>So.",
        "Town | Year |\nBrno |  | 5\n| 6 |\n\nSo.",
    ),
    "items of a list": (
        "<ul><li>a</li><li>b<ol><li><p>c</p></li></ol></li></ul>d",
        "- a\n- b\n\n- c\n\nd",
    ),
    "a formula between its signs": (
        '<p>Let <span class="math inline">\\(x^2\\)</span> be, H<sub>2</sub>O</p>',
        "Let $x^2$ be, H_2O",
    ),
    "signs that nobody sees": (
        "<p>wa&#173;ter\u202amill\u202c&#7; <img alt='\U0001f600' src='x'/></p>",
        "watermill \U0001f600",
    ),
    "scripts": ("<script>x()</script><p>a<!-- b --></p>", "a"),
    "numbers of pages": ('<p>a<span epub:type="pagebreak">12</span>b</p>', "ab"),
    "numbers of pages by class": (
        '<p>It was <span class="pagenum"><a id="a">[Pg 12]</a></span>so '
        '<span class="pagenum">xi</span>'
        'then, <span class="pagenum">a note</span>.</p>',
        "It was so then, a note.",
    ),
    "pictures": (
        '<p>lock<img src="a"/>keeper<img src="b"/>. <img class="dropcap" alt="T" src="t"/>he '
        '<svg><text>no</text></svg>mill, <img class="math" alt="$x^2$" src="x"/></p>',
        "lock keeper. The mill, $x^2$",
    ),
    "what is hidden": (
        "<p hidden=''>a</p><p>b<span style='display: none'>c</span>in&shy;to</p>",
        "binto",
    ),
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


@pytest.mark.parametrize(("body", "expected"), PAGES.values(), ids=PAGES)
def test_words_of_a_chapter(body, expected):
    result = page_text(chapter(1, body).encode())
    if expected is None:
        assert "root:" not in result
    else:
        assert result == expected


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
    ("how", "what", "expected"),
    [
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "c0.xhtml", "dropped: encrypted_epub"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "font.otf", "Chapter 1"),
        ("http://www.idpf.org/2008/embedding", "c0.xhtml", "Chapter 1"),
    ],
)
def test_books_that_are_locked(tmp_path, how, what, expected):
    lock = LOCK.format(how, what)
    data = ebook([chapter(1)], files=[("META-INF/encryption.xml", lock)])
    (result,) = told(read_ranges(put(tmp_path / "a.epub", data), "book")[0])
    assert result.startswith(expected)


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
    expected = [f"Chapter {n}\n\nNight {'abcde'[n]}." for n in range(5)]
    assert row["text"].replace("\n\nThey went home.", "") == "\n\n".join(expected)


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


def test_a_table_that_holds_tables_is_written_once():
    """Else each of them would be written twice by each around it."""
    (table,) = html.fromstring(
        "<div><table><tr><td>a</td><td><table><tr><td>b</td><td>c</td></tr></table></td></tr>"
        "<tr><td>d</td><td>e</td></tr></table></div>"
    ).findall("table")
    written = []

    def text_of(cell):
        written.append(cell)
        return cell.text

    assert rows_of(table, text_of) is None
    assert not written
    assert rows_of(table.find(".//table"), text_of) is None  # one row
    assert len(written) == 2
