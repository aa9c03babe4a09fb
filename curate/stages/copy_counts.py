"""Copies counted: how many documents were removed in favour of each one, and when they were seen.

Input: the outcomes of all stages that remove duplicates, in their order, and the dates of the
documents. Output: `copies`, a row for each document that others were removed for. One that is
itself removed later hands on what it has, so that those count for the document that is kept at the
end.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET
from curate.stages.sorting import (
    Ints,
    bucket_count,
    key_ranges,
    to_ranges,
    with_bucket,
    write_buckets,
    write_ranges,
)
from curate.stages.stage import Run, SoFar, Spec, Stage, unchanged
from curate.store import io, schema
from curate.store.commits import Commit
from curate.store.documents import Documents, Part
from curate.store.tables import read_batches, read_rows
from curate.store.units import Unit

I64, S = pa.int64(), pa.string()
# Documents removed for one, and the first and last of their dates.
COPIES = schema.columns(
    ("key", I64, False), ("copies", I64, False), ("first", S, True), ("last", S, True)
)
# The same, on its way to the document `to` in whose favour `key` is removed; null: it is not.
MOVED = with_bucket(COPIES.append(pa.field("to", I64)))
FILE = "copies"  # payload of a unit that is a file of COPIES


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage's place in WORK."""
    return run.stage(
        "copies",
        settings=None,
        module=__name__,
        reads=[so_far.of("filter"), *removers(so_far)],
    )


def removers(so_far: SoFar) -> list[Commit]:
    """Return the commits of the stages that removed duplicates, in their order."""
    return [commit for commit in so_far.commits.values() if "duplicates" in commit.report]


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Count the copies of all documents."""
    base, engine = Documents(so_far.of("filter")), stage.run.engine
    folder = io.join(stage.folder, "hops")
    io.delete_tree(folder)
    buckets = bucket_count(sum(commit.rows("outcomes") for commit in removers(so_far)))
    files: list[Unit] = []
    for number, commit in enumerate(removers(so_far)):
        stage.describe(f"copies that {commit.stage} removed")
        parts = [
            unit for unit in base.without(commit).units() if Part.from_json(unit.payload).dropped
        ]
        rows = engine.start(
            partial(moved_rows, buckets=buckets), stage.tasks([*files, *parts]), MOVED
        )
        moved = engine.exchange(
            rows, partial(hand_on, buckets=buckets), with_bucket(COPIES), buckets=buckets
        )
        name = f"copies-{number}"
        written = write_buckets(
            stage, moved, folder, name, COPIES, order=COPIES.names, buckets=buckets
        )
        files = [Unit(io.join(folder, r.unit), FILE, r.files[0].bytes) for r in written]
    ranges = key_ranges(base, base.rows())
    rows = engine.start(partial(moved_rows, buckets=buckets), stage.tasks(files), MOVED)
    sums = engine.exchange(
        rows, partial(added, ranges=ranges), with_bucket(COPIES), buckets=buckets
    )
    receipts = write_ranges(stage, sums, "copies", COPIES, ranges)
    io.delete_tree(folder)
    result = stage.so_far(receipts)
    return stage.commit(receipts, {"documents with copies": result.rows("copies")})


def moved_rows(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield MOVED of files of COPIES, and of the documents of parts that a stage removed."""
    for unit in units:
        if unit.payload == FILE:
            for batch in read_batches(unit.name):
                yield _with_bucket(batch.append_column("to", pa.nulls(len(batch), I64)), buckets)
            continue
        part = Part.from_json(unit.payload)
        within: Any = [("key", ">=", part.lo), ("key", "<=", part.hi)]
        columns = ["key", "kept_key"]
        dropped = read_rows(part.dropped, schema.OUTCOMES, columns=columns, filters=within)
        dropped = dropped.sort_by("key").combine_chunks()
        keys = dropped["key"].to_numpy()
        for batch in read_batches(part.url, ["key", "date"]) if len(keys) else ():
            matched = batch.filter(pa.array(np.isin(batch["key"].to_numpy(), keys)))
            at = np.searchsorted(keys, matched["key"].to_numpy())
            rows = pa.table(
                {
                    "key": matched["key"],
                    "copies": np.ones(len(matched), np.int64),
                    "first": matched["date"],
                    "last": matched["date"],
                    "to": dropped["kept_key"].take(at).combine_chunks(),
                }
            )
            for chunk in rows.to_batches():
                yield _with_bucket(chunk, buckets)


def _with_bucket(batch: pa.RecordBatch, buckets: int) -> pa.RecordBatch:
    at = batch["key"].to_numpy() % buckets
    return set_column(batch, BUCKET, at, I64).select(MOVED.names).cast(MOVED)


def hand_on(
    bucket: int, batches: Iterator[pa.RecordBatch], *, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield COPIES of a bucket of MOVED: of documents that are removed, under the one kept."""
    del bucket
    sums = _sums(batches)
    keys = pc.if_else(pc.is_valid(sums["to"]), sums["to"], sums["key"])
    table = pa.table({"key": keys, **{name: sums[name] for name in COPIES.names[1:]}})
    for batch in table.cast(COPIES).combine_chunks().to_batches():
        at = batch["key"].to_numpy() % buckets
        yield set_column(batch, BUCKET, at, I64).select([BUCKET, *COPIES.names])


def added(
    bucket: int, batches: Iterator[pa.RecordBatch], *, ranges: Ints
) -> Iterator[pa.RecordBatch]:
    """Yield COPIES of a bucket of MOVED, a row for each document, with the bucket of its range."""
    del bucket
    for batch in _sums(batches).select(COPIES.names).cast(COPIES).combine_chunks().to_batches():
        yield to_ranges(set_column(batch, BUCKET, np.zeros(len(batch)), I64), ranges).select(
            [BUCKET, *COPIES.names]
        )


def _sums(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    rows = pa.Table.from_batches(list(batches))
    sums = rows.group_by("key").aggregate(
        [("copies", "sum"), ("first", "min"), ("last", "max"), ("to", "max")]
    )
    return sums.rename_columns(["key", "copies", "first", "last", "to"])


def with_copies(
    planned: pa.RecordBatch, dates: Sequence[str | None], copies: Mapping[int, Sequence[Any]]
) -> pa.RecordBatch:
    """Return planned rows with `copies` (1: none but itself), `first_seen` and `last_seen`.

    Args:
        dates: of the documents, row for row.
        copies: by key: how many more, the first and last of their dates.
    """
    counts, firsts, lasts = [], [], []
    for key, date in zip(values(planned, "key"), dates, strict=True):
        copy_count, *copy_dates = copies.get(key, (0, None, None))
        days = [day for day in (date, *copy_dates) if day is not None]
        counts.append(1 + copy_count)
        firsts.append(min(days, default=None))
        lasts.append(max(days, default=None))
    for field, column in zip(schema.COPIES, (counts, firsts, lasts), strict=True):
        planned = set_column(planned, field.name, column, field.type)
    return planned


def read_copies(urls: Sequence[str], lo: int, hi: int) -> dict[int, list[Any]]:
    """Return the copies of the documents of a part, by key."""
    table = read_rows(urls, COPIES, filters=[("key", ">=", lo), ("key", "<=", hi)])
    columns = (table[name].to_pylist() for name in COPIES.names)
    return {key: row for key, *row in zip(*columns, strict=True)}


SPEC = Spec(
    name="copies",
    prepare=prepare,
    work=work,
    then=unchanged,
    wanted=lambda recipe: recipe.dedup.count_copies,
)
