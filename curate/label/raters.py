"""Which raters can be trusted: their answers to gold, their repeats, their agreement.

A rater is left out where the answers to gold make it implausible that four in five are right: the
upper end of their Wilson interval is lower. A rater with few answers to gold is not judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from curate.label.agreement import alpha, alpha_interval, kappa, wilson

GOOD = 0.5  # a score from which a document is good
RIGHT = 0.8  # of the gold: what a rater must reach
FEWEST_GOLD = 5
MOST_PAIRS = 100  # of raters, in the report
Key = tuple[str, str]  # of a document: source, id


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One rater's label of one thing. `expected` is the label where it is gold, else None."""

    rater: str
    key: Key
    score: float
    expected: float | None = None


def screened(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Return a row a rater, by name: what they rated, how they did on gold, whether they are used.

    Keys: rater, labels (of documents), gold, right (of the gold), low and high of the share that is
    right, repeats, same (of the repeats), used.
    """
    by_rater: dict[str, list[Answer]] = {}
    for answer in answers:
        by_rater.setdefault(answer.rater, []).append(answer)
    rows = []
    for rater in sorted(by_rater):
        ratings = by_rater[rater]
        gold = [rating for rating in ratings if rating.expected is not None]
        right = sum((rating.score >= GOOD) == (rating.expected >= GOOD) for rating in gold
                    if rating.expected is not None)  # fmt: skip
        low, high = wilson(right / len(gold) if gold else 0.0, len(gold))
        twice = _repeats(rating for rating in ratings if rating.expected is None)
        rows.append(
            {
                "rater": rater,
                "labels": len(ratings) - len(gold),
                "gold": len(gold),
                "right": right,
                "low": low,
                "high": high,
                "repeats": len(twice),
                "same": sum(first == second for first, second in twice),
                "used": len(gold) < FEWEST_GOLD or high >= RIGHT,
            }
        )
    return rows


def _repeats(answers: Iterable[Answer]) -> list[tuple[bool, bool]]:
    """Return the labels, good or not, of what one rater has seen twice."""
    labels_by_document: dict[Key, list[bool]] = {}
    for answer in answers:
        labels_by_document.setdefault(answer.key, []).append(answer.score >= GOOD)
    return [(labels[0], labels[1]) for labels in labels_by_document.values() if len(labels) > 1]


def by_document(answers: Iterable[Answer]) -> dict[Key, dict[str, float]]:
    """Return each document's score by rater, the mean of what the rater gave it; no gold."""
    scores: dict[Key, dict[str, list[float]]] = {}
    for answer in answers:
        if answer.expected is None:
            scores.setdefault(answer.key, {}).setdefault(answer.rater, []).append(answer.score)
    return {
        key: {rater: sum(by_rater[rater]) / len(by_rater[rater]) for rater in sorted(by_rater)}
        for key, by_rater in sorted(scores.items())
    }


def agreement(scores: Mapping[Key, Mapping[str, float]], seed: int = 0) -> dict[str, Any]:
    """Return how far raters agree on the documents that several have rated.

    Keys: documents (that several have rated), alpha and its interval of good against bad,
    alpha_ordinal of the labels as given, pairs: [rater, rater, documents, Cohen's kappa of good
    against bad], those with the most documents first.
    """
    graded = [list(by_rater.values()) for by_rater in scores.values() if len(by_rater) > 1]
    units: list[Sequence[float]] = [
        [float(score >= GOOD) for score in by_rater] for by_rater in graded
    ]
    shared: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for by_rater in scores.values():
        for a, b in combinations(sorted(by_rater), 2):
            pair = float(by_rater[a] >= GOOD), float(by_rater[b] >= GOOD)
            shared.setdefault((a, b), []).append(pair)
    order = sorted(shared, key=lambda names: (-len(shared[names]), names))
    pairs = [[*names, len(shared[names]), kappa(shared[names])] for names in order[:MOST_PAIRS]]
    return {
        "documents": len(graded),
        "alpha": alpha(units),
        "interval": alpha_interval(units, seed=seed),
        "alpha_ordinal": alpha(graded, "ordinal"),
        "pairs": pairs,
    }
