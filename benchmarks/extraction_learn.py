"""Train the line classifier (logistic regression) and the smoothing between lines.

Used by `extraction_fit.py`, and no benchmark of its own. No sum goes through BLAS, whose order
depends on the number of threads.
"""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from extraction_lines import Lines
from scipy.optimize import minimize

from curate.extract.combined import line_classifier as weigh
from curate.extract.combined import line_smoothing
from curate.extract.combined.bins import GROUPS

Table = dict[str, Any]
L2 = 10.0
STEPS = 100


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


def fit_smoothing(lines: Lines, leaning: Any, pages: Sequence[int]) -> Any:
    """Return the weights of `line_smoothing.NAMES`, learned from lines' leanings on these pages."""
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
        for row in line_smoothing.leanings(page.ties, odds[lines.of([n])].tolist())
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
        for name, one in zip(line_smoothing.NAMES, leaning, strict=True)
    }
    whole = round(float(bias) * weigh.GRID)
    return {"bias": whole, "groups": ordered, **by_role, "smoothing": tied}


def dump(found: Table, path: Path) -> None:
    """Write a table, a line for each group and role."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("},", "},\n")
    path.write_text(text + "\n", "utf-8")
