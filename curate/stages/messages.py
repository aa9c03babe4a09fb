"""Messages between partitions through an engine's exchange, as few rows of many bytes.

One row per number costs a JVM about a microsecond on each side of a shuffle, and Python as much
again. Here a task sorts its rows by destination in NumPy and sends each destination one row of
packed bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

import pyarrow as pa

from curate.batch import values
from curate.dedup.distributed.flow import Start, Task, Work, receipts_of
from curate.dedup.distributed.messages import Message
from curate.dedup.distributed.partitions import Partition
from curate.engine.verbs import BUCKET
from curate.stages.stage import RECEIPTS, Stage, collected
from curate.stages.stage import receipts_of as receipts_of_task
from curate.store.commits import Receipt
from curate.store.schema import columns
from curate.store.units import Unit

MESSAGES = columns(
    (BUCKET, pa.int64(), False),
    ("to", pa.int64(), False),
    ("kind", pa.string(), False),
    ("body", pa.binary(), False),
)
BATCH_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class OnEngine:
    """Messages as lazy rows of an engine; `receipts` runs them."""

    stage: Stage

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""
        return self.stage.run.engine.parallelism

    def start(
        self, partitions: Sequence[Partition], task: Start, in_partitions: int, out_partitions: int
    ) -> Any:
        """Return the messages that partitions send, from in_partitions to out_partitions."""
        tasks = [
            [Unit(f"{p.number:06d}", p.to_json(), p.size) for p in partitions[at::in_partitions]]
            for at in range(in_partitions)
        ]
        function = partial(_start_tasks, task=task, out_partitions=out_partitions)
        return self.stage.run.engine.start(function, tasks, MESSAGES)

    def deliver(self, messages: Any, task: Task, in_partitions: int, out_partitions: int) -> Any:
        """Return the messages that the receivers send; each is called once, with all of its."""
        function = partial(_deliver, task=task, out_partitions=out_partitions)
        return self.stage.run.engine.exchange(
            messages, function, MESSAGES, buckets=in_partitions, order=("to",)
        )

    def receipts(self, messages: Any, description: str) -> list[Receipt]:
        """Run everything; return the receipts among the messages: a few for each partition."""
        self.stage.describe(description)
        table = self.stage.run.engine.collect(messages)
        kinds = table["kind"].to_pylist()
        bodies: list[Any] = table["body"].to_pylist()
        pairs = zip(kinds, bodies, strict=True)
        return receipts_of(body for kind, body in pairs if kind == "receipt")

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""
        engine = self.stage.run.engine
        tasks = [[Unit(name, payload, BATCH_BYTES)] for name, payload in units.items()]
        function = partial(receipts_of_task, work=work, folder=folder)
        return collected(engine, engine.start(function, tasks, RECEIPTS))


def _start_tasks(
    units: Sequence[Unit], *, task: Start, out_partitions: int
) -> Iterator[pa.RecordBatch]:
    for unit in units:
        yield from sent(task(Partition.from_json(unit.payload)), out_partitions)


def _deliver(
    bucket: int, batches: Iterator[pa.RecordBatch], *, task: Task, out_partitions: int
) -> Iterator[pa.RecordBatch]:
    del bucket
    parts = groupby(received(batches), key=attrgetter("to"))
    yield from sent(chain.from_iterable(task(messages) for _, messages in parts), out_partitions)


def sent(messages: Iterable[Message], partitions: int) -> Iterator[pa.RecordBatch]:
    """Yield the messages as batches; that of partition n goes to bucket n % partitions."""
    waiting: list[Message] = []
    size = 0
    for message in messages:
        waiting.append(message)
        size += len(message.body)
        if size >= BATCH_BYTES:
            yield _batch(waiting, partitions)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting, partitions)


def _batch(messages: Sequence[Message], partitions: int) -> pa.RecordBatch:
    to, kinds, bodies = zip(*messages, strict=True)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([destination % partitions for destination in to], pa.int64()),
            pa.array(to, pa.int64()),
            pa.array(kinds, pa.string()),
            pa.array(bodies, pa.binary()),
        ],
        schema=MESSAGES,
    )


def received(batches: Iterable[pa.RecordBatch]) -> Iterator[Message]:
    """Yield the messages of some rows."""
    for batch in batches:
        to, kinds = values(batch, "to"), values(batch, "kind")
        yield from map(Message, to, kinds, (body.as_py() for body in batch["body"]))
