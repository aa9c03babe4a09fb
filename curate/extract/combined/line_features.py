"""The features of a page's lines that `line_classifier` weighs: numbers, and words.

Words are those of the elements around a line (tag, class, id, role) and of the line itself.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from curate.extract.combined.context_features import LineContext
from curate.extract.combined.numeric_features import View
from curate.extract.combined.page import BLOCKS, Line, Page

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SHORT = 80  # characters; the words of longer lines are not looked at
_TOKEN = re.compile(r"[^\W\d_]{2,}")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TALK = _set(
    "comment comments commentlist commentbox reply replies respond responses discussion disqus "
    "kommentar kommentare commentaire commentaires comentario comentarios commento commenti "
    "forum thread post posts message messages answer answers review reviews"
)


_NAMING = ("class", "id", "role", "itemprop")


def elements(tag: str, attributes: Mapping[str, str] | None) -> frozenset[str]:
    """Return the words of one element: its tag, the words of class and id, its role."""
    features = {"<" + tag}
    if attributes:
        for key in ("class", "id"):
            value = attributes.get(key)
            if value:
                features.update(word.lower() for word in _WORD.findall(value) if len(word) > 2)
        for key in ("role", "itemprop"):
            value = attributes.get(key)
            if value:
                features.add(f"{key}={value.lower()[:20]}")
    return frozenset(features)


class Features:
    """The features of a page's lines: numbers (group and bin), and words by their role.

    `numbers` are of each line, `blocks` of the block element a line is in, shared by its lines;
    `title` is the number of the line that is the title, -1 for none, and whether <title> names it.
    """

    def __init__(
        self, page: Page, lines: Sequence[Line], article: Sequence[int], title: tuple[int, bool]
    ) -> None:
        self.page, self.lines = page, lines
        self._elements: dict[int, frozenset[str]] = {}
        self._chains: dict[int, frozenset[str]] = {-1: frozenset()}
        self._scores: dict[int, int] = {-1: 0}
        self._known: dict[tuple[str | None, ...], frozenset[str]] = {}
        self._article, self._title = article, title
        self._near: dict[tuple[frozenset[str], frozenset[str] | None], int] = {}
        self._inline: dict[frozenset[str], int] = {}

    def _of(self, node: int) -> frozenset[str]:
        features = self._elements.get(node)
        if features is None:
            attributes, tag = self.page.attributes.get(node), self.page.tags[node]
            key = (tag, *map(attributes.get, _NAMING)) if attributes else (tag,)
            features = self._known.get(key)
            if features is None:
                features = self._known[key] = elements(tag, attributes)
            self._elements[node] = features
        return features

    def above(self, block: int) -> frozenset[str]:
        """Return the words of a block element and all elements around it."""
        waiting = []
        node = block
        while node not in self._chains:
            waiting.append(node)
            node = self.page.parents[node]
        chain = self._chains[node]
        for node in reversed(waiting):
            element_features = self._of(node)
            chain = self._chains[node] = (
                chain if element_features <= chain else chain | element_features
            )
        return chain

    def weigh_above(self, block: int, weights: Mapping[str, int]) -> int:
        """Return the sum of the weights of the words of `above`, from that of the element above."""
        waiting = []
        node = block
        while node not in self._scores:
            waiting.append(node)
            node = self.page.parents[node]
        score = self._scores[node]
        for ancestor in reversed(waiting):
            chain, around = self.above(ancestor), self._chains[self.page.parents[ancestor]]
            if chain is not around:
                score += sum([weights[word] for word in chain - around if word in weights])
            self._scores[ancestor] = score
        return score

    def near(self, block: int) -> frozenset[str]:
        """Return the words of a block element and the one around it."""
        if block < 0:
            return frozenset()
        parent = self.page.parents[block]
        return self._of(block) | self._of(parent) if parent >= 0 else self._of(block)

    def weigh_near(self, block: int, weights: Mapping[str, int]) -> int:
        """Return the sum of the weights of the words of `near`."""
        if block < 0:
            return 0
        parent = self.page.parents[block]
        key = self._of(block), self._of(parent) if parent >= 0 else None
        weight = self._near.get(key)
        if weight is None:
            words = key[0] if key[1] is None else key[0] | key[1]
            weight = self._near[key] = sum([weights[word] for word in words if word in weights])
        return weight

    def weigh_inline(self, line: Line, weights: Mapping[str, int]) -> int:
        """Return the sum of the weights of the words of `inline`."""
        page = self.page
        node = page.parents[line.node]
        if node < 0 or page.tags[node] in BLOCKS:
            return 0
        parent = page.parents[node]
        alone = parent < 0 or page.tags[parent] in BLOCKS
        words = self._of(node) if alone else self.inline(line)
        weight = self._inline.get(words)
        if weight is None:
            weight = self._inline[words] = sum([weights[word] for word in words if word in weights])
        return weight

    def inline(self, line: Line) -> frozenset[str]:
        """Return the words of the inline elements at a line's beginning."""
        node = self.page.parents[line.node]
        features: frozenset[str] = frozenset()
        while node >= 0 and self.page.tags[node] not in BLOCKS:
            features = features | self._of(node)
            node = self.page.parents[node]
        return features

    @cached_property
    def view(self) -> View:
        """Return what the numbers are made of."""
        return View(self.page, self.lines, self._article, self._title)

    @cached_property
    def context(self) -> LineContext:
        """Return the context of the lines."""
        talking = {
            block: not TALK.isdisjoint(self.above(block))
            for block in {entry.block for entry in self.lines}
        }
        talk = {n for n, line in enumerate(self.lines) if talking[line.block]}
        return LineContext(self.page, self.lines, self.view.inside, talk)

    @cached_property
    def numbers(self) -> list[list[int]]:
        """Return the features of numbers of each line, as group + bin."""
        if not self.lines:
            return []
        view = self.view
        columns = [*view.columns(), *self.context.columns(view.lengths, view.shares)]
        return [
            [code for code in row if code >= 0] if -1 in row else list(row)
            for row in zip(*columns, strict=True)
        ]

    @cached_property
    def blocks(self) -> dict[int, list[int]]:
        """Return the features of numbers of each block."""
        page = self.page
        return {
            block: self.view.sums.levels(page, block) + self.context.block(block)
            for block in dict.fromkeys(line.block for line in self.lines)
        }


def said(line: Line) -> set[str]:
    """Return the words of a short line."""
    return set() if line.characters > _SHORT else set(_TOKEN.findall(line.text.lower()))
