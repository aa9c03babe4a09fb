"""Our extractor by compiled kernels: the same text as the plain path, in a fraction of the time.

libxml2 builds the tree and serialises it; kernels read nodes and lines from that, weigh and choose
them (`kernels`). Python writes the lines kept, and looks at code and tables of data. Pages with
formulas and other rare things are left to the plain path, which is the rule for all.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from curate._compiled import is_kept
from curate.extract.combined import equations
from curate.extract.combined.boilerplate import is_advertisement, is_copy
from curate.extract.combined.compiled_page import (
    Grids,
    KernelPage,
    LineAncestors,
    Lines,
    codes_of,
    string,
)
from curate.extract.combined.fallback_text import (
    FEW_CHARACTERS,
    from_json_ld,
    is_notice,
    with_fallback_markup,
)
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.lines import SHORT
from curate.extract.combined.kernels.lookups import known_tags, tables
from curate.extract.combined.kernels.nodes import ASCII, REPLACED, TEX
from curate.extract.combined.kernels.pages import line_context, read_nodes_and_lines
from curate.extract.combined.kernels.select import select_lines
from curate.extract.combined.line_classifier import Weights, load
from curate.extract.combined.markers import tidy
from curate.extract.combined.page import HEADINGS, Page
from curate.extract.combined.preformatted import are_digits, are_line_numbers, code_text
from curate.extract.combined.render import render
from curate.extract.combined.tables import Shape
from curate.extract.combined.units import (
    Structure,
    named_headings,
    title_of,
    with_title,
    without_idle_headings,
    without_idle_links,
)
from curate.text.blocks import Written

_CELLS = frozenset(("td", "th", "dt", "dd"))
# What no XML may hold: libxml2 writes U+FFFD for it.
_NO_XML = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x[01]?[0-9a-fA-F]|[12]?\\d|3[01])\\b"
)
_TAG = re.compile(r"<(?:!--|([a-zA-Z]+))")
_HTML = re.compile(r"<html\s[^<>]*>", re.IGNORECASE)
_HTML_START = re.compile(r"<html\s", re.IGNORECASE)
_NOTHING = re.compile(
    r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1\s*>|$)|</[^<>]*>", re.DOTALL | re.IGNORECASE
)
_RAW = re.compile(r"<(?:xmp|listing|plaintext|textarea)\b", re.IGNORECASE)
_SCRIPTS = 20  # that write an end of a page, before they are not looked at
_PARSER = etree.HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False
)
_PAGE = "<html><body><table><tr><td>1</td><td>2</td></tr></table><p>One line.</p></body></html>"
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


def content(html: str, *, precision: bool, markdown: bool, weights: Weights) -> Written | None:
    """Return the main text of a page; None where the plain path must read it."""
    fixed, _ = tables_of(weights)
    page = read_page(html, fixed)
    if page is None:
        return None
    own = int((page.lines[y.SIZE] - page.lines[y.LINKED]).sum())
    if own < FEW_CHARACTERS and _may_have_fallback(html, own, fixed):
        return None
    lines = Lines(page)
    known = context_of(page, fixed)
    levels = known.ancestors[y.HEADING].tolist()
    inside = frozenset(np.flatnonzero(known.barred).tolist())
    light = page.light
    named = named_headings(light, lines, levels)
    titles = [n for n, enough in named if enough and n not in inside]
    kept = chosen(page, known, titles, weights, precision=precision)
    if not precision:
        structure = Structure([], [], levels, inside, titles, known.shape, None)
        kept = with_title(light.title, lines, structure, kept)
        kept = without_idle_links(lines, structure, kept)
        kept = without_idle_headings(lines, structure, kept)
    written = render(page.light, lines, kept, markdown=markdown, shape=known.shape)
    return written._replace(title=title_of(light, lines, named))


def _may_have_fallback(html: str, own: int, fixed: Any) -> bool:
    """Return whether a page of little text has more in `fallback_text`, or may have."""
    for other in (with_fallback_markup, from_json_ld):
        text = other(html)
        if text is None:
            continue
        page = read_page(text, fixed)
        if page is None:
            return True
        shown = [line for line in Lines(page) if not is_notice(line.text)]
        if sum(line.characters - line.linked for line in shown) > 2 * own:
            return True
    return False


def prepare() -> None:
    """Load the kernels, or compile them."""
    content(_PAGE, precision=False, markdown=False, weights=load())


def are_kept() -> bool:
    """Return whether all kernels lie on disk, compiled for this processor."""
    return all(map(is_kept, (read_nodes_and_lines, line_context, select_lines)))


def read_page(html: str, fixed: Any) -> KernelPage | None:
    """Return a page with its lines; None where it is left to the plain path."""
    source = serialised(html)
    if source is None:
        return None
    found, number, lines, out = read_nodes_and_lines(np.frombuffer(source, np.uint8), fixed)
    if found[0] != y.DONE or number < 0:
        return None
    page = KernelPage(source, found)
    if (
        (page.signs & TEX and equations.may_have_tex(html))
        or (page.signs & ASCII and equations.may_have_ascii(html))
        or (page.signs & REPLACED and ("\ufffd" not in html or _NO_XML.search(html) is not None))
    ):
        return None
    page.lines, page.out = lines[:, :number], out
    return page if _completed(page) else None


def serialised(html: str) -> bytes | None:
    """Return a page's tree as XML; None where libxml2 has none, or it loses what the page has."""
    if "\0" in html or _goes_on(html):
        return None
    root = _tree(html)
    if root is None or root.getnext() is not None:
        return None
    if root.attrib and not _begins_with(html, root.attrib):
        one = _with_one_html(html)
        root = None if one is None else _tree(one)
        if root is None:
            return None
    root.getroottree().docinfo.clear()  # or some doctypes change how it is written
    written: bytes = etree.tostring(root, encoding="utf-8", with_tail=False)
    return written


def _tree(html: str) -> Any:
    """Return the root of a page's tree; None where it has none."""
    try:
        return etree.fromstring(html.encode(), _PARSER)
    except (etree.XMLSyntaxError, UnicodeEncodeError):
        return None


def _begins_with(html: str, names: Collection[str]) -> bool:
    """Return whether the <html> that begins a page has these attributes, and no later one added."""
    first = _tree(html[: _after_first_tag(html)])
    return first is not None and first.tag == "html" and set(names) <= set(first.attrib)


def _with_one_html(html: str) -> str | None:
    """Return a page in which no <html> but one that begins it has attributes.

    Others add theirs to it in a tree, and the plain path does not know them.
    """
    begun = _after_first_tag(html)
    if all(html.find(tag, begun) < 0 for tag in ("<html", "<HTML", "<Html")):
        return html
    rest = html[begun:]
    late = _HTML.findall(rest)
    plain = len(late) == len(_HTML_START.findall(rest)) and all(
        tag.count(quote) % 2 == 0 for tag in late for quote in "\"'"
    )
    if not plain or _RAW.search(html) is not None:
        return None
    return html[:begun] + _HTML.sub("<html>", rest)


def _goes_on(html: str) -> bool:
    """Return whether a page has text or elements after its end, which a tree may not have."""
    ends = [at for tag in ("</html", "</HTML") if (at := _outside_script(html, tag)) >= 0]
    if not ends:
        return False
    return _NOTHING.sub("", html[min(ends) + len("</html>") :]).strip() != ""


def _outside_script(html: str, tag: str) -> int:
    """Return where a tag stands first outside of scripts; -1 for nowhere."""
    at = html.find(tag)
    for _ in range(_SCRIPTS if at >= 0 else 0):
        begun = max(html.rfind("<script", 0, at), html.rfind("<SCRIPT", 0, at))
        if max(html.rfind("</script", 0, at), html.rfind("</SCRIPT", 0, at)) >= begun:
            break
        at = html.find(tag, at + 1)
        if at < 0:
            break
    return at


def _after_first_tag(html: str) -> int:
    """Return the place after a page's <html> if that is its first tag, else before that tag."""
    at = 0
    while match := _TAG.search(html, at):
        if match[1]:
            return match.end() if match[1].lower() == "html" else match.start()
        at = html.find("-->", match.end())
        if at < 0:
            break
    return len(html)


def _completed(page: KernelPage) -> bool:
    """Give a page the text of its code, powers and letters kernels do not know; drop boilerplate.

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
                text = " ".join(tidy(string(page.out[start:stop])).split())
                lines[y.COMMAS, n] = text.count(",") + text.count("，") + text.count("、")
                lines[y.MARKS, n] |= _marks(text)
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
            codes = codes_of(string(whole[lines[y.START, n] : lines[y.STOP, n]]).lower())
            lines[y.LOWER, n], lines[y.LOWER_STOP, n] = length, length + len(codes)
            lower.append(codes)
            length += len(codes)
        page.out = np.concatenate(lower) if cased else whole
        if page.out.size and int(page.out.max()) >= y.CHARACTERS:
            return False
    _drop_boilerplate(page, coded)
    return True


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


def _drop_boilerplate(page: KernelPage, coded: Sequence[int]) -> None:
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
        if lines[y.SIZE, n] >= SHORT:
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
    for made in ("string", "rows"):
        page.__dict__.pop(made, None)


class LineContext(NamedTuple):
    """The context of lines, as arrays: ancestors, long groups, navigation, tables; their shape."""

    ancestors: Any
    long: Any
    barred: Any
    tables: Any
    shape: Shape


def context_of(page: KernelPage, fixed: Any) -> LineContext:
    """Return the context of the lines of a page."""
    ancestors, long, barred, data = line_context(
        page.nodes, page.count, page.lines, page.out, fixed.tag_bits, fixed.chars
    )
    grids: Any = Grids(page, data)
    known: Any = LineAncestors(ancestors)
    groups = frozenset(np.flatnonzero(long).tolist())
    return LineContext(ancestors, long, barred, data, Shape(known, grids, groups))


def chosen(
    page: KernelPage,
    known: LineContext,
    titles: Sequence[int],
    weights: Weights,
    *,
    precision: bool,
) -> list[int]:
    """Return the numbers of the lines to keep."""
    fixed, odds = tables_of(weights)
    kept = select_lines(page.nodes, page.count, page.tag_hashes, page.names, page.words, page.lines,
                 known.ancestors, page.out, known.barred, known.long, known.tables,
                 np.array(titles, np.int64), fixed, odds, precision)  # fmt: skip
    return [int(n) for n in np.flatnonzero(kept)]
