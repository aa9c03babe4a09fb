"""The features of a page's lines that `line_classifier` weighs: numbers, and words.

Words are those of the elements around a line (tag, class, id, role) and of the line itself.
"""

import re
from collections.abc import Mapping, Sequence

from curate.extract.combined.context_features import Surroundings
from curate.extract.combined.numeric_features import View
from curate.extract.combined.page import BLOCKS, Line, Page

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SHORT = 80  # characters; the words of longer lines are not looked at
_TOKEN = re.compile(r"[^\W\d_]{2,}")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TALK = _set(
    "comment comments commentlist commentbox reply replies respond responses discussion disqus "
    "kommentar kommentare commentaire commentaires comentario comentarios commento commenti "
    "forum thread post posts message messages answer answers review reviews"
)


def elements(tag: str, attributes: Mapping[str, str] | None) -> frozenset[str]:
    """Return the words of one element: its tag, the words of class and id, its role."""
    found = {"<" + tag}
    if attributes:
        for key in ("class", "id"):
            value = attributes.get(key)
            if value:
                found.update(word.lower() for word in _WORD.findall(value) if len(word) > 2)
        for key in ("role", "itemprop"):
            value = attributes.get(key)
            if value:
                found.add(f"{key}={value.lower()[:20]}")
    return frozenset(found)


class Features:
    """The features of a page's lines: numbers (group and bin), and words by where they stand.

    `numbers` are of each line, `blocks` of the block element a line is in, shared by its lines.
    """

    def __init__(self, page: Page, lines: Sequence[Line], article: Sequence[int]) -> None:
        self.page, self.lines = page, lines
        self._elements: dict[int, frozenset[str]] = {}
        self._chains: dict[int, frozenset[str]] = {-1: frozenset()}
        self.numbers, self.blocks = self._numbers(article) if lines else ([], {})

    def _of(self, node: int) -> frozenset[str]:
        found = self._elements.get(node)
        if found is None:
            attributes = self.page.attributes.get(node)
            found = self._elements[node] = elements(self.page.tags[node], attributes)
        return found

    def above(self, block: int) -> frozenset[str]:
        """Return the words of a block element and all elements around it."""
        waiting = []
        node = block
        while node not in self._chains:
            waiting.append(node)
            node = self.page.parents[node]
        chain = self._chains[node]
        for node in reversed(waiting):
            own = self._of(node)
            chain = self._chains[node] = chain if own <= chain else chain | own
        return chain

    def near(self, block: int) -> frozenset[str]:
        """Return the words of a block element and the one around it."""
        if block < 0:
            return frozenset()
        parent = self.page.parents[block]
        return self._of(block) | self._of(parent) if parent >= 0 else self._of(block)

    def inline(self, line: Line) -> frozenset[str]:
        """Return the words of the inline elements at a line's beginning."""
        node = self.page.parents[line.node]
        found: frozenset[str] = frozenset()
        while node >= 0 and self.page.tags[node] not in BLOCKS:
            found = found | self._of(node)
            node = self.page.parents[node]
        return found

    def _numbers(self, article: Sequence[int]) -> tuple[list[list[int]], dict[int, list[int]]]:
        """Return the features of numbers, as group + bin: of each line, of each block."""
        page, lines = self.page, self.lines
        view = View(page, lines, article)
        talk = {n for n, line in enumerate(lines) if not _TALK.isdisjoint(self.above(line.block))}
        around = Surroundings(page, lines, view.inside, talk)
        found, blocks = [], {}
        for n, line in enumerate(lines):
            codes = (
                view.alone(n) + view.placed(n) + around.codes(n, view.lengths[n], view.shares[n])
            )
            codes += view.beside(n)
            found.append(codes)
            if line.block not in blocks:
                blocks[line.block] = view.sums.levels(page, line.block) + around.block(line.block)
        return found, blocks


def said(line: Line) -> set[str]:
    """Return the words of a short line."""
    return set() if line.characters > _SHORT else set(_TOKEN.findall(line.text.lower()))
