"""Resolve the paths of a recipe.

Input: a validated recipe and the folder that its paths are relative to. Output: the same recipe
with absolute paths; or an error that names the key.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate.recipe.quality import Classifier
from curate.recipe.whole import Recipe
from curate.store import io

Anchor = Callable[[str, str], str]  # (key, path) -> the path, absolute


def with_absolute_paths(recipe: Recipe, folder: Path) -> Recipe:
    """Return the recipe with all its paths absolute; URLs stay as they are.

    Raises ValueError, naming the key: a path starts at a home folder that does not exist.
    """

    def anchor(key: str, path: str) -> str:
        try:
            return io.absolute(path, folder)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error

    update: dict[str, Any] = {
        "sources": {
            name: source.model_copy(
                update={
                    key: tuple(anchor(f"sources.{name}.{key}", one) for one in getattr(source, key))
                    for key in ("path", "urls", "index")
                }
            )
            for name, source in recipe.sources.items()
        },
        "dedup": recipe.dedup.model_copy(
            update={"against": tuple(anchor("dedup.against", one) for one in recipe.dedup.against)}
        ),
        "output": recipe.output.model_copy(
            update={
                key: anchor(f"output.{key}", place)
                for key in ("path", "work")
                if (place := getattr(recipe.output, key))
            }
        ),
        **_models(recipe, anchor),
    }
    if recipe.decontaminate:
        several = tuple(
            one.model_copy(
                update={
                    "path": tuple(anchor("decontaminate.benchmarks", path) for path in one.path)
                }
            )
            for one in recipe.decontaminate.each()
        )
        update["decontaminate"] = recipe.decontaminate.model_copy(update={"benchmarks": several})
    return recipe.model_copy(update=update)


def _models(recipe: Recipe, anchor: Anchor) -> dict[str, Any]:
    """Return the parts that name a model or a tokenizer, with its path absolute."""
    update: dict[str, Any] = {}
    if recipe.language and recipe.language.model:
        model = anchor("language.model", recipe.language.model)
        update["language"] = recipe.language.model_copy(update={"model": model})
    if recipe.quality:
        several = {
            name: one.model_copy(update=_classifier(f"quality.models.{name}", one, anchor))
            for name, one in recipe.quality.models.items()
        }
        own = _classifier("quality", recipe.quality, anchor)
        update["quality"] = recipe.quality.model_copy(update={**own, "models": several})
    update["labels"] = {
        name: label.model_copy(update={"model": anchor(f"labels.{name}.model", label.model)})
        for name, label in recipe.labels.items()
    }
    mix: dict[str, Any] = {}
    if "/" in recipe.mix.tokenizer or recipe.mix.tokenizer.endswith(".json"):
        mix["tokenizer"] = anchor("mix.tokenizer", recipe.mix.tokenizer)
    if isinstance(recipe.mix.weights, str):
        mix["weights"] = anchor("mix.weights", recipe.mix.weights)
    update["mix"] = recipe.mix.model_copy(update=mix)
    return update


def _classifier(key: str, one: Classifier, anchor: Anchor) -> dict[str, Any]:
    """Return the paths of a classifier, absolute."""
    if one.labels:
        path = anchor(f"{key}.labels", one.labels.path)
        return {"labels": one.labels.model_copy(update={"path": path})}
    return {"model": anchor(f"{key}.model", one.model)} if one.kind == "finished" else {}
