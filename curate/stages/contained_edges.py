"""Which contained documents are removed: of verified pairs, in one task, or step by step.

Input: EDGES, files by bucket of the document that may be removed (the *second*; the one that
contains it is the *first*). Output: the outcomes of those removed. A second is removed if one of
its firsts is kept, for the best of these. Where there are more than EDGES_PER_TASK pairs, a step
asks for each first whether it is decided, and drops the pairs that decide nothing any more; that
goes on until so few are left that one task decides them. The outcome is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curate.batch import set_column
from curate.dedup.clusters import decide
from curate.engine.verbs import BUCKET
from curate.stages.sorting import Ints, bucket_of_file, to_ranges, with_bucket, write_buckets
from curate.stages.stage import RECEIPTS, Stage, collected, receipt_batch
from curate.store import io, schema
from curate.store.commits import Receipt
from curate.store.tables import read_rows, write_tables
from curate.store.units import Unit

I64 = pa.int64()
EDGES_PER_TASK = 4_000_000  # that one task decides on
# Documents are in the order of (place, rank, key): by source, then those with more shingles.
ORDER = ("place", "rank")
# A removal to be decided, and the positions of the documents of the pair.
EDGES = pa.schema(
    [
        *schema.OUTCOMES,
        *(pa.field(f"{side}_{name}", I64) for side in ("own", "kept") for name in ORDER),
    ]
)
BY = ("key", "kept_place", "kept_rank", "kept_key")  # of a second its best first comes first
PAIRS = ("key", "own_place", "own_rank", "kept_key", "kept_place", "kept_rank")
# Pairs that may still decide something; whether the first is known to be kept.
OPEN = schema.columns(*((name, I64, False) for name in PAIRS), ("is_kept", pa.bool_(), False))
REMOVED = schema.columns(("key", I64, False), ("kept_key", I64, False))
QUERIES = with_bucket(schema.columns(("first", I64, False), ("asker", I64, False)))
REPLIES = with_bucket(schema.columns(("first", I64, False), ("status", pa.int32(), False)))
UNKNOWN, KEPT, GONE = 0, 1, 2


class Step(NamedTuple):
    """Files of one bucket: of its open pairs, with their bytes, of the removals settled so far."""

    pairs: str = ""
    size: int = 0
    settled: str | None = None


def removals(
    stage: Stage, edges: Sequence[Receipt], folder: str, buckets: int, ranges: Ints
) -> Any:
    """Return the outcomes, with the buckets of their ranges, of files of EDGES.

    Args:
        edges: receipts of `write_buckets`, in `buckets` by the second's key, in the order BY.
        folder: for files in between.
    """
    engine = stage.run.engine
    steps = {
        bucket_of_file(receipt): Step(io.join(folder, receipt.unit), receipt.files[0].bytes)
        for receipt in edges
    }
    files = dict(steps)
    remaining = sum(receipt.rows("edges") for receipt in edges)
    number = 0
    while remaining > EDGES_PER_TASK:
        number += 1
        stage.describe(f"deciding, step {number}: {remaining:,} pairs")
        queries = engine.start(
            partial(query_status, buckets=buckets), stage.tasks(_units(steps)), QUERIES
        )
        replies = engine.exchange(
            queries, partial(reply_status, steps=steps), REPLIES, buckets=buckets
        )
        into = io.join(folder, f"step-{number}")
        done = engine.exchange(
            replies, partial(prune_edges, steps=steps, folder=into), RECEIPTS, buckets=buckets
        )
        receipts = {int(receipt.unit): receipt for receipt in collected(engine, done)}
        steps |= {bucket: _step(into, receipt) for bucket, receipt in receipts.items()}
        remaining = sum(receipt.rows("open") for receipt in receipts.values())
    stage.describe("deciding")
    pairs = engine.start(open_pairs, stage.tasks(_units(steps)), with_bucket(OPEN))
    chosen = engine.exchange(
        pairs, partial(decide_removals, buckets=buckets), with_bucket(REMOVED), buckets=1
    )
    written = write_buckets(
        stage, chosen, folder, "removed", REMOVED, order=("key",), buckets=buckets
    )
    last = {bucket_of_file(receipt): io.join(folder, receipt.unit) for receipt in written}
    units = [
        Unit(step.pairs, "\n".join(filter(None, [last.get(n), steps[n].settled])), step.size)
        for n, step in files.items()
    ]
    outcomes = partial(outcomes_of, ranges=ranges)
    return engine.start(outcomes, stage.tasks(units), with_bucket(schema.OUTCOMES))


def _units(steps: Mapping[int, Step]) -> list[Unit]:
    return [
        Unit(f"{bucket}", step.pairs, step.size) for bucket, step in steps.items() if step.pairs
    ]


def _step(folder: str, receipt: Receipt) -> Step:
    step = Step()
    for file in receipt.files:
        url = io.join(folder, file.name)
        if file.table == "open":
            step = step._replace(pairs=url, size=file.bytes)
        else:
            step = step._replace(settled=url)
    return step


def _read(url: str) -> pa.Table:
    """Return OPEN of a file of it, or of EDGES, of which no first is known to be kept."""
    if not url:
        return OPEN.empty_table()
    if "/open/" in url:
        return read_rows([url], OPEN)
    rows = read_rows([url], EDGES, columns=PAIRS)
    none: Any = np.zeros(rows.num_rows, np.bool_)
    return rows.append_column("is_kept", pa.array(none)).cast(OPEN)


def query_status(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield QUERIES: the firsts that are not known to be kept, to the buckets of their keys."""
    for unit in units:
        rows = _read(unit.payload)
        unknown = ~rows["is_kept"].to_numpy(zero_copy_only=False)
        firsts = np.unique(rows["kept_key"].to_numpy()[unknown])
        asker = np.full(len(firsts), int(unit.name))
        columns: list[Any] = [firsts % buckets, firsts, asker]
        yield from pa.table(columns, schema=QUERIES).to_batches(1 << 16)


def reply_status(
    bucket: int, batches: Iterator[pa.RecordBatch], *, steps: Mapping[int, Step]
) -> Iterator[pa.RecordBatch]:
    """Yield REPLIES to a bucket's QUERIES: the status of its documents, to those that asked."""
    rows = pa.Table.from_batches(list(batches))
    firsts = rows["first"].to_numpy()
    step = steps.get(bucket, Step())
    status = np.where(np.isin(firsts, _read(step.pairs)["key"].to_numpy()), UNKNOWN, KEPT)
    settled = read_rows([step.settled] if step.settled else [], REMOVED)["key"].to_numpy()
    status[np.isin(firsts, settled)] = GONE
    columns: list[Any] = [rows["asker"], firsts, status.astype(np.int32)]
    yield from pa.table(columns, schema=REPLIES).to_batches(1 << 16)


def prune_edges(
    bucket: int, batches: Iterator[pa.RecordBatch], *, steps: Mapping[int, Step], folder: str
) -> Iterator[pa.RecordBatch]:
    """Write a bucket's pairs that are still open, and the removals that are settled, of all steps.

    Dropped are pairs whose first is removed, and those after one whose first is kept. A second
    that has one pair left, with a first that is kept, is removed.
    """
    replies = pa.Table.from_batches(list(batches)).sort_by("first")
    rows = _read(steps[bucket].pairs)
    answered, firsts = replies["first"].to_numpy(), rows["kept_key"].to_numpy()
    at = np.minimum(np.searchsorted(answered, firsts), len(answered) - 1)
    status = np.where(answered[at] == firsts, replies["status"].to_numpy()[at], UNKNOWN)
    kept = rows["is_kept"].to_numpy(zero_copy_only=False) | (status == KEPT)
    rows, kept = rows.filter(pa.array(status != GONE)), kept[status != GONE]
    kept_above = np.cumsum(kept) - kept  # firsts that are kept, of the rows above
    starts = _starts(rows)
    better = kept_above - kept_above[starts]
    rows, kept = rows.filter(pa.array(better == 0)), kept[better == 0]
    starts = _starts(rows)
    alone = np.bincount(starts, minlength=len(rows))[starts] == 1
    settled = rows.filter(pa.array(alone & kept)).select(REMOVED.names)
    old = steps[bucket].settled
    settled = pa.concat_tables([read_rows([old] if old else [], REMOVED), settled.cast(REMOVED)])
    rows = rows.set_column(len(PAIRS), OPEN.field("is_kept"), pa.array(kept))
    remaining = rows.filter(pa.array(~(alone & kept)))
    tables = [
        (n, b) for n, t in (("open", remaining), ("settled", settled)) for b in t.to_batches()
    ]
    files = write_tables(folder, f"{bucket:05d}", {"open": OPEN, "settled": REMOVED}, tables)
    yield receipt_batch(Receipt(f"{bucket}", files))


def _starts(rows: pa.Table) -> Ints:
    """Return for each row where the rows of its second begin; they are adjacent."""
    keys = rows["key"].to_numpy()
    new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    starts: Ints = np.maximum.accumulate(np.where(new, np.arange(len(keys)), 0))
    return starts


def open_pairs(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield OPEN of files, all for one bucket."""
    for unit in units:
        for batch in _read(unit.payload).to_batches(1 << 16):
            rows = set_column(batch, BUCKET, np.zeros(len(batch), np.int64), I64)
            yield rows.select([BUCKET, *OPEN.names])


def decide_removals(
    bucket: int, batches: Iterator[pa.RecordBatch], *, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield REMOVED of all pairs, with the buckets of the keys."""
    del bucket
    rows = pa.Table.from_batches(list(batches)).combine_chunks()
    sides = [
        np.stack([rows[name].to_numpy() for name in names])
        for names in (("kept_place", "kept_rank", "kept_key"), ("own_place", "own_rank", "key"))
    ]
    _, positions = np.unique(np.concatenate(sides, axis=1), axis=1, return_inverse=True)
    positions = positions.reshape(-1)
    first, second = positions[: len(rows)], positions[len(rows) :]
    removed = rows.take(decide(first, second)).select(REMOVED.names)
    columns: list[Any] = [removed["key"].to_numpy() % buckets, *removed.columns]
    yield from pa.table(columns, schema=with_bucket(REMOVED)).to_batches(1 << 16)


def outcomes_of(units: Sequence[Unit], *, ranges: Ints) -> Iterator[pa.RecordBatch]:
    """Yield the outcomes among EDGES: those of the pairs that decide, by the files of a payload."""
    for unit in units:
        removed = read_rows(filter(None, unit.payload.split("\n")), REMOVED)
        if not removed.num_rows:
            continue
        edges = read_rows([unit.name], EDGES)
        joined = edges.join(removed, ["key", "kept_key"], join_type="inner").sort_by("key")
        for batch in joined.combine_chunks().to_batches():
            rows = to_ranges(set_column(batch, BUCKET, np.zeros(len(batch)), I64), ranges)
            yield rows.select([BUCKET, *schema.OUTCOMES.names])
