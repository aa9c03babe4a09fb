"""Train a classifier, say how good it is, and read one back: the same for both kinds of model.

Input: a sample of windows, or a model file. Output: a callable from text to score, and what
stands in models/quality.json.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from curate.quality import logistic
from curate.quality.evaluation import auc, evaluate, words_of
from curate.quality.training import Example, account, check_numbers, even


class Model(Protocol):
    """What scores a text, from 0 (like the crawl) to 1 (like the references)."""

    kind: str

    def __call__(self, text: str) -> float: ...

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text; of a fold, as if it had not been learned from."""

    def to_bytes(self) -> bytes:
        """Return the model's file."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and the account of it."""

    model: Model
    report: dict[str, Any]


def train(sample: Sequence[Example], kind: str = "logistic") -> Trained:
    """Return the model learned from a sample's windows, judged by folds it has not learned from.

    `kind` is "logistic" or "fasttext".

    Raises TrainingDataError if nothing can be learned from them.
    """
    examples = even(sample)
    model = _FITS[kind](examples)
    judged = examples if kind == "logistic" else [e for e in examples if e.fold == 0]
    scores = model.scores([e.text for e in judged], [e.fold for e in judged])
    check_numbers(scores, "scores")
    report = {
        "model": kind,
        "learned_from": len(examples),
        "sha256": hashlib.sha256(model.to_bytes()).hexdigest(),
        **evaluate(scores, judged),
        "auc_of_length": _auc_of_length(judged),
        "sample": account(examples),
    }
    if isinstance(model, logistic.Logistic):
        report["words"] = words_of(model, examples)
    return Trained(model, report)


def load(name: str, data: bytes) -> Model:
    """Return the model of a file's bytes, whichever kind it is; raises ValueError for neither."""
    if data.startswith(logistic.MAGIC):
        return logistic.Logistic.from_bytes(data, name)
    from curate.quality.fasttext import FastText  # noqa: PLC0415

    return FastText(data, name)


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
    from curate.quality import fasttext  # noqa: PLC0415

    sides = [[e for e in examples if e.label == side and e.fold] for side in (0, 1)]
    most = min(map(len, sides))
    chosen = sorted((e for side in sides for e in side[:most]), key=lambda e: (e.lot, e.text))
    return fasttext.fit([e.text for e in chosen], [e.label for e in chosen])


_FITS: dict[str, Callable[[Sequence[Example]], Model]] = {
    "logistic": _fit_logistic,
    "fasttext": _fit_fasttext,
}


def _auc_of_length(examples: Sequence[Example]) -> float:
    """Return how well length alone tells the sides apart: .5 is not at all."""
    lengths, labels = ([e.words for e in examples], [e.label for e in examples])
    return round(auc(lengths, labels, [e.importance for e in examples]), 6)
