"""EPUB 2 and 3 to plain text: the chapters in reading order.

Input: a file. Output: a text. Navigation (cover, contents, index, lists of pages, numbers of notes,
lines and paragraphs, lines repeated in every chapter) is left out, and so are pronunciations
(ruby). Code keeps its lines, formulas become LaTeX. A chapter that cannot be read is left out;
`curate.books.package` finds the files of the chapters. Ours, because EbookLib is under the AGPL.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

from curate._lazy import listing
from curate.books.epub_contents import without_contents
from curate.books.epub_tables import rows_of
from curate.books.package import LARGEST, MOST, READ_ERRORS, EpubError, Package
from curate.books.repeated import without_repeated
from curate.books.salvage import salvaged
from curate.encoding.binary import binary_kind
from curate.encoding.decode import decode
from curate.formulas.mathml import formula, is_display
from curate.formulas.scripts import LOWERED, RAISED, SCRIPT_END, with_scripts
from curate.formulas.tex import clean, image_tex, marked
from curate.text.joiners import without_joiners

__all__ = [
    "LARGEST",
    "MOST",
    "EpubError",
    "epub_chapters",
    "is_epub",
    "page_text",
]
__dir__ = listing(__name__, __all__)

# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
))
# fmt: on
_NOT_READ = frozenset(
    (
        "head",
        "script",
        "style",
        "nav",
        "svg",
        "canvas",
        "audio",
        "video",
        "object",
        "rt",
        "rp",
        "rtc",
    )
)  # fmt: skip
_PAGES = frozenset((
    "pagebreak", "toc", "landmarks", "page-list", "cover", "loi", "lot", "index", "noteref",
    "doc-noteref", "doc-toc", "doc-index", "doc-pagebreak", "doc-pagelist", "doc-cover",
))  # fmt: skip
_NUMBER_CLASSES = frozenset((
    "parnum", "paranum", "para-num", "pnum", "parno", "par-num", "paragraph-number", "versenum",
    "verse-num", "verse-number", "versenumber", "vnum",
))  # fmt: skip
_INLINE = frozenset(("a", "b", "em", "i", "small", "span", "strong", "sup"))
_REPLACED = frozenset(("img", "svg", "image", "object", "audio", "video", "iframe", "canvas"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_PAGE_CLASSES = frozenset(("pagenum", "pageno", "pagenumber", "page-number", "pagebreak", "pb"))
_PAGE_NUMBER = re.compile(
    r"\s*[\[({]?\s*(?:(?:pg|page|p|s|seite)\b\.?)?\s*(?:[0-9]{1,4}|[ivxlc]{1,8})\s*[\])}]?\s*", re.I
)
_SWITCHES = frozenset(("epub:switch", "ops:switch"))
_KNOWN = re.compile("mathml|xhtml", re.I)  # namespaces of cases that can be read
_SCRIPTS = {"sup": RAISED, "sub": LOWERED}
# Soft hyphens, marks of byte order, embedded directions, controls but for white space.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]"
)
_REFERENCE = re.compile(
    r"&#(?:0*(?:173|[0-8]|1[4-9]|2\d|3[01])|x0*(?:ad|[0-8]|[01][ef]|1[0-9a-d]));", re.I
)
_ITEM = "\x12"  # before an item of a list
_EMOJI = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]{1,8}")
_MATH = re.compile(r"\s*(?:\\\((.+)\\\)|\\\[(.+)\\\])\s*", re.DOTALL)
_NUMBER = re.compile(r"\s*[\[(¶§]?\s*([0-9]{1,4})\s*[\])]?[.:]?\s*")
_MARKED = re.compile("^\x11([0-9]+)\x11([^\x11]*)\x11")
CONSECUTIVE = 5  # paragraphs with consecutive numbers: these are paragraph numbers
_LINE_NUMBERS = frozenset(("lnum", "linenum", "line-num", "linenumber", "line-number", "lineno"))
_NOTE_MARK = re.compile(r"\s*[\[(]?\s*(?:[0-9]{1,4}|[a-z]|[*†‡§¶]{1,3})\s*[\])]?\s*")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.I)  # a link to outside the book
_AFTER_ITEM = re.compile("\x12[\x00\x01 \t\r\n]+")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EPUB_TYPE = ("{http://www.idpf.org/2007/ops}type", "epub:type", "role")


def is_epub(data: bytes) -> bool:
    """Return whether data begin as an EPUB archive, whatever the file's name."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def epub_chapters(file: IO[bytes]) -> list[str]:
    """Return the text of each file of an EPUB that has one, in reading order.

    Paragraphs and headings are separated by an empty line.

    Raises EpubError: bad_epub, encrypted_epub, book_too_large.
    """
    try:
        with _archive(file) as archive:
            chapters = list(_chapters(Package(archive)))
    except (zipfile.BadZipFile, NotImplementedError, RecursionError, EOFError) as error:
        raise EpubError("bad_epub") from error
    blocks = without_repeated(chapters)
    return ["\n\n".join(chapter) for chapter in blocks if chapter]


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the archive of a book, its directory made anew where that is missing."""
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        found = salvaged(file, LARGEST)
        if found is None:
            raise
        return zipfile.ZipFile(found)


def _chapters(package: Package) -> Iterator[list[str]]:
    """Yield the blocks of each chapter that can be read, or of its first readable fallback.

    Raises EpubError if none can.
    """
    left, read, lost, locked = LARGEST, 0, 0, 0
    for paths in package.chapters():
        page, unreadable = None, True
        for path in paths:
            name = package.find(path)
            if name is None:
                continue
            if path in package.locked:
                locked += 1
                continue
            try:
                data = package.read(name, left)
            except RuntimeError:  # raised by zipfile for a password
                locked += 1
            except READ_ERRORS:
                continue
            else:
                left, unreadable = left - len(data), False
                if not binary_kind(data) and _is_page(data, last=path == paths[-1]):
                    page = data
                    break
        lost += page is None and unreadable
        if page is not None:
            read += 1
            yield [block for block in page_text(page).split("\n\n") if block.strip()]
    if not read and (locked or lost):
        raise EpubError("encrypted_epub" if locked else "bad_epub")


def _is_page(data: bytes, *, last: bool) -> bool:
    """Return whether a file is (X)HTML; plain text is accepted as the last fallback."""
    start = data[:4096]
    markup = b"<" in start and re.search(
        rb"<(?:html|body|head|p|div|h[1-6]|!doctype)\b", start, re.I
    )
    wide = b"\0" in start
    return (markup is not None and markup is not False) or wide or (last and len(start.split()) > 1)


def page_text(page: bytes) -> str:
    r"""Return the text of a chapter, its blocks separated by an empty line, lines by a line break.

    >>> page_text(b"<html><head><title>x</title></head><body><h1>I</h1><p>One<br/>two</p></body>")
    'I\n\nOne\ntwo'
    """
    from lxml import etree, html  # noqa: PLC0415 - plain books need none

    text, _encoding, _rule = decode(
        page, "text/html; charset=utf-8" if _declares_no_encoding(page) else None
    )
    if "<" not in text:
        return text.replace("\r\n", "\n").strip()
    bare = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    bare = _INVISIBLE.sub("", _REFERENCE.sub("", bare.replace("&shy;", "")))
    bare = re.sub(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", "", bare, count=1, flags=re.S | re.I)
    try:
        root = html.document_fromstring(bare, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    pieces: list[str] = []
    _words(root, pieces)
    blocks = [
        [_SPACES.sub(" ", line).strip() for line in block.split("\x01")]
        for block in re.split("\x00+", _AFTER_ITEM.sub(_ITEM, "".join(pieces)))
    ]
    unnumbered = _without_numbers(["\n".join(lines).strip() for lines in without_contents(blocks)])
    if any(SCRIPT_END in block for block in unnumbered):
        unnumbered = ["\n".join(map(with_scripts, block.split("\n"))) for block in unnumbered]
    text = "\n\n".join(block for block in unnumbered if block.strip(_ITEM))
    return without_joiners(text.replace("\x10", " ").replace(_ITEM, "- "))


def _without_numbers(blocks: Sequence[str]) -> list[str]:
    """Return blocks without paragraph numbers: marked ones that are consecutive."""
    marked = [(at, _MARKED.match(block)) for at, block in enumerate(blocks)]
    numbers = [(at, int(mark[1])) for at, mark in marked if mark is not None]
    removed: set[int] = set()
    run: list[int] = []
    before = None
    for at, number in [*numbers, (-1, -1)]:
        if before is not None and number == before + 1:
            run.append(at)
        else:
            removed.update(run if len(run) >= CONSECUTIVE else ())
            run = [at]
        before = number
    return [
        (block[mark.end() :].lstrip() if at in removed else block.replace(mark[0], mark[2], 1))
        if mark is not None
        else block
        for (at, mark), block in zip(marked, blocks, strict=True)
    ]


def _declares_no_encoding(page: bytes) -> bool:
    return re.search(rb"encoding\s*=|charset\s*=", page[:1024]) is None


def _words(root: Any, pieces: list[str]) -> None:
    r"""Add an element's text: \x00 where a block begins or ends, \x01 for a line break.

    \x0e and \x0f enclose a link into the book, \x10 is a space in code, and \x11 and \x11
    enclose a number at the beginning of a block, which then follows unchanged; \x12 begins an item
    of a list. What is raised or lowered is between the signs of `formulas.scripts`.
    """
    todo: list[Any] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        tag = node.tag if isinstance(node.tag, str) else ""
        after = node.tail or ""
        if tag == "br":
            todo += [after, "\x01"]
            continue
        if tag in _REPLACED:
            todo += [after, _stand_in(node)]
            continue
        if not tag or tag in _NOT_READ or _is_navigation(node) or _is_hidden(node):
            todo.append(after)
            continue
        if tag in _SWITCHES:
            todo += [after, *_chosen(node)]
            continue
        if (whole := _whole(node, tag)) is not None:
            todo += [after, whole]
            continue
        if tag in _INLINE and (number := _paragraph_number(node, pieces)):
            content = "".join(node.itertext())
            todo += [after, f"\x11{number}\x11{content}\x11"]
            continue
        begin = end = "\x00" if tag in _BLOCKS else " " if tag in ("td", "th") else ""
        if tag == "a" and _ELSEWHERE.match(node.get("href") or "//") is None:
            begin, end = "\x0e", "\x0f"
        elif tag == "li":
            begin, end = f"\x01{_ITEM}", ""
        elif tag in _SCRIPTS:
            begin, end = _SCRIPTS[tag], SCRIPT_END
        todo += [after, end, *reversed(node), node.text or "", begin]


def _written(node: Any) -> str:
    """Return the text of an element and what is in it."""
    pieces: list[str] = []
    tail, node.tail = node.tail, None
    _words(node, pieces)
    node.tail = tail
    return "".join(pieces)


def _whole(node: Any, tag: str) -> str | None:
    """Return the text of a formula, of code, of a table of data; None of other elements."""
    if tag.rpartition(":")[2] == "math":
        return marked(formula(node), display=is_display(node))
    if tag == "pre":
        return f"\x00{_code(''.join(node.itertext()))}\x00"
    if tag == "table":
        rows = rows_of(node, _written)
        return (
            None
            if rows is None
            else "\x00{}\x00".format("\x01".join(rows).replace(" | ", "\x10|\x10"))
        )
    if tag in ("span", "div") and "math" in (node.get("class") or "").split() and not len(node):
        match = _MATH.fullmatch(node.text or "")
        if match is not None:  # TeX between its signs
            return marked(clean(match[1] or match[2]), display=match[2] is not None)
    return None


def _chosen(node: Any) -> list[Any]:
    """Return the one part of <epub:switch> that is read: a formula, else the default."""
    cases = [one for one in node if isinstance(one.tag, str)]
    known = [one for one in cases if _KNOWN.search(one.get("required-namespace") or "")]
    return (known or [one for one in cases if one.tag.endswith(":default")] or cases)[:1]


def _stand_in(node: Any) -> str:
    """Return the formula or first letter that an image shows; else a space between two words."""
    alt, names = node.get("alt") or "", (node.get("class") or "").lower()
    if tex := image_tex(alt, node.get("src") or "", names):
        return marked(tex)
    if len(alt) == 1 and "drop" in names:
        return alt
    if _EMOJI.fullmatch(alt):
        return alt
    return " " if (node.tail or "")[:1].isalnum() else ""


def _is_hidden(node: Any) -> bool:
    return node.get("hidden") is not None or _HIDDEN.search(node.get("style") or "") is not None


def _paragraph_number(node: Any, pieces: list[str]) -> str | None:
    """Return the number of an element at the beginning of a block; None for other elements."""
    before = next((piece for piece in reversed(pieces) if piece.strip(" \t\r\n")), "\x00")
    if before[-1:] != "\x00" or len(node) > 1:
        return None
    number = _NUMBER.fullmatch("".join(node.itertext()))
    return number[1] if number is not None else None


def _is_navigation(node: Any) -> bool:
    types = {word for name in _EPUB_TYPE for word in (node.get(name) or "").split()}
    classes = set((node.get("class") or "").lower().split())
    if _PAGES & types or _LINE_NUMBERS & classes:
        return True
    if _PAGE_CLASSES & classes and _PAGE_NUMBER.fullmatch("".join(node.itertext())):
        return True
    if _NUMBER_CLASSES & classes and _NUMBER.fullmatch("".join(node.itertext())):
        return True
    if node.tag != "a" or _ELSEWHERE.match(node.get("href") or "//") is not None:
        return False
    parent = node.getparent()  # a note's number is superscript
    above = len(node) == 1 and node[0].tag == "sup" and not (node.text or "").strip()
    above |= parent is not None and parent.tag == "sup" and len(parent) == 1
    return above and _NOTE_MARK.fullmatch("".join(node.itertext())) is not None


def _code(text: str) -> str:
    """Return lines of code verbatim, in the control characters of `_words`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return "\x01".join(line.rstrip().expandtabs(4).replace(" ", "\x10") for line in lines)
