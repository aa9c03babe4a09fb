"""Columns of the shards that a recipe asks for: scores of models, licences, labels."""

from typing import Any

import pyarrow as pa

from curate.recipe import Quality, Recipe
from curate.store import schema


def score_columns(settings: Quality | None) -> pa.Schema:
    """Return the columns that the classifier gives in addition to its score, sorted."""
    if settings is None:
        return pa.schema([])
    fields: list[pa.Field[Any]] = [
        pa.field(schema.SCORE_OF + name, pa.float64()) for name in sorted(settings.models)
    ]
    if any(model.kind == "perplexity" for model in settings.each().values()):
        fields += schema.PERPLEXITY
    return pa.schema(fields)


def own_columns(recipe: Recipe) -> pa.Schema:
    """Return the columns that the shards have in addition to those of all recipes."""
    columns = score_columns(recipe.quality)
    if recipe.rights.license is not None:
        columns = columns.append(schema.LICENSE)
    return schema.with_counted(columns, recipe.labels, copies=recipe.dedup.count_copies)
