"""Decisions to shards: each document's text travels once for each copy, to its shard.

Enters: weighed documents and the mix's decisions. Leaves: OUT/corpus/train and
OUT/corpus/validation, each shard under its final name by one publication. A shard whose receipt
is there is not written again. What the shards hold, read back, must be what was planned.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from curate.batch import conform, replace
from curate.mix.boundaries import ShardBoundaries
from curate.spark.batches import SALT, map_partitions, partition_salts, unit_rows, units_frame
from curate.spark.count import Weighed, read_weighed
from curate.spark.mix import SPLITS, Mixed, mixed_of
from curate.spark.stage import RECEIPTS, Run, Stage
from curate.spark.tallies import tally_files
from curate.store import io, schema
from curate.store.commits import (
    Commit,
    File,
    Receipt,
    read_batches,
    read_receipts,
    runs,
    write_receipt,
)
from curate.store.keys import SIGN, Tally, corpus_key
from curate.store.ledger import balance
from curate.store.shard_writer import ShardWriter, shard_name

PLACE = (SALT, "shard", "order")
ROWS = pa.schema([*(pa.field(name, pa.int64()) for name in PLACE), *schema.CORPUS])
COLUMNS = ("key", "text", "source", "url", "date", "dump", "file_path", "language",
           "language_score", "quality_score")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every row of every split goes; shards are numbered over all splits."""

    mixed: Mixed
    cuts: dict[str, ShardBoundaries]

    def names(self) -> list[str]:
        """Return the shards' names below OUT/corpus."""
        return [
            f"{split}/{shard_name(split, number, cuts.shards)}"
            for split, cuts in self.cuts.items()
            for number in range(cuts.shards)
        ]


def plan_of(commit: Commit) -> Plan:
    """Return the plan a commit of the mix holds."""
    cuts = commit.report["shards"]
    return Plan(
        mixed_of(commit),
        {split: ShardBoundaries(tuple(cuts[split])) for split in SPLITS if cuts[split] is not None},
    )


def stage(run: Run, weighed: Weighed, mix: Commit) -> Commit:
    """Return the commit of the shards; their receipts say what is in each."""
    place = begin(run, weighed, mix)
    plan = plan_of(mix)
    names = plan.names()
    if place.committed:
        return place.committed
    done = _resumed(place, names)
    written = [*done, *_write(place, weighed, plan, names, {r.unit for r in done})]
    if {receipt.unit for receipt in written} != set(names):
        missing = sorted(set(names) - {receipt.unit for receipt in written})
        raise RuntimeError(f"shards: expected {len(names)}, but none was made for {missing}")
    place.describe("reading back")
    planned = Tally.total(Tally(*receipt.facts["corpus"]) for receipt in mix.receipts)
    urls = [io.join(run.out, "corpus", name) for name in names]
    balance("shards", planned, tally_files(run.spark, urls, corpus_tally))
    receipts = sorted(written, key=lambda receipt: names.index(receipt.unit))
    report = {"shards": len(names), "rows": sum(f.rows for r in receipts for f in r.files)}
    return place.commit(receipts, report)


def begin(run: Run, weighed: Weighed, mix: Commit) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "shards",
        # What is read of the mix's report: its files alone say who is kept, not how often.
        settings={key: mix.report[key] for key in ("plan", "cuts", "shards")},
        modules=["curate.mix", "curate.spark.mix", "curate.spark.shards"],
        reads=[mix, weighed.commit, *weighed.documents.commits],
        inputs=io.join(run.out, "corpus"),
        there=lambda done: _there(run, done.receipts) == set(plan_of(mix).names()),
    )


def corpus_tally(url: str, tally: Tally) -> None:
    """Count the rows of one shard."""
    for batch in read_batches(url, ["id", "piece", "epoch"]):
        for id_, piece, epoch in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            tally.add_key(corpus_key(id_, piece, epoch))


def _there(run: Run, receipts: Iterable[Receipt]) -> set[str]:
    """Return the shards whose published file is as long as its receipt says."""
    corpus = io.join(run.out, "corpus")
    sizes = io.list_files(corpus)
    return {r.unit for r in receipts if sizes.get(io.join(corpus, r.unit)) == r.files[0].bytes}


def _resumed(place: Stage, names: list[str]) -> list[Receipt]:
    """Return the receipts of shards that stand; delete the manifest and all other shards."""
    run = place.run
    receipts = read_receipts(place.folder)
    there = _there(run, receipts.values()) & set(names)
    io.delete(io.join(run.out, "manifest.json"))
    for url in io.list_files(io.join(run.out, "corpus")):
        if not any(url.endswith(f"/corpus/{name}") for name in there):
            io.delete(url)
    if there:
        run.say(f"shards: {len(there)} of {len(names)} were written before, kept")
    return [receipt for unit, receipt in sorted(receipts.items()) if unit in there]


def _write(
    place: Stage, weighed: Weighed, plan: Plan, names: list[str], done: set[str]
) -> list[Receipt]:
    """Write the shards that are not done; return their receipts."""
    left = [number for number, name in enumerate(names) if name not in done]
    if not left:
        return []
    place.describe(f"{len(left)} shards")
    folder, corpus = place.folder, io.join(place.run.out, "corpus")
    partitions = np.full(len(names), -1, np.int64)  # of shards that are done
    partitions[left] = partition_salts(len(left))

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, payload in unit_rows(batches):
            for documents, planned in read_weighed(payload, COLUMNS):
                yield from shard_rows(documents, planned, plan, partitions)

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for receipt in write_shards(batches, names, corpus):
            write_receipt(folder, receipt)
            yield pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)

    frame = map_partitions(units_frame(place.run.spark, weighed.units()), rows, ROWS)
    shuffled = frame.repartition(len(left), SALT).sortWithinPartitions(
        "shard", "order", "id", "piece", "epoch"
    )
    written = map_partitions(shuffled, write, RECEIPTS).collect()
    return [Receipt.from_json(row["receipt"]) for row in written]


def shard_rows(
    documents: pa.RecordBatch, planned: pa.RecordBatch, plan: Plan, partitions: Any
) -> Iterator[pa.RecordBatch]:
    """Yield the rows a batch of documents makes, copies and all.

    `partitions` holds the salt of each shard's partition, -1 for a shard that is not wanted.
    """
    base = 0
    whole = replace(documents, "id", planned["id"], pa.string())
    whole = replace(whole, "token_count", planned["tokens"], pa.int64())
    placed = plan.mixed.placed(planned)
    for split, cuts in plan.cuts.items():
        at, epochs, orders = placed[split]
        shards = cuts.shard_of(orders) + base
        base += cuts.shards
        inside = partitions[shards] >= 0
        if not inside.any():
            continue
        rows = whole.take(pa.array(at[inside]))
        rows = replace(rows, "epoch", epochs[inside].astype(np.int32), pa.int32())
        rows = replace(rows, "shard", shards[inside], pa.int64())
        rows = replace(rows, SALT, partitions[shards[inside]], pa.int64())
        rows = replace(rows, "order", (orders[inside] ^ np.uint64(SIGN)).view(np.int64), pa.int64())
        yield conform(rows, ROWS)


def write_shards(
    batches: Iterable[pa.RecordBatch], names: list[str], corpus: str
) -> Iterator[Receipt]:
    """Write rows that come sorted by shard; yield a shard's receipt once it is published."""
    pieces = (piece for batch in batches for piece in runs(batch, "shard"))
    for number, rows in groupby(pieces, key=itemgetter(0)):
        yield write_shard(io.join(corpus, names[number]), names[number], map(itemgetter(1), rows))


def write_shard(url: str, name: str, batches: Iterable[pa.RecordBatch]) -> Receipt:
    """Write one shard and publish it under its name."""
    with io.staged(url) as path, path.open("wb") as file:
        with ShardWriter(file, schema.CORPUS) as writer:
            for batch in batches:
                writer.write(batch)
        done = writer.close()
    written = File("corpus", name, done.rows, done.bytes, done.sha256)
    return Receipt(name, (written,), facts={"tokens": done.tokens, "text_bytes": done.text_bytes})
