"""Unique documents to good ones: a classifier trained and applied, GPT-3's keep rule.

Enters: documents as extracted, to learn from; unique documents, to be judged. Leaves: the
model and its account, which `publish` puts into OUT/models; the score of every document that
was judged, kept or not; the fates of those dropped. References are scored and never dropped.

Learned from: the texts of lowest lots of each reference, and of the pages of all other sources
as extracted, before any judgement; the pages are those of OUT/samples/unjudged.parquet, or more.
Training runs in one task, on windows sorted by their lots.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate import io, schema
from curate.batch import conform, replace, values
from curate.documents import KEY, SCORE, Documents, keys_within, read_part
from curate.filters.language import Language
from curate.keys import Tally
from curate.ledger import balance
from curate.quality import models, picture
from curate.quality.evaluation import BINS
from curate.quality.pareto import keeps
from curate.quality.training import (
    Example,
    Sample,
    TrainingDataError,
    fold_of,
    group_of,
    windows,
)
from curate.recipe import Quality, Recipe, RecipeError
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.filter import language_model
from curate.spark.samples import DRAWN, PAGES, UNJUDGED, lowest
from curate.spark.stage import (
    RECEIPTS,
    Run,
    Stage,
    documents_frame,
    lift,
    tally_dropped,
    tally_files,
    write_sorted,
)
from curate.work import Commit, File, Receipt, write_tables

SCHEMAS = {"scores": schema.SCORES, "fates": schema.FATES}
COLUMNS = (*KEY, "id", "url", "text", "text_hash")
MODULES = ("curate.quality", "curate._compiled", "curate.spark.quality")
LIBRARIES = ("numpy", "numba", "fasttext-community")
TEXTS = ("source", "id", "url", "text")
WINDOWS = pa.schema([pa.field("window", pa.string(), nullable=False)])  # an Example as JSON


def stage(run: Run, documents: Documents, extracted: Documents) -> Documents:
    """Return the documents that are good enough, with their scores; all, without `quality`."""
    settings = run.recipe.quality
    if settings is None:
        return documents
    trained = train(run, extracted) if settings.trained else None
    place = begin(run, documents, trained)
    if place.committed is None:
        _judge(place, settings, documents, trained)
    commit = place.committed or run.commits[-1]
    return documents.without(commit).scored(commit)


def begin(run: Run, documents: Documents, trained: Commit | None) -> Stage:
    """Return the stage's place in WORK."""
    settings = _settings(run.recipe)
    return run.begin(
        "quality",
        settings={
            "keep": settings.model_dump(exclude={"model", "documents"}),
            "references": _references(run.recipe),
            "seed": run.recipe.seed,
        },
        modules=MODULES,
        libraries=LIBRARIES,
        reads=[*documents.commits, *([trained] if trained else [])],
    )


def _settings(recipe: Recipe) -> Quality:
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, got null")
    return recipe.quality


def _references(recipe: Recipe) -> list[str]:
    return sorted(name for name, source in recipe.sources.items() if source.reference)


# --- training ----------------------------------------------------------------------------------


def train(run: Run, extracted: Documents) -> Commit:
    """Return the commit of a model learned from the documents as extracted.

    Its one file is the model; its report is what stands in models/quality.json. Raises
    TrainingDataError if nothing can be learned.
    """
    place = begin_training(run, extracted)
    if place.committed:
        return place.committed
    settings = _settings(run.recipe)
    place.describe("texts to learn from")
    references = _references(run.recipe)
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


def begin_training(run: Run, extracted: Documents) -> Stage:
    """Return the place in WORK of what is learned."""
    recipe, settings = run.recipe, _settings(run.recipe)
    return run.begin(
        "train",
        settings={
            "model": [settings.model, settings.documents],
            "language": recipe.language.model_dump() if recipe.language else None,
            "references": _references(recipe),
            "seed": recipe.seed,
        },
        modules=[*MODULES, "curate.filters.language", "curate.spark.samples"],
        libraries=[*LIBRARIES, "py3langid"],
        reads=extracted.commits,
    )


def _candidates(run: Run, extracted: Documents) -> DataFrame:
    """Return all documents; those of each reference apart, those of the crawl together."""
    pages = documents_frame(run.spark, extracted, PAGES)
    own = F.when(F.col("source").isin(_references(run.recipe)), F.col("source"))
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
        receipt = Receipt("model", (file,), facts=trained.report)
    yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)


# --- judging -----------------------------------------------------------------------------------


def _judge(place: Stage, settings: Quality, documents: Documents, trained: Commit | None) -> None:
    """Score all documents, drop those not good enough, balance and commit."""
    run = place.run
    url, sha256 = model_of(settings, trained)
    score = partial(
        judge_documents, folder=place.folder, url=url, sha256=sha256, settings=settings,
        references=_references(run.recipe), seed=run.recipe.seed,
    )  # fmt: skip
    receipts = place.carry_out(documents.units(), score)
    into = Tally.total(receipt.tally for receipt in receipts)
    place.balance(into, receipts, "scores")
    found = Commit("quality", place.input_hash, place.folder, tuple(receipts))
    before, after = tally_dropped(run.spark, documents, found)
    gone = tally_files(run.spark, [found.url(file) for file in found.files("fates")])
    balance("quality", before, gone + after)
    report = {"documents": into.records, "dropped": gone.records, "model": sha256}
    place.commit(receipts, report)


def model_of(settings: Quality, trained: Commit | None) -> tuple[str, str]:
    """Return where the model lies and its sha256."""
    if trained is None:
        return settings.model, str(settings.sha256)
    file = trained.files("model")[0]
    return trained.url(file), file.sha256


def read_model(url: str, sha256: str) -> models.Model:
    """Return a model; raises ValueError if its sha256 is another."""
    data = io.read_bytes(url)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ValueError(f"{url}: expected sha256 {sha256}, got {found}")
    return models.load(url, data)


_read_once = lru_cache(maxsize=1)(read_model)  # a worker's units share one


def judge_documents(units: DataFrame, *, folder: str, **settings: Any) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the documents."""
    return lift(partial(judge_unit, **settings), folder)(units)


def judge_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    url: str,
    sha256: str,
    settings: Quality,
    references: list[str],
    seed: int,
) -> Receipt:
    """Score one part's documents and say which are dropped; no Spark needed."""
    tally = Tally()
    model = _read_once(url, sha256)
    facts: dict[str, dict[str, Any]] = {}

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, COLUMNS, tally):
            pairs = zip(values(batch, "id"), values(batch, "url"), strict=True)
            folds = [fold_of(group_of(*pair), seed) for pair in pairs] if settings.trained else None
            scores = model.scores(values(batch, "text"), folds)
            source = batch["source"][0].as_py()  # a part holds one source only
            hashes = values(batch, "text_hash")
            reasons = [
                None if source in references else reason(settings, text_hash, score, seed)
                for text_hash, score in zip(hashes, scores, strict=True)
            ]
            _note(facts, source, scores, reasons)
            scored = replace(batch, "score", scores, pa.float64())
            yield "scores", conform(replace(scored, SCORE, scores, pa.float64()), schema.SCORES)
            yield "fates", fates(scored, reasons)

    files = write_tables(folder, unit, SCHEMAS, tables())
    return Receipt(unit, files, tally.records, tally.checksum, {"sources": facts})


def reason(settings: Quality, text_hash: bytes, score: float, seed: int) -> str | None:
    """Return why a document of this score is dropped, or None."""
    if settings.threshold is not None and score < settings.threshold:
        return "below_quality_threshold"
    if settings.alpha is not None and not keeps(text_hash, score, seed, settings.alpha):
        return "lost_quality_draw"
    return None


def fates(batch: pa.RecordBatch, reasons: list[str | None]) -> pa.RecordBatch:
    """Return the fates of the rows that have a reason."""
    dropped = replace(batch, "reason", reasons, pa.string())
    dropped = dropped.filter(pa.array([why is not None for why in reasons], pa.bool_()))
    return conform(dropped, schema.FATES, state="dropped", stage="quality")


def _note(
    facts: dict[str, dict[str, Any]], source: str, scores: list[float], reasons: list[str | None]
) -> None:
    own = facts.setdefault(source, {"documents": 0, "kept": 0, "histogram": [0] * BINS})
    own["documents"] += len(scores)
    own["kept"] += reasons.count(None)
    for score in scores:
        own["histogram"][min(int(score * BINS), BINS - 1)] += 1


# --- publishing --------------------------------------------------------------------------------


def publish(run: Run) -> dict[str, Any] | None:
    """Write OUT/models of the stages done so far; return what quality.json says, None if off."""
    settings = run.recipe.quality
    if settings is None:
        return None
    by_name = {commit.stage: commit for commit in run.commits}
    trained, judged = by_name.get("train"), by_name.get("quality")
    url, sha256 = model_of(settings, trained)
    report: dict[str, Any] = dict(trained.report) if trained else {"sha256": sha256}
    if judged is not None:
        report["documents"] = _documents(judged)
    folder = io.join(run.out, "models")
    io.delete_tree(folder)
    io.write_bytes(io.join(folder, "quality.model"), io.read_bytes(url))
    if trained is not None:
        try:
            io.write_bytes(io.join(folder, "quality.png"), picture.draw(report))
        except ImportError as error:
            run.say(f"models/quality.png is not drawn: {error}")
    data = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    io.write_bytes(io.join(folder, "quality.json"), data.encode())
    return report


def named(run: Run) -> dict[str, Any]:
    """Return what the manifest says of the model; nothing without one."""
    settings = run.recipe.quality
    if settings is None:
        return {}
    trained = next((commit for commit in run.commits if commit.stage == "train"), None)
    name = settings.model if settings.trained else "given"
    return {"quality": {"model": name, "sha256": model_of(settings, trained)[1]}}


def _documents(judged: Commit) -> dict[str, Any]:
    """Return, by source, how many documents were scored and kept, and their scores."""
    table: dict[str, Any] = {}
    for receipt in judged.receipts:
        for source, own in receipt.facts["sources"].items():
            old = table.setdefault(source, {"documents": 0, "kept": 0, "histogram": [0] * BINS})
            old["documents"] += own["documents"]
            old["kept"] += own["kept"]
            both = zip(old["histogram"], own["histogram"], strict=True)
            old["histogram"] = [one + other for one, other in both]
    return dict(sorted(table.items()))
