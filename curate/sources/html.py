"""Read HTML files: one page per file, without a URL."""

from collections.abc import Iterator

from curate.encoding.binary import binary_kind
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.pages import page_row
from curate.sources.rows import Reading, Row, bad_compression, not_text
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked


def read_html(
    blocks: Blocks, part: Range, _: Source, settings: Extract, reading: Reading
) -> Iterator[tuple[int, Row]]:
    """Read a whole file as one page; reading stops when it is too large."""
    try:
        with unpacked(blocks, part.file.file_path) as file:
            body = file.read(settings.max_page_bytes + 1)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield 0, bad_compression(error, part.file.size)
    else:
        if len(body) <= settings.max_page_bytes and binary_kind(body):
            yield 0, not_text(part.file.size)
            return
        base: Row = {"length": part.file.size}
        yield 0, page_row(part, 0, body, base, settings=settings, reading=reading)
