"""Write the shards: each copy of a document is shuffled to its shard.

Input: planned documents and the mix's decisions. Output: OUT/corpus/train and
OUT/corpus/validation, each shard published atomically under its final name. A shard with a receipt
is not written again. The rows of the shards, read back, must be those planned.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from curate.batch import project_to_schema, set_column
from curate.engine.verbs import BUCKET
from curate.mix.boundaries import ShardBoundaries
from curate.mix.mixed import Mixed
from curate.stages.columns import own_columns
from curate.stages.count import PlannedDocuments, read_planned
from curate.stages.mix import SPLITS, mixed_of
from curate.stages.stage import (
    RECEIPTS,
    Run,
    SoFar,
    Spec,
    Stage,
    collected,
    receipt_batch,
    unchanged,
)
from curate.stages.tallies import tally_files
from curate.store import io, schema
from curate.store.commits import Commit, Receipt, read_receipts, write_receipts
from curate.store.keys import SIGN, Tally, corpus_key
from curate.store.ledger import balance
from curate.store.manifest import File
from curate.store.shard_writer import ShardWriter, shard_name
from curate.store.tables import read_batches
from curate.store.units import Unit

ORDER = (pa.field(BUCKET, pa.int64()), pa.field("order", pa.int64()))
COLUMNS = ("key", "text", "title", "source", "url", "date", "dump", "file_path", "language",
           "language_score", "quality_score")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every row of every split goes; shards are numbered over all splits.

    recipe_columns: the columns that the recipe asks for.
    """

    mixed: Mixed
    cuts: dict[str, ShardBoundaries]
    recipe_columns: pa.Schema = pa.schema([])  # noqa: RUF009 - it cannot be changed

    @property
    def columns(self) -> pa.Schema:
        """Return the columns of the shards."""
        return pa.schema([*schema.CORPUS, *self.recipe_columns])

    @property
    def rows(self) -> pa.Schema:
        """Return the columns of the rows on their way to the shards."""
        return pa.schema([*ORDER, *self.columns])

    def names(self) -> list[str]:
        """Return the shards' names below OUT/corpus."""
        return [
            f"{split}/{shard_name(split, number, cuts.shards)}"
            for split, cuts in self.cuts.items()
            for number in range(cuts.shards)
        ]


def plan_of(commit: Commit, recipe_columns: pa.Schema | None = None) -> Plan:
    """Return the plan a commit of the mix holds, for shards with columns of the recipe's own."""
    cuts = commit.report["shards"]
    return Plan(
        mixed_of(commit),
        {split: ShardBoundaries(tuple(cuts[split])) for split in SPLITS if cuts[split] is not None},
        recipe_columns or pa.schema([]),
    )


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    mix = so_far.of("mix")
    return run.stage(
        "shards",
        # The mix's report counts too: its files say which documents are kept, not how often.
        settings={
            **{key: mix.report.get(key) for key in ("plan", "cuts", "cells", "shards")},
            "own": own_columns(run.recipe).names,
        },
        module=__name__,
        reads=[mix, so_far.of("count"), *so_far.left.commits],
        inputs=io.join(run.out, "corpus"),
        is_still_valid=lambda done: (
            _complete_shards(run, done.receipts()) == set(plan_of(mix).names())
        ),
        in_work=False,
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Write the shards; the commit has a receipt for each."""
    run, mix = stage.run, so_far.of("mix")
    plan = plan_of(mix, own_columns(run.recipe))
    names = plan.names()
    done = _resumed(stage, names)
    written = [*done, *_write(stage, so_far, plan, names, {r.unit for r in done})]
    if {receipt.unit for receipt in written} != set(names):
        missing = sorted(set(names) - {receipt.unit for receipt in written})
        raise RuntimeError(f"shards: expected {len(names)}, but none was made for {missing}")
    stage.describe("reading back")
    planned = Tally.total(Tally(*facts["corpus"]) for _, facts in mix.facts())
    files = [(io.join(run.out, "corpus", r.unit), r.files[0].bytes) for r in written]
    balance("shards", planned, tally_files(run.engine, files, corpus_tally))
    report = {"shards": len(names), "rows": sum(f.rows for r in written for f in r.files)}
    return stage.commit(written, report)


def corpus_tally(url: str, tally: Tally) -> None:
    """Count the rows of one shard."""
    for batch in read_batches(url, ["id", "piece", "epoch"]):
        for id_, piece, epoch in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            tally.add_key(corpus_key(id_, piece, epoch))


def _complete_shards(run: Run, receipts: Iterable[Receipt]) -> set[str]:
    """Return the shards whose published file has the size in its receipt."""
    corpus = io.join(run.out, "corpus")
    sizes = io.list_files(corpus)
    return {r.unit for r in receipts if sizes.get(io.join(corpus, r.unit)) == r.files[0].bytes}


def _resumed(stage: Stage, names: list[str]) -> list[Receipt]:
    """Return the receipts of shards that are present; delete the manifest and all other shards."""
    run = stage.run
    receipts = read_receipts(stage.folder)
    present = _complete_shards(run, receipts.values()) & set(names)
    io.delete(io.join(run.out, "manifest.json"))
    corpus = io.join(run.out, "corpus")
    kept = {io.join(corpus, name) for name in present}
    io.delete_many([url for url in io.list_files(corpus) if url not in kept])
    if present:
        run.log(f"shards: {len(present)} of {len(names)} were written before, kept")
    return [receipt for unit, receipt in sorted(receipts.items()) if unit in present]


def _write(
    stage: Stage, so_far: SoFar, plan: Plan, names: list[str], done: set[str]
) -> list[Receipt]:
    """Write the shards that are not done; return their receipts."""
    is_left = np.array([name not in done for name in names], np.bool_)
    if not is_left.any():
        return []
    stage.describe(f"{is_left.sum()} shards")
    engine = stage.run.engine
    read = partial(read_rows, plan=plan, is_wanted=is_left)
    rows = engine.start(read, stage.tasks(PlannedDocuments.of(so_far).units()), plan.rows)
    corpus = io.join(stage.run.out, "corpus")
    write = partial(
        write_bucket, names=names, corpus=corpus, folder=stage.folder, columns=plan.columns
    )
    order = ("order", "id", "piece", "epoch")
    return collected(
        engine, engine.exchange(rows, write, RECEIPTS, buckets=len(names), order=order)
    )


def read_rows(
    units: Sequence[Unit], *, plan: Plan, is_wanted: "np.ndarray[Any, np.dtype[np.bool_]]"
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the wanted shards from the documents of some parts."""
    stored = [
        n for n in plan.recipe_columns.names if schema.is_score(n) or n == schema.LICENSE.name
    ]
    for unit in units:
        for documents, planned in read_planned(unit.payload, (*COLUMNS, *stored)):
            yield from shard_rows(documents, planned, plan, is_wanted)


def shard_rows(
    documents: pa.RecordBatch,
    planned: pa.RecordBatch,
    plan: Plan,
    is_wanted: "np.ndarray[Any, np.dtype[np.bool_]]",
) -> Iterator[pa.RecordBatch]:
    """Yield the shard rows of a batch of documents, one for each copy.

    is_wanted: `bool[shards]`, those that are to be written.
    """
    base = 0
    joined = set_column(documents, "id", planned["id"], pa.string())
    joined = set_column(joined, "token_count", planned["tokens"], pa.int64())
    for field in plan.recipe_columns:
        if field.name in planned.schema.names:  # a label
            joined = set_column(joined, field.name, planned[field.name], field.type)
    columns = plan.rows
    placed = plan.mixed.placed(planned)
    for split, cuts in plan.cuts.items():
        at, epochs, orders = placed[split]
        shards = cuts.shard_of(orders) + base
        base += cuts.shards
        inside = is_wanted[shards]
        if not inside.any():
            continue
        rows = joined.take(pa.array(at[inside], pa.int64()))
        rows = set_column(rows, "epoch", epochs[inside].astype(np.int32), pa.int32())
        rows = set_column(rows, BUCKET, shards[inside], pa.int64())
        order = (orders[inside] ^ np.uint64(SIGN)).view(np.int64)
        rows = set_column(rows, "order", order, pa.int64())
        yield project_to_schema(rows, columns)


def write_bucket(
    bucket: int,
    batches: Iterator[pa.RecordBatch],
    *,
    names: list[str],
    corpus: str,
    folder: str,
    columns: pa.Schema = schema.CORPUS,
) -> Iterator[pa.RecordBatch]:
    """Write the shard of a bucket's rows; yield its receipt after publication."""
    name = names[bucket]
    receipt = write_shard(io.join(corpus, name), name, batches, columns)
    write_receipts(folder, [receipt])
    yield receipt_batch(receipt)


def write_shard(
    url: str, name: str, batches: Iterable[pa.RecordBatch], columns: pa.Schema = schema.CORPUS
) -> Receipt:
    """Write one shard and publish it under its name."""
    with io.staged(url) as path, path.open("wb") as file:
        with ShardWriter(file, columns) as writer:
            for batch in batches:
                writer.write(batch)
        done = writer.close()
    written = File("corpus", name, done.rows, done.bytes, done.sha256)
    return Receipt(name, (written,), facts={"tokens": done.tokens, "text_bytes": done.text_bytes})


SPEC = Spec(
    name="shards",
    prepare=prepare,
    work=work,
    then=unchanged,
    units=lambda _, so_far: len(plan_of(so_far.of("mix")).names()),
)
