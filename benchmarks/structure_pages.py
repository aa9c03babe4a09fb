"""The structure of a page from its tree, and the share of it in a text.

Read by `structure.py`, and no benchmark of its own. An element belongs to the main text if its
words stand in the gold text in their order; the form that is wanted is the page's own. Marks are no
words: CO_2 is the word CO2, and control characters are nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lxml import etree, html

KINDS = ("pre lines", "table rows", "headings", "terms", "list items", "paragraphs")
_WORD = re.compile(r"[^\W_]+")
_SCRIPT = re.compile(r"(?<=[^\W_])[_^]\{?(?=[\w+−–-])")  # marks of powers and indices
_SILENT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff]")
_CODE_LINES = {"div", "p", "li", "tr"}  # in code: lines of their own, and spans of such a class:
_CODE_LINE = re.compile(r"(?:^|[\s_-])line(?:$|\s)")
_PARTS = {"li": "list items", "dt": "terms", "dd": "terms", "p": "paragraphs"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_LEAVES = {"div", "td", "th", "span", "a", "strong", "b", "figcaption", "label", "summary"}
_SHORT = ("headings", "terms", "list items")  # of fewer than five words
_HOLDS_BLOCKS = {"ul", "ol", "dl", "table", "pre", "p", "div", "h1", "h2", "h3", "h4", "blockquote"}
_FEW = 5  # words
_OTHER = "other"  # elements of no kind that is counted: they may be what a line of the gold is
LONGEST_CELL = 300  # characters; a longer one is a column of a layout


class Element(NamedTuple):
    """One element: its kind, its words with a space at both ends, for lines of pre their form."""

    kind: str
    words: str
    line: str


def normal(text: str) -> str:
    """Return the words of a text in lower case, a space around each.

    >>> normal("- One, two | H_2O 10^{-3}")
    ' one two h2o 10 3 '
    """
    return f" {' '.join(_WORD.findall(_SCRIPT.sub('', _SILENT.sub('', text)).lower()))} "


def form(line: str) -> str:
    """Return a line of code as it is compared: without what no reader sees."""
    return _SILENT.sub("", line).replace("\xa0", " ").rstrip()


def elements(page: str) -> list[Element]:
    """Return the elements of a page, as lxml reads it."""
    try:
        root = html.document_fromstring(page)
    except (etree.ParserError, ValueError):
        return []
    for one in root.xpath("//script|//style|//noscript|//template|//comment()"):
        if one.getparent() is not None:
            one.drop_tree()
    return [one for one in _elements(root) if one.words.strip()]


def _elements(root: Any) -> Iterator[Element]:
    for node in root.iter():
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _HEADINGS:
            yield Element("headings", normal(_text(node)), "")
        elif tag in _PARTS and not any(
            child.tag in _HOLDS_BLOCKS for child in node.iterdescendants()
        ):
            yield Element(_PARTS[tag], normal(_text(node)), "")
        elif tag in _LEAVES and not len(node):
            yield Element(_OTHER, normal(node.text or ""), "")
        elif tag == "pre" and not any(above.tag == "pre" for above in node.iterancestors()):
            for line in _code(node).split("\n"):
                yield Element("pre lines", normal(line), form(line))
        elif tag == "table" and _is_data(node):
            for row in _rows(node):
                yield Element("table rows", normal(" ".join(row)), "")


def _text(node: Any) -> str:
    """Return an element's text, a line break for each <br>."""
    pieces = []
    for event, one in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if one.tag == "br":
                pieces.append("\n")
            pieces.append(one.text or "")
        elif one is not node:
            pieces.append(one.tail or "")
    return "".join(pieces).replace("\r", "")


def _code(node: Any) -> str:
    """Return preformatted text, a line break at the ends of elements that are lines."""
    pieces: list[str] = []
    ends = False  # a line does, if text follows
    for event, one in etree.iterwalk(node, events=("start", "end")):
        lined = one is not node and (
            one.tag in _CODE_LINES
            or (one.tag == "span" and _CODE_LINE.search(one.get("class") or "") is not None)
        )
        said = one.text if event == "start" else one.tail if one is not node else None
        if event == "start" and one.tag == "br":
            pieces.append("\n")
        ends = ends or (lined and any(pieces) and not pieces[-1].endswith("\n"))
        if said:
            pieces.append("\n" if ends and not said.startswith(("\n", "\r")) else "")
            pieces.append(said)
            ends = False
    return "".join(pieces).replace("\r", "")


def _rows(table: Any) -> list[list[str]]:
    return [[_text(cell) for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]


def _is_data(table: Any) -> bool:
    """Return whether a table has two rows of two short cells, and no table or code inside."""
    if any(one.tag in ("table", "pre") for one in table.iterdescendants()):
        return False
    rows = [[cell for cell in row if cell.strip()] for row in _rows(table)]
    if any(len(cell) > LONGEST_CELL for row in rows for cell in row):
        return False
    return sum(len(row) > 1 for row in rows) > 1


def belonging(found: Sequence[Element], gold: str) -> list[Element]:
    """Return the elements whose words stand in the gold text.

    Of fewer than five words those that are a line of it, and in its order: a menu or a table of
    contents says the words of headings, too, and is no main text for that.
    """
    whole = normal(gold)
    lines = [normal(line) for line in gold.split("\n")]
    short = [one.kind in _SHORT and one.words.count(" ") <= _FEW for one in found]
    placed = aligned([one.words for one in found], lines) if any(short) else set()
    return [
        one
        for n, one in enumerate(found)
        if one.kind != _OTHER and (n in placed if short[n] else one.words in whole)
    ]


def aligned(one: Sequence[str], other: Sequence[str]) -> set[int]:
    """Return which entries of a list are in a longest common subsequence (Hunt, Szymanski 1977).

    >>> sorted(aligned(["b", "c", "a", "b", "c"], ["a", "b", "x", "c"]))
    [2, 3, 4]
    """
    places: dict[str, list[int]] = {}
    for n, entry in enumerate(other):
        places.setdefault(entry, []).insert(0, n)
    tops: list[int] = []  # the least end of a subsequence of each length
    links: list[tuple[int, Any]] = []  # its last entry in `one`, and those before it
    for n, entry in enumerate(one):
        for place in places.get(entry, ()):
            at = bisect_left(tops, place)
            link = (n, links[at - 1] if at else None)
            if at == len(tops):
                tops.append(place)
                links.append(link)
            else:
                tops[at], links[at] = place, link
    found: set[int] = set()
    last: Any = links[-1] if links else None
    while last is not None:
        n, last = last
        found.add(n)
    return found


def data_units(root: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield (kind, the words of its rows or terms) of each table of data and short term list."""
    for one in root.xpath("//script|//style|//noscript|//template|//comment()|//nav"):
        if one.getparent() is not None:
            one.drop_tree()
    for table in root.iter("table"):
        if _is_data(table):
            rows = [normal(" ".join(row)) for row in _rows(table)]
            yield "tables", [row for row in rows if row.strip()]
    for terms in root.iter("dl"):
        parts = [one for one in terms if one.tag in ("dt", "dd")]
        plain = all(child.tag not in _HOLDS_BLOCKS for one in parts for child in one.iter("*")
                    if child is not one)  # fmt: skip
        if plain and len(parts) > 1:
            yield "term lists", [said for one in parts if (said := normal(_text(one))).strip()]


def kept(one: Element, words: str, lines: frozenset[str], exact: frozenset[str]) -> bool:
    """Return whether a text has an element: `words` of the text, its lines normal and exact."""
    if one.kind == "pre lines":
        return one.line in exact
    if one.kind == "headings":
        return one.words in lines
    if one.kind == "table rows":
        return any(one.words in line for line in lines)
    return one.words in words


def shares(found: Sequence[Element], text: str) -> dict[str, tuple[int, int]]:
    """Return for each kind (elements the text has, elements)."""
    words = normal(text)
    several = text.split("\n")
    lines = frozenset(normal(line) for line in several)
    exact = frozenset(map(form, several))
    counts: dict[str, tuple[int, int]] = {}
    for one in found:
        hits, every = counts.get(one.kind, (0, 0))
        counts[one.kind] = hits + kept(one, words, lines, exact), every + 1
    return counts


def ordered_f1(gold: str, text: str) -> float:
    """Return the F1 of the longest common subsequence of two texts' words."""
    one, other = normal(gold).split(), normal(text).split()
    if not one or not other:
        return float(one == other)
    return 2 * _common(one, other) / (len(one) + len(other))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by sets of bits (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for n, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << n
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        match = places.get(word, 0)
        both = row & match
        row = ((row + both) | (row - both)) & full
    return len(one) - row.bit_count()
