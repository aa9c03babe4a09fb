"""E-books (EPUB 2 and 3): the words of the chapters, in reading order.

A file goes in, a text comes out. What only finds the way about (cover, contents, navigation,
index, lists of pages, numbers of notes and of lines) is left out, and so is how a word is read
aloud (ruby). Code keeps its lines, formulas become LaTeX's marks. What is read is bounded,
whatever the archive claims; no entity, DTD or reference to another file is followed.
"""

import contextlib
import posixpath
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import unquote

from curate.books.mathml import formula
from curate.encoding.decode import decode

LARGEST = 64 << 20  # bytes of all chapters unpacked; the Bible has 5 million
MOST = 20_000  # chapters
_CONTAINER = "META-INF/container.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_GUIDES = frozenset(("cover", "toc", "title-page", "titlepage", "loi", "lot", "index"))
_TYPES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml")
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
)
_PAGES = frozenset((
    "pagebreak", "toc", "landmarks", "page-list", "cover", "loi", "lot", "index", "noteref",
    "doc-noteref", "doc-toc", "doc-index", "doc-pagebreak", "doc-pagelist", "doc-cover",
))  # fmt: skip
_LINE_NUMBERS = frozenset(("lnum", "linenum", "line-num", "linenumber", "line-number", "lineno"))
_NOTE_MARK = re.compile(r"\s*[\[(]?\s*(?:[0-9]{1,4}|[a-z]|[*†‡§¶]{1,3})\s*[\])]?\s*")
_DIGITS = re.compile(r"\s*[+−-]?[0-9]{1,4}\s*")
CONTENTS = 4  # lines that are links, one after the other: a table of contents
_AFTER = 80  # characters beside the link of such a line: a title, a page
_CONTENTS = frozenset((
    "contents", "table of contents", "chapters", "illustrations", "list of illustrations",
    "list of figures", "list of tables", "inhalt", "inhaltsverzeichnis", "table des matières",
    "sommaire", "índice", "indice", "sommario", "inhoud", "inhoudsopgave", "spis treści",
    "содержание", "оглавление", "目次", "目录", "目錄", "차례", "المحتويات",
))  # fmt: skip
_LINK = re.compile("\x02([^\x02\x03]*)\x03")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.I)  # a link that leads out of the book
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EPUB_TYPE = ("{http://www.idpf.org/2007/ops}type", "epub:type", "role")


class EpubError(ValueError):
    """A book that cannot be read; its text is the reason: a key of the table of reasons."""


def epub_text(file: IO[bytes]) -> str:
    """Return the text of an EPUB: paragraphs and headings apart by an empty line.

    Raises EpubError: bad_epub, encrypted_epub, book_too_large.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return "\n\n".join(text for text in _chapters(archive) if text)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RecursionError) as error:
        raise EpubError("bad_epub") from error
    except RuntimeError as error:  # zipfile's word for a password
        raise EpubError("encrypted_epub") from error


def _chapters(archive: zipfile.ZipFile) -> Iterator[str]:
    names = dict(_names(archive))
    locked = _locked(archive, names)
    package = _package(archive, names)
    left = LARGEST
    for path in _spine(package):
        name = names.get(_key(path))
        if name is None:
            raise EpubError("bad_epub")
        if path in locked:
            raise EpubError("encrypted_epub")
        data = _read(archive, name, left)
        left -= len(data)
        yield page_text(data)


def _names(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield how the files of an archive may be asked for, and what it calls them.

    Names that are no ASCII are UTF-8 in a book; archives that fail to say so are read by zipfile
    as if of a PC of 1981.
    """
    for name in archive.namelist():
        with contextlib.suppress(UnicodeError):
            yield _key(name.encode("cp437").decode()), name
        yield _key(name), name


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).lower()


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise EpubError("book_too_large")
    return data


def _xml(data: bytes) -> Any:
    from lxml import etree  # noqa: PLC0415 - plain books need none

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise EpubError("bad_epub") from error
    if root is None:
        raise EpubError("bad_epub")
    return root


def _locked(archive: zipfile.ZipFile, names: dict[str, str]) -> set[str]:
    """Return the files that are encrypted; fonts that are only scrambled are none of them."""
    name = names.get("meta-inf/encryption.xml")
    if name is None:
        return set()
    locked = set()
    for one in _xml(_read(archive, name, LARGEST)).iter("{*}EncryptedData"):
        method = one.find("{*}EncryptionMethod")
        if method is not None and method.get("Algorithm") in _FONTS:
            continue
        locked |= {unquote(ref.get("URI", "")) for ref in one.iter("{*}CipherReference")}
    return locked


class _Package:
    """The parts of a book that its package file names."""

    def __init__(self, root: Any, folder: str) -> None:
        self.root, self.folder = root, folder

    def path(self, href: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, unquote(href.partition("#")[0])))


def _package(archive: zipfile.ZipFile, names: dict[str, str]) -> _Package:
    name = names.get(_CONTAINER.lower())
    if name is None:
        raise EpubError("bad_epub")
    root = _xml(_read(archive, name, LARGEST)).find(".//{*}rootfile")
    path = unquote(root.get("full-path") or "") if root is not None else ""
    found = names.get(_key(path))
    if found is None:
        raise EpubError("bad_epub")
    return _Package(_xml(_read(archive, found, LARGEST)), posixpath.dirname(path))


def _spine(package: _Package) -> list[str]:
    """Return the files of the chapters, in order; a book of pictures has none."""
    guides = {
        package.path(one.get("href") or "")
        for one in package.root.iterfind(".//{*}guide/{*}reference")
        if (one.get("type") or "").lower() in _GUIDES
    }
    items = {one.get("id"): one for one in package.root.iterfind(".//{*}manifest/{*}item")}
    paths = []
    for ref in package.root.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(ref.get("idref"))
        if item is None or ref.get("linear") == "no":
            continue
        path = package.path(item.get("href") or "")
        finds = {"nav", "cover-image"} & set((item.get("properties") or "").split())
        if not finds and path not in guides and item.get("media-type") in _TYPES:
            paths.append(path)
    if not items:
        raise EpubError("bad_epub")
    if len(paths) > MOST:
        raise EpubError("book_too_large")
    return list(dict.fromkeys(paths))


def page_text(page: bytes) -> str:
    r"""Return the words of a chapter, its blocks apart by an empty line, lines by a line break.

    >>> page_text(b"<html><head><title>x</title></head><body><h1>I</h1><p>One<br/>two</p></body>")
    'I\n\nOne\ntwo'
    """
    from lxml import etree, html  # noqa: PLC0415 - plain books need none

    text, _encoding, _rule = decode(page, "text/html; charset=utf-8" if _says_none(page) else None)
    bare = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    bare = re.sub("[\x00-\x04]", "", bare)  # ours: see `_words`
    bare = re.sub(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", "", bare, count=1, flags=re.S | re.I)
    try:
        root = html.document_fromstring(bare, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    pieces: list[str] = []
    _words(root, pieces)
    blocks = [
        [_SPACES.sub(" ", line).strip() for line in block.split("\x01")]
        for block in re.split("\x00+", "".join(pieces))
    ]
    found = ("\n".join(lines).strip() for lines in _without_contents(blocks))
    return "\n\n".join(block for block in found if block).replace("\x04", " ")


def _without_contents(blocks: list[list[str]]) -> list[list[str]]:
    """Return the lines of blocks without marks of links, and without those of tables of contents.

    These are runs of lines that each are a link into the book, of words and not only of a note's
    number. Where "Contents" stands above them, which goes too, titles may follow the links.
    """
    places = [
        (block, line) for block, lines in enumerate(blocks) for line, words in enumerate(lines)
        if words.strip("\x02\x03 ")
    ]  # fmt: skip
    gone: set[tuple[int, int]] = set()
    run: list[tuple[int, int]] = []
    for at, place in enumerate([*places, (-1, -1)]):
        if place[0] >= 0 and _leads_into_book(blocks[place[0]][place[1]]):
            run.append(place)
            continue
        if len(run) >= CONTENTS:
            above = places[at - len(run) - 1] if at > len(run) else None
            if above is not None and _says_contents(blocks[above[0]][above[1]]):
                gone.update((above, *run))
            elif not any(map(str.isalpha, "".join(_LINK.sub("", blocks[b][n]) for b, n in run))):
                gone.update(run)
        run = []
    return [
        [re.sub("[\x02\x03]", "", words) for line, words in enumerate(lines)
         if (block, line) not in gone]
        for block, lines in enumerate(blocks)
    ]  # fmt: skip


def _leads_into_book(line: str) -> bool:
    link = _LINK.search(line)
    if link is None or sum(map(str.isalpha, line[: link.start()])) > 1:
        return False
    beside = len(_LINK.sub("", line).strip())
    return beside <= _AFTER and sum(map(str.isalpha, link[1])) > 1


def _says_contents(line: str) -> bool:
    return re.sub("[\x02\x03]", "", line).strip(" .:*").lower() in _CONTENTS


def _says_none(page: bytes) -> bool:
    return re.search(rb"encoding\s*=|charset\s*=", page[:1024]) is None


def _words(root: Any, pieces: list[str]) -> None:
    r"""Add an element's words: \x00 where a block begins or ends, \x01 for a line break.

    What stands between \x02 and \x03 is a link into the book, \x04 is a space of code.
    """
    todo: list[Any] = [root]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            pieces.append(one)
            continue
        tag = one.tag if isinstance(one.tag, str) else ""
        after = one.tail or ""
        if tag == "br":
            todo += [after, "\x01"]
            continue
        if not tag or tag in _NOT_READ or _finds_the_way(one):
            todo.append(after)
            continue
        if tag.rpartition(":")[2] == "math":
            todo += [after, formula(one)]
            continue
        if tag == "pre":
            todo += [after, "\x00", _code("".join(one.itertext())), "\x00"]
            continue
        if tag == "sup" and _is_power(one, pieces):
            todo += [after, f"^{one.text.strip()}"]
            continue
        begin = end = "\x00" if tag in _BLOCKS else " " if tag in ("td", "th") else ""
        if tag == "a" and _ELSEWHERE.match(one.get("href") or "//") is None:
            begin, end = "\x02", "\x03"
        todo += [after, end, *reversed(one), one.text or "", begin]


def _finds_the_way(one: Any) -> bool:
    said = {word for name in _EPUB_TYPE for word in (one.get(name) or "").split()}
    if _PAGES & said or _LINE_NUMBERS & set((one.get("class") or "").split()):
        return True
    if one.tag != "a" or _ELSEWHERE.match(one.get("href") or "//") is not None:
        return False
    parent = one.getparent()  # a note's number stands above the line
    above = len(one) == 1 and one[0].tag == "sup" and not (one.text or "").strip()
    above |= parent is not None and parent.tag == "sup" and len(parent) == 1
    return above and _NOTE_MARK.fullmatch("".join(one.itertext())) is not None


def _is_power(one: Any, pieces: list[str]) -> bool:
    """Return whether raised digits follow digits: 10<sup>18</sup> is not 1018."""
    raised = not len(one) and _DIGITS.fullmatch(one.text or "") is not None
    return raised and bool(pieces) and pieces[-1][-1:].isdigit()


def _code(text: str) -> str:
    """Return lines of code as they stand, in the signs of `_words`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return "\x01".join(line.rstrip().expandtabs(4).replace(" ", "\x04") for line in lines)
