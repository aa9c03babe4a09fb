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
from itertools import accumulate, repeat
from operator import add
from typing import Any, NamedTuple

from curate.extract.bins import B16, B18, B20, B22, CODES, NOWHERE, binned
from curate.extract.bins import share as share_of
from curate.extract.surroundings import Surroundings
from curate.extract.together import NAMES
from curate.extract.tree import BLOCKS, Line, Page

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
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
        view = _View(page, lines, article)
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


def log_odds(
    page: Page, lines: Sequence[Line], article: Sequence[int], weights: "Weights | None" = None
) -> list[float]:
    """Return for each line the log-odds that it is main text."""
    weights = weights or load()
    features = Features(page, lines, article)
    around: dict[int, int] = {}
    found = []
    none = repeat(0)
    number, inline, word = weights.numbers.get, weights.inline.get, weights.said.get
    for line, codes in zip(lines, features.numbers, strict=True):
        score = around.get(line.block)
        if score is None:
            score = around[line.block] = (
                weights.bias
                + sum(map(weights.above.get, features.above(line.block), none))
                + sum(map(weights.near.get, features.near(line.block), none))
                + sum(map(number, features.blocks[line.block], none))
            )
        score += sum(map(number, codes, none))
        score += sum(map(inline, features.inline(line), none))
        score += sum(map(word, said(line), none))
        found.append(score / GRID)
    return found


GRID = 1000  # weights are whole thousandths, so that their sums do not depend on their order


class Weights(NamedTuple):
    """The weights of features: by number, and by word in four roles (see `Features`).

    `together` are those of `curate.extract.together.NAMES`.
    """

    bias: int
    numbers: Mapping[int, int]
    above: Mapping[str, int]
    near: Mapping[str, int]
    inline: Mapping[str, int]
    said: Mapping[str, int]
    together: Sequence[int]


ROLES = ("above", "near", "inline", "said")


@cache
def load() -> Weights:
    """Return the package's weights."""
    file = resources.files("curate.extract").joinpath("weights.json")
    return read_table(json.loads(file.read_text("utf-8")))


def read_table(table: Mapping[str, Any]) -> Weights:
    """Return the weights of a table as JSON has it."""
    numbers = {
        CODES[group] + int(number): weight
        for group, weights in table["groups"].items()
        for number, weight in weights.items()
    }
    above, near, inline, words = (table[role] for role in ROLES)
    leaning = [table["together"][name] for name in NAMES]
    return Weights(table["bias"], numbers, above, near, inline, words, leaning)


_LEVELS = [
    [CODES[f"{name}{level}"] for name in ("size", "share", "dense", "mean", "prose")]
    for level in range(4)
]


class _Sums:
    """Running sums over a page's nodes: characters, those in links, lines, lines like prose."""

    def __init__(self, page: Page, lines: Sequence[Line], prose: Sequence[bool]) -> None:
        several = [[0] * len(page.tags) for _ in range(4)]
        characters, linked, count, likes = several
        for line, like in zip(lines, prose, strict=True):
            node = line.node
            characters[node] = line.characters
            linked[node] = line.linked
            count[node] = 1
            likes[node] = like
        self._sums = [list(accumulate(values, initial=0)) for values in several]
        self._ends = page.ends
        self._bins: dict[int, tuple[int, int, int, int, int]] = {}
        self.total = max(self._sums[0][-1], 1)

    def levels(self, page: Page, node: int) -> list[int]:
        """Return the features of a block element and of the three around it."""
        codes: list[int] = []
        for groups in _LEVELS:
            if node < 0:
                codes.append(groups[0] + NOWHERE)
                continue
            found = self._bins.get(node)
            if found is None:
                found = self._bins[node] = self._of(node)
            codes += map(add, groups, found)
            node = page.parents[node]
        return codes

    def _of(self, node: int) -> tuple[int, int, int, int, int]:
        """Return the bins of an element."""
        end = self._ends[node]
        size, linked, count, prose = [sums[end] - sums[node] for sums in self._sums]
        count = max(count, 1)
        return (
            binned(B20, size),
            binned(B18, 100 * size // self.total),
            share_of(linked, size),
            binned(B18, size // count),
            4 * prose // count,
        )


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


_SIDES = [
    (offset, CODES[f"{'before' if offset < 0 else 'after'}{abs(offset)}"],
     CODES[f"article{offset:+}"])
    for offset in (-3, -2, -1, 1, 2, 3)
]  # fmt: skip
_NEXT = [(offset, CODES[f"end{offset:+}"], CODES[f"kin{offset:+}"]) for offset in (-1, 1)]


class _View:
    """What the features of one page's lines are made of."""

    def __init__(self, page: Page, lines: Sequence[Line], article: Sequence[int]) -> None:
        self.page, self.lines, count = page, lines, len(lines)
        self.inside = bytearray(count)
        for n in article:
            self.inside[n] = 1
        self.first, self.last = (article[0], article[-1]) if article else (0, -1)
        self.lengths = [binned(B18, line.characters) for line in lines]
        self.shares = [share_of(line.linked, line.characters) for line in lines]
        self.endings = [_ending(line.text) for line in lines]
        self.sums = _Sums(page, lines, [ending in (1, 2) for ending in self.endings])
        kinds = {block: _kind(page, block) for block in {line.block for line in lines}}
        self.kinds = [kinds[line.block] for line in lines]
        # what a line is as a neighbour
        self.near = [
            20 * (share > 2) + length
            for share, length in zip(self.shares, self.lengths, strict=True)
        ]
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
        self.share = binned(B18, 100 * chosen // self.sums.total)
        self.size = binned(B22, chosen)
        self.page_size = binned(B22, self.sums.total)

    def alone(self, n: int) -> list[int]:
        """Return what a line says of itself."""
        line, c = self.lines[n], CODES
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
        c, chosen, length = CODES, self.inside[n], self.lengths[n]
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
            c["distance"] + 20 * where + binned(B16, away),
            c["hidden"] + 2 * self.page.hidden[self.lines[n].node] + chosen,
            c["around"] + binned(B18, self.running[high] - self.running[low]),
            c["around_article"] + 20 * chosen + near,
            c["kind_share"] + 20 * chosen + binned(B18, 100 * size // self.sums.total),
            c["kind_links"] + share_of(self.kind_linked[kind], size),
            c["kind_lines"] + binned(B20, several),
            c["kind_mean"] + binned(B18, size // several),
        ]

    def beside(self, n: int) -> list[int]:
        """Return what a line's neighbours are like."""
        near, inside, chosen, count = self.near, self.inside, self.inside[n], len(self.lines)
        codes: list[int] = []
        for offset, side, article in _SIDES:
            other = n + offset
            if 0 <= other < count:
                codes += (side + near[other], article + 2 * inside[other] + chosen)
            else:
                codes.append(side + NOWHERE)
        for offset, end, kin in _NEXT:
            other = n + offset
            if 0 <= other < count:
                alike = self.kinds[other] == self.kinds[n]
                codes += (
                    end + 10 * self.endings[other] + self.shares[other],
                    kin + 4 * alike + 2 * (self.lengths[other] > 5) + chosen,
                )
        return codes


def _kind(page: Page, node: int) -> object:
    """Return what lines of one kind share: tag and names of their block and its parent."""
    if node < 0:
        return None
    parent = page.parents[node]
    above = (page.tags[parent], page.names[parent]) if parent >= 0 else None
    return page.tags[node], page.names[node], above
