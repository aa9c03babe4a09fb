"""The index of near-deduplication: rank and signature of every document.

Input: documents. Output: one row for each that has shingles. A later run compares its documents
with the index of a finished run, without reading that run's texts again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup.distributed import rounds
from curate.dedup.distributed.partitions import Partition
from curate.dedup.distributed.rounds import Ints
from curate.dedup.minhash import MinHasher, has_shingles
from curate.dedup.preference import NO_PREFERENCE, Preference, preferred_ranks
from curate.dedup.scope import Scope
from curate.store.commits import Receipt
from curate.store.documents import SCORE, Part, keys_within, read_part
from curate.store.keys import hash64, signed
from curate.store.parquet import as_written, open_parquet
from curate.store.schema import columns
from curate.store.tables import write_tables


def index_schema(hasher: MinHasher) -> pa.Schema:
    """Return the columns of the index."""
    signature = ("signature", pa.binary(4 * hasher.num_perm), False)
    return columns(*((name, pa.int64(), False) for name in ("key", "rank", "scope")), signature)


def index_partition(
    folder: str,
    unit: str,
    payload: str,
    *,
    hasher: MinHasher,
    priority: Sequence[str],
    scope: Scope,
    preference: Preference = NO_PREFERENCE,
) -> Receipt:
    """Write rank and signature of a partition's documents; texts without shingles are left out."""
    partition = Partition.from_json(payload)
    columns = ["key", "source", "dump", "characters", "text", SCORE, *preference.columns]
    schema, count = index_schema(hasher), 0

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        nonlocal count
        for part in partition.parts:
            for batch in read_part(part, columns):
                count += batch.num_rows
                signatures = hasher.signatures(batch["text"])
                present = has_shingles(signatures)
                rows = {
                    "key": batch["key"].to_numpy(),
                    "rank": ranks_of(batch, priority, preference),
                    "scope": scopes_of(batch, scope),
                    "signature": signatures,
                }
                arrays = [_array(rows[field.name][present], field.type) for field in schema]
                yield "index", pa.RecordBatch.from_arrays(arrays, schema=schema)

    files = write_tables(folder, unit, {"index": schema}, tables())
    return Receipt(unit, files, facts={"partition": partition.number, "documents": count})


def ranks_of(
    batch: pa.RecordBatch, priority: Sequence[str], preference: Preference = NO_PREFERENCE
) -> Ints:
    """Return int64[N] that sorts documents of one source best first; keys break ties."""
    source = priority.index(batch["source"][0].as_py())  # a part holds one source only
    scores = batch[SCORE].to_numpy(zero_copy_only=False)  # NaN where there is none
    lengths = batch["characters"].to_numpy()
    if not preference:
        return rounds.rank_of(source, scores, lengths)
    more = {name: batch[name].to_pylist() for name in preference.columns}
    languages = np.array(more.get("language_score", ()), np.float64)  # NaN where there is none
    return preferred_ranks(
        source, scores, lengths, preference,
        truncated=more.get("truncated"), dates=more.get("date"), languages=languages,
    )  # fmt: skip


def scopes_of(batch: pa.RecordBatch, scope: Scope) -> Ints:
    """Return a number per document; those with the same may be duplicates of each other."""
    if scope == "global":
        return np.zeros(batch.num_rows, np.int64)
    names = batch[scope].to_pylist()
    numbers = {name: signed(hash64(f"{scope}\x1f{name or ''}")) for name in set(names)}
    return np.array([numbers[name] for name in names], np.int64)


def _array(values: npt.NDArray[Any], type_: pa.DataType) -> Any:
    if not pa.types.is_fixed_size_binary(type_):
        return pa.array(values, type_)
    data = pa.py_buffer(np.ascontiguousarray(values, "<u4").data)
    return pa.Array.from_buffers(type_, len(values), [None, data])


def signatures_of(index: pa.Table) -> npt.NDArray[np.uint32]:
    """Return uint32[N, num_perm], the signatures of an index."""
    column: Any = index["signature"]
    width = column.type.byte_width // 4
    chunks = [
        np.frombuffer(chunk.buffers()[1], "<u4").reshape(-1, width)[
            chunk.offset : chunk.offset + len(chunk)
        ]
        for chunk in column.chunks
    ]
    return np.concatenate([np.empty((0, width), np.uint32), *chunks])


def read_index(partition: Partition) -> pa.Table:
    """Return a partition's index by key.

    Of a finished run, without the documents removed there, and ranked before this run's.
    """
    tables = []
    for url in partition.index:
        with open_parquet(url) as file, as_written(url):
            tables.append(pq.read_table(file, page_checksum_verification=True))
    rows = pa.concat_tables(tables)
    if partition.shift:
        rows = _as_prior(rows, partition)
    return rows


def _as_prior(rows: pa.Table, partition: Partition) -> pa.Table:
    keys = rows["key"].to_numpy()
    low, high = partition.low - partition.shift, partition.high - partition.shift
    kept = (keys >= low) & (keys <= high)
    for part in map(Part.from_json, partition.parts):
        kept &= ~np.isin(keys, keys_within(part.dropped, part.lo, part.hi))
    ranks = rows["rank"].to_numpy() + np.iinfo(np.int64).min  # before all documents of this run
    rows = rows.set_column(0, "key", pa.array(keys + partition.shift))
    return rows.set_column(1, "rank", pa.array(ranks)).filter(pa.array(kept))
