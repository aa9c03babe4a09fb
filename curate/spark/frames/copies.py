"""Duplicates of a DataFrame: which rows are removed, and which is kept in place of each.

The rule and the results are those of `curate.dedup.duplicates.find_duplicates`; few documents
are passed to that function, in one task. Of more, `near_copies` finds the near ones.

The frame is read once: its texts are cached (in memory, then on disks of the executors) until the
result is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as users of Spark call it
from pyspark.sql.types import DoubleType, StringType, StructField, StructType

from curate._lazy import listing
from curate.dedup.bands import SETTINGS, Banding
from curate.dedup.duplicates import find_duplicates
from curate.spark.frames.columns import column, map_stream, not_one_text
from curate.spark.frames.near_copies import removals_of
from curate.spark.frames.storing import Hold, cached

__all__ = ["deduplicate", "duplicates"]
__dir__ = listing(__name__, __all__)

# Documents and bytes of texts, at most, that one task takes: there a shuffle would take longer.
ONE_TASK, ONE_TASK_BYTES = 20_000, 64 << 20


def duplicates(
    frame: DataFrame,
    *,
    id: str = "id",
    text: str = "text",
    order_by: Sequence[str] = (),
    threshold: float | None = None,
    settings: str | Banding = "default",
) -> DataFrame:
    """Return the rows to remove: `removed_id`, `kept_id`, `jaccard` (0 to 1), `rule`.

    Args:
        id: a column of any type that can be sorted, without nulls and repeats.
        text: a null or blank one is never a duplicate.
        order_by: columns; of duplicates the row with the smallest value is kept, or the largest
            where a minus precedes the name (`"-score"`). Nulls come last. Ties go to the
            longer text, then to the smaller id.
        threshold: the exact Jaccard similarity from which on one is removed; None: the settings'.
        settings: a name of `curate.dedup.SETTINGS`, or a `Banding`.
    Raises:
        ValueError: a column is not there or of another type, an id is null or there twice, there
            are no such settings, or more documents than they allow.

    Runs at once. The rule is `exact_duplicate` (texts that are equal up to white space) or
    `near_duplicate`. The result is on the executors while it is referenced: write it if executors
    may be lost.
    """
    banding = _banding(settings, threshold)
    id = column("duplicates", frame, id, "any")
    text = column("duplicates", frame, text, "text")
    not_one_text("duplicates", "order_by", order_by)
    order = [_sorting(frame, name) for name in order_by]
    with cached() as hold:
        texts = hold(_texts(frame, id, text, order))
        count, size = _checked(texts, banding)
        keys = _keys(order)
        if count <= ONE_TASK and size <= ONE_TASK_BYTES:
            removals = _in_one_task(texts, keys, banding)
        else:
            removals = _in_many(texts, keys, banding, size // count, hold)
        return removals.localCheckpoint()


def deduplicate(
    frame: DataFrame,
    *,
    id: str = "id",
    text: str = "text",
    order_by: Sequence[str] = (),
    threshold: float | None = None,
    settings: str | Banding = "default",
) -> DataFrame:
    """Return the rows that are no duplicates of a row that is kept; see `duplicates`.

    What to remove is found at once; the frame is then read again when the result is. A frame that
    took long to make should be written, or cached, before.
    """
    removals = duplicates(
        frame, id=id, text=text, order_by=order_by, threshold=threshold, settings=settings
    )
    removed = removals.select(F.col("removed_id").alias(id))
    return frame.join(removed, on=id, how="left_anti").select(*frame.columns)


def _banding(settings: str | Banding, threshold: float | None) -> Banding:
    if isinstance(settings, str):
        if settings not in SETTINGS:
            raise ValueError(
                f"duplicates: expected settings of {', '.join(SETTINGS)}, got {settings}"
            )
        settings = SETTINGS[settings]
    return settings if threshold is None else replace(settings, threshold=threshold)


class _Sorting(NamedTuple):
    """A column to sort by."""

    name: str
    descending: bool


def _sorting(frame: DataFrame, name: str) -> _Sorting:
    descending = name.startswith("-") and name not in frame.columns
    return _Sorting(column("duplicates", frame, name[descending:], "any"), descending)


def _keys(order: Sequence[_Sorting]) -> list[Column]:
    """Return the total order of `_texts`: what is kept comes first."""
    columns = [F.col(f"order_{number}") for number in range(len(order))]
    return [
        *(
            key.desc_nulls_last() if sorting.descending else key.asc_nulls_last()
            for key, sorting in zip(columns, order, strict=True)
        ),
        F.length("text").desc_nulls_last(),
        F.col("id").asc(),
    ]


def _texts(frame: DataFrame, id: str, text: str, order: Sequence[_Sorting]) -> DataFrame:
    """Return id, text and order_0, order_1, …, in partitions by id, so that joins by id move none.

    As many as the session's shuffles have: of a number that is not given Spark makes fewer later.
    """
    columns = [frame[id].alias("id"), frame[text].alias("text")]
    columns += [frame[sorting.name].alias(f"order_{n}") for n, sorting in enumerate(order)]
    partitions = int(str(frame.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    return frame.select(*columns).repartition(partitions, "id")


def _checked(texts: DataFrame, banding: Banding) -> tuple[int, int]:
    """Return how many documents there are, and bytes of their texts. Raises ValueError."""
    counts = texts.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count("id").alias("ids"),
        F.sum(F.octet_length("text")).alias("bytes"),
    ).collect()[0]
    if counts["ids"] < counts["rows"]:
        raise ValueError(
            f"duplicates: expected an id in every row, got {counts['rows'] - counts['ids']} without"
        )
    twice = texts.groupBy("id").count().where("count > 1").limit(1).collect()
    if twice:
        raise ValueError(
            f"duplicates: expected ids that differ, got {twice[0]['id']} {twice[0]['count']} times"
        )
    most = banding.most_documents
    if most is not None and counts["rows"] > most:
        raise ValueError(
            f"duplicates: {banding.bands} bands of {banding.rows} rows make nearly all pairs "
            f"candidates: expected at most {most:,} documents, got {counts['rows']:,}"
        )
    return counts["rows"], counts["bytes"] or 0


def _in_one_task(texts: DataFrame, keys: Sequence[Column], banding: Banding) -> DataFrame:
    """Return the removals by the library's own function."""
    id_type = texts.schema["id"].dataType
    schema = StructType(
        [
            StructField("removed_id", id_type),
            StructField("kept_id", id_type),
            StructField("jaccard", DoubleType()),
            StructField("rule", StringType()),
        ]
    )
    ordered = texts.repartition(1).sortWithinPartitions(*keys).select("id", "text")
    return map_stream(ordered, partial(_find_in_partition, banding=banding), schema)


def _find_in_partition(
    batches: Iterable[pa.RecordBatch], *, banding: Banding
) -> Iterator[pa.RecordBatch]:
    all_batches = list(batches)
    if not all_batches:
        return
    rows = pa.Table.from_batches(all_batches).combine_chunks()
    texts: list[Any] = rows["text"].to_pylist()
    removals = find_duplicates(texts, banding=banding, rank=range(len(texts)))
    for start in range(0, len(removals), 1_000):
        removed, kept, scores, rules = zip(*removals[start : start + 1_000], strict=True)
        columns = [
            rows["id"].take(pa.array(removed, pa.int64())).combine_chunks(),
            rows["id"].take(pa.array(kept, pa.int64())).combine_chunks(),
            pa.array(scores, pa.float64()),
            pa.array(rules, pa.string()),
        ]
        names = ["removed_id", "kept_id", "jaccard", "rule"]
        yield from pa.table(columns, names=names).combine_chunks().to_batches()


def _in_many(
    texts: DataFrame, keys: Sequence[Column], banding: Banding, mean: int, hold: Hold
) -> DataFrame:
    """Return the removals by exchanges between many tasks."""
    ordered = texts.orderBy(*keys)
    # Ascending along the order; not without gaps.
    ranked = hold(ordered.select("id", F.monotonically_increasing_id().alias("pos")))
    removals = removals_of(texts.select("id", "text"), ranked, banding, mean, hold)
    removed = ranked.select(F.col("id").alias("removed_id"), "pos")
    kept = ranked.select(F.col("id").alias("kept_id"), F.col("pos").alias("kept"))
    named = removals.join(removed, on="pos", how="inner").join(kept, on="kept", how="inner")
    return named.select("removed_id", "kept_id", "jaccard", "rule")
