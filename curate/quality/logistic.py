"""Logistic regression on hashed words: learned from windows, applied to one text.

A window's features are (1 + ln count) x rarity of each bucket it has, scaled to length 1. So a
score neither grows with length nor runs to 0 or 1 as raw counts make it. Rarity is the square of
ln((1 + N) / (1 + n)) + 1 for a bucket that n of N training windows have: not in GPT-3's paper,
which names no weighting; measured (benchmarks/quality.py), it is what carries a model over to
sources it has not seen. Buckets of one site or one book only count for nothing: names of its
heroes would be learned. A text is cut into windows of about `window` words, and its score is the
mean of theirs.

It is learned once for each fold of the sites and texts, without that fold. A text of a fold is
scored by the model that has not learned from it (a page that was an example of bad text would
else be told so: on the crawl here, a mean of .05 where strangers have .25); any other text by
the mean of their weights.

Those strangers' scores also set the scale of all weights and the bias (two numbers, by the same
regression), so that a score is a chance: without it, windows scored .86 were references in .57 of
the cases, with it in .87.

Learned by L-BFGS in compiled loops of a fixed order, in one thread: the same windows in the same
order give the same bits, and weights are rounded to multiples of 1/1024 besides.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix A: hashed words and logistic
regression.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from curate._compiled import compiled
from curate.quality.features import BITS, WINDOW, Counts, Floats, Ints, _score, count, plain
from curate.quality.minimise import minimise
from curate.quality.training import FOLDS
from curate.store import io

MAGIC = b"curate quality logistic 1\n"
GRID = 1024  # weights are whole multiples of 1 / GRID
DECIMALS = 6  # of a score
STEPS = 300  # of the minimiser; some 60 are taken
C = 10.0  # weight of the data against the penalty; see benchmarks/quality.py


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """A trained model; called with a text it returns the chance that a reference has it so.

    Args:
        bits: 2^bits buckets.
        window: words.
        windows: how many were learned from (N).
        having: int64[2^bits], how many of them have each bucket (n); 0 for those not learned.
        weights: int64[folds, 2^bits], multiples of 1 / GRID; `bias`, int64[folds], likewise.
    """

    bits: int
    window: int
    windows: int
    bias: Ints = field(repr=False)
    having: Ints = field(repr=False)
    weights: Ints = field(repr=False)

    kind = "logistic"

    def __call__(self, text: str, fold: int | None = None) -> float:
        """Return a score from 0 to 1; of a text without words, that of knowing nothing.

        `fold`: of the text's site, if it may be among those learned from; see `fold_of`.
        """
        rarity, weights, bias = self._arrays
        words = np.frombuffer(plain(text), np.uint8)
        shift = np.uint64(64 - self.bits)
        at = -1 if fold is None else fold
        score = _score(words, shift, self.window, rarity, weights[at], bias[at])
        return round(float(score), DECIMALS)

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text."""
        if folds is None:
            return [self(text) for text in texts]
        return [self(text, fold) for text, fold in zip(texts, folds, strict=True)]

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        """Return rarity, and weights and bias of each fold; those of the mean stand last."""
        rarity = rarity_of(self.having, self.windows)
        weights = np.vstack([self.weights, self.weights.mean(0)]) / GRID
        return rarity, weights, np.append(self.bias, self.bias.mean()) / GRID

    def effects(self) -> Floats:
        """Return what one mention of each bucket's words adds, but for the window's scale."""
        rarity, weights, _ = self._arrays
        return np.asarray(rarity * weights[-1])

    def to_bytes(self) -> bytes:
        """Return the model's file: a line of magic, a line of JSON, arrays of int32."""
        head = {"bits": self.bits, "window": self.window, "windows": self.windows,
                "bias": self.bias.tolist(), "grid": GRID}  # fmt: skip
        arrays = (self.having.astype("<i4"), self.weights.astype("<i4"))
        line = json.dumps(head, sort_keys=True).encode() + b"\n"
        return b"".join([MAGIC, line, *(array.tobytes() for array in arrays)])

    @staticmethod
    def from_bytes(data: bytes, name: str = "model") -> "Logistic":
        """Undo `to_bytes`; raises ValueError for anything else."""
        if not data.startswith(MAGIC):
            raise ValueError(f"{name}: expected a model of curate train-quality, got another file")
        line, _, rest = data[len(MAGIC) :].partition(b"\n")
        try:
            head = json.loads(line)
            bits = int(head["bits"])
            bias = np.asarray(head["bias"], np.int64)
            rows = 1 + len(bias)
            if head["grid"] != GRID or head["window"] < 1 or len(rest) != rows * 4 << bits:
                raise ValueError(f"{len(rest)} bytes of arrays")
            arrays = np.frombuffer(rest, "<i4").astype(np.int64).reshape(rows, 1 << bits)
            return Logistic(
                bits=bits, window=int(head["window"]), windows=int(head["windows"]),
                bias=bias, having=arrays[0], weights=arrays[1:],
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: a damaged model: {error}") from error


def load(path: str, sha256: str | None = None) -> Logistic:
    """Return the model of a file.

    Raises ValueError if it is no model, or its sha256 is another than the one given.
    """
    return Logistic.from_bytes(io.read_bytes(path, sha256), path)


def rarity_of(having: Ints, windows: int) -> Floats:
    """Return the factor of each bucket; 0 for those not learned."""
    logs = np.log((1.0 + windows) / (1.0 + having)) + 1.0
    return np.where(having > 0, logs * logs, 0.0)


def fit(
    texts: Sequence[str],
    labels: Sequence[int],
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
        importance: of each; default 1. Scaled to a mean of 1.
        groups: the site or book each is from; default: each from another.
        folds: of each, 0 to FOLDS - 1; default: one model of all.
        c: weight of the data against half the squared weights.
    """
    counts = count(list(texts), bits)
    having = np.bincount(counts.buckets, minlength=1 << bits).astype(np.int64)
    having[_groups_having(counts, groups or [str(i) for i in range(len(texts))], bits) < 2] = 0
    counts = _known(counts, having)
    used = np.flatnonzero(having)
    columns = np.searchsorted(used, counts.buckets)
    values = unit_rows(counts, rarity_of(having, len(texts)))
    signs = np.where(np.asarray(labels) == 1, 1.0, -1.0)
    shares = np.ones(len(signs)) if importance is None else np.asarray(importance, np.float64)
    points = []
    for fold in [-1] if folds is None else range(FOLDS):
        own = np.where(np.asarray(folds if folds is not None else 0) == fold, 0.0, shares)
        own = own * (c * np.count_nonzero(own) / own.sum())
        points.append(minimise(counts.starts, columns, values, signs, own, len(used), STEPS))
    found = np.asarray(points)
    if folds is not None:
        _calibrate(found, Rows(counts.starts, columns, values), np.asarray(folds), signs, shares)
    rounded = np.rint(found * GRID).astype(np.int64)
    weights = np.zeros((len(points), 1 << bits), np.int64)
    weights[:, used] = rounded[:, :-1]
    return Logistic(
        bits=bits, window=window, windows=len(texts), bias=rounded[:, -1], having=having,
        weights=weights,
    )  # fmt: skip


class Rows(NamedTuple):
    """Sparse rows as `minimise` takes them."""

    starts: Ints
    columns: Ints
    values: Floats


def _calibrate(points: Floats, rows: Rows, folds: Ints, signs: Floats, shares: Floats) -> None:
    """Scale and shift the folds' models, all alike, so that strangers' scores are chances.

    A model is surer of what it has learned from than of others; how sure it may be of others is
    learned from the windows of each fold under the model that has not seen them.
    """
    number = np.repeat(np.arange(len(signs)), np.diff(rows.starts))
    parts = rows.values * points[folds[number], rows.columns]
    z = np.bincount(number, parts, len(signs)) + points[folds, -1]
    ends, zeros = np.arange(len(signs) + 1), np.zeros(len(signs), np.int64)
    own = shares * (C * len(shares) / shares.sum())
    scale, shift = minimise(ends, zeros, z, signs, own, 1, STEPS)
    points *= max(float(scale), 0.0)  # where nothing was learned, nothing is claimed
    points[:, -1] += shift


def _groups_having(counts: Counts, groups: Sequence[str], bits: int) -> Ints:
    """Return how many different groups have each bucket."""
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    own = np.repeat(numbers, np.diff(counts.starts))
    pairs = np.unique(counts.buckets * len(names) + own)
    return np.bincount(pairs // len(names), minlength=1 << bits).astype(np.int64)


def _known(counts: Counts, having: Ints) -> Counts:
    """Return the counts of buckets that some text is known to have."""
    known = having[counts.buckets] > 0
    rows = np.repeat(np.arange(len(counts.starts) - 1), np.diff(counts.starts))[known]
    starts = np.zeros_like(counts.starts)
    np.cumsum(np.bincount(rows, minlength=len(starts) - 1), out=starts[1:])
    return Counts(starts, counts.buckets[known], counts.counts[known])


def unit_rows(counts: Counts, rarity: Floats) -> Floats:
    """Return the values of the rows, each scaled to length 1."""
    values = (1.0 + np.log(counts.counts)) * rarity[counts.buckets]
    _scale_rows(counts.starts, values)
    return values


@compiled
def _scale_rows(starts: Ints, values: Floats) -> None:
    for i in range(len(starts) - 1):
        square = 0.0
        for j in range(starts[i], starts[i + 1]):
            square += values[j] * values[j]
        for j in range(starts[i], starts[i + 1]):
            values[j] /= np.sqrt(square)
