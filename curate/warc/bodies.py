"""HTTP bodies as the server meant them: chunked transfer and content codings undone.

Enters: the bytes after the HTTP header, and that header's fields. Leaves: the body, and
what could not be undone. Nothing raises: crawlers keep a coding's name after removing the
coding itself, so a body that is not what its header says is taken as it stands.
"""

import contextlib
import importlib
import re
import zlib
from collections.abc import Mapping
from typing import Any

_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_PLAIN = frozenset({"", "identity", "none", "utf-8", "binary", "8bit"})


def decoded_body(
    body: bytes, fields: Mapping[str, str], limit: int
) -> tuple[bytes, str | None, bool]:
    r"""Return (body, coding left on it or None, whether it was cut at `limit` bytes).

    `fields` has lower-case names. A coding whose module is not installed (br, zstd) stays on
    and is named; one that was already gone is no error; of one that breaks off, what came
    before is kept.

    >>> decoded_body(b"3\r\nabc\r\n0\r\n\r\n", {"transfer-encoding": "chunked"}, 100)
    (b'abc', None, False)
    """
    cut = False
    transfer = _codings(fields.get("transfer-encoding", ""))
    if "chunked" in transfer:
        body = _unchunked(body)
    codings = _codings(fields.get("content-encoding", ""))
    codings += [coding for coding in transfer if coding != "chunked"]
    for coding in reversed(codings):
        if coding in _PLAIN:
            continue
        undo = _UNDO.get(coding)
        plain = undo(body, limit) if undo else None
        if plain is None:
            return body, coding, cut
        body, over = plain
        cut = cut or over
    return body, None, cut


def _codings(value: str) -> list[str]:
    return [coding.strip().lower() for coding in value.split(",")] if value else []


def _unchunked(body: bytes) -> bytes:
    """Return the body without its chunk frames; as it is if it has none.

    Where the frames break off or make no sense, the bytes from there on are kept as they are.
    """
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK.match(body, at):
        start, end = size.end(), size.end() + int(size[1], 16)
        if start == end:
            return b"".join(parts)
        after = body[end : end + 2]
        if after and after[:1] not in (b"\r", b"\n"):
            break
        parts.append(body[start:end])
        at = end + (2 if after == b"\r\n" else 1)
    return b"".join(parts) + body[at:]


def _inflated(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Return gzip (of any number of members), zlib or bare deflate undone, as it turns out."""
    plain = b""
    for wbits in (47, -15):  # 47: gzip or zlib by its header; some servers send bare deflate
        if wbits == -15 and body[:1] in (b"<", b"\x1f"):
            break  # plain HTML, or gzip broken from the start: bare deflate would be a guess
        rest = body
        with contextlib.suppress(zlib.error):
            while rest and len(plain) <= limit:
                stream = zlib.decompressobj(wbits)
                plain += stream.decompress(rest, limit + 1 - len(plain))
                rest = stream.unused_data if stream.unused_data[:2] == b"\x1f\x8b" else b""
        if plain:
            return plain[:limit], len(plain) > limit
    return body, False


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
        return None  # a brotli without a bound on its output (before 1.2) is no defence
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
