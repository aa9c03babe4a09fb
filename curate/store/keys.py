"""Record keys, text hashes, checksums of keys, and seeded hashes for random choices.

Everything here is a pure function of its arguments, so that any machine, any partitioning
and any rerun agree. The vectors in tests/test_keys.py are frozen: a change of one of these
functions changes every corpus made with it.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from curate._lazy import listing

__all__ = [
    "MODULUS",
    "RARE_SPACES",
    "SEPARATOR",
    "SIGN",
    "Tally",
    "bucket_of",
    "corpus_key",
    "decode_key",
    "encode_key",
    "hash64",
    "normalise",
    "record_key",
    "seeded_hash",
    "signed",
    "text_hash",
    "uniform",
    "unsigned",
]
__dir__ = listing(__name__, __all__)

SEPARATOR = "\x1f"  # ASCII unit separator: cannot occur in a file name taken from a URL
FILE_BITS, N_BITS = 23, 40
MAX_FILES, MAX_N = 1 << FILE_BITS, 1 << N_BITS
MODULUS = 1 << 64
SIGN = 1 << 63


def record_key(source: str, file_path: str, n: int) -> str:
    r"""Return a record's full key: source, path below the source's root, offset or row.

    >>> record_key("crawl", "a.warc.gz", 7)
    'crawl\x1fa.warc.gz\x1f7'
    """
    return f"{source}{SEPARATOR}{file_path}{SEPARATOR}{n}"


def corpus_key(id: str, piece: int, epoch: int) -> str:
    """Return the full key of one row of the shards."""
    return f"{id}{SEPARATOR}{piece}{SEPARATOR}{epoch}"


def encode_key(file_number: int, n: int) -> int:
    """Return a record's compact key, a non-negative int64 ordered as (file_number, n).

    Raises ValueError beyond 2^23 files or 2^40 bytes or rows in one file.
    """
    if not 0 <= file_number < MAX_FILES:
        raise ValueError(f"expected fewer than {MAX_FILES} files, got number {file_number}")
    if not 0 <= n < MAX_N:
        raise ValueError(f"expected an offset or row below {MAX_N}, got {n}")
    return (file_number << N_BITS) | n


def decode_key(key: int) -> tuple[int, int]:
    """Return (file_number, n) of a compact key."""
    return key >> N_BITS, key & (MAX_N - 1)


def hash64(text: str) -> int:
    """Return xxh3_64 of the UTF-8 bytes, 0 <= h < 2^64; lone surrogates count as '?'."""
    return xxh3_64_intdigest(text.encode("utf-8", "replace"))


def seeded_hash(purpose: str, key: str, seed: int) -> int:
    """Return the hash of `key` for `purpose`, uniform in 0..2^64-1.

    Purposes in use: keep, sample, shuffle, split, mix.
    """
    return hash64(f"{seed}{SEPARATOR}{purpose}{SEPARATOR}{key}")


def uniform(purpose: str, key: str, seed: int) -> float:
    """Return `seeded_hash` as a number in [0, 1)."""
    # The largest hashes would round to 1.0; they give the largest double below 1.
    return min(seeded_hash(purpose, key, seed) / MODULUS, 1.0 - 2.0**-53)


def signed(h: int) -> int:
    """Return a 64-bit hash as int64 in the same order (Spark has no unsigned type)."""
    return h - SIGN


def unsigned(h: int) -> int:
    """Undo `signed`."""
    return h + SIGN


def bucket_of(text: str | None, buckets: int) -> int:
    """Return the bucket of a text (usually an id), 0 <= bucket < buckets."""
    return hash64(text or "") % buckets


# White space as of `str.split` that is rare in texts.
RARE_SPACES = tuple(c for c in map(chr, range(0x3001)) if c.isspace() and c not in " \n")


def normalise(text: str) -> str:
    r"""Return the text in NFC with white space collapsed and stripped; case is kept.

    >>> normalise(" a\n b ")
    'a b'
    """
    text = unicodedata.normalize("NFC", text)
    if any(map(text.__contains__, RARE_SPACES)):
        return " ".join(text.split())
    text = text.replace("\n", " ")  # as to split and join, in half the time
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def text_hash(text: str) -> bytes:
    """Return a 16-byte hash of the text after NFC and white-space normalisation.

    BLAKE2b rather than a fast hash: no one can construct a page that collides with another and
    replaces it.
    """
    data = normalise(text).encode("utf-8", "replace")
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(slots=True)
class Tally:
    """Number of records, and the sum modulo 2^64 of the hashes of their keys.

    With counts alone, one lost and one doubled record cancel; with the sums they do not.
    `characters` is the length of the records' texts, where it is counted.
    """

    records: int = 0
    checksum: int = 0
    characters: int = 0

    def add(self, source: str, file_path: str, n: int) -> None:
        """Count one record."""
        self.add_key(record_key(source, file_path, n))

    def add_key(self, key: str) -> None:
        """Count one record by its full key."""
        self.records += 1
        self.checksum = (self.checksum + hash64(key)) % MODULUS

    def add_rows(self, source: str, file_path: str, numbers: Sequence[int]) -> None:
        """Count records of one file: as `add` for each, in a quarter of the time."""
        prefix = record_key(source, file_path, 0)[:-1].encode("utf-8", "replace")
        hashes = [xxh3_64_intdigest(b"%b%d" % (prefix, n)) for n in numbers]
        self.records += len(hashes)
        self.checksum = (self.checksum + sum(hashes)) % MODULUS

    def __add__(self, other: "Tally") -> "Tally":
        checksum = (self.checksum + other.checksum) % MODULUS
        characters = self.characters + other.characters
        return Tally(self.records + other.records, checksum, characters)

    @staticmethod
    def total(tallies: Iterable["Tally"]) -> "Tally":
        """Return the sum of all."""
        return sum(tallies, Tally())
