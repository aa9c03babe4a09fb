"""Tables through Spark's shuffle as messages: few rows of many bytes, packed by where they go.

A row of its own for every number costs the JVM about a microsecond on each side of a shuffle,
and Python as much again. Here a task sorts its rows by destination in NumPy and sends each
destination one piece of bytes; the JVM moves pieces.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter

import pyarrow as pa
from pyspark.sql import DataFrame

from curate.batch import values
from curate.dedup.distributed.flow import Start, Task, Work, receipts_of
from curate.dedup.distributed.messages import Message
from curate.dedup.distributed.partitions import Partition
from curate.spark.batches import SALT, map_partitions, partition_salts, unit_rows, units_frame
from curate.spark.stage import Stage, lift
from curate.store.commits import Receipt
from curate.store.schema import columns

MESSAGES = columns(
    (SALT, pa.int64(), False),
    ("to", pa.int64(), False),
    ("kind", pa.string(), False),
    ("body", pa.binary(), False),
)
BATCH_BYTES = 4 << 20


def sent(messages: Iterable[Message], salts: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Yield the messages as batches; salts[to % len(salts)] leads to the partition of `to`."""
    waiting: list[Message] = []
    size = 0
    for message in messages:
        waiting.append(message)
        size += len(message.body)
        if size >= BATCH_BYTES:
            yield _batch(waiting, salts)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting, salts)


def _batch(messages: Sequence[Message], salts: Sequence[int]) -> pa.RecordBatch:
    to, kinds, bodies = zip(*messages, strict=True)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([salts[one % len(salts)] for one in to], pa.int64()),
            pa.array(to, pa.int64()),
            pa.array(kinds, pa.string()),
            pa.array(bodies, pa.binary()),
        ],
        schema=MESSAGES,
    )


def received(batches: Iterable[pa.RecordBatch]) -> Iterator[Message]:
    """Yield the messages of a partition."""
    for batch in batches:
        to, kinds = values(batch, "to"), values(batch, "kind")
        yield from map(Message, to, kinds, (body.as_py() for body in batch["body"]))


@dataclass(frozen=True, slots=True)
class OnSpark:
    """Messages as rows of a frame; nothing is done until the receipts are asked for."""

    place: Stage

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""
        return int(self.place.run.spark.sparkContext.defaultParallelism)

    def start(
        self, partitions: Sequence[Partition], task: Start, in_partitions: int, out_partitions: int
    ) -> DataFrame:
        """Return the messages that partitions send, from in_partitions to out_partitions."""
        salts = partition_salts(out_partitions)

        def messages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for _, payload in unit_rows(batches):
                for line in json.loads(payload):
                    yield from sent(task(Partition.from_json(line)), salts)

        units = {
            f"{number:06d}": json.dumps([p.to_json() for p in partitions[number::in_partitions]])
            for number in range(in_partitions)
        }
        return map_partitions(units_frame(self.place.run.spark, units), messages, MESSAGES)

    def deliver(
        self, messages: DataFrame, task: Task, in_partitions: int, out_partitions: int
    ) -> DataFrame:
        """Return the messages that their receivers send; each is called once, with all of its."""
        salts = partition_salts(out_partitions)

        def tasks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            parts = groupby(received(batches), key=attrgetter("to"))
            yield from sent(chain.from_iterable(task(own) for _, own in parts), salts)

        shuffled = messages.repartition(in_partitions, SALT).sortWithinPartitions("to")
        return map_partitions(shuffled, tasks, MESSAGES)

    def receipts(self, messages: DataFrame, description: str) -> list[Receipt]:
        """Run it all; return the receipts among the messages: a few for each partition."""
        self.place.describe(description)
        rows = messages.where("kind = 'receipt'").select("body").collect()
        return receipts_of(bytes(row["body"]) for row in rows)

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""
        rows = lift(work, folder)(units_frame(self.place.run.spark, units)).collect()
        return [Receipt.from_json(row["receipt"]) for row in rows]
