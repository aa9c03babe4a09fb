"""Control flow of distributed near-deduplication: the rounds, their shuffles, termination.

Input: partitions of documents with their index. Output: removals, as tables the partitions list,
and the outcomes of the removed documents. The shuffle is given: Spark's, or lists where the
documents fit one process.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Protocol

from curate.dedup.distributed import decisions, outcomes, tasks
from curate.dedup.distributed.messages import Message
from curate.dedup.distributed.partitions import Partition, RoundSpec
from curate.store import io
from curate.store.commits import Receipt

PARTITIONS_PER_TASK = 8  # in rounds that look at few documents
WHOLE_OVERFLOW = 4_000_000  # members; of more, only the leaders are shuffled
EDGES_PER_TASK = 4_000_000  # that one task decides on

Task = Callable[[Iterator[Message]], Iterator[Message]]
Start = Callable[[Partition], Iterator[Message]]
Work = Callable[[str, str, str], Receipt]  # (folder, unit, payload) -> receipt


class Shuffle(Protocol):
    """Delivers messages between tasks."""

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""

    def start(
        self,
        partitions: Sequence[Partition],
        task: Start,
        in_partitions: int,
        out_partitions: int,
    ) -> Any:
        """Return the messages that partitions send, from in_partitions to out_partitions."""

    def deliver(self, messages: Any, task: Task, in_partitions: int, out_partitions: int) -> Any:
        """Return the messages that their receivers send."""

    def receipts(self, messages: Any, description: str) -> list[Receipt]:
        """Run it all; return the receipts among the messages, by unit."""

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""


class InProcess:
    """Messages in lists: for documents that fit one process, where a shuffle costs more."""

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""
        return 1

    def start(
        self,
        partitions: Sequence[Partition],
        task: Start,
        in_partitions: int,
        out_partitions: int,
    ) -> list[Message]:
        """Return the messages that partitions send."""
        del in_partitions, out_partitions
        return [message for partition in partitions for message in task(partition)]

    def deliver(
        self, messages: Sequence[Message], task: Task, in_partitions: int, out_partitions: int
    ) -> list[Message]:
        """Return the messages that their receivers send."""
        del in_partitions, out_partitions
        by_receiver = defaultdict(list)
        for message in messages:
            by_receiver[message.to].append(message)
        return [message for to in sorted(by_receiver) for message in task(iter(by_receiver[to]))]

    def receipts(self, messages: Sequence[Message], description: str) -> list[Receipt]:
        """Return the receipts among the messages, by unit."""
        del description
        return receipts_of(message.body for message in messages if message.kind == "receipt")

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""
        return [work(folder, unit, payload) for unit, payload in units.items()]


class Largest(NamedTuple):
    """How many documents are removed for one that is kept, and its id."""

    removed: int
    id: str


def receipts_of(bodies: Iterable[bytes]) -> list[Receipt]:
    """Return the receipts in some messages, by unit."""
    return sorted(map(Receipt.from_json, bodies), key=lambda receipt: receipt.unit)


def compare(
    shuffle: Shuffle, partitions: list[Partition], spec: RoundSpec
) -> tuple[list[Partition], dict[str, int]]:
    """Return the partitions with their removals, after as many rounds as it takes, and counts."""
    report = {"rounds": 0, "pairs compared": 0, "pairs similar": 0, "in full buckets": 0}
    current = replace(spec, name="round-01", source="index", max_leaders=1)
    while True:
        receipts = run_round(shuffle, partitions, current)
        partitions = with_files(partitions, spec.folder, receipts, "compared", "similar", "members")
        similar, overflow = _rows(receipts, "similar"), _rows(receipts, "overflow")
        report["rounds"] += 1
        report["pairs compared"] += _rows(receipts, "compared")
        report["pairs similar"] += similar
        report["in full buckets"] = max(report["in full buckets"], overflow)
        if similar:
            partitions = decide_removals(
                shuffle, partitions, spec, report["rounds"], report["pairs similar"]
            )
        if not (similar if current.source == "members" else _rows(receipts, "members")):
            return partitions, report
        current = replace(spec, name=f"round-{report['rounds'] + 1:02d}", source="members")


def run_round(shuffle: Shuffle, partitions: Sequence[Partition], spec: RoundSpec) -> list[Receipt]:
    """Compare each bucket's leaders with its members, and full buckets part by part."""
    all_receipts = receipts = _compared(shuffle, partitions, spec)
    level = 0
    while overflow := _rows(receipts, "overflow"):
        partitions = [replace(partition, overflow=()) for partition in partitions]
        partitions = with_files(partitions, spec.folder, receipts, "compared", "overflow")
        split = replace(spec, name=f"{spec.name}-{level:02d}", source="overflow", level=level)
        receipts = _compared(shuffle, partitions, split, whole_buckets=overflow <= WHOLE_OVERFLOW)
        all_receipts, level = all_receipts + receipts, level + 1
    return all_receipts


def decide_removals(
    shuffle: Shuffle, partitions: list[Partition], spec: RoundSpec, number: int, edges: int
) -> list[Partition]:
    """Return the partitions with the removals by all pairs found similar so far, `edges` of them.

    While there are more pairs than one task should hold, documents that have no better neighbour
    left are kept, and the removals that follow are settled, in all partitions at once.
    """
    partitions = [replace(p, open_edges=(), settled=(), removals=()) for p in partitions]
    steps: list[list[Receipt]] = []
    while edges > EDGES_PER_TASK:
        name = f"decided-{number:02d}-{len(steps):03d}"
        step = replace(spec, name=name, source="members", level=len(steps))
        steps.append(_pruned(shuffle, partitions, step))
        partitions = [replace(partition, open_edges=()) for partition in partitions]
        partitions = with_files(partitions, spec.folder, steps[-1], "open_edges", "settled")
        edges = _rows(steps[-1], "open_edges")
    just_settled = _urls(spec.folder, steps[-1], "settled") if steps else []
    urls = [url for p in partitions for url in (p.open_edges if steps else p.similar)]
    units = {f"decided-{number:02d}": json.dumps([urls, just_settled])}
    receipts = shuffle.work(decisions.decide_all, spec.folder, units)
    removals = tuple(_urls(spec.folder, receipts, "removals"))
    return [
        replace(p, removals=(*p.settled, *removals), open_edges=(), settled=()) for p in partitions
    ]


def write_outcomes(
    shuffle: Shuffle, partitions: Sequence[Partition], spec: RoundSpec, folder: str
) -> tuple[list[Receipt], Largest]:
    """Write the outcomes of removed documents to a folder.

    Returns the receipts, and the kept document that the most others are removed for.
    """
    current = replace(spec, name="outcomes", folder=folder, source="members")
    count = task_count(shuffle, partitions, current)
    requests = shuffle.start(partitions, partial(outcomes.request_ids, spec=current), count, count)
    replies = shuffle.deliver(requests, outcomes.reply_ids, count, count)
    write = partial(outcomes.write_outcomes, spec=current)
    receipts = shuffle.receipts(shuffle.deliver(replies, write, count, count), "outcomes")
    largest = [Largest(*r.facts["largest"]) for r in receipts if "largest" in r.facts]
    with_rows = [receipt for receipt in receipts if receipt.files]
    return with_rows, max(largest, default=Largest(0, ""))


def task_count(shuffle: Shuffle, partitions: Sequence[Partition], spec: RoundSpec) -> int:
    """Return how many tasks the partitions are spread over.

    Where all documents are looked at, one each; else there is little to do for each.
    """
    few = max(shuffle.parallelism, len(partitions) // PARTITIONS_PER_TASK)
    return len(partitions) if spec.source == "index" else min(few, len(partitions))


def _compared(
    shuffle: Shuffle,
    partitions: Sequence[Partition],
    spec: RoundSpec,
    *,
    whole_buckets: bool = False,
) -> list[Receipt]:
    """Have a round's pairs compared; return what the tasks wrote.

    whole_buckets: all members of the overflow are shuffled, not only its leaders.
    """
    count = task_count(shuffle, partitions, spec)
    send, reply = tasks.send_local_leaders, tasks.send_leaders
    if whole_buckets:
        send, reply = tasks.send_overflow, tasks.pair_overflow
    sent = shuffle.start(partitions, partial(send, spec=spec), count, spec.buckets)
    replies = shuffle.deliver(sent, partial(reply, spec=spec), spec.buckets, count)
    requests = shuffle.deliver(replies, partial(tasks.write_pairs, spec=spec), count, count)
    texts = shuffle.deliver(requests, tasks.send_texts, count, count)
    verified = shuffle.deliver(texts, partial(tasks.verify_pairs, spec=spec), count, count)
    return shuffle.receipts(verified, spec.name)


def _pruned(shuffle: Shuffle, partitions: Sequence[Partition], spec: RoundSpec) -> list[Receipt]:
    count = task_count(shuffle, partitions, spec)
    queries = shuffle.start(partitions, partial(decisions.query_status, spec=spec), count, count)
    replies = shuffle.deliver(queries, partial(decisions.reply_status, spec=spec), count, count)
    pruned = shuffle.deliver(replies, partial(decisions.prune_edges, spec=spec), count, count)
    return shuffle.receipts(pruned, spec.name)


def _urls(folder: str, receipts: Iterable[Receipt], table: str) -> list[str]:
    files = [file for receipt in receipts for file in receipt.files if file.table == table]
    return [io.join(folder, file.name) for file in files]


def _rows(receipts: Iterable[Receipt], table: str) -> int:
    return sum(f.rows for receipt in receipts for f in receipt.files if f.table == table)


def with_files(
    partitions: Sequence[Partition], folder: str, receipts: Iterable[Receipt], *tables: str
) -> list[Partition]:
    """Return the partitions listing the files, of these tables, that were written for them."""
    new: dict[int, dict[str, list[str]]] = {partition.number: {} for partition in partitions}
    for receipt in receipts:
        for file in receipt.files:
            if file.table in tables:
                urls = new[receipt.facts["partition"]].setdefault(file.table, [])
                urls.append(io.join(folder, file.name))
    return [partition.adding(new[partition.number]) for partition in partitions]
