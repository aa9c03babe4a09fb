"""GPT-3's keep rule: Pareto sampling by score.

The paper keeps a document iff np.random.pareto(alpha) > 1 - score. NumPy's Pareto starts at 0
(Lomax), so P(keep) = (2 - score)^-alpha. Here the draw is a hash of the text (`curate.store.keys`,
purpose "keep"), not of an id, so that copies of one text have the same outcome.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix A.
"""

import math
from collections.abc import Sequence

from curate._lazy import listing
from curate.store.keys import uniform

__all__ = ["ALPHA", "alpha_of", "keep_chance", "keeps"]
__dir__ = listing(__name__, __all__)

ALPHA = 9.0


def keep_chance(score: float, alpha: float = ALPHA) -> float:
    """Return the probability that a document of this score is kept.

    >>> [round(keep_chance(score), 4) for score in (0.0, 0.5, 0.9, 1.0)]
    [0.002, 0.026, 0.4241, 1.0]
    """
    return float((2.0 - score) ** -alpha)


def keeps(text_hash: bytes, score: float, seed: int, alpha: float = ALPHA) -> bool:
    """Return whether a document is kept; `text_hash` is `curate.store.keys.text_hash` of its text.

    >>> keeps(bytes(16), 1.0, seed=7), keeps(bytes(16), 0.0, seed=7)
    (True, False)
    """
    return uniform("keep", text_hash.hex(), seed) < keep_chance(score, alpha)


def drop_reason(
    text_hash: bytes, score: float, seed: int, *, alpha: float | None, threshold: float | None
) -> str | None:
    """Return why a document of this score is dropped, or None.

    Args:
        text_hash, score, seed: see `keeps`.
        alpha: of the keep rule; None: none. threshold: scores below it are dropped; None: none.

    >>> drop_reason(bytes(16), 0.2, 7, alpha=None, threshold=0.5)
    'below_quality_threshold'
    """
    if threshold is not None and score < threshold:
        return "below_quality_threshold"
    if alpha is not None and not keeps(text_hash, score, seed, alpha):
        return "lost_quality_draw"
    return None


def alpha_of(scores: Sequence[float]) -> float:
    """Return the alpha whose distribution fits 1 - score of good texts best (maximum likelihood).

    GPT-3's authors chose 9 by the scores of WebText; for a Lomax of scale 1 the best fit is
    1 / mean(ln(1 + x)). Raises ValueError if there are no scores, or all are 1.

    >>> round(alpha_of([0.9, 0.9, 0.8]), 2)
    8.04
    """
    total = math.fsum(math.log(2.0 - score) for score in scores)
    if total <= 0.0:
        raise ValueError(f"alpha_of: expected scores below 1, got {len(scores)} that are not")
    return len(scores) / total
