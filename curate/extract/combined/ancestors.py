"""The ancestors of each line that matter for layout: heading, list, term list, table, quotation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from curate.extract.combined.page import HEADINGS, Line, Page

LISTS = frozenset(("ul", "ol", "menu", "dir"))
_MOST_LINES = 2.5  # of an item, a definition: longer ones have paragraphs


class Ancestors(NamedTuple):
    """Elements around a line: the innermost of its kind, of lists the outermost; -1 for none."""

    item: int = -1
    depth: int = 0  # lists around its item
    heading: int = 0  # its level
    quote: int = -1
    cell: int = -1
    table: int = -1
    list: int = -1
    terms: int = -1
    term: int = -1  # dt or dd


# By tag: what changes inside an element, of (ancestors of the element around, its node).
_WITHIN: dict[str, Callable[[Ancestors, int], dict[str, Any]]] = {
    "li": lambda _, node: {"item": node},
    "dl": lambda around, node: {"terms": node if around.terms < 0 else around.terms},
    "table": lambda _, node: {"cell": -1, "table": node},
    "blockquote": lambda _, node: {"quote": node},
    **dict.fromkeys(LISTS, lambda around, node: {
        "depth": around.depth + 1, "list": node if around.list < 0 else around.list, "item": -1
    }),
    **dict.fromkeys(("dt", "dd"), lambda _, node: {
        "term": node, "list": -1, "item": -1, "depth": 0
    }),
    **dict.fromkeys(("td", "th"), lambda _, node: {
        "cell": node, "list": -1, "item": -1, "depth": 0, "terms": -1, "term": -1
    }),
}  # fmt: skip
for _tag in HEADINGS:
    _WITHIN[_tag] = partial(lambda level, _place, _node: {"heading": level}, int(_tag[1]))


class AncestorFinder:
    """The ancestors of block elements, each found once from the one around it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found = {-1: Ancestors()}

    def __call__(self, block: int) -> Ancestors:
        ancestors = self._found.get(block)
        if ancestors is not None:
            return ancestors
        waiting = []
        node = block
        while node not in self._found:
            waiting.append(node)
            node = self._page.parents[node]
        around = self._found[node]
        for node in reversed(waiting):
            around = self._found[node] = self._within(around, node)
        return around

    def _within(self, around: Ancestors, node: int) -> Ancestors:
        tag = self._page.tags[node]
        within = _WITHIN.get(tag)
        return around if within is None else around._replace(**within(around, node))


def long_groups(ancestors: Sequence[Ancestors], lines: Sequence[Line]) -> frozenset[int]:
    """Return the lists and term lists whose items hold paragraphs: they are parts of a text."""
    counts: dict[int, tuple[int, set[int]]] = {}
    headed = set()
    for around, line in zip(ancestors, lines, strict=True):
        for group, item in ((around.list, around.item), (around.terms, around.term)):
            if group >= 0 and item >= 0:
                number, items = counts.get(group, (0, set()))
                items.add(item)
                counts[group] = number + (line.code < 0), items
                if around.heading:
                    headed.add(group)
    long = {group for group, (number, items) in counts.items() if number > _MOST_LINES * len(items)}
    return frozenset(long | headed)
