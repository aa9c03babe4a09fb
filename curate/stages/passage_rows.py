"""Windows of shared keys: their bytes are exchanged and compared.

Input: documents, with the cuts of earlier rounds made, and SHARED. Output: MATCHES, the windows of
each part that repeat something better.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate._compiled import compiled
from curate.dedup.distributed.index import ranks_of
from curate.dedup.passages.groups import NONE, Earlier, Repeats, Rows, find_repeats_of_piece
from curate.dedup.scope import scope_columns
from curate.dedup.shingles import utf8
from curate.engine.verbs import BUCKET
from curate.stages.passage_keys import SHARED, CutPart, Round, bucket_of_keys, read_cut, windows_of
from curate.stages.sorting import pieces_of_keys, with_bucket
from curate.store import schema
from curate.store.documents import SCORE
from curate.store.tables import read_rows
from curate.store.units import Unit

I64, I32, S = pa.int64(), pa.int32(), pa.string()
# Runs of windows of a shared key, and all of their bytes.
RUNS = with_bucket(
    schema.columns(
        ("window", I64, False),
        ("rank", I64, False),
        ("key", I64, False),
        ("position", I64, False),  # bytes of the text before it
        ("count", I64, False),
        ("part", I32, False),
        ("id", S, False),
        ("data", pa.large_binary(), False),
    )
)
FINISHED = np.iinfo(np.int64).min  # rank of documents of finished runs: before all others
RUNS_ORDER = ("window", "rank", "key", "position")  # best first
# Bytes [start, stop) of a text that repeat something better, in the document kept_key.
# part -1: a passage, how often it is repeated, and how it begins.
MATCHES = schema.columns(
    ("part", I32, False),
    ("key", I64, False),
    ("start", I64, False),
    ("stop", I64, False),
    ("kept_key", I64, True),
    ("kept_id", S, True),
    ("times", I64, True),
    ("begins", pa.binary(), True),
)
FREQUENT, EXCERPT = 200, 400  # passages that a bucket reports, and bytes of each
FREQUENT_ORDER: Any = [("times", "descending"), ("key", "ascending"), ("start", "ascending")]


def shared_runs(units: Sequence[Unit], *, spec: Round) -> Iterator[pa.RecordBatch]:
    """Yield RUNS of the parts of a task: the runs of windows whose key is in its file of SHARED."""
    extra = (*scope_columns(spec.scope), *spec.preference.columns)
    columns = ("key", "id", "source", "text", "characters", SCORE, *extra)
    for unit in units:
        part = int(unit.name)
        url = CutPart.from_json(unit.payload).other
        rows = read_rows([url] if url else [], SHARED, filters=[("part", "==", part)])
        shared_keys = np.sort(rows["window"].to_numpy())
        for batch in read_cut(unit, spec, columns) if len(shared_keys) else ():
            yield from _runs_of(batch, part, shared_keys, spec)


def _runs_of(
    batch: pa.RecordBatch, part: int, shared_keys: npt.NDArray[np.int64], spec: Round
) -> Iterator[pa.RecordBatch]:
    runs = windows_of(batch, spec)
    keys = runs.keys.view(np.int64)
    at = np.minimum(np.searchsorted(shared_keys, keys), len(shared_keys) - 1)
    chosen = np.flatnonzero(shared_keys[at] == keys)
    if not len(chosen):
        return
    documents, firsts, counts = (column[chosen] for column in runs[1:])
    if part < spec.own:
        ranks = ranks_of(batch, spec.priority, spec.preference)
    else:
        ranks = np.full(len(batch), FINISHED)
    data, offsets = utf8(batch["text"])
    texts = gathered(data, offsets[documents] + firsts, counts + spec.length - 1)
    columns = {
        BUCKET: bucket_of_keys(keys[chosen], spec.buckets),
        "window": keys[chosen],
        "rank": ranks[documents],
        "key": batch["key"].to_numpy()[documents],
        "position": firsts,
        "count": counts,
        "part": np.full(len(chosen), part, np.int32),
        "id": batch["id"].take(documents),
        "data": texts,
    }
    yield from pa.table(columns, schema=RUNS).to_batches(1024)


def gathered(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> "pa.Array[Any]":
    """Return bytes [starts[n], starts[n] + sizes[n]) of some data as a large_binary array."""
    ends = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=ends[1:])
    copied = _copied(data, starts, ends)
    buffers = [None, pa.py_buffer(ends.data), pa.py_buffer(copied.data)]
    return pa.Array.from_buffers(pa.large_binary(), len(sizes), buffers)


@compiled
def _copied(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    out = np.empty(ends[-1], np.uint8)
    for n in range(len(starts)):
        for i in range(ends[n + 1] - ends[n]):
            out[ends[n] + i] = data[starts[n] + i]
    return out


def compare_runs(
    bucket: int, batches: Iterator[pa.RecordBatch], *, spec: Round
) -> Iterator[pa.RecordBatch]:
    """Yield MATCHES of a bucket of RUNS, which come in RUNS_ORDER."""
    del bucket
    frequent = MATCHES.empty_table()
    carried, earlier = [RUNS.empty_table()], NONE
    for table, goes_on in pieces_of_keys(batches, "window", lambda: carried[0].nbytes):
        tables = [carried[0], table.select(RUNS.names).cast(RUNS)]  # Spark has a smaller type
        rows = pa.concat_tables(tables).combine_chunks()
        repeats, matches, kept, earlier = compare(rows, spec, earlier, goes_on=goes_on)
        carried[0] = rows.take(kept)
        yield from _to_files(matches, spec)
        if not goes_on:
            frequent = pa.concat_tables([frequent, _frequent(rows, repeats, spec)])
            frequent = frequent.sort_by(FREQUENT_ORDER).slice(0, FREQUENT).combine_chunks()
    yield from _to_files(frequent, spec)


def compare(
    rows: pa.Table, spec: Round, earlier: Earlier = NONE, *, goes_on: bool = False
) -> tuple[Repeats, pa.Table, npt.NDArray[np.int64], Earlier]:
    """Return what is repeated of some keys of RUNS, and the MATCHES these make.

    The first key may have begun before, the last one may go on: `find_repeats_of_piece`, which
    says what is returned besides.
    """
    data: Any = rows["data"].combine_chunks()
    if isinstance(data, pa.ChunkedArray):
        data = pa.concat_arrays(data.chunks)
    _, ends, buffer = data.buffers()
    offsets = np.frombuffer(ends, np.int64)[data.offset : data.offset + len(data) + 1]
    keys, windows = rows["key"].to_numpy(), rows["window"].to_numpy()
    firsts = rows["position"].to_numpy()
    group = Rows(
        np.frombuffer(buffer, np.uint8),
        offsets[:-1].astype(np.int64),
        rows["count"].to_numpy(),
        keys,
        firsts,
        np.flatnonzero(np.append(windows[1:] != windows[:-1], True)) + 1,
    )
    repeats, carried, earlier = find_repeats_of_piece(
        group, spec.length, firsts=spec.keep_none, earlier=earlier, goes_on=goes_on
    )
    starts = firsts[repeats.rows] + repeats.windows
    kept: Any = pa.array(repeats.kept_rows, mask=(repeats.kept_rows < 0) | spec.keep_none)
    size = len(starts)
    columns = {
        "part": rows["part"].take(repeats.rows),
        "key": keys[repeats.rows],
        "start": starts,
        "stop": starts + repeats.counts + spec.length - 1,
        "kept_key": rows["key"].take(kept),
        "kept_id": rows["id"].take(kept),
        "times": pa.nulls(size, I64),
        "begins": pa.nulls(size, pa.binary()),
    }
    return repeats, pa.table(columns, schema=MATCHES), carried, earlier


def _frequent(rows: pa.Table, repeats: Repeats, spec: Round) -> pa.Table:
    """Return the passages that are repeated most, one at most for each key, as MATCHES."""
    by = np.argsort(-repeats.times, kind="stable")[:FREQUENT]
    by = by[repeats.times[by] > 0]
    passages = []
    for row, window, count, times in zip(
        repeats.most_rows[by].tolist(), repeats.most_windows[by].tolist(),
        repeats.most_counts[by].tolist(),
        repeats.times[by].tolist(), strict=True,
    ):  # fmt: skip
        start = rows["position"][row].as_py() + window
        passages.append(
            {
                "part": -1,
                "key": rows["key"][row].as_py(),
                "start": start,
                "stop": start + count + spec.length - 1,
                "kept_key": rows["key"][row].as_py(),
                "kept_id": rows["id"][row].as_py(),
                "times": times,
                "begins": rows["data"][row].as_py()[window : window + EXCERPT],
            }
        )
    return pa.Table.from_pylist(passages, MATCHES)


def _to_files(matches: pa.Table, spec: Round) -> Iterator[pa.RecordBatch]:
    file_schema = with_bucket(MATCHES)
    matches = matches.filter(pa.array(matches["part"].to_numpy() < spec.own))
    at = spec.file_of(matches["part"].to_numpy())
    columns: list[Any] = [pa.array(at), *matches.columns]
    yield from pa.Table.from_arrays(columns, schema=file_schema).to_batches(1 << 16)
