"""Which raters can be trusted: their answers to gold, their repeats, their agreement.

A rater is left out where the answers to gold make it implausible that four in five are right: the
upper end of their Wilson interval lies below. A rater with few answers to gold is not judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from curate.label.agreement import alpha, alpha_interval, kappa, wilson

GOOD = 0.5  # a score from which a document is good
RIGHT = 0.8  # of the gold: what is asked of a rater
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
        own = by_rater[rater]
        gold = [one for one in own if one.expected is not None]
        right = sum((one.score >= GOOD) == (one.expected >= GOOD) for one in gold
                    if one.expected is not None)  # fmt: skip
        low, high = wilson(right / len(gold) if gold else 0.0, len(gold))
        twice = _repeats(one for one in own if one.expected is None)
        rows.append(
            {
                "rater": rater,
                "labels": len(own) - len(gold),
                "gold": len(gold),
                "right": right,
                "low": low,
                "high": high,
                "repeats": len(twice),
                "same": sum(one == other for one, other in twice),
                "used": len(gold) < FEWEST_GOLD or high >= RIGHT,
            }
        )
    return rows


def _repeats(answers: Iterable[Answer]) -> list[tuple[bool, bool]]:
    """Return the labels, good or not, of what one rater has seen twice."""
    seen: dict[Key, list[bool]] = {}
    for one in answers:
        seen.setdefault(one.key, []).append(one.score >= GOOD)
    return [(own[0], own[1]) for own in seen.values() if len(own) > 1]


def by_document(answers: Iterable[Answer]) -> dict[Key, dict[str, float]]:
    """Return each document's score by rater, the mean of what the rater gave it; no gold."""
    scores: dict[Key, dict[str, list[float]]] = {}
    for one in answers:
        if one.expected is None:
            scores.setdefault(one.key, {}).setdefault(one.rater, []).append(one.score)
    return {
        key: {rater: sum(own[rater]) / len(own[rater]) for rater in sorted(own)}
        for key, own in sorted(scores.items())
    }


def agreement(scores: Mapping[Key, Mapping[str, float]], seed: int = 0) -> dict[str, Any]:
    """Return how far raters agree on the documents that several have rated.

    Keys: documents (that several have rated), alpha and its interval of good against bad,
    alpha_ordinal of the labels as given, pairs: [rater, rater, documents, Cohen's kappa of good
    against bad], those with the most documents first.
    """
    graded = [list(own.values()) for own in scores.values() if len(own) > 1]
    units: list[Sequence[float]] = [[float(one >= GOOD) for one in own] for own in graded]
    both: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for own in scores.values():
        for one, other in combinations(sorted(own), 2):
            pair = float(own[one] >= GOOD), float(own[other] >= GOOD)
            both.setdefault((one, other), []).append(pair)
    order = sorted(both, key=lambda names: (-len(both[names]), names))
    pairs = [[*names, len(both[names]), kappa(both[names])] for names in order[:MOST_PAIRS]]
    return {
        "documents": len(graded),
        "alpha": alpha(units),
        "interval": alpha_interval(units, seed=seed),
        "alpha_ordinal": alpha(graded, "ordinal"),
        "pairs": pairs,
    }
