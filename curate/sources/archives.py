"""Read web archives (WARC, WET, ARC): records to documents and outcomes."""

import hashlib
import io as stdio
from collections.abc import Iterator
from typing import BinaryIO, cast

from curate.encoding.decode import decode
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.pages import page_row, text_row
from curate.sources.rows import Reading, Row, damaged
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.warc.kinds import classify
from curate.warc.media_types import is_page
from curate.warc.reader import ArchiveRecord, Damage, Records


def read_archive(
    blocks: Blocks, part: Range, _: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    known = part.begin is not None
    start = part.begin if part.begin is not None else part.start
    stop = part.stop or None  # an empty file is damage, not an empty range
    records = Records(cast(BinaryIO, blocks), start, stop, exact=known)
    for record in records:
        yield record.offset, _row(record, part, settings, reading)
    reading.split_boundaries.append(
        [part.file.number, part.start, part.stop, records.first, records.end]
    )


def read_places(part: Range, settings: Extract, reading: Reading) -> Iterator[tuple[int, Row]]:
    """Read records at known offsets of an archive; bytes that are no record are damage."""
    digest = 0
    for offset, length in part.only or ():
        data = io.read_range(part.file.url, offset, length, part.file.size, part.file.version)
        hashed = hashlib.sha256(offset.to_bytes(8, "big") + data)
        digest += int.from_bytes(hashed.digest(), "big")
        record = _record_of(data, part, offset)
        if isinstance(record, Damage):
            yield offset, damaged("truncated" if not data else record.why, len(data))
        else:
            yield offset, _row(record.moved(offset, record.length), part, settings, reading)
    first = part.only[0][0] if part.only else 0
    reading.digests.append([part.file.number, first, f"{digest % (1 << 256):064x}"])


def _record_of(data: bytes, part: Range, offset: int) -> ArchiveRecord | Damage:
    """Return the record at an offset of an archive, from its bytes."""
    if part.file.file_path.endswith(".zst"):  # may need the dictionary, at the file's beginning
        with io.open_read(part.file.url, part.file.size, part.file.version) as file:
            records = Records(cast(BinaryIO, file), offset, offset + 1, exact=True)
            return next(iter(records), Damage(offset, len(data), "garbage"))
    return next(iter(Records(stdio.BytesIO(data))))


def _row(record: ArchiveRecord | Damage, part: Range, settings: Extract, reading: Reading) -> Row:
    if isinstance(record, Damage):
        return damaged(record.why, record.length)
    kind = classify(record)
    listed = reading.listed.get(part.file.source)
    if kind is None and listed is not None and record.url not in listed:
        kind = "not_listed"
    base: Row = {"id": record.record_id, "url": record.url, "length": record.length}
    if kind is not None:
        return {**base, "state": "skipped", "reason": kind}
    known = {**base, "date": record.date, "truncated": record.truncated}
    plain = record.kind == "conversion"  # WET; a page if its content is one
    if plain and not is_page((record.headers.get("content-type"),), record.payload):
        return text_row(decode(record.payload, record.content_type, plain=True)[0], None, known)
    return page_row(
        part,
        record.offset,
        record.payload,
        known,
        settings=settings,
        reading=reading,
        content_type=record.content_type,
        http=record.http,
    )
