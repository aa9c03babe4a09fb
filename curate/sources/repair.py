"""Repair texts: line ends, control characters, NFC, mojibake (by ftfy).

Input and output: a text. Correct texts are unchanged, and repair is idempotent. Quotes, ligatures,
full-width letters, entities and white space are kept; they may be intended.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from curate.extras import install

# Line breaks of other systems, and Unicode's U+2028 and U+2029.
_BREAKS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")
# Control characters without meaning in text, byte order marks inside it, noncharacters.
_NOTHING = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufff9-\ufffb\ufffe\uffff]")
_EITHER = re.compile(  # one search: most texts have neither
    "[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_PLAIN = b"\t\n" + bytes(range(0x20, 0x7F))  # bytes of UTF-8 that none of the patterns matches
# Encodings of Windows as which UTF-8 is often decoded, of those that ftfy tries.
_DECODED = ("latin-1", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "iso8859-2")


def _letters(first: int, last: int) -> str:
    """Return what bytes decode to in any of these encodings, to be put into a character class."""
    decoded = {
        character
        for encoding in _DECODED
        for character in bytes(range(first, last + 1)).decode(encoding, "ignore")
    }
    return re.escape("".join(sorted(decoded)))


# Necessary for mojibake of UTF-8: a C1 control, or what a lead byte decodes to with what as many
# continuation bytes decode to. Those are no ordinary letters of Cyrillic or Turkish, which follow
# the letters of lead bytes in correct texts. Or dashes and quotes of which the last byte is lost;
# or the same as decoded by MacRoman and cp437. For speed, what comes first is one class, and what
# comes second is looked at before the rest.
_CONTROLS, _OTHERS = "\x80-\x84\x86-\x9f", "¬√ƒ≈∆◊ÿŸ┬├╪┘╫╬╧╨╤"
_GREEK = "αΓπΣσµτΦΘΩδ"  # in cp437, whose continuation bytes are other letters than Greek
_TWO, _THREE, _FOUR = _letters(0xC2, 0xDF), _letters(0xE0, 0xEF), _letters(0xF0, 0xF4)
_OF_437, _OF_MAC = (re.escape(bytes(range(0x80, 0xC0)).decode(e)) for e in ("cp437", "mac-roman"))
_REST = f"[{_letters(0x80, 0xBF)}\ufffd]"
_SUSPECT = re.compile(
    f"[{_CONTROLS}{_TWO}{_THREE}{_FOUR}‚–—{_GREEK}{_OTHERS}]"
    f"(?:(?={_REST})(?:(?<=[{_TWO}])|(?<=[{_FOUR}]){_REST}{{3}}"
    f"|(?<=[{_THREE}])(?:{_REST}{{2}}|(?<=â)€|(?<=в)Ђ))"
    f"|(?<=[{_CONTROLS}])|(?<=‚)Ä|(?<=[–—])[{_OF_MAC}]|(?<=[{_GREEK}])[{_OF_437}]"
    f"|(?<=[{_OTHERS}])[^\x00-\x7f\u2500-\u257f])"
)


def repair(text: str) -> str:
    r"""Return the text with line breaks as \n, in NFC, without control characters and mojibake.

    Lines of UTF-8 that was decoded as another encoding (mojibake) are repaired by ftfy, which does
    so only where the result is far more plausible.

    >>> repair("l\u2019\u00c3\u00a9t\u00c3\u00a9\r\nne\u0301e\x00")
    'l’été\nnée'
    """
    others = _others(text)
    has_controls = bool(others) and _EITHER.search(others) is not None
    if has_controls:
        text = _NOTHING.sub("", text)
        others = _others(text)
    if others and _SUSPECT.search(others):  # before U+0085, a part of some, ends a line
        fix, config = _ftfy()
        text = "\n".join(fix(line, config) if _SUSPECT.search(line) else line
                         for line in text.split("\n"))  # fmt: skip
    if has_controls:
        text = _BREAKS.sub("\n", text)
    return unicodedata.normalize("NFC", text)


def _others(text: str) -> str:
    """Return a text without plain ASCII, for quick searches; what is adjacent in it stays so.

    The text itself where little would be gained.
    """
    data = text.encode("utf-8", "surrogatepass")
    left = data.translate(None, _PLAIN)
    return left.decode("utf-8", "surrogatepass") if 2 * len(left) < len(data) else text


@lru_cache(maxsize=1)
def _ftfy() -> tuple[Any, Any]:
    try:
        import ftfy  # noqa: PLC0415 - most texts need none
    except ImportError as error:
        raise ImportError(f"repair needs ftfy: {install('sources')}") from error
    return ftfy.fix_encoding, ftfy.TextFixerConfig(explain=False)
