"""GPT-3's classifier: logistic regression on hashed words; one score for a text.

A text is cut into windows of about `window` words, and its score is the mean of theirs. Rarity is
squared: not in GPT-3's paper, which names no weighting; measured (benchmarks/quality.py), it is
what carries a model over to references it has not seen. It also learns what texts are about:
`curate.quality.masked` does not.

It is learned once for each fold of the sites and texts, without that fold. A text of a fold is
scored by the model not trained on it (a page that was a negative example would otherwise score too
low: on a small crawl, a mean of .05 where unseen pages have .25); any other text by the mean of
their weights. See `curate.quality.linear`.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix A: hashed words and logistic
regression.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from curate._lazy import listing
from curate.quality.features import BITS, WINDOW, _score, count, plain
from curate.quality.linear import C, Task, Weights, from_bytes, learn

__all__ = ["Logistic"]
__dir__ = listing(__name__, __all__)

MAGIC = b"curate quality logistic 2\n"
MAGIC_1 = b"curate quality logistic 1\n"  # of version 0.1; its rarity is always squared
DECIMALS = 6  # of a score
POWER = 2  # of the rarity


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """A trained model; called with a text it returns the chance that a reference has it so.

    Args:
        bits: 2^bits buckets.
        window: words.
        learned: weights by fold and bucket.
    """

    bits: int
    window: int
    learned: Weights = field(repr=False)

    kind = "logistic"

    def __call__(self, text: str, fold: int | None = None) -> float:
        """Return a score from 0 to 1; of a text without words, that of knowing nothing.

        `fold`: of the text's site, if it may be among those learned from; see `fold_of`.
        """
        weights, bias = self.learned.by_fold
        words = np.frombuffer(plain(text), np.uint8)
        shift = np.uint64(64 - self.bits)
        row = -1 if fold is None else fold
        score = _score(words, shift, self.window, self.learned.rarity, weights[row], bias[row])
        return round(float(score), DECIMALS)

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text."""
        if folds is None:
            return [self(text) for text in texts]
        return [self(text, fold) for text, fold in zip(texts, folds, strict=True)]

    def to_bytes(self) -> bytes:
        """Return the model's file: a line of magic, a line of JSON, arrays of int32."""
        return self.learned.to_bytes(MAGIC, bits=self.bits, window=self.window)

    @staticmethod
    def from_bytes(data: bytes, name: str = "model") -> "Logistic":
        """Undo `to_bytes`; raises ValueError for anything else."""
        magic = MAGIC_1 if data.startswith(MAGIC_1) else MAGIC
        head, learned = from_bytes(magic, data, name)
        return Logistic(bits=int(head["bits"]), window=int(head["window"]), learned=learned)


def fit(
    texts: Sequence[str],
    labels: Sequence[float],
    importance: Sequence[float] | None = None,
    groups: Sequence[str] | None = None,
    folds: Sequence[int] | None = None,
    *,
    bits: int = BITS,
    window: int = WINDOW,
    c: float = C,
) -> Logistic:
    """Return the model that tells texts of label 1 from texts of label 0.

    Args:
        texts: windows, in a fixed order.
        labels: of each; or chances between 0 and 1.
        importance: of each; default 1. Scaled to a mean of 1.
        groups: the site or book each is from; default: each from another.
        folds: of each, 0 to FOLDS - 1; default: one model of all.
        c: weight of the data against half the squared weights.
    """
    number = len(texts)
    targets = np.asarray(labels, np.float64)
    task = Task(
        targets=targets,
        importance=np.ones(number) if importance is None else np.asarray(importance, np.float64),
        groups=np.asarray(groups or [str(i) for i in range(number)]),
        folds=np.full(number, -1) if folds is None else np.asarray(folds, np.int64),
        judged=targets,
    )
    learned = learn(count(list(texts), bits), task, bits=bits, power=POWER, c=c)
    return Logistic(bits=bits, window=window, learned=learned)
