"""Shingles (n-grams of words or characters) of texts, as strings and as hashed sets.

Words and characters are those of `curate.text.folding`, the one definition that all of
`curate.dedup` uses but `shared_lines`. A shingle of unit "word" is n consecutive words; of unit
"character", n consecutive characters of the runs of letters, joined by single spaces. A text with
fewer than n of them is one shingle, all of it. A text with none (empty, or punctuation only) has
no shingles and resembles nothing.

Each shingle is represented by a 64-bit hash, computed from UTF-8 in one pass (about 0.4 GB/s a
core); `shingles` gives the same as strings, slowly.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate._lazy import listing
from curate.dedup.bands import Unit
from curate.dedup.sorting import sort_sets
from curate.text.folding import FOLDED, NO_SPACES, SAME, TABLE_SIZE, fold, letter_hashes, words

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["shingles"]
__dir__ = listing(__name__, __all__)

Texts: TypeAlias = "Sequence[str | None] | pa.Array[Any] | pa.ChunkedArray[Any]"

Tables = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]  # see `_tables`
Buffers = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]

SEPARATES, IGNORED, WORD, ALONE = range(4)
SPACE = TABLE_SIZE  # one entry behind the table: the space between words, when it is a character
CHUNK_BYTES = 1 << 18  # text hashed between two looks at the result: fits the second-level cache


def shingles(text: str, *, ngram: int = 5, unit: Unit = "word") -> list[str]:
    """Return the shingles in the order of the text, repeats included.

    >>> shingles("To be, or not to be", ngram=3)
    ['to be or', 'be or not', 'or not to', 'not to be']
    >>> shingles("Too short", ngram=3), shingles("...", ngram=3)
    (['too short'], [])
    >>> shingles("A b", ngram=2, unit="character")
    ['a ', ' b']
    """
    if unit == "word":
        parts, glue = words(text), " "
    else:
        parts, glue = list(" ".join(text.translate(FOLDED).split())), ""
    if not parts:
        return []
    last = max(len(parts) - ngram, 0)
    return [glue.join(parts[i : i + ngram]) for i in range(last + 1)]


class ShingleSets(NamedTuple):
    """The sets of N documents: that of document i is hashes[offsets[i]:offsets[i + 1]].

    hashes: uint64, ascending and without repeats inside a document. offsets: int64[N + 1].
    """

    hashes: npt.NDArray[np.uint64]
    offsets: npt.NDArray[np.int64]


def shingle_sets(texts: Texts, *, ngram: int = 5, unit: Unit = "word") -> ShingleSets:
    """Return the shingle sets of the texts as 64-bit hashes; a null has an empty one.

    >>> sets = shingle_sets(["to be or not to be or not", "...", None], ngram=2)
    >>> sets.offsets.tolist()
    [0, 4, 4, 4]
    """
    offsets, parts = [np.zeros(1, np.int64)], [np.empty(0, np.uint64)]
    done = 0
    for _, hashes, ends in hash_streams(texts, ngram=ngram, unit=unit):
        kept = sort_sets(hashes, ends)
        parts.append(hashes[:kept].copy())
        offsets.append(ends[1:] + done)
        done += kept
    return ShingleSets(np.concatenate(parts), np.concatenate(offsets))


def hash_streams(
    texts: Texts, *, ngram: int, unit: Unit
) -> Iterator[tuple[int, npt.NDArray[np.uint64], npt.NDArray[np.int64]]]:
    """Yield the hashes of all shingles, repeats included, a few documents at a time.

    Each item is (number of its first document, hashes uint64, offsets int64[documents + 1]);
    the arrays are overwritten by the next step.
    """
    if ngram < 1:
        raise ValueError(f"shingles: ngram must be at least 1, got {ngram}")
    data, offsets = utf8(texts)
    tables = _tables()
    longest = int(np.diff(offsets).max(initial=0))
    tokens = np.empty(longest + 2, np.uint64)
    hashes = np.empty(max(longest, CHUNK_BYTES) + 2, np.uint64)
    first, count = 0, len(offsets) - 1
    while first < count:
        last = int(np.searchsorted(offsets, offsets[first] + CHUNK_BYTES, side="right")) - 1
        last = max(last, first + 1)
        ends = np.empty(last - first + 1, np.int64)
        buffers = (tokens, hashes, ends)
        _hash_documents(data, offsets[first : last + 1], tables, ngram, unit == "word", buffers)
        yield first, hashes[: ends[-1]], ends
        first = last


def utf8(texts: Texts) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the texts as one UTF-8 buffer and int64[N + 1] offsets; Arrow arrays uncopied.

    A null is an empty text. Half a surrogate pair, which UTF-8 has no form for, passes as
    three bytes that separate words.
    """
    if hasattr(texts, "null_count"):
        return _arrow_utf8(texts)
    parts = [b"" if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def _arrow_utf8(texts: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    import pyarrow as pa  # noqa: PLC0415 - only for Arrow arrays

    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
        if isinstance(texts, pa.ChunkedArray):  # older pyarrow, several chunks
            texts = pa.concat_arrays(texts.chunks)
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        texts = texts.cast(pa.large_string())  # string views, dictionaries, nulls
    if texts.null_count:
        texts = texts.fill_null("")
    width = np.int32 if pa.types.is_string(texts.type) else np.int64
    _, ends, data = texts.buffers()
    if ends is None or len(texts) == 0:
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    offsets = np.frombuffer(ends, width)[texts.offset : texts.offset + len(texts) + 1]
    buffer = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return buffer, offsets.astype(np.int64)


@cache
def _tables() -> Tables:
    """Return per code point the hash of its folded character, and its kind.

    What separates or is ignored has hash 0; the space itself has its hash at SPACE.

    Planes 0, 1 and the compatibility forms of plane 2 are looked up one by one (0.2 s, once a
    process); the rest of planes 2 and 3 is Han or unassigned, and counts as Han.
    """
    folded = np.arange(TABLE_SIZE, dtype=np.uint64)
    kinds = np.full(TABLE_SIZE, WORD, np.uint8)
    for code in (*range(0x20000), *range(0x2F800, 0x2FA20)):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cn", "Co", "Cs", "Cc") and code < 0x20000:
            kinds[code] = SEPARATES
        elif category != "Lo" or character in SAME or unicodedata.decomposition(character):
            character = fold(character)
            if character in ("", " "):
                kinds[code] = SEPARATES if character else IGNORED
            else:
                folded[code] = ord(character)
    for first, last in NO_SPACES:
        alone = (folded >= first) & (folded <= last) & (kinds == WORD)
        kinds[alone] = ALONE
    letters = letter_hashes(np.append(folded, np.uint64(ord(" "))))
    letters[:TABLE_SIZE][(kinds == SEPARATES) | (kinds == IGNORED)] = 0
    return letters, kinds


@compiled
def _word_tokens(
    text: npt.NDArray[np.uint8], tables: Tables, tokens: npt.NDArray[np.uint64]
) -> int:
    """Fill in one hash per word, return how many: rotate by 7 and add, letter by letter.

    Without a branch at the end of a word: they cannot be predicted and cost more than the rest.
    """
    letters, kinds = tables
    count, word, i = 0, np.uint64(0), 0
    while i < len(text):
        byte = text[i]
        if byte < 0x80:
            letter = letters[byte]
            i += 1
        else:
            code, i = _decode(text, i)
            kind = kinds[code] if code < TABLE_SIZE else SEPARATES
            if kind == IGNORED:
                continue
            letter = letters[code] if code < TABLE_SIZE else np.uint64(0)
            if kind == ALONE:
                tokens[count] = word
                count += int(word != np.uint64(0))
                tokens[count] = letter
                count += 1
                word = np.uint64(0)
                continue
        inside = letter != np.uint64(0)
        tokens[count] = word
        count += int((not inside) & (word != np.uint64(0)))
        turned = (word << np.uint64(7)) | (word >> np.uint64(57))
        word = (turned + letter) & (np.uint64(0) - np.uint64(inside))
    tokens[count] = word
    return count + int(word != np.uint64(0))


@compiled
def _character_tokens(
    text: npt.NDArray[np.uint8], tables: Tables, tokens: npt.NDArray[np.uint64]
) -> int:
    """Fill in one hash per character of the runs joined by single spaces, return how many."""
    letters, kinds = tables
    count, i, between = 0, 0, False
    while i < len(text):
        code, i = _decode(text, i)
        kind = kinds[code] if code < TABLE_SIZE else SEPARATES
        if kind == IGNORED:
            continue
        if kind == SEPARATES:
            between = count > 0
            continue
        if between:
            tokens[count] = letters[SPACE]
            count += 1
            between = False
        tokens[count] = letters[code]
        count += 1
    return count


@compiled
def _decode(text: npt.NDArray[np.uint8], i: int) -> tuple[int, int]:
    """Return the code point at i and where the next begins; bytes cut off are a separator."""
    code = int(text[i])
    if code < 0x80:
        return code, i + 1
    size = 2 + (code >= 0xE0) + (code >= 0xF0)
    if i + size > len(text):
        return 0, len(text)
    code &= 0x7F >> size
    for k in range(1, size):
        code = (code << 6) | (int(text[i + k]) & 0x3F)
    return code, i + size


@compiled
def _hash_documents(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    tables: Tables,
    ngram: int,
    by_word: bool,
    buffers: Buffers,
) -> None:
    """Fill in tokens (scratch), the documents' shingle hashes one after the other, their ends.

    A shingle of tokens t1..tn hashes to mix(t1 B^(n-1) + ... + tn), each token scrambled first:
    the sum rolls on from shingle to shingle at a cost that does not depend on n.
    """
    base, leaving = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(1)
    for _ in range(ngram):
        leaving *= base
    tokens, hashes, ends = buffers
    done = 0
    ends[0] = 0
    for d in range(len(offsets) - 1):
        text = data[offsets[d] : offsets[d + 1]]
        if by_word:
            count = _word_tokens(text, tables, tokens)
        else:
            count = _character_tokens(text, tables, tokens)
        rolling = np.uint64(0)
        for i in range(count):
            token = tokens[i]
            token = (token ^ (token >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            tokens[i] = token
            rolling = rolling * base + token
            if i >= ngram:
                rolling -= tokens[i - ngram] * leaving
            if i >= ngram - 1:
                hashes[done] = mix(rolling)
                done += 1
        if 0 < count < ngram:
            hashes[done] = mix(rolling)
            done += 1
        ends[d + 1] = done
