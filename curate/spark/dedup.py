"""Exact duplicates: of texts equal but for white space and NFC, the best copy stays.

Enters: judged documents. Leaves: the fates of the copies removed; each names the document that
stays. Only hashes, ranks and keys are shuffled, combined before they are.

The order (which copy is best): source priority, longer text, smaller key.
"""

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.dedup.scope import Scope
from curate.spark.copies import fates_of, without_copies
from curate.spark.older import olders
from curate.spark.stage import Run, Stage
from curate.store import schema
from curate.store.documents import Documents

WHO = ("key", "source", "file_path", "n", "id", "url", "dump")
COLUMNS = pa.schema([schema.JUDGED.field(name) for name in (*WHO, "text_hash", "characters")])


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents less all exact copies but the best."""
    place = begin(run, documents)
    if place.committed:
        return documents.without(place.committed)
    place.describe("exact duplicates")
    return without_copies(place, documents, COLUMNS, exact_duplicates)


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "dedup",
        settings={"priority": run.recipe.priority(), "scope": run.recipe.dedup.scope},
        modules=["curate.spark.dedup", "curate.spark.copies", "curate.spark.older"],
        reads=[*documents.commits, *(c for one in olders(run) for c in one.documents.commits)],
    )


def exact_duplicates(
    documents: DataFrame,
    priority: Sequence[str],
    scope: Scope = "global",
    older: Sequence[DataFrame] = (),
) -> DataFrame:
    """Return the fates of all copies but the best of each text.

    Args:
        documents: one row a document, of COLUMNS.
        priority: the sources, whose copies stay first.
        scope: copies are looked for in everything, or within each source or dump.
        older: documents of finished runs, which stay before all others, with the `shift` that
            their keys have here.
    """
    same = ["text_hash"] if scope == "global" else ["text_hash", scope]
    everything = documents.withColumn("shift", F.lit(0))
    for frame in older:
        everything = everything.unionByName(frame)
    rank = F.struct(
        (F.col("shift") == 0).alias("new"),
        F.array_position(F.array(*map(F.lit, priority)), F.col("source")).alias("source"),
        (-F.col("characters")).alias("shorter"),
        (F.col("key") + F.col("shift")).alias("key"),
        F.col("id").alias("id"),
    )
    best = (
        everything.select(*same, rank.alias("rank"))
        .groupBy(*same)
        .agg(F.min("rank").alias("best"), F.count("*").alias("copies"))
        .where("copies > 1")
        .select(*(F.col(name).alias(f"same_{name}") for name in same), "best")
    )
    equal = [F.col(name).eqNullSafe(F.col(f"same_{name}")) for name in same]
    removed = documents.join(best, equal, how="inner").where("key != best.key")
    return fates_of(
        removed,
        stage="dedup",
        reason="exact_duplicate",
        score=F.lit(1.0),
        kept_key=F.col("best.key"),
        kept_id=F.col("best.id"),
    )
