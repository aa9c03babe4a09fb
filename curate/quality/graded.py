"""Regression on given scores: a model of grades by people or by a language model.

Input: texts with scores from 0 to 1, and their sites. Output: a logistic model that scores any
text in microseconds, and how well it ranks texts of sites it has not learned from.

A text is cut into windows that all have its score; the regression is that of
`curate.quality.logistic`, with chances for targets. Words are not masked: what such scores mean
(educational, say) is often what a text is about.

Source: Lozhkov et al. 2024 (FineWeb-Edu) and Penedo et al. 2024, arXiv:2406.17557, section 4: a
small model learned from a large model's scores. Differs: hashed words instead of embeddings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate._lazy import listing
from curate.quality import logistic
from curate.quality.corruptions import Draws
from curate.quality.features import WINDOW, Floats
from curate.quality.function_words import ENGLISH
from curate.quality.logistic import Logistic
from curate.quality.masks import words_of
from curate.quality.training import FOLDS, TrainingDataError, fold_of

__all__ = ["Graded", "GradedReport", "fit"]
__dir__ = listing(__name__, __all__)

FEWEST = 50  # texts
MOST_WINDOWS = 10  # of one text
RESAMPLES = 200  # of the sites, for the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One text with a score from 0 to 1; a group (a site, or one text) is never split by folds."""

    text: str
    score: float
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedReport:
    """How well a model ranks texts whose sites it has not learned from.

    spearman: rank correlation of its scores with those given, low and high its 95 % interval,
        sites redrawn. mean_error: mean absolute difference of the scores.
    spearman_of_length, spearman_of_function_words: what length and the share of English function
        words reach alone.
    """

    texts: int
    groups: int
    windows: int
    spearman: float
    low: float
    high: float
    mean_error: float
    spearman_of_length: float
    spearman_of_function_words: float


def fit(graded: Sequence[Graded], seed: int = 0) -> tuple[Logistic, GradedReport]:
    """Return a model of the scores and its report.

    Args:
        graded: in a fixed order.
        seed: of the folds and of the interval.

    Raises:
        TrainingDataError: fewer than FEWEST texts, of fewer than FOLDS folds, with one score, or
            a score outside 0 to 1.
    """
    _check(graded, seed)
    texts, scores, groups, importance = _windows(graded)
    folds = [fold_of(group, seed) for group in groups]
    model = logistic.fit(texts, scores, importance, groups, folds)
    predicted = np.asarray(
        model.scores(
            [example.text for example in graded],
            [fold_of(example.group, seed) for example in graded],
        )
    )
    scores_given = np.asarray([example.score for example in graded])
    low, high = _interval(predicted, scores_given, [example.group for example in graded], seed)
    words = [words_of(example.text) for example in graded]
    shares = [
        sum(w in ENGLISH for w in text_words) / max(len(text_words), 1) for text_words in words
    ]
    return model, GradedReport(
        texts=len(graded),
        groups=len({example.group for example in graded}),
        windows=len(texts),
        spearman=_rounded(spearman(predicted, scores_given)),
        low=_rounded(low),
        high=_rounded(high),
        mean_error=_rounded(float(np.abs(predicted - scores_given).mean())),
        spearman_of_length=_rounded(
            spearman(np.asarray([len(text_words) for text_words in words]), scores_given)
        ),
        spearman_of_function_words=_rounded(spearman(np.asarray(shares), scores_given)),
    )


def _check(graded: Sequence[Graded], seed: int) -> None:
    wrong = [example.score for example in graded if not 0 <= example.score <= 1]
    if wrong:
        raise TrainingDataError(
            f"quality.labels: expected scores from 0 to 1, got {wrong[0]} and {len(wrong) - 1} "
            "more outside; divide them by the largest there can be"
        )
    folds = {fold_of(example.group, seed) for example in graded}
    if len(graded) < FEWEST or len(folds) < FOLDS or len({example.score for example in graded}) < 2:
        raise TrainingDataError(
            f"quality.labels: expected at least {FEWEST} texts with different scores from sites in "
            f"all {FOLDS} folds, got {len(graded)} in {len(folds)} with "
            f"{len({example.score for example in graded})} scores"
        )


def _windows(graded: Sequence[Graded]) -> tuple[list[str], list[float], list[str], list[float]]:
    """Return texts, scores, groups and importance; the windows of a text count 1 together."""
    texts: list[str] = []
    scores: list[float] = []
    groups: list[str] = []
    importance: list[float] = []
    for example in graded:
        words = example.text.split()
        pieces = max(1, min(MOST_WINDOWS, (2 * len(words) + WINDOW) // (2 * WINDOW)))
        for i in range(pieces):
            texts.append(" ".join(words[i * WINDOW : (i + 1) * WINDOW]))
            scores.append(example.score)
            groups.append(example.group)
            importance.append(1 / pieces)
    return texts, scores, groups, importance


def spearman(x: Floats, y: Floats) -> float:
    """Return the rank correlation; equal values share their mean rank; 0 where one is constant.

    >>> round(spearman(np.array([1.0, 2.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3, 0.4])), 3)
    0.949
    """
    a, b = (_ranks(values) for values in (x, y))
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / scale if scale else 0.0


def _ranks(values: Floats) -> Floats:
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[index], np.float64)


def _interval(
    predicted: Floats, scores: Floats, groups: Sequence[str], seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of the rank correlation, whole groups redrawn."""
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(index == k) for k in range(len(names))]
    draws = Draws("interval", seed)
    values = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([draws.pick(members) for _ in names])
        values.append(spearman(predicted[rows], scores[rows]))
    values.sort()
    return values[int(0.025 * RESAMPLES)], values[int(0.975 * RESAMPLES) - 1]


def _rounded(value: float) -> float:
    return round(value, 6)
