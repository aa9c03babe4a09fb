"""Near-duplicates: of documents whose shingles agree, the best stays; verified, with evidence.

Enters: documents without exact copies. Leaves: the fates of those that go, each with the key and
id of one that stays and their similarity, and the index of this run (signatures) that a later
run can be held against. What is done is told in `curate.dedup.clusters` (the rule), `rounds`
(its arithmetic) and `tasks` (who does what); here are the shuffles between.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from curate import io
from curate.dedup import decisions, index, tasks
from curate.dedup import fates as fates_
from curate.dedup.messages import Message
from curate.dedup.minhash import MinHasher
from curate.dedup.packs import Pack, Round
from curate.documents import Documents
from curate.ledger import balance
from curate.recipe import RecipeError
from curate.spark.batches import map_partitions, partition_salts, unit_rows, units_frame
from curate.spark.exchange import MESSAGES, deliver, sent
from curate.spark.older import SEED, olders, signatures
from curate.spark.stage import Run, Stage, lift, tally_dropped, tally_files
from curate.work import Commit, File, Receipt

MODULES = ("curate.dedup", "curate.spark.near", "curate.spark.exchange")
LIBRARIES = ("numpy", "numba")
PACK_ROWS, PACK_BYTES = 20_000, 64 << 20  # of a pack, at most; a part larger than that is one
SMALL_PACK = 1_000  # documents; smaller packs cost more than they spread
PACKS_A_LANE = 8  # where few documents are looked at
CLAIMS = 2_000_000  # in one task
REST = 4_000_000  # members of full buckets that are sent around whole
EDGES = 4_000_000  # that one task decides on
CLUSTER = 1_000  # documents gone for one that stays: fewer are never too many


class LargeClusterError(RuntimeError):
    """So many documents resemble one that something is wrong with them; nothing was committed."""


class Largest(NamedTuple):
    """How many documents go for one that stays, and its id."""

    removed: int
    id: str


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents less all near-duplicates but the best."""
    place = begin(run, documents)
    if place.committed:
        return documents.without(place.committed)
    settings = run.recipe.dedup
    banding = settings.banding()
    run.say(f"near: {banding.describe()}")
    packs = packed(documents, run.spark.sparkContext.defaultParallelism)
    total = sum(part.rows for part in documents.base.files("documents"))
    if banding.most_documents is not None and total > banding.most_documents:
        raise RecipeError(
            f"dedup: {banding.bands} bands of {banding.rows} rows make nearly all pairs "
            f"candidates: expected at most {banding.most_documents:,} documents, got {total:,}"
        )
    hasher = MinHasher.of(banding, seed=SEED, family=settings.family)
    indexed = place.carry_out(
        {f"{pack.number:06d}": pack.to_json() for pack in packs},
        lift(
            partial(
                index.index_pack,
                hasher=hasher,
                priority=run.recipe.priority(),
                scope=settings.scope,
            ),
            place.folder,
        ),
    )
    packs = _with_files(packs, place.folder, indexed, "index")
    packs = [pack for pack in packs if pack.index]
    for one in olders(run):
        packs += one.packs(len(packs))
    packs = [replace(pack, number=number) for number, pack in enumerate(packs)]
    count = sum(receipt.facts["documents"] for receipt in indexed)
    rows = banding.bands * sum(file.rows for receipt in indexed for file in receipt.files)
    how = Round(
        name="",
        folder=io.join(place.folder, "rounds"),
        hasher=hasher,
        threshold=banding.threshold,
        lows=np.array([pack.low for pack in packs], np.int64),
        buckets=max(min(len(packs), run.spark.sparkContext.defaultParallelism), rows // CLAIMS),
    )
    io.delete_tree(how.folder)
    packs, report = compare(place, packs, how)
    receipts, largest = fates(place, packs, how)
    _refuse_too_large(largest, settings.largest_cluster, count)
    found = Commit("near", place.input_hash, place.folder, tuple(receipts))
    place.describe("reading back")
    before, after = tally_dropped(run.spark, documents, found)
    gone = tally_files(run.spark, [found.url(file) for file in found.files("fates")])
    balance("near", before, gone + after)
    io.delete_tree(how.folder)
    known: dict[str, object] = {
        "signatures": signatures(settings),
        "reads": [commit.folder.removeprefix(run.work).lstrip("/") for commit in documents.commits],
    }
    counts = {"documents": before.records, "duplicates": gone.records, **report}
    return documents.without(place.commit([*indexed, *receipts], {**counts, **known}))


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "near",
        settings={"priority": run.recipe.priority(), "dedup": run.recipe.dedup.model_dump()},
        modules=MODULES,
        libraries=LIBRARIES,
        reads=[*documents.commits, *(c for one in olders(run) for c in one.documents.commits)],
    )


def packed(documents: Documents, parallelism: int) -> list[Pack]:
    """Return the documents as packs of consecutive parts, none much larger than the others."""
    parts = list(zip(documents.base.files("documents"), documents.units().values(), strict=True))
    total = sum(file.rows for file, _ in parts)
    most = min(PACK_ROWS, max(SMALL_PACK, -(-total // (2 * parallelism))))
    groups: list[list[tuple[File, str]]] = []
    rows = size = most
    for file, payload in parts:
        if not groups or rows + file.rows > most or size + file.bytes > PACK_BYTES:
            groups.append([])
            rows = size = 0
        groups[-1].append((file, payload))
        rows, size = rows + file.rows, size + file.bytes
    return [
        Pack(
            number,
            tuple(payload for _, payload in group),
            min(file.lo for file, _ in group),
            max(file.hi for file, _ in group),
        )
        for number, group in enumerate(groups)
    ]


def compare(place: Stage, packs: list[Pack], how: Round) -> tuple[list[Pack], dict[str, int]]:
    """Return the packs with what goes of them, after as many rounds as it takes, and counts."""
    report = {"rounds": 0, "pairs compared": 0, "pairs similar": 0, "in full buckets": 0}
    one = replace(how, name="round-01", source="index", leaders=1)
    while True:
        receipts = one_round(place, packs, one)
        packs = _with_files(packs, how.folder, receipts, "compared", "similar", "members")
        similar, crowded = _rows(receipts, "similar"), _rows(receipts, "rest")
        report["rounds"] += 1
        report["pairs compared"] += _rows(receipts, "compared")
        report["pairs similar"] += similar
        report["in full buckets"] = max(report["in full buckets"], crowded)
        if similar:
            packs = decided(place, packs, how, report["rounds"], report["pairs similar"])
        if not (similar if one.source == "members" else _rows(receipts, "members")):
            return packs, report
        one = replace(how, name=f"round-{report['rounds'] + 1:02d}", source="members")


def one_round(place: Stage, packs: Sequence[Pack], how: Round) -> list[Receipt]:
    """Compare who leads each bucket with its others, and full buckets part by part."""
    done = receipts = _compared(place, packs, how, _heads)
    level = 0
    while rest := _rows(receipts, "rest"):
        packs = [replace(pack, rest=()) for pack in packs]
        packs = _with_files(packs, how.folder, receipts, "compared", "rest")
        part = replace(how, name=f"{how.name}-{level:02d}", source="rest", level=level)
        receipts = _compared(place, packs, part, _rest if rest <= REST else _heads)
        done, level = done + receipts, level + 1
    return done


def decided(place: Stage, packs: list[Pack], how: Round, number: int, edges: int) -> list[Pack]:
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
        steps.append(_narrowed(place, packs, one))
        packs = [replace(pack, open=()) for pack in packs]
        packs = _with_files(packs, how.folder, steps[-1], "open", "settled")
        edges = _rows(steps[-1], "open")
    last = _urls(how.folder, steps[-1], "settled") if steps else []
    urls = [url for pack in packs for url in (pack.open if steps else pack.similar)]
    units = {f"decided-{number:02d}": json.dumps([urls, last])}
    work = lift(decisions.decide_all, how.folder)
    receipts = [*_collected(work(units_frame(place.run.spark, units)))]
    gone = tuple(_urls(how.folder, receipts, "gone"))
    return [replace(pack, gone=(*pack.settled, *gone), open=(), settled=()) for pack in packs]


def fates(place: Stage, packs: Sequence[Pack], how: Round) -> tuple[list[Receipt], Largest]:
    """Write the fates of what goes; return receipts, and who stays for most."""
    one = replace(how, name="fates", folder=place.folder, source="members")
    home = lanes(place, packs, one)
    asked = _from_packs(place, packs, partial(fates_.ask_names, how=one), len(home), home)
    named = deliver(asked, fates_.name_kept, home, home)
    told = deliver(named, partial(fates_.tell_fates, how=one), home, home)
    place.describe("fates")
    receipts = _receipts(told)
    largest = [Largest(*r.facts["largest"]) for r in receipts if "largest" in r.facts]
    written = [receipt for receipt in receipts if receipt.files]
    return written, max(largest, default=Largest(0, ""))


Start = Callable[[Stage, Sequence[Pack], Round, list[int], list[int]], DataFrame]


def _compared(place: Stage, packs: Sequence[Pack], how: Round, start: Start) -> list[Receipt]:
    """Have all proposed pairs compared; return what the tasks wrote."""
    home, buckets = lanes(place, packs, how), partition_salts(how.buckets)
    led = start(place, packs, how, home, buckets)
    paired = deliver(led, partial(tasks.pair, how=how), home, home)
    fetched = deliver(paired, tasks.fetch, home, home)
    verified = deliver(fetched, partial(tasks.verify, how=how), home, home)
    place.describe(how.name)
    return _receipts(verified)


def _heads(
    place: Stage, packs: Sequence[Pack], how: Round, home: list[int], buckets: list[int]
) -> DataFrame:
    claimed = _from_packs(place, packs, partial(tasks.claim, how=how), len(home), buckets)
    return deliver(claimed, partial(tasks.lead, how=how), buckets, home)


def _rest(
    place: Stage, packs: Sequence[Pack], how: Round, home: list[int], buckets: list[int]
) -> DataFrame:
    split = _from_packs(place, packs, partial(tasks.split_rest, how=how), len(home), buckets)
    return deliver(split, partial(tasks.lead_rest, how=how), buckets, home)


def _from_packs(
    place: Stage,
    packs: Sequence[Pack],
    task: Callable[[Pack], Iterator[Message]],
    lanes: int,
    there: list[int],
) -> DataFrame:
    """Return the messages that the packs send."""

    def messages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            for line in json.loads(payload):
                yield from sent(task(Pack.from_json(line)), there)

    units = {
        f"{lane:06d}": json.dumps([pack.to_json() for pack in packs[lane::lanes]])
        for lane in range(min(lanes, len(packs)))
    }
    return map_partitions(units_frame(place.run.spark, units), messages, MESSAGES)


def _narrowed(place: Stage, packs: Sequence[Pack], how: Round) -> list[Receipt]:
    home = lanes(place, packs, how)
    asked = _from_packs(place, packs, partial(decisions.ask, how=how), len(home), home)
    answered = deliver(asked, partial(decisions.answer, how=how), home, home)
    place.describe(how.name)
    return _receipts(deliver(answered, partial(decisions.narrow, how=how), home, home))


def _urls(folder: str, receipts: Iterable[Receipt], table: str) -> list[str]:
    files = [file for receipt in receipts for file in receipt.files if file.table == table]
    return [io.join(folder, file.name) for file in files]


def lanes(place: Stage, packs: Sequence[Pack], how: Round) -> list[int]:
    """Return the salts of the partitions that packs are sent to.

    Where all documents are looked at, a partition each; else there is little to do for each.
    """
    few = max(place.run.spark.sparkContext.defaultParallelism, len(packs) // PACKS_A_LANE)
    return partition_salts(len(packs) if how.source == "index" else min(few, len(packs)))


def _receipts(messages: DataFrame) -> list[Receipt]:
    rows = messages.where("kind = 'receipt'").select("body").collect()  # a few for each pack
    return sorted((Receipt.from_json(bytes(row["body"])) for row in rows), key=lambda r: r.unit)


def _collected(receipts: DataFrame) -> list[Receipt]:
    return [Receipt.from_json(row["receipt"]) for row in receipts.collect()]


def _rows(receipts: Iterable[Receipt], table: str) -> int:
    return sum(f.rows for receipt in receipts for f in receipt.files if f.table == table)


def _with_files(
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


def _refuse_too_large(largest: Largest, share: float, documents: int) -> None:
    removed, id_ = largest
    if removed >= CLUSTER and removed > share * documents:
        raise LargeClusterError(
            f"dedup.largest_cluster: expected at most {share:.1%} of the documents to go for one "
            f"that stays, got {removed:,} of {documents:,} ({removed / documents:.1%}), all "
            f"near-duplicates of {id_}; look at it, then allow more or filter it out"
        )
