"""Keys of windows: which are shared, and by which parts. In the first round, and in later ones.

Input: documents, with the cuts of earlier rounds made. Output: SHARED, the keys of a part that
other runs of windows have too.

Later rounds need not look at all texts again. A document that had no match so far has as many
windows as before, in the same place of the order, so it has a match now only if one of the
documents that had some, the *touched* ones, has lost or gained a window, or changed its position.
All keys that touched documents have or had are looked up again; those of the first round were
written to files, by bucket.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.batch import set_column, values
from curate.dedup.distributed.index import scopes_of
from curate.dedup.passages.windows import Windows, runs_of_windows
from curate.dedup.preference import Preference
from curate.dedup.scope import Scope, scope_columns
from curate.engine.verbs import BUCKET
from curate.stages.sorting import with_bucket
from curate.store import io, schema
from curate.store.documents import read_part
from curate.store.tables import read_rows, write_file
from curate.store.units import Unit
from curate.text.cuts import Cut, apply_cuts

I64, I32, S = pa.int64(), pa.int32(), pa.string()
# In how many runs of windows a part has a key (one that may repeat within itself counts twice).
OWN = schema.columns(("window", I64, False), ("part", I32, False), ("times", I64, False))
COUNTS = with_bucket(OWN)
SHARED = schema.columns(("part", I32, False), ("window", I64, False))
# Characters [start, stop) of texts, as they came into the stage, that are cut.
CUTS = schema.columns(("key", I64, False), ("start", I64, False), ("stop", I64, False))
TOUCHED = schema.columns(("key", I64, False))  # documents that had a match in some round


@dataclass(frozen=True, slots=True)
class Round:
    """How passages are looked for.

    parts_a_file: parts whose rows are in one file, by number. own: parts of this run; those of
    finished runs have the numbers from there on.
    """

    length: int
    keep_none: bool
    priority: tuple[str, ...]
    preference: Preference
    sources: tuple[str, ...]
    scope: Scope
    buckets: int
    parts_a_file: int
    own: int

    def file_of(self, parts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the bucket of each part's file; that of part -1 is 0."""
        return (parts.astype(np.int64) + self.parts_a_file) // self.parts_a_file

    def file_of_part(self, part: int) -> int:
        """Return the bucket of one part's file."""
        return (part + self.parts_a_file) // self.parts_a_file


@dataclass(frozen=True, slots=True)
class CutPart:
    """A part of the documents, the files of its cuts and touched documents so far, another file.

    shift: of a part of a finished run what is added to its keys; else 0.
    """

    part: str
    cuts: str | None = None
    touched: str | None = None
    other: str | None = None
    shift: int = 0

    def to_json(self) -> str:
        """Return it as one line, the payload of a unit."""
        return json.dumps([self.part, self.cuts, self.touched, self.other, self.shift])

    @staticmethod
    def from_json(line: str) -> "CutPart":
        """Undo `to_json`."""
        return CutPart(*json.loads(line))


def read_cut(unit: Unit, spec: Round, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield a part's documents of the sources looked at, their texts without the cuts so far."""
    cut_part = CutPart.from_json(unit.payload)
    cuts = cuts_of(cut_part.cuts)
    for batch in read_part(cut_part.part, columns):
        if cut_part.shift:
            yield set_column(batch, "key", batch["key"].to_numpy() + cut_part.shift, I64)
            continue
        if batch["source"][0].as_py() not in spec.sources:  # a part holds one source only
            return
        yield without_cuts(batch, cuts) if cuts else batch


def cuts_of(url: str | None) -> dict[int, list[Cut]]:
    """Return the cuts of a part's documents by key, in order."""
    cuts: dict[int, list[Cut]] = {}
    if url is not None:
        rows = read_rows([url], CUTS)
        columns: list[list[Any]] = [rows[name].to_pylist() for name in CUTS.names]
        for key, start, stop in zip(*columns, strict=True):
            cuts.setdefault(key, []).append(Cut(start, stop, ""))
    return cuts


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


def count_keys(units: Sequence[Unit], *, spec: Round) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of the parts of a task."""
    for unit in units:
        batches = read_cut(unit, spec, _columns(spec))
        yield from _counted(
            unit, [_times(windows_of(batch, spec), spec, 1) for batch in batches], spec
        )


def changed_keys(units: Sequence[Unit], *, spec: Round) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of what touched documents have now, less what they had at first.

    There is a row for every key that they have or had, if only one of 0 times.
    """
    for unit in units:
        cut_part = CutPart.from_json(unit.payload)
        urls = [cut_part.touched] if cut_part.touched else []
        touched, cuts = read_rows(urls, TOUCHED)["key"].to_numpy(), cuts_of(cut_part.cuts)
        tables = []
        for batch in read_part(cut_part.part, _columns(spec)) if len(touched) else ():
            inside = np.isin(batch["key"].to_numpy(), touched)
            if inside.any():
                rows = batch.filter(pa.array(inside))
                tables.append(_times(windows_of(rows, spec), spec, -1))
                tables.append(_times(windows_of(without_cuts(rows, cuts), spec), spec, 1))
        yield from _counted(unit, tables, spec)


def _columns(spec: Round) -> tuple[str, ...]:
    return ("key", "source", "text", "characters", *scope_columns(spec.scope))


def _times(runs: Windows, spec: Round, weight: int) -> pa.Table:
    times = weight * (1 + (runs.counts > spec.length))
    return pa.table({"window": runs.keys.view(np.int64), "times": times})


def _counted(unit: Unit, tables: list[pa.Table], spec: Round) -> Iterator[pa.RecordBatch]:
    if not tables:
        return
    sums = pa.concat_tables(tables).group_by("window").aggregate([("times", "sum")])
    keys = sums["window"].to_numpy()
    columns = {
        BUCKET: bucket_of_keys(keys, spec.buckets),
        "window": keys,
        "part": np.full(len(keys), int(unit.name), np.int32),
        "times": sums["times_sum"].to_numpy(),
    }
    yield from pa.table(columns, schema=COUNTS).to_batches(1 << 16)


def windows_of(batch: pa.RecordBatch, spec: Round) -> Windows:
    """Return the runs of windows of a batch; documents of different scopes have different keys."""
    runs = runs_of_windows(batch["text"], spec.length)
    if spec.scope == "global":
        return runs
    scopes = scopes_of(batch, spec.scope).view(np.uint64)
    return runs._replace(keys=runs.keys ^ scopes[runs.documents])


def bucket_of_keys(keys: npt.NDArray[np.int64], buckets: int) -> npt.NDArray[np.int64]:
    """Return the bucket of each key of windows."""
    return (keys.view(np.uint64) % np.uint64(buckets)).astype(np.int64)


def shared_keys(
    bucket: int, batches: Iterator[pa.RecordBatch], *, spec: Round, folder: str
) -> Iterator[pa.RecordBatch]:
    """Yield SHARED of a bucket: the keys that more than one run has, for each part that has it.

    folder: to write the bucket's COUNTS to, for later rounds.
    """
    rows = pa.Table.from_batches(list(batches)).select(OWN.names)
    write_file(folder, _file(bucket), "counts", OWN, rows.to_batches())
    yield from _shared_keys(rows, spec)


def shared_again(
    bucket: int, batches: Iterator[pa.RecordBatch], *, spec: Round, folder: str
) -> Iterator[pa.RecordBatch]:
    """Yield SHARED of a bucket of `changed_keys`: of their keys alone."""
    changed = pa.Table.from_batches(list(batches)).select(OWN.names)
    url = io.join(folder, _file(bucket))
    first = read_rows([url] if io.exists(url) else [], OWN)
    is_changed = np.isin(first["window"].to_numpy(), changed["window"].to_numpy())
    rows = pa.concat_tables([first.filter(pa.array(is_changed)), changed])
    sums = rows.group_by(["window", "part"]).aggregate([("times", "sum")])
    sums = sums.rename_columns(["window", "part", "times"])
    yield from _shared_keys(sums.filter(pa.array(sums["times"].to_numpy() > 0)), spec)


def _file(bucket: int) -> str:
    return f"counts-{bucket:05d}.parquet"


def _shared_keys(rows: pa.Table, spec: Round) -> Iterator[pa.RecordBatch]:
    keys, times = rows["window"].to_numpy(), rows["times"].to_numpy()
    by = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.append(True, keys[by][1:] != keys[by][:-1])[: len(by)])
    lengths = np.diff(starts, append=len(by))
    if not len(by):
        return
    shared = by[np.repeat(np.add.reduceat(times[by], starts) > 1, lengths)]
    parts = rows["part"].to_numpy()[shared]
    columns = {BUCKET: spec.file_of(parts), "part": parts, "window": keys[shared]}
    yield from pa.table(columns, schema=with_bucket(SHARED)).to_batches(1 << 16)
