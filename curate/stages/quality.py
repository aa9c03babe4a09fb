"""Score documents with the quality classifier and apply GPT-3's keep rule.

Input: unique documents; the model. Output: the score of every document, kept or not; the
outcomes of those dropped. References are scored and never dropped.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa

from curate.batch import project_to_schema, set_column, values
from curate.quality import models
from curate.quality.ensemble import detailed
from curate.quality.evaluation import BINS
from curate.quality.pareto import drop_reason
from curate.quality.pretrained import Form
from curate.quality.training import fold_of, group_of
from curate.recipe import Quality
from curate.stages.columns import score_columns
from curate.stages.length_bins import length_bin
from curate.stages.stage import Run, SoFar, Spec, Stage
from curate.stages.train import form_of, references_of, settings_of
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, SCORE, read_part
from curate.store.keys import Tally
from curate.store.tables import write_tables

COLUMNS = (*KEY, "id", "url", "text", "text_hash", "language", "characters", "extracted")
LIBRARIES = ("numpy", "numba", "fasttext-community", "tiktoken")


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    settings = settings_of(run.recipe)
    trained = so_far.commits.get("train")
    return run.stage(
        "quality",
        settings={
            "keep": settings.model_dump(
                exclude={"model", "models", "combine", "labels", "documents"}
            ),
            "columns": score_columns(settings).names,
            "references": references_of(run.recipe),
            "seed": run.recipe.seed,
        },
        module=__name__,
        libraries=LIBRARIES,
        reads=[*so_far.left.commits, *([trained] if trained else [])],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Score all documents, drop those with low scores."""
    run = stage.run
    settings = settings_of(run.recipe)
    url, sha256 = model_of(settings, so_far.commits.get("train"))
    score = partial(
        judge_unit, url=url, sha256=sha256, settings=settings,
        references=references_of(run.recipe), seed=run.recipe.seed,
    )  # fmt: skip
    receipts = stage.run_units(so_far.left.units(), score)
    into = Tally.total(receipt.tally for receipt in receipts)
    stage.balance(into, receipts, "scores")
    _, dropped = stage.balance_dropped(so_far.left, receipts)
    report = {"documents": into.records, "dropped": dropped.records, "model": sha256}
    return stage.commit(receipts, report)


def model_of(settings: Quality, trained: Commit | None) -> tuple[str, str]:
    """Return the model's URL and sha256."""
    if trained is None:
        return settings.model, str(settings.sha256)
    file = trained.files("model")[0]
    return trained.url(file), file.sha256


def read_model(
    url: str, sha256: str, form: Form | None = None, places: tuple[tuple[str, str], ...] = ()
) -> models.Model:
    """Return a model; raises ValueError if its sha256 differs.

    places: paths of the pretrained ones among several models, by name.
    """
    return models.load(url, sha256, form, dict(places))


_read_once = lru_cache(maxsize=1)(read_model)  # a worker's units share one


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
    """Score one part's documents; write scores and outcomes."""
    tally = Tally()
    paths = [(name, member.model) for name, member in settings.models.items() if member.sha256]
    model = _read_once(url, sha256, form_of(settings), tuple(paths))
    facts: dict[str, dict[str, Any]] = {}
    reason = partial(drop_reason, alpha=settings.alpha, threshold=settings.threshold)

    columns = score_columns(settings)
    tables = {"scores": pa.schema([*schema.SCORES, *columns]), "outcomes": schema.OUTCOMES}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, COLUMNS, tally):
            pairs = zip(values(batch, "id"), values(batch, "url"), strict=True)
            folds = [fold_of(group_of(*pair), seed) for pair in pairs] if settings.trained else None
            scores, details = detailed(
                model, values(batch, "text"), folds, values(batch, "language")
            )
            source = batch["source"][0].as_py()  # a part has one source only
            hashes = values(batch, "text_hash")
            reasons = [
                None if source in references else reason(text_hash, score, seed)
                for text_hash, score in zip(hashes, scores, strict=True)
            ]
            _note(facts, source, scores, reasons, values(batch, "characters"))
            scored = set_column(batch, "score", scores, pa.float64())
            all_columns = set_column(scored, SCORE, scores, pa.float64())
            for field in columns:
                all_columns = set_column(all_columns, field.name, details[field.name], field.type)
            yield "scores", project_to_schema(all_columns, tables["scores"])
            yield "outcomes", outcomes(scored, reasons)

    files = write_tables(folder, unit, tables, rows())
    return Receipt(unit, files, tally, {"sources": facts})


def outcomes(batch: pa.RecordBatch, reasons: list[str | None]) -> pa.RecordBatch:
    """Return the outcomes of the rows that have a reason."""
    dropped = set_column(batch, "reason", reasons, pa.string())
    dropped = dropped.filter(pa.array([reason is not None for reason in reasons], pa.bool_()))
    return project_to_schema(
        dropped, schema.OUTCOMES, state="dropped", stage="quality",
        length=None, kept_key=None, kept_id=None,
    )  # fmt: skip


def _note(
    facts: dict[str, dict[str, Any]],
    source: str,
    scores: list[float],
    reasons: list[str | None],
    characters: list[int],
) -> None:
    counts = facts.setdefault(
        source, {"documents": 0, "kept": 0, "histogram": [0] * BINS, "lengths": {}}
    )
    counts["documents"] += len(scores)
    counts["kept"] += reasons.count(None)
    for score, length in zip(scores, characters, strict=True):
        at = min(int(score * BINS), BINS - 1)
        counts["histogram"][at] += 1
        cell = f"{at} {length_bin(length)}"
        counts["lengths"][cell] = counts["lengths"].get(cell, 0) + 1


SPEC = Spec(
    name="quality",
    prepare=prepare,
    work=work,
    then=lambda so_far, commit: so_far.plus(commit, so_far.left.without(commit).scored(commit)),
    wanted=lambda recipe: recipe.quality is not None,
)
