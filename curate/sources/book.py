"""Read books, EPUB or plain text, whole or by chapters, without Project Gutenberg's licence."""

import re
from collections.abc import Iterator
from typing import IO, cast

from curate.books.chapters import chapters_of
from curate.books.epub import LARGEST, EpubError, epub_chapters, is_epub
from curate.books.gutenberg import without_licence
from curate.encoding.binary import binary_kind
from curate.encoding.decode import decode
from curate.recipe import Source
from curate.sources.files import Range
from curate.sources.rows import Row, bad_compression, damaged, document_row, not_text
from curate.store.file_blocks import Blocks
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked

_MAGIC = 4  # bytes that identify an e-book with any name
_ENCODING = re.compile(rb"Character set encoding:\s*([\w-]+)", re.I)
_REASONS = {  # damaged files, and books that cannot be used
    "bad_epub": damaged("bad_epub"),
    "encrypted_epub": {"state": "dropped", "reason": "encrypted_epub"},
    "book_too_large": {"state": "dropped", "reason": "book_too_large"},
}


def read_book(blocks: Blocks, part: Range, source: Source, *_: object) -> Iterator[tuple[int, Row]]:
    """Read a whole file as one document, or as its chapters, numbered from 0.

    Its first bytes decide the format, not its name.
    """
    name = part.file.file_path
    try:
        start = blocks.read(_MAGIC)
        blocks.seek(0)
        if is_epub(start) or name.lower().endswith(".epub"):
            files = epub_chapters(cast(IO[bytes], blocks))
            text = "\n\n".join(files)
        else:
            data = unpacked(blocks, name).read(LARGEST + 1)
            if binary_kind(data):
                yield 0, not_text(part.file.size)
                return
            files, text = [], plain_text(data)
    except EpubError as error:
        yield 0, {**_REASONS[str(error)], "length": part.file.size}
    except UNPACKING_ERRORS as error:
        if is_io_error(error):
            raise
        yield 0, bad_compression(error, part.file.size)
    else:
        book = without_licence(text)
        chapters = chapters_of(book, files) if source.split == "chapters" else []
        for n, chapter in enumerate(chapters or [book]):
            yield n, document_row({"text": chapter}, {"text": "text"})


def plain_text(data: bytes) -> str:
    """Return the text of a plain book, in the encoding that its header names if that fits.

    Raises EpubError: book_too_large.
    """
    if len(data) > LARGEST:
        raise EpubError("book_too_large")
    named = _ENCODING.search(data, 0, 4096)
    label = f"text/plain; charset={named[1].decode('ascii')}" if named else None
    return decode(data, label, plain=True)[0].replace("\r\n", "\n").replace("\r", "\n")
