"""Learn the weights of `curate.extract.weigh`, and say how well they do on sites not learned.

    python benchmarks/extraction_fit.py DATA FOLDS [--write]

Logistic regression on every line of the gold pages of DATA (`extraction_pages.py`; not those of
goose_prefix, which has no full text), with how much of a line is main text as a soft label; of
trafilatura_snippets only on lines that hold a snippet. A page's lines weigh together about
alike, whatever its length; a set weighs by the root of its pages. A feature needs pages of 8
sites, a word of class or id 10, a word of the text 20.

Prints the mean F1 with weights learned without each page's site (five folds of sites), and
writes those five tables to the folder FOLDS, for `extraction.py`. --write puts the table learned
on all pages where the package reads it. Takes some ten minutes of processor time; needs scipy.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from extraction_pages import FOLDS, SETS, Gold, gold_pages, labels, snippets, word_f1
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from curate.extract import weigh
from curate.extract.combined import best
from curate.extract.readable import article
from curate.extract.tree import lines, parse

Feature = int | str
Table = dict[str, Any]
L2 = 3.0
STEPS = 100
SITES = {"number": 8, "element": 10, "word": 20}


@dataclass(slots=True)
class Page:
    gold: Gold
    lines: list[str]
    features: list[list[Feature]]
    labels: list[tuple[float, int]]


def read(gold: Gold) -> Page:
    page = parse(gold.html)
    found = lines(page)
    features = weigh.Features(page, found, article(page, found))
    around = {
        line.block: marked("above", features.above(line.block))
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
    if gold.text is None:
        return Page(gold, texts, rows, snippet_labels(texts, gold))
    learned = gold.set != "goose_prefix"
    return Page(gold, texts, rows, labels(texts, gold.text) if learned else [])


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


def vocabulary(pages: Iterable[Page]) -> dict[Feature, int]:
    """Return the features of enough sites, numbered."""
    sites = defaultdict(set)
    for page in pages:
        for feature in {feature for row in page.features for feature in row}:
            sites[feature].add(page.gold.site)
    enough = [feature for feature, seen in sites.items() if len(seen) >= SITES[sort_of(feature)]]
    return {feature: n for n, feature in enumerate(sorted(enough, key=str))}


def sort_of(feature: Feature) -> str:
    if isinstance(feature, int):
        return "number"
    return "word" if feature.startswith("said ") else "element"


def matrix(pages: Sequence[Page], columns: dict[Feature, int]) -> csr_matrix:
    found: list[int] = []
    ends = [0]
    for page in pages:
        for row in page.features:
            found += [n for feature in row if (n := columns.get(feature)) is not None]
            ends.append(len(found))
    ones = np.ones(len(found), np.float32)
    return csr_matrix((ones, np.array(found, np.int32), ends), (len(ends) - 1, len(columns)))


def fit(pages: Sequence[Page]) -> Table:
    """Return the table of weights, as the package has it."""
    pages = [page for page in pages if page.labels]
    columns = vocabulary(pages)
    x = matrix(pages, columns)
    transposed = x.T.tocsr()
    sizes = Counter(page.gold.set for page in pages)
    y, weight = [], []
    for page in pages:
        total = max(sum(count for _, count in page.labels), 1)
        for share, count in page.labels:
            y.append(share)
            weight.append(sizes[page.gold.set] ** -0.5 * (count / total) ** 0.7)
    target = np.array(y)
    weights = np.array(weight) * 10 * len(pages) / sum(weight)

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        z = (x @ b[:-1].astype(np.float32)).astype(float) + b[-1]
        slope = weights * (1 / (1 + np.exp(-z)) - target)
        value = (weights * (np.logaddexp(0, z) - target * z)).sum() + L2 / 2 * b[:-1] @ b[:-1]
        return value, np.append(transposed @ slope.astype(np.float32) + L2 * b[:-1], slope.sum())

    found = minimize(
        loss, np.zeros(len(columns) + 1), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
    ).x
    return table(dict(zip(columns, found, strict=False)), found[-1])


def table(found: dict[Feature, float], bias: float) -> Table:
    """Return weights by group and bin, and by word, on a grid of a thousandth."""
    groups: dict[str, dict[str, int]] = {}
    words: dict[str, dict[str, int]] = {role: {} for role in weigh.ROLES}
    for feature, weight in found.items():
        value = round(float(weight) * weigh.GRID)
        if not value:
            continue
        if isinstance(feature, int):
            group = weigh.GROUPS[feature // 1000]
            groups.setdefault(group, {})[str(feature % 1000)] = value
        else:
            role, word = feature.split(" ", 1)
            words[role][word] = value
    ordered = {
        group: dict(sorted(groups[group].items(), key=lambda pair: int(pair[0])))
        for group in weigh.GROUPS
        if group in groups
    }
    by_role = {role: dict(sorted(some.items())) for role, some in words.items()}
    return {"bias": round(float(bias) * weigh.GRID), "groups": ordered, **by_role}


def score(pages: Sequence[Page], found: Table) -> dict[str, list[tuple[float, ...]]]:
    """Return each page's F1 or snippet counts, by set."""
    weights = weigh.read_table(found)
    known: dict[Feature, int] = dict(weights.numbers)
    for role in weigh.ROLES:
        known |= {f"{role} {word}": weight for word, weight in getattr(weights, role).items()}
    scores: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for page in pages:
        odds = [
            (weights.bias + sum(known.get(feature, 0) for feature in row)) / weigh.GRID
            for row in page.features
        ]
        kept = best(odds, [len(line) for line in page.lines])
        text = "\n".join(page.lines[n] for n in kept)
        gold = page.gold
        one = snippets(gold, text) if gold.text is None else (word_f1(gold.text, text),)
        scores[gold.set].append(one)
    return scores


def mean(scores: Sequence[tuple[float, ...]]) -> float:
    sums = [sum(column) for column in zip(*scores, strict=True)]
    if len(sums) == 1:
        return sums[0] / len(scores)
    return 2 * sums[0] / (2 * sums[0] + sums[1] + sums[2])


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
    pages = [read(gold) for gold in gold_pages(options.data)]
    options.folds.mkdir(exist_ok=True)
    if options.write:
        dump(fit(pages), Path(weigh.__file__).with_name("weights.json"))
        print("weights of all pages written", flush=True)
    scores: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for fold in range(FOLDS):
        found = fit([page for page in pages if page.gold.fold != fold])
        dump(found, options.folds / f"{fold}.json")
        for name, some in score([page for page in pages if page.gold.fold == fold], found).items():
            scores[name] += some
        print(f"fold {fold}: {sum(len(found[role]) for role in weigh.ROLES)} words", flush=True)
    for name in SETS:
        print(f"{name:22}{mean(scores[name]):.4f}")
    print(f"{'mean':22}{sum(mean(scores[name]) for name in SETS) / len(SETS):.4f}")


if __name__ == "__main__":
    main()
