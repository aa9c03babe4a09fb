"""Evaluation of a classifier on windows not trained on: the measures in models/quality.json.

Input: scores, labels and importance of windows, each scored by a model that has not learned from
its site or text. Output: plain data. Importance makes
the sides count the same, so precision and Brier score are those of an even mixture of
references and crawl, independent of the sample's sizes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.quality.features import Floats, bucket_of
from curate.quality.logistic import Logistic
from curate.quality.masked import Masked
from curate.quality.masked_features import Vocabulary, named_buckets
from curate.quality.pareto import alpha_of, keep_chance
from curate.quality.training import Example

BINS = 20
ALPHAS = range(3, 13)
THRESHOLDS = tuple(round(0.1 * n, 1) for n in range(1, 10))
SHOWN = 40  # words of either sign


def evaluate(scores: Sequence[float], examples: Sequence[Example]) -> dict[str, Any]:
    """Return the measures of some scored examples, see the module.

    `keep_rate` tells the share of windows (of crawl, and of each source) that a threshold keeps,
    or the Pareto rule is expected to; `fitting_alpha` is the one whose distribution is nearest to
    the references' scores, which is how GPT-3's authors chose 9.
    """
    s = np.asarray(scores, np.float64)
    labels = np.asarray([example.label for example in examples])
    shares = np.asarray([example.importance for example in examples])
    sources = np.asarray([example.source for example in examples])
    return {
        "windows": {"references": int((labels == 1).sum()), "crawl": int((labels == 0).sum())},
        **_at_threshold(s, labels, shares, 0.5),
        "auc": _rounded(auc(s, labels, shares)),
        "brier": _rounded(float((shares * (s - labels) ** 2).sum() / shares.sum())),
        "calibration": _calibration(s, labels, shares),
        "keep_rate": keep_rates(s[labels == 0]),
        "fitting_alpha": _rounded(alpha_of(s[labels == 1].tolist())),
        "sources": {
            str(source): {
                "reference": bool(labels[sources == source][0]),
                "mean": _rounded(float(s[sources == source].mean())),
                "histogram": _histogram(s[sources == source]),
                "keep_rate": keep_rates(s[sources == source]),
            }
            for source in sorted(set(sources.tolist()))
        },
    }


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def _at_threshold(s: Floats, labels: Any, shares: Floats, threshold: float) -> dict[str, float]:
    chosen, good = s >= threshold, labels == 1
    hits = shares[chosen & good].sum()
    precision = float(hits / shares[chosen].sum()) if chosen.any() else 0.0
    recall = float(hits / shares[good].sum())
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return {
        "threshold": threshold,
        "precision": _rounded(precision),
        "recall": _rounded(recall),
        "f1": _rounded(f1),
    }


def auc(scores: Any, labels: Any, shares: Any = None) -> float:
    """Return how often a window of label 1 outscores one of label 0; ties count half.

    >>> auc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])
    0.875
    """
    s, y = np.asarray(scores, np.float64), np.asarray(labels)
    w = np.ones(len(s)) if shares is None else np.asarray(shares, np.float64)
    values, index = np.unique(s, return_inverse=True)
    good = np.bincount(index, w * (y == 1), len(values))
    bad = np.bincount(index, w * (y == 0), len(values))
    below = np.cumsum(bad) - bad
    return float((good * (below + bad / 2)).sum() / (good.sum() * bad.sum()))


def _calibration(s: Floats, labels: Any, shares: Floats) -> list[dict[str, float]]:
    """Return, by tenths of the score, how many windows there are and how many are references."""
    rows = []
    tenths = np.minimum((s * 10).astype(int), 9)
    for tenth in range(10):
        inside = tenths == tenth
        if inside.any():
            share = shares[inside]
            rows.append(
                {
                    "from": tenth / 10,
                    "windows": int(inside.sum()),
                    "mean_score": _rounded((share * s[inside]).sum() / share.sum()),
                    "references": _rounded((share * labels[inside]).sum() / share.sum()),
                }
            )
    return rows


def _histogram(s: Floats) -> list[int]:
    counts = np.bincount(np.minimum((s * BINS).astype(int), BINS - 1), minlength=BINS)
    return [int(count) for count in counts]


def keep_rates(scores: Any) -> dict[str, list[dict[str, float]]]:
    """Return the share kept by each threshold, and expected under Pareto for each alpha."""
    s = np.asarray(scores, np.float64)
    return {
        "threshold": [{"threshold": t, "kept": _rounded((s >= t).mean())} for t in THRESHOLDS],
        "pareto": [
            {"alpha": a, "kept": _rounded(np.mean([keep_chance(score, a) for score in s.tolist()]))}
            for a in ALPHAS
        ],
    }


def words_of(model: Logistic, examples: Sequence[Example], most: int = SHOWN) -> dict[str, Any]:
    """Return the words with the largest positive and negative effect, with what they add.

    A bucket is named by the word of it that most windows have. What a word adds is before the
    window's scale; only words of three windows or more are shown.
    """
    windows: dict[str, int] = {}
    for example in examples:
        for word in set(example.text.lower().split()):
            windows[word] = windows.get(word, 0) + 1
    named: dict[int, str] = {}
    for word in sorted(windows, key=lambda word: (-windows[word], word)):
        if windows[word] >= 3:
            named.setdefault(bucket_of(word, model.bits), word)
    return _extremes(model.learned.effects(), named, windows, most)


def runs_of(model: Masked, examples: Sequence[Example], most: int = SHOWN) -> dict[str, Any]:
    """Return the runs of masked words with the largest effects, as `words_of`.

    `~ng` is a masked word in -ng, `^` a capital, `^^` capitals, `#` a digit. A bucket is named
    by the run of it that most windows have; only runs of ten windows or more are shown.
    """
    known, kept = Vocabulary.of(model.kept), frozenset(model.kept)
    windows: Counter[tuple[int, str]] = Counter()
    for example in examples:
        windows.update(set(named_buckets(example.text, known, kept, model.bits, model.suffix)))
    named: dict[int, str] = {}
    for (bucket, run), count in sorted(windows.items(), key=lambda item: (-item[1], item[0])):
        if count >= 10:
            named.setdefault(bucket, run)
    counts = {run: windows[bucket, run] for bucket, run in named.items()}
    return _extremes(model.learned.effects(), named, counts, most)


def _extremes(
    effects: Floats, named: dict[int, str], windows: dict[str, int], most: int
) -> dict[str, Any]:
    """Return the named buckets of largest and of least effect."""
    order = sorted(named, key=lambda bucket: (-effects[bucket], bucket))

    def shown(buckets: Sequence[int]) -> list[dict[str, Any]]:
        return [
            {
                "word": named[bucket],
                "adds": round(float(effects[bucket]), 3),
                "windows": windows[named[bucket]],
            }
            for bucket in buckets
        ]

    return {"for": shown(order[:most]), "against": shown(order[::-1][:most])}
