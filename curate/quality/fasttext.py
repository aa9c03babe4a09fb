r"""fastText classifier with DCLM's settings: the defaults except word bigrams.

Input: windows with labels, or a model file of a run. Output: the chance of the label
`__label__hq`. One thread, so that the same windows in the same order give the same model; texts
go in on one line, lower-cased as for `logistic`. A run's file has a line of its own before
fastText's bytes, so that it is not taken for a pretrained model (`curate.quality.pretrained`).

Source: Li et al. 2024 (DCLM), arXiv:2406.11794, section 4.4: fastText's defaults (lr 0.1, dim
100, epoch 5, ws 5, minCount 1) with wordNgrams 2.
Differs: 200,000 hash buckets instead of 2,000,000, for a file of 90 MB and not 800.
"""

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from curate.extras import install
from curate.quality.features import lowered
from curate.quality.training import TrainingDataError, check_numbers

MAGIC = b"curate quality fasttext 1\n"
GOOD, BAD = "__label__hq", "__label__cc"
SETTINGS: dict[str, Any] = {
    "lr": 0.1, "dim": 100, "epoch": 5, "ws": 5, "minCount": 1, "wordNgrams": 2,
    "bucket": 200_000, "thread": 1, "verbose": 0,
}  # fmt: skip
DECIMALS = 6


def library() -> Any:
    try:
        import fasttext  # noqa: PLC0415 - only for those who ask for it
    except ImportError as error:
        raise ImportError(
            f"curate.quality.fasttext: fastText is needed; {install('fasttext')}"
        ) from error
    fasttext.FastText.eprint = lambda *_: None  # it warns about its own deprecated API
    return fasttext


def line_of(text: str) -> str:
    r"""Return the text in lower case on one line, which it needs; fastText parts the words.

    >>> line_of("Two\nLINES")
    'two lines'
    """
    if text.isascii():
        return text.lower().replace("\n", " ")
    return lowered(text).replace("\n", " ").encode("utf-8", "replace").decode()


def _score(good: bool, chance: float) -> float:
    """Return the chance of GOOD, of the label with the larger one of two; it may exceed 1."""
    chance = min(chance, 1.0)
    return round(chance if good else 1.0 - chance, DECIMALS)


class FastText:
    """A trained model; called with a text it returns the chance that a reference has it so."""

    kind = "fasttext"

    def __init__(self, data: bytes, name: str = "model") -> None:
        self._data, self._name = data.removeprefix(MAGIC), name

    def __getstate__(self) -> tuple[bytes, str]:
        return self._data, self._name  # the loaded model stays in its process

    def __setstate__(self, state: tuple[bytes, str]) -> None:
        self._data, self._name = state

    @cached_property
    def _model(self) -> Any:
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            file.write(self._data)
            file.flush()
            try:
                model = library().load_model(file.name)
            except ValueError as error:
                raise ValueError(f"{self._name}: expected a fastText model: {error}") from error
        if GOOD not in model.get_labels():
            raise ValueError(
                f"{self._name}: expected a fastText model with the label {GOOD}, "
                f"got {', '.join(model.get_labels()[:5])}"
            )
        return model

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text; there is one model for all folds."""
        del folds
        if not texts:
            return []
        # A list of lines, for predict of one string fails with NumPy 2.
        labels, chances = self._model.predict([line_of(text) for text in texts])
        return [
            _score(label[0] == GOOD, float(chance[0])) if len(label) else 0.5
            for label, chance in zip(labels, chances, strict=True)
        ]

    def __call__(self, text: str) -> float:
        return self.scores([text])[0]

    def to_bytes(self) -> bytes:
        """Return the model's file."""
        return MAGIC + self._data


def fit(texts: Sequence[str], labels: Sequence[int]) -> FastText:
    """Return the model that tells texts of label 1 from texts of label 0.

    Raises TrainingDataError where fastText runs into numbers that are none.
    """
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        lines, file = Path(folder) / "lines.txt", Path(folder) / "model.bin"
        with lines.open("wb") as out:
            for text, label in zip(texts, labels, strict=True):
                out.write(f"{GOOD if label else BAD} {line_of(text)}\n".encode("utf-8", "replace"))
        try:
            model = library().train_supervised(input=str(lines), **SETTINGS)
            model.save_model(str(file))
        except (RuntimeError, ValueError) as error:
            raise TrainingDataError(
                f"quality: fastText cannot learn from {len(texts)} windows: {error}; "
                "more and more varied texts are needed"
            ) from error
        trained = FastText(file.read_bytes(), "model")
    check_numbers(trained.scores(list(texts)[:100]), "scores of the trained model")
    return trained
