"""One round of looking for shared passages: what is exchanged, and what is made of it.

Input: documents, with the cuts of earlier rounds made. Output: MATCHES, the windows of each part
that repeat something better. Three exchanges: keys of windows to buckets, which of them are shared
back to the parts, and the bytes of shared windows to buckets, where they are compared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.batch import set_column, values
from curate.dedup.distributed.index import ranks_of, scopes_of
from curate.dedup.passages.groups import Repeats, Rows, find_repeats
from curate.dedup.passages.windows import Windows, runs_of_windows
from curate.dedup.preference import Preference
from curate.dedup.scope import Scope
from curate.dedup.shingles import utf8
from curate.engine.verbs import BUCKET
from curate.stages.sorting import with_bucket
from curate.store import schema
from curate.store.documents import SCORE, read_part
from curate.store.tables import read_rows
from curate.store.units import Unit
from curate.text.cuts import Cut, apply_cuts

I64, I32, S = pa.int64(), pa.int32(), pa.string()
# In how many runs of windows a part has a key (one that may repeat within itself counts twice).
COUNTS = with_bucket(
    schema.columns(("window", I64, False), ("part", I32, False), ("times", I64, False))
)
SHARED = schema.columns(("part", I32, False), ("window", I64, False))
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
# Characters [start, stop) of texts, as they came into the stage, that are cut.
CUTS = schema.columns(("key", I64, False), ("start", I64, False), ("stop", I64, False))
PENDING_BYTES = 32 << 20  # of windows that are compared at once, but for those of one key
FREQUENT, EXCERPT = 200, 400  # passages that a bucket reports, and bytes of each
FREQUENT_ORDER: Any = [("times", "descending"), ("key", "ascending"), ("start", "ascending")]


@dataclass(frozen=True, slots=True)
class Round:
    """How passages are looked for. parts_a_file: parts whose rows lie in one file, by number."""

    length: int
    keep_none: bool
    priority: tuple[str, ...]
    preference: Preference
    sources: tuple[str, ...]
    scope: Scope
    buckets: int
    parts_a_file: int

    def file_of(self, parts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the bucket of each part's file; that of part -1 is 0."""
        return (parts.astype(np.int64) + self.parts_a_file) // self.parts_a_file

    def file_of_part(self, part: int) -> int:
        """Return the bucket of one part's file."""
        return (part + self.parts_a_file) // self.parts_a_file


@dataclass(frozen=True, slots=True)
class CutPart:
    """A part of the documents, the file of its cuts so far, and another one that it needs."""

    part: str
    cuts: str | None = None
    other: str | None = None

    def to_json(self) -> str:
        """Return it as one line, the payload of a unit."""
        return json.dumps([self.part, self.cuts, self.other])

    @staticmethod
    def from_json(line: str) -> "CutPart":
        """Undo `to_json`."""
        return CutPart(*json.loads(line))


def read_cut(unit: Unit, spec: Round, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield a part's documents of the sources looked at, their texts without the cuts so far."""
    given = CutPart.from_json(unit.payload)
    cuts = cuts_of(given.cuts)
    for batch in read_part(given.part, columns):
        if batch["source"][0].as_py() not in spec.sources:  # a part holds one source only
            return
        yield without_cuts(batch, cuts) if cuts else batch


def cuts_of(url: str | None) -> dict[int, list[Cut]]:
    """Return the cuts of a part's documents by key, in order."""
    by_key: dict[int, list[Cut]] = {}
    if url is not None:
        rows = read_rows([url], CUTS)
        columns: list[list[Any]] = [rows[name].to_pylist() for name in CUTS.names]
        for key, start, stop in zip(*columns, strict=True):
            by_key.setdefault(key, []).append(Cut(start, stop, ""))
    return by_key


def without_cuts(batch: pa.RecordBatch, cuts: Mapping[int, Sequence[Cut]]) -> pa.RecordBatch:
    """Return a batch with the cuts made; `characters` are those of the texts as they are left."""
    keys = values(batch, "key")
    if not any(key in cuts for key in keys):
        return batch
    texts = [
        apply_cuts(text, cuts[key]) if key in cuts else text
        for key, text in zip(keys, values(batch, "text"), strict=True)
    ]
    batch = set_column(batch, "text", texts, S)
    return set_column(batch, "characters", [len(text) for text in texts], I64)


# --- keys of windows ---------------------------------------------------------------------------


def count_keys(units: Sequence[Unit], *, spec: Round) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of the parts of a task."""
    columns = ("key", "source", "text", "characters", *scope_columns(spec.scope))
    for unit in units:
        tables = []
        for batch in read_cut(unit, spec, columns):
            runs = windows_of(batch, spec)
            weights = 1 + (runs.counts > spec.length)
            tables.append(pa.table({"window": runs.keys.view(np.int64), "times": weights}))
        if not tables:
            continue
        sums = pa.concat_tables(tables).group_by("window").aggregate([("times", "sum")])
        keys = sums["window"].to_numpy()
        columns_ = {
            BUCKET: bucket_of_keys(keys, spec.buckets),
            "window": keys,
            "part": np.full(len(keys), int(unit.name), np.int32),
            "times": sums["times_sum"].to_numpy(),
        }
        yield from pa.table(columns_, schema=COUNTS).to_batches(1 << 16)


def scope_columns(scope: Scope) -> tuple[str, ...]:
    """Return the columns that say what a document is compared within, but `source`."""
    return () if scope in ("global", "source") else (scope,)


def windows_of(batch: pa.RecordBatch, spec: Round) -> Windows:
    """Return the runs of windows of a batch; documents of different scopes have different keys."""
    runs = runs_of_windows(batch["text"], spec.length)
    scopes = scopes_of(batch, spec.scope).view(np.uint64)
    return runs._replace(keys=runs.keys ^ scopes[runs.documents])


def bucket_of_keys(keys: npt.NDArray[np.int64], buckets: int) -> npt.NDArray[np.int64]:
    """Return the bucket of each key of windows."""
    return (keys.view(np.uint64) % np.uint64(buckets)).astype(np.int64)


def shared_keys(
    bucket: int, batches: Iterator[pa.RecordBatch], *, spec: Round
) -> Iterator[pa.RecordBatch]:
    """Yield SHARED of a bucket: the keys that more than one run has, for each part that has it."""
    del bucket
    rows = pa.Table.from_batches(list(batches))
    keys, times = rows["window"].to_numpy(), rows["times"].to_numpy()
    by = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.append(True, keys[by][1:] != keys[by][:-1])[: len(by)])
    lengths = np.diff(starts, append=len(by))
    shared = by[np.repeat(np.add.reduceat(times[by], starts) > 1, lengths)]
    parts = rows["part"].to_numpy()[shared]
    columns = {BUCKET: spec.file_of(parts), "part": parts, "window": keys[shared]}
    yield from pa.table(columns, schema=with_bucket(SHARED)).to_batches(1 << 16)


# --- windows -------------------------------------------------------------------------------------


def shared_runs(units: Sequence[Unit], *, spec: Round) -> Iterator[pa.RecordBatch]:
    """Yield RUNS of the parts of a task: the runs of windows whose key is in its file of SHARED."""
    more = (*scope_columns(spec.scope), *spec.preference.columns)
    columns = ("key", "id", "source", "text", "characters", SCORE, *more)
    for unit in units:
        part = int(unit.name)
        url = CutPart.from_json(unit.payload).other
        rows = read_rows([url] if url else [], SHARED, filters=[("part", "==", part)])
        wanted = np.sort(rows["window"].to_numpy())
        for batch in read_cut(unit, spec, columns) if len(wanted) else ():
            yield from _runs_of(batch, part, wanted, spec)


def _runs_of(
    batch: pa.RecordBatch, part: int, wanted: npt.NDArray[np.int64], spec: Round
) -> Iterator[pa.RecordBatch]:
    runs = windows_of(batch, spec)
    keys = runs.keys.view(np.int64)
    at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    chosen = np.flatnonzero(wanted[at] == keys)
    if not len(chosen):
        return
    documents, firsts, counts = (column[chosen] for column in runs[1:])
    data, offsets = utf8(batch["text"])
    starts = offsets[documents] + firsts
    pieces = [
        data[start:stop].tobytes()
        for start, stop in zip(starts, starts + counts + spec.length - 1, strict=True)
    ]
    columns = {
        BUCKET: bucket_of_keys(keys[chosen], spec.buckets),
        "window": keys[chosen],
        "rank": ranks_of(batch, spec.priority, spec.preference)[documents],
        "key": batch["key"].to_numpy()[documents],
        "position": firsts,
        "count": counts,
        "part": np.full(len(chosen), part, np.int32),
        "id": batch["id"].take(documents),
        "data": pa.array(pieces, pa.large_binary()),
    }
    yield from pa.table(columns, schema=RUNS).to_batches(1024)


def compare_runs(
    bucket: int, batches: Iterator[pa.RecordBatch], *, spec: Round
) -> Iterator[pa.RecordBatch]:
    """Yield MATCHES of a bucket of RUNS, which come in RUNS_ORDER."""
    del bucket
    frequent = MATCHES.empty_table()
    for rows in _whole_keys(batches):
        repeats, matches = compare(rows, spec)
        yield from _to_files(matches, spec)
        frequent = pa.concat_tables([frequent, _frequent(rows, repeats, spec)])
        frequent = frequent.sort_by(FREQUENT_ORDER).slice(0, FREQUENT).combine_chunks()
    yield from _to_files(frequent, spec)


def _whole_keys(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield tables of rows in which all rows of a key are together, of PENDING_BYTES or more."""
    pending: list[pa.RecordBatch] = []
    size = 0
    for given in batches:
        batch = given
        keys = batch["window"].to_numpy()
        last = int(np.searchsorted(keys == keys[-1], True))  # where the batch's last key begins
        if size + batch.nbytes > PENDING_BYTES and pending:
            before = pending[-1]["window"][-1].as_py()
            cut = last if last else (0 if keys[0] != before else -1)
            if cut >= 0:
                yield pa.Table.from_batches([*pending, batch.slice(0, cut)]).combine_chunks()
                pending, size, batch = [], 0, batch.slice(cut)
        pending.append(batch)
        size += batch.nbytes
    if pending:
        yield pa.Table.from_batches(pending).combine_chunks()


def compare(rows: pa.Table, spec: Round) -> tuple[Repeats, pa.Table]:
    """Return what is repeated of whole keys of RUNS, and the MATCHES these make."""
    data: Any = rows["data"].cast(pa.large_binary()).combine_chunks()  # Spark has a smaller type
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
    repeats = find_repeats(group, spec.length, firsts=spec.keep_none)
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
    return repeats, pa.table(columns, schema=MATCHES)


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
    at = spec.file_of(matches["part"].to_numpy())
    columns: list[Any] = [pa.array(at), *matches.columns]
    yield from pa.Table.from_arrays(columns, schema=file_schema).to_batches(1 << 16)
