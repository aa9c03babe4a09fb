"""The gold pages as lines: features and labels.

Read by `extraction_fit.py`, and no benchmark of its own.
"""

import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from extraction_pages import Gold, labels, words
from scipy.sparse import csr_matrix

from curate.extract.combined import line_features as features
from curate.extract.combined import line_smoothing
from curate.extract.combined.lines import lines
from curate.extract.combined.page import Line
from curate.extract.combined.readability import article
from curate.extract.combined.tree import parse
from curate.extract.combined.units import Structure, structure_of

Feature = int | str
SITES = {"number": 8, "element": 10, "word": 20}


class Bag:
    """The words of a page's lines and of its gold text, for many scores of the same page."""

    def __init__(self, texts: Sequence[str], gold: str) -> None:
        known: dict[str, int] = {}
        self._lines = [
            np.array([known.setdefault(word, len(known)) for word in words(text)], int)
            for text in texts
        ]
        right = Counter(words(gold))
        self._size = right.total()
        self._right = np.array([right[word] for word in known], int)

    def f1(self, kept: Sequence[int]) -> float:
        """Return what word_f1 returns for the text of these lines."""
        found = np.concatenate([np.zeros(0, int), *(self._lines[n] for n in kept)])
        counts = np.bincount(found, minlength=len(self._right))
        size = self._size + len(found)
        return float(2 * np.minimum(counts, self._right).sum() / size) if size else 1.0


@dataclass(slots=True)
class Page:
    gold: Gold
    lines: list[str]
    features: list[list[Feature]]
    labels: list[tuple[float, int]]
    sizes: list[int]
    article: list[int]
    ties: line_smoothing.Ties
    bag: Bag | None
    structure: Structure
    found: list[Line]
    title: str


def read(gold: Gold) -> Page:
    page = parse(gold.html)
    found = lines(page)
    chosen = article(page, found)
    structure = structure_of(page, found)
    title = structure.top, bool(structure.titles)
    own = features.Features(page, found, chosen, title)
    around = {
        line.block: own.blocks[line.block]
        + marked("above", own.above(line.block))
        + marked("near", own.near(line.block))
        for line in found
    }
    rows: list[list[Feature]] = [
        [
            *codes,
            *around[line.block],
            *marked("inline", own.inline(line)),
            *marked("said", features.said(line)),
        ]
        for line, codes in zip(found, own.numbers, strict=True)
    ]
    texts = [line.text for line in found]
    ties = line_smoothing.Ties(page, found)
    learned: list[tuple[float, int]] = []
    if gold.text is None:
        learned = snippet_labels(texts, gold)
    elif gold.set != "goose_prefix":
        learned = labels(texts, gold.text)
    bag = Bag(texts, gold.text) if gold.text is not None else None
    sizes = [line.characters for line in found]
    return Page(gold, texts, rows, learned, sizes, chosen, ties, bag, structure, found, page.title)


def marked(role: str, words: Iterable[str]) -> list[str]:
    return [sys.intern(f"{role} {word}") for word in words]


def snippet_labels(texts: Sequence[str], gold: Gold) -> list[tuple[float, int]]:
    """Return (1, characters) for a line with what must be there, (0, characters) for one with
    what must not; for others (0, 0), so that they have no weight.
    """
    found = []
    for text in texts:
        good = any(one in text for one in gold.must)
        bad = any(one in text for one in gold.must_not)
        found.append((float(good), len(text) if good != bad else 0))
    return found


def sort_of(feature: Feature) -> str:
    if isinstance(feature, int):
        return "number"
    return "word" if feature.startswith("said ") else "element"


class Lines:
    """All lines of all pages: a matrix of features, targets and weights."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages
        self.ends = np.cumsum([0] + [len(page.lines) for page in pages])
        sites = sorted({page.gold.site for page in pages})
        number = {site: n for n, site in enumerate(sites)}
        self.site = np.array([number[page.gold.site] for page in pages])
        seen: dict[Feature, set[int]] = defaultdict(set)
        for page in pages:
            for feature in {feature for row in page.features for feature in row}:
                seen[feature].add(number[page.gold.site])
        enough = [one for one, where in seen.items() if len(where) >= SITES[sort_of(one)]]
        self.features = sorted(enough, key=str)
        self.needed = np.array([SITES[sort_of(one)] for one in self.features])
        shape = (len(self.features), len(sites))
        where = [(n, at) for n, one in enumerate(self.features) for at in sorted(seen[one])]
        rows, columns = np.array(where).T
        self.seen = csr_matrix((np.ones(len(where), np.int32), (rows, columns)), shape)
        column = {one: n for n, one in enumerate(self.features)}
        found, ends = array("i"), [0]
        for page in pages:
            for row in page.features:
                found.extend([n for one in row if (n := column.get(one)) is not None])
                ends.append(len(found))
        ones = np.ones(len(found), np.float32)
        shape = (len(ends) - 1, len(self.features))
        self.x = csr_matrix((ones, np.frombuffer(found, np.int32), ends), shape)
        self.x.sort_indices()  # words come from sets: their order is not the same in each process
        self.y, self.heavy = np.zeros(shape[0]), np.zeros(shape[0])
        for n, page in enumerate(pages):
            if page.labels:
                shares, counts = np.array(page.labels, float).T
                self.y[self.of([n])] = shares
                self.heavy[self.of([n])] = (counts / max(counts.sum(), 1)) ** 0.7

    def of(self, pages: Iterable[int]) -> Any:
        """Return the numbers of the lines of some pages."""
        found = [np.arange(self.ends[n], self.ends[n + 1]) for n in pages]
        return np.concatenate(found) if found else np.zeros(0, int)

    def weights(self, pages: Sequence[int]) -> Any:
        """Return the weights of all lines, when these pages are learned from."""
        sizes = Counter(self.pages[n].gold.set for n in pages)
        weights = np.zeros(len(self.y))
        for n in pages:
            part = slice(self.ends[n], self.ends[n + 1])
            weights[part] = self.heavy[part] * sizes[self.pages[n].gold.set] ** -0.5
        return weights * 10 * len(pages) / weights.sum()
