"""The classifier `masked`: style features (masked words), corrupted copies, three ranks.

Input: windows of references and of unfiltered crawl. Output: a model; called with a text it
returns a score from 0 to 1.

GPT-3's classifier tells references from crawl by their words, and so learns what references are
about. Here words are masked (`curate.quality.masks`), and each window is in the sample with a
corrupted copy (`curate.quality.corruptions`), so that every subject is on both sides. Texts are
ranked corrupted < crawl < references: corrupted copies are bad, references good, and the crawl,
of which it is not known which half, counts half good and half bad.

The scale of the scores is set by references against crawl alone, as for GPT-3's classifier, and
then shifted so that its alpha keeps its meaning: of the alphas, 9 fits the references' scores
best, which is how GPT-3's authors chose it (`curate.quality.linear`).

It is learned once for each fold of the sites and texts, without that fold, and applied as
`curate.quality.logistic` is. In a text of many windows, the score is the mean of theirs.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from curate._lazy import listing
from curate.quality.corruptions import KINDS, corrupt, followers_of, kind_of
from curate.quality.features import WINDOW
from curate.quality.function_words import function_words
from curate.quality.linear import GRID, Task, Weights, from_bytes, learn
from curate.quality.masked_features import BITS, Pairs, Vocabulary, count, score
from curate.quality.masks import SUFFIX, characters, codes_of
from curate.quality.pareto import ALPHA
from curate.quality.training import Example
from curate.store.keys import seeded_hash

__all__ = ["Masked", "fit"]
__dir__ = listing(__name__, __all__)

MAGIC = b"curate quality masked 1\n"
DECIMALS = 6  # of a score
POWER = 1  # of the rarity
C = 1.0  # weight of the data against the penalty; see benchmarks/quality.py
PASSES = 8  # of the training over its windows
CRAWL = 0.5  # the crawl's target: half good, half bad
# What a kind of window counts in all, references 1: see benchmarks/quality.py
SHARES = {"crawl": 1.0, "corrupted references": 1.0, "corrupted crawl": 0.5}
OTHERS = 3  # windows that a corruption borrows from
POOL = 1_000  # windows of a language that chains of words are made of, about


@dataclass(frozen=True, kw_only=True)
class Masked:
    """A trained model; called with a text it returns the chance that a reference is written so.

    Args:
        bits: 2^bits buckets.
        window: words.
        suffix: letters that a masked word keeps.
        kept: function words of all languages learned from, sorted.
        learned: weights by fold and bucket.
    """

    bits: int
    window: int
    suffix: int
    kept: tuple[str, ...] = field(repr=False)
    learned: Weights = field(repr=False)

    kind = "masked"

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.kept)

    @cached_property
    def _pairs(self) -> tuple[Pairs, ...]:
        """Return for each fold, and for the mean last, what `score` looks up."""
        rarity, weights = self.learned.rarity, self.learned.weights
        return tuple(
            np.stack([rarity, rarity * (fold_weights / GRID)], axis=1).astype(np.float32)
            for fold_weights in (*weights, weights.mean(0))
        )

    def __call__(self, text: str, fold: int | None = None) -> float:
        """Return a score from 0 to 1; of a text without words, that of knowing nothing.

        `fold`: of the text's site, if it may be among those learned from; see `fold_of`.
        """
        kinds, plain = characters()
        row = -1 if fold is None else fold
        value = score(
            codes_of(text), kinds, plain, self._vocabulary.table, self.suffix,
            np.uint64(64 - self.bits), self.window, self._pairs[row], self.learned.biases[row],
        )  # fmt: skip
        return round(float(value), DECIMALS)

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text."""
        if folds is None:
            return [self(text) for text in texts]
        return [self(text, fold) for text, fold in zip(texts, folds, strict=True)]

    def to_bytes(self) -> bytes:
        """Return the model's file: a line of magic, a line of JSON, arrays of int32."""
        return self.learned.to_bytes(
            MAGIC, bits=self.bits, window=self.window, suffix=self.suffix, kept=list(self.kept)
        )

    @staticmethod
    def from_bytes(data: bytes, name: str = "model") -> "Masked":
        """Undo `to_bytes`; raises ValueError for anything else."""
        head, learned = from_bytes(MAGIC, data, name)
        try:
            kept = tuple(map(str, head["kept"]))
            suffix = int(head["suffix"])
            if suffix < 1:
                raise ValueError(f"suffix {suffix}")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: a damaged model: {error}") from error
        return Masked(
            bits=int(head["bits"]), window=int(head["window"]), suffix=suffix, kept=kept,
            learned=learned,
        )  # fmt: skip


def fit(
    examples: Sequence[Example],
    *,
    kinds: Sequence[str] = tuple(KINDS),
    seed: int = 0,
    bits: int = BITS,
    suffix: int = SUFFIX,
    power: int = POWER,
    c: float = C,
    shares: Mapping[str, float] = SHARES,
) -> Masked:
    """Return the model that ranks corrupted copies below crawl and crawl below references.

    Args:
        examples: windows in a fixed order, their importance evened out; see `training.even`.
        kinds: of the corruptions, one drawn for each window.
        c: weight of the data against half the squared weights.
        shares: what all windows of a kind count, relative to 1 for the references.
    """
    kept = function_words((e.language, e.source, e.text) for e in examples)
    copies = corrupted(examples, kept, kinds=kinds, seed=seed)
    words = tuple(sorted(set().union(*kept.values())))
    all_examples = [*examples, *copies]
    counts = count([e.text for e in all_examples], Vocabulary.of(words), bits, suffix)
    learned = learn(counts, _task(examples, shares), bits=bits, power=power, c=c, passes=PASSES)
    return Masked(bits=bits, window=WINDOW, suffix=suffix, kept=words, learned=learned)


def corrupted(
    examples: Sequence[Example],
    kept: Mapping[str, Collection[str]],
    *,
    kinds: Sequence[str] = tuple(KINDS),
    seed: int = 0,
) -> list[Example]:
    """Return a corrupted copy of each window, in their order.

    Args:
        kept: function words by language.
    """
    pools: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        pools[example.language].append(example.text)
    followers = {
        language: followers_of(text.split(" ") for text in pool[:: 1 + len(pool) // POOL])
        for language, pool in pools.items()
    }
    return [
        replace(
            e,
            text=corrupt(
                e.text, kind, key=e.text, seed=seed,
                others=_others(e.text, pools[e.language], seed),
                kept=kept.get(e.language, ()), followers=followers[e.language],
            ),
        )
        for e, kind in zip(examples, kinds_of(examples, kinds=kinds, seed=seed), strict=True)
    ]  # fmt: skip


def kinds_of(
    examples: Sequence[Example], *, kinds: Sequence[str] = tuple(KINDS), seed: int = 0
) -> list[str]:
    """Return the kind of damage that `corrupted` does to each window."""
    return [kind_of(example.text, seed, kinds) for example in examples]


def _others(text: str, pool: Sequence[str], seed: int) -> str:
    start = seeded_hash("sample", text, seed)
    return " ".join(pool[(start + i * 7919) % len(pool)] for i in range(OTHERS))


def _task(examples: Sequence[Example], shares: Mapping[str, float]) -> Task:
    """Return targets and importance of the windows, then of their corrupted copies."""
    good = np.asarray([e.label == 1 for e in examples])
    importance = np.asarray([e.importance for e in examples], np.float64)
    folds = np.asarray([e.fold for e in examples], np.int64)
    groups = np.asarray([e.group for e in examples])
    zeros = np.zeros(len(examples))
    return Task(
        targets=np.concatenate([np.where(good, 1.0, CRAWL), zeros]),
        importance=np.concatenate([
            importance * np.where(good, 1.0, shares["crawl"]),
            importance * np.where(good, shares["corrupted references"], shares["corrupted crawl"]),
        ]),
        groups=np.concatenate([groups, groups]),
        folds=np.concatenate([folds, folds]),
        judged=np.concatenate([np.where(good, 1.0, 0.0), np.full(len(examples), np.nan)]),
        alpha=ALPHA,
    )  # fmt: skip
