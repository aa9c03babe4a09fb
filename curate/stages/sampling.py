"""Hash samples of outcomes and of documents: those with the lowest hashes, in any partitioning.

Input: the outcomes of records, the documents as extracted. Output: DRAWN, a few rows for each
(state, stage, reason), and a file of them by which their texts are found (`drawn_rows`).
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET, Engine
from curate.stages.sorting import with_bucket
from curate.stages.stage import Stage
from curate.store import io, schema
from curate.store.documents import Part, keys_within, read_part
from curate.store.keys import seeded_hash, signed
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit

WHAT = ("state", "stage", "reason")
NAMES = ("key", "source", "id", "url")
DRAWN = pa.schema(
    [schema.OUTCOMES.field(name) for name in (*NAMES, *WHAT, "score")]
    + [pa.field("hash", pa.int64(), nullable=False)]
)
UNJUDGED = "unjudged"  # a state of samples only
COMBINERS = 16  # tasks that combine the samples of all others

Reader = Any  # units -> batches of DRAWN


def sample_outcomes(
    stage: Stage,
    sources: Sequence[tuple[str, Reader, Sequence[Unit]]],
    per_group: int,
    unjudged: int,
) -> pa.Table:
    """Return the `per_group` rows with the lowest hashes of each (state, stage, reason).

    Of pages before any filter, `unjudged` rows. The hash's key is source and id, so that it does
    not depend on file names.

    Args:
        sources: (name, reader, its units): a reader yields DRAWN of some units.
    """
    engine: Engine = stage.run.engine
    tables = []
    for _, reader, units in sources:
        task = partial(_best_of_task, reader=reader, per_group=per_group, unjudged=unjudged)
        rows = engine.start(task, stage.tasks(units), with_bucket(DRAWN))
        combine = partial(_best_of_bucket, per_group=per_group, unjudged=unjudged)
        tables.append(engine.collect(engine.exchange(rows, combine, DRAWN, buckets=COMBINERS)))
    return lowest_of_groups(
        per_group, unjudged, (b for table in tables for b in table.to_batches())
    )


def outcome_rows(units: Sequence[Unit], *, seed: int) -> Iterator[pa.RecordBatch]:
    """Yield DRAWN of files of outcomes."""
    for unit in units:
        for batch in read_batches(unit.payload, [*NAMES, *WHAT, "score"]):
            yield _hashed(batch, seed)


def page_rows(
    units: Sequence[Unit], *, sources: Sequence[str], seed: int, by_source: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield DRAWN of the documents of some sources, as pages before any filter.

    by_source: sources that are sampled separately; the others are sampled together.
    """
    for unit in units:
        for batch in read_part(unit.payload, NAMES):
            source = batch["source"][0].as_py()  # a part has one source only
            if source in sources:
                yield _hashed(
                    _with_outcome(
                        batch, UNJUDGED, "extract", source if source in by_source else None
                    ),
                    seed,
                )


def _with_outcome(
    batch: pa.RecordBatch, state: str, stage: str, reason: str | None
) -> pa.RecordBatch:
    for name, value in zip(WHAT, (state, stage, reason), strict=True):
        column = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
        batch = set_column(batch, name, column, pa.string())
    return set_column(batch, "score", pa.nulls(batch.num_rows, pa.float64()), pa.float64())


def _hashed(batch: pa.RecordBatch, seed: int) -> pa.RecordBatch:
    pairs = zip(values(batch, "source"), values(batch, "id"), strict=True)
    hashes = [signed(seeded_hash("sample", f"{source}/{id_}", seed)) for source, id_ in pairs]
    return set_column(batch, "hash", hashes, pa.int64()).select(DRAWN.names)


def _best_of_task(
    units: Sequence[Unit], *, reader: Reader, per_group: int, unjudged: int
) -> Iterator[pa.RecordBatch]:
    for batch in lowest_of_groups(per_group, unjudged, reader(units)).to_batches():
        at = batch["key"].to_numpy() % COMBINERS
        yield set_column(batch, BUCKET, at, pa.int64()).select([BUCKET, *DRAWN.names])


def _best_of_bucket(
    bucket: int, batches: Iterator[pa.RecordBatch], *, per_group: int, unjudged: int
) -> Iterator[pa.RecordBatch]:
    del bucket
    yield from lowest_of_groups(
        per_group, unjudged, (b.select(DRAWN.names) for b in batches)
    ).to_batches()


def lowest_of_groups(per_group: int, unjudged: int, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Return the rows of the lowest hashes of each (state, stage, reason)."""
    heaps: dict[tuple[str | None, ...], list[tuple[int, int]]] = {}
    rows: dict[tuple[int, bool], dict[str, Any]] = {}
    for batch in batches:
        for row in batch.to_pylist():
            heap = heaps.setdefault(tuple(row[name] for name in WHAT), [])
            entry = (-row["hash"], -row["key"])
            page = row["state"] == UNJUDGED
            if len(heap) < (unjudged if page else per_group):
                heapq.heappush(heap, entry)
            elif heap and entry > heap[0]:
                rows.pop((-heapq.heapreplace(heap, entry)[1], page))
            else:
                continue
            rows[row["key"], page] = row
    return pa.Table.from_pylist(list(rows.values()), schema=DRAWN)


def write_drawn(stage: Stage, drawn: pa.Table) -> str:
    """Write the (few) sampled rows to the stage's folder, sorted by key; return the URL."""
    rows = drawn.sort_by([("key", "ascending"), ("state", "ascending")]).combine_chunks()
    batches = (("drawn", batch) for batch in rows.to_batches())
    files = write_tables(stage.folder, "drawn", {"drawn": DRAWN}, batches)
    return io.join(stage.folder, files[0].name) if files else ""


def drawn_rows(payload: str, drawn: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the sampled documents of a part."""
    part = Part.from_json(payload)
    keys = keys_within([drawn], part.lo, part.hi)
    if len(keys):
        for batch in read_part(payload, columns):
            rows = batch.filter(pa.array(np.isin(batch["key"].to_numpy(), keys)))
            if rows.num_rows:
                yield rows
