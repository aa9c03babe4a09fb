"""Mixing: from weights and the token budget to the number of copies of each document, and shards.

Input: planned documents. Output: a plan in the commit's report (shares, cuts, shards) and the
outcomes of all documents that reached the mix: kept, held_out or unused. Driver and shuffle get
only sums over hash buckets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curate.batch import project_to_schema, set_column
from curate.engine.verbs import BUCKET, Engine
from curate.mix import prefix, weights
from curate.mix.boundaries import first_bits, shard_boundaries
from curate.mix.buckets import Bucket, Hashes, Sum, top, unsigned
from curate.mix.mixed import Mixed
from curate.stages.count import HELD_OUT, PlannedDocuments, read_planned
from curate.stages.stage import Run, SoFar, Spec, Stage, unchanged
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY
from curate.store.keys import SIGN, Tally, corpus_key
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit

SCHEMAS = {"outcomes": schema.OUTCOMES}
Tasks = Sequence[Sequence[Unit]]
SPLITS = ("train", "validation")
FAR = 0.005  # of the training tokens: larger deviations of a source are reported
BITS = 16  # of the first sums over the shuffle hash: at most 65,536 rows for the driver, one job
COMBINERS = 8  # tasks that combine the sums of all others
# Rows and an amount by the top bits of a hash; name: the source, or the split.
SUMS = schema.columns(
    (BUCKET, pa.int64(), False),
    ("name", pa.string(), False),
    ("hash_top", pa.int64(), False),
    ("rows", pa.int64(), False),
    ("amount", pa.int64(), False),
)
FEW = pa.schema([schema.PLANNED.field(name) for name in ("source", "mix", "key", "tokens")])


def place(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    mix, output = run.recipe.mix, run.recipe.output
    return run.place(
        "mix",
        settings={
            "weights": {name: source.weight for name, source in run.recipe.sources.items()},
            "mix": mix.model_dump(exclude={"tokenizer"}),
            "shard_bytes": output.shard_bytes,
        },
        module=__name__,
        libraries=["numpy"],
        reads=[so_far.of("count"), *so_far.left.commits],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Decide what is sampled, how often, and where shards begin; the report has the plan."""
    run, planned = stage.run, PlannedDocuments.of(so_far)
    mixed = decide(stage, planned)
    cuts = _shards(stage, planned, mixed, run.recipe.output.shard_bytes)
    receipts = stage.run_units(planned.units(), partial(outcomes_unit, mixed=mixed))
    # Documents cut by decontamination reach the mix as pieces.
    cut = so_far.commits["decontaminate"].report["cut"] if "decontaminate" in so_far.commits else {}
    stage.balance(planned.commit.tally(), receipts, "outcomes", cut=sum(cut.values()))
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
        run.log(f"mix: {line}")
    report = {
        "rows": sum(documents.values()),
        "tokens": sum(tokens.values()),
        "plan": {name: _plain_share(share) for name, share in mixed.shares.items()},
        "cuts": {name: asdict(cut) for name, cut in mixed.cuts.items()},
        "shards": cuts,
        "mixture": mixture,
    }
    return stage.commit(receipts, report)


def mixed_of(commit: Commit) -> Mixed:
    """Return the decisions in a commit of this stage."""
    plan, cuts = commit.report["plan"], commit.report["cuts"]
    shares = {
        name: weights.Share(**{**share, "weight": Fraction(share["weight"])})
        for name, share in plan.items()
    }
    return Mixed(shares, {name: prefix.Cutoff(**cut) for name, cut in cuts.items()})


def missed(mixture: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each source that misses its target because its documents are large."""
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


def decide(stage: Stage, planned: PlannedDocuments) -> Mixed:
    """Return each source's share and where its last, partial epoch is cut."""
    recipe = stage.run.recipe
    stage.describe("cuts")
    found = planned.totals()
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
    tasks = stage.tasks(planned.planned_units())
    engine = stage.run.engine
    cuts = prefix.epoch_cutoffs(
        plan, partial(_source_sums, engine, tasks), partial(_rows, engine, tasks)
    )
    return Mixed(plan.shares, cuts)


def _source_sums(
    engine: Engine, tasks: Tasks, bits: int, open_: Mapping[str, int], finer: int
) -> dict[tuple[str, int], Sum]:
    """Return documents and tokens by source and finer hash bucket, for `epoch_cutoffs`."""
    read = partial(sums_by_source, bits=bits, prefixes=dict(open_), finer=finer)
    table = _added(engine, engine.start(read, tasks, SUMS))  # at most 4,096 rows per source
    return {(row["name"], row["hash_top"]): Sum(row["rows"], row["amount"]) for row in table}


def sums_by_source(
    units: Sequence[Unit], *, bits: int, prefixes: Mapping[str, int], finer: int
) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of tokens by source, for documents whose hash has the source's prefix."""
    for planned in _training_rows(units):
        hashes = unsigned(planned["mix"].to_numpy())
        sources = np.array(planned["source"].to_pylist(), object)
        tokens = planned["tokens"].to_numpy()
        for name, prefix_ in prefixes.items():
            inside = (sources == name) & (top(hashes, bits) == np.uint64(prefix_))
            if inside.any():
                yield _summed(name, top(hashes[inside], finer), tokens[inside])


def _training_rows(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield the planned rows that are not held out."""
    for unit in units:
        for batch in read_batches(unit.payload):
            yield batch.filter(pc.invert(batch["held_out"]))


def _summed(name: str, tops: Hashes, amounts: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """Return SUMS of some rows."""
    buckets, at = np.unique(tops, return_inverse=True)
    sums = np.zeros(len(buckets), np.int64)
    np.add.at(sums, at, amounts)
    columns: list[pa.Array[Any]] = [
        pa.array((buckets % np.uint64(COMBINERS)).astype(np.int64)),
        pa.array([name] * len(buckets), pa.string()),
        pa.array(buckets.astype(np.int64)),
        pa.array(np.bincount(at, minlength=len(buckets)).astype(np.int64)),
        pa.array(sums),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SUMS)


def _added(engine: Engine, rows: Any) -> list[dict[str, Any]]:
    """Return SUMS combined over all tasks."""
    added: list[dict[str, Any]] = engine.collect(
        engine.exchange(rows, add_sums, SUMS, buckets=COMBINERS)
    ).to_pylist()
    return added


def add_sums(bucket: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the combined SUMS of a bucket."""
    table = pa.Table.from_batches(list(batches)).group_by(["name", "hash_top"])
    sums = table.aggregate([("rows", "sum"), ("amount", "sum")]).combine_chunks()
    columns = [sums["name"], sums["hash_top"], sums["rows_sum"], sums["amount_sum"]]
    whole = pa.table([pa.array([bucket] * len(sums), pa.int64()), *columns], schema=SUMS)
    yield from whole.combine_chunks().to_batches()


def _rows(
    engine: Engine, tasks: Tasks, buckets: Mapping[str, Bucket]
) -> dict[str, list[tuple[int, int, int]]]:
    """Return (hash, key, tokens) of the documents of some small buckets, for `epoch_cutoffs`."""
    read = partial(rows_of_buckets, buckets=dict(buckets))
    tokens: dict[tuple[str, int, int], int] = {}
    for row in engine.collect(engine.start(read, tasks, FEW)).to_pylist():
        at = row["source"], row["mix"] + SIGN, row["key"]
        tokens[at] = tokens.get(at, 0) + row["tokens"]  # of the pieces of a document
    rows: dict[str, list[tuple[int, int, int]]] = {name: [] for name in buckets}
    for (source, hash_, key), count in tokens.items():
        rows[source].append((hash_, key, count))
    return rows


def rows_of_buckets(
    units: Sequence[Unit], *, buckets: Mapping[str, Bucket]
) -> Iterator[pa.RecordBatch]:
    """Yield FEW of the documents of some buckets."""
    for planned in _training_rows(units):
        hashes = planned["mix"].to_numpy()
        sources = np.array(planned["source"].to_pylist(), object)
        for name, bucket in buckets.items():
            inside = (hashes >= bucket.start - SIGN) & (hashes <= bucket.stop - 1 - SIGN)
            inside &= sources == name
            if inside.any():
                yield planned.filter(pa.array(inside)).select(FEW.names)


def _shards(
    stage: Stage, planned: PlannedDocuments, mixed: Mixed, target: int
) -> dict[str, list[int] | None]:
    """Return where each shard except the first begins, by split; None if a split has no rows."""
    totals = planned.totals()
    # Assuming whole epochs of every source: enough to choose the resolution of the sums.
    most = {
        "train": sum(
            totals[name][2] * (share.full_epochs + 1)
            for name, share in mixed.shares.items()
            if name in totals and share.target
        ),
        "validation": totals.get(HELD_OUT, (0, 0, 0, 0))[2],
    }
    bits = {split: max(BITS, first_bits(total, target)) for split, total in most.items()}
    sums: dict[str, dict[int, Sum]] = {split: {} for split in SPLITS}
    for row in _order_sums(stage, planned, mixed, [(s, 0, None, bits[s]) for s in SPLITS]):
        sums[row["name"]][row["hash_top"]] = Sum(row["rows"], row["amount"])

    def boundaries(split: str) -> list[int] | None:
        def finer(at: int, prefixes: Sequence[int] | None, to: int) -> dict[int, Sum]:
            if prefixes is None:
                return sums[split]
            rows = _order_sums(stage, planned, mixed, [(split, at, tuple(prefixes), to)])
            return {row["hash_top"]: Sum(row["rows"], row["amount"]) for row in rows}

        total = sum(one.amount for one in sums[split].values())
        if total == 0:
            return None
        return list(shard_boundaries(finer, target, total, bits=bits[split]).starts)

    return {split: boundaries(split) for split in SPLITS}


# split, top bits of the shuffle hash, prefixes (None: all), bits to sum by
Wanted = tuple[str, int, Sequence[int] | None, int]


def _order_sums(
    stage: Stage, planned: PlannedDocuments, mixed: Mixed, wanted: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """Return rows and bytes by split and bucket of the shuffle hash."""
    stage.describe("shards")
    engine = stage.run.engine
    read = partial(sums_by_order, mixed=mixed, wanted=tuple(wanted))
    return _added(engine, engine.start(read, stage.tasks(planned.planned_units()), SUMS))


def sums_by_order(
    units: Sequence[Unit], *, mixed: Mixed, wanted: Sequence[Wanted]
) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of bytes by split and bucket of the shuffle hash."""
    for unit in units:
        for batch in read_batches(unit.payload):
            placed = mixed.placed(batch)
            for split, bits, prefixes, finer in wanted:
                rows, _, orders = placed[split]
                sizes = batch["bytes"].to_numpy()[rows]
                if prefixes is not None:
                    inside = np.isin(top(orders, bits), np.array(prefixes, np.uint64))
                    orders, sizes = orders[inside], sizes[inside]
                if len(orders):
                    yield _summed(split, top(orders, finer), sizes)


# --- outcomes -------------------------------------------------------------------------------------


def outcomes_unit(folder: str, unit: str, payload: str, *, mixed: Mixed) -> Receipt:
    """Write the outcomes of one part's documents, and sum the rows that the shards must have."""
    tally, corpus = Tally(), Tally()
    achieved: dict[str, list[int]] = {}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch, planned in read_planned(payload, [*KEY, "url", "extracted"], tally):
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
            # The pieces of a document share its outcome.
            whole = planned["piece"].to_numpy() == 0
            first = pa.array(whole)
            copies = mixed.copies(planned)[whole]
            starts = np.flatnonzero(whole)
            sizes = planned["characters"].to_numpy()
            characters = np.add.reduceat(sizes, starts) if len(starts) else sizes[:0]
            yield (
                "outcomes",
                outcomes(
                    set_column(batch.filter(first), "characters", characters, pa.int64()),
                    planned.filter(first),
                    copies,
                ),
            )

    files = write_tables(folder, unit, SCHEMAS, rows())
    facts = {"corpus": [corpus.records, corpus.checksum], "achieved": achieved}
    return Receipt(unit, files, tally, facts)


def outcomes(
    batch: pa.RecordBatch, planned: pa.RecordBatch, copies: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """Return the outcomes of documents that reached the mix."""
    held = planned["held_out"].to_pylist()
    states = [
        "held_out" if out else "kept" if count else "unused"
        for out, count in zip(held, copies.tolist(), strict=True)
    ]
    rows = project_to_schema(
        batch, schema.OUTCOMES, stage="mix", length=None, id=None, state=None, reason=None,
        score=None, kept_key=None, kept_id=None,
    )  # fmt: skip
    for name, column in (("id", planned["id"]), ("state", pa.array(states, pa.string()))):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(index), column)
    return rows


SPEC = Spec(
    name="mix",
    place=place,
    work=work,
    then=unchanged,
)
