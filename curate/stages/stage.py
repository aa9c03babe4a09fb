"""The stage interface (`Spec`), the run's state, skipping by input hash, resuming by receipts.

A stage is a `Spec`: its name, whether a recipe needs it, its folder in WORK (`prepare`), its work
(`work`), and what later stages read (`then`). If its folder is committed already, it is skipped.
Else it runs its units of work on the run's engine, checks that the ledger balances with the files
on disk, and commits.
"""

import logging
import resource
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pyarrow as pa

from curate.engine.verbs import Engine
from curate.recipe import Recipe
from curate.sources import InputFile
from curate.stages.code_hash import code_of
from curate.stages.tallies import tally_dropped, tally_files
from curate.store import io
from curate.store.commits import (
    GROUP,
    BrokenCommitError,
    Commit,
    Receipt,
    group_receipts,
    hash_of,
    read_commit,
    read_receipts,
    versions_of,
    write_commit,
    write_receipts,
)
from curate.store.documents import Documents
from curate.store.keys import Tally
from curate.store.ledger import balance
from curate.store.units import Unit, one_unit_per_task, packed

RECEIPTS = pa.schema([pa.field("receipt", pa.string(), nullable=False)])
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; getrusage counts in these
TASK_BYTES = 64 << 20  # maximum bytes of files that a task reads, except for larger units
TASKS_PER_CORE = 4  # if there is enough work, to shorten the tail of a stage
SMALL_TASK = 128 << 10  # bytes of files; less is not worth a separate task

Work = Callable[[str, str, str], Receipt]  # (folder, unit, payload) -> receipt
log = logging.getLogger("curate")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a recipe: what every stage is given.

    fresh: redo every stage. on_progress: called with (stage, what) when a stage begins a new step.
    """

    recipe: Recipe
    files: Sequence[InputFile]
    out: str
    work: str
    fresh: bool = False
    log: Callable[[str], None] = print
    on_progress: Callable[[str, str], None] = lambda *_: None
    given_engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Return the engine; raises RuntimeError for a run that is only planned."""
        if self.given_engine is None:
            raise RuntimeError("this run has no engine; make one with Run.on")
        return self.given_engine

    def on(self, engine: Engine) -> "Run":
        """Return the same run with an engine."""
        return replace(self, given_engine=engine)

    def stage(
        self,
        name: str,
        *,
        settings: object,
        module: str,
        but: Iterable[str] = (),
        libraries: Iterable[str] = (),
        reads: Iterable[Commit] = (),
        inputs: object = None,
        is_still_valid: Callable[[Commit], bool] = lambda _: True,
        in_work: bool = True,
    ) -> "Stage":
        """Return the stage with its folder in WORK, and its commit if it has one.

        Args:
            settings: what of the recipe changes the stage's work.
            module: the stage's own; with all that it imports, its code is part of the input hash,
                less the modules named by `but` (`code_hash`).
            libraries: distributions whose versions change its work.
            reads, inputs: the commits it reads, and what else.
            is_still_valid: whether what a commit made outside of WORK is still there.
            in_work: whether the files of the commit are in WORK, where their sizes are compared.
        """
        input_hash = hash_of(
            {
                "stage": name,
                "settings": settings,
                "code": code_of(module, but),
                "unicode": unicodedata.unidata_version,  # what is a letter, a space, a capital
                "libraries": versions_of(["pyarrow", *libraries]),
                "reads": [commit.digest() for commit in reads],
                "inputs": inputs,
            }
        )
        folder = io.join(self.work, name, input_hash[:16])
        if self.fresh and self.given_engine is not None:
            io.delete_tree(folder)
        self.on_progress(name, "")
        try:
            commit = read_commit(folder, check_sizes=in_work)
        except BrokenCommitError as error:
            self.log(f"{name}: run again, for WORK is incomplete: {error}")
            if self.given_engine is not None:
                io.delete_tree(folder)
            commit = None
        if commit is not None and not is_still_valid(commit):
            commit = None
        if commit is not None and self.given_engine is not None:
            self.log(f"{name}: nothing changed, skipped")
        return Stage(self, name, input_hash, folder, commit)


@dataclass(slots=True)
class Stage:
    """One stage of a run, with its folder in WORK."""

    run: Run
    name: str
    input_hash: str
    folder: str
    committed: Commit | None
    started: float = field(default_factory=time.monotonic)

    def run_units(
        self, units: Sequence[Unit], work: Work, *, one_each: bool = False, isolated: bool = False
    ) -> list[Receipt]:
        """Return a receipt for every unit; units with a receipt of an earlier attempt are kept.

        Args:
            one_each: a task for each unit; else units are packed into tasks by bytes.
            isolated: a unit may end the process it is done in.
        """
        names = {unit.name for unit in units}
        receipts = read_receipts(self.folder)
        done = {name: receipt for name, receipt in receipts.items() if name in names}
        remaining = [unit for unit in units if unit.name not in done]
        if done:
            self.run.log(f"{self.name}: {len(done)} of {len(units)} units were done before, kept")
        tasks = one_unit_per_task(remaining) if one_each else self.tasks(remaining)
        wave = max(GROUP, TASKS_PER_CORE * self.run.engine.parallelism)
        for start in range(0, len(tasks), wave):
            some = tasks[start : start + wave]
            self.describe(f"{sum(map(len, some)):,} units")
            function = partial(receipts_of, work=work, folder=self.folder)
            rows = self.run.engine.start(function, some, RECEIPTS, isolated=isolated)
            done |= {receipt.unit: receipt for receipt in collected(self.run.engine, rows)}
            if start + wave < len(tasks):
                group_receipts(self.folder, [done[unit.name] for task in some for unit in task])
        return [done[name] for name in sorted(done)]

    def tasks(self, units: Sequence[Unit]) -> list[list[Unit]]:
        """Return units packed into tasks by bytes."""
        size = sum(unit.size for unit in units)
        task_count = TASKS_PER_CORE * self.run.engine.parallelism
        return packed(units, min(task_count, 1 + size // SMALL_TASK), TASK_BYTES)

    def describe(self, description: str) -> None:
        """Set the description of the next tasks, also in the engine's user interface."""
        self.run.on_progress(self.name, description)
        self.run.engine.describe(self.name, description)

    def so_far(self, receipts: Iterable[Receipt]) -> Commit:
        """Return the receipts of units as an unpublished commit."""
        return Commit.of(self.name, self.input_hash, self.folder, receipts)

    def commit(self, receipts: Iterable[Receipt], report: Mapping[str, Any]) -> Commit:
        """Publish the stage's commit and delete its folders of other input hashes."""
        commit = Commit.of(self.name, self.input_hash, self.folder, receipts, report)
        write_commit(commit)
        above = io.join(self.run.work, self.name)
        for other in io.list_folders(above):
            if other != self.input_hash[:16]:
                io.delete_tree(io.join(above, other))
        seconds = time.monotonic() - self.started
        self.run.log(f"{self.name}: {_counts(report)} in {seconds:.1f} s")
        return commit

    def balance(self, into: Tally, receipts: Iterable[Receipt], *tables: str, cut: int = 0) -> None:
        """Raise ImbalanceError unless the files of the tables, read back, equal the input.

        cut: characters that were cut out of texts.
        """
        commit = self.so_far(receipts)
        files = [(commit.url(f), f.bytes) for table in tables for f in commit.files(table)]
        self.describe("reading back")
        balance(self.name, into, tally_files(self.run.engine, files), cut)

    def balance_dropped(
        self, documents: Documents, receipts: Iterable[Receipt]
    ) -> tuple[Tally, Tally]:
        """Return the tallies of the input documents and of those dropped, read from files.

        Raises ImbalanceError unless the documents left and the outcomes add up to the input.
        """
        dropped = self.so_far(receipts)
        self.describe("reading back")
        before, after = tally_dropped(self.run.engine, self.tasks, documents, dropped)
        files = [(dropped.url(file), file.bytes) for file in dropped.files("outcomes")]
        removed = tally_files(self.run.engine, files)
        balance(self.name, before, removed + after)
        return before, removed


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the stages before have made: their commits by name, and the documents they left."""

    commits: Mapping[str, Commit] = field(default_factory=dict)
    documents: Documents | None = None

    def of(self, stage: str) -> Commit:
        """Return the commit of a stage that is done."""
        return self.commits[stage]

    @property
    def left(self) -> Documents:
        """Return the documents not dropped so far."""
        if self.documents is None:
            raise RuntimeError("no stage has made documents yet")
        return self.documents

    @property
    def extracted(self) -> Documents:
        """Return the documents as extracted."""
        return Documents(self.of("extract"))

    def plus(self, commit: Commit, documents: Documents | None = None) -> "SoFar":
        """Return the same with one more commit, and its documents if it changes them."""
        commits = {**self.commits, commit.stage: commit}
        return SoFar(commits, self.documents if documents is None else documents)


def rewritten(so_far: SoFar, commit: Commit) -> SoFar:
    """Return the state after a stage that rewrites the documents."""
    return so_far.plus(commit, Documents(commit))


def dropped(so_far: SoFar, commit: Commit) -> SoFar:
    """Return the state after a stage that drops or cuts documents."""
    return so_far.plus(commit, so_far.left.without(commit))


def unchanged(so_far: SoFar, commit: Commit) -> SoFar:
    """Return the state after a stage that does not change the documents."""
    return so_far.plus(commit)


@dataclass(frozen=True, slots=True)
class Spec:
    """One stage of the pipeline.

    name: of its folder in WORK and in messages. prepare: finds its folder in WORK, by its input
    hash. work: does it, returns its commit. then: what later stages read. wanted: whether a recipe
    needs it.
    units: how many units of work it has, where that is known before.
    needs: the stages it reads, where these are not all before it.
    """

    name: str
    prepare: Callable[[Run, SoFar], Stage]
    work: Callable[[Stage, SoFar], Commit]
    then: Callable[[SoFar, Commit], SoFar]
    wanted: Callable[[Recipe], bool] = lambda _: True
    units: Callable[[Run, SoFar], int | None] = lambda _, so_far: (
        so_far.left.base.table("documents").num_rows if so_far.documents else None
    )
    needs: tuple[str, ...] | None = None


def receipts_of(units: Sequence[Unit], *, work: Work, folder: str) -> Iterator[pa.RecordBatch]:
    """Yield the receipts of a task's units.

    They are written at the end of the task, so that a run killed later finds them. A receipt
    says what its unit cost: seconds, and the most bytes its worker ever held.
    """
    receipts = []
    for unit in units:
        start = time.monotonic()
        done = work(folder, unit.name, unit.payload)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
        cost = {"seconds": round(time.monotonic() - start, 3), "peak_bytes": peak}
        receipts.append(replace(done, facts={**done.facts, **cost}))
    write_receipts(folder, receipts)
    lines = [receipt.to_json() for receipt in receipts]
    yield pa.RecordBatch.from_pydict({"receipt": lines}, schema=RECEIPTS)


def stage_cut(receipts: Iterable[Receipt]) -> dict[str, int]:
    """Return the characters cut out of texts, summed over receipts, by rule."""
    cut: Counter[str] = Counter()
    for receipt in receipts:
        cut.update(receipt.facts.get("cut", {}))
    return dict(sorted(cut.items()))


def receipt_batch(receipt: Receipt) -> pa.RecordBatch:
    """Return a receipt as a row of RECEIPTS."""
    return pa.RecordBatch.from_pydict({"receipt": [receipt.to_json()]}, schema=RECEIPTS)


def collected(engine: Engine, rows: Any) -> list[Receipt]:
    """Return the receipts in some rows."""
    lines: list[Any] = engine.collect(rows)["receipt"].to_pylist()
    return [Receipt.from_json(line) for line in lines]


def _counts(report: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{value:,} {name}" for name, value in report.items() if isinstance(value, int)
    )
