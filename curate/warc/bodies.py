"""Decode HTTP bodies: chunked transfer coding and content codings (gzip, deflate, br, zstd).

Input: the bytes after the HTTP header, and that header's fields. Output: the body, and the coding
that could not be decoded. Nothing raises. The bytes decide, not the header: crawlers keep a
coding's name after decoding it, servers omit a name, repeat it or give one that is none
(ISO-8859-1). Codings that are present are decoded, and a body without the declared coding is kept
as it is. `docs/stages/extract.md` has the table of these decisions.
"""

import contextlib
import importlib
import re
import zlib
from collections.abc import Mapping
from typing import Any

from curate.encoding.binary import binary_kind
from curate.warc.media_types import may_be_page

_CHUNK = re.compile(rb"(?:\r?\n){0,2}[ \t]*(?:0[xX])?([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_SIZE_LINE = re.compile(rb"[0-9a-fA-F]{1,8}\r?\n")
_CUT_FRAME = re.compile(rb"[\r\n]*[0-9a-fA-F]{0,8}[ \t]*[\r\n]*\Z")
_NEXT_CHUNK = re.compile(rb"\r\n([0-9a-fA-F]{1,6})[ \t]*(?:;[^\r\n]*)?\r\n")
_LAST_CHUNK = re.compile(rb"\r\n0{1,8}[ \t]*\r\n(?:\r\n)?\Z")
_PLAIN = frozenset({"", "identity", "none", "utf-8", "binary", "8bit", "7bit"})
_MAGIC = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"x\x01": "deflate",
          b"x\x9c": "deflate", b"x\xda": "deflate"}  # fmt: skip
_PIECE = 4096  # bytes of damaged data decompressed at once
MOST_TRAILERS = 4096  # bytes after the last chunk
MOST_CODINGS = 4  # of one kind, nested; two have been seen


def decoded_body(
    body: bytes, fields: Mapping[str, str], limit: int
) -> tuple[bytes, str | None, bool]:
    r"""Return (body, coding left on it or None, whether it was cut at `limit` bytes).

    `fields` has lower-case names. A coding whose module is not installed (br, zstd) is left on
    the body and returned, unless the body is plain text; a declared coding that is absent is no
    error; of truncated data the part before the end is kept.

    >>> decoded_body(b"3\r\nabc\r\n0\r\n\r\n", {"transfer-encoding": "chunked"}, 100)
    (b'abc', None, False)
    """
    cut = False
    transfer = _codings(fields.get("transfer-encoding", ""))
    body = _without_chunks(body, declared="chunked" in transfer)
    codings = _codings(fields.get("content-encoding", ""))
    codings += [coding for coding in transfer if coding != "chunked"]
    left = None
    for coding in reversed(codings):
        if coding in _PLAIN:
            continue
        undo = _UNDO.get(coding)
        plain = undo(body, limit) if undo else None
        if plain is None:
            left = coding
            break
        body, over = plain
        cut = cut or over
    if may_be_page(fields.get("content-type")):
        body, over = _without_undeclared(body, limit)
        cut = cut or over
    return body, None if left is None or _is_plain(body) else left, cut


def _codings(value: str) -> list[str]:
    """Return the codings of a field, in lower case, without parameters (`gzip;q=1`)."""
    return [name.partition(";")[0].strip(" \t\"'").lower() for name in value.split(",") if value]


def _is_plain(body: bytes) -> bool:
    """Return whether a body with a declared coding that cannot be decoded is plain text."""
    return bool(body) and binary_kind(body) is None


def _without_undeclared(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Decode codings that no header names; no page begins with their magic bytes."""
    cut = False
    for _ in range(MOST_CODINGS):
        start = body[:8].lstrip(b"\r\n")  # as of chunks, an empty line may precede it
        coding = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
        plain = _UNDO[coding](body.lstrip(b"\r\n"), limit) if coding is not None else None
        before = body
        if plain is not None and plain[0] != body.lstrip(b"\r\n"):
            body, over = plain
            cut = cut or over
        body = _without_chunks(body, declared=False)
        if body == before:
            break
    return body, cut


def _without_chunks(body: bytes, *, declared: bool) -> bytes:
    """Decode chunked transfer coding, also where it was applied twice.

    Undeclared chunk frames must lead from the body's first byte to its last chunk.
    """
    for _ in range(MOST_CODINGS):
        if not declared and not _is_chunked(body):
            break
        plain = _unchunked(body, declared=declared)
        if plain is None or plain == body:
            break
        body, declared = plain, False
    return body


def _is_chunked(body: bytes) -> bool:
    """Return whether chunk frames lead through the whole body to a last one of size 0.

    The last one may be missing after several others, and the line break after each.
    """
    at = chunks = 0
    while size := _CHUNK.match(body, at):
        at = size.end() + int(size[1], 16)
        if at == size.end():
            return chunks > 0 and len(body) - at <= MOST_TRAILERS
        if at == len(body):  # the size is that of the rest
            return len(size[1]) > 1
        if body[at : at + 1] not in (b"\r", b"\n") and _SIZE_LINE.match(body, at) is None:
            return False
        chunks += 1
    return chunks > 1 and body[at:] in (b"\r\n", b"\n")


def _unchunked(body: bytes, *, declared: bool) -> bytes | None:
    """Return the body without its chunk frames; None if it has none.

    Where a frame is invalid, the bytes up to the next valid one are kept as they are; an invalid
    first one counts only if chunks are declared and the last one is there. A frame that is cut off
    at the end is removed.
    """
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK.match(body, at):
        start, end = size.end(), size.end() + int(size[1], 16)
        if start == end:
            return b"".join(parts)
        after = body[end : end + 2]
        if body[end - 1 : end] != b"\n" and _SIZE_LINE.match(body, end):
            parts.append(body[start:end])
            at = end
            continue
        if not after or after[:1] in (b"\r", b"\n"):
            parts.append(body[start:end])
            at = min(end + (2 if after == b"\r\n" else len(after[:1])), len(body))
            continue
        if not parts and not (declared and _LAST_CHUNK.search(body, max(start, len(body) - 64))):
            return None
        following = _next_frame(body, start)
        at = following.start() if following is not None else len(body)
        parts.append(body[start:at])
    rest = b"" if parts and _CUT_FRAME.match(body, at) else body[at:]
    return b"".join(parts) + rest


def _next_frame(body: bytes, at: int) -> re.Match[bytes] | None:
    """Return the next frame with a correct chunk size, after one with a wrong size."""
    for frame in _NEXT_CHUNK.finditer(body, at):
        end = frame.end() + int(frame[1], 16)
        if end == frame.end() or body[end : end + 2] == b"\r\n":
            return frame
    return None


def _inflated(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Decompress gzip (of any number of members), zlib or raw deflate, whichever it is."""
    plain = b""
    for wbits in (47, -15):  # 47: gzip or zlib by its header; some servers send raw deflate
        if wbits == -15 and body[:1] in (b"<", b"\x1f"):
            break  # plain HTML, or gzip broken from the start: raw deflate would be a guess
        rest = body
        try:
            while rest and len(plain) <= limit:
                stream = zlib.decompressobj(wbits)
                plain += stream.decompress(rest, limit + 1 - len(plain))
                rest = stream.unused_data if stream.unused_data[:2] == b"\x1f\x8b" else b""
        except zlib.error:
            if rest.startswith(b"\x1f\x8b"):
                plain += _before_damage(rest, limit + 1 - len(plain))
        if plain:
            return plain[:limit], len(plain) > limit
    return body, False


def _before_damage(body: bytes, limit: int) -> bytes:
    """Return what a gzip member holds before its damage; all of it if its checksum is wrong."""
    stream, plain = zlib.decompressobj(31), b""
    pieces = [body[at : at + _PIECE] for at in range(0, len(body), _PIECE)]
    for piece in pieces:
        before = stream.copy()
        try:
            plain += stream.decompress(piece)
        except zlib.error:
            with contextlib.suppress(zlib.error):
                for at in range(len(piece)):
                    plain += before.decompress(piece[at : at + 1])
            break
        if stream.eof or len(plain) >= limit:
            break
    return plain[:limit]


def _from_module(
    names: tuple[str, ...], maker: str, method: str
) -> Any:  # pragma: no cover - thin glue, tested where a module is installed
    for name in names:
        try:
            return getattr(getattr(importlib.import_module(name), maker)(), method)
        except (ImportError, AttributeError):
            continue
    return None


def _unbrotlied(body: bytes, limit: int) -> tuple[bytes, bool] | None:
    process = _from_module(("brotli", "brotlicffi"), "Decompressor", "process")
    if process is None:
        return None
    try:
        plain: bytes = process(body, output_buffer_limit=limit + 1)
    except TypeError:
        return None  # brotli before 1.2 has no limit on its output
    except Exception:
        return body, False
    return (plain[:limit], len(plain) > limit) if plain else (body, False)


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool] | None:
    decompress = _from_module(
        ("compression.zstd", "backports.zstd"), "ZstdDecompressor", "decompress"
    )
    if decompress is None:
        return None
    try:
        plain: bytes = decompress(body, limit + 1)
    except Exception:
        return body, False
    return (plain[:limit], len(plain) > limit) if plain else (body, False)


_UNDO = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
