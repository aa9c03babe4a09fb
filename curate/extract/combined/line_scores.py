"""What the numeric features of each line weigh, those that go together looked up at once.

The same sum as that of the weights of `line_features.Features.numbers`, without making these: a
line has some sixty of them, which depend on few numbers. Sums are of whole numbers, so that their
order does not matter.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from curate.extract.combined.bins import B16, B18, CODES, NOWHERE, binned
from curate.extract.combined.context_features import NO_PROSE, PARTS, TAGS, LineContext
from curate.extract.combined.numeric_features import LEVELS, NEXT, SIDES, View, beginning

_DIGIT = re.compile("[0-9]")
_BINS, _SHARES, _ENDINGS, _TAGS = 15, 6, 6, len(TAGS) + 1  # how many there are
_NO_NEIGHBOUR = 40  # in place of a neighbour's length and links
_NO_END = 60  # in place of a neighbour's end and links


class Tables(NamedTuple):
    """Weights by several numbers at once."""

    own: list[int]
    head: list[int]
    bold: list[int]
    place: list[int]
    around: list[int]
    tag: list[int]
    before: list[int]
    after: list[int]
    sides: list[list[int]]
    ends: list[list[int]]
    levels: list[list[list[int]]]
    nowhere: list[int]
    tags: list[int]
    parts: list[list[int]]
    number: Callable[[int], int]


def tables(weights: Mapping[int, int]) -> Tables:
    """Return the weights of numeric features as tables."""

    def w(code: int) -> int:
        return weights.get(code, 0)

    c, bins, shares, chances = CODES, range(_BINS), range(_SHARES), range(2)
    return Tables(
        own=[
            w(c["length"] + a) + w(c["links"] + b) + w(c["length_links"] + 10 * a + b)
            + w(c["end_length"] + 20 * e + a) + w(c["sentence"] + 10 * (p == 0) + e)
            + w(c["where_length"] + 20 * p + a) + w(c["where_links"] + 10 * p + b)
            + w(c["where"] + p)
            for p in range(4) for a in bins for b in shares for e in range(_ENDINGS)
        ],
        head=[
            w(c["start"] + begin) + w(c["commas"] + commas) + w(c["digits"] + digits)
            + w(c["break"] + breaks) + w(c["repeated"] + repeated) + w(c["hidden"] + hidden)
            for begin in range(6) for commas in range(5) for digits in range(6)
            for breaks in chances for repeated in range(5) for hidden in range(4)
        ],
        bold=[w(c["bold"] + 20 * bold + a) for bold in chances for a in bins],
        place=[
            w(c["place"] + part) + w(c["where_place"] + 20 * p + part)
            + w(c["distance"] + 20 * p + a)
            for p in range(4) for part in range(11) for a in bins
        ],
        around=[
            w(c["around"] + a) + w(c["around_article"] + 20 * chosen + near)
            for chosen in chances for a in bins for near in range(11)
        ],
        tag=[
            w(c["tag_length"] + 32 * a + tag) + w(c["tag_links"] + 200 * chosen + 32 * b + tag)
            for chosen in chances for tag in range(_TAGS) for a in bins for b in shares
        ],
        before=_pairs(w, c["tag-1"]),
        after=_pairs(w, c["tag+1"]),
        sides=[_sides(w, side, article) for _, side, article in SIDES],
        ends=[_ends(w, end, kin) for _, end, kin in NEXT],
        levels=[[[w(group + a) for a in bins] for group in groups] for groups in LEVELS],
        nowhere=[w(size + NOWHERE) for size, *_ in LEVELS],
        tags=[w(c["tags"] + both) for both in range(30 * _TAGS)],
        parts=[[w(c[name] + steps) for steps in range(NO_PROSE[0] + 1)] for name in PARTS],
        number=w,
    )  # fmt: skip


def _pairs(w: Callable[[int], int], group: int) -> list[int]:
    """Return the weights of two lines' tags; the last other tag is none."""
    pairs = [w(group + 30 * other + tag) for other in range(_TAGS) for tag in range(_TAGS)]
    return pairs + [w(group + NOWHERE)] * _TAGS


def _sides(w: Callable[[int], int], side: int, article: int) -> list[int]:
    """Return the weights of a neighbour's length and links, and of who is in the article."""
    places = [*range(_NO_NEIGHBOUR), NOWHERE]
    return [
        w(side + near) + (w(article + both) if near != NOWHERE else 0)
        for near in places
        for both in range(4)
    ]


def _ends(w: Callable[[int], int], end: int, kin: int) -> list[int]:
    """Return the weights of a neighbour's end, and of whether it is alike; 0 for none."""
    return [w(end + shown) + w(kin + like) for shown in range(_NO_END) for like in range(8)] + [
        0
    ] * 8


def scores(view: View, context: LineContext, known: Tables) -> list[int]:
    """Return for each line the sum of the weights of its numeric features."""
    parts = (_own(view, known), _placed(view, known), _tagged(view, context, known),
             *_beside(view, known))  # fmt: skip
    return list(map(sum, zip(*parts, strict=True)))


def block_scores(view: View, context: LineContext, known: Tables) -> dict[int, int]:
    """Return the sum of the weights of the numeric features of each block."""
    bins, parents = view.sums.bins, view.page.parents
    quarter, half, most = known.parts
    found = {}
    for block in dict.fromkeys([line.block for line in view.lines]):
        tags, (one, two, three) = context.place(block)
        score = known.tags[tags] + quarter[one] + half[two] + most[three]
        node = block
        for (sizes, parts, dense, means, proses), nowhere in zip(
            known.levels, known.nowhere, strict=True
        ):
            if node < 0:
                score += nowhere
                continue
            size, part, linked, mean, prose = bins(node)
            score += sizes[size] + parts[part] + dense[linked] + means[mean] + proses[prose]
            node = parents[node]
        found[block] = score
    return found


def _own(view: View, known: Tables) -> list[int]:
    """Return what lines' lengths, links, ends, beginnings weigh."""
    table, heads, bold, seen, hidden = (
        known.own,
        known.head,
        known.bold,
        view.seen,
        view.page.hidden,
    )
    found = []
    for line, p, a, b, e, inside in zip(
        view.lines, view.where, view.lengths, view.shares, view.endings, view.inside, strict=True
    ):
        head, size = line.text[:60], line.characters
        if head.isalpha():
            digits = 0
        elif head.isascii():
            digits = 5 * len(_DIGIT.findall(head)) // min(60, size)
        else:
            digits = 5 * sum(map(str.isdigit, head)) // min(60, size)
        place = beginning(head) * 5 + min(line.commas, 4)
        place = (place * 6 + digits) * 2 + line.breaks
        place = (place * 5 + min(seen[line.text], 4)) * 4 + 2 * hidden[line.node] + inside
        found.append(
            table[((p * _BINS + a) * _SHARES + b) * _ENDINGS + e]
            + heads[place]
            + bold[(10 * line.bold >= 9 * size) * _BINS + a]
        )
    return found


def _placed(view: View, known: Tables) -> list[int]:
    """Return what the positions of lines weigh, and their kinds."""
    first, last, total, count = view.first, view.last, view.sums.total, len(view.lines)
    running, before, w, c = view.running, view.chosen_before, known.number, CODES
    places, around = known.place, known.around
    page = [
        w(c["article_share"] + 20 * chosen + view.share)
        + w(c["article_size"] + 20 * chosen + view.size)
        + w(c["page_size"] + 20 * chosen + view.page_size)
        for chosen in range(2)
    ]
    kinds = {
        kind: [
            page[chosen] + w(share + 20 * chosen) + w(links) + w(lines) + w(mean)
            for chosen in range(2)
        ]
        for kind, (share, links, lines, mean) in view.kind_codes.items()
    }
    found = []
    for n, (p, inside, kind) in enumerate(zip(view.where, view.inside, view.kinds, strict=True)):
        away = n - last if n > last else first - n if n < first else 0
        low, high = n - 5 if n > 5 else 0, n + 6 if n + 6 < count else count
        near = 10 * (before[high] - before[low]) // (high - low)
        size = binned(B18, running[high] - running[low])
        found.append(
            places[(p * 11 + 10 * running[n] // total) * _BINS + binned(B16, away)]
            + around[(inside * _BINS + size) * 11 + near]
            + kinds[kind][inside]
            + w(c["title"] + view.to_title(n) + inside)
        )
    return found


def _tagged(view: View, context: LineContext, known: Tables) -> list[int]:
    """Return what the tags of lines' blocks weigh, and that they are in comments."""
    tags, talk, w = context.tags, context.talk, known.number
    talks = [
        w(CODES["comments"] + 20 * context.talked + 10 * talking + both)
        for talking in range(2)
        for both in range(4)
    ]
    table, before, after = known.tag, known.before, known.after
    lines = zip([_TAGS, *tags], tags, [*tags[1:], _TAGS], view.inside, view.lengths, view.shares,
                strict=False)  # fmt: skip
    return [
        table[((inside * _TAGS + tag) * _BINS + a) * _SHARES + b]
        + before[_TAGS * above + tag]
        + after[_TAGS * below + tag]
        + talks[4 * (n in talk) + 2 * (a > 5) + inside]
        for n, (above, tag, below, inside, a, b) in enumerate(lines)
    ]


def _beside(view: View, known: Tables) -> list[list[int]]:
    """Return what lines' neighbours weigh, one list a neighbour."""
    inside, kinds = view.inside, view.kinds
    near = [4 * a + 2 * chosen for a, chosen in zip(view.near, inside, strict=True)]
    columns = [
        [table[a + chosen] for a, chosen in zip(others, inside, strict=True)]
        for table, (offset, *_) in zip(known.sides, SIDES, strict=True)
        for others in [_moved(near, offset, 4 * _NO_NEIGHBOUR)]
    ]
    shown = [
        8 * (10 * end + b) + 2 * (a > 5)
        for end, b, a in zip(view.endings, view.shares, view.lengths, strict=True)
    ]
    for table, (offset, *_) in zip(known.ends, NEXT, strict=True):
        ends, others = _moved(shown, offset, 8 * _NO_END), _moved(kinds, offset, None)
        columns.append([
            table[end + 4 * (kind == other) + chosen]
            for end, kind, other, chosen in zip(ends, kinds, others, inside, strict=True)
        ])  # fmt: skip
    return columns


def _moved(values: Sequence[Any], offset: int, none: Any) -> list[Any]:
    """Return for each line the value of the line that is `offset` further, `none` for none."""
    gap = [none] * abs(offset)
    if offset < 0:
        return [*gap, *values][: len(values)]
    return [*values, *gap][offset:]
