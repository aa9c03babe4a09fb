"""Train the quality classifier on documents as extracted.

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
from typing import Any

import pyarrow as pa

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET
from curate.filters.language import Language
from curate.quality import fitting, models
from curate.quality.label_files import graded_texts
from curate.quality.pretrained import Form
from curate.quality.training import Example, Sample, TrainingDataError, windows_of
from curate.recipe import Classifier, Labels, Quality, Recipe, RecipeError
from curate.stages.filter import language_model
from curate.stages.sampling import drawn_rows, page_rows, sample_outcomes, write_drawn
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

LIBRARIES = ("numpy", "numba", "fasttext-community", "py3langid", "tiktoken")
TEXTS = ("source", "id", "url", "text", "grade")
WINDOWS = pa.schema([pa.field("window", pa.string(), nullable=False)])  # an Example as JSON


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    recipe, settings = run.recipe, settings_of(run.recipe)
    return run.stage(
        "train",
        settings={
            "models": {
                name: {
                    "kind": model.kind,
                    **model.model_dump(include={"sha256", "label", "text"}),
                    "labels": model.labels and model.labels.model_dump(exclude={"path"}),
                }
                for name, model in settings.each().items()
            },
            "combine": settings.combine if settings.models else None,
            "documents": settings.documents,
            "language": recipe.language.model_dump() if recipe.language else None,
            "references": references_of(recipe),
            "seed": recipe.seed,
        },
        module=__name__,
        libraries=LIBRARIES,
        reads=so_far.extracted.commits,
        inputs=[
            [file.file_path, file.size, file.version]
            for model in settings.each().values()
            if model.labels
            for file in io.find(model.labels.path)
        ],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Train a model on the documents as extracted.

    The commit's one file is the model; its report is the content of models/quality.json. Raises
    TrainingDataError if the training data are insufficient.
    """
    recipe, engine = stage.run.recipe, stage.run.engine
    settings, references = settings_of(recipe), references_of(recipe)
    stage.describe("training texts")
    units = so_far.extracted.units()
    reader = partial(
        page_rows, sources=tuple(recipe.sources), seed=recipe.seed, by_source=references
    )
    drawn = ""
    if needs_windows(settings):
        drawn = write_drawn(
            stage, sample_outcomes(stage, [("pages", reader, units)], 0, settings.documents)
        )
    keep = frozenset(recipe.language.keep or ()) if recipe.language else frozenset()
    find = partial(
        _windows, drawn=drawn, references=references, language=language_model(recipe), keep=keep,
        seed=recipe.seed,
    )  # fmt: skip
    tasks = stage.tasks(units) if drawn else []
    windows = engine.start(find, tasks, with_bucket(WINDOWS))
    learn = partial(_learn, folder=stage.folder, settings=settings, seed=recipe.seed)
    kinds = ", ".join(sorted({model.kind for model in settings.each().values()}))
    stage.describe(f"training ({kinds})")
    receipts = collected(engine, engine.exchange(windows, learn, RECEIPTS, buckets=1))
    if not receipts:
        receipts = [Receipt.from_json(batch["receipt"][0].as_py())
                    for batch in learn(0, iter(()))]  # fmt: skip
    (receipt,) = receipts
    if "error" in receipt.facts:
        raise TrainingDataError(receipt.facts["error"])
    return stage.commit([Receipt("model", receipt.files)], dict(receipt.facts))


def settings_of(recipe: Recipe) -> Quality:
    """Return the settings; raises RecipeError if there are none."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, got null")
    return recipe.quality


def needs_windows(settings: Quality) -> bool:
    """Return whether windows of references and crawl are needed, to learn from or to rank by."""
    ranks = bool(settings.models) and settings.combine.endswith("rank")
    return ranks or settings.learns_from_references


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
    """Yield the windows of the sampled documents of some parts, all for one bucket."""
    for unit in units:
        for batch in drawn_rows(unit.payload, drawn, ("key", *TEXTS)):
            texts = zip(*(values(batch, name) for name in TEXTS), strict=True)
            windows = windows_of(
                texts, lambda source: int(source in references), language.identify,
                keep=keep or None, seed=seed,
            )  # fmt: skip
            lines = [json.dumps(asdict(example)) for example in windows]
            if lines:
                rows = pa.RecordBatch.from_pydict({"window": lines}, schema=WINDOWS)
                zeros = [0] * len(lines)
                rows = set_column(rows, BUCKET, zeros, pa.int64())
                yield rows.select([BUCKET, *WINDOWS.names])


def _learn(
    bucket: int, batches: Iterator[pa.RecordBatch], *, folder: str, settings: Quality, seed: int
) -> Iterator[pa.RecordBatch]:
    """Train on all windows; yield the receipt of the model's file, or of the failure."""
    del bucket
    sample = Sample()
    for batch in batches:
        sample.add(Example(**json.loads(line)) for line in values(batch, "window"))
    try:
        model, report = _fit(settings, sample.examples(), seed)
    except TrainingDataError as error:
        receipt = Receipt("model", facts={"error": str(error)})
    else:
        data = model.to_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"model/{sha256[:12]}.model"
        io.write_bytes(io.join(folder, name), data)
        file = File("model", name, 1, len(data), sha256)
        receipt = Receipt("model", (file,), facts=report)
    yield receipt_batch(receipt)


def _fit(
    settings: Quality, examples: Sequence[Example], seed: int
) -> tuple[models.Model, dict[str, Any]]:
    """Return the model of the settings, and its report."""
    learners: dict[str, fitting.Learner] = {}
    for name, model in settings.each().items():
        if model.labels is not None:
            labels = model.labels
            learners[name] = partial(_of_labels, labels, most=settings.documents, seed=seed)
        elif model.kind == "pretrained":
            learners[name] = partial(
                fitting.pretrained, model.model, str(model.sha256), form_of(model)
            )
        else:
            learners[name] = partial(fitting.of_windows, examples, model.kind)
    if not settings.models:
        return learners[""]()
    return fitting.ensemble_of(learners, settings.combine, examples)


def _of_labels(labels: Labels, *, most: int, seed: int) -> tuple[models.Model, dict[str, Any]]:
    keys = labels.model_dump(include={"text", "score", "site", "highest"})
    return fitting.of_labels(graded_texts(labels.path, **keys, most=most, seed=seed), seed)


def form_of(settings: Classifier) -> Form | None:
    """Return how a pretrained model is scored, None for one that a run has trained."""
    if settings.label is None:
        return None
    label = settings.label
    named = label if isinstance(label, str) else tuple(sorted(label.items()))
    return Form(label=named, **settings.text.model_dump())


SPEC = Spec(
    name="train",
    prepare=prepare,
    work=work,
    then=unchanged,
    wanted=lambda recipe: recipe.quality is not None and recipe.quality.trained,
    units=lambda *_: None,
    needs=("extract",),
)
