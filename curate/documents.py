"""The documents between stages: parts on disk, less what later stages dropped.

A stage that rewrites text commits `documents` files, one part a unit. Stages after it that
only drop documents commit their `fates`; a reader of the parts leaves those keys out. So text
is not written again to lose a row.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate import io
from curate.keys import Tally
from curate.work import Commit, File, read_batches

SCORE = "quality_score"  # a column of documents that lies in files of its own
KEY = ("key", "source", "file_path", "n")  # what a tally needs


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents files of one commit, the fates of the stages since, and the scores."""

    base: Commit
    later: tuple[Commit, ...] = ()
    scores: Commit | None = None

    @property
    def commits(self) -> list[Commit]:
        """Return every commit a reader of these documents depends on."""
        return [self.base, *self.later]

    def without(self, fates: Commit) -> "Documents":
        """Return the same documents less those a later stage dropped."""
        return replace(self, later=(*self.later, fates))

    def scored(self, scores: Commit) -> "Documents":
        """Return the same documents with the scores of a stage, which are read as SCORE."""
        return replace(self, scores=scores)

    def score_urls(self) -> list[str]:
        """Return the files of scores (schema.SCORES) of these documents; none before scoring."""
        if self.scores is None:
            return []
        return [self.scores.url(file) for file in self.scores.files("scores")]

    def units(self) -> dict[str, str]:
        """Return each part's name and all a worker needs to read it."""
        fates = [(commit, file) for commit in self.later for file in commit.files("fates")]
        units = {}
        for number, part in enumerate(self.base.files("documents")):
            dropped = [
                commit.url(file) for commit, file in fates if overlap(part, file) and file.rows
            ]
            unit = {"url": self.base.url(part), "lo": part.lo, "hi": part.hi, "dropped": dropped}
            if self.scores is not None:
                files = self.scores.files("scores")
                unit["scores"] = [self.scores.url(f) for f in files if overlap(part, f)]
            units[f"{number:06d}"] = json.dumps(unit)
        return units


def overlap(one: File, other: File) -> bool:
    """Return whether two files may hold the same keys."""
    return one.lo <= other.hi and other.lo <= one.hi


def read_part(
    payload: str, columns: Sequence[str] | None = None, tally: Tally | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a part's documents that are still there, in key order, counting them.

    Args:
        payload: one of `Documents.units()`.
        columns: which to read; None: all but SCORE. A tally needs those of KEY, and SCORE needs
            `key`; it is null where no stage has scored the documents.
    """
    part: dict[str, Any] = json.loads(payload)
    gone = keys_within(part["dropped"], part["lo"], part["hi"])
    wanted = columns if columns is None else [name for name in columns if name != SCORE]
    scores = _Scores(part) if columns is not None and SCORE in columns else None
    for batch in read_batches(part["url"], wanted):
        left = batch
        if len(gone):
            left = batch.filter(pa.array(~np.isin(batch.column("key").to_numpy(), gone)))
        if tally is not None:
            count(left, tally)
        if left.num_rows:
            yield left if scores is None else scores.added(left).select(list(columns or ()))


class _Scores:
    """The scores of a part's documents."""

    def __init__(self, part: dict[str, Any]) -> None:
        within: Any = [("key", ">=", part["lo"]), ("key", "<=", part["hi"])]
        tables = []
        for url in part.get("scores", ()):
            with io.open_read(url) as file:
                tables.append(pq.read_table(file, columns=["key", SCORE], filters=within))
        table = pa.concat_tables(tables).sort_by("key") if tables else None
        self._keys = None if table is None else table["key"].to_numpy()
        self._scores = None if table is None else table[SCORE].to_numpy()

    def added(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with its scores as last column."""
        if self._keys is None or self._scores is None:
            return batch.append_column(SCORE, pa.nulls(batch.num_rows, pa.float64()))
        keys = batch.column("key").to_numpy()
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        if not np.array_equal(self._keys[at], keys):
            raise RuntimeError("a document has no score: the scores are not those of its part")
        return batch.append_column(SCORE, pa.array(self._scores[at], pa.float64()))


def rows_of(
    payload: str, keys: "np.ndarray[Any, np.dtype[np.int64]]", columns: Sequence[str]
) -> pa.Table:
    """Return some documents of a part, by their keys (ascending); row groups without are skipped.

    Raises KeyError if the part lacks one of those within its bounds.
    """
    part: dict[str, Any] = json.loads(payload)
    own = keys[np.searchsorted(keys, part["lo"]) : np.searchsorted(keys, part["hi"], "right")]
    tables: list[pa.Table] = []
    if len(own):
        with io.open_read(part["url"]) as file:
            parquet = pq.ParquetFile(file)
            at = parquet.schema_arrow.get_field_index("key")
            for group in range(parquet.num_row_groups):
                bounds: Any = parquet.metadata.row_group(group).column(at).statistics
                first = np.searchsorted(own, bounds.min)
                if first < len(own) and own[first] <= bounds.max:
                    rows = parquet.read_row_group(group, ["key", *columns])
                    tables.append(rows.filter(pa.array(np.isin(rows["key"].to_numpy(), own))))
    found = sum(table.num_rows for table in tables)
    if found != len(own):
        raise KeyError(f"{part['url']}: expected {len(own)} documents, found {found}")
    return pa.concat_tables(tables) if tables else pa.table({})


def keys_within(urls: Sequence[str], lo: int, hi: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the keys within [lo, hi] of some files with a key column, sorted."""
    within: Any = [("key", ">=", lo), ("key", "<=", hi)]
    keys = [np.empty(0, np.int64)]
    for url in urls:
        with io.open_read(url) as file:
            keys.append(pq.read_table(file, columns=["key"], filters=within)["key"].to_numpy())
    return np.sort(np.concatenate(keys))


def count(batch: pa.RecordBatch, tally: Tally) -> None:
    """Add a batch's records to a tally."""
    columns = (batch.column(name).to_pylist() for name in ("source", "file_path", "n"))
    for source, file_path, n in zip(*columns, strict=True):
        tally.add(source, file_path, n)
