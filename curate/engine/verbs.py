"""What a stage asks of an engine: three verbs, whatever runs them.

    start     a function applied to tasks (lists of units of work)      -> rows
    exchange  rows sent to buckets, a function applied to each bucket   -> rows
    collect   the rows, here

Rows are Arrow batches that exist only while tasks run. Functions are module-level functions or
`functools.partial` of them, so that they can be sent to another process. Every stage is written
once, in these verbs: Spark and the engine without a JVM run the same code on the same rows, so the
bytes are the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa

from curate.store.units import Unit

BUCKET = "bucket"  # int64 column of rows to exchange: 0 <= bucket < buckets

TaskFunction = Callable[[Sequence[Unit]], Iterator[pa.RecordBatch]]
BucketFunction = Callable[[int, Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Engine(Protocol):
    """Runs tasks, on as many processes as it has."""

    @property
    def name(self) -> str:
        """Return local or spark."""

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""

    def start(
        self,
        function: TaskFunction,
        tasks: Sequence[Sequence[Unit]],
        schema: pa.Schema,
        *,
        isolated: bool = False,
    ) -> Any:
        """Return the rows of `schema` that the function yields for each task.

        isolated: the function may end its process, so it must not be this one.
        """

    def exchange(
        self,
        rows: Any,
        function: BucketFunction,
        schema: pa.Schema,
        *,
        buckets: int,
        order: Sequence[str] = (),
    ) -> Any:
        """Return the rows of `schema` that the function yields for each bucket that has rows.

        The rows exchanged have a column BUCKET; those of a bucket come to one call, sorted by the
        columns of `order` (ascending, nulls first; text by its UTF-8 bytes).
        """

    def collect(self, rows: Any) -> pa.Table:
        """Return the rows: few, for they go through this process."""

    def describe(self, stage: str, what: str) -> None:
        """Say, in the engine's own pages too, what the next tasks do."""

    def counts(self) -> tuple[int, int]:
        """Return how many tasks of what is at work are done, and how many there are."""


class TaskFailedError(RuntimeError):
    """A task could not be done; the text says which and why. `details` is the traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
