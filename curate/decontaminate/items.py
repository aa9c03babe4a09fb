"""Read benchmark files: items with their texts by field.

Input: JSON lines (also compressed) or Parquet, as benchmarks are published. Output: items. A
field is a column; every string in a list or mapping is a separate text.

Files made for few-shot prompts have several fields in one text, labelled at the beginning of a
line (`Passage:`, `Context:`, `Question:`, `Choices:`, `Answer:`). If all fields are used, such a
text is used whole; if some are chosen, each part is a field with its label's name.
"""

import json
import lzma
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any, NamedTuple

from curate._lazy import listing
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.urls import bare

__all__ = ["Item", "read_items"]
__dir__ = listing(__name__, __all__)

LONGEST_LINE = 64 << 20  # bytes

_LABELLED = re.compile(r"^(Passage|Context|Question|Choices|Answer):[ \t]*", re.MULTILINE)


class Item(NamedTuple):
    """One question of a benchmark: its texts as (field, text)."""

    benchmark: str
    id: str
    texts: tuple[tuple[str, str], ...]


def read_items(url: str, benchmark: str, fields: Collection[str] | None = None) -> Iterator[Item]:
    """Yield the items of a file in its order; an item may have no text.

    An item's id is its column `id`, else the number of its row.

    Args:
        fields: which to use; None: all that have text.

    Raises:
        ValueError: the file, or a line of it, is not in the format of its name.
    """
    for n, row in enumerate(_rows(url)):
        yield Item(benchmark, str(row.get("id", n)), tuple(texts_of(row, fields)))


def texts_of(
    row: Mapping[str, Any], fields: Collection[str] | None = None
) -> Iterator[tuple[str, str]]:
    r"""Yield (field, text) of the chosen fields of a row; equal ones once.

    >>> row = {"id": 7, "text": "Passage: Rain.\nQuestion: Is it wet?", "answer": ["yes"]}
    >>> list(texts_of(row, {"question", "answer"}))
    [('question', 'Is it wet?'), ('answer', 'yes')]
    """
    texts: dict[tuple[str, str], None] = {}
    for column, value in row.items():
        for text in _strings(value):
            if fields is None:
                texts[column, text] = None
            else:
                texts.update((part, None) for part in _parts(column, text) if part[0] in fields)
    yield from texts


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for element in value.values():
            yield from _strings(element)
    elif isinstance(value, list):
        for element in value:
            yield from _strings(element)


def _parts(column: str, text: str) -> Iterator[tuple[str, str]]:
    field, start = column, 0
    for label in _LABELLED.finditer(text):
        yield field, text[start : label.start()].strip()
        field, start = label[1].lower(), label.end()
    yield field, text[start:].strip()


def _rows(url: str) -> Iterator[Mapping[str, Any]]:
    if bare(url).endswith(".parquet"):
        yield from _parquet_rows(url)
        return
    with io.open_read(url) as file:
        n = 1
        try:
            for line in _lines(url, file):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError("no JSON object")
                    yield row
                n += 1
        except (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, RecursionError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the bytes could not be read: not an error of the file
            raise ValueError(
                f"{bare(url)}: expected JSON lines or Parquet, got in line {n}: {error}"
            ) from error


def _lines(url: str, file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file. Raises ValueError where one is longer than LONGEST_LINE."""
    opened, name = file, bare(url)
    if name.endswith((".gz", ".bz2", ".xz", ".zst")):
        from curate.store.unpack import unpacked  # noqa: PLC0415 - zstd comes with an extra

        opened = unpacked(Blocks(file, 0, 0), name)
    while line := opened.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ValueError(f"expected lines of at most {LONGEST_LINE:,} bytes, got a longer one")
        yield line


def check_lines(url: str, size: int) -> None:
    """Raise ValueError if a line of a file is longer than LONGEST_LINE.

    An uncompressed file that is itself shorter than that is not opened.
    """
    name = bare(url)
    if name.endswith(".parquet") or (
        size <= LONGEST_LINE and not name.endswith((".gz", ".bz2", ".xz", ".zst"))
    ):
        return
    with io.open_read(url) as file:
        for _ in _lines(url, file):
            pass


def _parquet_rows(url: str) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa  # noqa: PLC0415 - JSON lines need none
    import pyarrow.parquet as pq  # noqa: PLC0415

    from curate.store.parquet import open_parquet  # noqa: PLC0415

    try:
        with open_parquet(url) as file:
            for batch in pq.ParquetFile(file).iter_batches(1024):
                yield from batch.to_pylist()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{bare(url)}: expected JSON lines or Parquet, got {error}") from error
