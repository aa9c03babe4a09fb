"""Words and their offsets for comparing texts with benchmarks (decontamination).

GPT-3's n-grams are of lower-case words between white space, punctuation taken out. Here characters
are compared by their full case folding and compatibility decomposition (so that ß and SS, ﬁ and
fi, composed and decomposed accents agree); accents and invisible characters do not count, digits of
all scripts are equal, and so are the Arabic letters of `curate.text.folding.SAME`. Scripts written
without spaces have a word for each character.

Two copies of one text may differ in punctuation inside words:
"well-known" and "wellknown", "time--and" and "time and", "isn't" and "isn t". So there are two
views of a text: `joined` deletes marks, as GPT-3 does; `parted` replaces them by spaces. Benchmarks
and documents are read in both views, and n-grams of each are looked up in the other.

Both follow the Unicode tables of the running Python.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate._lazy import listing
from curate.text.folding import NO_SPACES, TABLE_SIZE, letter_hashes, stands_alone, unified

__all__ = [
    "Tokens",
    "codes",
    "fold",
    "grams",
    "tokens",
    "words",
]
__dir__ = listing(__name__, __all__)

SPACE, MARK = " ", "-"  # separates words; separates words in the view `parted` only
APOSTROPHES = "ʹʻʼʽˈ"  # marks that Unicode counts as letters
_SPACES, _MARKS, _LETTERS, _ALONE = range(4)

Codes = npt.NDArray[np.uint32]
Tables = tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64], npt.NDArray[np.uint8]]
Places = npt.NDArray[np.int32]


def fold(character: str) -> str:
    r"""Return the folded form of a character: letters, " " for a space, "-" for a mark.

    >>> [fold(c) for c in "Aßﬁé½…’"], fold("\n"), fold("\u00ad")
    (['a', 'ss', 'fi', 'e', '1-2', '-', '-'], ' ', '')
    """
    plain = _kind(character)
    if plain != character:
        return plain
    for _ in range(2):  # a compatibility decomposition may need case folding again
        character = unicodedata.normalize("NFKD", character.casefold())
    return "".join(unified(kind) for kind in map(_kind, character))


def fold_all(characters: Sequence[str]) -> list[str]:
    """Return `fold` of each character, by one call of each function for all of them.

    >>> fold_all(["A", "ß", "-"])
    ['a', 'ss', '-']
    """
    folded = [*map(_kind, characters)]
    kept = [i for i, character in enumerate(characters) if folded[i] == character]
    # NUL between them: it composes with nothing, and no mark is moved across it.
    text = "\0".join(characters[i] for i in kept)
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text.casefold())
    kinds = {ord(c): unified(_kind(c)) for c in set(text)}
    for i, plain in zip(kept, text.translate(kinds | {0: "\0"}).split("\0"), strict=True):
        folded[i] = plain
    return folded


def _kind(character: str) -> str:
    """Return "" if ignored, a space, a mark, or the character itself if it is part of a word."""
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category[0] == "Z" or category == "Cc":
        return SPACE
    if (
        category[0] in "PS"
        or character in APOSTROPHES
        or (category[0] == "C" and ord(character) < 0x20000)
    ):
        return MARK
    return character


class _Translation(dict[int, str]):
    """A translation table for `str.translate`, filled in lazily."""

    def __init__(self, *, mark: str) -> None:
        self.mark = mark

    def __missing__(self, code: int) -> str:
        folded = "" if code >= TABLE_SIZE else fold(chr(code))
        self[code] = "".join(
            self.mark if c == MARK else f" {c} " if stands_alone(c) else c for c in folded
        )
        return self[code]


_JOINED, _PARTED = _Translation(mark=""), _Translation(mark=" ")


def words(text: str, *, parted: bool = False) -> list[str]:
    """Return the words of a text (reference implementation of `tokens`).

    >>> words("The well-known B - isn't it?")
    ['the', 'wellknown', 'b', 'isnt', 'it']
    >>> words("The well-known B", parted=True)
    ['the', 'well', 'known', 'b']
    """
    return text.translate(_PARTED if parted else _JOINED).split()


class Tokens(NamedTuple):
    """The N words of a text: 64-bit hashes `uint64[N]`, and characters [start, stop) `int32[N]`."""

    hashes: npt.NDArray[np.uint64]
    starts: Places
    stops: Places


def codes(text: str) -> Codes:
    """Return the code points of a text, `uint32[characters]`."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def tokens(text: Codes, *, parted: bool = False) -> Tokens:
    """Return the words of a text and their offsets.

    >>> [column.tolist() for column in tokens(codes("A b-c"))[1:]]
    [[0, 2], [1, 5]]
    """
    starts, letters, kinds = _tables()
    # One character gives 18 words at most: an Arabic ligature with spaces in it.
    room = len(text) + 1
    while True:
        result = Tokens(
            np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
        )
        count = _tokens(text, starts, letters, kinds, parted, result)
        if count <= room:
            return Tokens(result.hashes[:count], result.starts[:count], result.stops[:count])
        room = count


def grams(hashes: npt.NDArray[np.uint64], ngram: int) -> npt.NDArray[np.uint64]:
    """Return the hash of every n consecutive words, `uint64[max(0, N - n + 1)]`."""
    out = np.empty(max(0, len(hashes) - ngram + 1), np.uint64)
    _grams(hashes, ngram, out)
    return out


@cache
def _tables() -> Tables:
    """Return for each code point the offset of its folded letters in the pool, and the pool.

    The pool holds a hash and a kind for each letter. Made once a process.
    """
    # Han is folded to itself except its compatibility forms, and fills planes 2 and 3.
    changing = [*range(0x4E00), *range(0xA000, 0x20000), *range(0x2F800, 0x2FA20)]
    folded = fold_all([*map(chr, changing)])
    changes = np.zeros(TABLE_SIZE, np.bool_)
    changes[changing] = True
    lengths = np.ones(TABLE_SIZE, np.int32)
    lengths[changes] = np.fromiter(map(len, folded), np.int32, len(folded))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    pool = np.repeat(np.arange(TABLE_SIZE), lengths)
    pool[np.repeat(changes, lengths)] = codes("".join(folded))
    kinds = np.full(len(pool), _LETTERS, np.uint8)
    for first, last in NO_SPACES:
        kinds[(pool >= first) & (pool <= last)] = _ALONE
    kinds[pool == ord(SPACE)], kinds[pool == ord(MARK)] = _SPACES, _MARKS
    return starts, letter_hashes(pool.astype(np.uint64)), kinds


@compiled
def _tokens(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    text: Codes,
    table: Places,
    letters: npt.NDArray[np.uint64],
    kinds: npt.NDArray[np.uint8],
    parted: bool,
    out: Tokens,
) -> int:
    """Fill the arrays with words as far as they reach; return the number of words."""
    hashes, starts, stops = out
    room, count = len(hashes), 0
    word, start, stop = np.uint64(0), -1, 0
    for i in range(len(text)):
        code = text[i]
        if code >= TABLE_SIZE:
            continue
        for k in range(table[code], table[code + 1]):
            kind = kinds[k]
            if kind == _LETTERS:
                if start < 0:
                    start = i
                word = ((word << np.uint64(7)) | (word >> np.uint64(57))) + letters[k]
                stop = i + 1
            elif kind != _MARKS or parted:
                if start >= 0:
                    if count < room:
                        hashes[count], starts[count], stops[count] = word, start, stop
                    count += 1
                    word, start = np.uint64(0), -1
                if kind == _ALONE:
                    if count < room:
                        hashes[count], starts[count], stops[count] = letters[k], i, i + 1
                    count += 1
    if start >= 0:
        if count < room:
            hashes[count], starts[count], stops[count] = word, start, stop
        count += 1
    return count


@compiled
def _grams(hashes: npt.NDArray[np.uint64], ngram: int, out: npt.NDArray[np.uint64]) -> None:
    """Fill in mix(n + t1 B^(n-1) + ... + tn) of scrambled words t, rolling on."""
    base, leaving = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(1)
    for _ in range(ngram):
        leaving *= base
    rolling = np.uint64(0)
    for i in range(len(hashes)):
        rolling = rolling * base + _scrambled(hashes[i])
        if i >= ngram:
            rolling -= _scrambled(hashes[i - ngram]) * leaving
        if i >= ngram - 1:
            out[i - ngram + 1] = mix(rolling + np.uint64(ngram))


@compiled
def _scrambled(word: np.uint64) -> np.uint64:
    return (word ^ (word >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
