"""Combine several classifiers into one score, by ranks or scores.

Input: models and a sample of scored texts. Output: one score from 0 to 1. Ranks are by the sample's
quantiles, so a text's rank depends on its score alone and any machine finds the same.

Source: Su et al. 2024 (Nemotron-CC), arXiv:2412.02595, section 2.3: each classifier's scores are
ranked into 20 bins, and a document's bin is the best of them.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from curate._lazy import listing

__all__ = ["Combination", "combination"]
__dir__ = listing(__name__, __all__)

Method = Literal["max_rank", "mean_rank", "max", "mean"]
BINS = 20
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Combination:
    """How the scores of several models become one.

    edges: for each model, the scores at which a higher bin begins, rising.
    """

    method: Method
    edges: Mapping[str, tuple[float, ...]]

    def __call__(self, scores: Mapping[str, float]) -> float:
        """Return one score of a text's scores, 0 to 1; a rank is bin / (bins - 1).

        Raises ValueError where a model's score is missing or one is too many.

        >>> both = Combination("max_rank", {"a": (0.2, 0.4), "b": (0.5, 0.9)})
        >>> both({"a": 0.3, "b": 0.95}), both({"a": 0.1, "b": 0.5})
        (1.0, 0.5)
        """
        if scores.keys() != self.edges.keys():
            raise ValueError(
                f"quality: expected scores of {', '.join(sorted(self.edges))}, "
                f"got those of {', '.join(sorted(scores)) or 'none'}"
            )
        if self.method in {"max", "mean"}:
            values = [scores[name] for name in sorted(scores)]
        else:
            values = [
                bisect_right(self.edges[name], scores[name]) / max(len(self.edges[name]), 1)
                for name in sorted(scores)
            ]
        best = max(values) if self.method in {"max", "max_rank"} else sum(values) / len(values)
        return round(best, DECIMALS)


def combination(
    sample: Mapping[str, Sequence[float]], method: Method = "max_rank", bins: int = BINS
) -> Combination:
    """Return the combination whose bins hold equal shares of a sample.

    Args:
        sample: scores of the same texts by each model.

    Raises:
        ValueError: no models, or no scores to rank by.
    """
    if not sample or not all(sample.values()):
        raise ValueError("quality: expected a sample of scores of each model, got none")
    edges = {}
    for name, scores in sorted(sample.items()):
        order = sorted(scores)
        edges[name] = tuple(order[i * len(order) // bins] for i in range(1, bins))
    return Combination(method, edges)
