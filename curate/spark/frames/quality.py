"""The classifier on DataFrames: learned from references and a crawl, applied; GPT-3's keep rule."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from curate._lazy import listing
from curate.batch import drop_reasons, set_column, values
from curate.filters.language import Language
from curate.quality import models
from curate.quality.ensemble import detailed
from curate.quality.models import Model, Trained
from curate.quality.pareto import ALPHA
from curate.quality.pareto import drop_reason as reason_of
from curate.quality.pretrained import Pretrained
from curate.quality.training import Example, Sample, fold_of, group_of, windows_of
from curate.recipe import Quality, Recipe
from curate.recipe.quality import TRAINED
from curate.spark.frames.columns import (
    column,
    map_stream,
    optional,
    schema_of,
    so_far,
    with_columns,
)
from curate.store.keys import seeded_hash, signed, text_hash

__all__ = ["pareto", "score", "train_quality"]
__dir__ = listing(__name__, __all__)

DOCUMENTS: int = Quality.model_fields["documents"].default
SEED: int = Recipe.model_fields["seed"].default
LINES = {"window": pa.string()}


def train_quality(
    references: DataFrame,
    crawl: DataFrame,
    *,
    text: str = "text",
    id: str = "id",
    url: str | None = "url",
    source: str | None = None,
    kind: str = "masked",
    documents: int = DOCUMENTS,
    languages: Iterable[str] | None = None,
    seed: int = SEED,
) -> Trained:
    """Return a model of how references are written, and what is known of it (`.model`, `.report`).

    Args:
        references: good texts. crawl: pages before any filter, the other class.
        text, id, url: columns of both. Texts of one site, or of one id where there is no URL, are
            never parted between learning and judging.
        source: a column of both frames; each reference then counts the same, however large. None:
            the references are one.
        kind: masked, logistic, fasttext or perplexity, as a recipe's `quality.model`.
        documents: how many texts are taken of each reference, and of the crawl, by hash.
        languages: codes; texts in others are left out. None: none is.
        seed: of the hashes.
    Raises:
        ValueError: a column is not there or of another type, or there is no such kind.
        TrainingDataError: nothing can be learned.

    Runs at once: windows of the texts are cut in tasks, the model is fitted in this process.
    """
    if kind not in TRAINED:
        raise ValueError(f"train_quality: expected kind of {', '.join(TRAINED)}, got {kind}")
    keep = frozenset(languages) if languages else None
    sample = Sample()
    for frame, label in ((references, 1), (crawl, 0)):
        rows = _drawn(
            frame, text=text, id=id, url=url, source=source, label=label, documents=documents,
            seed=seed,
        )  # fmt: skip
        cut = partial(_windows, label=label, keep=keep, seed=seed)
        lines = map_stream(rows, cut, schema_of(LINES))
        lowest = map_stream(lines.repartition(1), _lowest, schema_of(LINES))
        sample.add(Example(**json.loads(row["window"])) for row in lowest.collect())
    return models.train(sample.examples(), kind)


def score(
    frame: DataFrame,
    model: Model | Trained,
    *,
    text: str = "text",
    id: str | None = None,
    url: str | None = "url",
    language: str | None = "language",
    score: str = "quality_score",
    seed: int = SEED,
) -> DataFrame:
    """Return the frame with the model's score of each text, 0 to 1; null of a null text.

    Args:
        model: of `train_quality`, or of `curate.quality.load(path, sha256)`.
        id, url: given an id, each text is scored as if the model had not learned from its site, or
            from it: for texts that it may have learned from.
        language: of each text, used if the frame has it: some models rank within a language.
        score: column that is written.
        seed: that of the training.
    """
    scorer = model.model if isinstance(model, Trained) else model
    if not hasattr(scorer, "scores"):
        raise TypeError(
            "score: expected a model of train_quality or of curate.quality.load, got "
            f"{type(scorer).__name__}"
        )
    reads = {"text": column("score", frame, text, "text")}
    reads |= optional("score", frame, language, "language")
    if id is not None:
        reads |= {"id": column("score", frame, id, "id"), **optional("score", frame, url, "url")}
    function = partial(_scored, model=_Sent(scorer), seed=seed)
    return with_columns(frame, function, reads=reads, writes={"score": score})


def pareto(
    frame: DataFrame,
    *,
    alpha: float | None = ALPHA,
    threshold: float | None = None,
    score: str = "quality_score",
    text: str = "text",
    seed: int = SEED,
    reason: str = "drop_reason",
) -> DataFrame:
    """Return the frame with a reason against each row that GPT-3's rule does not keep.

    A row is kept with chance (2 - score)^-alpha, by a hash of its text, so that copies share their
    outcome; remove exact duplicates before. `lost_quality_draw` means that it is not kept.

    Args:
        alpha: None: no draw. threshold: scores below are `below_quality_threshold`; None: none.
        reason: column that is written; a row that has one already keeps it.
    """
    reads = {
        "text": column("pareto", frame, text, "text"),
        "score": column("pareto", frame, score, "score"),
        **so_far("pareto", frame, reason),
    }
    if alpha is not None and not alpha > 0:
        raise ValueError(f"pareto: expected alpha above 0 or None, got {alpha}")
    function = partial(_drawn_for, alpha=alpha, threshold=threshold, seed=seed)
    return with_columns(frame, function, reads=reads, writes={"drop_reason": reason})


# --- learning ----------------------------------------------------------------------------------


def _drawn(
    frame: DataFrame, *, text: str, id: str, url: str | None, source: str | None, label: int,
    documents: int, seed: int,
) -> DataFrame:  # fmt: skip
    """Return source, id, url and text of the rows of lowest hashes: as a run draws them."""
    caller = "train_quality"
    name = "references" if label else "crawl"
    optional_url = optional(caller, frame, url, "url")
    rows = frame.select(
        frame[column(caller, frame, source, "source")].alias("source")
        if source is not None
        else F.lit(name).alias("source"),
        frame[column(caller, frame, id, "id")].alias("id"),
        (frame[optional_url["url"]] if optional_url else F.lit(None).cast("string")).alias("url"),
        frame[column(caller, frame, text, "text")].alias("text"),
    )
    rows = rows.where("text IS NOT NULL AND id IS NOT NULL")
    hashed = with_columns(
        rows, partial(_hashed, seed=seed), reads={"source": "source", "id": "id"},
        writes={"hash": "hash"},
    )  # fmt: skip
    order = ("hash", "source", "id")
    if label and source is not None:
        rank = F.row_number().over(Window.partitionBy("source").orderBy(*order))
        lowest = hashed.withColumn("rank", rank).where(F.col("rank") <= documents)
    else:  # the crawl's sources are drawn together; each task sends its lowest alone
        lowest = hashed.orderBy(*order).limit(documents)
    return lowest.select("source", "id", "url", "text")


def _hashed(batch: pa.RecordBatch, *, seed: int) -> pa.RecordBatch:
    pairs = zip(values(batch, "source"), values(batch, "id"), strict=True)
    hashes = [signed(seeded_hash("sample", f"{source}/{id_}", seed)) for source, id_ in pairs]
    return set_column(batch, "hash", hashes, pa.int64())


def _windows(
    batches: Iterable[pa.RecordBatch], *, label: int, keep: frozenset[str] | None, seed: int
) -> Iterator[pa.RecordBatch]:
    identify = Language().identify
    for batch in batches:
        names = ("source", "id", "url", "text")
        columns = [*(values(batch, name) for name in names), [None] * batch.num_rows]
        rows = zip(*columns, strict=True)
        windows = windows_of(rows, lambda _: label, identify, keep=keep, seed=seed)
        yield _lines(windows)


def _lowest(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the windows of a sample, which is all the driver is sent."""
    sample = Sample()
    for batch in batches:
        sample.add(Example(**json.loads(line)) for line in values(batch, "window"))
    yield _lines(sample.examples())


def _lines(examples: Iterable[Example]) -> pa.RecordBatch:
    lines = [json.dumps(asdict(example)) for example in examples]
    return pa.RecordBatch.from_pydict({"window": pa.array(lines, pa.string())})


# --- scoring -----------------------------------------------------------------------------------


class _Sent:
    """A model on its way to workers: its file, read once in a process; of others' models, itself.

    Pretrained models store the path of their file, which may be large.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self.model, Pretrained):
            return _Sent, (self.model,)
        return _received, (self.model.to_bytes(),)


@lru_cache(maxsize=1)
def _received(data: bytes) -> _Sent:
    return _Sent(models.from_bytes(data))


def _scored(batch: pa.RecordBatch, *, model: _Sent, seed: int) -> pa.RecordBatch:
    texts = values(batch, "text")
    present = [n for n, text in enumerate(texts) if text is not None]
    folds = None
    if "id" in batch.schema.names:
        urls = values(batch, "url") if "url" in batch.schema.names else [None] * len(texts)
        ids = values(batch, "id")
        folds = [fold_of(group_of(str(ids[n]), urls[n]), seed) for n in present]
    filled: list[float | None] = [None] * len(texts)
    names = values(batch, "language") if "language" in batch.schema.names else [None] * len(texts)
    scores, _ = detailed(
        model.model, [texts[n] for n in present], folds, [names[n] for n in present]
    )
    for n, value in zip(present, scores, strict=True):
        filled[n] = value
    return set_column(batch, "score", filled, pa.float64())


def _drawn_for(
    batch: pa.RecordBatch, *, alpha: float | None, threshold: float | None, seed: int
) -> pa.RecordBatch:
    rows = zip(values(batch, "text"), values(batch, "score"), drop_reasons(batch), strict=True)
    reasons: list[str | None] = []
    for text, score_value, why in rows:
        if why is not None or text is None or score_value is None:
            reasons.append(why or "no_text")
            continue
        reasons.append(
            reason_of(text_hash(text), score_value, seed, alpha=alpha, threshold=threshold)
        )
    return set_column(batch, "drop_reason", reasons, pa.string())
