"""Weights to decisions: how often each document stands in the shards, and in which.

Enters: weighed documents. Leaves: a plan in the commit's report (shares, cuts, shards) and the
fates of all documents that reached the mix: kept, held_out or unused. Driver and shuffle see
sums over hash buckets only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import conform
from curate.mix import prefix, weights
from curate.mix.boundaries import first_bits, shard_boundaries
from curate.mix.buckets import Bucket, Sum, top, unsigned
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.count import HELD_OUT, Weighed, read_weighed
from curate.spark.stage import Run, Stage, lift
from curate.store import schema
from curate.store.commits import Commit, Receipt, read_batches, write_tables
from curate.store.documents import KEY
from curate.store.keys import SIGN, Tally, corpus_key

SCHEMAS = {"fates": schema.FATES}
SPLITS = ("train", "validation")
FAR = 0.005  # of the training tokens: a share that misses more is told
BITS = 16  # of the first sums over the order: at most 65,536 rows for the driver, one job
SUMS = schema.columns(
    ("split", pa.string(), False),
    ("bucket", pa.int64(), False),
    ("rows", pa.int64(), False),
    ("amount", pa.int64(), False),
)


def _sum() -> tuple[Any, Any]:
    return F.count("*").alias("documents"), F.sum("tokens").alias("tokens")


@dataclass(frozen=True, slots=True)
class Mixed:
    """All that a worker needs to know where a document goes."""

    shares: Mapping[str, weights.Share]
    cuts: Mapping[str, prefix.Cutoff]

    def copies(self, planned: pa.RecordBatch) -> npt.NDArray[np.int64]:
        """Return how often each planned row stands in the training shards, `int64[N]`."""
        lots = unsigned(planned["mix"].to_numpy())
        keys = planned["key"].to_numpy()
        sources = np.array(planned["source"].to_pylist(), object)
        count = np.zeros(len(lots), np.int64)
        for name in set(sources.tolist()):
            own = np.flatnonzero(sources == name)
            count[own] = prefix.copies_of(
                lots[own], keys[own].tolist(), self.shares[name], self.cuts[name]
            )
        count[planned["held_out"].to_numpy(zero_copy_only=False)] = 0
        return count

    def placed(self, planned: pa.RecordBatch) -> "Placed":
        """Return where the rows of each split stand: all copies of all documents in it."""
        copies = self.copies(planned)
        lots = unsigned(planned["shuffle"].to_numpy())
        rows = np.repeat(np.arange(len(lots)), copies)
        ends = np.cumsum(copies)
        epochs = np.arange(len(rows)) - np.repeat(ends - copies, copies)
        held = np.flatnonzero(planned["held_out"].to_numpy(zero_copy_only=False))
        orders = prefix.order(lots[rows], epochs, copies[rows])
        return {
            "train": (rows, epochs, orders),
            "validation": (held, np.zeros(len(held), np.int64), lots[held]),
        }


# split -> row of the batch, epoch and order of each row of the shards
Placed = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]]


def stage(run: Run, weighed: Weighed) -> Commit:
    """Return the commit whose report holds the plan."""
    place = begin(run, weighed)
    shard_bytes = run.recipe.output.shard_bytes
    if place.committed:
        return place.committed
    mixed = decide(place, weighed)
    cuts = _shards(place, weighed, mixed, shard_bytes)
    receipts = place.carry_out(
        weighed.units(), partial(mix_fates, folder=place.folder, mixed=mixed)
    )
    into = Tally.total(receipt.tally for receipt in weighed.commit.receipts)
    place.balance(into, receipts, "fates")
    documents, tokens = _achieved(receipts)
    if not documents:
        raise weights.NoTokensError(
            "mix: expected a budget that some document is near to, got mix.tokens "
            f"{run.recipe.mix.tokens}: the first document of each source is at least twice as long"
        )
    mixture = weights.mixture(
        weights.Plan(mixed.shares, sum(share.target for share in mixed.shares.values())),
        {name: weights.Totals(documents[name], tokens[name]) for name in documents},
        {name: cut.tokens for name, cut in mixed.cuts.items()},
    )
    for line in missed(mixture):
        run.say(f"mix: {line}")
    report = {
        "rows": sum(documents.values()),
        "tokens": sum(tokens.values()),
        "plan": {name: _plain_share(share) for name, share in mixed.shares.items()},
        "cuts": {name: asdict(cut) for name, cut in mixed.cuts.items()},
        "shards": cuts,
        "mixture": mixture,
    }
    return place.commit(receipts, report)


def begin(run: Run, weighed: Weighed) -> Stage:
    """Return the stage's place in WORK."""
    mix, output = run.recipe.mix, run.recipe.output
    return run.begin(
        "mix",
        settings={
            "weights": {name: source.weight for name, source in run.recipe.sources.items()},
            "mix": mix.model_dump(exclude={"tokenizer"}),
            "shard_bytes": output.shard_bytes,
        },
        modules=["curate.mix", "curate.spark.mix"],
        libraries=["numpy"],
        reads=[weighed.commit, *weighed.documents.commits],
    )


def mixed_of(commit: Commit) -> Mixed:
    """Return the decisions a commit of this stage holds."""
    plan, cuts = commit.report["plan"], commit.report["cuts"]
    shares = {
        name: weights.Share(**{**share, "weight": Fraction(share["weight"])})
        for name, share in plan.items()
    }
    return Mixed(shares, {name: prefix.Cutoff(**cut) for name, cut in cuts.items()})


def missed(mixture: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each source that is far from its target, for its documents are large."""
    whole = sum(own["target_tokens"] for own in mixture.values())
    for name, own in mixture.items():
        if abs(own["tokens"] - own["target_tokens"]) > FAR * whole:
            yield (
                f"{name}: expected {own['target_tokens']:,} tokens, got {own['tokens']:,}: the "
                f"document that crosses the target has {own['at_cut']:,}, and documents are "
                "taken whole"
            )


def _plain_share(share: weights.Share) -> dict[str, Any]:
    return {**asdict(share), "weight": str(share.weight)}


def _achieved(receipts: Sequence[Receipt]) -> tuple[dict[str, int], dict[str, int]]:
    documents: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for receipt in receipts:
        for name, (rows, count) in receipt.facts["achieved"].items():
            documents[name] = documents.get(name, 0) + rows
            tokens[name] = tokens.get(name, 0) + count
    return documents, tokens


# --- deciding ----------------------------------------------------------------------------------


def planned_frame(place: Stage, weighed: Weighed) -> DataFrame:
    """Return the planned rows of all documents as a frame."""

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from read_batches(url)

    units = {f"{n:06d}": url for n, url in enumerate(weighed.planned_urls())}
    return map_partitions(units_frame(place.run.spark, units), rows, schema.PLANNED)


def decide(place: Stage, weighed: Weighed) -> Mixed:
    """Return each source's share and where its last, partial epoch is cut."""
    recipe = place.run.recipe
    place.describe("cuts")
    frame = planned_frame(place, weighed).where("not held_out")
    found = weighed.totals()
    totals = {name: weights.Totals(*found.get(name, (0, 0))[:2]) for name in recipe.sources}
    try:
        plan = weights.plan(
            totals,
            {name: source.weight for name, source in recipe.sources.items()},
            tokens=recipe.mix.tokens,
            max_epochs=recipe.mix.max_epochs,
        )
    except weights.NoTokensError as error:
        if HELD_OUT not in found:
            raise
        raise weights.NoTokensError(
            f"{error}; mix.validation {recipe.mix.validation:g} holds out {found[HELD_OUT][0]:,}"
        ) from error
    cuts = prefix.epoch_cutoffs(plan, partial(_sums, frame), partial(_rows, frame))
    return Mixed(plan.shares, cuts)


def _top(column: str, bits: int) -> Any:
    """Return the top bits of a hash kept as int64; see `curate.mix.buckets.top`."""
    if bits == 0:
        return F.lit(0)
    return F.shiftright(column, 64 - bits) + F.lit(1 << (bits - 1))


def _sums(
    frame: DataFrame, bits: int, open_: Mapping[str, int], finer: int
) -> dict[tuple[str, int], Sum]:
    """Return documents and tokens by source and finer bucket of the lot, for `epoch_cutoffs`."""
    inside = F.lit(False)
    for source, prefix_ in open_.items():
        inside = inside | ((F.col("source") == source) & (_top("mix", bits) == prefix_))
    sums = frame.where(inside).groupBy("source", _top("mix", finer).alias("bucket")).agg(*_sum())
    return {
        (row["source"], row["bucket"]): Sum(row["documents"], row["tokens"])
        for row in sums.collect()  # at most 4,096 rows a source
    }


def _rows(frame: DataFrame, buckets: Mapping[str, Bucket]) -> dict[str, list[tuple[int, int, int]]]:
    """Return (lot, key, tokens) of the documents of some small buckets, for `epoch_cutoffs`."""
    inside = F.lit(False)
    for source, bucket in buckets.items():
        lots = F.col("mix").between(bucket.start - SIGN, bucket.stop - 1 - SIGN)
        inside = inside | ((F.col("source") == source) & lots)
    rows: dict[str, list[tuple[int, int, int]]] = {name: [] for name in buckets}
    whole = frame.where(inside).groupBy("source", "mix", "key").agg(F.sum("tokens").alias("tokens"))
    for row in whole.collect():
        rows[row["source"]].append((row["mix"] + SIGN, row["key"], row["tokens"]))
    return rows


def _shards(
    place: Stage, weighed: Weighed, mixed: Mixed, target: int
) -> dict[str, list[int] | None]:
    """Return where each shard but the first begins, by split; None if a split has no rows."""
    totals = weighed.totals()
    # As if every source were seen in whole epochs: enough to choose how fine the sums are.
    most = {
        "train": sum(
            totals[name][2] * (share.full_epochs + 1)
            for name, share in mixed.shares.items()
            if name in totals and share.target
        ),
        "validation": totals.get(HELD_OUT, (0, 0, 0))[2],
    }
    bits = {split: max(BITS, first_bits(total, target)) for split, total in most.items()}
    first = _bucket_frame(
        place, weighed, mixed, [(split, 0, None, bits[split]) for split in SPLITS]
    )
    sums: dict[str, dict[int, Sum]] = {split: {} for split in SPLITS}
    for row in first.collect():
        sums[row["split"]][row["bucket"]] = Sum(row["n"], row["a"])

    def cuts(split: str) -> list[int] | None:
        def finer(at: int, prefixes: Sequence[int] | None, to: int) -> dict[int, Sum]:
            if prefixes is None:
                return sums[split]
            rows = _bucket_frame(place, weighed, mixed, [(split, at, prefixes, to)]).collect()
            return {row["bucket"]: Sum(row["n"], row["a"]) for row in rows}

        total = sum(one.amount for one in sums[split].values())
        if total == 0:
            return None
        return list(shard_boundaries(finer, target, total, bits=bits[split]).starts)

    return {split: cuts(split) for split in SPLITS}


# split, top bits of the order, those looked at (None: all), by how many bits to sum
Wanted = tuple[str, int, Sequence[int] | None, int]


def _bucket_frame(
    place: Stage, weighed: Weighed, mixed: Mixed, wanted: Sequence[Wanted]
) -> DataFrame:
    """Return documents and bytes by split and bucket of the order."""
    place.describe("shards")

    def sums(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            placed = mixed.placed(batch)
            for one in wanted:
                yield _bucket_sums(batch, placed, one)

    small = map_partitions(planned_frame(place, weighed), sums, SUMS)
    total = F.sum("rows").alias("n"), F.sum("amount").alias("a")
    return small.groupBy("split", "bucket").agg(*total)


def _bucket_sums(planned: pa.RecordBatch, placed: Placed, wanted: Wanted) -> pa.RecordBatch:
    """Return rows and bytes by bucket of the order, of one batch."""
    split, bits, prefixes, finer = wanted
    rows, _, orders = placed[split]
    sizes = planned["bytes"].to_numpy()[rows]
    if prefixes is not None:
        inside = np.isin(top(orders, bits), np.array(prefixes, np.uint64))
        orders, sizes = orders[inside], sizes[inside]
    buckets, at = np.unique(top(orders, finer), return_inverse=True)
    amounts = np.zeros(len(buckets), np.int64)
    np.add.at(amounts, at, sizes)
    columns: list[pa.Array[Any]] = [
        pa.array([split] * len(buckets), pa.string()),
        pa.array(buckets.astype(np.int64)),
        pa.array(np.bincount(at, minlength=len(buckets)).astype(np.int64)),
        pa.array(amounts),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SUMS)


# --- fates -------------------------------------------------------------------------------------


def mix_fates(units: DataFrame, *, folder: str, mixed: Mixed) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the weighed documents."""
    return lift(partial(fates_unit, mixed=mixed), folder)(units)


def fates_unit(folder: str, unit: str, payload: str, *, mixed: Mixed) -> Receipt:
    """Write what became of one part's documents, and sum up the rows the shards must hold."""
    tally, corpus = Tally(), Tally()
    achieved: dict[str, list[int]] = {}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch, planned in read_weighed(payload, [*KEY, "url"], tally):
            ids, tokens = planned["id"].to_pylist(), planned["tokens"].to_pylist()
            sources, pieces = planned["source"].to_pylist(), planned["piece"].to_pylist()
            placed = mixed.placed(planned)
            for split, (at, epochs, _) in placed.items():
                for row, epoch in zip(at.tolist(), epochs.tolist(), strict=True):
                    corpus.add_key(corpus_key(ids[row], pieces[row], epoch))
                    if split == "train":
                        own = achieved.setdefault(sources[row], [0, 0])
                        own[0] += 1
                        own[1] += tokens[row]
            # The pieces of a document share its fate.
            whole = planned["piece"].to_numpy() == 0
            first = pa.array(whole)
            copies = mixed.copies(planned)[whole]
            yield "fates", fates(batch.filter(first), planned.filter(first), copies)

    files = write_tables(folder, unit, SCHEMAS, rows())
    facts = {"corpus": [corpus.records, corpus.checksum], "achieved": achieved}
    return Receipt(unit, files, tally.records, tally.checksum, facts)


def fates(
    batch: pa.RecordBatch, planned: pa.RecordBatch, copies: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """Return the fates of documents that reached the mix."""
    held = planned["held_out"].to_pylist()
    states = [
        "held_out" if out else "kept" if count else "unused"
        for out, count in zip(held, copies.tolist(), strict=True)
    ]
    rows = conform(batch, schema.FATES, stage="mix")
    for name, column in (("id", planned["id"]), ("state", pa.array(states, pa.string()))):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(index), column)
    return rows
