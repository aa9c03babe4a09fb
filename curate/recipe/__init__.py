"""The recipe: a YAML file read, checked and held as frozen settings.

`load` answers with a checked, frozen `Recipe` or raises `RecipeError`, which has one line for
each mistake, naming the key, what was expected and what was got. Every key but `sources` has
a default, so a short file is a valid one. A file here is a stage's part of it.
"""

from curate.errors import RecipeError
from curate.recipe.decontaminate import Benchmark, Decontaminate
from curate.recipe.dedup import Dedup, Lines
from curate.recipe.extract import Extract
from curate.recipe.filter import FilterName, Language, named_filters
from curate.recipe.mix import CurveSettings, Mix, Output
from curate.recipe.quality import Label, Quality, TextForm
from curate.recipe.reading import load, parse
from curate.recipe.source import Source
from curate.recipe.whole import Recipe

__all__ = [
    "Benchmark",
    "CurveSettings",
    "Decontaminate",
    "Dedup",
    "Extract",
    "FilterName",
    "Label",
    "Language",
    "Lines",
    "Mix",
    "Output",
    "Quality",
    "Recipe",
    "RecipeError",
    "Source",
    "TextForm",
    "load",
    "named_filters",
    "parse",
]
