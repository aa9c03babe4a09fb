"""Learn the weights of `curate.extract.weigh`, and say how well they do on sites not learned.

    python benchmarks/extraction_fit.py DATA FOLDS [--write]

Logistic regression on every line of the gold pages of DATA (`extraction_pages.py`; not those of
goose_prefix, which has no full text), with how much of a line is main text as a soft label; of
trafilatura_snippets only on lines that hold a snippet. A page's lines weigh together about
alike, whatever its length; a set weighs by the root of its pages. A feature needs pages of 8
sites, a word of class or id 10, a word of the text 20. The few numbers of
`curate.extract.together` are learned after that, from log-odds of pages not learned from.

Writes a table for each of five folds of sites, learned without them, to the folder FOLDS, for
`extraction.py`; --write puts the table learned on all pages where the package reads it. The same
pages give the same bytes. Then prints mean F1 by set,

- of pages whose sites were not learned from: with lines judged one by one, together, and as the
  package chooses among them, by default and precise;
- with other numbers for that choice, and picking them on other folds than those scored; for
  precision, the mean of three sets of news that are not the one it is shown on;
- with weights learned without the whole set that is scored, and its sites.

For a fold, `together` is learned from log-odds of pages that weights learned without their fold and
without the scored one give them; without a set, from those of the folds, which have seen it: seven
numbers. Takes some ten minutes of processor time; needs scipy.
"""

import argparse
import json
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from extraction_pages import FOLDS, NEUTRAL, SETS, Gold, gold_pages, labels, snippets, words
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from curate.extract import together, weigh
from curate.extract.bins import GROUPS
from curate.extract.combined import PRECISE, best, choose, doubtful
from curate.extract.readable import article
from curate.extract.tree import lines, parse

Feature = int | str
Table = dict[str, Any]
L2 = 10.0
STEPS = 100
NEWS = ("chinese_wce", "daniel", "newspaper")  # precision's number is picked on these
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
    ties: together.Ties
    bag: Bag | None


def read(gold: Gold) -> Page:
    page = parse(gold.html)
    found = lines(page)
    chosen = article(page, found)
    features = weigh.Features(page, found, chosen)
    around = {
        line.block: features.blocks[line.block]
        + marked("above", features.above(line.block))
        + marked("near", features.near(line.block))
        for line in found
    }
    rows: list[list[Feature]] = [
        [
            *codes,
            *around[line.block],
            *marked("inline", features.inline(line)),
            *marked("said", weigh.said(line)),
        ]
        for line, codes in zip(found, features.numbers, strict=True)
    ]
    texts = [line.text for line in found]
    ties = together.Ties(page, found)
    learned: list[tuple[float, int]] = []
    if gold.text is None:
        learned = snippet_labels(texts, gold)
    elif gold.set != "goose_prefix":
        learned = labels(texts, gold.text)
    bag = Bag(texts, gold.text) if gold.text is not None else None
    sizes = [line.characters for line in found]
    return Page(gold, texts, rows, learned, sizes, chosen, ties, bag)


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
    """All lines of all pages: a matrix of features, what is to be learned, how heavy each is."""

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


# No sum of what follows goes through BLAS, whose order depends on the number of threads.


def fit(lines: Lines, pages: Sequence[int]) -> Any:
    """Return the weights of all features, and the bias last, learned from these pages."""
    pages = [n for n in pages if lines.pages[n].labels]
    there = np.zeros(lines.seen.shape[1], np.int32)
    there[lines.site[pages]] = 1
    known = lines.seen @ there >= lines.needed
    weights = lines.weights(pages)
    rows = np.flatnonzero(weights)
    x, target, weights = lines.x[rows], lines.y[rows], weights[rows]
    transposed = x.T.tocsr()

    def loss(b: Any) -> tuple[float, Any]:
        z = (x @ b[:-1].astype(np.float32)).astype(float) + b[-1]
        slope = weights * (1 / (1 + np.exp(-z)) - target)
        value = (weights * (np.logaddexp(0, z) - target * z)).sum() + L2 / 2 * (b[:-1] ** 2).sum()
        slopes = known * (transposed @ slope.astype(np.float32) + L2 * b[:-1])
        return value, np.append(slopes, slope.sum())

    start = np.zeros(x.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x


def odds_of(lines: Lines, found: Any, pages: Sequence[int]) -> Any:
    """Return the log-odds of the lines of some pages, judged one by one."""
    return lines.x[lines.of(pages)] @ np.round(found[:-1], 3) + round(found[-1], 3)


def fit_together(lines: Lines, leaning: Any, pages: Sequence[int]) -> Any:
    """Return the weights of `together.NAMES`, learned from lines' leanings on these pages."""
    weights = lines.weights([n for n in pages if lines.pages[n].labels])
    rows = np.flatnonzero(weights)
    x, target, weights = leaning[rows], lines.y[rows], weights[rows]

    def loss(b: Any) -> tuple[float, Any]:
        z = (x * b).sum(1)
        slope = weights * (1 / (1 + np.exp(-z)) - target)
        value = (weights * (np.logaddexp(0, z) - target * z)).sum() + (b**2).sum() / 2
        return value, (x * slope[:, None]).sum(0) + b

    start = np.eye(x.shape[1])[0]
    return np.round(minimize(loss, start, jac=True, method="L-BFGS-B").x, 3)


def unseen_odds(lines: Lines, parts: Sequence[Sequence[int]]) -> list[Any]:
    """Return the log-odds of all lines, for each fold anew: learned without it and without the
    fold that the line is in. Lines of the fold itself have none yet.
    """
    found = [np.zeros(len(lines.y)) for _ in parts]
    for one, other in combinations(range(len(parts)), 2):
        left = {*parts[one], *parts[other]}
        weights = fit(lines, [n for n in range(len(lines.pages)) if n not in left])
        for scored, learned in ((one, other), (other, one)):
            found[scored][lines.of(parts[learned])] = odds_of(lines, weights, parts[learned])
    return found


def leanings(lines: Lines, odds: Any) -> Any:
    """Return the leanings of all lines, of their log-odds one by one."""
    found = [
        row
        for n, page in enumerate(lines.pages)
        for row in together.leanings(page.ties, odds[lines.of([n])].tolist())
    ]
    return np.array(found)


def table(lines: Lines, weights: Any, leaning: Any) -> Table:
    """Return weights by group and bin, and by word, on a grid of a thousandth."""
    found, bias = dict(zip(lines.features, weights, strict=False)), weights[-1]
    groups: dict[str, dict[str, int]] = {}
    words: dict[str, dict[str, int]] = {role: {} for role in weigh.ROLES}
    for feature, weight in found.items():
        value = round(float(weight) * weigh.GRID)
        if not value:
            continue
        if isinstance(feature, int):
            group = GROUPS[feature // 1000]
            groups.setdefault(group, {})[str(feature % 1000)] = value
        else:
            role, word = feature.split(" ", 1)
            words[role][word] = value
    ordered = {
        group: dict(sorted(groups[group].items(), key=lambda pair: int(pair[0])))
        for group in GROUPS
        if group in groups
    }
    by_role = {role: dict(sorted(some.items())) for role, some in words.items()}
    tied = {
        name: round(float(one) * weigh.GRID)
        for name, one in zip(together.NAMES, leaning, strict=True)
    }
    whole = round(float(bias) * weigh.GRID)
    return {"bias": whole, "groups": ordered, **by_role, "together": tied}


Odds = tuple[Any, Any]  # of all lines: leaning on each other, and judged one by one
# From those of a page to the lines kept.
Choice = Callable[[Sequence[float], Sequence[float], Page], list[int]]


def one_by_one(_tied: Sequence[float], alone: Sequence[float], page: Page) -> list[int]:
    return best(alone, page.sizes)


def leaning_only(tied: Sequence[float], _alone: Sequence[float], page: Page) -> list[int]:
    return best(tied, page.sizes)


def default(tied: Sequence[float], alone: Sequence[float], page: Page) -> list[int]:
    return choose(tied, alone, page.sizes, page.article)


def precise(_tied: Sequence[float], alone: Sequence[float], page: Page) -> list[int]:
    return best(doubtful(alone, page.article, PRECISE), page.sizes)


def score(
    lines: Lines, odds: Odds, pages: Iterable[int], choice: Choice = default
) -> dict[int, tuple[float, ...]]:
    """Return each page's F1 or snippet counts, by its number."""
    scores: dict[int, tuple[float, ...]] = {}
    for n in pages:
        page = lines.pages[n]
        part = slice(lines.ends[n], lines.ends[n + 1])
        kept = choice(odds[0][part].tolist(), odds[1][part].tolist(), page)
        if page.bag is None:
            scores[n] = snippets(page.gold, "\n".join(page.lines[one] for one in kept))
        else:
            scores[n] = (page.bag.f1(kept),)
    return scores


def mean(scores: Sequence[tuple[float, ...]]) -> float:
    sums = [sum(column) for column in zip(*scores, strict=True)]
    if len(sums) == 1:
        return sums[0] / len(scores)
    return 2 * sums[0] / (2 * sums[0] + sums[1] + sums[2])


def by_set(lines: Lines, scores: dict[int, tuple[float, ...]]) -> dict[str, float]:
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in SETS}
    for n, one in scores.items():
        found[lines.pages[n].gold.set].append(one)
    return {name: mean(some) for name, some in found.items() if some}


def show(name: str, means: dict[str, float]) -> None:
    print(
        f"{name:28}"
        + "".join(f"{means[one]:9.4f}" for one in SETS)
        + f"   mean {sum(means.values()) / len(SETS):.4f}"
        + f"   neutral {sum(means[one] for one in NEUTRAL) / len(NEUTRAL):.4f}",
        flush=True,
    )


def print_choices(lines: Lines, odds: Odds) -> None:
    """Print what other numbers than the package's give, and what picking them is worth."""
    tried = {}
    for agreed in (0.7, 0.8, 0.9):
        for doubt in (1.0, 2.0, 3.0):

            def choice(
                tied: Sequence[float],
                alone: Sequence[float],
                page: Page,
                agreed: float = agreed,
                doubt: float = doubt,
            ) -> list[int]:
                return choose(tied, alone, page.sizes, page.article, agreed=agreed, doubt=doubt)

            tried[agreed, doubt] = score(lines, odds, range(len(lines.pages)), choice)
            show(f"agreed {agreed}, doubt {doubt}", by_set(lines, tried[agreed, doubt]))
    nested: dict[int, tuple[float, ...]] = {}
    for fold in range(FOLDS):

        def elsewhere(pair: tuple[float, float], fold: int = fold) -> float:
            some = {n: x for n, x in tried[pair].items() if lines.pages[n].gold.fold != fold}
            return sum(by_set(lines, some).values())

        picked = max(sorted(tried), key=elsewhere)
        print(f"picked on the other folds than {fold}: {picked}")
        nested |= {n: x for n, x in tried[picked].items() if lines.pages[n].gold.fold == fold}
    show("so picked", by_set(lines, nested))
    for doubt in (1.0, 2.0, 3.0, 4.0):

        def doubting(
            _tied: Sequence[float], alone: Sequence[float], page: Page, doubt: float = doubt
        ) -> list[int]:
            return best(doubtful(alone, page.article, doubt), page.sizes)

        means = by_set(lines, score(lines, odds, range(len(lines.pages)), doubting))
        news = sum(means[one] for one in NEWS) / len(NEWS)
        show(f"precise, doubt {doubt}: {news:.4f}", means)


def print_left_out(lines: Lines, odds: Any, leaning: Any) -> None:
    """Print the mean F1 of each set, with weights learned from the others, on other sites."""
    means = {}
    for name in SETS:
        left = [n for n, page in enumerate(lines.pages) if page.gold.set == name]
        sites = {lines.site[n] for n in left}
        others = [n for n in range(len(lines.pages)) if lines.site[n] not in sites]
        others = [n for n in others if lines.pages[n].gold.set != name]
        alone, tied = np.array(odds), np.zeros(len(odds))
        alone[lines.of(left)] = odds_of(lines, fit(lines, others), left)
        weights = fit_together(lines, leaning, others)
        new = [
            row
            for n in left
            for row in together.leanings(lines.pages[n].ties, alone[lines.of([n])].tolist())
        ]
        tied[lines.of(left)] = (np.array(new) * weights).sum(1)
        means |= by_set(lines, score(lines, (tied, alone), left))
    show("without the set", means)


def dump(found: Table, path: Path) -> None:
    """Write a table, a line for each group and role."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("},", "},\n")
    path.write_text(text + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folds", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = Lines([read(gold) for gold in gold_pages(options.data)])
    options.folds.mkdir(exist_ok=True)
    every = range(len(lines.pages))
    parts = [[n for n in every if lines.pages[n].gold.fold == fold] for fold in range(FOLDS)]
    inner = unseen_odds(lines, parts)
    odds, final = np.zeros(len(lines.y)), np.zeros(len(lines.y))
    for fold, part in enumerate(parts):
        others = sorted(set(every) - set(part))
        weights = fit(lines, others)
        rows = lines.of(part)
        odds[rows] = inner[fold][rows] = odds_of(lines, weights, part)
        leaning = leanings(lines, inner[fold])
        tied = fit_together(lines, leaning, others)
        final[rows] = (leaning[rows] * tied).sum(1)
        dump(table(lines, weights, tied), options.folds / f"{fold}.json")
        print(f"fold {fold}: {' '.join(map(str, tied))}", flush=True)
    leaning = leanings(lines, odds)
    if options.write:
        whole = table(lines, fit(lines, every), fit_together(lines, leaning, every))
        dump(whole, Path(weigh.__file__).with_name("weights.json"))
        print("weights of all pages written", flush=True)
    print(" " * 28 + "".join(f"{name[:8]:>9}" for name in SETS))
    both = final, odds
    show("one by one", by_set(lines, score(lines, both, every, one_by_one)))
    show("together", by_set(lines, score(lines, both, every, leaning_only)))
    show("the default", by_set(lines, score(lines, both, every)))
    show("precise", by_set(lines, score(lines, both, every, precise)))
    print_choices(lines, both)
    print_left_out(lines, odds, leaning)


if __name__ == "__main__":
    main()
