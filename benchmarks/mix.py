"""Print what mixing costs on this machine: counting tokens, finding cuts, writing shards.

    python benchmarks/mix.py [--megabytes 40] [--data FOLDER]

FOLDER holds reference/*.parquet with a text column; without one, texts are made up from a fixed
seed. One process, one thread; seconds are of CPU, so that a busy machine says the same, the best
of three runs that take turns with the peer's; bytes are the texts' (UTF-8).
"""

import argparse
import hashlib
import io
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tiktoken

from curate.mix import prefix
from curate.mix.boundaries import shard_boundaries
from curate.mix.buckets import Bucket, Hashes, Sum, top
from curate.mix.weights import Totals, plan
from curate.store import shard_writer as shards
from curate.store.schema import CORPUS
from curate.text import tokenizers as tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=40, help="text to work on")
    parser.add_argument("--data", type=Path, default=os.environ.get("CURATE_TEST_DATA"))
    settings = parser.parse_args()
    texts = load_texts(settings.data, settings.megabytes * 10**6)
    size = sum(len(text.encode()) for text in texts)
    longest = max(len(text.encode()) for text in texts)
    print(f"{len(texts):,} texts, {size / 1e6:.1f} MB, the longest {longest / 1e6:.2f} MB")
    counts = counting(texts, size)
    hostile()
    planning(counts)
    writing(texts, counts, size)


def load_texts(folder: Path | None, size: int) -> list[str]:
    """Return texts of `size` bytes: the references' in turn, over again if they are too few."""
    files = sorted(folder.glob("reference/*.parquet")) if folder else []
    if not files:
        print("no real data: texts are made up, so tokens and ratios mean little")
        random = np.random.default_rng(0)
        words = np.array([f"w{n:x}" for n in range(30_000)])
        texts = [
            " ".join(words[random.zipf(1.3, n) % 30_000]) for n in random.integers(50, 2_000, 2_000)
        ]
    else:
        tables = [pq.read_table(file, columns=["text"]) for file in files]
        print("from", ", ".join(file.name for file in files))
        texts = [str(text) for table in tables for text in table["text"].to_pylist()]
    loaded: list[str] = []
    while size > 0:
        for text in texts:
            loaded.append(text)
            size -= len(text.encode())
            if size <= 0:
                break
    return loaded


def best(*functions: Callable[[], Any], times: int = 3) -> list[tuple[float, Any]]:
    """Return (seconds of its fastest run, what it returned) of each function; they take turns."""
    runs: list[list[tuple[float, Any]]] = [[] for _ in functions]
    for _ in range(times):
        for function, timed in zip(functions, runs, strict=True):
            start = time.process_time()
            value = function()
            timed.append((time.process_time() - start, value))
    return [min(timed, key=lambda run: run[0]) for timed in runs]


def counting(texts: list[str], size: int) -> list[int]:
    print("\n-- tokens, one core")
    ours = tokens.load("gpt2")
    bare = bare_tiktoken()
    runs = best(
        lambda: ours.count(texts),
        lambda: [len(bare.encode_ordinary(text)) for text in texts],
    )
    assert runs[0][1] == runs[1][1]
    for name, (seconds, counts) in zip(("curate", "tiktoken"), runs, strict=True):
        total = sum(counts)
        print(f"{name:26} {total / seconds / 1e6:6.2f} M tokens/s {size / seconds / 1e6:7.1f} MB/s")
    counts = runs[0][1]
    return list(counts)


def bare_tiktoken() -> tiktoken.Encoding:
    """Return tiktoken's own GPT-2, with the pattern it ships, from the same vocabulary."""
    pattern = import_module("tiktoken_ext.openai_public").r50k_pat_str
    ranks = tokens._ranks(tokens._gpt2_files("gpt2")["encoder.json"])
    return tiktoken.Encoding(
        "gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256}
    )


def hostile() -> None:
    print("\n-- a text of one thing over and over, seconds for 1 MB and for 4 MB")
    ours = tokens.load("gpt2")
    for name, text in {
        "letter": "a",
        "digit": "0",
        "dash": "-",
        "space": " ",
        "Chinese character": "漢",
        "two letters": "ab",
        "space, then a word": " ",
    }.items():
        seconds = []
        for length in (10**6, 4 * 10**6):
            text_ = text * (length // len(text.encode())) + ("x" if "then" in name else "")
            seconds.append(best(partial(ours.count, [text_]), times=1)[0][0])
        print(f"{name:26} {seconds[0]:6.2f} {seconds[1]:6.2f}")


def planning(counts: list[int]) -> None:
    """Find the cut of a million documents as a driver would, sums and rows by NumPy."""
    print("\n-- a cut in a million documents")
    random = np.random.default_rng(1)
    n = 1_000_000
    hashes = random.integers(0, 2**64, n, dtype=np.uint64)
    weights = np.resize(np.array(counts, np.int64), n)
    mix_plan = plan({"web": Totals(n, int(weights.sum()))}, {}, tokens=int(weights.sum()) * 7 // 10)
    requests: Counter[str] = Counter()

    def sums(bits: int, open_: Mapping[str, int], finer: int) -> dict[tuple[str, int], Sum]:
        inside = top(hashes, bits) == np.uint64(open_["web"])
        keys, at = np.unique(top(hashes[inside], finer), return_inverse=True)
        documents = np.bincount(at)
        amounts = np.bincount(at, weights[inside]).astype(int)  # exact below 2^53
        requests["rounds"] += 1
        requests["sums"] += len(keys)
        return {
            ("web", int(key)): Sum(int(d), int(a))
            for key, d, a in zip(keys, documents, amounts, strict=True)
        }

    def rows(buckets: Mapping[str, Bucket]) -> dict[str, list[prefix.Row]]:
        bucket = buckets["web"]
        rows_found = np.flatnonzero((hashes >= bucket.start) & (hashes < np.uint64(bucket.stop)))
        requests["rows"] += len(rows_found)
        return {"web": [(int(hashes[i]), int(i), int(weights[i])) for i in rows_found]}

    [(seconds, cuts)] = best(lambda: prefix.epoch_cutoffs(mix_plan, sums, rows), times=1)
    remainder = mix_plan.shares["web"].remainder_tokens
    taken = int(weights[hashes <= np.uint64(cuts["web"].hash)].sum())
    print(
        f"{requests['rounds']} rounds, {requests['sums']:,} sums and {requests['rows']:,} rows to "
        f"the driver, {seconds:.2f} s; {taken - remainder:+,} tokens of {remainder:,}"
    )
    [(seconds, _)] = best(lambda: prefix.order(hashes, np.full(n, 1), np.full(n, 3)))
    print(f"order of a copy: {n / seconds / 1e6:.0f} M documents/s")


def writing(texts: list[str], counts: list[int], size: int) -> None:
    print("\n-- shards, one core, in memory")
    random = np.random.default_rng(2)
    orders = random.integers(0, 2**64, len(texts), dtype=np.uint64)
    run = np.argsort(orders).tolist()
    batches = [
        pa.RecordBatch.from_pylist(
            [row(texts[i], i, counts[i]) for i in run[start : start + 500]], schema=CORPUS
        )
        for start in range(0, len(run), 500)
    ]

    def write() -> tuple[shards.Written, bytes]:
        sink = io.BytesIO()
        with shards.ShardWriter(sink, CORPUS) as writer:
            for batch in batches:
                writer.write(batch)
        return writer.close(), sink.getvalue()

    table = pa.Table.from_batches(batches)

    def plainly() -> int:
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", compression_level=3, row_group_size=1_024)
        return sink.tell()

    (seconds, (written, data)), (plain_seconds, length) = best(write, plainly)
    assert hashlib.sha256(data).hexdigest() == written.sha256
    print(
        f"{'curate ShardWriter':26} {size / seconds / 1e6:6.1f} MB of text/s, "
        f"{written.bytes / size:.3f} of its size, {written.row_groups} row groups"
    )
    print(
        f"{'pyarrow write_table':26} {size / plain_seconds / 1e6:6.1f} MB of text/s, "
        f"{length / size:.3f} of its size"
    )
    cutting(orders, texts, size)


def row(text: str, i: int, count: int) -> dict[str, object]:
    return {
        "text": text,
        "id": f"<urn:uuid:{hashlib.md5(str(i).encode()).hexdigest()}>",
        "piece": 0,
        "epoch": 0,
        "source": "reference",
        "url": f"https://example.org/{i}",
        "date": "2024-05-18T01:58:10Z",
        "dump": "CC-MAIN-2024-22",
        "file_path": f"crawl/{i % 97:05d}.warc.gz",
        "language": "en",
        "language_score": 0.98,
        "quality_score": i / 1e6,
        "token_count": count,
    }


def cutting(orders: Hashes, texts: list[str], size: int) -> None:
    print("\n-- sizes of shards: the largest distance from total / n")
    documents = [
        (int(order), len(text.encode())) for order, text in zip(orders, texts, strict=True)
    ]
    for target in (size // 3, size // 20, size // 100):
        rounds = 0

        def sums(bits: int, prefixes: Sequence[int] | None, finer: int) -> dict[int, Sum]:
            nonlocal rounds
            rounds += 1
            wanted = None if prefixes is None else set(prefixes)
            bucket_sums: dict[int, Sum] = defaultdict(lambda: Sum(0, 0))
            for order, length in documents:
                if wanted is None or top(order, bits) in wanted:
                    old = bucket_sums[top(order, finer)]
                    bucket_sums[top(order, finer)] = Sum(old.documents + 1, old.amount + length)
            return bucket_sums

        [(seconds, cuts)] = best(partial(shard_boundaries, sums, target, size), times=1)
        sizes = np.zeros(cuts.shards, np.int64)
        largest = np.zeros(cuts.shards, np.int64)
        numbers = cuts.shard_of(orders)
        lengths = np.array([length for _, length in documents])
        np.add.at(sizes, numbers, lengths)
        np.maximum.at(largest, numbers, lengths)
        mean = size / max(1, -(-size // target))
        off = np.abs(sizes - mean)
        print(
            f"target {target / 1e6:7.2f} MB: {cuts.shards:3} shards, {off.max() / mean:6.2%} off, "
            f"{(off > np.maximum(mean / 10, largest)).sum()} beyond a tenth or their largest "
            f"document ({rounds} rounds, {seconds:.2f} s)"
        )


if __name__ == "__main__":
    main()
