"""Encoding labels of the web and Python's codecs for them.

Source: WHATWG Encoding Standard, section 4.2 (labels). Differs: Python's codecs are used in place
of those of the standard, the superset where there is one; labels of other encodings that Python
has (cp437, hz) are accepted too.
"""

import codecs
from functools import cache, lru_cache

# Supersets that browsers use for these labels, where Python's codec is narrower.
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
# Labels that Python does not have, or maps to another encoding.
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
# Supersets to try where the first codec fails on a few vendor characters.
_WIDER = {"euc_jp": "euc_jis_2004", "big5hkscs": "cp950", "iso2022_jp": "iso2022_jp_ext"}
_NO_SHIFT_JIS = dict.fromkeys(range(0xF8F0, 0xF8F4), "\ufffd")  # Python's for A0, FD, FE, FF


@lru_cache(1 << 10)  # bounded: pages choose the labels
def codec(label: str) -> str | None:
    """Return Python's codec name for a label of the web; None: unknown.

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


def to_text(body: bytes, encoding: str) -> str:
    r"""Decode, with U+FFFD for invalid bytes.

    >>> to_text(b"\x93so\x94", "cp1252")
    '“so”'
    """
    table = _table(encoding)
    if table is not None:
        return codecs.charmap_decode(body, "replace", table)[0]
    text = body.decode(encoding, "replace")
    if encoding == "cp932":
        text = text.translate(_NO_SHIFT_JIS)
    wider = _WIDER.get(encoding)
    if wider is None or "\ufffd" not in text:
        return text
    other = body.decode(wider, "replace")
    return other if other.count("\ufffd") < text.count("\ufffd") else text


def is_single_byte(encoding: str) -> bool:
    """Return whether each byte is a character in this encoding."""
    return _table(encoding) is not None


@cache
def _table(encoding: str) -> str | None:
    """Return the 256 characters of a single-byte encoding; None for other encodings.

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
