"""Decode a page or plain text: encoding sniffing by BOM, labels, UTF-8 validity and detection.

Input: a body and the Content-Type it came with. Output: text, always. The rules, in order:

    bom       the body begins with a byte order mark
    ascii     all bytes are ASCII, which every encoding of the web reads alike
    http      charset of the Content-Type header
    meta      <meta charset>, <meta http-equiv> or <?xml encoding?> near the start
    utf8      it is valid UTF-8; also against a label, if it has enough non-ASCII bytes
    detected  the likeliest encoding by letter frequencies (`curate.encoding.detect`)
    mixed     of plain text: most lines are UTF-8, others in one older encoding

A label whose encoding clearly does not fit is skipped. Labels are interpreted as browsers do:
"iso-8859-1" is windows-1252, "gb2312" is gb18030. Damage stays local: a broken sequence of UTF-8
becomes one U+FFFD, and the rest is decoded (`curate.encoding.utf8`).

Source: WHATWG Encoding Standard, section 4 (labels), and HTML, 13.2.3 (order). Differs: valid
UTF-8 outweighs another label; the first 4,096 bytes are searched for a label, not 1,024; Python's
codecs are used in place of those of the standard.
"""

import re

from curate._lazy import listing
from curate.encoding.detect import (
    contradicts_label,
    detect_encoding,
    is_damaged_utf8,
    likely_text,
)
from curate.encoding.labels import codec, is_single_byte, to_text
from curate.encoding.utf8 import MOJIBAKE, Utf8, count_mojibake, read_utf8
from curate.encoding.wide import wide_encoding

__all__ = ["decode"]
__dir__ = listing(__name__, __all__)

MIN_UTF8 = 6  # non-ASCII bytes; fewer may be valid UTF-8 by chance in a text of another encoding
# Of a text of mixed encodings: lines, and bytes outside ASCII in them, that are not UTF-8.
MIN_LINES, MIN_BYTES = 2, 4
MIN_FOREIGN = 3  # broken sequences of UTF-8, before a UTF-8 format is read as another encoding
_PRESCAN = 4096
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,>]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(
    rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)"
    rb"|<\?xml\b[^>]*?\bencoding\s*=\s*[\"']\s*([^\s\"'>]+)",
    re.IGNORECASE,
)


def decode(
    body: bytes, content_type: str | None = None, *, plain: bool = False
) -> tuple[str, str, str]:
    """Return (text, encoding, rule): see the head of this file for the rules.

    Never raises: what no rule can decode becomes U+FFFD. `encoding` is the name of Python's
    codec. A byte order mark is not part of the text.

    Args:
        plain: it is plain text, without <meta>, whose lines may be of several encodings.

    >>> decode("größer".encode("latin-1"), "text/html; charset=ISO-8859-1")
    ('größer', 'cp1252', 'http')
    >>> decode("größer, weißer, süßer".encode(), "text/html; charset=ISO-8859-1")[1:]
    ('utf-8', 'utf8')
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            if encoding != "utf-8":
                return rest.decode(encoding, "replace"), encoding, "bom"
            utf8 = read_utf8(rest)
            if utf8.broken and not utf8.is_likely("utf-8"):  # the mark alone is UTF-8
                return decode(rest, content_type, plain=plain)
            return utf8.text.lstrip("\ufeff"), encoding, "bom"
    shifted = b"\x1b$" in body  # ISO-2022 escapes to Japanese or Korean override the labels
    if body.isascii() and not shifted and b"~{" not in body and b"\0" not in body:
        return body.decode("ascii"), "ascii", "ascii"
    wide = wide_encoding(body)
    if wide is not None:
        return body.decode(wide, "replace"), wide, "detected"
    labels = [("http", _from_http(content_type)), ("meta", None if plain else _from_meta(body))]
    return _by_labels(body, [(rule, name) for rule, name in labels if name], shifted, plain)


def decode_as_a_rule_utf8(data: bytes) -> tuple[str, str]:
    """Return (text, encoding) of a format that is usually UTF-8, such as JSON and CSV.

    Another encoding is chosen only if several bytes are evidence for it and no sequence for UTF-8.
    """
    utf8 = read_utf8(data)
    if b"\0" not in data and (utf8.continuations or utf8.broken < MIN_FOREIGN):
        return utf8.text, "utf-8"
    text, encoding, rule = decode(data, plain=True)
    return text, "utf-8" if encoding == "ascii" or rule == "mixed" else encoding


def _by_labels(
    body: bytes, labels: list[tuple[str, str]], shifted: bool, plain: bool
) -> tuple[str, str, str]:
    first = labels[0][1] if labels else None
    utf8 = None if shifted else read_utf8(body)
    if utf8 is not None and _utf8_outweighs(body, utf8, first):
        if plain and utf8.broken and (mixed := _mixed_lines(body)) is not None:
            return mixed
        return utf8.text, "utf-8", labels[0][0] if labels and first == "utf-8" else "utf8"
    for rule, name in labels:
        text = _decode_if_fits(body, name) if not shifted or name.startswith("iso2022") else None
        if text is not None:
            return text, name, rule
    if utf8 is not None and (not utf8.broken or utf8.is_likely()):
        return utf8.text, "utf-8", "utf8"
    if plain and utf8 is not None and (mixed := _mixed_lines(body)) is not None:
        return mixed
    encoding = detect_encoding(body, utf8=utf8 is not None and utf8.continuations > 0) or "cp1252"
    text = utf8.text if encoding == "utf-8" and utf8 is not None else to_text(body, encoding)
    return text, encoding, "detected"


def _utf8_outweighs(body: bytes, utf8: Utf8, label: str | None) -> bool:
    """Return whether valid UTF-8 outweighs the label: not with a few bytes of multi-byte encodings.

    Valid UTF-8 is hardly ever text in a single-byte encoding.
    """
    if utf8.broken:
        wide = label not in (None, "utf-8") and not is_single_byte(label or "")
        if wide and "\ufffd" not in to_text(body, label or ""):
            return False
        if label in (None, "utf-8") or wide:
            return utf8.is_likely(label)
        mojibake = count_mojibake(body) if label == "cp1252" else 0
        likely = utf8.is_likely(label, single_bytes=True, mojibake=mojibake)
        if likely or not utf8.continuations:
            return likely
        return is_damaged_utf8(body, label or "", mojibake * MOJIBAKE)
    if label in (None, "utf-8") or is_single_byte(label or ""):
        return True
    return _non_ascii(body) >= MIN_UTF8


def _mixed_lines(body: bytes) -> tuple[str, str, str] | None:
    """Decode plain text in which some lines are UTF-8 and others in one older encoding.

    Lines with both broken and valid sequences are UTF-8; the others must be several, and as
    likely as text is. None: it is not such a text.
    """
    lines = body.split(b"\n")
    read = [None if line.isascii() else read_utf8(line) for line in lines]
    legacy_lines = [
        number
        for number, utf8 in enumerate(read)
        if utf8 is not None and utf8.broken and not utf8.is_likely("utf-8")
    ]
    others = sum(utf8 is not None and not utf8.broken for utf8 in read)
    legacy_bytes = b"\n".join(lines[number] for number in legacy_lines)
    foreign = _non_ascii(legacy_bytes)
    if not others or len(legacy_lines) < MIN_LINES or foreign < MIN_BYTES:
        return None
    encoding = detect_encoding(legacy_bytes)
    if encoding is None or not likely_text(legacy_bytes, encoding):
        return None
    chosen = frozenset(legacy_lines)
    text = "\n".join(
        to_text(line, encoding) if number in chosen else line.decode("ascii") if utf8 is None
        else utf8.text
        for number, (line, utf8) in enumerate(zip(lines, read, strict=True))
    )  # fmt: skip
    return text, encoding, "mixed"


def _non_ascii(body: bytes) -> int:
    return len(body) - len(body.decode("ascii", "ignore"))


def _from_http(content_type: str | None) -> str | None:
    match = _CHARSET.search(content_type) if content_type else None
    return codec(match[1]) if match else None


def _from_meta(body: bytes) -> str | None:
    match = _META.search(_COMMENT.sub(b"", body[:_PRESCAN]))
    name = codec((match[1] or match[2]).decode("ascii", "ignore")) if match else None
    # The label itself was readable as ASCII, so the encoding cannot be UTF-16 or UTF-32.
    return "utf-8" if name and name.startswith(("utf-16", "utf-32")) else name


def _decode_if_fits(body: bytes, encoding: str) -> str | None:
    """Return the text, or None if this encoding is clearly not the body's."""
    if encoding == "utf-8":
        return None  # already compared with the bytes
    text = to_text(body, encoding)
    bad = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if bad * 3 > foreign or contradicts_label(body, encoding):
        return None
    return text
