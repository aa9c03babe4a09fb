"""Reading files in blocks of fixed size, with digests that add up over splits."""

import hashlib
import io
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK = 1 << 20  # bytes; digests are sums over blocks, so that splits of a file can compute them


class Blocks(io.RawIOBase):
    """A file read in blocks from `start` on; each block before `stop` is hashed when read.

    Blocks are BLOCK bytes at multiples of BLOCK; the last two are kept, so that a reader may
    step back a little. `digest()` reads the blocks that the reader skipped.
    """

    def __init__(self, file: IO[bytes], start: int, stop: int) -> None:
        if start % BLOCK:
            raise ValueError(f"expected a start that is a multiple of {BLOCK}, got {start}")
        self._file, self._start, self._stop, self._at = file, start, stop, 0
        self._kept: dict[int, bytes] = {}
        self._hashes: dict[int, int] = {}

    def _block(self, number: int) -> bytes:
        block = self._kept.get(number)
        if block is None:
            self._file.seek(number * BLOCK)
            block = self._file.read(BLOCK)
            for old in list(self._kept)[:-1]:
                del self._kept[old]
            self._kept[number] = block
            if self._start <= number * BLOCK < max(1, self._stop) and number not in self._hashes:
                inside = block[: self._stop - number * BLOCK]
                hashed = hashlib.sha256(number.to_bytes(8, "big") if number else b"")
                hashed.update(inside)
                self._hashes[number] = int.from_bytes(hashed.digest(), "big")
        return block

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer).cast("B")
        number, offset = divmod(self._at, BLOCK)
        data = memoryview(self._block(number))[offset : offset + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, fewer only at the end of the file; all the rest if negative."""
        pieces = []
        while size:
            number, offset = divmod(self._at, BLOCK)
            data = self._block(number)[offset : offset + size if size > 0 else None]
            if not data:
                break
            self._at += len(data)
            size -= len(data)
            pieces.append(data)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            offset += self._file.seek(0, os.SEEK_END)
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def digest(self) -> int:
        """Return the sum modulo 2^256 of the hashes of the blocks of [start, stop).

        A block's hash is the sha256 of its number (8 bytes, big-endian; none for the first) and
        its bytes. Sums of ranges add up to the file's, however it is split, and a file of one
        block has the digest that `sha256sum` prints. It identifies content; it is no signature.
        """
        numbers = range(self._start // BLOCK, max(1, -(-self._stop // BLOCK)))
        for number in numbers:
            if number not in self._hashes:
                self._block(number)
        return sum(self._hashes.get(number, 0) for number in numbers) % (1 << 256)
