"""E-books (EPUB 2 and 3): the words of the chapters, in reading order.

A file goes in, a text comes out. What only finds the way about (cover, contents, navigation,
lists of pages) is left out. What is read is bounded, whatever the archive claims; no entity, DTD
or reference to another file is followed.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import unquote

from curate.extract.encoding import decode

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
    ("head", "script", "style", "nav", "svg", "canvas", "audio", "video", "object")
)
_PAGES = frozenset(("pagebreak", "toc", "landmarks", "page-list", "cover", "loi", "lot"))
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EPUB_TYPE = ("{http://www.idpf.org/2007/ops}type", "epub:type")


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
    names = {name.lower(): name for name in archive.namelist()}
    locked = _locked(archive, names)
    package = _package(archive, names)
    left = LARGEST
    for path in _spine(package):
        name = names.get(path.lower())
        if name is None:
            raise EpubError("bad_epub")
        if path in locked:
            raise EpubError("encrypted_epub")
        data = _read(archive, name, left)
        left -= len(data)
        yield page_text(data)


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
    found = names.get(path.lower())
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
    bare = re.sub(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", "", bare, count=1, flags=re.S | re.I)
    try:
        root = html.document_fromstring(bare, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    pieces: list[str] = []
    _words(root, pieces)
    blocks = re.split("\x00+", "".join(pieces))
    lines = ("\n".join(_SPACES.sub(" ", line).strip() for line in block.split("\x01"))
             for block in blocks)  # fmt: skip
    return "\n\n".join(line.strip() for line in lines if line.strip())


def _says_none(page: bytes) -> bool:
    return re.search(rb"encoding\s*=|charset\s*=", page[:1024]) is None


def _words(root: Any, pieces: list[str]) -> None:
    r"""Add an element's words: \x00 where a block begins or ends, \x01 for a line break."""
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
        edge = "\x00" if tag in _BLOCKS else " " if tag in ("td", "th") else ""
        todo += [after, edge, *reversed(one), one.text or "", edge]


def _finds_the_way(one: Any) -> bool:
    said = next((one.get(name) for name in _EPUB_TYPE if one.get(name)), "")
    return bool(_PAGES & set(said.split()))
