"""MinHash signatures and band keys (LSH).

A signature has one number per row; two documents agree in a row with the probability of their
Jaccard similarity. Rows are cut into bands; two documents with the same key of a band are a
candidate pair, verified on the texts (`curate.dedup.similarity`), never removed on the key alone.

Ours, for speed: 100,000 texts of 500 words a second on one core, from the text, where rensa 0.5
signs 6,000 (`benchmarks/dedup.py kernel`).
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled, mix
from curate._lazy import listing
from curate.dedup.bands import Banding, Unit
from curate.dedup.shingles import Texts, hash_streams, shingles

__all__ = ["MinHasher"]
__dir__ = listing(__name__, __all__)

Family = Literal["fast", "datasketch", "datasketch-legacy"]
Signatures = npt.NDArray[np.uint32]

EMPTY = np.uint32(0xFFFFFFFF)  # in every row of a document without shingles
MERSENNE = np.uint64((1 << 61) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinHasher:
    """Turn one text into its signature, uint32[num_perm]; many with `signatures`.

    Args:
        bands, rows: how `band_keys` cuts the signature.
        ngram, unit: what a shingle is (`curate.dedup.shingles`).
        seed: another seed gives another, independent signature.
        num_perm: rows of the signature, at least bands * rows, which is the default.
        family: "fast": Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup 2017,
            arXiv:1704.04370). Every row is filled in rounds, in each of which every shingle falls
            into one row: about two hashes per shingle instead of one per row, and an error no
            larger than that of independent permutations, sqrt(j (1 - j) / rows).
            "datasketch": equal bit for bit to datasketch 2's `MinHash` over
            `shingles(text)` in UTF-8 (scheme affine32, SHA-1 cut to 32 bits).
            "datasketch-legacy": the same for datasketch 1 (scheme legacy, modulo 2^61 - 1), whose
            values are below 2^32 and whose arrays are uint64. Both are 50 times slower: they
            are there to query an index that exists.
    Raises:
        ValueError: a number below 1, fewer rows than the bands need, an unknown unit or family.

    >>> hasher = MinHasher(bands=20, rows=7)
    >>> a, b = hasher("one two three four five six"), hasher("One, two: three four five six!")
    >>> a.shape, bool((a == b).all())
    ((140,), True)
    """

    bands: int = 20
    rows: int = 7
    ngram: int = 5
    unit: Unit = "word"
    seed: int = 1
    num_perm: int = 0
    family: Family = "fast"

    def __post_init__(self) -> None:
        if min(self.bands, self.rows, self.ngram) < 1 or self.seed < 0:
            raise ValueError(
                "MinHasher: bands, rows and ngram must be at least 1 and seed at least 0, got "
                f"bands={self.bands}, rows={self.rows}, ngram={self.ngram}, seed={self.seed}"
            )
        needed = self.bands * self.rows
        if self.num_perm == 0:
            object.__setattr__(self, "num_perm", needed)
        if self.num_perm < needed:
            raise ValueError(
                f"MinHasher: {self.bands} bands of {self.rows} rows need num_perm >= {needed}, "
                f"got num_perm={self.num_perm}"
            )
        if self.unit not in ("word", "character"):
            raise ValueError(f"MinHasher: unit must be word or character, got {self.unit!r}")
        if self.family not in ("fast", "datasketch", "datasketch-legacy"):
            raise ValueError(
                "MinHasher: family must be fast, datasketch or datasketch-legacy, "
                f"got {self.family!r}"
            )

    @classmethod
    def of(cls, banding: Banding, *, seed: int = 1, family: Family = "fast") -> Self:
        """Return the hasher of named settings, `MinHasher.of(SETTINGS["fineweb"])`."""
        return cls(
            bands=banding.bands,
            rows=banding.rows,
            ngram=banding.ngram,
            unit=banding.unit,
            seed=seed,
            family=family,
        )

    def __call__(self, text: str) -> Signatures:
        """Return the signature of one text, uint32[num_perm]."""
        signature: Signatures = self.signatures([text])[0]
        return signature

    def signatures(self, texts: Texts) -> Signatures:
        """Return uint32[N, num_perm] for a list of N texts or an Arrow string array, fastest.

        A null, and a text without shingles, has EMPTY in every row.
        """
        if self.family != "fast":
            return self._datasketch(texts)
        out = np.empty((len(texts), self.num_perm), np.uint32)
        round_keys = _round_keys(self.seed, 2 * self.num_perm)
        sketch = np.empty(self.num_perm, np.uint64)
        for first, hashes, ends in hash_streams(texts, ngram=self.ngram, unit=self.unit):
            _sketch(hashes, ends, round_keys, sketch, out[first : first + len(ends) - 1])
        return out

    def band_keys(self, signatures: Signatures) -> npt.NDArray[np.uint64]:
        """Return uint64[N, bands]: equal keys mean equal rows of the same band.

        The number of the band is part of the key, so keys of all bands may be in one table.
        Documents without shingles have keys too: leave them out by `has_shingles`.
        """
        if signatures.ndim != 2 or signatures.shape[1] != self.num_perm:
            raise ValueError(
                f"MinHasher: signatures must be of shape (N, {self.num_perm}), "
                f"got {signatures.shape}"
            )
        return _band_keys(signatures, self.bands, self.rows)

    def further_rows(self, signatures: Signatures, band: int, count: int) -> Signatures:
        """Return uint32[N, count]: the rows that follow this band's, from row 0 again at the end.

        They split the members of a band's bucket that is too full (`curate.dedup.clusters`).
        """
        start = (band + 1) * self.rows
        count = min(count, self.num_perm - self.rows)
        return signatures[:, (start + np.arange(count)) % self.num_perm]

    def _datasketch(self, texts: Texts) -> Signatures:
        strings = texts.to_pylist() if hasattr(texts, "to_pylist") else texts
        legacy = self.family == "datasketch-legacy"
        a, b = _permutations(self.num_perm, self.seed, legacy)
        out = np.full((len(strings), self.num_perm), EMPTY, np.uint32)
        for row, text in zip(out, strings, strict=True):
            grams = set(shingles(text or "", ngram=self.ngram, unit=self.unit))
            digests = b"".join(hashlib.sha1(_utf8(g)).digest()[:4] for g in grams)  # noqa: S324
            hashes = np.frombuffer(digests, "<u4").astype(np.uint64)
            (_permute_legacy if legacy else _permute_affine)(hashes, a, b, row)
        return out


def has_shingles(signatures: Signatures) -> npt.NDArray[np.bool_]:
    """Return bool[N]: False for documents without shingles, which join no bucket."""
    present: npt.NDArray[np.bool_] = (signatures != EMPTY).any(axis=1)
    return present


def _utf8(shingle: str) -> bytes:
    return shingle.encode("utf-8", "surrogatepass")


@cache
def _round_keys(seed: int, count: int) -> npt.NDArray[np.uint64]:
    keys = np.empty(count, np.uint64)
    _fill_keys(np.uint64(seed % 2**64), keys)
    return keys


@cache
def _permutations(
    count: int, seed: int, legacy: bool
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the factors and summands that datasketch draws for this seed."""
    random = np.random.RandomState(seed)
    if not legacy:
        a = random.randint(0, 2**31, count, dtype=np.uint32).astype(np.uint64) * np.uint64(2)
        b = random.randint(0, 2**32, count, dtype=np.uint32).astype(np.uint64)
        return a + np.uint64(1), b
    drawn = np.empty((2, count), np.uint64)
    for p in range(count):  # factor and summand in turn: the order in which datasketch draws
        drawn[0, p] = random.randint(1, int(MERSENNE), dtype=np.uint64)
        drawn[1, p] = random.randint(0, int(MERSENNE), dtype=np.uint64)
    return drawn[0], drawn[1]


@compiled
def _fill_keys(seed: np.uint64, keys: npt.NDArray[np.uint64]) -> None:
    state = mix(seed + np.uint64(0x9E3779B97F4A7C15))
    for i in range(len(keys)):
        state += np.uint64(0x9E3779B97F4A7C15)
        keys[i] = mix(state)


@compiled
def _sketch(
    hashes: npt.NDArray[np.uint64],
    ends: npt.NDArray[np.int64],
    round_keys: npt.NDArray[np.uint64],
    sketch: npt.NDArray[np.uint64],
    out: npt.NDArray[np.uint32],
) -> None:
    """Fill in one signature per document.

    In round r each shingle falls into a row with a value; a row keeps the least (round, value).
    Rounds end when all rows are filled. Round `rows` and later fill row r - rows only, so that a
    single shingle needs at most 2 * rows of them.
    """
    rows = len(sketch)
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    vacant = np.uint64(0xFFFFFFFFFFFFFFFF)
    for d in range(len(ends) - 1):
        sketch[:] = vacant
        filled, r = 0, 0
        while filled < rows and ends[d] < ends[d + 1]:
            key, order = round_keys[r], np.uint64(r) << half
            for i in range(ends[d], ends[d + 1]):
                h = (hashes[i] ^ key) * np.uint64(0xD6E8FEB86659FD93)
                h ^= h >> half
                h *= np.uint64(0x9E3779B97F4A7C15)
                row = ((h >> half) * np.uint64(rows)) >> half
                if r >= rows:
                    row = np.uint64(r - rows)
                value = order | ((h ^ (h >> np.uint64(29))) & low)
                current = sketch[row]
                filled += current == vacant
                sketch[row] = min(current, value)
            r += 1
        for row in range(rows):
            out[d, row] = np.uint32(sketch[row] & low)


@compiled
def _band_keys(signatures: npt.NDArray[np.uint32], bands: int, rows: int) -> npt.NDArray[np.uint64]:
    keys = np.empty((len(signatures), bands), np.uint64)
    for d in range(len(signatures)):
        for band in range(bands):
            key = np.uint64(band + 1) * np.uint64(0x9E3779B97F4A7C15)
            for row in range(band * rows, (band + 1) * rows):
                key = (key ^ np.uint64(signatures[d, row])) * np.uint64(0xD6E8FEB86659FD93)
                key ^= key >> np.uint64(32)
            keys[d, band] = mix(key)
    return keys


@compiled
def _permute_affine(
    hashes: npt.NDArray[np.uint64],
    a: npt.NDArray[np.uint64],
    b: npt.NDArray[np.uint64],
    out: npt.NDArray[np.uint32],
) -> None:
    """Lower out[p] to the least a[p] * fmix32(h) + b[p] modulo 2^32 over the hashes."""
    low = np.uint64(0xFFFFFFFF)
    for value in hashes:
        h = value ^ (value >> np.uint64(16))
        h = h * np.uint64(0x85EBCA6B) & low
        h ^= h >> np.uint64(13)
        h = h * np.uint64(0xC2B2AE35) & low
        h ^= h >> np.uint64(16)
        for p in range(len(out)):
            out[p] = min(out[p], np.uint32((a[p] * h + b[p]) & low))


@compiled
def _permute_legacy(
    hashes: npt.NDArray[np.uint64],
    a: npt.NDArray[np.uint64],
    b: npt.NDArray[np.uint64],
    out: npt.NDArray[np.uint32],
) -> None:
    """Lower out[p] to the least (a[p] * h + b[p], wrapped at 2^64) modulo 2^61 - 1, cut to 32."""
    for h in hashes:
        for p in range(len(out)):
            value = (a[p] * h + b[p]) % MERSENNE & np.uint64(0xFFFFFFFF)
            out[p] = min(out[p], np.uint32(value))
