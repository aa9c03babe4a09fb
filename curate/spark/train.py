"""Documents as extracted to a classifier of good text.

Enters: documents as extracted. Leaves: the model, and the account of it that `models` puts into
OUT/models.

Learned from: the texts of lowest lots of each reference, and of the pages of all other sources
as extracted, before any judgement; the pages are those of OUT/samples/unjudged.parquet, or more.
Training runs in one task, on windows sorted by their lots.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import values
from curate.filters.language import Language
from curate.quality import models
from curate.quality.training import Example, Sample, TrainingDataError, windows
from curate.recipe import Quality, Recipe, RecipeError
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.filter import language_model
from curate.spark.samples import DRAWN, PAGES, UNJUDGED, lowest
from curate.spark.stage import RECEIPTS, Run, Stage, documents_frame, write_sorted
from curate.store import io
from curate.store.commits import Commit, File, Receipt
from curate.store.documents import Documents, keys_within, read_part

MODULES = (
    "curate.quality",
    "curate._compiled",
    "curate.filters.language",
    "curate.spark.samples",
    "curate.spark.train",
)
LIBRARIES = ("numpy", "numba", "fasttext-community", "py3langid")
TEXTS = ("source", "id", "url", "text")
WINDOWS = pa.schema([pa.field("window", pa.string(), nullable=False)])  # an Example as JSON


def stage(run: Run, extracted: Documents) -> Commit:
    """Return the commit of a model learned from the documents as extracted.

    Its one file is the model; its report is what stands in models/quality.json. Raises
    TrainingDataError if nothing can be learned.
    """
    place = begin(run, extracted)
    if place.committed:
        return place.committed
    settings = settings_of(run.recipe)
    place.describe("texts to learn from")
    references = references_of(run.recipe)
    drawn = lowest(_candidates(run, extracted), 0, settings.documents, run.recipe.seed)
    receipts = write_sorted(place, drawn, "drawn", DRAWN, most=1)
    urls = [io.join(place.folder, file.name) for r in receipts for file in r.files]
    judge = language_model(run.recipe)
    keep = set(run.recipe.language.keep or ()) if run.recipe.language else set()
    find = partial(
        _windows, drawn=urls, references=references, language=judge, keep=keep,
        seed=run.recipe.seed,
    )  # fmt: skip
    found = map_partitions(units_frame(run.spark, extracted.units()), find, WINDOWS)
    learn = partial(_learn, folder=place.folder, kind=settings.model)
    place.describe(f"training ({settings.model})")
    rows = map_partitions(found.repartition(1), learn, RECEIPTS).collect()
    receipt = Receipt.from_json(rows[0]["receipt"])
    if "error" in receipt.facts:
        raise TrainingDataError(receipt.facts["error"])
    report = dict(receipt.facts)
    return place.commit([Receipt("model", receipt.files)], report)


def begin(run: Run, extracted: Documents) -> Stage:
    """Return the place in WORK of what is learned."""
    recipe, settings = run.recipe, settings_of(run.recipe)
    return run.begin(
        "train",
        settings={
            "model": [settings.model, settings.documents],
            "language": recipe.language.model_dump() if recipe.language else None,
            "references": references_of(recipe),
            "seed": recipe.seed,
        },
        modules=MODULES,
        libraries=LIBRARIES,
        reads=extracted.commits,
    )


def settings_of(recipe: Recipe) -> Quality:
    """Return the settings; raises RecipeError where there are none."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, got null")
    return recipe.quality


def references_of(recipe: Recipe) -> list[str]:
    """Return the names of the sources that are references, sorted."""
    return sorted(name for name, source in recipe.sources.items() if source.reference)


def _candidates(run: Run, extracted: Documents) -> DataFrame:
    """Return all documents; those of each reference apart, those of the crawl together."""
    pages = documents_frame(run.spark, extracted, PAGES)
    own = F.when(F.col("source").isin(references_of(run.recipe)), F.col("source"))
    return pages.select(
        "key", "source", "id", "url",
        F.lit(UNJUDGED).alias("state"), F.lit("extract").alias("stage"), own.alias("reason"),
    )  # fmt: skip


def _windows(
    batches: Iterable[pa.RecordBatch],
    *,
    drawn: list[str],
    references: list[str],
    language: Language,
    keep: set[str],
    seed: int,
) -> Iterator[pa.RecordBatch]:
    """Yield the windows of the drawn documents of some parts."""
    for _, payload in unit_rows(batches):
        part = json.loads(payload)
        keys = keys_within(drawn, part["lo"], part["hi"])
        if not len(keys):
            continue
        for batch in read_part(payload, ("key", *TEXTS)):
            own = batch.filter(pa.array(np.isin(batch["key"].to_numpy(), keys)))
            for source, id_, url, text in zip(*(values(own, name) for name in TEXTS), strict=True):
                code, _score = language.identify(text)
                if keep and code not in keep:
                    continue
                label = int(source in references)
                examples = windows(
                    text, id_=id_, url=url, source=source, language=code, label=label, seed=seed
                )
                lines = [json.dumps(asdict(example)) for example in examples]
                yield pa.RecordBatch.from_pydict({"window": lines}, schema=WINDOWS)


def _learn(
    batches: Iterable[pa.RecordBatch], *, folder: str, kind: str
) -> Iterator[pa.RecordBatch]:
    """Train on all windows; yield the receipt of the model's file, or of why there is none."""
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
    yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)
