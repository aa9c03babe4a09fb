"""Near-duplicates: of documents whose shingles agree, the best stays; verified, with evidence.

Enters: documents without exact copies. Leaves: the fates of those that go, each with the key and
id of one that stays and their similarity, and the index of this run (signatures) that a later
run can be held against. What is done is told in `curate.dedup.clusters` (the rule), `rounds`
(its arithmetic) and `tasks` (who does what); here are the shuffles between.
"""

from dataclasses import asdict, replace
from functools import partial

import numpy as np

from curate.dedup.bands import Banding
from curate.dedup.distributed import flow, index
from curate.dedup.distributed.flow import InProcess, Largest
from curate.dedup.distributed.partitions import Pack, Round
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
PACK_ROWS, PACK_BYTES = 20_000, 64 << 20  # of a pack, at most; a part larger than that is one
SMALL_PACK = 1_000  # documents; smaller packs cost more than they spread
HERE = 20_000  # documents, at most, compared in this process, for shuffling would take longer
CLAIMS = 2_000_000  # in one task
CLUSTER = 1_000  # documents gone for one that stays: fewer are never too many


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
    packs, indexed = _indexed(place, documents, hasher)
    members = banding.bands * sum(file.rows for receipt in indexed for file in receipt.files)
    spread = run.spark.sparkContext.defaultParallelism
    how = Round(
        name="",
        folder=io.join(place.folder, "rounds"),
        hasher=hasher,
        threshold=banding.threshold,
        lows=np.array([pack.low for pack in packs], np.int64),
        buckets=max(min(len(packs), spread), members // CLAIMS),
    )
    io.delete_tree(how.folder)
    few = members <= HERE * banding.bands and sum(pack.size for pack in packs) <= PACK_BYTES
    shuffle = InProcess() if few else OnSpark(place)
    packs, counts = flow.compare(shuffle, packs, how)
    receipts, largest = flow.fates(shuffle, packs, how, place.folder)
    count = sum(receipt.facts["documents"] for receipt in indexed)
    _refuse_too_large(largest, settings.largest_cluster, count)
    before, gone = place.balance_dropped(documents, receipts)
    io.delete_tree(how.folder)
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
) -> tuple[list[Pack], list[Receipt]]:
    """Return all packs with their index, those of finished runs last; receipts of the new ones."""
    run = place.run
    packs = packed(documents, run.spark.sparkContext.defaultParallelism)
    work = partial(
        index.index_pack,
        hasher=hasher,
        priority=run.recipe.priority(),
        scope=run.recipe.dedup.scope,
    )
    units = {f"{pack.number:06d}": pack.to_json() for pack in packs}
    receipts = place.carry_out(units, lift(work, place.folder))
    packs = flow.with_files(packs, place.folder, receipts, "index")
    for one in olders(run):
        packs += one.packs(len(packs))
    filled = [pack for pack in packs if pack.index]
    return [replace(pack, number=number) for number, pack in enumerate(filled)], receipts


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
