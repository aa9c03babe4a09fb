"""How likely each line of a page is main text: a linear rule on cheap features.

Enters: a `Page`, its lines and which of them `readable.article` chose. Leaves: log-odds for each
line. Every feature is a bin, present or absent: how long the line is and how much of it is
links, its neighbours, the elements around it, the words of their class and id, where it stands
in the page and to the article. The weights lie beside this file in weights.json; the script
benchmarks/extraction_fit.py learns them from pages whose main text people have marked.

Source: the idea is of Boilerpipe (Kohlschütter et al. 2010: shallow text features of a block and
its neighbours) and Dragnet (Peters and Lecocq 2013: readability, class and id words in a linear
rule). Differs: bins instead of numbers, so weights add up to curves; one rule for all languages.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import accumulate
from math import log
from typing import Any, NamedTuple

from curate.extract.tree import BLOCKS, Line, Page

GROUPS = (
    "length", "links", "length_links", "where", "where_length", "where_links", "article_share",
    "article_size", "page_size", "sentence", "end_length", "start", "commas", "digits", "place",
    "where_place", "distance", "bold", "break", "repeated", "hidden", "around", "around_article",
    "before3", "before2", "before1", "after1", "after2", "after3",
    "article-3", "article-2", "article-1", "article+1", "article+2", "article+3",
    "end-1", "end+1", "kin-1", "kin+1",
    "kind_share", "kind_links", "kind_lines", "kind_mean",
    "size0", "size1", "size2", "size3", "share0", "share1", "share2", "share3",
    "dense0", "dense1", "dense2", "dense3", "mean0", "mean1", "mean2", "mean3",
    "prose0", "prose1", "prose2", "prose3",
)  # fmt: skip
_CODES = {name: 1000 * number for number, name in enumerate(GROUPS)}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_SHORT = 80  # characters; the words of longer lines are not looked at
_TOKEN = re.compile(r"[^\W\d_]{2,}")
NOWHERE = 999


def _bins(base: float, top: int) -> list[int]:
    """Return the bin of each number 0..: logarithmic, the last open."""
    found: list[int] = []
    number = 0
    while not found or found[-1] < top:
        found.append(min(int(log(number + 1) / log(base)), top))
        number += 1
    return found


_B16, _B18, _B20, _B22 = (_bins(base, 14) for base in (1.6, 1.8, 2.0, 2.2))


def _bin(table: list[int], number: float) -> int:
    return table[int(number)] if number < len(table) else table[-1]


def _share(part: int, whole: int) -> int:
    """Return 0 for none, 1..4 by quarters, 5 for all."""
    if not part:
        return 0
    return 1 + 4 * part // whole if part < whole else 5


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
    """The features of a page's lines: numbers (group and bin), and words by where they stand."""

    def __init__(self, page: Page, lines: Sequence[Line], article: Sequence[int]) -> None:
        self.page, self.lines = page, lines
        self.numbers = _numbers(page, lines, article)
        self._elements: dict[int, frozenset[str]] = {}
        self._chains: dict[int, frozenset[str]] = {-1: frozenset()}

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


def said(line: Line) -> set[str]:
    """Return the words of a short line."""
    return set() if line.characters > _SHORT else set(_TOKEN.findall(line.text.lower()))


def log_odds(
    page: Page, lines: Sequence[Line], article: Sequence[int], weights: "Weights | None" = None
) -> list[float]:
    """Return for each line the log-odds that it is main text."""
    weights = weights or load()
    features = Features(page, lines, article)
    around: dict[int, int] = {}
    found = []
    number, inline, word = weights.numbers.get, weights.inline.get, weights.said.get
    for line, codes in zip(lines, features.numbers, strict=True):
        score = around.get(line.block)
        if score is None:
            above = [weights.above.get(one, 0) for one in features.above(line.block)]
            near = [weights.near.get(one, 0) for one in features.near(line.block)]
            score = around[line.block] = weights.bias + sum(above) + sum(near)
        score += sum([number(code, 0) for code in codes])
        score += sum([inline(one, 0) for one in features.inline(line)])
        score += sum([word(one, 0) for one in said(line)])
        found.append(score / GRID)
    return found


GRID = 1000  # weights are whole thousandths, so that their sums do not depend on their order


class Weights(NamedTuple):
    """The weights of features: by number, and by word in four roles (see `Features`)."""

    bias: int
    numbers: Mapping[int, int]
    above: Mapping[str, int]
    near: Mapping[str, int]
    inline: Mapping[str, int]
    said: Mapping[str, int]


ROLES = ("above", "near", "inline", "said")


@cache
def load() -> Weights:
    """Return the package's weights."""
    file = resources.files("curate.extract").joinpath("weights.json")
    return read_table(json.loads(file.read_text("utf-8")))


def read_table(table: Mapping[str, Any]) -> Weights:
    """Return the weights of a table as JSON has it."""
    numbers = {
        _CODES[group] + int(number): weight
        for group, weights in table["groups"].items()
        for number, weight in weights.items()
    }
    return Weights(table["bias"], numbers, *(table[role] for role in ROLES))


_LEVELS = [
    [_CODES[f"{name}{level}"] for name in ("size", "share", "dense", "mean", "prose")]
    for level in range(4)
]


class _Sums:
    """Running sums over a page's nodes: characters, those in links, lines, lines like prose."""

    def __init__(self, page: Page, lines: Sequence[Line], prose: Sequence[bool]) -> None:
        several = [[0] * len(page.tags) for _ in range(4)]
        for line, like in zip(lines, prose, strict=True):
            for values, value in zip(several, (line.characters, line.linked, 1, like), strict=True):
                values[line.node] = value
        self._sums = [list(accumulate(values, initial=0)) for values in several]
        self._ends = page.ends
        self._codes: dict[tuple[int, int], list[int]] = {}
        self.total = max(self._sums[0][-1], 1)

    def codes(self, node: int, level: int) -> list[int]:
        """Return the features of an element as the block (0) or what is around it (1 to 3)."""
        found = self._codes.get((node, level))
        if found is None:
            end = self._ends[node]
            size, linked, count, prose = (sums[end] - sums[node] for sums in self._sums)
            count = max(count, 1)
            groups = _LEVELS[level]
            found = self._codes[node, level] = [
                groups[0] + _bin(_B20, size),
                groups[1] + _bin(_B18, 100 * size // self.total),
                groups[2] + _share(linked, size),
                groups[3] + _bin(_B18, size // count),
                groups[4] + 4 * prose // count,
            ]
        return found


def _ending(text: str) -> int:
    last = text[-1]
    if _SENTENCE.search(text[-4:]):
        return 2 if text.endswith(("...", "…")) else 1
    if last in ":：;；,，":
        return 3
    return 4 if last.isalnum() else 5


def _beginning(text: str) -> int:
    first = text[0]
    if first.isdigit():
        return 0
    if not first.isalpha():
        return 1
    if first.islower():
        return 2
    if not first.isupper():
        return 3  # a script without cases
    return 5 if text.isupper() else 4


def _numbers(page: Page, lines: Sequence[Line], article: Sequence[int]) -> list[list[int]]:
    """Return for each line its features of numbers, as group + bin."""
    if not lines:
        return []
    view = _View(page, lines, article)
    found = []
    for n, line in enumerate(lines):
        codes = view.alone(n) + view.placed(n)
        for offset in _OFFSETS:
            codes += view.beside(n, n + offset, offset)
        node = line.block
        for level in range(4):
            if node < 0:
                codes.append(_LEVELS[level][0] + NOWHERE)
            else:
                codes += view.sums.codes(node, level)
                node = page.parents[node]
        found.append(codes)
    return found


_OFFSETS = (-3, -2, -1, 1, 2, 3)
_SIDES = {
    offset: (_CODES[f"{'before' if offset < 0 else 'after'}{abs(offset)}"],
             _CODES[f"article{offset:+}"])
    for offset in _OFFSETS
}  # fmt: skip


class _View:
    """What the features of one page's lines are made of."""

    def __init__(self, page: Page, lines: Sequence[Line], article: Sequence[int]) -> None:
        self.page, self.lines, count = page, lines, len(lines)
        self.inside = bytearray(count)
        for n in article:
            self.inside[n] = 1
        self.first, self.last = (article[0], article[-1]) if article else (0, -1)
        self.lengths = [_bin(_B18, line.characters) for line in lines]
        self.shares = [_share(line.linked, line.characters) for line in lines]
        self.endings = [_ending(line.text) for line in lines]
        self.sums = _Sums(page, lines, [ending in (1, 2) for ending in self.endings])
        self.kinds = [_kind(page, line.block) for line in lines]
        self.kind_lines = Counter(self.kinds)
        self.kind_size: Counter[object] = Counter()
        self.kind_linked: Counter[object] = Counter()
        for kind, line in zip(self.kinds, lines, strict=True):
            self.kind_size[kind] += line.characters
            self.kind_linked[kind] += line.linked
        self.seen = Counter(line.text for line in lines)
        self.running = list(accumulate((line.characters for line in lines), initial=0))
        self.chosen_before = list(accumulate(self.inside, initial=0))
        chosen = sum(lines[n].characters for n in article)
        self.share = _bin(_B18, 100 * chosen // self.sums.total)
        self.size = _bin(_B22, chosen)
        self.page_size = _bin(_B22, self.sums.total)

    def alone(self, n: int) -> list[int]:
        """Return what a line says of itself."""
        line, c = self.lines[n], _CODES
        length, share, ending = self.lengths[n], self.shares[n], self.endings[n]
        head = line.text[:60]
        digits = 0 if head.isalpha() else sum(map(str.isdigit, head))
        return [
            c["length"] + length,
            c["links"] + share,
            c["length_links"] + 10 * length + share,
            c["end_length"] + 20 * ending + length,
            c["start"] + _beginning(head),
            c["commas"] + min(line.commas, 4),
            c["digits"] + 5 * digits // min(60, line.characters),
            c["bold"] + 20 * (10 * line.bold >= 9 * line.characters) + length,
            c["break"] + line.breaks,
            c["repeated"] + min(self.seen[line.text], 4),
        ]

    def placed(self, n: int) -> list[int]:
        """Return where a line stands: in the page, to the article, among lines of its kind."""
        c, chosen, length = _CODES, self.inside[n], self.lengths[n]
        first, last = self.first, self.last
        where = 0 if chosen else 1 if first < n < last else 2 if n < first else 3
        away = n - last if n > last else first - n if n < first else 0
        low, high = max(0, n - 5), min(len(self.lines), n + 6)
        place = 10 * self.running[n] // self.sums.total
        near = 10 * (self.chosen_before[high] - self.chosen_before[low]) // (high - low)
        kind = self.kinds[n]
        size, several = self.kind_size[kind], self.kind_lines[kind]
        return [
            c["where"] + where,
            c["where_length"] + 20 * where + length,
            c["where_links"] + 10 * where + self.shares[n],
            c["article_share"] + 20 * chosen + self.share,
            c["article_size"] + 20 * chosen + self.size,
            c["page_size"] + 20 * chosen + self.page_size,
            c["sentence"] + 10 * chosen + self.endings[n],
            c["place"] + place,
            c["where_place"] + 20 * where + place,
            c["distance"] + 20 * where + _bin(_B16, away),
            c["hidden"] + 2 * self.page.hidden[self.lines[n].node] + chosen,
            c["around"] + _bin(_B18, self.running[high] - self.running[low]),
            c["around_article"] + 20 * chosen + near,
            c["kind_share"] + 20 * chosen + _bin(_B18, 100 * size // self.sums.total),
            c["kind_links"] + _share(self.kind_linked[kind], size),
            c["kind_lines"] + _bin(_B20, several),
            c["kind_mean"] + _bin(_B18, size // several),
        ]

    def beside(self, n: int, other: int, offset: int) -> list[int]:
        """Return what a line's neighbour is like."""
        side, article = _SIDES[offset]
        if not 0 <= other < len(self.lines):
            return [side + NOWHERE]
        share, length, chosen = self.shares[other], self.lengths[other], self.inside[n]
        codes = [side + 20 * (share > 2) + length, article + 2 * self.inside[other] + chosen]
        if offset in (-1, 1):
            alike = self.kinds[other] == self.kinds[n]
            codes.append(_CODES[f"end{offset:+}"] + 10 * self.endings[other] + share)
            codes.append(_CODES[f"kin{offset:+}"] + 4 * alike + 2 * (length > 5) + chosen)
        return codes


def _kind(page: Page, node: int) -> object:
    """Return what lines of one kind share: tag and names of their block and its parent."""
    if node < 0:
        return None
    parent = page.parents[node]
    above = (page.tags[parent], page.names[parent]) if parent >= 0 else None
    return page.tags[node], page.names[node], above
