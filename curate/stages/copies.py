"""Deduplication by equal keys: of documents with one key the best is kept.

Input: documents, also of prior runs, and the rule that makes the keys. Output: the outcomes of the
documents removed, each with the one kept. The rules are `curate.stages.exact` and `urls`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.batch import set_column
from curate.dedup.preference import Preference, steps_of_doubt
from curate.dedup.scope import Scope
from curate.engine.verbs import BUCKET
from curate.stages.prior import PriorRun, prior_runs
from curate.stages.sorting import (
    Ints,
    bucket_count,
    key_ranges,
    to_ranges,
    with_bucket,
    write_ranges,
)
from curate.stages.stage import SoFar, Stage
from curate.store import schema
from curate.store.commits import Commit
from curate.store.documents import read_part
from curate.store.units import Unit

COLUMNS = ("key", "source", "file_path", "n", "id", "url", "extracted")
COPIES = with_bucket(
    pa.schema(
        [  # type: ignore[arg-type]
            pa.field("same", pa.binary(), nullable=False),  # equal for copies
            pa.field("prior", pa.int64(), nullable=False),  # 0 in a prior run, else 1
            pa.field("rank", pa.int64(), nullable=False),  # of the source
            pa.field("doubt", pa.int64(), nullable=False),  # of the language
            pa.field("characters", pa.int64(), nullable=False),
            pa.field("date", pa.string(), nullable=False),
            pa.field("truncated", pa.bool_(), nullable=False),
            *(schema.OUTCOMES.field(name) for name in COLUMNS),
        ]
    )
)
_OTHER: Any = pa.scalar(-1, pa.int32())
NO_DATE = {"newer": "", "older": "~"}  # after all others
REMOVED = with_bucket(schema.OUTCOMES)


@dataclass(frozen=True, slots=True)
class CopyRule:
    """A rule by which documents are copies of each other.

    columns: added to COLUMNS. same: (batch, scope) -> binary array of 8 bytes and more (a hash)
    that are equal for copies, null for rows that are no copies. by_date: the later of equally long
    ones is better. score: similarity of copies, None where texts are not compared.
    """

    stage: str
    reason: str
    columns: tuple[str, ...]
    same: Callable[[pa.RecordBatch, Scope], "pa.Array[Any]"]
    by_date: bool
    score: float | None


def remove_copies(stage: Stage, so_far: SoFar, rule: CopyRule) -> Commit:
    """Run a stage that removes copies."""
    run, documents = stage.run, so_far.left
    stage.describe("looking for copies")
    prior = prior_runs(run)
    rows = documents.rows() + sum(prior_run.documents.rows() for prior_run in prior)
    ranges = key_ranges(documents, documents.rows())
    buckets = bucket_count(rows)
    preference = run.recipe.dedup.preference()
    read = partial(
        _read, rule=rule, scope=run.recipe.dedup.scope, priority=run.recipe.priority(),
        preference=preference, buckets=buckets,
    )  # fmt: skip
    tasks = stage.tasks(_units(documents.units(), prior))
    engine = run.engine
    copies = engine.start(read, tasks, COPIES)
    remove = partial(outcomes_of_copies, rule=rule, ranges=ranges, order=order_of(preference))
    receipts = write_ranges(
        stage,
        engine.exchange(copies, remove, REMOVED, buckets=buckets),
        "outcomes",
        schema.OUTCOMES,
        ranges,
    )
    total, dropped = stage.balance_dropped(documents, receipts)
    return stage.commit(receipts, {"documents": total.records, "duplicates": dropped.records})


def order_of(preference: Preference) -> list[tuple[str, str]]:
    """Return the sort keys of copies: by group, in each group the best first."""
    by_date = {"newer": [("date", "descending")], "older": [("date", "ascending")]}
    return [
        ("same", "ascending"),
        ("prior", "ascending"),
        ("rank", "ascending"),
        *([("truncated", "ascending")] if preference.prefers_whole else []),
        *([("doubt", "ascending")] if preference.prefers_language else []),
        *(by_date[preference.by_date] if preference.by_date else []),
        ("characters", "descending"),
        *([] if preference.by_date else [("date", "descending")]),
        ("key", "ascending"),
    ]


def _units(units: Sequence[Unit], prior: Sequence[PriorRun]) -> list[Unit]:
    """Return units whose payload includes the offset of the part's keys in this run."""
    shifted = [(unit, 0) for unit in units]
    shifted += [
        (unit, prior_run.shift) for prior_run in prior for unit in prior_run.documents.units()
    ]
    return [unit._replace(payload=json.dumps([unit.payload, shift])) for unit, shift in shifted]


def _read(
    units: Sequence[Unit],
    *,
    rule: CopyRule,
    scope: Scope,
    priority: Sequence[str],
    preference: Preference,
    buckets: int,
) -> Iterator[pa.RecordBatch]:
    """Yield COPIES of the documents of a task."""
    sources = pa.array(priority, pa.string())
    read = tuple(dict.fromkeys((*COLUMNS, *rule.columns, *preference.columns)))
    dated = rule.by_date or preference.by_date
    no_date = NO_DATE[preference.by_date or "newer"]
    for unit in units:
        payload, shift = json.loads(unit.payload)
        for batch in read_part(payload, read):
            groups = rule.same(batch, scope)
            rows = batch
            if groups.null_count:
                rows, groups = batch.filter(groups.is_valid()), groups.drop_null()
            if not len(rows):
                continue
            size = len(rows)
            doubt = np.zeros(size, np.int64)
            if preference.prefers_language:
                doubt = steps_of_doubt(rows["language_score"].to_numpy(zero_copy_only=False))
            cut: Any = _filled(rows, "truncated" if preference.prefers_whole else None, "")
            columns = {name: rows[name] for name in COLUMNS} | {
                BUCKET: (_numbers(groups) % np.uint64(buckets)).astype(np.int64),
                "same": groups,
                "prior": np.full(size, 0 if shift else 1),
                # All documents of a prior run with other sources come first.
                "rank": pc.fill_null(pc.index_in(rows["source"], sources), _OTHER),
                "doubt": doubt,
                "characters": rows["characters"],
                "date": _filled(rows, "date" if dated else None, no_date),
                "truncated": pc.not_equal(cut, pa.scalar("")),
                "key": rows["key"].to_numpy() + shift,
            }
            arrays = [pa.array(columns[f.name], f.type) if not isinstance(columns[f.name], pa.Array)
                      else columns[f.name].cast(f.type) for f in COPIES]  # fmt: skip
            yield pa.RecordBatch.from_arrays(arrays, schema=COPIES)


def _numbers(hashes: Any) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Return the first eight bytes of each of some binary values as a number."""
    first = pc.binary_slice(hashes, 0, 8).cast(pa.binary(8))
    prefixes = first.combine_chunks() if isinstance(first, pa.ChunkedArray) else first
    data: Any = prefixes.buffers()[1]
    return np.frombuffer(data, np.uint64)[prefixes.offset : prefixes.offset + len(prefixes)]


def _filled(rows: pa.RecordBatch, name: str | None, default: str) -> "pa.Array[Any]":
    """Return a column of text, with other text for nulls and "", and where there is no column."""
    if name is None:
        return pa.repeat(pa.scalar(default), len(rows))
    texts: Any = pc.fill_null(rows[name], pa.scalar(""))
    filled: pa.Array[Any] = pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(default), texts)
    return filled


def outcomes_of_copies(
    bucket: int,
    batches: Iterator[pa.RecordBatch],
    *,
    rule: CopyRule,
    ranges: Ints,
    order: Any,
) -> Iterator[pa.RecordBatch]:
    """Yield the outcomes of all copies except the best of each group in a bucket."""
    del bucket
    rows = pa.Table.from_batches(list(batches))
    _, at, sizes = np.unique(_numbers(rows["same"]), return_inverse=True, return_counts=True)
    rows = rows.filter(pa.array(sizes[at] > 1))  # few: most texts are the only ones
    if not len(rows):
        return
    rows = rows.take(pc.sort_indices(rows, order)).combine_chunks()
    same = rows["same"].combine_chunks()
    first = np.ones(len(rows), np.bool_)
    first[1:] = pc.not_equal(same[1:], same[:-1]).to_numpy(zero_copy_only=False)
    best = np.flatnonzero(first)[np.cumsum(first) - 1]
    dropped = np.flatnonzero(~first & (rows["prior"].to_numpy() == 1))
    if not len(dropped):
        return
    kept = rows.take(best[dropped])
    size = len(dropped)
    columns: dict[str, Any] = {name: rows[name].take(dropped) for name in COLUMNS} | {
        "length": pa.nulls(size, pa.int64()),
        "state": pa.array(["dropped"] * size),
        "stage": pa.array([rule.stage] * size),
        "reason": pa.array([rule.reason] * size),
        "score": pa.array([rule.score] * size, pa.float64()),
        "kept_key": kept["key"],
        "kept_id": kept["id"],
        "characters": rows["characters"].take(dropped),
    }
    table = pa.table([columns[name] for name in schema.OUTCOMES.names], schema=schema.OUTCOMES)
    for batch in table.combine_chunks().to_batches():
        yield to_ranges(set_column(batch, BUCKET, np.zeros(len(batch)), pa.int64()), ranges).select(
            REMOVED.names
        )
