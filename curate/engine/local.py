"""The local engine: tasks in processes of one machine, exchange (shuffle) through Arrow files.

A task that exchanges rows writes them to one Arrow file, sorted by bucket; a bucket's function
reads its pieces of all files, memory-mapped, and sorts them with Arrow. In memory at a time: a
task's batches up to PENDING_BYTES, and one bucket per process.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.engine.pool import Pool, Task, inline
from curate.engine.verbs import BUCKET, BucketFunction, TaskFunction
from curate.errors import RecipeError
from curate.store.tables import runs
from curate.store.units import Unit

PENDING_BYTES = 64 << 20  # of rows buffered before they are sorted by bucket
SMALL_BYTES = 4 << 20  # of input: less is processed here, for starting a process costs more
ROWS = 1024  # of a batch that a bucket's function gets
FOLDER = ".exchange-"  # prefix of folders of exchanged rows


@dataclass(frozen=True, slots=True)
class LocalRows:
    """Lazy rows: the tasks that produce them. size: bytes they read."""

    tasks: tuple[Task, ...]
    schema: pa.Schema
    size: int
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Spilled:
    """A file of rows to exchange: the bucket of each of its batches."""

    path: str
    buckets: tuple[int, ...]
    size: int


@dataclass(slots=True)
class LocalEngine:
    """Processes of this machine.

    Args:
        parallelism: how many tasks run at once.
        scratch: local folder; a unique subfolder is made for exchanged rows.
        preload: modules that workers import.
        check: called at each step and after each task, to raise what ends the run.
    """

    parallelism: int
    scratch: str | None = None
    preload: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None
    name: str = "local"
    _done: int = 0
    _tasks: int = 0
    _folder: Path | None = None
    _pool: Pool = field(init=False)

    def __post_init__(self) -> None:
        self._pool = Pool(self.parallelism, self.preload)

    def start(
        self,
        function: TaskFunction,
        tasks: Sequence[Sequence[Unit]],
        schema: pa.Schema,
        *,
        isolated: bool = False,
    ) -> LocalRows:
        """Return the rows that the function yields for each task, lazily."""
        size = sum(unit.size for task in tasks for unit in task)
        return LocalRows(
            tuple(partial(function, list(task)) for task in tasks), schema, size, isolated
        )

    def exchange(
        self,
        rows: LocalRows,
        function: BucketFunction,
        schema: pa.Schema,
        *,
        buckets: int,
        order: Sequence[str] = (),
    ) -> LocalRows:
        """Return the rows that the function yields for each bucket; runs the input tasks."""
        folder = self._new_folder()
        spill = [
            partial(spill_task, task, str(folder / f"{number:06d}.arrow"), rows.schema)
            for number, task in enumerate(rows.tasks)
        ]
        outputs = [output for _, output in sorted(self._run(spill, rows), key=lambda pair: pair[0])]
        by_bucket: dict[int, list[tuple[str, tuple[int, ...]]]] = {}
        for output in outputs:
            for bucket in sorted(set(output.buckets)):
                at = tuple(n for n, other in enumerate(output.buckets) if other == bucket)
                by_bucket.setdefault(bucket, []).append((output.path, at))
        if any(bucket >= buckets for bucket in by_bucket):
            raise ValueError(f"exchange: expected buckets below {buckets}, got {max(by_bucket)}")
        tasks = tuple(
            partial(reduce_bucket, function, bucket, by_bucket[bucket], tuple(order))
            for bucket in sorted(by_bucket)
        )
        return LocalRows(tasks, schema, sum(output.size for output in outputs))

    def collect(self, rows: LocalRows) -> pa.Table:
        """Return the rows of all tasks, in the order of tasks."""
        tasks = [partial(collect_task, task, rows.schema) for task in rows.tasks]
        results = sorted(self._run(tasks, rows), key=lambda pair: pair[0])
        tables = [pa.ipc.open_stream(data).read_all() for _, data in results]
        return pa.concat_tables([rows.schema.empty_table(), *tables])

    def describe(self, stage: str, description: str) -> None:
        """Reset the task counts for the next step."""
        del stage, description
        self.check()
        self._done = self._tasks = 0

    def counts(self) -> tuple[int, int]:
        """Return (tasks done, tasks in all)."""
        return self._done, self._tasks

    def close(self) -> None:
        """End the processes and delete exchanged rows."""
        self._pool.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _run(self, tasks: Sequence[Task], rows: LocalRows) -> Iterator[tuple[int, Any]]:
        def done() -> None:
            self.check()
            self._done += 1

        self._done, self._tasks = 0, len(tasks)
        if not rows.isolated and (rows.size <= SMALL_BYTES or self.parallelism == 1):
            yield from inline(tasks, done)
        else:
            yield from self._pool.run(tasks, done)

    def _new_folder(self) -> Path:
        if self._folder is None:
            if self.scratch is not None:
                Path(self.scratch).mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=self.scratch))
        folder = self._folder / uuid.uuid4().hex[:8]
        folder.mkdir()
        return folder


def clear(scratch: str) -> None:
    """Delete exchanged rows of killed engines in a folder; no other engine may use it."""
    for folder in Path(scratch).glob(f"{FOLDER}*"):
        shutil.rmtree(folder, ignore_errors=True)


def cores() -> int:
    """Return the number of processors this process may use; CURATE_WORKERS overrides it.

    Raises RecipeError: CURATE_WORKERS is set and no whole number.
    """
    if workers := os.environ.get("CURATE_WORKERS", "").strip():
        if not workers.isdecimal():
            raise RecipeError(f"CURATE_WORKERS: expected a whole number, got {workers!r:.80}")
        return max(1, int(workers))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def collect_task(task: Task, schema: pa.Schema) -> bytes:
    """Run a task; return its rows as the bytes of an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in task():
            writer.write_batch(batch.cast(schema))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def spill_task(task: Task, path: str, schema: pa.Schema) -> Spilled:
    """Run a task; write its rows of `schema` to a file, grouped by bucket."""
    buckets: list[int] = []
    pending: list[pa.RecordBatch] = []
    size = 0
    writer: Any = None

    def flush() -> None:
        nonlocal writer
        if not pending:
            return
        table = pa.Table.from_batches(pending).sort_by(BUCKET).combine_chunks()
        writer = writer or pa.ipc.new_file(path, table.schema)
        for batch in table.to_batches():
            for bucket, rows in runs(batch, BUCKET):
                buckets.append(bucket)
                writer.write_batch(rows)

    for batch in task():
        if batch.num_rows:
            pending.append(batch.cast(schema))
            size += batch.nbytes
        if size > PENDING_BYTES:
            flush()
            pending, size = [], 0
    flush()
    if writer is None:
        return Spilled(path, (), 0)
    writer.close()
    return Spilled(path, tuple(buckets), Path(path).stat().st_size)


def reduce_bucket(
    function: BucketFunction,
    bucket: int,
    pieces: Sequence[tuple[str, Sequence[int]]],
    order: Sequence[str],
) -> Iterator[pa.RecordBatch]:
    """Yield the result of a bucket's function on its rows."""
    yield from function(bucket, _sorted(pieces, order))


def _sorted(
    pieces: Sequence[tuple[str, Sequence[int]]], order: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    batches = []
    for path, at in pieces:
        with pa.memory_map(path) as mapped:
            file = pa.ipc.open_file(mapped)
            batches += [file.get_batch(number) for number in at]
    table = pa.Table.from_batches(batches)
    if not order:
        yield from table.to_batches(ROWS)
        return
    places = _sort_indices(table.select(list(order)))
    table = table.combine_chunks()  # otherwise each `take` joins all chunks again
    for start in range(0, len(places), ROWS):
        rows = table.take(np.asarray(places[start : start + ROWS])).combine_chunks()
        yield from rows.to_batches()


def _sort_indices(columns: pa.Table) -> Any:
    """Return the rows in ascending order of all columns, nulls first, as on Spark: `int64[rows]`.

    Validity is a separate sort column, because the option for nulls differs between releases of
    Arrow.
    """
    keys = {}
    for name in columns.column_names:
        if columns[name].null_count:
            keys[f"{name} is there"] = columns[name].is_valid()
        keys[name] = columns[name]
    order: Any = [(name, "ascending") for name in keys]
    return pc.sort_indices(pa.table(keys), order).to_numpy()
