"""Character folding for duplicate detection: removes case and accents, splits text into words.

Characters are folded (`fold`): case, accents and invisible characters are removed, compatibility
forms are decomposed; decimal digits of all scripts are ASCII's, letters of Arabic that keyboards
exchange are one. A run of letters, marks and digits is a word, everything else separates words.
Scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Yi) count
each character as a word, so that the same setting serves mixed text.

Unicode's tables are those of the running Python: a letter that a later version adds is a
separator until then.
"""

import unicodedata

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate._lazy import listing

__all__ = ["fold", "words"]
__dir__ = listing(__name__, __all__)

NO_SPACES = (  # first and last code point of scripts written without spaces
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # Han iteration mark, closing mark, zero
    (0x3041, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA4CF),  # Yi
    (0xAA60, 0xAA7F),  # Burmese
    (0x20000, 0x3FFFF),  # Han
)
# Arabic, Persian and Urdu keyboards have other code points for one letter; the sign that stretches
# a word is no letter.
SAME = {"ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ـ": ""}
TABLE_SIZE = 0x40000  # planes 0 to 3; above them only invisible and private characters


def fold(character: str) -> str:
    r"""Return the folded character: "" if ignored, " " if it separates words.

    >>> [fold(c) for c in "Éσς²-か٣ی"] + [fold("\u00ad"), fold("\u0301")]
    ['e', 'σ', 'σ', '2', ' ', 'か', '3', 'ي', '', '']
    """
    for case in (str.casefold, str.lower):
        plain = case(character)
        for _ in range(2):  # a compatibility decomposition may need case folding again
            plain = case(unicodedata.normalize("NFKD", plain))
        plain = "".join(c for c in plain if not _is_ignored(c))
        if len(plain) < 2:  # longer ones (ß, Hangul, voiced kana) are left as they are
            return unified(plain) if plain == "" or _is_word(plain) else " "
    return character if _is_word(character) else " "


def unified(character: str) -> str:
    """Return a character as it is compared: Arabic letters as in SAME, a decimal digit in ASCII."""
    digit = unicodedata.decimal(character, None) if character else None
    return SAME.get(character, character) if digit is None else str(digit)


def words(text: str) -> list[str]:
    """Return the folded words of a text, each character of a script without spaces alone.

    >>> words("The Café-bar, 東京")
    ['the', 'cafe', 'bar', '東', '京']
    """
    return text.translate(SPACED).split()


def _is_ignored(character: str) -> bool:
    """Return whether it is an accent, a point, a soft hyphen, a joiner or a variation selector.

    Signs that change the word are not accents: vowel signs, viramas, kana voicing.
    """
    accent = unicodedata.combining(character)
    return (
        accent >= 200
        or 10 <= accent <= 35
        or (unicodedata.category(character) == "Cf" and character != "\u200b")
        or character == "\u034f"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _is_word(character: str) -> bool:
    """Return whether it is a letter, mark, digit, or in planes 2 and 3 (Han, maybe unassigned)."""
    return unicodedata.category(character)[0] in "LMN" or 0x20000 <= ord(character) < TABLE_SIZE


def stands_alone(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in NO_SPACES)


class _Translation(dict[int, str]):
    """A translation table for `str.translate`, filled in lazily."""

    def __init__(self, *, apart: bool) -> None:
        self.apart = apart

    def __missing__(self, code: int) -> str:
        character = fold(chr(code))
        alone = self.apart and character != "" and stands_alone(character)
        self[code] = f" {character} " if alone else character
        return self[code]


SPACED, FOLDED = _Translation(apart=True), _Translation(apart=False)


@compiled
def letter_hashes(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash for each code point."""
    out = np.empty_like(codes)
    for i in range(len(codes)):
        out[i] = mix((codes[i] + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    return out
