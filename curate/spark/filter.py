"""Documents to good documents: language, then the recipe's filters in order.

Enters: documents as extracted. Leaves: the survivors, their text as the edits left it, with
language and text hash; the fates of the others. References pass unjudged unless asked.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from curate.batch import BatchFunction, chain, conform, identify, judge, measure_text, split
from curate.filters.language import FastText, Language
from curate.recipe import Recipe, named_filters
from curate.spark.batches import map_batches
from curate.spark.stage import Run, Stage, lift
from curate.store import io, schema
from curate.store.commits import Receipt, write_tables
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally

SCHEMAS = {"documents": schema.JUDGED, "fates": schema.FATES}
MODULES = (
    "curate.filters", "curate.languages", "curate.steps", "curate.text", "curate.spark.filter",
)  # fmt: skip
LIBRARIES = ("py3langid", "numpy", "fasttext-community", "fasttext")


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents that every rule lets pass."""
    place = begin(run, documents)
    if place.committed:
        return Documents(place.committed)
    frame = partial(filter_documents, recipe=run.recipe, folder=place.folder)
    receipts = place.carry_out(documents.units(), frame)
    into = Tally.total(receipt.tally for receipt in receipts)
    place.balance(into, receipts, "documents", "fates")
    kept = sum(f.rows for r in receipts for f in r.files if f.table == "documents")
    return Documents(place.commit(receipts, {"documents": into.records, "kept": kept}))


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    recipe = run.recipe
    return run.begin(
        "filter",
        settings={
            "language": recipe.language.model_dump() if recipe.language else None,
            "filters": named_filters(recipe.filters),
            "filtered": {name: source.filtered for name, source in recipe.sources.items()},
        },
        modules=[*MODULES, *own_modules(recipe)],
        libraries=LIBRARIES,
        reads=documents.commits,
        inputs=[io.sha256(io.local_path(path)) for path in recipe.filter_files()],
    )


def filter_documents(units: DataFrame, recipe: Recipe, folder: str) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the documents."""
    return lift(partial(filter_unit, recipe=recipe), folder)(units)


def judged(documents: DataFrame, recipe: Recipe) -> DataFrame:
    """Return any frame with a text column judged: language, edited text, drop_reason.

    One row for each row; nothing is written, nothing leaves the frame.
    """
    return map_batches(documents, rules(recipe))


def rules(recipe: Recipe, cut: Counter[str] | None = None) -> BatchFunction:
    """Return the recipe's language and filters as one batch function; see `judge` for `cut`."""
    several = judge(cache(recipe.steps), cut)
    if recipe.language is None:
        return several
    model = language_model(recipe)
    return chain([identify(model.identify, model.judge if recipe.language.keep else None), several])


def language_model(recipe: Recipe) -> Language:
    """Return the recipe's language rule; the model is loaded where it is first used."""
    settings: dict[str, Any] = {}
    wanted = recipe.language
    if wanted is not None:
        if wanted.keep:
            settings["keep"] = wanted.keep
        if wanted.min_score is not None:
            settings["min_score"] = wanted.min_score
        if wanted.model is not None:
            settings["model"] = FastText(path=wanted.model, sha256=wanted.sha256 or "")
    return Language(**settings)


def filter_unit(folder: str, unit: str, payload: str, *, recipe: Recipe) -> Receipt:
    """Judge one part of the documents and write both sides; no Spark needed."""
    tally = Tally()
    cut: Counter[str] = Counter()
    judging = rules(recipe, cut)
    passing = identify(language_model(recipe).identify) if recipe.language else judge([])
    filtered = {name: source.filtered for name, source in recipe.sources.items()}

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, tally=tally):
            source = batch["source"][0].as_py()  # a part holds one source only
            kept, dropped = split((judging if filtered[source] else passing)(batch))
            yield "documents", conform(measure_text(kept), schema.JUDGED)
            yield "fates", fates(dropped)

    files = write_tables(folder, unit, SCHEMAS, tables())
    facts = {"cut": dict(sorted(cut.items()))}  # characters that edits took, by rule
    return Receipt(unit, files, tally.records, tally.checksum, facts)


def fates(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the fates of dropped rows; of those dropped for language, the score too."""
    reasons = dropped["drop_reason"]
    rows = conform(dropped, schema.FATES, state="dropped", stage="filter")
    index = rows.schema.get_field_index("reason")
    rows = rows.set_column(index, rows.schema.field(index), reasons)
    if "language_score" in dropped.schema.names:
        about_language = pc.starts_with(reasons, "language_")
        scores = pc.if_else(
            about_language, dropped["language_score"], pa.scalar(None, pa.float64())
        )
        index = rows.schema.get_field_index("score")
        rows = rows.set_column(index, rows.schema.field(index), scores)
    return rows


def own_modules(recipe: Recipe) -> list[str]:
    """Return the modules of filters that are named by module:attribute."""
    return sorted(
        {name.partition(":")[0] for name, _ in named_filters(recipe.filters) if ":" in name}
    )
