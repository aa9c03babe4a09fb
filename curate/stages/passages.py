"""Passages that documents share are cut: the best document keeps them, or none does.

Input: documents after all removal of duplicates. Output: documents with text and its measures as
the cuts left them; the outcomes of those of which too little was left; and `evidence`, a row for
each passage that was cut: where, how long, and which document has it.

A passage is found by hashes of windows and compared byte by byte (`curate.dedup.passages`). It is
looked for in rounds: where a cut joins text that was not adjacent before, documents may share
new passages. The last round cuts nothing, so that a second run of the stage cuts nothing either.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from curate.dedup.passages.find import MOST_ROUNDS
from curate.recipe import Passages, Recipe
from curate.stages import passage_cuts, passage_keys, passage_rows
from curate.stages.passage_keys import CutPart, Round
from curate.stages.passage_rows import FREQUENT_ORDER, MATCHES
from curate.stages.prior import PriorRun, prior_commits, prior_runs
from curate.stages.sorting import (
    COMPARED_BYTES,
    PARTS_A_FILE,
    UNPACKED,
    bucket_count,
    bucket_of_file,
    with_bucket,
    write_buckets,
)
from curate.stages.stage import RECEIPTS, Run, SoFar, Spec, Stage, collected, stage_cut
from curate.store import io
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents
from curate.store.keys import Tally
from curate.store.tables import read_batches
from curate.store.units import Unit

REPORTED = 20  # passages that are repeated most
LISTED = 10_000  # rows of frequent passages, of all buckets, among which these are looked for

log = logging.getLogger("curate")


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Cut passages that documents share, and drop documents of which too little is left."""
    documents, settings = so_far.left, passages_of(stage.run.recipe)
    io.delete_tree(io.join(stage.folder, "rounds"))
    cuts, evidence, rounds, frequent = _rounds(stage, documents)
    units = _with_cuts(documents, cuts)
    write = partial(passage_cuts.write_part, min_characters=settings.min_characters)
    receipts = stage.run_units(units, write)
    into = Tally.total(receipt.tally for receipt in receipts)
    io.delete_tree(io.join(stage.folder, "rounds"))
    cut = stage_cut(receipts)
    stage.balance(into, receipts, "documents", "outcomes", cut=sum(cut.values()))
    report: dict[str, Any] = {
        "documents": into.records,
        "kept": sum(receipt.rows("documents") for receipt in receipts),
        "documents_cut": sum(receipt.facts["documents_cut"] for receipt in receipts),
        "passages": sum(receipt.rows("evidence") for receipt in evidence),
        "characters": into.characters,
        "characters_cut": sum(cut.values()),
        "cut": cut,
        "rounds": rounds,
        "frequent": frequent,
    }
    return stage.commit([*receipts, *evidence], report)


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage's place in WORK."""
    recipe = run.recipe
    return run.stage(
        "passages",
        settings=[
            passages_of(recipe).model_dump(),
            sources_of(recipe),
            recipe.priority(),
            recipe.dedup.scope,
            asdict(recipe.dedup.preference()),
        ],
        module=__name__,
        libraries=["numpy", "numba"],
        reads=[*so_far.left.commits, *prior_commits(run)],
    )


def passages_of(recipe: Recipe) -> Passages:
    """Return the step's settings; raises ValueError where there are none."""
    if recipe.dedup.passages is None:
        raise ValueError("dedup.passages: expected settings, got none")
    return recipe.dedup.passages


def sources_of(recipe: Recipe) -> list[str]:
    """Return the sources whose passages are looked for and cut."""
    return recipe.searched_sources(passages_of(recipe).sources)


def _rounds(
    stage: Stage, documents: Documents
) -> "tuple[dict[str, Cuts], list[Receipt], int, list[dict[str, Any]]]":
    """Return the files of all cuts, by part, receipts of evidence, rounds, frequent passages."""
    recipe, settings = stage.run.recipe, passages_of(stage.run.recipe)
    prior = prior_runs(stage.run)
    inputs = [documents, *(run.documents for run in prior)]
    size = UNPACKED * sum(part.bytes for run in inputs for part in run.parts())
    renamed = len(documents.units())
    finished = _finished(prior, renamed)
    spec = Round(
        length=settings.bytes,
        keep_none=settings.keep == "none",
        priority=tuple(recipe.priority()),
        preference=recipe.dedup.preference(),
        sources=tuple(sources_of(recipe)),
        scope=recipe.dedup.scope,
        buckets=bucket_count(3 * size // settings.bytes),
        parts_a_file=PARTS_A_FILE,
        own=renamed,
    )
    cuts: dict[str, Cuts] = {}
    evidence: list[Receipt] = []
    frequent: list[dict[str, Any]] = []
    for number in range(1, MOST_ROUNDS + 1):
        units = [*_with_cuts(documents, cuts), *finished]
        result = _round(stage, units, spec, number)
        frequent = frequent or result.frequent
        earlier = len(evidence)
        for receipt in result.receipts:
            files = {file.table: file for file in receipt.files}
            below = _folder(stage, number)
            urls = {n: io.join(below, files[n].name) for n in Cuts._fields if n in files}
            cuts[receipt.unit] = Cuts(**urls)
            if "evidence" in files:
                run = replace(receipt, unit=f"{receipt.unit}-{number}")
                evidence.append(replace(run, files=(files["evidence"],)))
        if len(evidence) == earlier:
            return cuts, evidence, number, frequent
    log.warning("passages: %d rounds, in the last of which passages were cut", MOST_ROUNDS)
    return cuts, evidence, MOST_ROUNDS, frequent


class Cuts(NamedTuple):
    """The files of a part's cuts, and of its documents that had a match, of all rounds so far."""

    cuts: str | None = None
    touched: str | None = None


class RoundResult(NamedTuple):
    """What a round made: a receipt for each part with a match, and frequent passages."""

    receipts: list[Receipt]
    frequent: list[dict[str, Any]]


def _round(stage: Stage, units: Sequence[Unit], spec: Round, number: int) -> RoundResult:
    """Look for shared passages in the documents as they are cut so far, and cut them."""
    engine = stage.run.engine
    folder, counts = _folder(stage, number), io.join(stage.folder, "rounds", "counts")
    files = 1 + -(-len(units) // spec.parts_a_file)
    stage.describe(f"round {number}: windows")
    if number == 1:
        count, share, looked_at = passage_keys.count_keys, passage_keys.shared_keys, units
    else:
        count, share = passage_keys.changed_keys, passage_keys.shared_again
        looked_at = [unit for unit in units if CutPart.from_json(unit.payload).touched]
    shared = engine.exchange(
        engine.start(partial(count, spec=spec), stage.tasks(looked_at), passage_keys.COUNTS),
        partial(share, spec=spec, folder=counts),
        with_bucket(passage_keys.SHARED),
        buckets=spec.buckets,
    )
    written = write_buckets(
        stage, shared, folder, "shared", passage_keys.SHARED, order=("part", "window"),
        buckets=files,
    )  # fmt: skip
    if not written:
        return RoundResult([], [])
    rows = sum(receipt.rows("shared") for receipt in written)
    spec = replace(spec, buckets=max(1, 2 * rows * spec.length // COMPARED_BYTES))
    part_units = _with_files(units, folder, written, spec)
    stage.describe(f"round {number}: comparing")
    runs = engine.start(
        partial(passage_rows.shared_runs, spec=spec), stage.tasks(part_units), passage_rows.RUNS
    )
    matches = engine.exchange(
        runs,
        partial(passage_rows.compare_runs, spec=spec),
        with_bucket(passage_rows.MATCHES),
        buckets=spec.buckets,
        order=passage_rows.RUNS_ORDER,
    )
    order = ("part", "key", "start", "stop", "kept_key")
    written = write_buckets(
        stage, matches, folder, "matches", passage_rows.MATCHES, order=order, buckets=files
    )
    stage.describe(f"round {number}: cutting")
    part_units = _with_files(units, folder, written, spec)
    cut = partial(
        passage_cuts.cut_parts, spec=spec, folder=stage.folder, rounds=folder, number=number
    )
    receipts = collected(engine, engine.start(cut, stage.tasks(part_units), RECEIPTS))
    first = [receipt for receipt in written if bucket_of_file(receipt) == 0]
    return RoundResult(
        receipts, most_frequent([io.join(folder, receipt.unit) for receipt in first])
    )


def _folder(stage: Stage, number: int) -> str:
    """Return the folder of what a round writes, except its evidence."""
    return io.join(stage.folder, "rounds", str(number))


def _with_cuts(documents: Documents, cuts: Mapping[str, Cuts]) -> list[Unit]:
    """Return a unit for each part, with its cuts so far."""
    return [
        unit._replace(payload=CutPart(unit.payload, *cuts.get(unit.name, Cuts())).to_json())
        for unit in documents.units()
    ]


def _finished(prior: Sequence[PriorRun], first: int) -> list[Unit]:
    """Return a unit for each part of finished runs, numbered from `first` on."""
    parts = [(unit, run.shift) for run in prior for unit in run.documents.units()]
    return [
        Unit(f"{number:06d}", CutPart(unit.payload, shift=shift).to_json(), unit.size)
        for number, (unit, shift) in enumerate(parts, first)
    ]


def _with_files(
    units: Sequence[Unit], folder: str, written: Sequence[Receipt], spec: Round
) -> list[Unit]:
    """Return the units of parts that some files have rows of, with their file."""
    urls = {bucket_of_file(receipt): io.join(folder, receipt.unit) for receipt in written}
    result = []
    for unit in units:
        url = urls.get(spec.file_of_part(int(unit.name)))
        if url is not None:
            cut_part = replace(CutPart.from_json(unit.payload), other=url)
            result.append(unit._replace(payload=cut_part.to_json()))
    return result


def most_frequent(urls: Sequence[str]) -> list[dict[str, Any]]:
    """Return the passages that are repeated most, of the files of MATCHES that have them only.

    Each with how often, how many bytes, the id of the document that has it first, and how it
    begins. Windows of one passage that overlap are one.
    """
    merged: list[dict[str, Any]] = []
    rows = MATCHES.empty_table()
    for batch in chain.from_iterable(map(read_batches, urls)):
        rows = pa.concat_tables([rows, pa.Table.from_batches([batch])])
        rows = rows.sort_by(FREQUENT_ORDER).slice(0, LISTED)
    for row in rows.to_pylist():
        overlapping = (
            passage
            for passage in merged
            if passage["key"] == row["key"]
            and passage["start"] <= row["stop"]
            and row["start"] <= passage["stop"]
        )
        passage = next(overlapping, None)
        if passage is None:
            if len(merged) < REPORTED:
                merged.append(row)
            continue
        if row["start"] < passage["start"]:
            passage |= {"start": row["start"], "begins": row["begins"]}
        passage["stop"] = max(passage["stop"], row["stop"])
    return [
        {
            "times": passage["times"],
            "bytes": passage["stop"] - passage["start"],
            "id": passage["kept_id"],
            "begins": passage["begins"].decode("utf-8", "ignore"),
        }
        for passage in merged
    ]


def _after_rewrite(so_far: SoFar, commit: Commit) -> SoFar:
    """Return the state after the documents are rewritten; they keep their scores."""
    documents = Documents(commit)
    scores = so_far.left.scores
    return so_far.plus(commit, documents if scores is None else documents.scored(scores))


SPEC = Spec(
    name="passages",
    prepare=prepare,
    work=work,
    then=_after_rewrite,
    wanted=lambda recipe: recipe.dedup.passages is not None,
)
