"""Pretrained fastText classifiers (such as DCLM's), scored as their authors score them.

Input: a model file, which label is wanted, and the form its makers give texts. Output: a score
from 0 to 1.

Authors differ in details that change scores a lot: DCLM joins `str.splitlines`, keeps case, and
takes 1 - chance where the other label wins; dolma lower-cases some models' texts; regressions
like FineWeb-Edu's add up label values. Each is a setting, none is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from curate._lazy import listing
from curate.quality.fasttext import library
from curate.quality.fasttext_file import FastTextFile, NotReadInPlaceError, open_file
from curate.store import io
from curate.store.local_copies import local_copy

__all__ = ["Form", "Pretrained"]
__dir__ = listing(__name__, __all__)

DECIMALS = 6  # of a score


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    r"""How a text is prepared for a model, and what its output means.

    label: the label whose chance is the score; of two labels, 1 - the other's chance where that
        wins, as DCLM has it. Or several with the value of each, 0 to 1, (name, value): the score
        is the sum of value x chance.
    lowercase: of the text, before anything else.
    lines: what ends a line and becomes a space: "splitlines", all that `str.splitlines` knows,
        as DCLM has it; "newline", only \n.
    characters: how many of the text are looked at, None for all.
    """

    label: str | tuple[tuple[str, float], ...]
    lowercase: bool = False
    lines: Literal["splitlines", "newline"] = "splitlines"
    characters: int | None = None

    def line_of(self, text: str) -> str:
        r"""Return the text as the model is given it.

        >>> Form(label="__label__hq").line_of(" Two\nLINES ")
        'Two LINES'
        """
        if self.characters is not None:
            text = text[: self.characters]
        if self.lowercase:
            text = text.lower()
        text = text.strip()
        return (
            " ".join(text.splitlines()) if self.lines == "splitlines" else text.replace("\n", " ")
        )


class Pretrained:
    """A pretrained model; called with a text it returns its score.

    The file is opened at the first text; what is sent to workers is its place.
    """

    kind = "pretrained"

    def __init__(self, path: str, sha256: str, form: Form) -> None:
        self._path, self._sha256, self._form = path, sha256, form

    def __getstate__(self) -> tuple[str, str, Form]:
        return self._path, self._sha256, self._form

    def __setstate__(self, state: tuple[str, str, Form]) -> None:
        self._path, self._sha256, self._form = state

    @cached_property
    def _file(self) -> "FastTextFile | _ByLibrary":
        file = _opened(self._path, self._sha256)
        wanted = [self._form.label] if isinstance(self._form.label, str) else [
            name for name, _ in self._form.label
        ]  # fmt: skip
        for name in wanted:
            if name not in file.labels:
                raise ValueError(
                    f"{self._path}: expected a fastText model with the label {name}, "
                    f"got {', '.join(file.labels[:5])}"
                )
        return file

    def check(self) -> None:
        """Raise ValueError if the file is not the one that is meant, or has no such label."""
        _ = self._file

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text; .5 for one in which the model knows nothing."""
        del folds
        file, label = self._file, self._form.label
        chances = file.chances([self._form.line_of(text) for text in texts])
        if not isinstance(label, str):
            values = np.zeros(len(file.labels))
            for name, value in label:
                values[file.labels.index(name)] = value
            scores = chances @ values
        elif len(file.labels) == 2:
            wanted = file.labels.index(label)
            positive, negative = chances[:, wanted], chances[:, 1 - wanted]
            scores = np.where(negative > positive, 1.0 - negative, positive)
        else:
            scores = chances[:, file.labels.index(label)]
        scores = np.where(np.isnan(scores), 0.5, np.clip(scores, 0.0, 1.0))
        return [round(float(score), DECIMALS) for score in scores]

    def __call__(self, text: str) -> float:
        return self.scores([text])[0]

    def to_bytes(self) -> bytes:
        """Return the model's file."""
        return io.read_bytes(self._path, self._sha256)


@dataclass(frozen=True, slots=True)
class Labeller:
    """A pretrained model that says what a text is: its topic, its format, a language."""

    path: str
    sha256: str
    form: Form

    def check(self) -> None:
        """Raise ValueError if the file is not the one that is meant."""
        _opened(self.path, self.sha256)

    def labels_of(self, texts: Sequence[str]) -> list[str | None]:
        """Return the likeliest label of each text, without __label__; None: no word is known."""
        file = _opened(self.path, self.sha256)
        names = [label.removeprefix("__label__") for label in file.labels]
        chances = file.chances([self.form.line_of(text) for text in texts])
        # Of labels that are equally likely, the first in the file.
        return [None if np.isnan(row).any() else names[int(np.argmax(row))] for row in chances]


@lru_cache(maxsize=8)
def _opened(path: str, sha256: str) -> "FastTextFile | _ByLibrary":
    """Return a model's file, which the units of a worker share."""
    local = local_copy(path, sha256)
    if (got := io.sha256(local)) != sha256:
        raise ValueError(f"{path}: expected sha256 {sha256}, got {got}")
    try:
        return open_file(local, path)
    except NotReadInPlaceError:
        return _ByLibrary(local, path)


class _ByLibrary:
    """A model that only fastText's own library reads."""

    def __init__(self, path: Path, name: str) -> None:
        try:
            self._model: Any = library().load_model(str(path))
        except ValueError as error:
            raise ValueError(f"{name}: expected a fastText model: {error}") from error
        self.labels: tuple[str, ...] = tuple(self._model.get_labels())

    def chances(self, lines: list[str]) -> npt.NDArray[np.float64]:
        """Return float64[N, labels], as `FastTextFile.chances`."""
        matrix = np.full((len(lines), len(self.labels)), np.nan)
        column = {label: i for i, label in enumerate(self.labels)}
        if lines:
            lines = [line.encode("utf-8", "replace").decode() for line in lines]
            for row, names, chances in zip(matrix, *self._model.predict(lines, k=-1), strict=True):
                for name, chance in zip(names, chances, strict=True):
                    row[column[name]] = chance
        return matrix
