"""Tables of OUT with the outcome of every record: ledger, duplicates, contamination.

Input: the outcomes that stages committed. Output: OUT/ledger, OUT/duplicates, OUT/contamination. A
document kept in place of a copy may itself be removed as a copy by a later stage: then the last one
is recorded for both (`resolve_kept_chains`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET, Engine
from curate.stages.decontaminate import CONTEXTS as HIT_CONTEXTS
from curate.stages.decontaminate import HITS, lowest_contexts, lowest_of
from curate.stages.samples import outcome_files
from curate.stages.sorting import ROWS_A_FILE, bucket_count, with_bucket, write_buckets
from curate.stages.stage import RECEIPTS, SoFar, Stage, collected, receipt_batch
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY
from curate.store.keys import Tally, bucket_of
from curate.store.ledger import What
from curate.store.manifest import File
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit, packed

WHAT = ("state", "stage", "reason")
CONTAMINATION = "contamination.json"
COUNTS = schema.columns(
    ("state", pa.string(), False),
    ("stage", pa.string(), False),
    ("reason", pa.string(), True),
    ("records", pa.int64(), False),
    ("checksum", pa.string(), False),  # Spark has no unsigned 64 bits
    ("characters", pa.int64(), False),
)
# Outcomes of duplicates, with the stage by which the document kept was preferred.
FOLLOWED = schema.OUTCOMES.append(pa.field("rule", pa.string()))
# The two sides of a join by key: outcomes, and the replacement of a kept document.
# For a new id only key and id are known.
LINKS = with_bucket(
    pa.schema(
        [
            pa.field("at", pa.int64(), nullable=False),
            pa.field("moved", pa.bool_(), nullable=False),
            *(field.with_nullable(True) for field in FOLLOWED),
        ]  # type: ignore[arg-type]
    )
)
NOT_COMPARED = "urls"  # the stage that compares no texts
TASK_BYTES = 256 << 20

Files = Sequence[tuple[str, int]]  # URL, bytes


def write_ledger(
    stage: Stage, so_far: SoFar, duplicates: Files, records: int
) -> tuple[dict[What, Tally], list[File]]:
    """Write OUT/ledger; return its counts by (state, stage, reason), read back, and its files.

    duplicates: the files of `resolve_kept_chains`.
    """
    run = stage.run
    stage.describe("ledger")
    folder = io.join(run.out, "ledger")
    io.delete_tree(folder)
    commits = list(so_far.commits.values())
    if run.recipe.ledger == "counts":
        return count_outcomes(run.engine, outcome_files(commits)), []
    direct = [commit for commit in commits if "duplicates" not in commit.report]
    files = [*outcome_files(direct), *duplicates]
    buckets = max(1, -(-records // ROWS_A_FILE))
    read = partial(ledger_rows, buckets=buckets)
    rows = run.engine.start(read, _tasks(stage, files), with_bucket(schema.LEDGER))
    order = ("id", "source", "file_path", "n")
    receipts = write_buckets(
        stage, rows, folder, "ledger", schema.LEDGER, order=order, buckets=buckets
    )
    stage.describe("reading the ledger back")
    written = [(io.join(folder, r.unit), r.files[0].bytes) for r in receipts]
    return count_outcomes(run.engine, written), files_of(receipts, "ledger")


def files_of(receipts: Sequence[Receipt], folder: str) -> list[File]:
    """Return the files of receipts with their names below OUT, sorted."""
    files = (file for receipt in receipts for file in receipt.files)
    return sorted((replace(f, name=f"{folder}/{f.name}") for f in files), key=lambda f: f.name)


def _tasks(stage: Stage, files: Files) -> list[list[Unit]]:
    return stage.tasks([Unit(url, "", size) for url, size in files])


def ledger_rows(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield the ledger's rows of files of outcomes."""
    for unit in units:
        for batch in read_batches(unit.name, schema.LEDGER.names):
            at = [bucket_of(id_, buckets) for id_ in values(batch, "id")]
            yield set_column(batch, BUCKET, at, pa.int64()).select([BUCKET, *schema.LEDGER.names])


def count_outcomes(engine: Engine, files: Files) -> dict[What, Tally]:
    """Return the records of some files of outcomes by (state, stage, reason), read from them."""
    units = [Unit(url, "", size) for url, size in files]
    tasks = packed(units, 2 * engine.parallelism, TASK_BYTES)
    sums: dict[What, Tally] = {}
    for row in engine.collect(engine.start(count_file_outcomes, tasks, COUNTS)).to_pylist():
        outcome = row["state"], row["stage"], row["reason"]
        tally = Tally(row["records"], int(row["checksum"]), row["characters"])
        sums[outcome] = sums.get(outcome, Tally()) + tally
    return sums


def count_file_outcomes(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of some files of outcomes."""
    tallies: dict[What, Tally] = {}
    for unit in units:
        for batch in read_batches(unit.name, [*WHAT, *KEY[1:], "characters"]):
            columns = (column.to_pylist() for column in batch.columns)
            for state, stage, reason, *key, characters in zip(*columns, strict=True):
                tally = tallies.setdefault((state, stage, reason), Tally())
                tally.add(*key)
                tally.characters += characters or 0
    rows = [
        {
            **dict(zip(WHAT, outcome, strict=True)),
            "records": tally.records,
            "checksum": str(tally.checksum),
            "characters": tally.characters,
        }
        for outcome, tally in tallies.items()
    ]
    yield pa.RecordBatch.from_pylist(rows, schema=COUNTS)


# --- duplicates ----------------------------------------------------------------------------------


def resolve_kept_chains(stage: Stage, so_far: SoFar) -> Files:
    """Write the outcomes of all duplicates, each with the document that is finally kept.

    The document kept in place of a copy may be removed by a later stage for another one: then that
    one is recorded for both, and the copy gets the similarity between the two. Captures of one page
    are not compared: for these only the document kept changes.
    """
    removers = [c for c in so_far.commits.values() if "duplicates" in c.report]
    duplicates: list[tuple[str, int]] = []
    for number, commit in enumerate(removers):
        moved = outcome_files([commit])
        if duplicates and commit.report["duplicates"]:
            duplicates = _hop(stage, duplicates, moved, f"followed-{number}")
        duplicates += moved
    renamed = so_far.of("count").files("renamed")
    if renamed:
        urls = [(so_far.of("count").url(file), file.bytes) for file in renamed]
        duplicates = _hop(stage, duplicates, urls, "renamed", moved_by="renamed")
    return duplicates


def _hop(
    stage: Stage, duplicates: Files, moved: Files, name: str, *, moved_by: str = "outcomes"
) -> list[tuple[str, int]]:
    """Write outcomes in which removed or renamed kept documents are replaced, one step.

    moved_by: outcomes, which remove the kept document for another; or renamed, which only give it
    a new id.
    """
    engine = stage.run.engine
    units = [
        *(Unit(url, "duplicates", size) for url, size in duplicates),
        *(Unit(url, moved_by, size) for url, size in moved),
    ]
    buckets = bucket_count(sum(size for _, size in (*duplicates, *moved)) // 64)
    links = engine.start(partial(chain_links, buckets=buckets), stage.tasks(units), LINKS)
    write = partial(_write_followed, folder=stage.folder, name=name)
    receipts = collected(engine, engine.exchange(links, write, RECEIPTS, buckets=buckets))
    files: list[File] = [file for receipt in receipts for file in receipt.files]
    return [(io.join(stage.folder, file.name), file.bytes) for file in files]


def chain_links(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield LINKS of files; the payload says which side: duplicates, outcomes or renamed."""
    for unit in units:
        for batch in read_batches(unit.name):
            yield _link(batch, unit.payload, buckets)


def _link(batch: pa.RecordBatch, side: str, buckets: int) -> pa.RecordBatch:
    size = batch.num_rows
    at = batch["kept_key" if side == "duplicates" else "key"].to_numpy(zero_copy_only=False)
    columns: dict[str, Any] = {name: batch[name] for name in batch.schema.names}
    if side == "renamed":
        columns |= {"kept_key": batch["key"], "kept_id": batch["id"]}
    elif "rule" not in columns:
        columns["rule"] = batch["reason"]
    columns |= {
        BUCKET: pa.array(at.astype(np.int64) % buckets),
        "at": pa.array(at.astype(np.int64)),
        "moved": pa.array([side != "duplicates"] * size, pa.bool_()),
    }
    arrays = [columns.get(f.name, pa.nulls(size, f.type)).cast(f.type) for f in LINKS]
    return pa.RecordBatch.from_arrays(arrays, schema=LINKS)


def _write_followed(
    bucket: int, batches: Iterator[pa.RecordBatch], *, folder: str, name: str
) -> Iterator[pa.RecordBatch]:
    unit = f"{name}-{bucket:05d}"
    rows = follow(pa.Table.from_batches(list(batches)))
    tables = (("followed", batch) for batch in rows.to_batches())
    files = write_tables(folder, unit, {"followed": FOLLOWED}, tables)
    yield receipt_batch(Receipt(unit, files))


def follow(links: pa.Table) -> pa.Table:
    """Return FOLLOWED of one bucket of LINKS: the outcomes with kept documents replaced."""
    outcomes = links.filter(pc.invert(links["moved"]))
    moved = links.filter(links["moved"]).sort_by("at").combine_chunks()
    if moved.num_rows and outcomes.num_rows:
        keys, targets = moved["at"].to_numpy(), outcomes["at"].to_numpy()
        at = np.minimum(np.searchsorted(keys, targets), len(keys) - 1)
        is_moved = pa.array(keys[at] == targets)
        target = moved.take(at)
        # A new id changes neither similarity nor rule.
        compared = pc.and_(
            pc.not_equal(outcomes["stage"], pa.scalar(NOT_COMPARED)), pc.is_valid(target["rule"])
        )
        for column, condition in (
            ("kept_key", is_moved),
            ("kept_id", is_moved),
            ("score", pc.and_(is_moved, compared)),
            ("rule", pc.and_(is_moved, compared)),
        ):
            new = pc.if_else(condition, target[column], outcomes[column])
            outcomes = outcomes.set_column(outcomes.schema.get_field_index(column), column, new)
    return outcomes.select(FOLLOWED.names).cast(FOLLOWED).combine_chunks()


def write_duplicates(stage: Stage, so_far: SoFar, duplicates: Files) -> list[File]:
    """Write OUT/duplicates: the copies removed, the document kept, their similarity, the rule."""
    run = stage.run
    stage.describe("duplicates")
    folder = io.join(run.out, "duplicates")
    io.delete_tree(folder)
    rows = sum(commit.report.get("duplicates", 0) for commit in so_far.commits.values())
    buckets = max(1, -(-rows // ROWS_A_FILE))
    tasks = _tasks(stage, duplicates)
    read = partial(duplicate_rows, buckets=buckets)
    pairs = run.engine.start(read, tasks, with_bucket(schema.DUPLICATES))
    order = ("removed_id", "kept_id")
    receipts = write_buckets(
        stage, pairs, folder, "duplicates", schema.DUPLICATES, order=order, buckets=buckets
    )
    return files_of(receipts, "duplicates")


def duplicate_rows(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of OUT/duplicates of files of outcomes of duplicates."""
    for unit in units:
        for batch in read_batches(unit.name):
            ids = batch["id"]
            at = [bucket_of(id_, buckets) for id_ in ids.to_pylist()]
            rule = batch["rule"] if "rule" in batch.schema.names else batch["reason"]
            columns = [pa.array(at, pa.int64()), ids, batch["kept_id"], batch["score"], rule]
            yield pa.RecordBatch.from_arrays(columns, schema=with_bucket(schema.DUPLICATES))


# --- contamination -------------------------------------------------------------------------------


def write_contamination(stage: Stage, so_far: SoFar) -> tuple[dict[str, Any] | None, list[File]]:
    """Write OUT/contamination and contamination.json; return the latter, and the former's files.

    None and no files without decontamination.
    """
    run = stage.run
    folder, summary_ = io.join(run.out, "contamination"), io.join(run.out, CONTAMINATION)
    io.delete_tree(folder)
    io.delete(summary_)
    commit: Commit | None = so_far.commits.get("decontaminate")
    if commit is None:
        return None, []
    stage.describe("contamination")
    names = new_ids(so_far.of("count"))
    buckets = max(1, -(-commit.rows("hits") // ROWS_A_FILE))
    files = [(commit.url(file), file.bytes) for file in commit.files("hits")]
    read = partial(contamination_rows, buckets=buckets, names=names)
    rows = run.engine.start(read, _tasks(stage, files), with_bucket(schema.CONTAMINATION))
    order = schema.CONTAMINATION.names
    receipts = write_buckets(
        stage, rows, folder, "contamination", schema.CONTAMINATION, order=order, buckets=buckets
    )
    report: dict[str, Any] = commit.report["contamination"]
    data = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    io.write_bytes(summary_, data.encode())
    return report, files_of(receipts, "contamination")


def hit_contexts(stage: Stage, so_far: SoFar) -> list[dict[str, Any]]:
    """Return some hits of benchmark texts with the text around them; [] without any.

    Keys: id, source, url, benchmark, item, field, before, found, after.
    """
    commit: Commit | None = so_far.commits.get("decontaminate")
    files = [(commit.url(file), file.bytes) for file in commit.files("contexts")] if commit else []
    if not files:
        return []
    engine = stage.run.engine
    tasks = _tasks(stage, files)
    rows = lowest_of(engine.collect(engine.start(lowest_contexts, tasks, HIT_CONTEXTS)))
    names = new_ids(so_far.of("count"))
    shown = ("source", "url", "benchmark", "item", "field", "before", "found", "after")
    return [
        {"id": names.get(row["key"], row["id"]), **{name: row[name] for name in shown}}
        for row in rows.to_pylist()
    ]


def new_ids(count: Commit) -> dict[int, str]:
    """Return the new ids of documents with duplicate ids, by key: few."""
    names: dict[int, str] = {}
    for url in count.urls("renamed"):
        for batch in read_batches(url):
            names.update(zip(values(batch, "key"), values(batch, "id"), strict=True))
    return names


def contamination_rows(
    units: Sequence[Unit], *, buckets: int, names: dict[int, str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of OUT/contamination of files of hits."""
    for unit in units:
        for batch in read_batches(unit.name, HITS.names):
            pairs = zip(values(batch, "key"), values(batch, "id"), strict=True)
            ids = [names.get(key, id_) for key, id_ in pairs]
            rows = set_column(batch, "id", ids, pa.string())
            at = [bucket_of(id_, buckets) for id_ in ids]
            table = set_column(rows, BUCKET, at, pa.int64())
            yield table.select([BUCKET, *schema.CONTAMINATION.names])
