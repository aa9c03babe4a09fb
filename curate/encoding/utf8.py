"""Decode damaged UTF-8, and recognise it by the share of well-formed sequences.

Input: bytes. Output: their text as UTF-8, with U+FFFD for each broken sequence, and counts that
are evidence for or against UTF-8. Characters beyond U+FFFF written as two surrogates (CESU-8, as
some databases and Java do) are decoded.

The evidence is the share of well-formed multi-byte sequences. In texts of other multi-byte
encodings at most .29 of possible lead bytes are followed by what UTF-8 requires; in UTF-8 with
some damage nearly all are.
"""

import re
from typing import NamedTuple

# Log odds of UTF-8 against another encoding, for a continuation byte and for a broken sequence:
# ln(.99 / .29), ln(.01 / .71).
WELL_FORMED, BROKEN = 1.23, -4.26
# The same against a single-byte encoding: ln(.99 / .08); Persian has the most continuation bytes.
WELL_FORMED_IN_BYTES = 2.5
LABELLED = 5.0  # log odds of a label
# Log odds of UTF-8 against windows-1252, for "Ã©", "Â»", "â€™" and the like. Of 57,012 bytes
# outside ASCII in 5,135 texts that windows-1252 can write, only such as had been decoded wrongly
# before make one of them: ln(57,012) is 10.9.
MOJIBAKE = 10.0
_MOJIBAKE = re.compile(rb"[\xc2\xc3][\xa0-\xbf]|\xe2\x80[\x80-\xbf]")
_SURROGATES = re.compile(rb"\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])")
_LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_CUT_OFF = re.compile(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z")
_ASCII = bytes(range(128))
_REPLACEMENT = b"\xef\xbf\xbd"


class Utf8(NamedTuple):
    """Bytes decoded as UTF-8.

    `continuations`: continuation bytes of well-formed sequences; `broken`: ill-formed sequences,
    without a last one that is cut off.
    """

    text: str
    continuations: int
    broken: int

    def is_likely(
        self, label: str | None = None, *, single_bytes: bool = False, mojibake: int = 0
    ) -> bool:
        """Return whether this is UTF-8 with damaged places rather than another encoding.

        Args:
            label: the encoding that the bytes are said to be in.
            single_bytes: whether each byte is a character in that encoding.
            mojibake: as `count_mojibake` returns it, of windows-1252.
        """
        prior = LABELLED if label == "utf-8" else 0.0 if label is None else -LABELLED
        well_formed = WELL_FORMED_IN_BYTES if single_bytes else WELL_FORMED
        evidence = self.continuations * well_formed + self.broken * BROKEN + mojibake * MOJIBAKE
        return self.continuations > 0 and evidence + prior > 0


def read_utf8(body: bytes) -> Utf8:
    r"""Return bytes read as UTF-8.

    >>> read_utf8("größer".encode() + b" \xff")
    Utf8(text='größer �', continuations=2, broken=1)
    """
    cut = _CUT_OFF.search(body, max(0, len(body) - 3))
    if cut is not None:
        body = body[: cut.start()]
    broken = 0
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        if b"\xed" in body:
            body = _LONE_SURROGATE.sub(b"\xff", _SURROGATES.sub(_as_one, body))
        text = body.replace(b"\xc0\x80", b"").decode("utf-8", "replace")
        broken = text.count("\ufffd") - body.count(_REPLACEMENT)
    if text.isascii():
        return Utf8(text, 0, broken)
    foreign = len(body.translate(None, _ASCII))
    characters = len(text) - len(text.encode("ascii", "ignore"))
    return Utf8(text, max(0, foreign - characters), broken)


def count_mojibake(body: bytes) -> int:
    """Return the number of sequences of UTF-8 that no text in windows-1252 has: "Ã©", "â€™".

    >>> count_mojibake("café’s".encode()), count_mojibake("CAFÉ’S".encode("cp1252"))
    (2, 0)
    """
    return len(_MOJIBAKE.findall(body))


def _as_one(pair: re.Match[bytes]) -> bytes:
    """Return a surrogate pair (CESU-8) as one UTF-8 character."""
    high = (pair[1][0] & 0x0F) << 6 | (pair[2][0] & 0x3F)
    low = (pair[3][0] & 0x0F) << 6 | (pair[4][0] & 0x3F)
    return chr(0x10000 + (high << 10) + low).encode()
