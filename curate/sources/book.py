"""Books: a file is a document, whole, EPUB or plain; Project Gutenberg's without the licence."""

import re
from collections.abc import Iterator
from typing import IO, cast

from curate.books.epub import LARGEST, EpubError, epub_text
from curate.books.gutenberg import without_licence
from curate.encoding.decode import decode
from curate.sources.files import Range
from curate.sources.rows import Row, curated, damaged
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked

_ENCODING = re.compile(rb"Character set encoding:\s*([\w-]+)", re.I)
_REASONS = {  # what is damage, and what is a book nobody can use
    "bad_epub": damaged("bad_epub"),
    "encrypted_epub": {"state": "dropped", "reason": "encrypted_epub"},
    "book_too_large": {"state": "dropped", "reason": "book_too_large"},
}


def read_book(blocks: Blocks, part: Range, *_: object) -> Iterator[tuple[int, Row]]:
    """A whole file as one document."""
    name = part.file.file_path
    try:
        if name.lower().endswith(".epub"):
            text = epub_text(cast(IO[bytes], blocks))
        else:
            text = plain_text(unpacked(blocks, name).read(LARGEST + 1))
    except EpubError as error:
        yield 0, {**_REASONS[str(error)], "length": part.file.size}
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield 0, damaged("bad_compression", part.file.size)
    else:
        yield 0, curated({"text": without_licence(text)}, {"text": "text"})


def plain_text(data: bytes) -> str:
    """Return the text of a plain book, in the encoding that its header names if that fits.

    Raises EpubError: book_too_large.
    """
    if len(data) > LARGEST:
        raise EpubError("book_too_large")
    named = _ENCODING.search(data, 0, 4096)
    label = f"text/plain; charset={named[1].decode('ascii')}" if named else None
    return decode(data, label)[0].replace("\r\n", "\n").replace("\r", "\n")
