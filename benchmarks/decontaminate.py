"""Decontamination: recall on planted copies, speed, index size; and speed of packing.

    python benchmarks/decontaminate.py [--items 3000] [--megabytes 40] [--data FOLDER]

FOLDER holds benchmarks/*.jsonl and reference/*.parquet with a text column. One process, one thread;
seconds are of CPU, so that a busy machine says the same, the best of three runs; bytes are the
texts' (UTF-8). Copies are planted with a fixed seed.
"""

import argparse
import os
import random
import re
import string
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from mix import bare_tiktoken, best, load_texts

from curate.decontaminate import Decontaminator, Index, Item, read_items
from curate.decontaminate.find import find
from curate.pack.parquet import rows
from curate.pack.sequences import Packer, stream
from curate.text import tokenizers
from curate.text.benchmark_words import codes, grams, tokens, words

BOOK_BYTES = 5_000_000
NGRAM = 13
Change = Callable[[str, random.Random], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=3_000, help="copies of each kind to plant")
    parser.add_argument("--megabytes", type=int, default=40, help="text to scan and to pack")
    parser.add_argument("--data", type=Path, default=os.environ.get("CURATE_TEST_DATA"))
    settings = parser.parse_args()
    if settings.data is None:
        parser.error("--data: expected a folder with benchmarks/ and reference/")
    items = [
        item
        for path in sorted(settings.data.glob("benchmarks/*.jsonl"))
        for item in read_items(str(path), path.stem)
    ]
    texts = load_texts(settings.data, settings.megabytes * 10**6)
    index = building(items)
    scanning(index, texts)
    million(texts)
    planting(index, items, texts, settings.items)
    packing(texts)


def building(items: list[Item]) -> Index:
    print("\n-- the index")
    Index.build(items[:10])  # compiled
    [(seconds, index)] = best(lambda: Index.build(items), times=1)
    short = sum(benchmark["too_short"] for benchmark in index.benchmarks)
    print(
        f"{len(items):,} items, {short:,} of fewer than {NGRAM} words; {len(index):,} n-grams in "
        f"{seconds:.1f} s, {len(index.data) / 1e6:.1f} MB"
    )
    return index


def million(texts: list[str]) -> None:
    """Print the size of an index of a million n-grams, of pieces of real text as items."""
    items, count, n = [], 0, 0
    while count < 1_000_000:
        text_words = texts[n % len(texts)].split()[:120]
        n += 1
        count += max(0, len(text_words) - NGRAM + 1)
        items.append(Item("many", str(n), (("text", " ".join(text_words)),)))
    index = Index.build(items)
    print(
        f"{len(index):,} n-grams of {len(items):,} items of up to 120 words: "
        f"{len(index.data) / 1e6:.1f} MB, {len(index.data) / len(index):.1f} bytes each"
    )


def scanning(index: Index, texts: list[str]) -> None:
    print("\n-- scanning, one core")
    size = sum(len(text.encode()) for text in texts)
    parts: dict[str, Callable[[str], Any]] = {
        "words, one view": lambda text: tokens(codes(text)),
        "n-grams, one view": lambda text: grams(tokens(codes(text)).hashes, NGRAM),
        "find, both views": lambda text: find(index, text),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.bin"
        path.write_bytes(index.data)
        opened = Index.open(path)
        parts["find, index on disk"] = lambda text: find(opened, text)
        for name, part in parts.items():
            part(texts[0])
            [(seconds, _)] = best(lambda part=part: [part(text) for text in texts] and None)
            print(f"{name:26} {size / seconds / 1e6:7.1f} MB/s")
    hit = sum(bool(find(index, text)) for text in texts)
    print(f"{hit:,} of {len(texts):,} texts have an n-gram of the benchmarks")


# --- planted copies ----------------------------------------------------------------------------


def gaps(text: str, drawn: random.Random, share: float, glue: list[str]) -> str:
    """Return the text with some of its spaces replaced."""
    return re.sub(
        r"\s+", lambda gap: drawn.choice(glue) if drawn.random() < share else gap[0], text
    )


def marks_added(text: str, drawn: random.Random) -> str:
    return gaps(text, drawn, 0.3, [", ", "; ", "! ", ' "', "” ", " (", "... ", "… ", ") "])


CHANGES: dict[str, Change] = {
    "exact": lambda text, _: text,
    "upper case": lambda text, _: text.upper(),
    "lower case": lambda text, _: text.lower(),
    "each word a capital": lambda text, _: text.title(),
    "marks added": marks_added,
    "marks deleted": lambda text, _: re.sub(r"[^\w\s]", "", text),
    "ASCII marks deleted": lambda text, _: text.translate(
        str.maketrans("", "", string.punctuation)
    ),
    "marks to spaces": lambda text, _: re.sub(r"[^\w\s]", " ", text),
    "other quotes and hyphens": lambda text, _: text.translate(
        str.maketrans({"'": "’", '"': "“", "-": "\u2011", ",": "،", ".": "。"})
    ),
    "dashes alone": lambda text, drawn: gaps(text, drawn, 0.3, [" - ", " – ", " — ", " -- "]),
    "dashes between words": lambda text, drawn: gaps(text, drawn, 0.3, ["--", "—", "-", "/"]),
    "lines broken anew": lambda text, drawn: gaps(text, drawn, 0.5, ["\n", "\r\n", "\t", "\u00a0"]),
    "case, marks and dashes": lambda text, drawn: gaps(
        marks_added(text.swapcase(), drawn), drawn, 0.2, [" - ", " — "]
    ),
}


def planting(index: Index, items: list[Item], texts: list[str], most: int) -> None:
    print("\n-- planted copies of texts of at least 13 words: found, and nothing of them left")
    drawn = random.Random(7)
    eligible = [
        (item, text) for item in items for _, text in item.texts if len(words(text)) >= NGRAM
    ]
    chosen = drawn.sample(eligible, min(most, len(eligible)))
    pages = [text for text in texts if 1_000 < len(text) < 30_000 and not find(index, text)]
    book = "\n\n".join(texts)[:BOOK_BYTES]
    decontaminate = Decontaminator(index=index)
    for name, change in CHANGES.items():
        planted(name, decontaminate, chosen, lambda _: drawn.choice(pages), change, drawn)
    in_book = chosen[: max(1, most // 150)]
    start = time.process_time()
    planted("exact, in a book of 5 MB", decontaminate, in_book, lambda _: book, CHANGES["exact"],
            drawn)  # fmt: skip
    planted("all, in a book of 5 MB", decontaminate, in_book, lambda _: book,
            CHANGES["case, marks and dashes"], drawn)  # fmt: skip
    print(f"{(time.process_time() - start) / 2 / len(in_book):.2f} s a book")
    untouched = sum(decontaminate(page).pieces == [(0, len(page))] for page in pages)
    print(f"documents without a hit, whole and equal: {untouched:,} of {len(pages):,}")


def planted(  # noqa: PLR0917 - two callers, above
    name: str,
    decontaminate: Decontaminator,
    chosen: list[tuple[Item, str]],
    page: Callable[[int], str],
    change: Change,
    drawn: random.Random,
) -> None:
    """Plant a copy of each text in a page of its own; print how many were found and cut."""
    found_count = cut = 0
    missed = []
    for number, (item, text) in enumerate(chosen):
        host, copy = page(number), change(text, drawn)
        at = drawn.randrange(len(host))
        document = f"{host[:at]}\n{copy}\n{host[at:]}"
        start, stop = at + 1, at + 1 + len(copy)
        cleaned = decontaminate(document)
        own_hits = [
            hit for hit in cleaned.hits
            if (hit.benchmark, hit.item) == item[:2] and hit.start < stop and hit.stop > start
        ]  # fmt: skip
        found_count += bool(own_hits)
        left = [document[a:b] for a, b in cleaned.pieces]
        away = all(b <= hit.start - 200 or a >= hit.stop + 200 for a, b in cleaned.pieces
                   for hit in own_hits)  # fmt: skip
        cut += (
            bool(own_hits) and away and not any(find(decontaminate.index, piece) for piece in left)
        )
        if not own_hits:
            missed.append((item.benchmark, item.id))
    print(f"{name:26} {found_count:6,} found, {cut:6,} cut, of {len(chosen):6,}", *missed[:3])


# --- packing -----------------------------------------------------------------------------------


def packing(texts: list[str]) -> None:
    print("\n-- packing, one core")
    size = sum(len(text.encode()) for text in texts)
    loaded, bare = tokenizers.load("gpt2"), bare_tiktoken()
    ids = [str(n) for n in range(len(texts))]

    def packed() -> tuple[int, int]:
        packer, sequences, left = Packer(2_048), 0, len(texts)
        with tempfile.TemporaryFile() as file:
            schema = rows(packer.add(stream([], [], 0))).schema
            with pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=False) as writer:
                for start in range(0, len(texts), 256):
                    some = [loaded.encode(text) for text in texts[start : start + 256]]
                    table = rows(packer.add(stream(ids[start : start + 256], some, loaded.eot)))
                    sequences += len(table)
                    writer.write_table(table)
        return sequences * 2_048 + packer.waiting - left, file.closed

    runs = best(packed, lambda: sum(len(bare.encode_ordinary(text)) for text in texts))
    (seconds, (count, _)), (bare_seconds, bare_count) = runs
    assert count == bare_count
    for name, spent in (("curate, to Parquet", seconds), ("tiktoken alone", bare_seconds)):
        print(f"{name:26} {count / spent / 1e6:6.2f} M tokens/s {size / spent / 1e6:7.1f} MB/s")


if __name__ == "__main__":
    main()
