"""Numeric features of lines: of the line itself, its position, its neighbours, its ancestors.

Every feature is a group and a bin of it, as one number (see `curate.extract.combined.bins`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from operator import add

from curate.extract.combined.bins import B16, B18, B20, B22, CODES, NOWHERE, binned
from curate.extract.combined.bins import share as share_of
from curate.extract.combined.page import Line, Page

_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_LEVELS = [
    [CODES[f"{name}{level}"] for name in ("size", "share", "dense", "mean", "prose")]
    for level in range(4)
]


class Sums:
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


class View:
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
        self.sums = Sums(page, lines, [ending in (1, 2) for ending in self.endings])
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
