"""JSON lines: one object a line, each with its text."""

import json
from collections.abc import Iterator
from typing import IO, Any

from curate.encoding.decode import decode_as_a_rule_utf8
from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import LONGEST, Row, columns_of, curated, damaged, too_large
from curate.store.file_blocks import BLOCK, Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked


def read_jsonl(
    blocks: Blocks, part: Range, source: Source, *_: object
) -> Iterator[tuple[int, Row]]:
    """Lines of a file; empty ones are counted and skipped."""
    n = -1
    try:
        for n, line in enumerate(_lines(unpacked(blocks, part.file.file_path))):
            yield n, too_large() if line is None else _json_line(line, source)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield n + 1, damaged("bad_compression")


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Yield each line; None for one that is longer than a document can be, which is not held."""
    while line := file.readline(LONGEST):
        if len(line) < LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(BLOCK)
        yield None


def _loaded(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json_line(line: bytes, source: Source) -> Row:
    if not line.strip():
        return {"state": "skipped", "reason": "empty_line", "length": len(line)}
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        row = _loaded(decode_as_a_rule_utf8(line)[0])
    except (ValueError, RecursionError):
        return damaged("bad_json", len(line))
    if not isinstance(row, dict):
        return damaged("bad_json", len(line))
    return curated(row, columns_of(source, row))
