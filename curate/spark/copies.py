"""A stage that removes copies: of what is the same by some rule, the best document stays.

Enters: documents, those of finished runs among them, and the rule. Leaves: the fates of what goes,
each naming what stays; the documents without it. The rules are `curate.spark.dedup` and `urls`.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.dedup.scope import Scope
from curate.spark.older import olders
from curate.spark.stage import Stage, documents_frame, write_sorted
from curate.store import schema
from curate.store.documents import Documents

Copies = Callable[[DataFrame, Sequence[str], Scope, Sequence[DataFrame]], DataFrame]


def without_copies(
    place: Stage, documents: Documents, columns: pa.Schema, copies: Copies
) -> Documents:
    """Carry out a stage that removes copies; return the documents without them.

    Args:
        columns: what is read of this run's documents and of those of finished runs.
        copies: (documents, priority, scope, older) -> the fates of what goes.
    """
    run = place.run
    older = [
        documents_frame(run.spark, one.documents, columns).selectExpr("*", f"{one.shift}L as shift")
        for one in olders(run)
    ]
    frame = documents_frame(run.spark, documents, columns)
    removed = copies(frame, run.recipe.priority(), run.recipe.dedup.scope, older)
    rows = sum(part.rows for part in documents.base.files("documents"))
    receipts = write_sorted(place, removed, "fates", schema.FATES, most=rows)
    before, gone = place.balance_dropped(documents, receipts)
    report = {"documents": before.records, "duplicates": gone.records}
    return documents.without(place.commit(receipts, report))


def fates_of(
    removed: DataFrame, *, stage: str, reason: str, score: Column, kept_key: Column, kept_id: Column
) -> DataFrame:
    """Return the fates of documents that go, each with what stays in its place."""
    return removed.select(
        "key",
        "source",
        "file_path",
        "n",
        F.lit(None).cast("long").alias("length"),
        "id",
        "url",
        F.lit("dropped").alias("state"),
        F.lit(stage).alias("stage"),
        F.lit(reason).alias("reason"),
        score.alias("score"),
        kept_key.alias("kept_key"),
        kept_id.alias("kept_id"),
    )
