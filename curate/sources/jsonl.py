"""Read JSON lines: one object per line."""

import json
from collections.abc import Iterator
from typing import Any

from curate.encoding.decode import decode_as_a_rule_utf8
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.rows import (
    LINE_RATIO,
    LINE_REST,
    Row,
    bad_compression,
    columns_of,
    damaged,
    document_row,
    too_large,
)
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, lines_of, unpacked


def read_jsonl(
    blocks: Blocks, part: Range, source: Source, settings: Extract, *_: object
) -> Iterator[tuple[int, Row]]:
    """Read the lines of a file; empty ones are counted and skipped."""
    n = -1
    try:
        longest = LINE_RATIO * settings.max_text_bytes + LINE_REST
        for n, line in enumerate(lines_of(unpacked(blocks, part.file.file_path), longest)):
            yield n, too_large() if line is None else _json_line(line, source)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield n + 1, bad_compression(error)


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
    return document_row(row, columns_of(source, row))
