"""Read plain text: one document per file."""

from collections.abc import Iterator

from curate.encoding.binary import binary_kind
from curate.encoding.decode import decode
from curate.recipe import Extract, Source
from curate.sources.files import Range
from curate.sources.rows import Row, bad_compression, document_row, not_text, too_large
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked


def read_text(
    blocks: Blocks, part: Range, _: Source, settings: Extract, *__: object
) -> Iterator[tuple[int, Row]]:
    """Read a whole file as one document; a picture or archive with a text's name is skipped."""
    most = settings.max_text_bytes
    try:
        data = unpacked(blocks, part.file.file_path).read(most + 1)
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield 0, bad_compression(error, part.file.size)
    else:
        if len(data) > most:
            yield 0, too_large(part.file.size)
            return
        if binary_kind(data):
            yield 0, not_text(part.file.size)
            return
        row = document_row({"text": decode(data, plain=True)[0]}, {"text": "text"})
        del data  # while the row is written, it alone is held
        yield 0, row
