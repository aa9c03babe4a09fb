"""Plain text: a file is a document."""

from collections.abc import Iterator

from curate.blocks import Blocks
from curate.extract.encoding import decode
from curate.sources.files import Range
from curate.sources.rows import Row, curated, damaged
from curate.unpack import UNPACKING_ERRORS, of_the_machine, unpacked


def read_text(blocks: Blocks, part: Range, *_: object) -> Iterator[tuple[int, Row]]:
    """A whole file as one document."""
    try:
        text, _encoding, _rule = decode(unpacked(blocks, part.file.file_path).read(), None)
    except UNPACKING_ERRORS as error:
        if of_the_machine(error):
            raise
        yield 0, damaged("bad_compression", part.file.size)
    else:
        yield 0, curated({"text": text}, {"text": "text"})
