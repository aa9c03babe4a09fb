"""Tables through Spark's shuffle as messages: few rows of many bytes, packed by where they go.

A row of its own for every number costs the JVM about a microsecond on each side of a shuffle,
and Python as much again. Here a task sorts its rows by destination in NumPy and sends each
destination one piece of bytes; the JVM moves pieces.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import attrgetter

import pyarrow as pa
from pyspark.sql import DataFrame

from curate.batch import values
from curate.dedup.messages import Message
from curate.schema import columns
from curate.spark.batches import SALT, map_partitions

Task = Callable[[Iterator[Message]], Iterator[Message]]
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


def deliver(frame: DataFrame, task: Task, here: Sequence[int], there: Sequence[int]) -> DataFrame:
    """Return the messages that the receivers of some messages send.

    Args:
        frame: of MESSAGES, salted by `here`, so many partitions; those of one destination meet.
        task: is called for each destination that was sent something.
        there: the salts of the partitions that it sends to.
    """

    def tasks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = groupby(received(batches), key=attrgetter("to"))
        yield from sent(chain.from_iterable(task(own) for _, own in parts), there)

    shuffled = frame.repartition(len(here), SALT).sortWithinPartitions("to")
    return map_partitions(shuffled, tasks, MESSAGES)
