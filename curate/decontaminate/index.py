"""The index of benchmark n-grams: one memory-mapped file, shared by all workers.

Input: items. Output: sorted 64-bit hashes, each with a reference to the occurrence of the n-gram,
and the items' words to verify a match, so that hash collisions are no hits. The file has, in this
order (offsets in its header): filter (one bit for each value of the leading bits of the hashes:
most lookups end there), hashes, rows and word offsets of the n-grams, rows, words.

A row is one text of an item in one view (`curate.text.benchmark_words`). An n-gram of the parted
view counts only if it spans at least eight words of the joined one (GPT-3's smallest n), or as many
as any n-gram of its text: else thirteen single letters of a formula would be a hit. Texts with
fewer than n words of the joined view have no n-gram and are not found.

Values of n, per benchmark: 13, or GPT-3's rule for measuring overlap, the 5th percentile of the
items' lengths, at least 8 and at most 13. An item is as long as its longest text.

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
"""

import json
import mmap
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate._lazy import listing
from curate.decontaminate.items import Item
from curate.text.benchmark_words import codes, grams, tokens, words

__all__ = ["Index"]
__dir__ = listing(__name__, __all__)

MAGIC = b"CURGRAM1"
NGRAM, SHORTEST = 13, 8
ALIGNED = 64  # bytes
FILTER_BITS = 16  # bits of the filter for each n-gram, at least

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


class Occurrence(NamedTuple):
    """An occurrence of an n-gram: its benchmark, item and field."""

    benchmark: str
    item: str
    field: str


class Index:
    """Index of the n-grams of benchmarks; made by `Index.build` or `Index.open`, immutable.

    An n-gram's number is the index of its first occurrence among the sorted hashes. Two indexes of
    the same items in the same order are the same bytes.
    """

    def __init__(self, data: "bytes | mmap.mmap") -> None:
        if data[: len(MAGIC)] != MAGIC:
            raise ValueError("Index: expected an index of benchmarks, got something else")
        length = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
        start = len(MAGIC) + 8
        self.data = data
        header: dict[str, Any] = json.loads(data[start : start + length])
        self.benchmarks: list[dict[str, Any]] = header["benchmarks"]
        self.fields: list[str] = header["fields"]
        self.items: list[str] = header["items"]
        arrays = {
            name: np.frombuffer(data, dtype, count, offset)
            for name, (dtype, count, offset) in header["arrays"].items()
        }
        self.filter: Bytes = arrays["filter"]
        self.hashes: Hashes = arrays["hashes"]
        self._rows, self._offsets = arrays["rows"], arrays["places"]
        self._row_items, self._row_fields = arrays["row_items"], arrays["row_fields"]
        self._row_benchmarks, self._row_ends = arrays["row_benchmarks"], arrays["row_ends"]
        self._words = arrays["words"]
        self._row_words = lru_cache(maxsize=4096)(self._split_row)

    @staticmethod
    def build(items: Iterable[Item], ngram: int | None = NGRAM) -> "Index":
        """Return the index of items, sorted by benchmark.

        Args:
            ngram: words of an n-gram; None: the 5th-percentile rule for each benchmark.

        Raises:
            ValueError: ngram is below 1, or a benchmark's items are not adjacent.
        """
        if ngram is not None and ngram < 1:
            raise ValueError(f"Index: ngram must be at least 1, got {ngram}")
        builder = _IndexBuilder()
        for benchmark, group in groupby(items, key=attrgetter("benchmark")):
            builder.add(benchmark, list(group), ngram)
        return Index(builder.data())

    @staticmethod
    def open(path: str | Path) -> "Index":
        """Return the index in a file, memory-mapped."""
        with Path(path).open("rb") as file:
            return Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def lengths(self) -> list[int]:
        """Return the values of n in use, ascending."""
        return sorted({about["ngram"] for about in self.benchmarks if about["ngrams"]})

    def number(self, hash_: np.uint64, at: int, gram_words: list[str]) -> int | None:
        """Return the number of an n-gram of these words; `at` is the first index of its hash."""
        while at < len(self.hashes) and self.hashes[at] == hash_:
            if self.gram(at) == gram_words:
                return at
            at += 1
        return None

    def gram(self, number: int) -> list[str]:
        """Return the words of an n-gram."""
        row, offset = int(self._rows[number]), int(self._offsets[number])
        length = self.benchmarks[self._row_benchmarks[row]]["ngram"]
        return self._row_words(row)[offset : offset + length]

    def occurrences(self, number: int) -> Iterator[Occurrence]:
        """Yield the occurrences of an n-gram: each item and field once."""
        gram_words, hash_, seen = self.gram(number), self.hashes[number], set()
        while number < len(self.hashes) and self.hashes[number] == hash_:
            row = int(self._rows[number])
            item, field = int(self._row_items[row]), int(self._row_fields[row])
            if (item, field) not in seen and self.gram(number) == gram_words:
                seen.add((item, field))
                benchmark = self.benchmarks[self._row_benchmarks[row]]["name"]
                yield Occurrence(benchmark, self.items[item], self.fields[field])
            number += 1

    def _split_row(self, row: int) -> list[str]:
        start = int(self._row_ends[row - 1]) if row else 0
        return self._words[start : int(self._row_ends[row])].tobytes().decode().split(" ")


class _IndexBuilder:
    """State while an index is built."""

    def __init__(self) -> None:
        self.benchmarks: list[dict[str, Any]] = []
        self.fields: dict[str, int] = {}
        self.items: list[str] = []
        self.hashes: list[Hashes] = []
        self.offsets: list[Numbers] = []
        self.rows: list[tuple[int, int, int]] = []  # benchmark, item, field
        self.words: list[bytes] = []

    def add(self, benchmark: str, items: list[Item], ngram: int | None) -> None:
        """Index a whole benchmark."""
        if any(about["name"] == benchmark for about in self.benchmarks):
            raise ValueError(f"Index: the items of {benchmark} must be adjacent")
        lengths = [max((len(words(text)) for _, text in item.texts), default=0) for item in items]
        n = percentile_length(lengths) if ngram is None else ngram
        number, before = len(self.benchmarks), sum(map(len, self.hashes))
        for item in items:
            for field, text in item.texts:
                self._add_text(number, field, text, n)
            self.items.append(item.id)
        self.benchmarks.append(
            {
                "name": benchmark,
                "ngram": n,
                "items": len(items),
                "too_short": sum(length < n for length in lengths),
                "ngrams": sum(map(len, self.hashes)) - before,
            }
        )

    def _add_text(self, benchmark: int, field: str, text: str, n: int) -> None:
        views = [tokens(codes(text), parted=parted) for parted in (False, True)]
        joined, parted = (grams(view.hashes, n) for view in views)
        if not len(joined):
            return
        row = benchmark, len(self.items), self.fields.setdefault(field, len(self.fields))
        self._add_row(row, joined, np.arange(len(joined)), words(text))
        starts = views[1].starts
        # The joined words that each n-gram of the parted view spans.
        within = np.searchsorted(views[0].starts, starts, side="right")
        spanned = within[n - 1 :] - within[: len(within) - n + 1] + 1
        new = ~np.isin(parted, joined) & (spanned >= min(n, SHORTEST, spanned.max()))
        if new.any():
            self._add_row(row, parted[new], np.flatnonzero(new), words(text, parted=True))

    def _add_row(
        self, row: tuple[int, int, int], hashes: Hashes, offsets: Numbers, row_words: list[str]
    ) -> None:
        self.rows.append(row)
        self.hashes.append(hashes)
        self.offsets.append(offsets)
        self.words.append(" ".join(row_words).encode())

    def data(self) -> bytes:
        """Return the file."""
        numbers = np.repeat(np.arange(len(self.rows)), [len(hashes) for hashes in self.hashes])
        hashes = np.concatenate([np.empty(0, np.uint64), *self.hashes])
        offsets = np.concatenate([np.empty(0, np.int64), *self.offsets])
        order = np.lexsort((offsets, numbers, hashes))
        hashes = hashes[order]
        rows = np.array(self.rows, np.uint32).reshape(-1, 3)
        ends = np.cumsum([len(data) for data in self.words], dtype=np.int64)
        arrays = {
            "filter": _filter(hashes),
            "hashes": hashes,
            "rows": numbers[order].astype(np.uint32),
            "places": offsets[order].astype(np.uint32),
            "row_items": np.ascontiguousarray(rows[:, 1]),
            "row_fields": rows[:, 2].astype(np.uint16),
            "row_benchmarks": rows[:, 0].astype(np.uint16),
            "row_ends": ends,
            "words": np.frombuffer(b"".join(self.words), np.uint8),
        }
        header = {"benchmarks": self.benchmarks, "fields": list(self.fields), "items": self.items}
        return _encoded(header, arrays)


def percentile_length(lengths: list[int]) -> int:
    """Return GPT-3's n for items of these lengths: their 5th percentile, within 8 and 13.

    >>> percentile_length([9] * 6 + [12] * 94), percentile_length([9] * 5 + [12] * 95)
    (9, 12)
    >>> percentile_length([6] * 9), percentile_length([99]), percentile_length([])
    (8, 13, 13)
    """
    if not lengths:
        return NGRAM
    return min(NGRAM, max(SHORTEST, sorted(lengths)[len(lengths) * 5 // 100]))


def filter_bits(size: int) -> int:
    """Return how many leading bits of a hash a filter of so many bytes uses."""
    return (8 * size).bit_length() - 1


def _filter(hashes: Hashes) -> Bytes:
    bits = max(10, (FILTER_BITS * len(hashes)).bit_length())
    marked = np.zeros(1 << bits, bool)
    marked[hashes >> np.uint64(64 - bits)] = True
    return np.packbits(marked, bitorder="little")


def _encoded(header: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    """Return the bytes of an index file; the header has the offset of each array."""

    def aligned(size: int) -> int:
        return -(-size // ALIGNED) * ALIGNED

    def with_offsets(start: int) -> bytes:
        about = {}
        for name, array in arrays.items():
            about[name] = [array.dtype.str, len(array), start]
            start = aligned(start + array.nbytes)
        return json.dumps({**header, "arrays": about}).encode()

    # The header has offsets, whose digits are part of its length: leave room for longer ones.
    first = aligned(len(MAGIC) + 8 + len(with_offsets(0)) + 32 * len(arrays))
    text = with_offsets(first)
    data = bytearray(MAGIC + len(text).to_bytes(8, "little") + text)
    data.extend(bytes(first - len(data)))
    for array in arrays.values():
        data.extend(array.astype(array.dtype.newbyteorder("<")).tobytes())
        data.extend(bytes(aligned(len(data)) - len(data)))
    return bytes(data)
