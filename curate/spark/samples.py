"""Samples: for every reason a few texts that met it, and crawl pages nobody has judged.

Enters: the fates of all records, the documents as extracted. Leaves: OUT/samples/, drawn by
hash: `samples-*` shows what each rule does; `unjudged-*` is what classifiers and reports learn
of the crawl.
"""

import heapq
import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate import io, schema
from curate.documents import Documents, keys_within, read_part
from curate.keys import draw, signed
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.stage import Stage, documents_frame, write_buckets, write_sorted
from curate.work import Commit, read_batches

PAGES = pa.schema([schema.DOCUMENTS.field(name) for name in ("key", "source", "id", "url")])
WHAT = ("state", "stage", "reason")
DRAWN = pa.schema(
    [schema.FATES.field(name) for name in ("key", "source", "id", "url", *WHAT)]
    + [pa.field("lot", pa.int64(), nullable=False)]
)
TEXTS = pa.schema([schema.DOCUMENTS.field("key"), schema.DOCUMENTS.field("text")])
ORDER = (*WHAT, "source", "id")


def samples(place: Stage, fates: DataFrame, extracted: Commit) -> None:
    """Write OUT/samples."""
    run = place.run
    place.describe("samples")
    documents = Documents(extracted)
    crawl = [name for name, source in run.recipe.sources.items() if not source.reference]
    pages = documents_frame(run.spark, documents, PAGES).where(F.col("source").isin(crawl))
    unjudged = pages.select(
        "*",
        F.lit("unjudged").alias("state"),
        F.lit("extract").alias("stage"),
        F.lit(None).cast("string").alias("reason"),
    )
    folder = io.join(run.out, "samples")
    io.delete_tree(folder)
    output = run.recipe.output
    for name, frame, most in (
        ("samples", fates, output.samples),
        ("unjudged", unjudged, output.unjudged),
    ):
        drawn = lowest(frame, most, run.recipe.seed)
        receipts = write_sorted(place, drawn, f"drawn-{name}", DRAWN)
        urls = [io.join(place.folder, file.name) for r in receipts for file in r.files]
        rows = with_texts(place, documents, urls)
        write_buckets(rows, folder, name, schema.SAMPLES, by="state", order=ORDER, files=1)


def lowest(frame: DataFrame, most: int, seed: int) -> DataFrame:
    """Return the `most` rows with the lowest lots of each (state, stage, reason).

    The lot's key is source and id, so that it does not move with file names.
    """

    def draws(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = batch.to_pylist()
            for row in rows:
                row["lot"] = signed(draw("sample", f"{row['source']}/{row['id']}", seed))
            yield pa.RecordBatch.from_pylist(rows, schema=DRAWN)

    def best(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        heaps: dict[tuple[str | None, ...], list[tuple[int, int, int]]] = {}
        rows: dict[int, dict[str, object]] = {}
        for batch in batches:
            for row in batch.to_pylist():
                heap = heaps.setdefault(tuple(row[name] for name in WHAT), [])
                entry = (-row["lot"], -row["key"], row["key"])
                if len(heap) < most:
                    heapq.heappush(heap, entry)
                elif heap and entry > heap[0]:
                    rows.pop(heapq.heapreplace(heap, entry)[2])
                else:
                    continue
                rows[row["key"]] = row
        yield pa.RecordBatch.from_pylist(list(rows.values()), schema=DRAWN)

    small = frame.select(*(name for name in DRAWN.names if name != "lot"))
    within = map_partitions(map_partitions(small, draws, DRAWN), best, DRAWN)
    return map_partitions(within.coalesce(1), best, DRAWN)


def with_texts(place: Stage, documents: Documents, drawn: list[str]) -> DataFrame:
    """Return the drawn rows with the text each record had when it was extracted, if any."""
    spark = place.run.spark

    def texts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            part = json.loads(payload)
            keys = keys_within(drawn, part["lo"], part["hi"])
            if len(keys):
                for batch in read_part(payload, TEXTS.names):
                    yield batch.filter(pa.array(np.isin(batch["key"].to_numpy(), keys)))

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from read_batches(url)

    units = {f"{number:06d}": url for number, url in enumerate(drawn)}
    chosen = map_partitions(units_frame(spark, units), rows, DRAWN)
    found = map_partitions(units_frame(spark, documents.units()), texts, TEXTS)
    return chosen.join(found, "key", how="left")
