"""Read MediaWiki XML dumps (pages-articles): one document per page, wikitext converted to text.

A page starts at its `<page>`, which its text cannot contain, and is parsed alone: only one page is
held in memory, and no DTD or entity of the file is ever read. A .bz2 file can be read from any of
its streams on, so that ranges of multistream dumps, and of files packed by pbzip2, are read in
parallel; a dump of one stream is read by one task.
"""

import bz2
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast
from urllib.parse import quote
from xml.etree import ElementTree as ET

from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, bad_compression, damaged
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, check_ratio, is_io_error, unpacked
from curate.wiki.redirects import is_redirect
from curate.wiki.wikitext import FILES, plain

CHUNK = 1 << 18  # bytes of one read, and of one piece of decompressed data
HISTORY = 4 << 20  # bytes of a page, beyond which its older revisions are not held
LONGEST = 64 << 20  # bytes of a page; MediaWiki allows 2 MiB of text
HEAD = 1 << 20  # bytes that contain a dump's <siteinfo>
SIXTH, FOURTEENTH = 6, 14  # namespaces of files and categories
ENGLISH = ("", "enwiki", "simplewiki")  # names of dumps; one without a name is taken for English
START, END = b"<page>", b"</page>"
_REVISION = re.compile(rb"<revision>.*?</revision>\s*", re.DOTALL)
_TIMESTAMP = re.compile(rb"<timestamp>([^<]{0,64})</timestamp>")
_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")  # a block follows, or nothing
# Templates of disambiguation pages; not those about a link in a page ("disambiguation needed") or
# about another page.
_DISAMBIGUATION = re.compile(
    r"\{\{\s*(?:(?!needs? )[\w -]{0,40}disambig(?:uation)?"
    r"(?![\w -]{0,40}\b(?:needed|inline|link|notice|hatnote))[\w -]{0,40}|"
    r"disamb|dab|hndis|geodis|schooldis|numberdis|"
    r"begriffskl[äa]e?rung|bks|homonymie[\w -]{0,40}|patronymie|toponymie|desambiguaci[óo]n|"
    r"disambigua|doorverwijspagina|dp|неоднозначность|многозначность|список однофамильцев|"
    r"однофамильцы|ujednoznacznienie|desambigua[cç][ãa]o|desambig|aimai|[\w -]{0,40}曖昧さ回避|"
    r"消歧[义義][页頁]?|동음이의)\s*(?:\||\}\})",
    re.I,
)
_LIST = re.compile(
    r"(?:Lists? of|Index of|Outline of|Liste (?:der|von|des|de|d['’])|Listes? des|Anexo:|"
    r"Lista (?:de|di|dei|delle|degli)|Lijst van|Список) ?|.*(?:一覧|列表)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Site:
    """The wiki of a dump."""

    name: str = ""  # enwiki
    base: str = ""  # https://en.wikipedia.org/wiki/
    files: frozenset[str] = frozenset(FILES)  # names of the namespaces whose links are removed


class Piece(NamedTuple):
    """Decompressed bytes, and the offset in the file of the stream that they are from.

    With `why`: the rest of that stream cannot be decompressed.
    """

    stream: int
    data: bytes
    why: str | None = None


def read_mediawiki(
    blocks: Blocks, part: Range, source: Source, *_: object
) -> Iterator[tuple[int, Row]]:
    """Read pages that start in the range; n is the stream's offset plus their number in it."""
    with io.open_read(part.file.url, part.file.size, part.file.version) as raw:
        site = site_of(_head(raw, part.file.file_path))
    if part.file.file_path.endswith(".bz2"):
        pieces = streams(blocks, part.start, part.stop)
    else:
        pieces = _one_stream(blocks, part.file.file_path)
    any_page = False
    for n, page in pages(pieces, part.stop or 1):
        any_page = True
        yield n, page if isinstance(page, dict) else _row(page, site, source)
    if not any_page and (part.start, part.stop) == (0, part.file.size):
        yield 0, damaged("bad_xml", part.file.size)  # no dump at all


def _head(raw: Any, name: str) -> bytes:
    try:
        return unpacked(raw, name).read(HEAD)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        return b""


@lru_cache(maxsize=8)
def site_of(head: bytes) -> Site:
    """Return the wiki of a dump, from the bytes before its first page."""
    match = re.search(rb"<siteinfo>.*?</siteinfo>", head, re.S)
    try:
        info = ET.fromstring(match[0]) if match else None  # noqa: S314 - no DTD in an element
    except ET.ParseError:
        info = None
    if info is None:
        return Site()
    names = {
        (namespace.text or "").strip().lower()
        for namespace in info.iter("namespace")
        if namespace.get("key") in (str(SIXTH), str(FOURTEENTH))
    }
    base = (info.findtext("base") or "").rpartition("/")[0]
    files = frozenset(name for name in names if name) | frozenset(FILES)
    return Site(info.findtext("dbname") or "", f"{base}/" if base else "", files)


def _one_stream(blocks: Blocks, name: str) -> Iterator[Piece]:
    try:
        file = unpacked(blocks, name)
        while data := file.read(CHUNK):
            yield Piece(0, data)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield Piece(0, b"", bad_compression(error)["reason"])


def streams(blocks: Blocks, start: int, stop: int) -> Iterator[Piece]:
    """Yield the content of the bzip2 streams that start in [start, stop), and of those after them.

    A damaged stream ends in a piece that says so; the next one found follows. The first stream of
    a range is found by the magic bytes; a file that does not begin with them is damaged.
    """
    at = _next_stream(blocks, start, stop)
    if start == 0 and at != 0:
        yield Piece(0, b"", "bad_compression")
    while at is not None:
        broken = False
        end = at
        for piece, after in _stream(blocks, at):
            broken |= piece.why is not None
            end = after
            yield piece
        if not broken and _is_stream(blocks, end):
            at = end
        else:
            at = _next_stream(blocks, end if end > at else at + 1, None)


def _stream(blocks: Blocks, at: int) -> Iterator[tuple[Piece, int]]:
    """Yield the pieces of one stream, each with the file offset read up to."""
    unpack = bz2.BZ2Decompressor()
    offset, total = at, 0
    while not unpack.eof:
        fed = b""
        if unpack.needs_input:
            blocks.seek(offset)
            fed = blocks.read(CHUNK)
            offset += len(fed)
            if not fed:
                yield Piece(at, b"", "bad_compression"), offset
                return
        try:
            data = unpack.decompress(fed, CHUNK)
            total += len(data)
            check_ratio(total, offset - at)
        except (OSError, ValueError, EOFError) as error:
            yield Piece(at, b"", bad_compression(error)["reason"]), at + 1
            return
        if unpack.eof:
            offset -= len(unpack.unused_data)
        yield Piece(at, data), offset


def _is_stream(blocks: Blocks, at: int) -> bool:
    blocks.seek(at)
    return _STREAM.match(blocks.read(10)) is not None


def _next_stream(blocks: Blocks, at: int, stop: int | None) -> int | None:
    """Return the offset of the first stream in [at, stop); None if there is none."""
    kept = b""
    blocks.seek(at)
    while stop is None or at < stop:
        data = kept + blocks.read(CHUNK)
        if len(data) == len(kept):
            return None
        match = _STREAM.search(data)
        if match is not None:
            start = at + match.start()
            return start if stop is None or start < stop else None
        kept = data[-9:]
        at += len(data) - len(kept)
    return None


def _timestamp(revision: bytes) -> bytes:
    match = _TIMESTAMP.search(revision)
    return match[1] if match is not None and b"<text" in revision else b""


class _Held:
    """A buffer of decompressed bytes, with the stream of each byte."""

    def __init__(self) -> None:
        self.data = b""
        self._origins: list[tuple[int, int]] = []  # (where in data, the stream that starts there)

    def add(self, piece: Piece) -> None:
        if not self._origins or self._origins[-1][1] != piece.stream:
            self._origins.append((len(self.data), piece.stream))
        self.data += piece.data

    def stream(self, at: int) -> int:
        return max(stream for where, stream in self._origins if where <= at)

    def shorten(self) -> None:
        """Drop all complete revisions but the newest of the page at the beginning."""
        revisions = list(_REVISION.finditer(self.data))
        if len(revisions) < 2:
            return
        kept = max(revisions, key=lambda match: (_timestamp(match[0]), match.start()))
        start, end = revisions[0].start(), revisions[-1].end()
        shift = end - start - len(kept[0])
        self._origins = [(max(0, where - shift) if where else 0, stream)
                         for where, stream in self._origins]  # fmt: skip
        self.data = self.data[:start] + kept[0] + self.data[end:]

    def drop(self, size: int) -> None:
        """Drop the first bytes."""
        offset = self.stream(size)
        later = [(where - size, stream) for where, stream in self._origins if where > size]
        self.data, self._origins = self.data[size:], [(0, offset), *later]


def pages(  # noqa: PLR0912 - tags, edges of pieces and damage are handled together here only
    pieces: Iterable[Piece], stop: int
) -> Iterator[tuple[int, bytes | Row]]:
    """Yield (n, page), or (n, its outcome), of pages whose stream starts before `stop`."""
    buffer = _Held()
    stream, number = -1, -1  # of the last page that started
    begun: int | None = None  # the n of the page that `buffer` begins with

    def next_of(page_stream: int) -> int:
        nonlocal stream, number
        stream, number = page_stream, number + 1 if page_stream == stream else 0
        return stream + number

    for piece in pieces:
        if piece.why is not None:
            if begun is not None:
                yield begun, damaged(piece.why)
            if piece.stream >= stop:
                return
            if begun is None or stream != piece.stream:
                yield next_of(piece.stream), damaged(piece.why)
            buffer, begun = _Held(), None
            continue
        # The tag may have begun in the bytes held back.
        search_from = max(0, len(buffer.data) - len(END))
        buffer.add(piece)
        at = 0
        while True:
            if begun is None:
                start = buffer.data.find(START, at)
                if start < 0:
                    break
                if buffer.stream(start) >= stop:
                    return
                begun, at = next_of(buffer.stream(start)), start
            end = buffer.data.find(END, max(at, search_from))
            if end < 0:
                break
            yield begun, buffer.data[at : end + len(END)]
            at, begun = end + len(END), None
        if begun is None:
            at = max(at, len(buffer.data) - len(START) + 1)
        buffer.drop(at)
        if begun is not None and len(buffer.data) > HISTORY:
            buffer.shorten()
        if begun is None and buffer.stream(0) >= stop:
            return
        if len(buffer.data) > LONGEST:
            yield cast(int, begun), damaged("bad_xml", len(buffer.data))
            buffer, begun = _Held(), None
    if begun is not None:
        yield begun, damaged("bad_xml", len(buffer.data))


def _row(page: bytes, site: Site, source: Source) -> Row:
    """Return the document of a page, or its outcome."""
    try:
        tree = ET.fromstring(page)  # noqa: S314 - within an element there is no DTD
    except (ET.ParseError, ValueError):
        return damaged("bad_xml", len(page))
    revision = newest(tree.findall("revision"))
    title = (tree.findtext("title") or "").strip()
    wikitext = (revision.findtext("text") if revision is not None else None) or ""
    name = quote(title.replace(" ", "_"), safe="/:@!$*(),;'")
    row: Row = {
        "id": f"{site.name or source.kind}/{tree.findtext('id') or title}",
        "url": site.base + name if site.base else None,
        "length": len(page),
    }
    reason = _skipped(tree, revision, title, wikitext, source)
    if reason is not None:
        return {**row, "state": "skipped", "reason": reason}
    english = site.name in ENGLISH
    text = plain(
        wikitext,
        site.files,
        apparatus=source.apparatus,
        english=english,
        tables=source.tables,
        language="" if english else site.name.removesuffix("wiki"),
        page=title,
    )
    if not text:
        return {**row, "state": "dropped", "reason": "no_text"}
    date = revision.findtext("timestamp") if revision is not None else None
    return {**row, "date": date, "text": f"{title}\n\n{text}" if title else text}


def newest(revisions: Sequence[ET.Element]) -> ET.Element | None:
    """Return the last revision of a page that has a text; dumps with histories have many."""

    def rank(numbered: tuple[int, ET.Element]) -> tuple[bool, str, int]:
        number, revision = numbered
        has_text = bool(revision.findtext("text"))
        return has_text, revision.findtext("timestamp") or "", number

    return max(enumerate(revisions), key=rank)[1] if revisions else None


def _skipped(
    tree: ET.Element, revision: ET.Element | None, title: str, wikitext: str, source: Source
) -> str | None:
    """Return why a page is no document, or None."""
    model = revision.findtext("model") if revision is not None else None
    if (tree.findtext("ns") or "0").strip() != "0":
        return "other_namespace"
    if tree.find("redirect") is not None or is_redirect(wikitext):
        return "redirect_page"
    if model not in (None, "wikitext"):
        return "other_format"
    if not source.disambiguation and _DISAMBIGUATION.search(wikitext):
        return "disambiguation_page"
    return "list_page" if not source.lists and _LIST.match(title) else None
