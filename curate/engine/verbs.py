"""The engine interface of all stages: three operations.

    start     apply a function to tasks (lists of units of work)              -> rows
    exchange  shuffle rows to buckets, apply a function to each sorted bucket -> rows
    collect   fetch the rows to the driver

Rows are Arrow batches, produced lazily when tasks run. Functions are module-level functions or
`functools.partial` of them, so that they can be pickled. Every stage is written once, in these
operations: Spark and the local engine run the same code on the same rows, so outputs are
byte-identical.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa

from curate.store.units import Unit

BUCKET = "bucket"  # int64 column of rows to exchange: 0 <= bucket < buckets

TaskFunction = Callable[[Sequence[Unit]], Iterator[pa.RecordBatch]]
BucketFunction = Callable[[int, Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Engine(Protocol):
    """Runs tasks in parallel."""

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

        isolated: the function may end its process, so it must not run in this one.
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

        The rows exchanged have a column BUCKET; those of a bucket go to one call, sorted by the
        columns of `order` (ascending, nulls first; text by its UTF-8 bytes).
        """

    def collect(self, rows: Any) -> pa.Table:
        """Return the rows in this process; they must be few."""

    def describe(self, stage: str, description: str) -> None:
        """Set the description of the next tasks, also in the engine's user interface."""

    def counts(self) -> tuple[int, int]:
        """Return (tasks done, tasks in all) of the current step."""


class TaskFailedError(RuntimeError):
    """A task failed; the message says which and why. `details` is the traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
