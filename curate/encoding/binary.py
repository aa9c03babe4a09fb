"""Binary detection by content: pictures, fonts, archives, compressed and random data.

Input: the beginning of a file or body. Output: its kind, or None for possible text. Labels are
ignored. Compressed or random data contain control characters (a tenth of all bytes), which text
in any encoding does not.
"""

import re

from curate.encoding.wide import wide_encoding

LOOKED_AT = 4096  # bytes
_HTML = re.compile(rb"[\s\x00\xef\xbb\xbf]*<(?:!doctype[ \t\r\n]+html|html\b|head\b|body\b)", re.I)
_CONTROLS = bytes((*range(9), 11, *range(16, 27), *range(28, 32), 127))  # ESC, SO, SI shift sets
_MAX_CONTROLS = 0.04  # of all bytes; random data has .09
# Magic bytes -> kind.
_MAGIC: dict[bytes, str] = {
    b"\x89PNG\r\n": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF87a": "picture",
    b"GIF89a": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"8BPS\0": "picture",
    b"\0\0\1\0": "picture",
    b"\0\0\2\0": "picture",
    b"\0\0\0\x0cjP": "picture",
    b"%PDF-": "document",
    b"%!PS": "document",
    b"{\\rtf": "document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "document",
    b"PK\x03\x04": "archive",
    b"PK\x05\x06": "archive",
    b"Rar!\x1a\x07": "archive",
    b"7z\xbc\xaf\x27\x1c": "archive",
    b"\x1f\x8b\x08": "archive",
    b"BZh91AY&SY": "archive",
    b"\xfd7zXZ\0": "archive",
    b"\x28\xb5\x2f\xfd": "archive",
    b"\x04\x22\x4d\x18": "archive",
    b"wOFF": "font",
    b"wOF2": "font",
    b"OTTO\0": "font",
    b"\0\1\0\0\0": "font",
    b"OggS\0": "media",
    b"fLaC\0": "media",
    b"ID3\2": "media",
    b"ID3\3": "media",
    b"ID3\4": "media",
    b"\xff\xfb": "media",
    b"\xff\xf3": "media",
    b"\x1a\x45\xdf\xa3": "media",
    b"FLV\1": "media",
    b"\0\0\1\xba": "media",
    b"\0\0\1\xb3": "media",
    b"\x7fELF": "program",
    b"\0asm": "program",
    b"\xca\xfe\xba\xbe": "program",
    b"SQLite format 3\0": "data",
    b"PAR1": "data",
    b"bplist0": "data",
}
_STARTS = tuple(_MAGIC)
# Binary data as text: Base64 of magic bytes, uuencode.
_ENCODED = re.compile(
    rb"(?:data:[\w/+.;=-]{1,80},)?(?:iVBORw0KGgo|/9j/4|R0lGOD|UklGR|JVBERi0|UEsDB|H4sI)"
    rb"[A-Za-z0-9+/=\r\n]{200}|begin [0-7]{3} [^\r\n]{1,200}\r?\nM[ -`]{60}\r?\nM"
)


def binary_kind(data: bytes) -> str | None:
    r"""Return the kind of binary data (picture, font, archive, …); None for possible text.

    >>> binary_kind(b"\x89PNG\r\n\x1a\n"), binary_kind("größer".encode("latin-1"))
    ('picture', None)
    """
    head = bytes(data[:LOOKED_AT])
    start = head[:32].lstrip(b" \t\r\n") or head
    for beginning in (head, start):
        if beginning.startswith(_STARTS):
            return next(kind for magic, kind in _MAGIC.items() if beginning.startswith(magic))
    if head.startswith(b"RIFF") and head[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        return "media"
    if head[4:8] == b"ftyp" and head[:2] == b"\0\0":
        return "media"
    if head[257:262] == b"ustar":
        return "archive"
    if head.startswith((b"MZ", b"BM", b"FWS", b"CWS")) and b"\0" in head[:64]:
        return "program"
    return "data" if _ENCODED.match(head) is not None or _is_noise(head) else None


def _is_noise(head: bytes) -> bool:
    """Return whether data have more control characters than text in any encoding."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls <= max(2, _MAX_CONTROLS * len(head)):
        return False
    return _HTML.match(head) is None and wide_encoding(head) is None
