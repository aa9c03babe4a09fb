"""Near-duplicates: of documents whose shingles agree, the best stays; verified, with evidence.

Enters: documents without exact copies. Leaves: the fates of those that go, each with the key and
id of one that stays and their similarity, and the index of this run (signatures) that a later
run can be held against. The rule is in `curate.dedup.clusters`; `curate.dedup.distributed`
has its arithmetic (`rounds`), the tasks and their order (`flow`); here they run on Spark.
"""

from dataclasses import asdict, replace
from functools import partial

import numpy as np

from curate.dedup.bands import Banding
from curate.dedup.distributed import flow, index
from curate.dedup.distributed.flow import InProcess, Largest
from curate.dedup.distributed.partitions import Partition, RoundSpec
from curate.dedup.minhash import MinHasher
from curate.errors import RecipeError
from curate.spark.exchange import OnSpark
from curate.spark.older import SEED, olders, signatures
from curate.spark.stage import Run, Stage, lift
from curate.store import io
from curate.store.commits import File, Receipt
from curate.store.documents import Documents

MODULES = ("curate.dedup", "curate._compiled", "curate.spark.near", "curate.spark.exchange")
LIBRARIES = ("numpy", "numba")
# Of a partition, at most; a part larger than that is one by itself.
PARTITION_ROWS, PARTITION_BYTES = 20_000, 64 << 20
SMALL_PARTITION = 1_000  # documents; smaller partitions cost more than they spread
IN_PROCESS = 20_000  # documents, at most, compared in this process: a shuffle would take longer
MEMBERS_PER_TASK = 2_000_000
CLUSTER = 1_000  # documents removed for one that is kept: fewer are never too many


class LargeClusterError(RuntimeError):
    """So many documents resemble one that something is wrong with them; nothing was committed."""


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents less all near-duplicates but the best."""
    place = begin(run, documents)
    settings = run.recipe.dedup
    if place.committed:
        report = place.committed.report
        _refuse_too_large(
            Largest(*report["largest"]), settings.largest_cluster, report["documents"]
        )
        return documents.without(place.committed)
    banding = settings.banding()
    run.say(f"near: {banding.describe()}; found of pairs at {banding.curve()}")
    _refuse_too_many(banding, sum(part.rows for part in documents.base.files("documents")))
    hasher = MinHasher.of(banding, seed=SEED, family=settings.family)
    partitions, indexed = _indexed(place, documents, hasher)
    members = banding.bands * sum(file.rows for receipt in indexed for file in receipt.files)
    spread = run.spark.sparkContext.defaultParallelism
    spec = RoundSpec(
        name="",
        folder=io.join(place.folder, "rounds"),
        hasher=hasher,
        threshold=banding.threshold,
        lows=np.array([partition.low for partition in partitions], np.int64),
        buckets=max(min(len(partitions), spread), members // MEMBERS_PER_TASK),
    )
    io.delete_tree(spec.folder)
    size = sum(partition.size for partition in partitions)
    few = members <= IN_PROCESS * banding.bands and size <= PARTITION_BYTES
    shuffle = InProcess() if few else OnSpark(place)
    partitions, counts = flow.compare(shuffle, partitions, spec)
    receipts, largest = flow.write_outcomes(shuffle, partitions, spec, place.folder)
    count = sum(receipt.facts["documents"] for receipt in indexed)
    _refuse_too_large(largest, settings.largest_cluster, count)
    before, gone = place.balance_dropped(documents, receipts)
    io.delete_tree(spec.folder)
    report = {
        "documents": before.records,
        "duplicates": gone.records,
        **counts,
        "largest": [largest.removed, largest.id],
        "signatures": signatures(settings),
        "reads": [commit.folder.removeprefix(run.work).lstrip("/") for commit in documents.commits],
    }
    return documents.without(place.commit([*indexed, *receipts], report))


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    settings = run.recipe.dedup
    return run.begin(
        "near",
        settings={
            "priority": run.recipe.priority(),
            "banding": asdict(settings.banding()),
            "signatures": signatures(settings),
        },
        modules=MODULES,
        libraries=LIBRARIES,
        reads=[*documents.commits, *(c for one in olders(run) for c in one.documents.commits)],
    )


def _indexed(
    place: Stage, documents: Documents, hasher: MinHasher
) -> tuple[list[Partition], list[Receipt]]:
    """Return all partitions with their index, finished runs' last; receipts of the new ones."""
    run = place.run
    partitions = partitioned(documents, run.spark.sparkContext.defaultParallelism)
    work = partial(
        index.index_partition,
        hasher=hasher,
        priority=run.recipe.priority(),
        scope=run.recipe.dedup.scope,
    )
    units = {f"{partition.number:06d}": partition.to_json() for partition in partitions}
    receipts = place.carry_out(units, lift(work, place.folder))
    partitions = flow.with_files(partitions, place.folder, receipts, "index")
    for one in olders(run):
        partitions += one.partitions(len(partitions))
    filled = [partition for partition in partitions if partition.index]
    return [replace(partition, number=n) for n, partition in enumerate(filled)], receipts


def partitioned(documents: Documents, parallelism: int) -> list[Partition]:
    """Return the documents as partitions of consecutive parts, none much larger than the others."""
    parts = list(zip(documents.base.files("documents"), documents.units().values(), strict=True))
    total = sum(file.rows for file, _ in parts)
    most = min(PARTITION_ROWS, max(SMALL_PARTITION, -(-total // (2 * parallelism))))
    groups: list[list[tuple[File, str]]] = []
    rows = size = most
    for file, payload in parts:
        if not groups or rows + file.rows > most or size + file.bytes > PARTITION_BYTES:
            groups.append([])
            rows = size = 0
        groups[-1].append((file, payload))
        rows, size = rows + file.rows, size + file.bytes
    return [
        Partition(
            number,
            tuple(payload for _, payload in group),
            min(file.lo for file, _ in group),
            max(file.hi for file, _ in group),
            sum(file.bytes for file, _ in group),
        )
        for number, group in enumerate(groups)
    ]


def _refuse_too_many(banding: Banding, documents: int) -> None:
    if banding.most_documents is not None and documents > banding.most_documents:
        raise RecipeError(
            f"dedup: {banding.bands} bands of {banding.rows} rows make nearly all pairs "
            f"candidates: expected at most {banding.most_documents:,} documents, got {documents:,}"
        )


def _refuse_too_large(largest: Largest, share: float, documents: int) -> None:
    removed, id_ = largest
    if removed >= CLUSTER and removed > share * documents:
        raise LargeClusterError(
            f"dedup.largest_cluster: expected at most {share:.1%} of the documents to go for one "
            f"that stays, got {removed:,} of {documents:,} ({removed / documents:.1%}), all "
            f"near-duplicates of {id_}; look at it, then allow more or filter it out"
        )
