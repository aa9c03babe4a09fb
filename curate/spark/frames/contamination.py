"""Benchmark texts cut out of a DataFrame, as for GPT-3."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import IntegerType, StructField, StructType

from curate._lazy import listing
from curate.batch import drop_reasons, set_column, values
from curate.decontaminate import Decontaminator, Index, Item
from curate.decontaminate.find import find
from curate.recipe import Decontaminate
from curate.recipe.benchmarks import benchmark_files
from curate.spark.frames.columns import (
    column,
    map_stream,
    optional,
    pieces,
    schema_of,
    so_far,
)
from curate.stages.find_contamination import build_index

__all__ = ["decontaminate"]
__dir__ = listing(__name__, __all__)

GRAMS = {"gram": pa.int64()}
ROWS = 100  # of documents that are cut at a time


def decontaminate(
    frame: DataFrame,
    benchmarks: str | Sequence[str] | Sequence[Item] | Index,
    *,
    text: str = "text",
    blocks: str | None = "blocks",
    piece: str = "piece",
    reason: str = "drop_reason",
    **settings: Any,
) -> DataFrame:
    """Return the frame with benchmark texts cut out: a row for each piece that is left.

    Args:
        benchmarks: files or patterns (JSON lines or Parquet, as in a recipe), items, or an index.
        text: a document that is cut has a row for each piece; other columns are repeated.
        blocks: as `extract` makes them, if the frame has them: null for pieces.
        piece: column that is written, the number of a piece from 0 on.
        reason: column that is written. A document that is cut into too many pieces, or of which
            no piece is long enough, keeps its row and text and has a reason; so does a row that
            has one already, which is not looked at.
        settings: keys of a recipe's `decontaminate` (fields, ngram, window, min_characters,
            max_pieces, count, max_documents).
    Raises:
        ValueError: a column is not there or of another type, a setting is unknown or wrong, a file
            is not there.

    Texts are read twice: at once, for the n-grams in more than `max_documents` rows,
    which are common phrases and no hits, and when the result is.
    """
    index, options = _index(benchmarks, settings)
    reads = {"text": column("decontaminate", frame, text, "text")}
    reads |= so_far("decontaminate", frame, reason)
    projected = frame.select(*[frame[name].alias(key) for key, name in reads.items()])
    sent = bytes(index.data[:])
    grams = map_stream(projected, partial(_grams, data=sent), schema_of(GRAMS))
    often = grams.groupBy("gram").count().where(f"count > {options.max_documents}").collect()
    cleaner = partial(
        Decontaminator, cutting=options.cutting(), exempt=frozenset(row["gram"] for row in often)
    )
    reads |= optional("decontaminate", frame, blocks, "blocks")
    fields = {field.name: field for field in frame.schema.fields}
    fields[piece] = StructField(piece, IntegerType())
    fields[reason] = StructField(reason, frame.schema[text].dataType)
    cut = partial(
        _cut, data=sent, cleaner=cleaner, reads=reads, piece=piece, reason=reason,
        names=list(fields),
    )  # fmt: skip
    return map_stream(frame, cut, StructType(list(fields.values())))


def _index(benchmarks: Any, settings: dict[str, Any]) -> tuple[Index, Decontaminate]:
    """Return the index of benchmarks, however they are given, and the checked settings."""
    inputs: Any = [benchmarks] if isinstance(benchmarks, str) else benchmarks
    if not isinstance(inputs, Sequence | Index):
        raise TypeError(
            "decontaminate: expected benchmarks as paths, items or an Index, got "
            f"{type(inputs).__name__}"
        )
    by_path = not isinstance(inputs, Index) and all(isinstance(item, str) for item in inputs)
    paths = tuple(inputs) if by_path and not isinstance(inputs, Index) else ("given",)
    options = Decontaminate.model_validate({"benchmarks": paths, **settings})
    if isinstance(inputs, Index):
        return inputs, options
    if by_path:
        return build_index(benchmark_files(options), options), options
    ngram = None if options.ngram == "percentile" else options.ngram
    return Index.build(inputs, ngram), options


def _grams(batches: Iterable[pa.RecordBatch], *, data: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the n-grams of the index in each row, each once per row."""
    index = Index(data)
    for batch in batches:
        counts: Counter[int] = Counter()
        for text, why in zip(values(batch, "text"), drop_reasons(batch), strict=True):
            if text is not None and why is None:
                counts.update({match.gram for match in find(index, text)})
        yield pa.RecordBatch.from_pydict({"gram": pa.array(counts.elements(), pa.int64())})


def _cut(
    batches: Iterable[pa.RecordBatch], *, data: bytes, cleaner: Any, **columns: Any
) -> Iterator[pa.RecordBatch]:
    """Yield a row for each piece; the index is read once for all batches."""
    clean = cleaner(index=Index(data))
    for batch in pieces(batches, ROWS):
        yield _cut_batch(batch, clean, **columns)


def _cut_batch(
    batch: pa.RecordBatch,
    clean: Decontaminator,
    *,
    reads: dict[str, str],
    piece: str,
    reason: str,
    names: Sequence[str],
) -> pa.RecordBatch:
    texts: list[Any] = batch[reads["text"]].to_pylist()
    reason_column = reads.get("drop_reason")
    before = batch[reason_column].to_pylist() if reason_column else [None] * len(texts)
    rows, numbers, piece_texts, reasons, cuts = [], [], [], [], []
    for row, (text, why) in enumerate(zip(texts, before, strict=True)):
        cleaned = None if text is None or why is not None else clean(text)
        spans = cleaned.pieces if cleaned else []
        is_whole = not spans or spans == [(0, len(text))]
        for number, (start, stop) in enumerate([(0, len(text or ""))] if is_whole else spans):
            rows.append(row)
            numbers.append(number)
            piece_texts.append(text if is_whole else text[start:stop])
            reasons.append(why or (cleaned.reason if cleaned else "no_text"))
            cuts.append(not is_whole)
    out = batch.take(pa.array(rows, pa.int64()))
    out = set_column(out, reads["text"], piece_texts, batch.schema.field(reads["text"]).type)
    if "blocks" in reads and any(cuts):
        blocks: list[Any] = out[reads["blocks"]].to_pylist()
        left = [None if cut else old for cut, old in zip(cuts, blocks, strict=True)]
        out = set_column(out, reads["blocks"], left, batch.schema.field(reads["blocks"]).type)
    out = set_column(out, piece, numbers, pa.int32())
    return set_column(out, reason, reasons, pa.string()).select(list(names))
