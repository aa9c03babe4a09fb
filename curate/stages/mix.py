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

from curate.batch import project_to_schema, set_column
from curate.mix import prefix, weights
from curate.mix.boundaries import first_bits, shard_boundaries
from curate.mix.buckets import Sum, top
from curate.mix.cells import Cells, parted
from curate.mix.mixed import Mixed
from curate.mix.planned import by_source, cells_table
from curate.stages import mix_sums
from curate.stages.count import HELD_OUT, PlannedDocuments, read_planned
from curate.stages.mix_plan import decide, label_weights
from curate.stages.stage import Run, SoFar, Spec, Stage, unchanged
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY
from curate.store.keys import Tally, corpus_key
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit

SCHEMAS = {"outcomes": schema.OUTCOMES}
Tasks = Sequence[Sequence[Unit]]
SPLITS = ("train", "validation")
FAR = 0.005  # of the training tokens: larger deviations of a source are reported
BITS = 16  # of the first sums over the shuffle hash: at most 65,536 rows for the driver, one job


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    mix, output = run.recipe.mix, run.recipe.output
    return run.stage(
        "mix",
        settings={
            "weights": {name: source.weight for name, source in run.recipe.sources.items()},
            "mix": mix.model_dump(exclude={"tokenizer", "weights"}),
            "labels": asdict(labels) if (labels := label_weights(run.recipe)) else None,
            "shard_bytes": output.shard_bytes,
        },
        module=__name__,
        libraries=["numpy"],
        reads=[so_far.of("count"), *so_far.left.commits],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Decide what is sampled, how often, and where shards begin; the report has the plan."""
    run, planned = stage.run, PlannedDocuments.of(so_far)
    decided = decide(stage, planned)
    mixed = decided.mixed
    cuts = _shards(stage, planned, mixed, run.recipe.output.shard_bytes)
    receipts = stage.run_units(planned.units(), partial(outcomes_unit, mixed=mixed))
    # Documents cut by decontamination reach the mix as pieces.
    cut = so_far.commits["decontaminate"].report["cut"] if "decontaminate" in so_far.commits else {}
    stage.balance(planned.commit.tally(), receipts, "outcomes", cut=sum(cut.values()))
    achieved = _achieved(receipts)
    if not achieved:
        raise weights.NoTokensError(
            "mix: expected a budget that some document is near to, got mix.tokens "
            f"{run.recipe.mix.tokens}: the first document of each source is at least twice as long"
        )
    mixture = _mixture(mixed, achieved, list(run.recipe.sources))
    for line in missed(mixture):
        run.log(f"mix: {line}")
    report = {
        "rows": sum(total.documents for total in achieved.values()),
        "tokens": sum(total.tokens for total in achieved.values()),
        "plan": {name: _plain_share(share) for name, share in mixed.shares.items()},
        "cuts": {name: asdict(cut) for name, cut in mixed.cuts.items()},
        "shards": cuts,
        "mixture": mixture,
    }
    if mixed.cells != Cells():
        report["cells"] = plain_cells(mixed.cells)
        report["table"] = cells_table(mixed.shares, decided.bounds, achieved)
    return stage.commit(receipts, report)


def mixed_of(commit: Commit) -> Mixed:
    """Return the decisions in a commit of this stage."""
    plan, cuts = commit.report["plan"], commit.report["cuts"]
    shares = {
        name: weights.Share(**{**share, "weight": Fraction(share["weight"])})
        for name, share in plan.items()
    }
    cells = commit.report.get("cells")
    return Mixed(
        shares,
        {name: prefix.Cutoff(**cut) for name, cut in cuts.items()},
        Cells(**{**cells, "divided": frozenset(cells["divided"])}) if cells else Cells(),
    )


def missed(mixture: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each source that misses its target because its documents are large."""
    total = sum(source["target_tokens"] for source in mixture.values())
    for name, source in mixture.items():
        if abs(source["tokens"] - source["target_tokens"]) > FAR * total:
            yield (
                f"{name}: expected {source['target_tokens']:,} tokens, got {source['tokens']:,}: "
                f"the document that crosses the target has {source['at_cut']:,}, and documents are "
                "taken whole"
            )


def _plain_share(share: weights.Share) -> dict[str, Any]:
    return {**asdict(share), "weight": str(share.weight)}


def plain_cells(cells: Cells) -> dict[str, Any]:
    """Return cells as plain data."""
    return {**asdict(cells), "divided": sorted(cells.divided)}


def _mixture(
    mixed: Mixed, achieved: Mapping[str, weights.Totals], sources: Sequence[str]
) -> dict[str, dict[str, float | int | None]]:
    """Return the manifest's table, by source."""
    total = dict.fromkeys(sources, weights.Totals(0, 0))
    at_cut = dict.fromkeys(sources, 0)
    for name, cut in mixed.cuts.items():
        source = parted(name)[0]
        at_cut[source] = max(at_cut[source], cut.tokens)
    for name, (documents, tokens) in achieved.items():
        source = parted(name)[0]
        old = total[source]
        total[source] = weights.Totals(old.documents + documents, old.tokens + tokens)
    return weights.mixture(by_source(mixed.shares, sources), total, at_cut)


def _achieved(receipts: Sequence[Receipt]) -> dict[str, weights.Totals]:
    """Return rows and tokens in the training shards, by cell."""
    achieved: dict[str, weights.Totals] = {}
    for receipt in receipts:
        for name, (rows, count) in receipt.facts["achieved"].items():
            old = achieved.get(name, weights.Totals(0, 0))
            achieved[name] = weights.Totals(old.documents + rows, old.tokens + count)
    return achieved


# --- shards --------------------------------------------------------------------------------------


def _shards(
    stage: Stage, planned: PlannedDocuments, mixed: Mixed, target: int
) -> dict[str, list[int] | None]:
    """Return where each shard except the first begins, by split; None if a split has no rows."""
    totals = planned.totals()
    # Assuming whole epochs of every source: enough to choose the resolution of the sums.
    most_epochs: dict[str, list[int]] = {}
    for name, share in mixed.shares.items():
        if share.target:
            most_epochs.setdefault(parted(name)[0], []).append(share.full_epochs)
    largest = {
        "train": sum(
            amounts[2] * (1 + max(most_epochs.get(name, [0])))
            for name, amounts in totals.items()
            if name != HELD_OUT
        ),
        "validation": totals.get(HELD_OUT, (0, 0, 0, 0))[2],
    }
    bits = {split: max(BITS, first_bits(total, target)) for split, total in largest.items()}
    sums: dict[str, dict[int, Sum]] = {split: {} for split in SPLITS}
    for row in _order_sums(stage, planned, mixed, [(s, 0, None, bits[s]) for s in SPLITS]):
        sums[row["name"]][row["hash_top"]] = Sum(row["rows"], row["amount"])

    def boundaries(split: str) -> list[int] | None:
        def finer(at: int, prefixes: Sequence[int] | None, to: int) -> dict[int, Sum]:
            if prefixes is None:
                return sums[split]
            rows = _order_sums(stage, planned, mixed, [(split, at, tuple(prefixes), to)])
            return {row["hash_top"]: Sum(row["rows"], row["amount"]) for row in rows}

        total = sum(sum_.amount for sum_ in sums[split].values())
        if total == 0:
            return None
        return list(shard_boundaries(finer, target, total, bits=bits[split]).starts)

    return {split: boundaries(split) for split in SPLITS}


# split, top bits of the shuffle hash, prefixes (None: all), bits to sum by
Wanted = tuple[str, int, Sequence[int] | None, int]


def _order_sums(
    stage: Stage, planned: PlannedDocuments, mixed: Mixed, queries: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """Return rows and bytes by split and bucket of the shuffle hash."""
    stage.describe("shards")
    engine = stage.run.engine
    tasks = stage.tasks(planned.planned_units())
    read = partial(sums_by_order, mixed=mixed, queries=tuple(queries))
    return mix_sums.added(engine, engine.start(read, tasks, mix_sums.SUMS))


def sums_by_order(
    units: Sequence[Unit], *, mixed: Mixed, queries: Sequence[Wanted]
) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of bytes by split and bucket of the shuffle hash."""
    for unit in units:
        for batch in read_batches(unit.payload):
            placed = mixed.placed(batch)
            for split, bits, prefixes, finer in queries:
                rows, _, orders = placed[split]
                sizes = batch["bytes"].to_numpy()[rows]
                if prefixes is not None:
                    inside = np.isin(top(orders, bits), np.array(prefixes, np.uint64))
                    orders, sizes = orders[inside], sizes[inside]
                if len(orders):
                    yield mix_sums.sums_of_rows(split, top(orders, finer), sizes)


# --- outcomes -------------------------------------------------------------------------------------


def outcomes_unit(folder: str, unit: str, payload: str, *, mixed: Mixed) -> Receipt:
    """Write the outcomes of one part's documents, and sum the rows that the shards must have."""
    tally, corpus = Tally(), Tally()
    achieved: dict[str, list[int]] = {}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch, planned in read_planned(payload, [*KEY, "url", "extracted"], tally):
            ids, tokens = planned["id"].to_pylist(), planned["tokens"].to_pylist()
            cells, pieces = mixed.cells.of(planned).tolist(), planned["piece"].to_pylist()
            placed = mixed.placed(planned)
            for split, (at, epochs, _) in placed.items():
                for row, epoch in zip(at.tolist(), epochs.tolist(), strict=True):
                    corpus.add_key(corpus_key(ids[row], pieces[row], epoch))
                    if split == "train":
                        totals = achieved.setdefault(cells[row], [0, 0])
                        totals[0] += 1
                        totals[1] += tokens[row]
            # The pieces of a document share its outcome.
            is_first = planned["piece"].to_numpy() == 0
            first = pa.array(is_first)
            copies = mixed.copies(planned)[is_first]
            starts = np.flatnonzero(is_first)
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
    held_out = planned["held_out"].to_pylist()
    states = [
        "held_out" if out else "kept" if count else "unused"
        for out, count in zip(held_out, copies.tolist(), strict=True)
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
    prepare=prepare,
    work=work,
    then=unchanged,
)
