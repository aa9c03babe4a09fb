"""Detect UTF-16 and UTF-32 without a byte order mark, by the distribution of upper bytes.

Input: the beginning of a text. Output: the name of Python's codec, or None. In these encodings
every second (or fourth) byte is the upper byte of a character. Those of an alphabet have few
values: zero for ASCII, spaces and stops, one or two others for its letters. Those of Chinese,
Japanese and Korean have many, but only upper bytes are ever zero.
"""

import unicodedata
from collections import Counter

LOOKED_AT = 4096  # bytes
_LEAST = 8  # bytes
_UPPER_BYTES, _UPPER_SHARE = 4, 0.9  # most frequent values; their share of the upper bytes
_READABLE = 0.9  # share of the characters, in an alphabet; in other scripts nearly all must be
_READABLE_CJK = 0.97
_CJK_UPPER_BYTES = bytes((0, 0x20, 0x30, *range(0x4E, 0xA0), *range(0xAC, 0xD8), 0xFF))
_KANA, _KANA_SHARE = b"0", 0.2  # upper byte of kana; its share in Japanese without any ASCII
_TEXT = frozenset(
    "Lu Ll Lt Lm Lo Mn Mc Nd Pc Pd Ps Pe Pi Pf Po Zs Sc Sm So Nl Sk".split()  # noqa: SIM905
)


def wide_encoding(data: bytes) -> str | None:
    r"""Return the UTF-16 or UTF-32 codec of data without a byte order mark; None for others.

    >>> wide_encoding("It is ten.".encode("utf-16-le")), wide_encoding(b"It is ten.")
    ('utf-16-le', None)
    >>> wide_encoding("Все люди рождаются свободными".encode("utf-16-be"))
    'utf-16-be'
    """
    head = data[: LOOKED_AT - LOOKED_AT % 4]
    kana = max(head[::2].count(_KANA), head[1::2].count(_KANA)) > _KANA_SHARE * len(head) / 2
    if len(head) < _LEAST or not (kana or b"\0" in head):
        return None
    zeros = [head[offset::4].count(0) * 4 / len(head) for offset in range(4)]
    if min(zeros[2], zeros[3]) > _UPPER_SHARE > zeros[0]:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) > _UPPER_SHARE > zeros[3]:
        return "utf-32-be"
    for codec, upper, lower in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if _is_wide(head, codec, upper, lower):
            return codec
    return None


def _is_wide(head: bytes, codec: str, upper: bytes, lower: bytes) -> bool:
    common = sum(count for _, count in Counter(upper).most_common(_UPPER_BYTES))
    if common >= _UPPER_SHARE * len(upper):
        return upper.count(0) > 10 * lower.count(0) and _readable(head, codec) >= _READABLE
    wide = len(upper) - len(upper.translate(None, _CJK_UPPER_BYTES))
    return wide >= _READABLE_CJK * len(upper) and _readable(head, codec) >= _READABLE_CJK


def _readable(head: bytes, codec: str) -> float:
    """Return the share of characters that occur in texts."""
    text = head[: len(head) - len(head) % 2].decode(codec, "replace")
    good = sum(char in "\t\n\r\f" or unicodedata.category(char) in _TEXT for char in text)
    return good / len(text)
