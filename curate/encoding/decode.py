"""Bytes of a page to text: which encoding, and which rule said so.

Enters: a body and the Content-Type it came with. Leaves: text, always. The rules, in order:

    bom    the body begins with a byte order mark
    ascii  every encoding a page could name reads it alike
    http   charset of the Content-Type header
    meta   <meta charset>, <meta http-equiv> or <?xml encoding?> near the start
    utf8   it is valid UTF-8; also where a label says otherwise, if it has enough of it
    guess  the encoding in which the bytes are the likeliest text (`curate.encoding.detect`)

A label whose encoding plainly does not fit falls to the next rule. Labels mean what browsers
take them to mean: "iso-8859-1" is windows-1252, "gb2312" is gb18030.

Source: WHATWG Encoding Standard, section 4 (labels), and HTML, 13.2.3 (order). Differs: valid
UTF-8 outweighs another label; the first 4,096 bytes are searched for a label, not 1,024; Python's
codecs stand for those of the standard.
"""

import re

from curate.encoding.detect import guess, unlikely
from curate.encoding.labels import codec, is_single_byte, to_text

MIN_UTF8 = 6  # non-ASCII bytes; fewer may be valid UTF-8 by chance in a text of another encoding
_PRESCAN = 4096
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,>]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(
    rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)"
    rb"|<\?xml\b[^>]*?\bencoding\s*=\s*[\"']\s*([^\s\"'>]+)",
    re.IGNORECASE,
)


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str, str]:
    """Return (text, encoding, rule): see the head of this file for the rules.

    Never raises and never gives up: what no rule can read becomes U+FFFD. `encoding` is the
    name of Python's codec. A byte order mark is not part of the text.

    >>> decode("größer".encode("latin-1"), "text/html; charset=ISO-8859-1")
    ('größer', 'cp1252', 'http')
    >>> decode("größer, weißer, süßer".encode(), "text/html; charset=ISO-8859-1")[1:]
    ('utf-8', 'utf8')
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding, "bom"
    shifted = b"\x1b$" in body  # to Japanese or Korean in 7 bits: no label says otherwise
    if body.isascii() and not shifted and b"~{" not in body and b"\0" not in body:
        return body.decode("ascii"), "ascii", "ascii"
    said = [("http", _from_http(content_type)), ("meta", _from_meta(body))]
    labels = [(rule, name) for rule, name in said if name is not None]
    utf8 = None if shifted else _strict_utf8(body)
    if utf8 is not None and _outweighs(body, labels[0][1] if labels else "utf-8"):
        rule = labels[0][0] if labels and labels[0][1] == "utf-8" else "utf8"
        return utf8, "utf-8", rule
    for rule, name in labels:
        text = _fitting(body, name) if not shifted or name.startswith("iso2022") else None
        if text is not None:
            return text, name, rule
    if utf8 is not None:
        return utf8, "utf-8", "utf8"
    guessed = guess(body) or "cp1252"
    return to_text(body, guessed), guessed, "guess"


def _outweighs(body: bytes, label: str) -> bool:
    """Return whether being valid UTF-8 outweighs the label: not so a few bytes of wide characters.

    In an encoding of single bytes, what is valid UTF-8 is hardly ever text.
    """
    return label == "utf-8" or is_single_byte(label) or _non_ascii(body) >= MIN_UTF8


def _strict_utf8(body: bytes) -> str | None:
    """Return the text of valid UTF-8, a last character cut in two being left away; else None."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return body[: error.start].decode("utf-8")
        return None


def _non_ascii(body: bytes) -> int:
    return len(body) - len(body.decode("ascii", "ignore"))


def _from_http(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type) if content_type else None
    return codec(found[1]) if found else None


def _from_meta(body: bytes) -> str | None:
    found = _META.search(_COMMENT.sub(b"", body[:_PRESCAN]))
    name = codec((found[1] or found[2]).decode("ascii", "ignore")) if found else None
    # It was readable as ASCII, so it cannot be what it says.
    return "utf-8" if name and name.startswith(("utf-16", "utf-32")) else name


def _fitting(body: bytes, encoding: str) -> str | None:
    """Return the text, or None if this encoding plainly is not the body's."""
    text = to_text(body, encoding)
    bad = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if bad * 3 > foreign or unlikely(body, encoding):
        return None
    return text
