"""Bytes of a page to text: which encoding, and which rule said so.

Enters: a body and the Content-Type it came with. Leaves: text, always. The rules, in order:

    bom       the body begins with a byte order mark
    ascii     every encoding a page could name reads it alike
    http      charset of the Content-Type header
    meta      <meta charset>, <meta http-equiv> or <?xml encoding?> near the start
    utf8      it is valid UTF-8; also where a label says otherwise, if it has enough of it
    detector  the best guess of charset_normalizer
    fallback  windows-1252, which reads any bytes as something

A label whose encoding plainly does not fit falls to the next rule. Labels mean what browsers
take them to mean: "iso-8859-1" is windows-1252, "gb2312" is gb18030.

Source: WHATWG Encoding Standard, section 4 (labels), and HTML, 13.2.3 (order). Differs: valid
UTF-8 outweighs another label; the first 4,096 bytes are searched for a label, not 1,024; Python's
codecs stand for those of the standard.
"""

import codecs
import re
from functools import cache

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

# What browsers read where Python's codec is narrower than the label's use on the web.
_WEB = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-8-sig": "utf-8",
}
# Labels that Python does not know, or takes for another encoding.
_LABELS = {
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "unicode20utf8": "utf-8",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "gb_2312": "gb18030",
    "gb_2312-80": "gb18030",
    "csgb2312": "gb18030",
    "iso-ir-58": "gb18030",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "windows-949": "cp949",
    "ksc5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "sun_eu_greek": "iso8859-7",
    "ansi": "cp1252",
}
_NAMES = (
    "utf-8 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be gb18030 hz big5hkscs euc_jp iso2022_jp "
    "cp932 cp949 iso2022_kr johab koi8-r koi8-u koi8-t kz1048 ptcp154 mac-roman mac-cyrillic "
    "mac-greek mac-latin2 mac-turkish mac-iceland cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858 "
    "cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp1125 cp1250 cp1251 cp1252 cp1253 "
    "cp1254 cp1255 cp1256 cp1257 cp1258 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 "
    "iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16"
)
_ENCODINGS = frozenset(_NAMES.split())
# Wider codecs to try where the first one fails on a few characters that makers added.
_WIDER = {"euc_jp": "euc_jis_2004", "big5hkscs": "cp950", "iso2022_jp": "iso2022_jp_ext"}


def decode(  # noqa: PLR0911 - one way out for each rule
    body: bytes, content_type: str | None = None
) -> tuple[str, str, str]:
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
    if body.isascii() and b"\x1b" not in body and b"~{" not in body and b"\0" not in body:
        return body.decode("ascii"), "ascii", "ascii"
    utf8 = _strict_utf8(body)
    if utf8 is not None and _non_ascii(body) >= MIN_UTF8:
        said = [name for name in (_from_http(content_type), _from_meta(body)) if name]
        rule = "utf8" if not said or said[0] != "utf-8" else _rule(content_type)
        return utf8, "utf-8", rule
    for rule, label in (("http", _from_http(content_type)), ("meta", _from_meta(body))):
        text = _fitting(body, label) if label else None
        if label and text is not None:
            return text, label, rule
    if utf8 is not None:
        return utf8, "utf-8", "utf8"
    guess = _detected(body)
    if guess is not None:
        return _text(body, guess), guess, "detector"
    return _text(body, "cp1252"), "cp1252", "fallback"


def _rule(content_type: str | None) -> str:
    return "http" if _from_http(content_type) else "meta"


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


@cache
def codec(label: str) -> str | None:
    """Return Python's name of the encoding a label stands for on the web; None: no known one.

    >>> codec("ISO-8859-1"), codec("GB2312"), codec("x-sjis"), codec("utf-7")
    ('cp1252', 'gb18030', 'cp932', None)
    """
    name = label.strip(" \t\r\n\f\"'").lower()
    try:
        name = _LABELS.get(name) or codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    name = _WEB.get(name, name)
    return name if name in _ENCODINGS else None


def _fitting(body: bytes, encoding: str) -> str | None:
    """Return the text, or None if this encoding plainly is not the body's."""
    text = _text(body, encoding)
    bad = text.count("\ufffd")
    if bad and encoding in _WIDER:
        wider = body.decode(_WIDER[encoding], "replace")
        if wider.count("\ufffd") < bad:
            text, bad = wider, wider.count("\ufffd")
    if bad * 2 > len(text) - len(text.encode("ascii", "ignore")) - bad:
        return None
    return text


def _text(body: bytes, encoding: str) -> str:
    table = _table(encoding)
    if table is None:
        return body.decode(encoding, "replace")
    return codecs.charmap_decode(body, "replace", table)[0]


@cache
def _table(encoding: str) -> str | None:
    """Return what a single-byte encoding makes of each byte; None for other encodings.

    Bytes 80-9F without a character are control characters, as in browsers.
    """
    if encoding.startswith(("utf", "gb", "big", "euc", "iso2022", "hz", "johab")) or encoding in (
        "cp932",
        "cp949",
    ):
        return None
    return "".join(
        chr(byte) if char == "\ufffd" and 0x80 <= byte < 0xA0 else char
        for byte in range(256)
        for char in bytes([byte]).decode(encoding, "replace")
    )


def _detected(body: bytes) -> str | None:
    """Return the detector's best guess, None where it has none or is not installed."""
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - heavy, rarely needed
    except ImportError:
        return None
    best = from_bytes(body[: 1 << 16]).best()
    return codec(best.encoding) if best is not None else None
