"""Our extractor by compiled kernels: the same text as the plain path, in a fraction of the time.

libxml2 builds the tree and serialises it; kernels read nodes and lines from that, weigh and choose
them, and write the text (`kernels`). Python looks at code, powers and Markdown. Pages with
formulas and other rare things are left to the plain path, which is the rule for all.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from curate._compiled import compiling, folder_of, is_kept
from curate._lazy import listing
from curate.extract.combined import equations
from curate.extract.combined.boilerplate import is_advertisement, is_copy
from curate.extract.combined.compiled_finish import finish
from curate.extract.combined.compiled_page import (
    Grids,
    KernelPage,
    LineAncestors,
    Lines,
    codes_of,
    string,
)
from curate.extract.combined.fallback_text import (
    from_json_ld,
    is_notice,
    with_fallback_markup,
    with_hidden_text,
)
from curate.extract.combined.headings import title_words
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels import lookups
from curate.extract.combined.kernels.boilerplate import SHORT, without_boilerplate
from curate.extract.combined.kernels.pages import read_nodes_and_lines, room
from curate.extract.combined.kernels.render import KINDS
from curate.extract.combined.kernels.select import page_text
from curate.extract.combined.kernels.survey import deepest, end_of_page, formula_scripts
from curate.extract.combined.line_classifier import Weights, load
from curate.extract.combined.lines import EMBED
from curate.extract.combined.markers import tidy
from curate.extract.combined.page import Page
from curate.extract.combined.preformatted import are_digits, are_line_numbers, code_text
from curate.extract.combined.render import render
from curate.extract.combined.tables import Shape
from curate.extract.combined.xml_source import serialised
from curate.text.blocks import Block, Written

# What no XML may hold: libxml2 writes U+FFFD for it.
__all__ = ["are_kept", "content", "folder", "prepare", "read_page", "tables_of"]
__dir__ = listing(__name__, __all__)

_NO_XML = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x[01]?[0-9a-fA-F]|[12]?\\d|3[01])\\b"
    "|&#(?:[xX][dD][89a-fA-F]|5[5-7]\\d{3})"
)
_FORMULA_WORDS = tuple(
    np.frombuffer(word.encode(), np.uint8)
    for word in (*equations.TEX_WORDS, *equations.ASCII_WORDS)
)
_NO_TITLE, _NOT_CHOSEN = np.empty(0, np.uint32), np.empty(0, np.uint8)
_PAGE = "<html><body><table><tr><td>1</td><td>2</td></tr></table><p>One line.</p></body></html>"
_KERNELS = (
    deepest, end_of_page, read_nodes_and_lines, formula_scripts, without_boilerplate, page_text
)  # fmt: skip
_LENT, _LENT_MARKS = 1 << 19, 1 << 15  # bytes and "<" of a page that needs no arrays of its own
_free: list[Any] = []  # such arrays: one for each thread that has extracted
_kept: list[tuple[Weights, Any, Any]] = []  # tables of the weights used last


def tables_of(weights: Weights) -> tuple[Any, Any]:
    """Return the tables of weights, made once."""
    for key, fixed, odds in _kept:
        if key is weights:
            return fixed, odds
    fixed, odds = lookups.tables(weights)
    del _kept[:-7]
    _kept.append((weights, fixed, odds))
    return fixed, odds


def content(html: str, *, precision: bool, markdown: bool, weights: Weights) -> Written | None:
    """Return the main text of a page; None where the plain path must read it."""
    tables = tables_of(weights)
    with _arrays() as arrays:
        page = read_page(html, tables[0], arrays)
        return None if page is None else _content(page, html, precision, markdown, tables)


def _content(
    page: KernelPage, html: str, precision: bool, markdown: bool, tables: tuple[Any, Any]
) -> Written | None:
    fixed, odds = tables
    title, enough = _NO_TITLE, False
    given = *page.read, page.lines, page.number, page.out
    while True:
        result = page_text(*given, title, fixed, odds, precision, enough, _NOT_CHOSEN, not markdown)
        status, named, text, blocks, lines = result[:5]
        if status == y.LITTLE and not _may_have_fallback(html, lines, fixed):
            enough = True
        elif status == y.ODD_TITLE:
            title = codes_of("".join(f"{words}\0" for words in title_words(page.title)))
        else:
            break
    if status != y.DONE:
        return None
    shown = (
        string(page.out[lines[y.START, named] : lines[y.STOP, named]])
        if named >= 0
        else page.title or None
    )
    chosen = None if precision else finish(page, result)
    if markdown:
        return _written(page, result, chosen)._replace(title=shown)
    if chosen is not None:
        if not chosen:
            return Written("", (), shown)
        flags = np.zeros(lines.shape[1], np.uint8)
        flags[chosen] = 1
        text, blocks = page_text(*given, title, fixed, odds, precision, True, flags, True)[2:4]
    kinds, starts, ends = blocks.tolist()
    written_blocks = tuple(map(Block, map(KINDS.__getitem__, kinds), starts, ends))
    return Written(string(text), written_blocks, shown)


def _written(page: KernelPage, result: Any, chosen: list[int] | None) -> Written:
    """Write lines as Markdown, without kernels: those chosen or, if None, those kept."""
    lines, kept, ancestors, long, data = result[4:9]
    if chosen is None:
        chosen = np.flatnonzero(kept).tolist()
    page.take(lines)
    line_ancestors: Any = LineAncestors(ancestors)
    grids: Any = Grids(page, data)
    shape = Shape(line_ancestors, grids, frozenset(np.flatnonzero(long).tolist()))
    return render(page.light, Lines(page), chosen, markdown=True, shape=shape)


def _may_have_fallback(html: str, lines: Any, fixed: Any) -> bool:
    """Return whether a page of these few lines has more in `fallback_text`, or may have."""
    line_characters = int((lines[y.SIZE] - lines[y.LINKED]).sum())
    for other in (with_fallback_markup, from_json_ld, with_hidden_text):
        text = other(html)
        if text is None:
            continue
        page = read_page(text, fixed)
        if page is None or _shown(page, fixed, 2 * line_characters) > 2 * line_characters:
            return True
    return False


def _shown(page: KernelPage, fixed: Any, least: int) -> int:
    """Return the characters of a page outside of links and notices; 0 if not more than `least`."""
    page.take(without_boilerplate(page.nodes, page.lines, page.number, fixed))
    sizes = page.lines[y.SIZE] - page.lines[y.LINKED]
    if int(sizes.sum()) <= least:
        return 0
    numbered = zip(sizes.tolist(), Lines(page), strict=True)
    return sum(n for n, line in numbered if not is_notice(line.text))


def depth(html: str, flat: frozenset[str]) -> int:
    """Return how many elements of a page are open at once, `flat` ones aside; -1 if not known."""
    try:
        source = html.encode()
    except UnicodeEncodeError:
        return -1
    return int(deepest(np.frombuffer(source, np.uint8), *_words(flat)))


@cache
def _words(words: frozenset[str]) -> tuple[Any, Any]:
    return lookups.table(dict.fromkeys(sorted(words), 1))


def prepare() -> None:
    """Load the kernels, or compile them."""
    with compiling():
        _prepare()


def _prepare() -> None:
    weights = load()
    depth(_PAGE, frozenset(("p",)))
    content(_PAGE, precision=False, markdown=False, weights=weights)
    formula_scripts(np.frombuffer(b"<", np.uint8), _FORMULA_WORDS)
    lines = np.zeros((y.LINE_FIELDS, 1), np.int32)
    _may_have_fallback("<noscript>a</noscript>", lines, tables_of(weights)[0])


def are_kept() -> bool:
    """Return whether all kernels are on disk, compiled for this processor."""
    return all(map(is_kept, _KERNELS))


def folder() -> Path | None:
    """Return the folder in which the kernels are kept; None where there is none to write to."""
    return folder_of(page_text)


@contextmanager
def _arrays() -> Iterator[Any]:
    """Lend arrays for a page: made once, as new memory costs more than what is written to it."""
    try:
        arrays = _free.pop()
    except IndexError:
        arrays = room(_LENT, _LENT_MARKS)
    try:
        yield arrays
    finally:
        _free.append(arrays)


def read_page(html: str, fixed: Any, lent: Any = None) -> KernelPage | None:
    """Return a page with its lines; None where it is left to the plain path.

    `lent` are arrays as `room` makes them, for pages that are not larger than these.
    """
    try:
        source = html.encode()
    except UnicodeEncodeError:
        return None
    written = serialised(html, source)
    if written is None:
        return None
    size, marks = len(written), written.count(b"<")
    fits = lent is not None and size <= _LENT and marks <= _LENT_MARKS
    arrays = lent if fits else room(size, marks)
    read = read_nodes_and_lines(np.frombuffer(written, np.uint8), fixed, *arrays)
    if read[0] != y.DONE or read[5] < 0:
        return None
    page = KernelPage(written, arrays, read)
    signs = page.signs
    if signs & (y.TEX | y.ASCII) and signs & formula_scripts(
        np.frombuffer(source, np.uint8), _FORMULA_WORDS
    ):
        return None
    if signs & y.REPLACED and ("\ufffd" not in html or _NO_XML.search(html) is not None):
        return None
    return page if _completed(page) else None


def _completed(page: KernelPage) -> bool:
    """Give a page the text of its code, powers and letters kernels do not know.

    Returns False where the plain path must read the page.
    """
    if not page.special:
        return True
    lines = page.lines[:, : page.number]
    unread = (lines[y.CODED] >= 0) & (lines[y.START] == lines[y.STOP])
    coded = np.flatnonzero(unread).tolist()
    special = sorted({*coded, *np.flatnonzero(lines[y.SIGNED]).tolist()})
    cased = np.flatnonzero(lines[y.MARKS] & y.M_CASED).tolist()
    none: list[int] = []  # lines without text
    added: list[Any] = [page.out]
    length = len(page.out)
    for n in special:
        text = _text_of(page, lines, n)
        if not text:  # of nothing else than signs that are no text, for instance
            none.append(n)
            continue
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
    all_codes = np.concatenate(added)
    lower: list[Any] = [all_codes]
    for n in cased:
        codes = codes_of(string(all_codes[lines[y.START, n] : lines[y.STOP, n]]).lower())
        lines[y.LOWER, n], lines[y.LOWER_STOP, n] = length, length + len(codes)
        lower.append(codes)
        length += len(codes)
    page.out = np.concatenate(lower) if cased else all_codes
    far = page.out.size and int(page.out.max()) >= y.CHARACTERS
    return not far and (not none or _removed(page, none))


def _removed(page: KernelPage, none: list[int]) -> bool:
    """Remove lines that have no text; False where a <br> after them may be the line's before."""
    lines = page.lines
    kept = np.ones(page.number, np.bool_)
    for n in none:
        kept[n] = False
        before = int(np.flatnonzero(kept[:n]).max(initial=-1))
        if before >= 0 and lines[y.BREAKS, before]:
            if not lines[y.BREAKS, n]:
                return False
            lines[y.PARTED, before] |= lines[y.PARTED, n]
    left = int(kept.sum())
    lines[:, :left] = lines[:, : page.number][:, kept]
    page.number = left
    return True


def _text_of(page: KernelPage, lines: Any, n: int) -> str:
    """Return the text of a line of code, or with powers; set its fields; "" where it is none."""
    code = int(lines[y.CODED, n])
    if code < 0:
        line_text = string(page.out[lines[y.START, n] : lines[y.STOP, n]])
        text = " ".join(tidy(line_text).split())
        lines[y.COMMAS, n] = text.count(",") + text.count("，") + text.count("、")
        lines[y.MARKS, n] |= _marks(text)
        return text
    text = code_text(page.page, code, page.page.code[code])
    if not text.strip() or (page.page.tags[code] == "textarea" and EMBED.search(text)):
        return ""
    lines[y.LINKED, n] = _linked(page.page, code)
    lines[y.COMMAS, n] = text.count(",")
    if are_line_numbers(text):
        lines[y.MARKS, n] |= y.M_NUMBERS
    return text


def _marks(text: str) -> int:
    """Return the bits of a line that may be boilerplate."""
    if len(text) >= SHORT:
        return 0
    advert = y.M_ADVERT if is_advertisement(text) else 0
    copy = y.M_COPY if is_copy(text) else 0
    return advert | copy | (y.M_DIGITS if are_digits(text) else 0)


def _linked(page: Page, code: int) -> int:
    """Return the characters of code that are links."""
    end = page.ends[code]
    if "a" not in page.tags[code:end]:
        return 0
    links = [n for n in range(code, end) if page.tags[n] == "a"]
    return sum(len("".join(page.texts[n : page.ends[n]])) for n in links)
