"""Unique documents to good ones: a classifier applied, GPT-3's keep rule.

Enters: unique documents, to be judged; documents as extracted, to learn from. Leaves: the score
of every document that was judged, kept or not; the fates of those dropped. References are scored
and never dropped.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from curate.batch import conform, replace, values
from curate.quality import models
from curate.quality.evaluation import BINS
from curate.quality.finished import Form
from curate.quality.pareto import keeps
from curate.quality.training import fold_of, group_of
from curate.recipe import Quality
from curate.spark import train
from curate.spark.stage import Run, Stage, lift
from curate.spark.train import references_of, settings_of
from curate.store import schema
from curate.store.commits import Commit, Receipt, write_tables
from curate.store.documents import KEY, SCORE, Documents, read_part
from curate.store.keys import Tally

SCHEMAS = {"scores": schema.SCORES, "fates": schema.FATES}
COLUMNS = (*KEY, "id", "url", "text", "text_hash")
MODULES = ("curate.quality", "curate._compiled", "curate.spark.quality")
LIBRARIES = ("numpy", "numba", "fasttext-community")


def stage(run: Run, documents: Documents, extracted: Documents) -> Documents:
    """Return the documents that are good enough, with their scores; all, without `quality`."""
    settings = run.recipe.quality
    if settings is None:
        return documents
    trained = train.stage(run, extracted) if settings.trained else None
    place = begin(run, documents, trained)
    if place.committed is None:
        _judge(place, settings, documents, trained)
    commit = place.committed or run.commits[-1]
    return documents.without(commit).scored(commit)


def begin(run: Run, documents: Documents, trained: Commit | None) -> Stage:
    """Return the stage's place in WORK."""
    settings = settings_of(run.recipe)
    return run.begin(
        "quality",
        settings={
            "keep": settings.model_dump(exclude={"model", "documents"}),
            "references": references_of(run.recipe),
            "seed": run.recipe.seed,
        },
        modules=MODULES,
        libraries=LIBRARIES,
        reads=[*documents.commits, *([trained] if trained else [])],
    )


def _judge(place: Stage, settings: Quality, documents: Documents, trained: Commit | None) -> None:
    """Score all documents, drop those not good enough, balance and commit."""
    run = place.run
    url, sha256 = model_of(settings, trained)
    score = partial(
        judge_documents, folder=place.folder, url=url, sha256=sha256, settings=settings,
        references=references_of(run.recipe), seed=run.recipe.seed,
    )  # fmt: skip
    receipts = place.carry_out(documents.units(), score)
    into = Tally.total(receipt.tally for receipt in receipts)
    place.balance(into, receipts, "scores")
    _, gone = place.balance_dropped(documents, receipts)
    report = {"documents": into.records, "dropped": gone.records, "model": sha256}
    place.commit(receipts, report)


def model_of(settings: Quality, trained: Commit | None) -> tuple[str, str]:
    """Return where the model lies and its sha256."""
    if trained is None:
        return settings.model, str(settings.sha256)
    file = trained.files("model")[0]
    return trained.url(file), file.sha256


def read_model(url: str, sha256: str, form: Form | None = None) -> models.Model:
    """Return a model; raises ValueError if its sha256 is another."""
    return models.load(url, sha256, form)


def form_of(settings: Quality) -> Form | None:
    """Return how a finished model is scored, None for one that a run has trained."""
    if settings.label is None:
        return None
    label = settings.label
    named = label if isinstance(label, str) else tuple(sorted(label.items()))
    return Form(label=named, **settings.text.model_dump())


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
    model = _read_once(url, sha256, form_of(settings))
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
