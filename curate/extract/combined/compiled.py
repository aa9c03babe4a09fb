"""Our extractor by compiled kernels: the same text as the plain path, in a fraction of the time.

libxml2 builds the tree and serialises it; kernels read nodes and lines from that, weigh and choose
them (`kernels`). Python writes the lines kept, and looks at code and tables of data. Pages with
formulas and other rare things are left to the plain path, which is the rule for all.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from html import unescape
from typing import Any

import numpy as np
from lxml import etree

from curate._compiled import is_kept
from curate.extract.combined import equations
from curate.extract.combined.elsewhere import SCANT, from_data, opened
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.judge import judge
from curate.extract.combined.kernels.lines import read_lines
from curate.extract.combined.kernels.nodes import read
from curate.extract.combined.kernels.places import place_lines, stand
from curate.extract.combined.kernels.tables import known_tags, tables
from curate.extract.combined.line_classifier import Weights
from curate.extract.combined.marks import tidy, without_signs
from curate.extract.combined.page import HEADINGS, Line, Page
from curate.extract.combined.places import Place
from curate.extract.combined.preformatted import are_line_numbers, code_text
from curate.extract.combined.render import render
from curate.extract.combined.tables import Shape, data_tables
from curate.extract.combined.units import (
    Structure,
    title_of,
    titles_of,
    without_idle_headings,
    without_repeated_links,
)
from curate.text.blocks import Written

_ATTRIBUTE = re.compile(r'\s([^\s>/][^=>]*)="([^"]*)"')
_NAME = re.compile(r"<([^\s/>]+)")
_CELLS = frozenset(("td", "th", "dt", "dd"))
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FIRST_TAG = re.compile(r"<[a-zA-Z]")
_HTML_TAG = re.compile(r"<html[\s>/]", re.IGNORECASE)
_kept: list[tuple[Weights, Any, Any]] = []  # tables of the weights used last


def tables_of(weights: Weights) -> tuple[Any, Any]:
    """Return the tables of weights, made once."""
    for known, fixed, odds in _kept:
        if known is weights:
            return fixed, odds
    fixed, odds = tables(weights)
    del _kept[:-7]
    _kept.append((weights, fixed, odds))
    return fixed, odds


class Text:
    """A page as kernels read it: arrays of nodes and lines, lists and strings where asked for."""

    def __init__(self, source: str, read: Any) -> None:
        self.source = source
        (_, self.count, self.nodes, self.tag_hashes, self.names, self.text, self.attrs, self.words,
         start, end, self.signs) = read  # fmt: skip
        self.title = " ".join(_string(self.text[start:end]).split())
        self.lines: Any = None
        self.out: Any = None

    @cached_property
    def page(self) -> Page:
        """Return the page as the plain path has it; its texts and names made as they are read."""
        nodes, count, known = self.nodes, self.count, known_tags()
        ids = nodes[y.TAG, :count].tolist()
        tags = [known[one] for one in ids]
        for n, one in enumerate(ids):
            if not one:
                match = _NAME.match(self.source, self.source.rindex("<", 0, nodes[y.SOURCE, n]))
                tags[n] = match[1] if match is not None else ""
        coded = np.flatnonzero(nodes[y.CODE, :count] * (nodes[y.TAG, :count] != y.TEXT)).tolist()
        states = nodes[y.STATE, :count]
        lazy: Any = _Lazy
        return Page(
            tags=tags,
            parents=nodes[y.PARENT, :count].tolist(),
            ends=nodes[y.END, :count].tolist(),
            names=lazy(count, self._name),
            texts=lazy(count, self._text),
            hidden=lazy(count, lambda n: bool(states[n] & y.HIDDEN)),
            attributes=_Attributes(self),  # type: ignore[arg-type]
            code={n: int(nodes[y.CODE, n]) for n in coded},
            unseen=set(np.flatnonzero(states & y.UNSEEN).tolist()),
            blocks=set(np.flatnonzero(states & y.BLOCK).tolist()),
            title=self.title,
        )

    def _text(self, n: int) -> str:
        nodes = self.nodes
        said = _string(self.text[nodes[y.TEXT_START, n] : nodes[y.TEXT_END, n]])
        prefix, suffix = int(nodes[y.PREFIX, n]), int(nodes[y.SUFFIX, n])
        return ("" if not prefix else chr(prefix)) + said + _SUFFIXES[suffix]

    def _name(self, n: int) -> str:
        nodes = self.nodes
        if not nodes[y.NAME_SIZE, n]:
            return ""
        first = _string(self.attrs[nodes[y.CLASS, n] : nodes[y.CLASS_END, n]])
        return f"{first} {_string(self.attrs[nodes[y.ID, n] : nodes[y.ID_END, n]])}".lower()

    def attributes(self, n: int) -> dict[str, str]:
        """Return the attributes of an element."""
        start = int(self.nodes[y.SOURCE, n])
        tag = self.source[start : self.source.index(">", start)]
        return {match[1]: unescape(match[2]) for match in _ATTRIBUTE.finditer(tag)}

    @cached_property
    def string(self) -> str:
        """Return the text of all lines, one after the other."""
        return _string(self.out)

    def line(self, n: int) -> Line:
        """Return a line as the plain path has it."""
        node, block, start, stop, size, linked, commas, bold, breaks, parted, code = (
            self.lines[:11, n].tolist()
        )
        return Line(self.string[start:stop], node, block, size, linked, commas, bold,
                    bool(breaks), bool(parted), code)  # fmt: skip


_SUFFIXES = {0: "", 5: "\x05", 6: "\x06", 56: "\x05\x06"}


def _string(codes: Any) -> str:
    return str(codes.tobytes().decode("utf-32-le"))


def codes_of(text: str) -> Any:
    """Return a text's code points as an array that can be written to."""
    return np.frombuffer(bytearray(text.encode("utf-32-le", "surrogatepass")), np.uint32)


class _Lazy(Sequence[Any]):
    """A list whose entries are made when they are read."""

    def __init__(self, size: int, make: Callable[[int], Any]) -> None:
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self._make(one) for one in range(*n.indices(self._size))]
        return self._make(n)


class _Attributes:
    """The attributes of elements that have some, by node."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __contains__(self, n: int) -> bool:
        return bool(self._text.nodes[y.STATE, n] & y.ATTRIBUTED)

    def __getitem__(self, n: int) -> dict[str, str]:
        return self._text.attributes(n)

    def get(self, n: int, default: Any = None) -> Any:
        """Return the attributes of a node; the default where it has none."""
        return self[n] if n in self else default


def content(html: str, *, precision: bool, markdown: bool, weights: Weights) -> Written | None:
    """Return the main text of a page; None where the plain path must read it."""
    fixed, odds = tables_of(weights)
    page = read_page(html, fixed)
    if page is None:
        return None
    own = int((page.lines[y.SIZE] - page.lines[y.LINKED]).sum())
    if own < SCANT and (opened(html) is not None or from_data(html) is not None):
        return None
    lines = Lines(page)
    places, long, barred, known = shape(page, lines, fixed)
    levels = places[y.HEADING].tolist()
    inside = frozenset(np.flatnonzero(barred).tolist())
    titles = titles_of(page, lines, levels, inside)  # type: ignore[arg-type]
    kept = chosen(page, places, long, barred, known, titles, fixed, odds, precision=precision)
    if not precision:
        structure = Structure([], levels, inside, titles, known)
        kept = without_repeated_links(lines, structure, kept)
        kept = without_idle_headings(lines, structure, kept)
    written = render(page.page, lines, kept, markdown=markdown, shape=known)
    return written._replace(title=title_of(page, lines, levels))  # type: ignore[arg-type]


def are_kept() -> bool:
    """Return whether all kernels lie on disk, compiled for this processor."""
    return all(map(is_kept, (read, read_lines, stand, place_lines, judge)))


def read_page(html: str, fixed: Any) -> Text | None:
    """Return a page with its lines; None where it is left to the plain path."""
    source = serialised(html)
    if source is None:
        return None
    found = read(codes_of(source), fixed)
    if found[0] != y.DONE:
        return None
    page = Text(source, found)
    if page.signs & 1 and equations.may_have_tex(html):
        return None
    if page.signs & 2 and equations.may_have_ascii(html):
        return None
    number, lines, out = read_lines(page.nodes, page.count, page.text, fixed)
    if number < 0:
        return None
    page.lines, page.out = lines[:, :number], out
    return page if _completed(page) else None


def serialised(html: str) -> str | None:
    """Return a page's tree as XML; None where libxml2 has none or a tree says less than its calls.

    A second <html> adds its attributes to the first in a tree; the plain path does not know them.
    """
    last = max(html.rfind("<html"), html.rfind("<HTML"))
    if last >= 0:
        begin = _COMMENT.sub("", html[: last + 6])
        first = _FIRST_TAG.search(begin)
        if first is not None and _HTML_TAG.search(begin, first.start() + 1) is not None:
            return None
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        parser.feed(without_signs(html))
        root = parser.close()
    except etree.XMLSyntaxError:
        return None
    root.getroottree().docinfo.clear()  # or some doctypes change how it is written
    return etree.tostring(root, encoding="unicode", with_tail=False)


def _completed(page: Text) -> bool:
    """Give a page the text of its code, powers and letters kernels do not know; drop furniture.

    Returns False where the plain path must read the page.
    """
    lines = page.lines
    coded = np.flatnonzero(lines[y.CODED] >= 0).tolist()
    special = sorted({*coded, *np.flatnonzero(lines[y.SIGNED]).tolist()})
    cased = np.flatnonzero(lines[y.MARKS] & y.M_CASED).tolist()
    if special or cased:
        added: list[Any] = [page.out]
        length = len(page.out)
        for n in special:
            code = int(lines[y.CODED, n])
            if code >= 0:
                text = code_text(page.page, code, page.page.code[code])
                if not text.strip() or page.page.tags[code] == "textarea":
                    return False
                lines[y.LINKED, n] = _linked(page.page, code)
                lines[y.COMMAS, n] = text.count(",")
            else:
                start, stop = lines[y.START, n], lines[y.STOP, n]
                text = " ".join(tidy(_string(page.out[start:stop])).split())
                lines[y.COMMAS, n] = text.count(",") + text.count("，") + text.count("、")
            codes = codes_of(text)
            added.append(codes)
            for field, value in (
                (y.START, length), (y.STOP, length + len(codes)), (y.SIZE, len(codes)),
                (y.LOWER, length), (y.LOWER_STOP, length + len(codes)),
                (y.LINKED, min(int(lines[y.LINKED, n]), len(codes))),
                (y.BOLD, min(int(lines[y.BOLD, n]), len(codes))),
            ):  # fmt: skip
                lines[field, n] = value
            length += len(codes)
            if "\u0130" in text or "\u03a3" in text:
                cased.append(n)
        whole = np.concatenate(added)
        lower: list[Any] = [whole]
        for n in cased:
            codes = codes_of(_string(whole[lines[y.START, n] : lines[y.STOP, n]]).lower())
            lines[y.LOWER, n], lines[y.LOWER_STOP, n] = length, length + len(codes)
            lower.append(codes)
            length += len(codes)
        page.out = np.concatenate(lower) if cased else whole
        if page.out.size and int(page.out.max()) >= y.CHARACTERS:
            return False
    _drop_furniture(page, coded)
    return True


def _linked(page: Page, code: int) -> int:
    """Return the characters of code that are links."""
    end = page.ends[code]
    if "a" not in page.tags[code:end]:
        return 0
    links = [n for n in range(code, end) if page.tags[n] == "a"]
    return sum(len("".join(page.texts[n : page.ends[n]])) for n in links)


def _drop_furniture(page: Text, coded: Sequence[int]) -> None:
    """Take out advertisements' captions, buttons, line numbers; as `lines` does."""
    lines, nodes = page.lines, page.nodes
    known = known_tags()
    gone = []
    code = set(coded)
    for n in np.flatnonzero((lines[y.MARKS] & ~y.M_CASED) | (lines[y.CODED] >= 0)).tolist():
        marks, block = int(lines[y.MARKS, n]), int(lines[y.AROUND, n])
        if n in code:
            if n + 1 in code and are_line_numbers(page.line(n).text):
                gone.append(n)
            continue
        if lines[y.SIZE, n] >= 60:
            continue
        tag = known[nodes[y.TAG, block]] if block >= 0 else ""
        advert = marks & y.M_ADVERT
        heading = tag in HEADINGS
        if (
            (heading and advert and lines[y.SIZE, n] > 3)
            or (block >= 0 and marks & y.M_DIGITS and nodes[y.SETS, block] & y.W_GUTTER)
            or (tag not in _CELLS and not heading and (
                advert or (marks & y.M_COPY and not code.isdisjoint((n - 1, n + 1)))))
        ):  # fmt: skip
            gone.append(n)
    if gone:
        page.lines = np.delete(lines, gone, axis=1)
    page.lines = np.ascontiguousarray(page.lines)
    page.__dict__.pop("string", None)


class Lines(Sequence[Line]):
    """The lines of a page, each made when it is asked for."""

    def __init__(self, page: Text) -> None:
        self._page = page
        self._made: dict[int, Line] = {}

    def __len__(self) -> int:
        return int(self._page.lines.shape[1])

    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self[one] for one in range(*n.indices(len(self)))]
        if n >= len(self):
            raise IndexError(n)
        if n not in self._made:
            self._made[n] = self._page.line(n)
        return self._made[n]


class Places(Sequence[Place]):
    """Where lines stand, each made when it is asked for."""

    def __init__(self, places: Any) -> None:
        self._places = places

    def __len__(self) -> int:
        return int(self._places.shape[1])

    def __getitem__(self, n: Any) -> Any:
        return Place(*self._places[:, n].tolist())


def shape(page: Text, lines: Lines, fixed: Any) -> tuple[Any, Any, Any, Shape]:
    """Return (places of lines, long groups, lines in navigation, the page's shape)."""
    every = stand(page.nodes, page.count, fixed.tag_bits)
    places, long, barred = place_lines(every, page.nodes, page.count, page.lines)
    grids: dict[int, list[list[int]]] = {}
    if (page.nodes[y.TAG, : page.count] == y.TABLE_TAG).any():
        grids = data_tables(page.page, lines)
    groups = frozenset(np.flatnonzero(long).tolist())
    return places, long, barred, Shape(Places(places), grids, groups)  # type: ignore[arg-type]


def chosen(page: Text, places: Any, long: Any, barred: Any, shape: Shape, titles: Sequence[int],
           fixed: Any, odds: Any, *, precision: bool) -> list[int]:  # fmt: skip
    """Return the numbers of the lines to keep."""
    data = np.zeros(page.count + 1, np.uint8)
    for table in shape.tables:
        data[table] = 1
    kept = judge(page.nodes, page.count, page.tag_hashes, page.names, page.words, page.lines,
                 places, page.out, barred, long, data, np.array(titles, np.int64), fixed, odds,
                 precision)  # fmt: skip
    return [int(n) for n in np.flatnonzero(kept)]
