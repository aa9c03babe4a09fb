"""Pretraining corpora from web crawls, by the recipe of GPT-2 and GPT-3.

    import curate
    curate.judge("Click here!", "gopher_quality")             # 'too_few_words'
    result = curate.run("recipe.yaml", "corpus")              # or "curate run" in a shell
    result.ledger, result.mixture, result.documents().head(5)

Importing this package needs neither Spark nor Java, and loads nothing of it before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from curate._lazy import listing
from curate._version import __version__ as __version__

if TYPE_CHECKING:
    from curate import decontaminate, dedup, extract, filters, pack, quality, recipe, steps
    from curate.api.doors import load, plan, run
    from curate.api.plan import Plan
    from curate.api.result import Result
    from curate.api.texts import (
        extract_text,
        find_duplicates,
        identify_language,
        judge,
        measure,
    )
    from curate.errors import RecipeError
    from curate.recipe import Recipe

__all__ = [
    "Plan",
    "Recipe",
    "RecipeError",
    "Result",
    "decontaminate",
    "dedup",
    "extract",
    "extract_text",
    "filters",
    "find_duplicates",
    "identify_language",
    "judge",
    "load",
    "measure",
    "pack",
    "plan",
    "quality",
    "recipe",
    "run",
    "steps",
]

_HOMES = {
    "Plan": "curate.api.plan",
    "Recipe": "curate.recipe",
    "RecipeError": "curate.errors",
    "Result": "curate.api.result",
    "extract_text": "curate.api.texts",
    "find_duplicates": "curate.api.texts",
    "identify_language": "curate.api.texts",
    "judge": "curate.api.texts",
    "load": "curate.api.doors",
    "measure": "curate.api.texts",
    "plan": "curate.api.doors",
    "run": "curate.api.doors",
}

__dir__ = listing(__name__, __all__)


if not TYPE_CHECKING:  # a type checker knows the names above, and no others

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            attribute: object = getattr(import_module(_HOMES[name]), name)
        elif name in __all__ or name == "spark":  # not listed: it refuses Spark 3
            attribute = import_module(f"curate.{name}")
        else:
            raise AttributeError(f"module 'curate' has no attribute {name!r}")
        globals()[name] = attribute
        return attribute
