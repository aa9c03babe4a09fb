"""Distributed sums over hash buckets, quality levels and cells, for the mix.

Input: files of planned rows. Output: rows of SUMS; the driver never sees a row for each document,
except those of the small bucket in which a cell's last epoch ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curate.engine.verbs import BUCKET, Engine
from curate.mix.buckets import Bucket, Hashes, Sum, top, unsigned
from curate.mix.cells import Cells, levels_of
from curate.store import schema
from curate.store.keys import SIGN
from curate.store.tables import read_batches
from curate.store.units import Unit

Tasks = Sequence[Sequence[Unit]]
COMBINERS = 8  # tasks that combine the sums of all others
# Rows and an amount by the top bits of a hash, or by level; name: of the cell or of the split.
SUMS = schema.columns(
    (BUCKET, pa.int64(), False),
    ("name", pa.string(), False),
    ("hash_top", pa.int64(), False),
    ("rows", pa.int64(), False),
    ("amount", pa.int64(), False),
)
FEW = schema.columns(
    ("cell", pa.string(), False),
    *((name, pa.int64(), False) for name in ("mix", "key", "tokens")),
)


def sums_of_rows(name: str, tops: Hashes, amounts: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """Return SUMS of some rows."""
    buckets, at = np.unique(tops, return_inverse=True)
    sums = np.zeros(len(buckets), np.int64)
    np.add.at(sums, at, amounts)
    columns: list[pa.Array[Any]] = [
        pa.array((buckets % np.uint64(COMBINERS)).astype(np.int64)),
        pa.array([name] * len(buckets), pa.string()),
        pa.array(buckets.astype(np.int64)),
        pa.array(np.bincount(at, minlength=len(buckets)).astype(np.int64)),
        pa.array(sums),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SUMS)


def added(engine: Engine, rows: Any) -> list[dict[str, Any]]:
    """Return SUMS combined over all tasks."""
    sums: list[dict[str, Any]] = engine.collect(
        engine.exchange(rows, add_sums, SUMS, buckets=COMBINERS)
    ).to_pylist()
    return sums


def add_sums(bucket: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the combined SUMS of a bucket."""
    table = pa.Table.from_batches(list(batches)).group_by(["name", "hash_top"])
    sums = table.aggregate([("rows", "sum"), ("amount", "sum")]).combine_chunks()
    columns = [sums["name"], sums["hash_top"], sums["rows_sum"], sums["amount_sum"]]
    result = pa.table([pa.array([bucket] * len(sums), pa.int64()), *columns], schema=SUMS)
    yield from result.combine_chunks().to_batches()


def sums_by_level(
    engine: Engine, tasks: Tasks, cells: Cells, *, levels: bool
) -> dict[str, dict[int, Sum]]:
    """Return documents and tokens by stratum and level of quality; all at 0 without levels."""
    read = partial(stratum_sums, cells=cells, levels=levels)
    by_stratum: dict[str, dict[int, Sum]] = {}
    for row in added(engine, engine.start(read, tasks, SUMS)):
        by_stratum.setdefault(row["name"], {})[row["hash_top"]] = Sum(row["rows"], row["amount"])
    return dict(sorted(by_stratum.items()))


def stratum_sums(units: Sequence[Unit], *, cells: Cells, levels: bool) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of tokens by stratum and level."""
    for planned in _training_rows(units):
        names, tokens = cells.strata(planned), planned["tokens"].to_numpy()
        at = levels_of(planned) if levels else np.zeros(len(tokens), np.int64)
        for name in sorted(set(names.tolist())):
            in_stratum = names == name
            yield sums_of_rows(name, at[in_stratum].astype(np.uint64), tokens[in_stratum])


def sums_by_cell(  # noqa: PLR0917 - bound except the last three, which `epoch_cutoffs` gives
    engine: Engine, tasks: Tasks, cells: Cells, bits: int, open_: Mapping[str, int], finer: int
) -> dict[tuple[str, int], Sum]:
    """Return documents and tokens by cell and finer bucket of the hash, for `epoch_cutoffs`."""
    read = partial(cell_sums, cells=cells, bits=bits, prefixes=dict(open_), finer=finer)
    table = added(engine, engine.start(read, tasks, SUMS))  # at most 4,096 rows a cell
    return {(row["name"], row["hash_top"]): Sum(row["rows"], row["amount"]) for row in table}


def cell_sums(
    units: Sequence[Unit], *, cells: Cells, bits: int, prefixes: Mapping[str, int], finer: int
) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of tokens by cell, of documents whose hash begins with the cell's prefix."""
    for planned in _training_rows(units):
        hashes = unsigned(planned["mix"].to_numpy())
        names = cells.of(planned)
        tokens = planned["tokens"].to_numpy()
        for name in sorted(set(names.tolist()) & set(prefixes)):
            inside = (names == name) & (top(hashes, bits) == np.uint64(prefixes[name]))
            if inside.any():
                yield sums_of_rows(name, top(hashes[inside], finer), tokens[inside])


def _training_rows(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield the planned rows that are not held out."""
    for unit in units:
        for batch in read_batches(unit.payload):
            yield batch.filter(pc.invert(batch["held_out"]))


def rows_by_cell(
    engine: Engine, tasks: Tasks, cells: Cells, buckets: Mapping[str, Bucket]
) -> dict[str, list[tuple[int, int, int]]]:
    """Return (hash, key, tokens) of the documents of some small buckets, for `epoch_cutoffs`."""
    read = partial(rows_of_buckets, cells=cells, buckets=dict(buckets))
    tokens: dict[tuple[str, int, int], int] = {}
    for row in engine.collect(engine.start(read, tasks, FEW)).to_pylist():
        at = row["cell"], row["mix"] + SIGN, row["key"]
        tokens[at] = tokens.get(at, 0) + row["tokens"]  # of the pieces of a document
    rows: dict[str, list[tuple[int, int, int]]] = {name: [] for name in buckets}
    for (name, hash_, key), count in tokens.items():
        rows[name].append((hash_, key, count))
    return rows


def rows_of_buckets(
    units: Sequence[Unit], *, cells: Cells, buckets: Mapping[str, Bucket]
) -> Iterator[pa.RecordBatch]:
    """Yield FEW of the documents of some buckets."""
    for planned in _training_rows(units):
        hashes = planned["mix"].to_numpy()
        names = cells.of(planned)
        for name in sorted(set(names.tolist()) & set(buckets)):
            bucket = buckets[name]
            inside = (hashes >= bucket.start - SIGN) & (hashes <= bucket.stop - 1 - SIGN)
            inside &= names == name
            if inside.any():
                rows = planned.filter(pa.array(inside)).select(FEW.names[1:])
                cell = pa.array([name] * rows.num_rows, pa.string())
                yield pa.RecordBatch.from_arrays([cell, *rows.columns], schema=FEW)
