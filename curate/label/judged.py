"""What labels say about a run: whether each rule's drops are right, and how the classifier ranks.

A drop is right where the document is bad. Documents that were drawn represent the records of their
outcome by their weights; those that came with feedback represent only themselves, and are counted
only where a reason has no drawn one, since how they were chosen is unknown.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.label.agreement import effective, wilson
from curate.label.documents import Document
from curate.label.raters import GOOD
from curate.quality.corruptions import Draws
from curate.quality.evaluation import auc
from curate.quality.features import Floats
from curate.quality.graded import spearman

RESAMPLES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One document with its labels, by rater, and how many records it represents (None: unknown).

    One that two raters call good and one bad is one third bad.
    """

    document: Document
    labels: tuple[float, ...]
    weight: float | None = None

    @property
    def score(self) -> float:
        """Return the mean of the labels."""
        return sum(self.labels) / len(self.labels)

    @property
    def bad(self) -> float:
        """Return the share of raters who call it bad."""
        return sum(label < GOOD for label in self.labels) / len(self.labels)


def by_outcome(
    labelled: Sequence[Labelled], counts: Mapping[tuple[str, str, str], int]
) -> list[dict[str, Any]]:
    """Return a row for each state, stage and reason with labels: how many are bad.

    Keys: state, stage, reason, records (in the ledger), labels, drawn (whether the labels are of
    documents that were drawn), bad (the share of them, weighted), low and high of its interval. Of
    a reason to drop, bad is the rule's precision.
    """
    groups: dict[tuple[str, str, str], list[Labelled]] = {}
    for item in labelled:
        groups.setdefault(item.document.outcome, []).append(item)
    rows = []
    for outcome in sorted(groups):
        drawn = [item for item in groups[outcome] if item.weight is not None]
        items = drawn or groups[outcome]
        weights = [1.0 if item.weight is None else item.weight for item in items]
        bad = [item.bad for item in items]
        share = float(np.dot(weights, bad) / sum(weights)) if sum(weights) else float(np.mean(bad))
        low, high = wilson(share, effective(weights) or len(items))
        rows.append(
            {
                **dict(zip(("state", "stage", "reason"), outcome, strict=True)),
                "records": counts.get(outcome, 0),
                "labels": len(items),
                "drawn": bool(drawn),
                "bad": share,
                "low": low,
                "high": high,
            }
        )
    return rows


def classifier(labelled: Sequence[Labelled], seed: int = 0) -> dict[str, Any] | None:
    """Return how the classifier's scores agree with the labels; None without both kinds.

    Keys: documents, good (the sum of their shares), auc (how often a good one outscores a bad
    one), low and high of its 95 % interval, documents redrawn, spearman (of scores and labels as
    given).
    """
    scored = [
        item for item in labelled if item.document.score is not None and item.weight is not None
    ]
    scored = scored or [item for item in labelled if item.document.score is not None]
    scores = np.array([item.document.score for item in scored], np.float64)
    weights = np.array([1.0 if item.weight is None else item.weight for item in scored], np.float64)
    bad = np.array([item.bad for item in scored], np.float64)
    auc_ = _auc(scores, bad, weights)
    if auc_ is None:
        return None
    draws = Draws("labels", seed)
    resampled = []
    for _ in range(RESAMPLES):
        at = np.array([draws.between(0, len(scored) - 1) for _ in scored])
        value = _auc(scores[at], bad[at], weights[at])
        resampled += [] if value is None else [value]
    resampled.sort()
    return {
        "documents": len(scored),
        "good": float((1 - bad).sum()),
        "auc": auc_,
        "low": resampled[int(0.025 * len(resampled))],
        "high": resampled[max(0, math.ceil(0.975 * len(resampled)) - 1)],
        "spearman": spearman(scores, np.array([item.score for item in scored], np.float64)),
    }


def _auc(scores: Floats, bad: Floats, weights: Floats) -> float | None:
    """Return the AUC where a document is both good and bad, by its shares; None without both."""
    good_weight, bad_weight = weights * (1 - bad), weights * bad
    if not (good_weight.sum() > 0 and bad_weight.sum() > 0):
        return None
    kinds = np.repeat([1, 0], len(scores))
    return auc(np.tile(scores, 2), kinds, np.concatenate([good_weight, bad_weight]))
