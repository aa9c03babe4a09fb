"""An ensemble of classifiers as one model: a column for each, and a combined score.

Input: models and scores of a sample. Output: a model whose file contains the others; given models
are referenced by file name and sha256.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from curate._lazy import listing
from curate.quality.combined import Combination
from curate.quality.perplexity import Perplexity
from curate.quality.pretrained import Form, Pretrained

__all__ = ["Ensemble", "detailed"]
__dir__ = listing(__name__, __all__)

MAGIC = b"curate quality several 1\n"
SCORE = "score_"  # a column of a model: SCORE and the model's name
PERPLEXITY, PART = "perplexity", "perplexity_part"  # columns

Columns = dict[str, list[Any]]


class Scorer(Protocol):
    """A model, as `curate.quality.models.Model`."""

    kind: str

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text."""

    def to_bytes(self) -> bytes:
        """Return the model's file."""


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Models by name, and the combination of their scores."""

    models: Mapping[str, Any] = field(repr=False)
    combination: Combination

    kind = "several"

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text."""
        return detailed(self, texts, folds)[0]

    def __call__(self, text: str) -> float:
        return self.scores([text])[0]

    def to_bytes(self) -> bytes:
        """Return the model's file: a line of magic, a line of JSON, the files of the models."""
        parts: dict[str, Any] = {}
        files = []
        for name, model in sorted(self.models.items()):
            if isinstance(model, Pretrained):
                path, sha256, form = model.__getstate__()
                file = path.rpartition("/")[2]
                parts[name] = {"file": file, "sha256": sha256, "form": asdict(form)}
            else:
                files.append(model.to_bytes())
                parts[name] = {"bytes": len(files[-1])}
        head = {
            "how": self.combination.method,
            "edges": {
                name: list(values) for name, values in sorted(self.combination.edges.items())
            },
            "models": parts,
        }
        return b"".join([MAGIC, json.dumps(head, sort_keys=True).encode() + b"\n", *files])

    def at(self, places: Mapping[str, str]) -> "Ensemble":
        """Return the same with the paths of pretrained models, by their names here.

        One that is not named is looked for in the folder `places[""]`.
        """
        models = dict(self.models)
        for name, model in models.items():
            if isinstance(model, Pretrained):
                path, sha256, form = model.__getstate__()
                beside = f"{places.get('', '.')}/{path.rpartition('/')[2]}"
                models[name] = Pretrained(places.get(name, beside), sha256, form)
        return replace(self, models=models)

    @staticmethod
    def from_bytes(data: bytes, name: str, read: Callable[[bytes, str], Any]) -> "Ensemble":
        """Undo `to_bytes`; `read` reads the models within. Raises ValueError for anything else."""
        line, _, rest = data.removeprefix(MAGIC).partition(b"\n")
        try:
            head = json.loads(line)
            edges = {str(key): tuple(map(float, values)) for key, values in head["edges"].items()}
            models: dict[str, Any] = {}
            at = 0
            for key, part in sorted(head["models"].items()):
                if "file" in part:
                    label = part["form"]["label"]
                    if not isinstance(label, str):
                        part["form"]["label"] = tuple((n, float(value)) for n, value in label)
                    models[key] = Pretrained(part["file"], part["sha256"], Form(**part["form"]))
                    continue
                models[key] = read(rest[at : at + part["bytes"]], f"{name}: {key}")
                at += part["bytes"]
            if at != len(rest):
                raise ValueError(f"{len(rest)} bytes of models")
            return Ensemble(models=models, combination=Combination(head["how"], edges))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{name}: a damaged model: {error}") from error


def detailed(
    model: Scorer,
    texts: Sequence[str],
    folds: Sequence[int] | None = None,
    languages: Sequence[str | None] | None = None,
) -> tuple[list[float], Columns]:
    """Return the score of each text, and the columns of the models that it comes from.

    Args:
        folds: of the texts' sites, if they may be among the training data.
        languages: of the texts, where they are known.
    """
    if isinstance(model, Perplexity):
        codes = languages or [None] * len(texts)
        perplexities = model.perplexities(texts)
        columns: Columns = {PERPLEXITY: perplexities, PART: model.parts_of(perplexities, codes)}
        return model.ranks(perplexities, codes), columns
    if not isinstance(model, Ensemble):
        return model.scores(texts, folds), {}
    columns = {}
    for name, part in sorted(model.models.items()):
        scores, more = detailed(part, texts, folds, languages)
        columns |= {SCORE + name: scores, **more}
    names = sorted(model.models)
    rows = zip(*(columns[SCORE + name] for name in names), strict=True)
    return [model.combination(dict(zip(names, row, strict=True))) for row in rows], columns
