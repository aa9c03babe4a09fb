"""Near-deduplication by MinHash-LSH with verified Jaccard similarity.

Input: documents without exact copies. Output: the outcomes of those removed, each with the key and
id of a document kept and their similarity, and the index of this run (signatures) for later runs
(`dedup.against`). The rule is in `curate.dedup.clusters`; `curate.dedup.distributed` has its
arithmetic (`rounds`), the tasks and their order (`flow`); here they run on an engine.
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
from curate.stages.messages import OnEngine
from curate.stages.prior import SEED, prior_commits, prior_runs, signatures
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped
from curate.store import io
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents, Part
from curate.store.units import Unit

LIBRARIES = ("numpy", "numba")
# Maximum of a partition; a larger part is a partition of its own.
PARTITION_ROWS, PARTITION_BYTES = 20_000, 64 << 20
MAX_PARTITIONS = 8_192  # a shuffle has their square of blocks; beyond, partitions grow
SMALL_PARTITION = 1_000  # documents; smaller partitions cost more than they gain
IN_PROCESS = 20_000  # maximum documents compared in this process: a shuffle would take longer
MEMBERS_PER_TASK = 2_000_000
CLUSTER = 1_000  # documents removed for one that is kept: fewer are always accepted


class LargeClusterError(RuntimeError):
    """A near-duplicate cluster exceeds dedup.largest_cluster; the stage is not committed."""


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    settings = run.recipe.dedup
    return run.stage(
        "near",
        settings={
            "priority": run.recipe.priority(),
            "preference": asdict(settings.preference()),
            "banding": asdict(settings.banding()),
            "signatures": signatures(settings),
        },
        module=__name__,
        libraries=LIBRARIES,
        reads=[*so_far.left.commits, *prior_commits(run)],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Remove all near-duplicates except the best."""
    run, documents = stage.run, so_far.left
    settings = run.recipe.dedup
    banding = settings.banding()
    run.log(f"near: {banding.describe()}")
    _refuse_too_many(banding, documents.rows())
    hasher = MinHasher.of(banding, seed=SEED, family=settings.family)
    partitions, indexed = _indexed(stage, documents, hasher)
    members = banding.bands * sum(receipt.rows("index") for receipt in indexed)
    spec = RoundSpec(
        name="",
        folder=io.join(stage.folder, "rounds"),
        hasher=hasher,
        threshold=banding.threshold,
        lows=np.array([partition.low for partition in partitions], np.int64),
        buckets=max(min(len(partitions), run.engine.parallelism), members // MEMBERS_PER_TASK),
    )
    io.delete_tree(spec.folder)
    size = sum(partition.size for partition in partitions)
    is_small = members <= IN_PROCESS * banding.bands and size <= PARTITION_BYTES
    shuffle = InProcess() if is_small else OnEngine(stage)
    partitions, counts = flow.compare(shuffle, partitions, spec)
    receipts, largest = flow.write_outcomes(shuffle, partitions, spec, stage.folder)
    count = sum(receipt.facts["documents"] for receipt in indexed)
    _refuse_too_large(largest, settings.largest_cluster, count)
    total, dropped = stage.balance_dropped(documents, receipts)
    io.delete_tree(spec.folder)
    report = {
        "documents": total.records,
        "duplicates": dropped.records,
        **counts,
        "largest": [largest.removed, largest.id],
        "signatures": signatures(settings),
        "reads": [commit.folder.removeprefix(run.work).lstrip("/") for commit in documents.commits],
    }
    return stage.commit([*indexed, *receipts], report)


def _indexed(
    stage: Stage, documents: Documents, hasher: MinHasher
) -> tuple[list[Partition], list[Receipt]]:
    """Return all partitions with their index, prior runs' last; receipts of the new ones."""
    run = stage.run
    partitions = partitioned(documents, run.engine.parallelism)
    make_index = partial(
        index.index_partition,
        hasher=hasher,
        priority=run.recipe.priority(),
        scope=run.recipe.dedup.scope,
        preference=run.recipe.dedup.preference(),
    )
    # Partitions depend on the parallelism, which may differ in a rerun.
    units = [Unit(f"{p.number:06d}-{p.low:x}-{p.high:x}", p.to_json(), p.size) for p in partitions]
    receipts = stage.run_units(units, make_index, one_each=True)
    partitions = flow.with_files(partitions, stage.folder, receipts, "index")
    for prior_run in prior_runs(run):
        partitions += prior_run.partitions(len(partitions))
    filled = [partition for partition in partitions if partition.index]
    return [replace(partition, number=n) for n, partition in enumerate(filled)], receipts


def partitioned(documents: Documents, parallelism: int) -> list[Partition]:
    """Return the documents as partitions of consecutive parts, of about equal size."""
    parts = list(documents.parts())
    total = sum(part.rows for part in parts)
    max_rows = min(PARTITION_ROWS, max(SMALL_PARTITION, -(-total // (2 * parallelism))))
    bytes_each = max(PARTITION_BYTES, sum(part.bytes for part in parts) // MAX_PARTITIONS)
    max_rows = max(max_rows, total // MAX_PARTITIONS)
    groups: list[list[Part]] = []
    rows = size = max_rows
    for part in parts:
        if not groups or rows + part.rows > max_rows or size + part.bytes > bytes_each:
            groups.append([])
            rows = size = 0
        groups[-1].append(part)
        rows, size = rows + part.rows, size + part.bytes
    return [
        Partition(
            number,
            tuple(part.to_json() for part in group),
            min(part.lo for part in group),
            max(part.hi for part in group),
            sum(part.bytes for part in group),
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
            f"dedup.largest_cluster: expected at most {share:.1%} of the documents to be removed "
            f"for one, got {removed:,} of {documents:,} ({removed / documents:.1%}), all "
            f"near-duplicates of {id_}; look at it, then allow more or filter it out"
        )


def refuse_large_cluster(run: Run, so_far: SoFar) -> Stage:
    """Return the stage; check a commit made with another bound against this one."""
    stage = prepare(run, so_far)
    if stage.committed is not None:
        report = stage.committed.report
        largest = Largest(*report["largest"])
        _refuse_too_large(largest, run.recipe.dedup.largest_cluster, report["documents"])
    return stage


SPEC = Spec(
    name="near",
    prepare=refuse_large_cluster,
    work=work,
    then=dropped,
    wanted=lambda recipe: recipe.dedup.near,
    units=lambda *_: None,
)
