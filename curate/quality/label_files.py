"""Read files of texts with scores, given by people or a language model.

Input: Parquet or JSON lines with a text and a score in each row. Output: `Graded`, those with the
lowest hashes if there are more than wanted.
"""

import heapq
import json
import math
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from curate.quality.graded import Graded
from curate.quality.training import TrainingDataError, group_of
from curate.store import io
from curate.store.keys import seeded_hash
from curate.store.parquet import open_parquet
from curate.store.unpack import unpacked

ROWS = 1_000  # of a batch
Row = tuple[Any, Any, Any]  # text, score, URL


def graded_texts(
    path: str, *, text: str, score: str, site: str | None, highest: float, most: int, seed: int
) -> list[Graded]:
    """Return at most so many texts with their scores divided by `highest`, in a fixed order.

    A row without a text or a score is skipped.

    Raises:
        OSError: the file cannot be read.
        TrainingDataError: it lacks the columns, or has a score that is not a number.
    """
    read = _parquet if path.endswith(".parquet") else _lines
    kept: list[tuple[int, int, Graded]] = []
    for number, (content, value, url) in enumerate(read(path, (text, score, site))):
        if content is None or value is None:
            continue
        if (
            not isinstance(content, str)
            or isinstance(value, bool | str)
            or not math.isfinite(value)
        ):
            raise TrainingDataError(
                f"quality.labels: {path}: row {number}: expected a text and a number, "
                f"got {str(content)[:40]!r} and {value!r}"
            )
        group = group_of(str(number), url if isinstance(url, str) else None)
        example = Graded(text=content, score=float(value) / highest, group=group)
        item = (-seeded_hash("sample", f"labels/{number}", seed), number, example)
        if len(kept) < most:
            heapq.heappush(kept, item)
        else:
            heapq.heappushpop(kept, item)
    return [example for _, _, example in sorted(kept, key=lambda item: item[1])]


def _parquet(path: str, columns: tuple[str, str, str | None]) -> Iterator[Row]:
    with open_parquet(path) as file:
        parquet = pq.ParquetFile(file)
        wanted = _named(path, parquet.schema_arrow.names, columns)
        for batch in parquet.iter_batches(ROWS, columns=[name for name in wanted if name]):
            for row in batch.to_pylist():
                yield tuple(row[name] if name else None for name in wanted)  # type: ignore[misc]


def _lines(path: str, columns: tuple[str, str, str | None]) -> Iterator[Row]:
    with io.open_read(path) as raw:
        for number, line in enumerate(unpacked(raw, path)):
            try:
                row = json.loads(line)
                wanted = _named(path, list(row), columns)
            except (ValueError, TypeError) as error:
                raise TrainingDataError(
                    f"quality.labels: {path}: line {number + 1}: expected JSON with "
                    f"{columns[0]} and {columns[1]}, got {line[:40]!r}"
                ) from error
            yield tuple(row[name] if name else None for name in wanted)  # type: ignore[misc]


def _named(
    path: str, names: list[str], columns: tuple[str, str, str | None]
) -> tuple[str, str, str | None]:
    """Return the columns there are; raises TrainingDataError if text or score is missing."""
    missing = [name for name in columns[:2] if name not in names]
    if missing:
        raise TrainingDataError(
            f"quality.labels: {path}: expected columns {columns[0]} and {columns[1]}, "
            f"got {', '.join(names[:20])}"
        )
    return columns[0], columns[1], columns[2] if columns[2] in names else None
