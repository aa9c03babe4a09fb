"""Line classifier: log-odds that each line of a page is main text, from cheap features.

Input: a `Page`, its lines and which of them `readable.article` chose. Output: log-odds for each
line. Every feature is a bin, present or absent: how long the line is and how much of it is
links, its neighbours, the elements around it, the words of their class and id, its position
in the page and relative to the article. The weights are in weights.json of this folder; the script
benchmarks/extraction_fit.py trains them on pages with labelled main text.

Source: the idea is of Boilerpipe (Kohlschütter et al. 2010: shallow text features of a block and
its neighbours) and Dragnet (Peters and Lecocq 2013: readability, class and id words in a linear
rule). Differs: bins instead of numbers, so weights add up to curves; one rule for all languages.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import repeat
from typing import Any, NamedTuple

from curate.extract.combined.bins import CODES
from curate.extract.combined.line_features import Features, said
from curate.extract.combined.line_scores import Tables, block_scores, scores, tables
from curate.extract.combined.line_smoothing import NAMES
from curate.extract.combined.page import Line, Page

GRID = 1000  # weights are whole thousandths, so that their sums do not depend on their order


def log_odds(
    page: Page,
    lines: Sequence[Line],
    article: Sequence[int],
    title: tuple[int, bool],
    weights: "Weights | None" = None,
) -> list[float]:
    """Return for each line the log-odds that it is main text.

    `title` is the number of the line that is the title, -1 for none, and whether <title> names it.
    """
    if not lines:
        return []
    weights = weights or load()
    features = Features(page, lines, article, title)
    known = _tables_of(weights)
    own = scores(features.view, features.context, known)
    numbers = block_scores(features.view, features.context, known)
    blocks = {
        block: weights.bias
        + number
        + features.weigh_above(block, weights.above)
        + features.weigh_near(block, weights.near)
        for block, number in numbers.items()
    }
    none = repeat(0)
    weigh_inline, inline, word = features.weigh_inline, weights.inline, weights.said.get
    return [
        (score + blocks[line.block] + weigh_inline(line, inline) + sum(map(word, said(line), none)))
        / GRID
        for line, score in zip(lines, own, strict=True)
    ]


class Weights(NamedTuple):
    """The weights of features: by number, and by word in four roles (see `Features`).

    `smoothing` are those of `curate.extract.combined.line_smoothing.NAMES`.
    """

    bias: int
    numbers: Mapping[int, int]
    above: Mapping[str, int]
    near: Mapping[str, int]
    inline: Mapping[str, int]
    said: Mapping[str, int]
    smoothing: Sequence[int]


ROLES = ("above", "near", "inline", "said")
_kept: list[tuple[Weights, Tables]] = []  # tables of the weights used last


def _tables_of(weights: Weights) -> Tables:
    for key, found in _kept:
        if key is weights:
            return found
    del _kept[:-7]
    _kept.append((weights, tables(weights.numbers)))
    return _kept[-1][1]


@cache
def load() -> Weights:
    """Return the package's weights."""
    file = resources.files("curate.extract.combined").joinpath("weights.json")
    return read_table(json.loads(file.read_text("utf-8")))


def read_table(table: Mapping[str, Any]) -> Weights:
    """Return the weights of a table as JSON has it."""
    numbers = {
        CODES[group] + int(number): weight
        for group, weights in table["groups"].items()
        for number, weight in weights.items()
    }
    above, near, inline, words = (table[role] for role in ROLES)
    leaning = [table["smoothing"][name] for name in NAMES]
    return Weights(table["bias"], numbers, above, near, inline, words, leaning)
