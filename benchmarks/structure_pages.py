"""The structure of a page from its tree, and the share of it in a text.

Read by `structure.py`, and no benchmark of its own. An element belongs to the main text if its
words stand in the gold text in their order; the form that is wanted is the page's own. Marks are no
words: CO_2 is the word CO2, and control characters are nothing. Nor are the links "[edit]" and
"[source]": a text with them counts as one without.
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
# Links of wikis and Sphinx behind a title. Some gold texts have them; an extractor leaves them out.
_LINKS = re.compile(r"\[\s{0,9}(?:edit|source)\s{0,9}\]")
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

    >>> normal("- One, two | H_2O 10^{-3} [edit]")
    ' one two h2o 10 3 '
    """
    bare = _LINKS.sub(" ", _SCRIPT.sub("", _SILENT.sub("", text)))
    return f" {' '.join(_WORD.findall(bare.lower()))} "


def form(line: str) -> str:
    """Return a line of code as it is compared: without what no reader sees."""
    return _SILENT.sub("", line).replace("\xa0", " ").rstrip()


def elements(page: str) -> list[Element]:
    """Return the elements of a page, as lxml reads it."""
    try:
        root = html.document_fromstring(page)
    except (etree.ParserError, ValueError):
        return []
    for element in root.xpath("//script|//style|//noscript|//template|//comment()"):
        if element.getparent() is not None:
            element.drop_tree()
    return [element for element in _elements(root) if element.words.strip()]


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
    for event, element in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if element.tag == "br":
                pieces.append("\n")
            pieces.append(element.text or "")
        elif element is not node:
            pieces.append(element.tail or "")
    return "".join(pieces).replace("\r", "")


def _code(node: Any) -> str:
    """Return preformatted text, a line break at the ends of elements that are lines."""
    pieces: list[str] = []
    ends = False  # a line does, if text follows
    for event, element in etree.iterwalk(node, events=("start", "end")):
        lined = element is not node and (
            element.tag in _CODE_LINES
            or (element.tag == "span" and _CODE_LINE.search(element.get("class") or "") is not None)
        )
        text_ = element.text if event == "start" else element.tail if element is not node else None
        if event == "start" and element.tag == "br":
            pieces.append("\n")
        ends = ends or (lined and any(pieces) and not pieces[-1].endswith("\n"))
        if text_:
            pieces.append("\n" if ends and not text_.startswith(("\n", "\r")) else "")
            pieces.append(text_)
            ends = False
    return "".join(pieces).replace("\r", "")


def _rows(table: Any) -> list[list[str]]:
    return [[_text(cell) for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]


def _is_data(table: Any) -> bool:
    """Return whether a table has two rows of two short cells, and no table or code inside."""
    if any(descendant.tag in ("table", "pre") for descendant in table.iterdescendants()):
        return False
    rows = [[cell for cell in row if cell.strip()] for row in _rows(table)]
    if any(len(cell) > LONGEST_CELL for row in rows for cell in row):
        return False
    return sum(len(row) > 1 for row in rows) > 1


def belonging(page_elements: Sequence[Element], gold: str) -> list[Element]:
    """Return the elements whose words stand in the gold text.

    Of fewer than five words those that are a line of it, and in its order: a menu or a table of
    contents says the words of headings, too, and is no main text for that.
    """
    gold_text = normal(gold)
    lines = [normal(line) for line in gold.split("\n")]
    short = [
        element.kind in _SHORT and element.words.count(" ") <= _FEW for element in page_elements
    ]
    placed = aligned([element.words for element in page_elements], lines) if any(short) else set()
    return [
        element
        for n, element in enumerate(page_elements)
        if element.kind != _OTHER and (n in placed if short[n] else element.words in gold_text)
    ]


def aligned(entries: Sequence[str], lines: Sequence[str]) -> set[int]:
    """Return which entries of a list are in a longest common subsequence (Hunt, Szymanski 1977).

    >>> sorted(aligned(["b", "c", "a", "b", "c"], ["a", "b", "x", "c"]))
    [2, 3, 4]
    """
    places: dict[str, list[int]] = {}
    for n, entry in enumerate(lines):
        places.setdefault(entry, []).insert(0, n)
    tops: list[int] = []  # the least end of a subsequence of each length
    links: list[tuple[int, Any]] = []  # its last entry in `one`, and those before it
    for n, entry in enumerate(entries):
        for position in places.get(entry, ()):
            at = bisect_left(tops, position)
            link = (n, links[at - 1] if at else None)
            if at == len(tops):
                tops.append(position)
                links.append(link)
            else:
                tops[at], links[at] = position, link
    matched: set[int] = set()
    last: Any = links[-1] if links else None
    while last is not None:
        n, last = last
        matched.add(n)
    return matched


def data_units(root: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield (kind, the words of its rows or terms) of each table of data and short term list."""
    for element in root.xpath("//script|//style|//noscript|//template|//comment()|//nav"):
        if element.getparent() is not None:
            element.drop_tree()
    for table in root.iter("table"):
        if _is_data(table):
            rows = [normal(" ".join(row)) for row in _rows(table)]
            yield "tables", [row for row in rows if row.strip()]
    for terms in root.iter("dl"):
        parts = [element for element in terms if element.tag in ("dt", "dd")]
        children = (child for part in parts for child in part.iter("*") if child is not part)
        plain = all(child.tag not in _HOLDS_BLOCKS for child in children)
        if plain and len(parts) > 1:
            yield (
                "term lists",
                [words_ for element in parts if (words_ := normal(_text(element))).strip()],
            )


def kept(element: Element, words: str, lines: frozenset[str], exact: frozenset[str]) -> bool:
    """Return whether a text has an element: `words` of the text, its lines normal and exact."""
    if element.kind == "pre lines":
        return element.line in exact
    if element.kind == "headings":
        return element.words in lines
    if element.kind == "table rows":
        return any(element.words in line for line in lines)
    return element.words in words


def shares(page_elements: Sequence[Element], text: str) -> dict[str, tuple[int, int]]:
    """Return for each kind (elements the text has, elements)."""
    words = normal(text)
    raw_lines = text.split("\n")
    lines = frozenset(normal(line) for line in raw_lines)
    exact = frozenset(map(form, raw_lines))
    counts: dict[str, tuple[int, int]] = {}
    for element in page_elements:
        hits, every = counts.get(element.kind, (0, 0))
        counts[element.kind] = hits + kept(element, words, lines, exact), every + 1
    return counts


def ordered_f1(gold: str, text: str) -> float:
    """Return the F1 of the longest common subsequence of two texts' words."""
    gold_words, words = normal(gold).split(), normal(text).split()
    if not gold_words or not words:
        return float(gold_words == words)
    return 2 * _common(gold_words, words) / (len(gold_words) + len(words))


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by sets of bits (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for n, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << n
    full = (1 << len(first)) - 1
    row = full
    for word in second:
        match = places.get(word, 0)
        common = row & match
        row = ((row + common) | (row - common)) & full
    return len(first) - row.bit_count()
