"""Files of a ZIP archive whose directory is missing or damaged, found by their own headers.

Input: an archive. Output: an archive of the files that can be read, in memory, bounded in size.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

_HEADER = struct.Struct("<4s5H3I2H")  # of a file: APPNOTE.TXT 6.3.10, section 4.3.7
_MARK = b"PK\x03\x04"
_NEXT = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06)")
_UTF8 = 1 << 11  # the flag of names in UTF-8
_LOCKED = 1
_PIECE = 1 << 16


def salvaged(file: IO[bytes], most: int) -> IO[bytes] | None:
    """Return an archive of the files that can be read; None if there are none.

    It has at most `most` bytes of content, from as many bytes of the archive.
    """
    file.seek(0)
    data = file.read(most)
    sink, files = io.BytesIO(), 0
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in _files(data, most):
            archive.writestr(name, content)
            files += 1
    sink.seek(0)
    return sink if files else None


def _files(data: bytes, most: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of each file that is whole, each name once.

    All that is unpacked counts towards `most` bytes, also what is of no use.
    """
    seen: set[str] = set()
    at = data.find(_MARK)
    while 0 <= at <= len(data) - _HEADER.size and most > 0:
        _, _, flags, method, _, _, checksum, size, _, named, extra = _HEADER.unpack_from(data, at)
        start = at + _HEADER.size + named + extra
        raw = data[at + _HEADER.size : at + _HEADER.size + named]
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        content = None
        if not flags & _LOCKED and name and not name.endswith("/") and name not in seen:
            content, unpacked = _content(data, start, size, method, most)
            most -= unpacked + _HEADER.size
        if content is not None and checksum in (0, zlib.crc32(content)):
            seen.add(name)
            yield name, content
        at = data.find(_MARK, at + len(_MARK))


def _content(
    data: bytes, start: int, size: int, method: int, most: int
) -> tuple[bytes | None, int]:
    """Return (what a file holds, bytes unpacked); None if it is cut off, or longer than `most`."""
    if method == zipfile.ZIP_STORED:
        if not size:  # its length stands behind it
            after = _NEXT.search(data, start)
            size = (after.start() if after is not None else len(data)) - start
        content = data[start : start + min(size, most)]
        return content if len(content) == size else None, len(content)
    if method != zipfile.ZIP_DEFLATED:
        return None, 0
    stream, pieces, left = zlib.decompressobj(-15), [], most
    try:
        for at in range(start, len(data), _PIECE):
            pieces.append(stream.decompress(data[at : at + _PIECE], left + 1))
            left -= len(pieces[-1])
            if stream.eof or left < 0:
                break
    except zlib.error:
        return None, most - left
    return b"".join(pieces) if stream.eof and left >= 0 else None, most - left
