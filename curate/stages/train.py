"""Documents as extracted to a classifier of good text.

Input: documents as extracted. Output: the model, and the report that `models` puts into OUT/models.

Learned from: the texts of lowest hashes of each reference, and of the pages of all other sources
as extracted, before any filter; the pages are those of OUT/samples/unjudged.parquet, or more.
Training runs in one task, on windows sorted by their hashes.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import pyarrow as pa

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET
from curate.filters.language import Language
from curate.quality import models
from curate.quality.training import Example, Sample, TrainingDataError, windows_of
from curate.recipe import Quality, Recipe, RecipeError
from curate.stages.filter import language_model
from curate.stages.samples import drawn_rows, lowest, page_rows, write_drawn
from curate.stages.sorting import with_bucket
from curate.stages.stage import (
    RECEIPTS,
    Run,
    SoFar,
    Spec,
    Stage,
    collected,
    receipt_batch,
    unchanged,
)
from curate.store import io
from curate.store.commits import Commit, Receipt
from curate.store.manifest import File
from curate.store.units import Unit

LIBRARIES = ("numpy", "numba", "fasttext-community", "py3langid")
TEXTS = ("source", "id", "url", "text")
WINDOWS = pa.schema([pa.field("window", pa.string(), nullable=False)])  # an Example as JSON


def place(run: Run, so_far: SoFar) -> Stage:
    """Return the stage's place in WORK."""
    recipe, settings = run.recipe, settings_of(run.recipe)
    return run.place(
        "train",
        settings={
            "model": [settings.model, settings.documents],
            "language": recipe.language.model_dump() if recipe.language else None,
            "references": references_of(recipe),
            "seed": recipe.seed,
        },
        module=__name__,
        libraries=LIBRARIES,
        reads=so_far.extracted.commits,
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Learn a model from the documents as extracted.

    The commit's one file is the model; its report is what stands in models/quality.json. Raises
    TrainingDataError if nothing can be learned.
    """
    recipe, engine = stage.run.recipe, stage.run.engine
    settings, references = settings_of(recipe), references_of(recipe)
    stage.describe("texts to learn from")
    units = so_far.extracted.units()
    reader = partial(
        page_rows, sources=tuple(recipe.sources), seed=recipe.seed, by_source=references
    )
    drawn = write_drawn(stage, lowest(stage, [("pages", reader, units)], 0, settings.documents))
    keep = frozenset(recipe.language.keep or ()) if recipe.language else frozenset()
    find = partial(
        _windows, drawn=drawn, references=references, language=language_model(recipe), keep=keep,
        seed=recipe.seed,
    )  # fmt: skip
    tasks = stage.tasks(units) if drawn else []
    found = engine.start(find, tasks, with_bucket(WINDOWS))
    learn = partial(_learn, folder=stage.folder, kind=settings.model)
    stage.describe(f"training ({settings.model})")
    receipts = collected(engine, engine.exchange(found, learn, RECEIPTS, buckets=1))
    if not receipts:
        receipts = [Receipt.from_json(batch["receipt"][0].as_py())
                    for batch in learn(0, iter(()))]  # fmt: skip
    (receipt,) = receipts
    if "error" in receipt.facts:
        raise TrainingDataError(receipt.facts["error"])
    return stage.commit([Receipt("model", receipt.files)], dict(receipt.facts))


def settings_of(recipe: Recipe) -> Quality:
    """Return the settings; raises RecipeError where there are none."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, got null")
    return recipe.quality


def references_of(recipe: Recipe) -> list[str]:
    """Return the names of the sources that are references, sorted."""
    return sorted(name for name, source in recipe.sources.items() if source.reference)


def _windows(
    units: Sequence[Unit],
    *,
    drawn: str,
    references: list[str],
    language: Language,
    keep: frozenset[str],
    seed: int,
) -> Iterator[pa.RecordBatch]:
    """Yield the windows of the drawn documents of some parts, all for one bucket."""
    for unit in units:
        for batch in drawn_rows(unit.payload, drawn, ("key", *TEXTS)):
            texts = zip(*(values(batch, name) for name in TEXTS), strict=True)
            found = windows_of(
                texts, lambda source: int(source in references), language.identify,
                keep=keep or None, seed=seed,
            )  # fmt: skip
            lines = [json.dumps(asdict(example)) for example in found]
            if lines:
                rows = pa.RecordBatch.from_pydict({"window": lines}, schema=WINDOWS)
                zeros = [0] * len(lines)
                rows = set_column(rows, BUCKET, zeros, pa.int64())
                yield rows.select([BUCKET, *WINDOWS.names])


def _learn(
    bucket: int, batches: Iterator[pa.RecordBatch], *, folder: str, kind: str
) -> Iterator[pa.RecordBatch]:
    """Train on all windows; yield the receipt of the model's file, or of why there is none."""
    del bucket
    sample = Sample()
    for batch in batches:
        sample.add(Example(**json.loads(line)) for line in values(batch, "window"))
    try:
        trained = models.train(sample.examples(), kind)
    except TrainingDataError as error:
        receipt = Receipt("model", facts={"error": str(error)})
    else:
        data = trained.model.to_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"model/{sha256[:12]}.model"
        io.write_bytes(io.join(folder, name), data)
        file = File("model", name, 1, len(data), sha256)
        receipt = Receipt("model", (file,), facts=trained.report.to_json())
    yield receipt_batch(receipt)


SPEC = Spec(
    name="train",
    place=place,
    work=work,
    then=unchanged,
    wanted=lambda recipe: recipe.quality is not None and recipe.quality.trained,
    units=lambda *_: None,
    needs=("extract",),
)
