"""Documents between stages: files of documents, minus what later stages dropped or cut.

A stage that rewrites text commits `documents` files, one part for each unit. Later stages that only
drop documents commit `outcomes`; a reader of the parts skips those keys. A stage that cuts
documents into pieces commits `pieces`, spans of their texts; a reader applies the cuts. So text is
not rewritten to remove a row or a span.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.store import io
from curate.store.commits import Commit
from curate.store.keys import Tally
from curate.store.manifest import Ranges
from curate.store.parquet import as_written, open_parquet
from curate.store.schema import PIECES, is_score, score_table
from curate.store.tables import read_batches, read_rows
from curate.store.units import Unit

SCORE = "quality_score"  # a column of documents that is stored in separate files
KEY = ("key", "source", "file_path", "n")  # what a tally needs
PIECE = PIECES.field("piece")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of documents, with the files of outcomes, pieces and scores that apply to it.

    lo, hi: bounds of its keys. rows, bytes: of the file. dropped, pieces: files of outcomes and of
    pieces that may contain its keys. scores: files of scores; None if no stage has scored.
    """

    url: str
    lo: int
    hi: int
    rows: int
    bytes: int
    dropped: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    scores: tuple[str, ...] | None = None

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps([getattr(self, name) for name in self.__slots__])

    @staticmethod
    def from_json(line: str) -> "Part":
        """Undo `to_json`."""
        url, lo, hi, rows, size, dropped, pieces, scores = json.loads(line)
        some = None if scores is None else tuple(scores)
        return Part(url, lo, hi, rows, size, tuple(dropped), tuple(pieces), some)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of one commit, with the outcomes, pieces and scores of later stages."""

    base: Commit
    later: tuple[Commit, ...] = ()
    scores: Commit | None = None

    @property
    def commits(self) -> list[Commit]:
        """Return every commit a reader of these documents depends on."""
        commits = [self.base, *self.later]
        if self.scores is not None and self.scores not in commits:
            commits.append(self.scores)
        return commits

    def without(self, later: Commit) -> "Documents":
        """Return the same documents without those that a later stage dropped, and with its cuts.

        Raises ValueError if two stages cut: the second's offsets would refer to pieces.
        """
        if later.rows("pieces") and any(commit.rows("pieces") for commit in self.later):
            raise ValueError(f"documents: expected one stage that cuts, {later.stage} is another")
        return replace(self, later=(*self.later, later))

    def scored(self, scores: Commit) -> "Documents":
        """Return the same documents with a stage's scores as the column SCORE."""
        return replace(self, scores=scores)

    def rows(self) -> int:
        """Return how many rows the files have: an upper bound of the documents left."""
        return self.base.rows("documents")

    def parts(self) -> Iterator[Part]:
        """Yield the parts in the order of their keys. O(n log n) in files of all commits."""
        table = self.base.table("documents")
        lo, hi = table["lo"].to_numpy(), table["hi"].to_numpy()

        def joined(commit: Commit, name: str) -> list[tuple[str, ...]]:
            return Ranges.of(commit.folder, commit.table(name)).of_parts(lo, hi)

        dropped = [joined(c, "outcomes") for c in self.later if c.rows("outcomes")]
        pieces = [joined(c, "pieces") for c in self.later if c.rows("pieces")]
        scores = None if self.scores is None else joined(self.scores, "scores")
        names: list[Any] = table["name"].to_pylist()
        rows, sizes = table["rows"].to_numpy().tolist(), table["bytes"].to_numpy().tolist()
        bounds = zip(lo.tolist(), hi.tolist(), strict=True)
        for number, (name, (first, last)) in enumerate(zip(names, bounds, strict=True)):
            yield Part(
                io.join(self.base.folder, name),
                first,
                last,
                rows[number],
                sizes[number],
                tuple(url for by_part in dropped for url in by_part[number]),
                tuple(url for by_part in pieces for url in by_part[number]),
                None if scores is None else scores[number],
            )

    def units(self) -> list[Unit]:
        """Return a unit of work for each part, named by its number."""
        return [
            Unit(f"{number:06d}", part.to_json(), part.bytes)
            for number, part in enumerate(self.parts())
        ]


def read_part(
    payload: str, columns: Sequence[str] | None = None, tally: Tally | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a part's documents that no later stage dropped, in key order, and tally them.

    Where `text` or `piece` is read, a document that was cut is one row for each piece, in one
    batch, with the piece's text; else it is one row. A tally counts documents.

    Args:
        payload: one of `Documents.units()`.
        columns: which to read; None: all except `piece` and SCORE. A tally needs those of KEY,
            `piece` and SCORE that key; the score is null where no stage has scored the documents.
    """
    part = Part.from_json(payload)
    dropped_keys = keys_within(part.dropped, part.lo, part.hi)
    by_piece = columns is None or "text" in columns or "piece" in columns
    cuts = _cuts(part) if by_piece and part.pieces else None
    wanted = [name for name in columns or () if is_score(name)]
    scores = _Scores(part, wanted) if wanted else None
    stored = None if columns is None else [n for n in columns if n != "piece" and n not in wanted]
    if stored is not None and "key" not in stored and (cuts is not None or scores is not None):
        stored.append("key")
    for batch in read_batches(part.url, stored):
        left = batch
        if len(dropped_keys):
            left = batch.filter(pa.array(~np.isin(batch.column("key").to_numpy(), dropped_keys)))
        if tally is not None:
            count(left, tally)
        if cuts is not None:
            left = into_pieces(left, cuts)
        elif columns is not None and "piece" in columns:
            left = left.append_column(PIECE, pa.array(np.zeros(left.num_rows, np.int32)))
        if left.num_rows:
            scored = left if scores is None else scores.added(left)
            yield scored.select(list(columns or batch.schema.names))


def _cuts(part: Part) -> pa.Table:
    """Return the pieces of a part's documents, in the order of keys."""
    within: Any = [("key", ">=", part.lo), ("key", "<=", part.hi)]
    cuts = read_rows(part.pieces, PIECES, filters=within)
    return cuts.sort_by([("key", "ascending"), ("piece", "ascending")])


def into_pieces(batch: pa.RecordBatch, cuts: pa.Table) -> pa.RecordBatch:
    """Replace each document that was cut by a row for each piece; keep the others.

    Args:
        batch: documents with a key; a text, if it has one, is cut.
        cuts: rows of schema.PIECES, sorted by key and piece.
    """
    keys, cut_keys = batch["key"].to_numpy(), cuts["key"].to_numpy()
    firsts = np.searchsorted(cut_keys, keys, side="left")
    counts = np.searchsorted(cut_keys, keys, side="right") - firsts
    rows = np.repeat(np.arange(len(keys)), np.maximum(counts, 1))
    numbers = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
    index = batch.schema.get_field_index("text")
    if index < 0 or not counts.any():
        left = batch.take(rows)
    else:
        field = batch.schema.field(index)
        starts, stops = cuts["start"].to_numpy(), cuts["stop"].to_numpy()
        texts: list[Any] = batch["text"].to_pylist()
        pieces = [
            texts[row][starts[at] : stops[at]] if counts[row] else texts[row]
            for row, at in zip(rows.tolist(), (firsts[rows] + numbers).tolist(), strict=True)
        ]
        left = batch.remove_column(index).take(rows)
        left = left.add_column(index, field, pa.array(pieces, field.type))
    return left.append_column(PIECE, pa.array(numbers.astype(np.int32)))


class _Scores:
    """The scores of a part's documents, and the other columns of these tables."""

    def __init__(self, part: Part, wanted: Sequence[str]) -> None:
        within: Any = [("key", ">=", part.lo), ("key", "<=", part.hi)]
        self._wanted, self._table = wanted, None
        if part.scores is not None:
            rows = read_rows(part.scores, score_table(wanted), filters=within)
            self._table = rows.sort_by("key").combine_chunks()
            self._keys = self._table["key"].to_numpy()

    def added(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with its scores as last columns."""
        if self._table is None:
            for field in list(score_table(self._wanted))[1:]:
                batch = batch.append_column(field.name, pa.nulls(batch.num_rows, field.type))
            return batch
        keys = batch.column("key").to_numpy()
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        if not np.array_equal(self._keys[at], keys):
            raise RuntimeError("a document has no score: the scores are not those of its part")
        for name in self._wanted:
            batch = batch.append_column(name, self._table[name].combine_chunks().take(at))
        return batch


def rows_of(
    payload: str, keys: "np.ndarray[Any, np.dtype[np.int64]]", columns: Sequence[str]
) -> pa.Table:
    """Return the documents of a part with given keys (ascending); skips row groups without any.

    Raises KeyError if the part lacks a key that is within its bounds.
    """
    part = Part.from_json(payload)
    wanted = keys[np.searchsorted(keys, part.lo) : np.searchsorted(keys, part.hi, "right")]
    tables: list[pa.Table] = []
    if len(wanted):
        with open_parquet(part.url) as file, as_written(part.url):
            parquet = pq.ParquetFile(file, page_checksum_verification=True)
            at = parquet.schema_arrow.get_field_index("key")
            for group in range(parquet.num_row_groups):
                bounds: Any = parquet.metadata.row_group(group).column(at).statistics
                first = np.searchsorted(wanted, bounds.min)
                if first < len(wanted) and wanted[first] <= bounds.max:
                    rows = parquet.read_row_group(group, ["key", *columns])
                    tables.append(rows.filter(pa.array(np.isin(rows["key"].to_numpy(), wanted))))
    total = sum(table.num_rows for table in tables)
    if total != len(wanted):
        raise KeyError(f"{part.url}: expected {len(wanted)} documents, found {total}")
    return pa.concat_tables(tables) if tables else pa.table({})


def keys_within(urls: Sequence[str], lo: int, hi: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the keys within [lo, hi] of some files with a key column, sorted."""
    within: Any = [("key", ">=", lo), ("key", "<=", hi)]
    rows = read_rows(urls, PIECES, columns=["key"], filters=within)
    return np.sort(rows["key"].to_numpy())


def count(batch: pa.RecordBatch, tally: Tally) -> None:
    """Add a batch's records, and the characters of their texts, to a tally."""
    sources, paths = batch["source"], batch["file_path"]
    numbers: list[int] = batch["n"].to_numpy().tolist()
    ends: list[Any] = [
        pc.call_function("run_end_encode", [column]).run_ends.to_numpy()
        for column in (sources, paths)
    ]
    for start, stop in pairwise([0, *np.union1d(*ends).tolist()]):
        tally.add_rows(sources[start].as_py(), paths[start].as_py(), numbers[start:stop])
    tally.characters += characters_of(batch)


def characters_of(batch: pa.RecordBatch) -> int:
    """Return the sum of a batch's text lengths, from `text` or `characters`; 0 without either."""
    if "text" in batch.schema.names:
        texts: Any = batch["text"]
        return pc.sum(pc.utf8_length(texts)).as_py() or 0
    if "characters" in batch.schema.names:
        return pc.sum(batch["characters"]).as_py() or 0
    return 0
