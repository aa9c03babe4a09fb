"""Numeric features of lines: of the line itself, its position, its neighbours, its ancestors.

Every feature is a group and a bin of it, as one number (see `curate.extract.combined.bins`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from operator import add

from curate.extract.combined.bins import B16, B18, B20, B22, CODES, NOWHERE, binned
from curate.extract.combined.bins import share as share_of
from curate.extract.combined.page import Line, Page

_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
LEVELS = [
    [CODES[f"{name}{level}"] for name in ("size", "share", "dense", "mean", "prose")]
    for level in range(4)
]  # of an element and those around it


class Sums:
    """Running sums over a page's nodes: characters, those in links, lines, lines like prose."""

    def __init__(self, page: Page, lines: Sequence[Line], prose: Sequence[bool]) -> None:
        columns = [[0] * len(page.tags) for _ in range(4)]
        characters, linked, count, likes = columns
        for line, like in zip(lines, prose, strict=True):
            node = line.node
            characters[node] = line.characters
            linked[node] = line.linked
            count[node] = 1
            likes[node] = like
        self._sums = [list(accumulate(values, initial=0)) for values in columns]
        self._ends = page.ends
        self._bins: dict[int, tuple[int, int, int, int, int]] = {}
        self.total = max(self._sums[0][-1], 1)

    def levels(self, page: Page, node: int) -> list[int]:
        """Return the features of a block element and of the three around it."""
        codes: list[int] = []
        for groups in LEVELS:
            if node < 0:
                codes.append(groups[0] + NOWHERE)
                continue
            codes += map(add, groups, self.bins(node))
            node = page.parents[node]
        return codes

    def bins(self, node: int) -> tuple[int, int, int, int, int]:
        """Return the bins of an element."""
        found = self._bins.get(node)
        if found is None:
            end = self._ends[node]
            characters, in_links, lines, likes = self._sums
            size = characters[end] - characters[node]
            count = (lines[end] - lines[node]) or 1
            found = self._bins[node] = (
                binned(B20, size),
                binned(B18, 100 * size // self.total),
                share_of(in_links[end] - in_links[node], size),
                binned(B18, size // count),
                4 * (likes[end] - likes[node]) // count,
            )
        return found


def _ending(text: str) -> int:
    last = text[-1]
    if _SENTENCE.search(text[-4:]):
        return 2 if text.endswith(("...", "…")) else 1
    if last in ":：;；,，":
        return 3
    return 4 if last.isalnum() else 5


def beginning(text: str) -> int:
    """Return how a line begins."""
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


SIDES = [
    (offset, CODES[f"{'before' if offset < 0 else 'after'}{abs(offset)}"],
     CODES[f"article{offset:+}"])
    for offset in (-3, -2, -1, 1, 2, 3)
]  # fmt: skip
NEXT = [(offset, CODES[f"end{offset:+}"], CODES[f"kin{offset:+}"]) for offset in (-1, 1)]


class View:
    """What the features of one page's lines are made of."""

    def __init__(
        self, page: Page, lines: Sequence[Line], article: Sequence[int], title: tuple[int, bool]
    ) -> None:
        self.page, self.lines, count = page, lines, len(lines)
        self.title, self.named = title
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

    def columns(self) -> list[list[int]]:
        """Return the features of all lines by group; -1 where a line has none of it."""
        return [*self._alone(), *self._placed(), *self._beside()]

    def _alone(self) -> list[list[int]]:
        """Return what lines say of themselves."""
        lines, lengths, shares, c = self.lines, self.lengths, self.shares, CODES
        heads = [line.text[:60] for line in lines]
        digits = [0 if head.isalpha() else sum(map(str.isdigit, head)) for head in heads]
        both = list(zip(lengths, shares, strict=True))
        return [
            [c["length"] + length for length in lengths],
            [c["links"] + share for share in shares],
            [c["length_links"] + 10 * length + share for length, share in both],
            [
                c["end_length"] + 20 * end + length
                for end, length in zip(self.endings, lengths, strict=True)
            ],
            [c["start"] + beginning(head) for head in heads],
            [c["commas"] + min(line.commas, 4) for line in lines],
            [
                c["digits"] + 5 * some // min(60, line.characters)
                for some, line in zip(digits, lines, strict=True)
            ],
            [
                c["bold"] + 20 * (10 * line.bold >= 9 * line.characters) + length
                for line, length in zip(lines, lengths, strict=True)
            ],
            [c["break"] + line.breaks for line in lines],
            [c["repeated"] + min(self.seen[line.text], 4) for line in lines],
        ]

    def _placed(self) -> list[list[int]]:
        """Return the positions of lines: in the page, to the article, among lines of their kind."""
        c, inside, lengths, shares = CODES, self.inside, self.lengths, self.shares
        first, last, total, count = self.first, self.last, self.sums.total, len(self.lines)
        running, before = self.running, self.chosen_before
        numbers = range(count)
        where = self.where
        away = [n - last if n > last else first - n if n < first else 0 for n in numbers]
        spans = [(max(0, n - 5), min(count, n + 6)) for n in numbers]
        near = [10 * (before[high] - before[low]) // (high - low) for low, high in spans]
        places = [10 * running[n] // total for n in numbers]
        kinds = [self.kind_codes[kind] for kind in self.kinds]
        hidden = self.page.hidden
        return [
            [c["where"] + p for p in where],
            [c["where_length"] + 20 * p + a for p, a in zip(where, lengths, strict=True)],
            [c["where_links"] + 10 * p + a for p, a in zip(where, shares, strict=True)],
            [c["article_share"] + 20 * chosen + self.share for chosen in inside],
            [c["article_size"] + 20 * chosen + self.size for chosen in inside],
            [c["page_size"] + 20 * chosen + self.page_size for chosen in inside],
            [c["sentence"] + 10 * a + b for a, b in zip(inside, self.endings, strict=True)],
            [c["place"] + part for part in places],
            [c["where_place"] + 20 * p + a for p, a in zip(where, places, strict=True)],
            [c["distance"] + 20 * a + binned(B16, b) for a, b in zip(where, away, strict=True)],
            [c["title"] + self.to_title(n) + inside[n] for n in numbers],
            [
                c["hidden"] + 2 * hidden[line.node] + chosen
                for line, chosen in zip(self.lines, inside, strict=True)
            ],
            [c["around"] + binned(B18, running[high] - running[low]) for low, high in spans],
            [c["around_article"] + 20 * a + b for a, b in zip(inside, near, strict=True)],
            [a + 20 * chosen for (a, *_), chosen in zip(kinds, inside, strict=True)],
            *[[kind[k] for kind in kinds] for k in (1, 2, 3)],
        ]

    def to_title(self, n: int) -> int:
        """Return how far a line is from the title, and on which side of it."""
        if self.title < 0:
            return 900
        side = 0 if n < self.title else 2 if n > self.title else 1
        return 100 * (3 * self.named + side) + 2 * binned(B16, abs(n - self.title))

    @cached_property
    def where(self) -> list[int]:
        """Return where lines are: 0 in the article, 1 between its lines, 2 before it, 3 after."""
        first, last = self.first, self.last
        return [
            0 if chosen else 1 if first < n < last else 2 if n < first else 3
            for n, chosen in enumerate(self.inside)
        ]

    @cached_property
    def kind_codes(self) -> dict[object, tuple[int, int, int, int]]:
        """Return the features of each kind of lines."""
        c, total = CODES, self.sums.total
        codes = {}
        for kind, line_count in self.kind_lines.items():
            size = self.kind_size[kind]
            codes[kind] = (
                c["kind_share"] + binned(B18, 100 * size // total),
                c["kind_links"] + share_of(self.kind_linked[kind], size),
                c["kind_lines"] + binned(B20, line_count),
                c["kind_mean"] + binned(B18, size // line_count),
            )
        return codes

    def _beside(self) -> list[list[int]]:
        """Return what lines' neighbours are like."""
        near, inside, kinds, count = self.near, self.inside, self.kinds, len(self.lines)
        long = [2 * (length > 5) for length in self.lengths]
        shown = [10 * end + a for end, a in zip(self.endings, self.shares, strict=True)]
        columns: list[list[int]] = []
        for offset, side, article in SIDES:
            pairs = [(n, n + offset) for n in range(count) if 0 <= n + offset < count]
            gap = min(abs(offset), count)
            columns += [
                _padded([side + near[m] for _, m in pairs], offset, gap, side + NOWHERE),
                _padded([article + 2 * inside[m] + inside[n] for n, m in pairs], offset, gap, -1),
            ]
        for offset, end, kin in NEXT:
            pairs = [(n, n + offset) for n in range(count) if 0 <= n + offset < count]
            columns += [
                _padded([end + shown[m] for _, m in pairs], offset, 1, -1),
                _padded(
                    [kin + 4 * (kinds[m] == kinds[n]) + long[m] + inside[n] for n, m in pairs],
                    offset, 1, -1,
                ),
            ]  # fmt: skip
        return columns


def _padded(column: list[int], offset: int, gap: int, code: int) -> list[int]:
    """Return a column with a code for the lines that have no neighbour there."""
    return [code] * gap + column if offset < 0 else column + [code] * gap


def _kind(page: Page, node: int) -> object:
    """Return what lines of one kind share: tag and names of their block and its parent."""
    if node < 0:
        return None
    parent = page.parents[node]
    above = (page.tags[parent], page.names[parent]) if parent >= 0 else None
    return page.tags[node], page.names[node], above
