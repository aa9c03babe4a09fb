"""Train the weights of `combined.line_classifier`, and evaluate them on unseen sites.

    python benchmarks/extraction_fit.py DATA FOLDS [--write]

Logistic regression on every line of the gold pages of DATA (`extraction_pages.py`; not those of
goose_prefix, which has no full text), with how much of a line is main text as a soft label; of
trafilatura_snippets only on lines that hold a snippet. A page's lines weigh together about
alike, whatever its length; a set weighs by the root of its pages. A feature needs pages of 8
sites, a word of class or id 10, a word of the text 20. The few numbers of
`curate.extract.combined.line_smoothing` are learned after that, from log-odds of pages not
learned from.

Writes a table for each of five folds of sites, learned without them, to the folder FOLDS, for
`extraction.py`; --write puts the table learned on all pages where the package reads it. The same
pages give the same bytes. Then prints mean F1 by set,

- of pages whose sites were not learned from: with lines judged one by one, together, and as the
  package chooses among them, by default and precise;
- with other numbers for that choice, and picking them on other folds than those scored; for
  precision, the mean of three sets of news that are not the one it is shown on;
- with weights learned without the whole set that is scored, and its sites.

For a fold, the smoothing is learned from log-odds of pages that weights learned without their fold
and without the scored one give them; without a set, from those of the folds, which have seen it:
seven numbers. Takes some ten minutes of processor time; needs scipy.

Tried, and not taken: by how much the mean F1 of the 8 sets and F1 in order of 6 (`structure.py`)
change on sites not learned from, and the share of paragraphs (.973), list items (.955) and terms
(.889) that is kept:

- 250 boosted trees (LightGBM, 31 leaves) on all numeric features and on log-odds of neighbours,
  of elements around them and of the page: +.0017 and +.0009, paragraphs .970;
- labels by the longest common subsequence with the gold text, without 37 pages that do not have
  half of it: +.0016 and +.0013, list items .943; with higher odds and
  list items .950: -.0002 and +.0000;
- the cut of each page by boosted trees on 99 numbers of the page: +.0042 and +.0039, but paragraphs
  .954, list items .926; by the best of nine cuts, if it were known: +.0206 and +.0270;
- lower odds for all lines, by .5: +.0018 and +.0008, paragraphs .961, list items .935;
- words of the heading above a line, and of the beginnings of long lines: -.0001 and -.0002; whether
  a line is in an element of comments, and how much prose is before it: -.0004 and -.0004;
- which lines say what <meta name="description"> says, and how far others are from them: +.0009 and
  -.0001, terms .922, but more leads that scrapinghub_aeb does not have (-.0044 there);
- lists, terms and tables above -1.5 after a line that is kept: -.0001 and -.0001, terms .898.

20 texts of newspaper that are remarks are not scored, but the weights of the package were learned
with these pages, too, as if they had no main text; without all 37 pages: -.0006 and -.0005.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from extraction_learn import dump, fit, fit_smoothing, leanings, odds_of, table, unseen_odds
from extraction_lines import Lines, Page, read
from extraction_pages import FOLDS, NEUTRAL, SETS, gold_pages, snippets

from curate.extract.combined import line_classifier as weigh
from curate.extract.combined import line_smoothing, selected
from curate.extract.combined.selection import PRECISE, best, doubtful

NEWS = ("chinese_wce", "daniel", "newspaper")  # precision's number is picked on these

Odds = tuple[Any, Any]  # of all lines: leaning on each other, and judged one by one
# From those of a page to the lines kept.
Choice = Callable[[Sequence[float], Sequence[float], Page], list[int]]


def one_by_one(_tied: Sequence[float], alone: Sequence[float], page: Page) -> list[int]:
    return best(alone, page.sizes)


def leaning_only(tied: Sequence[float], _alone: Sequence[float], page: Page) -> list[int]:
    return best(tied, page.sizes)


def default(tied: Sequence[float], _alone: Sequence[float], page: Page) -> list[int]:
    return chosen(tied, page)


def chosen(tied: Sequence[float], page: Page, **settings: float) -> list[int]:
    """Return the lines that the package would keep."""
    return selected(page.title, page.found, page.structure, tied, page.article, **settings)


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
        if not lines.pages[n].gold.remark:
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
                _alone: Sequence[float],
                page: Page,
                agreed: float = agreed,
                doubt: float = doubt,
            ) -> list[int]:
                return chosen(tied, page, agreed=agreed, doubt=doubt)

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
        weights = fit_smoothing(lines, leaning, others)
        new = [
            row
            for n in left
            for row in line_smoothing.leanings(lines.pages[n].ties, alone[lines.of([n])].tolist())
        ]
        tied[lines.of(left)] = (np.array(new) * weights).sum(1)
        means |= by_set(lines, score(lines, (tied, alone), left))
    show("without the set", means)


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
        tied = fit_smoothing(lines, leaning, others)
        final[rows] = (leaning[rows] * tied).sum(1)
        dump(table(lines, weights, tied), options.folds / f"{fold}.json")
        print(f"fold {fold}: {' '.join(map(str, tied))}", flush=True)
    leaning = leanings(lines, odds)
    if options.write:
        whole = table(lines, fit(lines, every), fit_smoothing(lines, leaning, every))
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
