"""Parse a dump of Reddit's submissions: decompressed bytes to the fields needed of each line."""

from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from curate.extras import install

try:
    import msgspec
except ImportError as error:
    raise ImportError(f"curate.links needs msgspec: {install('links')}") from error

CHUNK = 1 << 20  # bytes of one read
LONGEST = 64 << 20  # bytes of a line; longer ones are damage and are not held in memory


class Submission(msgspec.Struct, gc=False):
    """Fields of a submission as in dumps; old dumps lack some, or have other types."""

    url: Any = None
    url_overridden_by_dest: Any = None  # since 2020: the target, whatever `url` is
    body: Any = None  # of comments, which are no submissions
    score: Any = None
    created_utc: Any = None
    is_self: Any = None
    over_18: Any = None
    domain: Any = None


_DECODER = msgspec.json.Decoder(Submission)  # skips the other fields: 8 times as fast
_ERRORS = (msgspec.MsgspecError, ValueError, RecursionError)


def submissions(file: IO[bytes], counts: Counter[str]) -> Iterator[Submission]:
    """Yield the submission of each line; other lines are counted as `bad_json`.

    Counts `lines`, blank ones too. Holds about a megabyte, or one line, in memory.
    """
    for chunk in whole_lines(file, counts):
        counts["lines"] += chunk.count(b"\n")
        try:
            batch = _DECODER.decode_lines(chunk)
        except _ERRORS:
            batch = _one_by_one(chunk, counts)
        yield from batch


def _one_by_one(chunk: bytes, counts: Counter[str]) -> list[Submission]:
    decoded = []
    for line in chunk.split(b"\n"):
        if not line.strip():
            continue
        try:
            decoded.append(_DECODER.decode(line))
        except _ERRORS:
            counts["bad_json"] += 1
    return decoded


def whole_lines(file: IO[bytes], counts: Counter[str]) -> Iterator[bytes]:
    """Yield pieces of a file of about CHUNK bytes that end with a line break, added to the last.

    A line of more than LONGEST bytes is left out, and counted as a line and as `bad_json`.
    """
    rest: list[bytes] = []
    pending, too_long = 0, False
    while data := file.read(CHUNK):
        end = data.rfind(b"\n") + 1
        if not end:
            pending += len(data)
            too_long |= pending > LONGEST
            rest = [] if too_long else [*rest, data]
            continue
        if too_long:
            counts.update(lines=1, bad_json=1)
            start = data.index(b"\n") + 1
            data, end, too_long = data[start:], end - start, False
        if end:
            yield b"".join([*rest, data[:end]])
        rest, pending = [data[end:]], len(data) - end
    if too_long:
        counts.update(lines=1, bad_json=1)
    elif last := b"".join(rest):
        yield last + b"\n"
