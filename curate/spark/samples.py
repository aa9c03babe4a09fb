"""Samples: for every reason a few texts that met it, and crawl pages nobody has judged.

Enters: the fates of all records, the documents as extracted. Leaves: OUT/samples/, drawn by
hash: `samples.parquet` shows what each rule does; `unjudged.parquet` is what classifiers and
reports learn of the crawl.
"""

import heapq
import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import values
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.stage import Stage, documents_frame, write_sorted
from curate.store import io, schema
from curate.store.commits import Commit, read_batches
from curate.store.documents import Documents, keys_within, read_part
from curate.store.keys import draw, signed

PAGES = pa.schema([schema.DOCUMENTS.field(name) for name in ("key", "source", "id", "url")])
WHAT = ("state", "stage", "reason")
DRAWN = pa.schema(
    [schema.FATES.field(name) for name in ("key", "source", "id", "url", *WHAT)]
    + [pa.field("lot", pa.int64(), nullable=False)]
)
TEXTS = pa.schema([schema.DOCUMENTS.field("key"), schema.DOCUMENTS.field("text")])
ORDER = (*WHAT, "source", "id")
UNJUDGED = "unjudged"  # a state of samples only
DONE = pa.schema([pa.field("rows", pa.int64())])


def samples(place: Stage, fates: DataFrame, extracted: Commit) -> None:
    """Write OUT/samples."""
    run = place.run
    place.describe("samples")
    documents = Documents(extracted)
    output = run.recipe.output
    crawl = [name for name, source in run.recipe.sources.items() if not source.reference]
    pages = documents_frame(run.spark, documents, PAGES).where(F.col("source").isin(crawl))
    unjudged = pages.select(
        "*",
        F.lit(UNJUDGED).alias("state"),
        F.lit("extract").alias("stage"),
        F.lit(None).cast("string").alias("reason"),
    )
    columns = [name for name in DRAWN.names if name != "lot"]
    both = fates.select(*columns).unionByName(unjudged.select(*columns))
    drawn = lowest(both, output.samples, output.unjudged, run.recipe.seed)
    receipts = write_sorted(place, drawn, "drawn", DRAWN, most=1)
    urls = [io.join(place.folder, file.name) for r in receipts for file in r.files]
    folder = io.join(run.out, "samples")
    io.delete_tree(folder)
    texts = texts_of(place, documents, urls).repartition(1)
    map_partitions(texts, lambda batches: write(batches, urls, folder), DONE).collect()


def lowest(frame: DataFrame, most: int, unjudged: int, seed: int) -> DataFrame:
    """Return the `most` rows with the lowest lots of each (state, stage, reason).

    Of pages nobody has judged, `unjudged` rows. The lot's key is source and id, so that it does
    not move with file names.
    """
    several = candidates(frame, most, unjudged, seed)
    return map_partitions(several.repartition(1), partial(best, most, unjudged), DRAWN)


def candidates(frame: DataFrame, most: int, unjudged: int, seed: int) -> DataFrame:
    """Return the rows among which the lowest are: as many as are asked for, from each task.

    A partition is a part of the documents, and mostly has fewer rows than are asked for: so
    several are looked at together, by as many tasks as run at once.
    """

    def draws(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = batch.to_pylist()
            for row in rows:
                row["lot"] = signed(draw("sample", f"{row['source']}/{row['id']}", seed))
            yield pa.RecordBatch.from_pylist(rows, schema=DRAWN)

    within = map_partitions(frame, lambda batches: best(most, unjudged, draws(batches)), DRAWN)
    tasks = frame.sparkSession.sparkContext.defaultParallelism
    return map_partitions(within.coalesce(tasks), partial(best, most, unjudged), DRAWN)


def best(most: int, unjudged: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the lowest lots of each (state, stage, reason), in one batch."""
    heaps: dict[tuple[str | None, ...], list[tuple[int, int, int]]] = {}
    rows: dict[tuple[int, bool], dict[str, Any]] = {}
    for batch in batches:
        for row in batch.to_pylist():
            heap = heaps.setdefault(tuple(row[name] for name in WHAT), [])
            entry = (-row["lot"], -row["key"], row["key"])
            if len(heap) < (unjudged if row["state"] == UNJUDGED else most):
                heapq.heappush(heap, entry)
            elif heap and entry > heap[0]:
                rows.pop((heapq.heapreplace(heap, entry)[2], row["state"] == UNJUDGED))
            else:
                continue
            rows[row["key"], row["state"] == UNJUDGED] = row
    yield pa.RecordBatch.from_pylist(list(rows.values()), schema=DRAWN)


def texts_of(place: Stage, documents: Documents, drawn: list[str]) -> DataFrame:
    """Return (key, text as it was extracted) of the drawn records that are documents."""

    def texts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            part = json.loads(payload)
            keys = keys_within(drawn, part["lo"], part["hi"])
            if len(keys):
                for batch in read_part(payload, TEXTS.names):
                    yield batch.filter(pa.array(np.isin(batch["key"].to_numpy(), keys)))

    return map_partitions(units_frame(place.run.spark, documents.units()), texts, TEXTS)


def write(
    batches: Iterable[pa.RecordBatch], drawn: list[str], folder: str
) -> Iterator[pa.RecordBatch]:
    """Write the drawn rows with their texts, in the order of ORDER; a bounded number of rows."""
    texts: dict[int, str] = {}
    for batch in batches:
        texts.update(zip(values(batch, "key"), values(batch, "text"), strict=True))
    rows = [row for url in drawn for batch in read_batches(url) for row in batch.to_pylist()]
    rows.sort(key=lambda row: tuple(row[name] or "" for name in ORDER))
    for name, wanted in (("samples", False), ("unjudged", True)):
        own = [
            {**row, "text": texts.get(row["key"])}
            for row in rows
            if (row["state"] == UNJUDGED) == wanted
        ]
        with io.staged(io.join(folder, f"{name}.parquet")) as path:
            pq.write_table(pa.Table.from_pylist(own, schema.SAMPLES), path, compression="zstd")
    yield pa.RecordBatch.from_pylist([{"rows": len(rows)}], schema=DONE)
