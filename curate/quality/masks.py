"""Mask the content words of a text: keeps style (function words, case, suffixes), not topic.

Input: a text, and the words that stay as they are. Output: its symbols, as a reader sees them.

The symbols of a text, in order:
- a function word stays, in lower case ("the", "don't");
- any other word becomes its case (lower, Capitalised, UPPER, miXed, or without case) and its
  last SUFFIX letters ("Running" is a capitalised word in -ing);
- digits in a row become their number, 5 for 5 and more;
- a sign stays; the same sign in a row counts once, as one, two, or three and more.
White space only separates. Letters of scripts that are written without spaces between words
are a word each. Curly quotes and long dashes are replaced by plain ones, and characters
that are invisible (soft hyphens, joiners) are skipped.

The compiled version is `curate.quality.masked_features`.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.quality.features import _TYPOGRAPHY, Bytes

SUFFIX = 2  # letters of a masked word that are kept; at least one is not

Codes = npt.NDArray[np.uint32]

SPACE, LOWER, UPPER, CASELESS, SINGLE, DIGIT, SIGN, SKIPPED = range(8)
# Scripts without spaces between words, by the first words of their letters' names.
_SINGLE = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
_PLANE = 1 << 16  # code points above it are signs
_KINDS = {  # by Unicode's general category, or its first letter
    "Cf": SKIPPED, "Cc": SKIPPED, "Cs": SKIPPED, "Lu": UPPER, "Lt": UPPER, "Ll": LOWER,
    "L": CASELESS, "M": CASELESS, "N": DIGIT,
}  # fmt: skip
_LETTERS = frozenset((LOWER, UPPER, CASELESS))


class Characters(NamedTuple):
    """What each code point of the first plane is: its kind, and its plain lower-case form."""

    kinds: Bytes
    plain: Codes


@lru_cache(maxsize=1)
def characters() -> Characters:
    """Return the tables of the interpreter's Unicode version."""
    kinds, plain = np.empty(_PLANE, np.uint8), np.arange(_PLANE, dtype=np.uint32)
    for code in range(_PLANE):
        char = _TYPOGRAPHY.get(chr(code), chr(code))[0]
        kinds[code] = _kind(char)
        lower = char.lower()
        plain[code] = ord(lower) if len(lower) == 1 else ord(char)
    return Characters(kinds, plain)


def _kind(char: str) -> int:
    category = unicodedata.category(char)
    if char.isspace() or category == "Zl":
        return SPACE
    if category[0] == "L" and unicodedata.name(char, "").startswith(_SINGLE):
        return SINGLE
    return _KINDS.get(category, _KINDS.get(category[0], SIGN))


class _Translation(dict[int, str]):
    """A translation table for `str.translate`, filled in lazily."""

    def __init__(self, of: Callable[[int, str], str]) -> None:
        self.of = of

    def __missing__(self, code: int) -> str:
        kinds, plain = characters()
        known = code < _PLANE and not 0xD800 <= code <= 0xDFFF
        self[code] = self.of(int(kinds[code]), chr(plain[code])) if known else "?"
        return self[code]


# Of each character: NUL if it is skipped, otherwise its plain form; and what it is in a word.
_PLAIN = _Translation(lambda kind, plain: "\0" if kind == SKIPPED else plain)
_WORD_KINDS = _Translation(
    lambda kind, plain: "\0" if kind == SKIPPED else "a" if kind in _LETTERS else "一" if (
        kind == SINGLE
    ) else "'" if plain == "'" else " "
)  # fmt: skip
_WORD = re.compile("一|a(?:[a\0]|'(?=a))*")


def codes_of(text: str) -> Codes:
    """Return the text's code points; halves of surrogate pairs are '?'."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in plain lower case: letters, with apostrophes between them.

    >>> words_of("It’s the 2nd: Don't!")
    ["it's", 'the', 'nd', "don't"]
    """
    plain = text.translate(_PLAIN)
    found = [plain[m.start() : m.end()] for m in _WORD.finditer(text.translate(_WORD_KINDS))]
    return [word.replace("\0", "") for word in found] if "\0" in plain else found


def shown(text: str, kept: Collection[str], suffix: int = SUFFIX) -> list[str]:
    """Return the symbols of a text as a reader may see them.

    >>> shown("The Running HTML, 12 cats.", {"the"})
    ['the', '^~ng', '^^~ml', ',', '##', '~ts', '.']
    """
    return [_shown(token, kept, suffix) for token in _tokens(text)]


def _shown(token: "_Token", kept: Collection[str], suffix: int) -> str:
    if token.kind == SIGN:
        return token.plain[:3]
    if token.kind == DIGIT:
        return "#" * min(len(token.plain), 5)
    if token.plain in kept:
        return token.plain
    if token.kind == SINGLE:
        return "~"
    uppers = token.uppers
    case = "" if not uppers else "^^" if uppers == len(token.plain) > 1 else "^" if (
        uppers == 1 and token.first_upper
    ) else "*"  # fmt: skip
    left = min(suffix, len(token.plain) - 1)
    return f"{case}~{token.plain[len(token.plain) - left :]}"


class _Token(NamedTuple):
    """One symbol before it is masked; `kind` is LOWER for any word of letters."""

    kind: int
    plain: str
    uppers: int = 0
    first_upper: bool = False


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the symbols of a text; the plain version of `symbols`."""
    kinds, plain = characters()
    chars = [
        (int(kinds[c]), chr(plain[c])) if c < _PLANE else (SIGN, chr(c))
        for c in codes_of(text).tolist()
    ]
    position, size = 0, len(chars)
    while position < size:
        kind, char = chars[position]
        position += 1
        if kind in {SPACE, SKIPPED}:
            continue
        if kind == SINGLE:
            yield _Token(SINGLE, char)
            continue
        token, uppers, first = [char], int(kind == UPPER), kind == UPPER
        while position < size:
            after, other = chars[position]
            if kind in _LETTERS:
                if after in _LETTERS or (
                    other == "'" and position + 1 < size and chars[position + 1][0] in _LETTERS
                ):
                    token.append(other)
                    uppers += after == UPPER
                elif after != SKIPPED:
                    break
            elif after != kind or (kind == SIGN and other != char):
                break
            else:
                token.append(other)
            position += 1
        yield _Token(LOWER if kind in _LETTERS else kind, "".join(token), uppers, first)
