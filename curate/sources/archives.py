"""Web archives (WARC, WET): records to pages, texts, and what is neither."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from curate import io
from curate.extract.html import extract
from curate.extract.kinds import classify
from curate.extract.warc import ArchiveRecord, Damage, Records
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.rows import Reading, Row, damaged, id_of, not_sampled


def read_archive(
    blocks: io.Blocks, part: Range, _: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    known = part.begin is not None
    start = part.begin if part.begin is not None else part.start
    stop = part.stop or None  # a file of no bytes is damage, not a range with nothing in it
    records = Records(cast(BinaryIO, blocks), start, stop, exact=known)
    for found in records:
        if isinstance(found, Damage):
            yield found.offset, damaged(found.why, found.length)
        else:
            yield found.offset, _page(found, part, settings, reading)
    reading.joints.append([part.file.number, part.start, part.stop, records.first, records.end])


def _page(found: ArchiveRecord, part: Range, settings: Extract, reading: Reading) -> Row:
    kind = classify(found)
    base: Row = {"id": found.record_id, "url": found.url, "length": found.length}
    if kind is not None:
        return {**base, "state": "skipped", "reason": kind}
    id_ = id_of(base, part.file, found.offset)
    if not reading.draws(id_):  # before what costs anything
        return not_sampled({**base, "id": id_})
    if found.kind == "conversion":
        text, reason = found.payload.decode("utf-8", "replace"), None
    else:
        page = extract(
            found.payload,
            url=found.url,
            content_type=found.content_type,
            extractor=settings.extractor,
            precision=settings.precision,
            max_bytes=settings.max_page_bytes,
        )
        text, reason = page.text, page.reason
    if reason is None and not text.strip():
        reason = "no_text"
    if reason is not None:
        return {**base, "state": "dropped", "reason": reason}
    return {**base, "date": found.date, "truncated": found.truncated, "text": text}
