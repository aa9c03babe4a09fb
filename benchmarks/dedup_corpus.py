"""Write a deterministic synthetic corpus with known near-duplicates, of any size.

    python benchmarks/dedup_corpus.py --documents 200000 --duplicates 0.3 OUT.parquet

OUT.parquet becomes a folder of Parquet files of 10,000 rows:

id        string, doc-000000000 and up
text      string, 200 to 540 words of a real word list, drawn by their frequency in real text
origin    string, the id of the document this is a near-copy of; null: of none
replaced  int64, how many of its words were drawn anew; 0 in what is no copy

A share `duplicates` of the documents are copies, each of one sampled from those that are not: so
copies are anywhere, and the sizes of their clusters do not depend on the number of documents. So
many words are replaced that the Jaccard similarity of 5-word shingles to the origin is uniform
over 0.6 to 1.0. --equal N adds N documents equal to the first.

Every word is a hash of (seed, document, place): files can be made one by one, and nothing but
one of them is in memory.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

ROWS = 10_000  # a file
SHORTEST, LONGEST = 200, 540  # words
NGRAM, LOWEST = 5, 0.6  # shingles; similarity of the least like copies
TABLE = 1 << 20  # places of the table of words; rarer ones than this do not occur
COPY, ORIGIN, LENGTH, LIKENESS, WORD, PLACE, NEW = range(7)  # what a hash is drawn for
DATA = Path(os.environ.get("CURATE_TEST_DATA", Path(__file__).parents[2] / "shared/data"))
SCHEMA = pa.schema(
    [("id", pa.string()), ("text", pa.string()), ("origin", pa.string()), ("replaced", pa.int64())]
)


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--duplicates", type=float, default=0.3, help="share, 0 to below 1")
    parser.add_argument("--equal", type=int, default=0, help="so many copies of the first on top")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA, help="holds reference/*.parquet")
    options = parser.parse_args()
    if not 0 <= options.duplicates < 1:
        parser.error(f"--duplicates: expected a share of 0 to below 1, got {options.duplicates}")
    began = time.perf_counter()
    words = word_table(options.data)
    copies, size = 0, 0
    files = write(
        options.out,
        words,
        options.documents,
        options.duplicates,
        equal=options.equal,
        seed=options.seed,
    )
    for file in files:
        copies += pq.read_table(file, columns=["origin"])["origin"].drop_null().length()
        size += file.stat().st_size
    print(
        f"{options.documents + options.equal:,} documents, {copies:,} of them copies, {size:,} "
        f"bytes in {options.out}, {time.perf_counter() - began:.1f} s"
    )


def write(
    out: Path,
    words: "pa.StringArray",
    documents: int,
    duplicates: float = 0.3,
    *,
    equal: int = 0,
    seed: int = 1,
) -> list[Path]:
    """Write the documents into a folder that must be new or empty; return its files."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise SystemExit(f"{out}: expected a new or empty folder, got one with files")
    files = []
    for number, table in enumerate(tables(words, documents, duplicates, equal=equal, seed=seed)):
        files.append(out / f"part-{number:05d}.parquet")
        pq.write_table(table, files[-1], compression="zstd")
    return files


def tables(
    words: "pa.StringArray",
    documents: int,
    duplicates: float = 0.3,
    *,
    equal: int = 0,
    seed: int = 1,
) -> Iterator[pa.Table]:
    """Yield the documents, 10,000 at a time, in the order of their ids."""
    for start in range(0, documents + equal, ROWS):
        numbers = np.arange(start, min(start + ROWS, documents + equal))
        origins = origins_of(numbers, documents, duplicates, seed)
        origins[numbers >= documents] = 0
        yield _table(words, numbers, origins, numbers < documents, seed)


def origins_of(numbers: Ints, documents: int, duplicates: float, seed: int) -> Ints:
    """Return int64: whose copy each document is; its own number if it is none.

    An origin is none itself. The first document never is.
    """
    origins = numbers.copy()
    left = np.flatnonzero(_is_copy(numbers, duplicates, seed))
    tries = 0
    while len(left):
        lots = _hash(seed, ORIGIN, numbers[left], np.full(len(left), tries))
        origins[left] = (lots % np.uint64(documents)).astype(np.int64)
        left = left[_is_copy(origins[left], duplicates, seed)]
        tries += 1
    return origins


def _is_copy(numbers: Ints, duplicates: float, seed: int) -> npt.NDArray[np.bool_]:
    return (_share(_hash(seed, COPY, numbers, np.zeros_like(numbers))) < duplicates) & (numbers > 0)


def _table(
    words: "pa.StringArray",
    numbers: Ints,
    origins: Ints,
    changed: npt.NDArray[np.bool_],
    seed: int,
) -> pa.Table:
    zeros = np.zeros_like(numbers)
    lots = _hash(seed, LENGTH, origins, zeros)
    lengths = SHORTEST + (lots % np.uint64(LONGEST - SHORTEST + 1)).astype(np.int64)
    offsets = np.append(0, np.cumsum(lengths))
    places = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    chosen = _drawn(_hash(seed, WORD, np.repeat(origins, lengths), places), words)
    # A word replaced far from others takes NGRAM of the shingles with it, and brings as many:
    # of s, k words leave a similarity of (s - NGRAM k) / (s + NGRAM k).
    likeness = LOWEST + (1 - LOWEST) * _share(_hash(seed, LIKENESS, numbers, zeros))
    shingles = lengths - NGRAM + 1
    replaced = np.rint(shingles * (1 - likeness) / (NGRAM * (1 + likeness))).astype(np.int64)
    replaced[(origins == numbers) | ~changed] = 0
    rows = np.repeat(np.arange(len(numbers)), replaced)
    turns = np.arange(len(rows)) - np.repeat(np.cumsum(replaced) - replaced, replaced)
    where = _hash(seed, PLACE, numbers[rows], turns) % lengths[rows].astype(np.uint64)
    new = _drawn(_hash(seed, NEW, numbers[rows], turns), words)
    chosen[offsets[rows] + where.astype(np.int64)] = new
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), words.take(pa.array(chosen)))
    return pa.table(
        [
            _names(numbers),
            pc.binary_join(lists, " "),
            pc.if_else(pa.array(origins == numbers), pa.scalar(None, pa.string()), _names(origins)),
            pa.array(replaced),
        ],
        schema=SCHEMA,
    )


def _names(numbers: Ints) -> Any:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise("doc", digits, "-")


def word_table(data: Path) -> "pa.StringArray":
    """Return TABLE words, each as often as it occurs in the reference texts below a folder."""
    counts: Counter[str] = Counter()
    for file in sorted(data.glob("reference/*.parquet")):
        for text in pq.read_table(file, columns=["text"])["text"].to_pylist():
            counts.update(text.split())
    if not counts:
        print(f"no {data}/reference/*.parquet: words are made up, in Zipf's frequencies")
        counts.update({f"word{n:x}": round(1e7 / (n + 2.7)) for n in range(100_000)})
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ends = np.cumsum([count for _, count in common])
    middles = (np.arange(TABLE) + 0.5) * (ends[-1] / TABLE)
    return pa.array([word for word, _ in common]).take(
        pa.array(np.searchsorted(ends, middles, side="right"))
    )


def _drawn(hashes: Hashes, words: "pa.StringArray") -> Ints:
    return (hashes % np.uint64(len(words))).astype(np.int64)


def _share(hashes: Hashes) -> npt.NDArray[np.float64]:
    """Return the hashes as numbers in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _hash(seed: int, purpose: int, numbers: Ints, places: Ints) -> Hashes:
    """Return a 64-bit hash of each (seed, purpose, number, place), by splitmix64's steps."""
    head = np.uint64((seed * 8 + purpose + 1) * 0x9E3779B97F4A7C15 % (1 << 64))
    return _mixed(_mixed(numbers.astype(np.uint64) + head) + places.astype(np.uint64) * _STEP)


_STEP = np.uint64(0xD1B54A32D192ED03)


def _mixed(h: Hashes) -> Hashes:
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


if __name__ == "__main__":
    main()
