"""Captures of one page: of documents whose URLs are spellings of one, the best stays.

Enters: judged documents. Leaves: the fates of the others; each names the document that stays.
Only hashes of URLs, ranks and keys are shuffled, combined before they are. Who has no web URL
is nobody's duplicate.

The order (which capture is best): those of finished runs the new one is held against, source
priority, longer text, later date, smaller key. Length before date, as everywhere: the last
capture of a page may be its error message.
"""

import hashlib
from collections.abc import Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import replace, values
from curate.dedup.scope import Scope
from curate.dedup.urls import normalise_url
from curate.spark.batches import map_batches
from curate.spark.copies import fates_of, without_copies
from curate.spark.older import olders
from curate.spark.stage import Run, Stage
from curate.store import schema
from curate.store.documents import Documents

COLUMNS = pa.schema(
    [
        schema.JUDGED.field(name)
        for name in ("key", "source", "file_path", "n", "id", "url", "date", "dump", "characters")
    ]
)
PAGE = "page"  # column of 16 bytes: equal where URLs are spellings of one, within the scope


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents less all captures of a page but the best."""
    place = begin(run, documents)
    if place.committed:
        return documents.without(place.committed)
    place.describe("captures of one page")
    return without_copies(place, documents, COLUMNS, url_duplicates)


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "urls",
        settings=[run.recipe.priority(), run.recipe.dedup.scope],
        modules=[
            "curate.dedup.urls",
            "curate.spark.urls",
            "curate.spark.copies",
            "curate.spark.older",
        ],
        reads=[*documents.commits, *(c for one in olders(run) for c in one.documents.commits)],
    )


def url_duplicates(
    documents: DataFrame,
    priority: Sequence[str],
    scope: Scope = "global",
    older: Sequence[DataFrame] = (),
) -> DataFrame:
    """Return the fates of all captures but the best of each page.

    Args:
        documents: one row a document, of COLUMNS.
        priority: the sources, whose captures stay first.
        scope: captures are compared with all others, or within each source or dump.
        older: documents of finished runs, which stay before all others, with the `shift` that
            their keys have here.
    """
    captures = _captures(documents.withColumn("shift", F.lit(0).cast("long")), scope)
    everything = captures
    for frame in older:
        everything = everything.unionByName(_captures(frame, scope))
    rank = F.struct(
        (F.col("shift") > 0).alias("older"),
        (-F.array_position(F.array(*map(F.lit, priority)), F.col("source"))).alias("source"),
        F.col("characters").alias("longer"),
        F.coalesce("date", F.lit("")).alias("later"),
        (-F.col("key") - F.col("shift")).alias("key"),
        F.col("id").alias("id"),
    )
    best = (
        everything.select(PAGE, rank.alias("rank"))
        .groupBy(PAGE)
        .agg(F.max("rank").alias("best"), F.count("*").alias("copies"))
        .where("copies > 1")
        .select(PAGE, "best")
    )
    removed = captures.join(best, PAGE, how="inner").where("key != -best.key")
    return fates_of(
        removed,
        stage="urls",
        reason="url_duplicate",
        score=F.lit(None).cast("double"),  # nobody compared the texts
        kept_key=-F.col("best.key"),
        kept_id=F.col("best.id"),
    )


def _captures(documents: DataFrame, scope: Scope) -> DataFrame:
    page = F.col(PAGE).isNotNull()
    return map_batches(documents, partial(with_page, scope=scope)).where(page)


def with_page(batch: pa.RecordBatch, scope: Scope = "global") -> pa.RecordBatch:
    """Return the batch with PAGE: 16 bytes of scope and normalised URL; null without one."""
    within = [None] * batch.num_rows if scope == "global" else values(batch, scope)
    hashes = [
        None
        if (page := normalise_url(url)) is None
        else hashlib.blake2b(f"{where or ''}\x1f{page}".encode(), digest_size=16).digest()
        for where, url in zip(within, values(batch, "url"), strict=True)
    ]
    return replace(batch, PAGE, hashes, pa.binary())
