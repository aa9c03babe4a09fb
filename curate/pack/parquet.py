"""Parquet format: one file per shard, one row per sequence of equal length."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.pack.job import File, Job, documents, file_of, target
from curate.pack.sequences import Packed, Packer, Stream
from curate.store import io
from curate.store.schema import columns

GROUP_ROWS = 512
I32 = pa.int32()
SEQUENCES = columns(
    ("input_ids", pa.list_(pa.field("element", I32, False)), False),
    ("starts", pa.list_(pa.field("element", I32, False)), False),
    ("ids", pa.list_(pa.field("element", pa.string(), False)), False),
    ("continues", pa.bool_(), False),
)


def pack_shard(job: Job, file: str) -> File:
    """Pack one shard into sequences."""
    name = target(file, ".parquet")
    packer = Packer(job.length)
    count = tokens_ = sequences = 0
    with io.staged(io.join(job.to, name)) as path:
        with pq.ParquetWriter(
            path, SEQUENCES, compression="zstd", use_dictionary=False, write_page_index=True
        ) as writer:
            for group in _groups(job, file, packer):
                if isinstance(group, Stream):
                    count, tokens_ = count + len(group.ids), tokens_ + len(group.tokens)
                else:
                    sequences += len(group)
                    writer.write_table(group, row_group_size=len(group))
        return file_of(
            path, name, documents=count, tokens=tokens_, sequences=sequences,
            left_out=packer.waiting,
        )  # fmt: skip


def _groups(job: Job, file: str, packer: Packer) -> Iterator[Stream | pa.Table]:
    """Yield each stream of a shard, and the row groups of GROUP_ROWS sequences as they fill."""
    waiting: list[pa.Table] = []
    for stream in documents(job, file):
        yield stream
        waiting.append(rows(packer.add(stream)))
        table = pa.concat_tables(waiting)
        while len(table) >= GROUP_ROWS:
            yield table.slice(0, GROUP_ROWS).combine_chunks()
            table = table.slice(GROUP_ROWS)
        waiting = [table]
    if waiting and len(waiting[0]):
        yield waiting[0].combine_chunks()


def rows(packed: Packed) -> pa.Table:
    """Return sequences as rows of SEQUENCES."""
    count, length = packed.tokens.shape
    offsets = packed.offsets.astype(np.int32)
    lists: list[tuple[Any, Any]] = [
        (np.arange(count + 1, dtype=np.int32) * length, packed.tokens.reshape(-1).astype(np.int32)),
        (offsets, packed.starts.astype(np.int32)),
        (offsets, packed.ids),
    ]
    arrays: list[Any] = [
        pa.ListArray.from_arrays(pa.array(ends, I32), pa.array(values)).cast(field.type)
        for field, (ends, values) in zip(list(SEQUENCES)[:3], lists, strict=True)
    ]
    return pa.Table.from_arrays([*arrays, pa.array(packed.continues)], schema=SEQUENCES)
