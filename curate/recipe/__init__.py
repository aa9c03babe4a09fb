"""The recipe: a YAML file, parsed and validated to frozen settings.

`load` returns a validated, frozen `Recipe` or raises `RecipeError`, which has one line for
each mistake, with the key, what was expected and what was got. Every key except `sources` has
a default, so a short file is valid. Each module here has the settings of one stage.
"""

from curate._lazy import listing
from curate.errors import RecipeError
from curate.recipe.decontaminate import Benchmark, Decontaminate
from curate.recipe.dedup import Dedup, Lines, Passages
from curate.recipe.extract import Extract
from curate.recipe.filter import FilterName, Language, named_filters
from curate.recipe.mix import CurveSettings, Mix, Output
from curate.recipe.model import Recipe
from curate.recipe.quality import Classifier, Label, Labels, Quality, TextForm
from curate.recipe.reading import load, parse
from curate.recipe.rights import License, OptOuts, Rights
from curate.recipe.source import ROWS, Grade, Source

__all__ = [
    "ROWS",
    "Benchmark",
    "Classifier",
    "CurveSettings",
    "Decontaminate",
    "Dedup",
    "Extract",
    "FilterName",
    "Grade",
    "Label",
    "Labels",
    "Language",
    "License",
    "Lines",
    "Mix",
    "OptOuts",
    "Output",
    "Passages",
    "Quality",
    "Recipe",
    "RecipeError",
    "Rights",
    "Source",
    "TextForm",
    "load",
    "named_filters",
    "parse",
]
__dir__ = listing(__name__, __all__)
