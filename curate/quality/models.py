"""Train, evaluate and load classifiers of all kinds.

Input: a sample of windows, or a model file. Output: a callable from text to score, and the
content of models/quality.json.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from curate._lazy import listing
from curate.quality import ensemble, fasttext, logistic, masked, perplexity
from curate.quality.corruptions import KINDS
from curate.quality.evaluation import auc, evaluate, runs_of, words_of
from curate.quality.function_words import function_words
from curate.quality.masks import words_of as words_in
from curate.quality.pretrained import Form, Pretrained
from curate.quality.topics import Topics, topics_of
from curate.quality.training import Example, account, check_numbers, even
from curate.store import io

__all__ = ["ModelReport", "load", "train"]
__dir__ = listing(__name__, __all__)

WHAT = {
    "masked": "masked words, 1 to 3 in a row, with corrupted copies as bad examples; not GPT-3's",
    "logistic": "GPT-3's (Brown et al. 2020, appendix A): hashed words, references against crawl",
    "fasttext": "DCLM's settings (Li et al. 2024): words and pairs of words, references against "
    "crawl",
    "perplexity": "CCNet's (Wenzek et al. 2020): how well n-grams of the references predict a text",
}
JUDGED_BY_FOLD_0 = ("fasttext", "perplexity")  # kinds that are learned once, without fold 0
MASKED_WINDOWS = 6_000  # of a source; each has a copy and some 450 features: 12 bytes and more
JUDGED = 2_000  # windows at most whose corrupted copies, topics and words are looked at


class Model(Protocol):
    """What scores a text, from 0 (like the crawl) to 1 (like the references)."""

    kind: str

    def __call__(self, text: str) -> float: ...

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text; of a fold, as if it had not been learned from."""

    def to_bytes(self) -> bytes:
        """Return the model's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """The content of models/quality.json; everything is measured on folds not learned from.

    model, what: the kind of model and what it is. learned_from: windows.
    measures: references against crawl, see `curate.quality.evaluation`.
    auc_of_length, auc_of_function_words: of length alone and of the share of function words
        alone, on the same windows: what a classifier has to beat.
    corruptions: how often a reference outscores a corrupted copy of another, by kind (AUC).
    topics: how far scores follow what a text is about.
    words: those with the largest positive and negative effect.
    """

    model: str
    what: str
    learned_from: int
    sha256: str
    measures: dict[str, Any]
    auc_of_length: float
    auc_of_function_words: float
    corruptions: dict[str, float]
    topics: Topics
    sample: dict[str, Any]
    words: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data, the measures on its first level."""
        data = asdict(self)
        measures = data.pop("measures")
        if data["words"] is None:
            del data["words"]
        return {**data, **measures}


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and what is known of it."""

    model: Model
    report: ModelReport


def train(sample: Sequence[Example], kind: str = "masked") -> Trained:
    """Return the model learned from a sample's windows, judged by folds it has not learned from.

    Args:
        kind: masked, logistic, fasttext or perplexity.

    Raises:
        TrainingDataError: nothing can be learned from the sample.
    """
    examples = even(_first(sample, MASKED_WINDOWS) if kind == "masked" else sample)
    model = _FITS[kind](examples)
    judged = [e for e in examples if e.fold == 0] if kind in JUDGED_BY_FOLD_0 else examples
    scores = model.scores([e.text for e in judged], [e.fold for e in judged])
    check_numbers(scores, "scores")
    return Trained(model, _report(model, kind, examples, judged, scores))


def _first(sample: Sequence[Example], most: int) -> list[Example]:
    """Return the first windows of each source, in their order."""
    taken: Counter[str] = Counter()
    first = []
    for example in sample:
        taken[example.source] += 1
        if taken[example.source] <= most:
            first.append(example)
    return first


def load(
    path: str,
    sha256: str | None = None,
    form: Form | None = None,
    places: Mapping[str, str] | None = None,
) -> Model:
    """Return the model of a file, whichever kind it is.

    Args:
        form: of a pretrained fastText model, which needs its sha256 too; None for a run's own.
        places: paths of the pretrained ones among several models, by name.

    Raises:
        ValueError: the file is no model, or its sha256 is another than the one given.
    """
    if form is None:
        loaded = from_bytes(io.read_bytes(path, sha256), path)
        if isinstance(loaded, ensemble.Ensemble):
            return loaded.at({"": path.rpartition("/")[0] or ".", **(places or {})})
        return loaded
    if sha256 is None:
        raise ValueError(f"{path}: expected the sha256 of a pretrained model, got none")
    model = Pretrained(path, sha256, form)
    model.check()
    return model


def from_bytes(data: bytes, name: str = "model") -> Model:
    """Return a run's own model of its file's bytes; raises ValueError for any other file."""
    if data.startswith(masked.MAGIC):
        return masked.Masked.from_bytes(data, name)
    if data.startswith((logistic.MAGIC, logistic.MAGIC_1)):
        return logistic.Logistic.from_bytes(data, name)
    if data.startswith(fasttext.MAGIC):
        return fasttext.FastText(data, name)
    if data.startswith(perplexity.MAGIC):
        return perplexity.Perplexity.from_bytes(data, name)
    if data.startswith(ensemble.MAGIC):
        return ensemble.Ensemble.from_bytes(data, name, from_bytes)
    raise ValueError(
        f"{name}: expected a model of curate train-quality, or a fastText model with quality.label "
        "that says which label is good; got another file"
    )


def _report(
    model: Model,
    kind: str,
    examples: Sequence[Example],
    judged: Sequence[Example],
    scores: Sequence[float],
) -> ModelReport:
    kept = function_words((e.language, e.source, e.text) for e in examples)
    every = frozenset().union(*kept.values())
    labels = [e.label for e in judged]
    shares = [e.importance for e in judged]
    good = [i for i, e in enumerate(judged) if e.label == 1][:JUDGED]
    references = [judged[i] for i in good]
    words = None
    if isinstance(model, logistic.Logistic):
        words = words_of(model, examples)
    elif isinstance(model, masked.Masked):
        words = runs_of(model, examples[:JUDGED])
    return ModelReport(
        model=kind,
        what=WHAT[kind],
        learned_from=len(examples),
        sha256=hashlib.sha256(model.to_bytes()).hexdigest(),
        measures=evaluate(scores, judged),
        auc_of_length=_rounded(auc([e.words for e in judged], labels, shares)),
        auc_of_function_words=_rounded(
            auc([share_of(e.text, every) for e in judged], labels, shares)
        ),
        corruptions=_corruptions(model, references, [scores[i] for i in good], kept),
        topics=topics_of(
            [e.text for e in references], [e.group for e in references],
            [scores[i] for i in good], every,
        ),
        sample=account(examples),
        words=words,
    )  # fmt: skip


def share_of(text: str, kept: frozenset[str]) -> float:
    """Return the share of a text's words that are function words; 0 without words.

    >>> share_of("The cat sat.", frozenset({"the"}))
    0.3333333333333333
    """
    words = words_in(text)
    return sum(word in kept for word in words) / len(words) if words else 0.0


def _corruptions(
    model: Model,
    references: Sequence[Example],
    scores: Sequence[float],
    kept: dict[str, frozenset[str]],
) -> dict[str, float]:
    """Return the AUC of references against their corrupted copies, by kind.

    The copies are others than those learned from.
    """
    if not references:
        return {}
    copies = masked.corrupted(references, kept, seed=1)
    kinds = np.asarray(masked.kinds_of(references, seed=1))
    copy_scores = np.asarray(model.scores([e.text for e in copies], [e.fold for e in copies]))
    return {
        kind: _rounded(
            auc(
                [*scores, *copy_scores[kinds == kind]], [1] * len(scores) + [0] * sum(kinds == kind)
            )
        )
        for kind in KINDS
        if (kinds == kind).any()
    }


def _rounded(value: float) -> float:
    return round(value, 6)


def _fit_logistic(examples: Sequence[Example]) -> Model:
    return logistic.fit(
        [example.text for example in examples],
        [example.label for example in examples],
        [example.importance for example in examples],
        [example.group for example in examples],
        [example.fold for example in examples],
    )


def _fit_fasttext(examples: Sequence[Example]) -> Model:
    """Balanced by number, for fastText knows no importance; without fold 0, which judges it."""
    sides = [[e for e in examples if e.label == side and e.fold] for side in (0, 1)]
    most = min(map(len, sides))
    chosen = sorted(
        (e for side in sides for e in side[:most]), key=lambda e: (e.sample_hash, e.text)
    )
    return fasttext.fit([e.text for e in chosen], [e.label for e in chosen])


_FITS: dict[str, Callable[[Sequence[Example]], Model]] = {
    "masked": masked.fit,
    "logistic": _fit_logistic,
    "fasttext": _fit_fasttext,
    "perplexity": perplexity.fit_windows,
}
