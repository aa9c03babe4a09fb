"""Identify languages and apply the recipe's filters in order.

Input: documents as extracted. Output: the documents kept, with edited text, language and text hash;
the outcomes of the others. References are not judged unless the recipe says so.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate import steps
from curate.batch import (
    BatchFunction,
    RunChain,
    chain,
    identify,
    judge,
    measure_text,
    project_to_schema,
    split,
)
from curate.engine import guard
from curate.filters.language import FastText, Language
from curate.recipe import Recipe, named_filters
from curate.stages.code_hash import code_of
from curate.stages.stage import Run, SoFar, Spec, Stage, rewritten, stage_cut
from curate.steps import Outcome
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import read_part
from curate.store.keys import Tally
from curate.store.tables import write_tables
from curate.text.dictionaries import distributions

SCHEMAS = {"documents": schema.FILTERED, "outcomes": schema.OUTCOMES}
LIBRARIES = ("py3langid", "numpy", "fasttext-community", "fasttext", "phonenumbers")


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Filter the documents; return the commit of those that pass all rules."""
    filter_part = partial(filter_unit, recipe=stage.run.recipe)
    external = bool(own_modules(stage.run.recipe))
    receipts = stage.run_units(so_far.left.units(), filter_part, isolated=external)
    into = Tally.total(receipt.tally for receipt in receipts)
    cut = stage_cut(receipts)
    stage.balance(into, receipts, "documents", "outcomes", cut=sum(cut.values()))
    kept = sum(receipt.rows("documents") for receipt in receipts)
    edits: Counter[str] = Counter()
    for receipt in receipts:
        edits.update(receipt.facts.get("edits", {}))
    return stage.commit(
        receipts,
        {"documents": into.records, "kept": kept, "cut": cut, "edits": dict(sorted(edits.items()))},
    )


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    recipe = run.recipe
    return run.stage(
        "filter",
        settings={
            "language": recipe.language.model_dump() if recipe.language else None,
            "filters": named_filters(recipe.filters),
            "filtered": {name: source.filtered for name, source in recipe.sources.items()},
            "max_seconds": recipe.extract.max_seconds if own_modules(recipe) else None,
        },
        module=__name__,
        libraries=(*LIBRARIES, *distributions(recipe.dictionaries())),
        reads=so_far.left.commits,
        inputs=[
            [io.sha256(io.local_path(path)) for path in recipe.filter_files()],
            [code_of(module) for module in own_modules(recipe)],
        ],
    )


def rules(
    recipe: Recipe,
    cut: Counter[str] | None = None,
    run: RunChain | None = None,
    edits: Counter[str] | None = None,
) -> BatchFunction:
    """Return the recipe's language and filters as one batch function.

    See `judge` for `cut`, `run` and `edits`.
    """
    filter_batch = judge(steps_by_language(recipe), cut, run, edits)
    if recipe.language is None:
        return filter_batch
    model = language_model(recipe)
    return chain(
        [identify(model.identify, model.judge if recipe.language.keep else None), filter_batch]
    )


def steps_by_language(recipe: Recipe) -> Callable[[str | None], list[Any]]:
    """Return a picklable function (language -> the filters' steps), cached per language."""
    by_language: dict[str | None, list[Any]] = {}

    def steps_of(language: str | None) -> list[Any]:
        if language not in by_language:
            by_language[language] = recipe.steps(language)
        return by_language[language]

    return steps_of


def language_model(recipe: Recipe) -> Language:
    """Return the recipe's language rule; the model is loaded on first use."""
    settings: dict[str, Any] = {}
    language = recipe.language
    if language is not None:
        if language.keep:
            settings["keep"] = language.keep
        if language.min_score is not None:
            settings["min_score"] = language.min_score
        if language.model is not None:
            settings["model"] = FastText(path=language.model, sha256=language.sha256 or "")
    return Language(**settings)


@contextmanager
def guarded(folder: str, unit: str, recipe: Recipe) -> Iterator[RunChain | None]:
    """Yield an isolated `steps.run` if the recipe names external filters, else None.

    A filter that ends its process, or exceeds the CPU time of a page, drops the record: see
    `curate.engine.guard`.
    """
    if not own_modules(recipe):
        yield None
        return
    chain = steps_by_language(recipe)

    def judged(language: str | None, text: str, columns: Any, blocks: Any) -> Outcome:
        return steps.run(chain(language), text, columns, blocks)

    def ended(cause: str) -> Outcome:
        return Outcome("", guard.OF_FILTERS[cause], None, {}, [])

    with guard.attempt(folder, unit, judged, ended, seconds=recipe.extract.max_seconds) as run:
        yield run


def filter_unit(folder: str, unit: str, payload: str, *, recipe: Recipe) -> Receipt:
    """Judge one part of the documents; write documents and outcomes."""
    with guarded(folder, unit, recipe) as run:
        return _filter_part(folder, unit, payload, recipe, run)


def _filter_part(
    folder: str, unit: str, payload: str, recipe: Recipe, run: RunChain | None
) -> Receipt:
    tally = Tally()
    cut: Counter[str] = Counter()
    edits: Counter[str] = Counter()
    judging = rules(recipe, cut, run, edits)
    passing = identify(language_model(recipe).identify) if recipe.language else judge([])
    filtered = {name: source.filtered for name, source in recipe.sources.items()}

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, tally=tally):
            source = batch["source"][0].as_py()  # a part has one source only
            kept, dropped = split((judging if filtered[source] else passing)(batch))
            kept = measure_text(kept)
            yield (
                "documents",
                project_to_schema(kept, schema.FILTERED, language=None, language_score=None),
            )
            yield "outcomes", outcomes(dropped)

    files = write_tables(folder, unit, SCHEMAS, tables())
    facts = {  # characters that edits took, and how often they did, by rule
        "cut": {rule: size for rule, size in sorted(cut.items()) if size},
        "edits": dict(sorted(edits.items())),
    }
    return Receipt(unit, files, tally, facts)


def outcomes(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the outcomes of dropped rows; with the score of those dropped for language."""
    reasons = dropped["drop_reason"]
    rows = project_to_schema(
        dropped, schema.OUTCOMES, state="dropped", stage="filter", length=None, reason=None,
        score=None, kept_key=None, kept_id=None,
    )  # fmt: skip
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


SPEC = Spec(
    name="filter",
    prepare=prepare,
    work=work,
    then=rewritten,
)
