"""The documents between stages: parts on disk, less what later stages dropped.

A stage that rewrites text commits `documents` files, one part a unit. Stages after it that
only drop documents commit their `fates`; a reader of the parts leaves those keys out. A stage that
cuts documents into pieces commits `pieces`, the places in their texts; a reader makes the cuts. So
text is not written again to lose a row or a span.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.store.commits import Commit, File, read_batches
from curate.store.keys import Tally
from curate.store.parquet import open_parquet
from curate.store.schema import PIECES

SCORE = "quality_score"  # a column of documents that lies in files of its own
KEY = ("key", "source", "file_path", "n")  # what a tally needs
PIECE = PIECES.field("piece")


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents files of one commit; fates and pieces of the stages since, and the scores."""

    base: Commit
    later: tuple[Commit, ...] = ()
    scores: Commit | None = None

    @property
    def commits(self) -> list[Commit]:
        """Return every commit a reader of these documents depends on."""
        return [self.base, *self.later]

    def without(self, later: Commit) -> "Documents":
        """Return the same documents less those a later stage dropped, cut as it cut them.

        Raises ValueError if two stages cut: the second would have to count in pieces.
        """
        if later.files("pieces") and any(commit.files("pieces") for commit in self.later):
            raise ValueError(f"documents: expected one stage that cuts, {later.stage} is another")
        return replace(self, later=(*self.later, later))

    def scored(self, scores: Commit) -> "Documents":
        """Return the same documents with the scores of a stage, which are read as SCORE."""
        return replace(self, scores=scores)

    def units(self) -> dict[str, str]:
        """Return each part's name and all a worker needs to read it."""
        units = {}
        for number, part in enumerate(self.base.files("documents")):
            unit = {
                "url": self.base.url(part),
                "lo": part.lo,
                "hi": part.hi,
                "dropped": self._of_later("fates", part),
                "pieces": self._of_later("pieces", part),
            }
            if self.scores is not None:
                files = self.scores.files("scores")
                unit["scores"] = [self.scores.url(f) for f in files if overlap(part, f)]
            units[f"{number:06d}"] = json.dumps(unit)
        return units

    def _of_later(self, table: str, part: File) -> list[str]:
        files = [(commit, file) for commit in self.later for file in commit.files(table)]
        return [commit.url(file) for commit, file in files if overlap(part, file) and file.rows]


def overlap(one: File, other: File) -> bool:
    """Return whether two files may hold the same keys."""
    return one.lo <= other.hi and other.lo <= one.hi


def read_part(
    payload: str, columns: Sequence[str] | None = None, tally: Tally | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a part's documents that are still there, in key order, counting them.

    Where `text` or `piece` is read, a document that was cut is one row for each piece of it, in one
    batch, its text the piece's; else it is one row. A tally counts documents.

    Args:
        payload: one of `Documents.units()`.
        columns: which to read; None: all but `piece` and SCORE. A tally needs those of KEY,
            `piece` and SCORE that key; the score is null where no stage has scored the documents.
    """
    part: dict[str, Any] = json.loads(payload)
    gone = keys_within(part["dropped"], part["lo"], part["hi"])
    by_piece = columns is None or "text" in columns or "piece" in columns
    cuts = _cuts(part) if by_piece and part["pieces"] else None
    scores = _Scores(part) if columns is not None and SCORE in columns else None
    stored = None if columns is None else [n for n in columns if n not in ("piece", SCORE)]
    if stored is not None and "key" not in stored and (cuts is not None or scores is not None):
        stored.append("key")
    for batch in read_batches(part["url"], stored):
        left = batch
        if len(gone):
            left = batch.filter(pa.array(~np.isin(batch.column("key").to_numpy(), gone)))
        if tally is not None:
            count(left, tally)
        if cuts is not None:
            left = into_pieces(left, cuts)
        elif columns is not None and "piece" in columns:
            left = left.append_column(PIECE, pa.array(np.zeros(left.num_rows, np.int32)))
        if left.num_rows:
            scored = left if scores is None else scores.added(left)
            yield scored.select(list(columns or batch.schema.names))


def _cuts(part: dict[str, Any]) -> pa.Table:
    """Return the pieces of a part's documents, in the order of keys."""
    within: Any = [("key", ">=", part["lo"]), ("key", "<=", part["hi"])]
    tables = []
    for url in part["pieces"]:
        with open_parquet(url) as file:
            tables.append(pq.read_table(file, schema=PIECES, filters=within))
    return pa.concat_tables(tables).sort_by([("key", "ascending"), ("piece", "ascending")])


def into_pieces(batch: pa.RecordBatch, cuts: pa.Table) -> pa.RecordBatch:
    """Return a row for each piece of the documents that were cut, the others as they are.

    Args:
        batch: documents with a key; a text, if it has one, is cut.
        cuts: rows of schema.PIECES, sorted by key and piece.
    """
    keys, cut_keys = batch["key"].to_numpy(), cuts["key"].to_numpy()
    firsts = np.searchsorted(cut_keys, keys, side="left")
    counts = np.searchsorted(cut_keys, keys, side="right") - firsts
    rows = np.repeat(np.arange(len(keys)), np.maximum(counts, 1))
    numbers = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
    place = batch.schema.get_field_index("text")
    if place < 0 or not counts.any():
        left = batch.take(rows)
    else:
        field = batch.schema.field(place)
        starts, stops = cuts["start"].to_numpy(), cuts["stop"].to_numpy()
        texts: list[Any] = batch["text"].to_pylist()
        pieces = [
            texts[row][starts[at] : stops[at]] if counts[row] else texts[row]
            for row, at in zip(rows.tolist(), (firsts[rows] + numbers).tolist(), strict=True)
        ]
        left = batch.remove_column(place).take(rows)
        left = left.add_column(place, field, pa.array(pieces, field.type))
    return left.append_column(PIECE, pa.array(numbers.astype(np.int32)))


class _Scores:
    """The scores of a part's documents."""

    def __init__(self, part: dict[str, Any]) -> None:
        within: Any = [("key", ">=", part["lo"]), ("key", "<=", part["hi"])]
        tables = []
        for url in part.get("scores", ()):
            with open_parquet(url) as file:
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
        with open_parquet(part["url"]) as file:
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
        with open_parquet(url) as file:
            keys.append(pq.read_table(file, columns=["key"], filters=within)["key"].to_numpy())
    return np.sort(np.concatenate(keys))


def count(batch: pa.RecordBatch, tally: Tally) -> None:
    """Add a batch's records to a tally."""
    columns = (batch.column(name).to_pylist() for name in ("source", "file_path", "n"))
    for source, file_path, n in zip(*columns, strict=True):
        tally.add(source, file_path, n)
