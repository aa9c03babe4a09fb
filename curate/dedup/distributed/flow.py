"""The rounds in order: what is shuffled after what, and when it ends.

Enters: packs of documents with their index. Leaves: who goes for whom, as tables the packs know
of, and their fates. The shuffle is given: Spark's, or lists where few documents fit one process.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Protocol

from curate.dedup.distributed import decisions, tasks
from curate.dedup.distributed import outcomes as fates_
from curate.dedup.distributed.messages import Message
from curate.dedup.distributed.partitions import Pack, Round
from curate.store import io
from curate.store.commits import Receipt

PACKS_A_LANE = 8  # where few documents are looked at
REST = 4_000_000  # members of full buckets that are sent around whole
EDGES = 4_000_000  # that one task decides on

Task = Callable[[Iterator[Message]], Iterator[Message]]
Start = Callable[[Pack], Iterator[Message]]
Work = Callable[[str, str, str], Receipt]  # (folder, unit, payload) -> receipt


class Shuffle(Protocol):
    """How messages get from task to task; what they travel in is its own affair."""

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""

    def start(self, packs: Sequence[Pack], task: Start, here: int, there: int) -> Any:
        """Return the messages that packs send, from so many partitions to so many."""

    def deliver(self, messages: Any, task: Task, here: int, there: int) -> Any:
        """Return the messages that their receivers send."""

    def receipts(self, messages: Any, what: str) -> list[Receipt]:
        """Have it all done; return the receipts among the messages, by unit."""

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""


class InProcess:
    """Messages in lists: for documents that fit one process, where a shuffle costs more."""

    @property
    def parallelism(self) -> int:
        """Return how many tasks run at once."""
        return 1

    def start(self, packs: Sequence[Pack], task: Start, here: int, there: int) -> list[Message]:
        """Return the messages that packs send."""
        del here, there
        return [message for pack in packs for message in task(pack)]

    def deliver(
        self, messages: Sequence[Message], task: Task, here: int, there: int
    ) -> list[Message]:
        """Return the messages that their receivers send."""
        del here, there
        sorted_ = defaultdict(list)
        for message in messages:
            sorted_[message.to].append(message)
        return [message for to in sorted(sorted_) for message in task(iter(sorted_[to]))]

    def receipts(self, messages: Sequence[Message], what: str) -> list[Receipt]:
        """Return the receipts among the messages, by unit."""
        del what
        return receipts_of(message.body for message in messages if message.kind == "receipt")

    def work(self, work: Work, folder: str, units: Mapping[str, str]) -> list[Receipt]:
        """Return the receipts of some units of work."""
        return [work(folder, unit, payload) for unit, payload in units.items()]


class Largest(NamedTuple):
    """How many documents go for one that stays, and its id."""

    removed: int
    id: str


def receipts_of(bodies: Iterable[bytes]) -> list[Receipt]:
    """Return the receipts in some messages, by unit."""
    return sorted(map(Receipt.from_json, bodies), key=lambda receipt: receipt.unit)


def compare(shuffle: Shuffle, packs: list[Pack], how: Round) -> tuple[list[Pack], dict[str, int]]:
    """Return the packs with what goes of them, after as many rounds as it takes, and counts."""
    report = {"rounds": 0, "pairs compared": 0, "pairs similar": 0, "in full buckets": 0}
    one = replace(how, name="round-01", source="index", leaders=1)
    while True:
        receipts = one_round(shuffle, packs, one)
        packs = with_files(packs, how.folder, receipts, "compared", "similar", "members")
        similar, crowded = _rows(receipts, "similar"), _rows(receipts, "rest")
        report["rounds"] += 1
        report["pairs compared"] += _rows(receipts, "compared")
        report["pairs similar"] += similar
        report["in full buckets"] = max(report["in full buckets"], crowded)
        if similar:
            packs = decided(shuffle, packs, how, report["rounds"], report["pairs similar"])
        if not (similar if one.source == "members" else _rows(receipts, "members")):
            return packs, report
        one = replace(how, name=f"round-{report['rounds'] + 1:02d}", source="members")


def one_round(shuffle: Shuffle, packs: Sequence[Pack], how: Round) -> list[Receipt]:
    """Compare who leads each bucket with its others, and full buckets part by part."""
    done = receipts = _compared(shuffle, packs, how)
    level = 0
    while rest := _rows(receipts, "rest"):
        packs = [replace(pack, rest=()) for pack in packs]
        packs = with_files(packs, how.folder, receipts, "compared", "rest")
        part = replace(how, name=f"{how.name}-{level:02d}", source="rest", level=level)
        receipts = _compared(shuffle, packs, part, whole=rest <= REST)
        done, level = done + receipts, level + 1
    return done


def decided(shuffle: Shuffle, packs: list[Pack], how: Round, number: int, edges: int) -> list[Pack]:
    """Return the packs with who goes by all pairs found similar so far, so many edges.

    While there are more pairs than one task should hold, documents that have no better neighbour
    left are kept, and what they remove is settled, everywhere at once.
    """
    packs = [replace(pack, open=(), settled=(), gone=()) for pack in packs]
    steps: list[list[Receipt]] = []
    while edges > EDGES:
        one = replace(
            how, name=f"decided-{number:02d}-{len(steps):03d}", source="members", level=len(steps)
        )
        steps.append(_narrowed(shuffle, packs, one))
        packs = [replace(pack, open=()) for pack in packs]
        packs = with_files(packs, how.folder, steps[-1], "open", "settled")
        edges = _rows(steps[-1], "open")
    last = _urls(how.folder, steps[-1], "settled") if steps else []
    urls = [url for pack in packs for url in (pack.open if steps else pack.similar)]
    units = {f"decided-{number:02d}": json.dumps([urls, last])}
    receipts = shuffle.work(decisions.decide_all, how.folder, units)
    gone = tuple(_urls(how.folder, receipts, "gone"))
    return [replace(pack, gone=(*pack.settled, *gone), open=(), settled=()) for pack in packs]


def fates(
    shuffle: Shuffle, packs: Sequence[Pack], how: Round, folder: str
) -> tuple[list[Receipt], Largest]:
    """Write the fates of what goes to a folder; return receipts, and who stays for most."""
    one = replace(how, name="fates", folder=folder, source="members")
    home = lanes(shuffle, packs, one)
    asked = shuffle.start(packs, partial(fates_.ask_names, how=one), home, home)
    named = shuffle.deliver(asked, fates_.name_kept, home, home)
    told = shuffle.deliver(named, partial(fates_.tell_fates, how=one), home, home)
    receipts = shuffle.receipts(told, "fates")
    largest = [Largest(*r.facts["largest"]) for r in receipts if "largest" in r.facts]
    written = [receipt for receipt in receipts if receipt.files]
    return written, max(largest, default=Largest(0, ""))


def lanes(shuffle: Shuffle, packs: Sequence[Pack], how: Round) -> int:
    """Return how many partitions packs are sent to.

    Where all documents are looked at, one each; else there is little to do for each.
    """
    few = max(shuffle.parallelism, len(packs) // PACKS_A_LANE)
    return len(packs) if how.source == "index" else min(few, len(packs))


def _compared(
    shuffle: Shuffle, packs: Sequence[Pack], how: Round, *, whole: bool = False
) -> list[Receipt]:
    """Have a round's pairs compared; return what the tasks wrote.

    whole: buckets are sent around as a whole, not only who leads them.
    """
    home = lanes(shuffle, packs, how)
    send, lead = (tasks.split_rest, tasks.lead_rest) if whole else (tasks.claim, tasks.lead)
    claimed = shuffle.start(packs, partial(send, how=how), home, how.buckets)
    led = shuffle.deliver(claimed, partial(lead, how=how), how.buckets, home)
    paired = shuffle.deliver(led, partial(tasks.pair, how=how), home, home)
    fetched = shuffle.deliver(paired, tasks.fetch, home, home)
    verified = shuffle.deliver(fetched, partial(tasks.verify, how=how), home, home)
    return shuffle.receipts(verified, how.name)


def _narrowed(shuffle: Shuffle, packs: Sequence[Pack], how: Round) -> list[Receipt]:
    home = lanes(shuffle, packs, how)
    asked = shuffle.start(packs, partial(decisions.ask, how=how), home, home)
    answered = shuffle.deliver(asked, partial(decisions.answer, how=how), home, home)
    narrowed = shuffle.deliver(answered, partial(decisions.narrow, how=how), home, home)
    return shuffle.receipts(narrowed, how.name)


def _urls(folder: str, receipts: Iterable[Receipt], table: str) -> list[str]:
    files = [file for receipt in receipts for file in receipt.files if file.table == table]
    return [io.join(folder, file.name) for file in files]


def _rows(receipts: Iterable[Receipt], table: str) -> int:
    return sum(f.rows for receipt in receipts for f in receipt.files if f.table == table)


def with_files(
    packs: Sequence[Pack], folder: str, receipts: Iterable[Receipt], *tables: str
) -> list[Pack]:
    """Return the packs that know of the files, of these tables, that were written for them."""
    new: dict[int, dict[str, list[str]]] = {pack.number: {} for pack in packs}
    for receipt in receipts:
        for file in receipt.files:
            if file.table in tables:
                own = new[receipt.facts["pack"]].setdefault(file.table, [])
                own.append(io.join(folder, file.name))
    return [pack.adding(new[pack.number]) for pack in packs]
