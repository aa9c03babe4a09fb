"""Web archives (WARC, WET): records to pages, texts, and what is neither."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from curate import io
from curate.extract.kinds import classify
from curate.extract.warc import ArchiveRecord, Damage, Records
from curate.keys import pack
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.pages import page_row, text_row
from curate.sources.rows import Reading, Row, damaged


def read_archive(
    blocks: io.Blocks, part: Range, _: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    known = part.begin is not None
    start = part.begin if part.begin is not None else part.start
    stop = part.stop or None  # a file of no bytes is damage, not a range with nothing in it
    records = Records(cast(BinaryIO, blocks), start, stop, exact=known)
    for found in records:
        yield found.offset, _row(found, part, settings, reading)
    reading.joints.append([part.file.number, part.start, part.stop, records.first, records.end])


def _row(found: ArchiveRecord | Damage, part: Range, settings: Extract, reading: Reading) -> Row:
    if isinstance(found, Damage):
        return damaged(found.why, found.length)
    kind = classify(found)
    base: Row = {"id": found.record_id, "url": found.url, "length": found.length}
    if kind is not None:
        return {**base, "state": "skipped", "reason": kind}
    known = {**base, "date": found.date, "truncated": found.truncated}
    if found.kind == "conversion":
        return text_row(found.payload.decode("utf-8", "replace"), None, known)
    key = pack(part.file.number, found.offset)
    return page_row(key, found.payload, known, settings, reading, content_type=found.content_type)
