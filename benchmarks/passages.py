"""Shared passages: what is found beside an exact table of all windows, and what it costs.

    python benchmarks/passages.py recall [--megabytes 20] [--bytes 500]
    python benchmarks/passages.py growth [--megabytes 50 200 800 2000] [--work FOLDER]

The corpus is made by a seed: words at random, documents of some 3 KB, one in five with a passage of
400 to 3,000 bytes from a pool that grows with the corpus, some passages more frequent than others.

`recall` names each window by the pair of names of its halves (Karp, Miller, Rosenberg 1972, as
suffix arrays are built by doubling): equal names are equal windows, without hashes. Bytes that
`find_passages` marks are held against those that the names say.

`growth` runs the stage on one process, of each size in a process of its own: seconds of processor
time, megabytes a second, bytes exchanged a byte of text, the most memory, what is cut; then the
exponent of growth between the first and the last size. Before it the stage runs on 0.3 MB, so that
what is compiled and loaded once does not count.
"""

import argparse
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate import recipe as recipes
from curate.batch import measure_text
from curate.dedup.passages.find import find_passages
from curate.engine.local import LocalEngine
from curate.pipeline import run as runs
from curate.stages import passages
from curate.stages.stage import SoFar
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents
from curate.store.keys import encode_key
from curate.store.tables import write_tables

WORDS, WORDS_A_DOCUMENT, SHARE, PART = 50_000, 450, 0.2, 5_000
ROW = "{:>9} {:>10} {:>9} {:>9} {:>10} {:>9} {:>7} {:>9}"
NAMES = ("megabytes", "documents", "seconds", "MB/s", "exchanged", "peak MiB", "rounds",
         "cut share")  # fmt: skip


def texts_of(megabytes: float, seed: int = 5) -> Iterator[list[str]]:
    """Yield the texts of a corpus of about so many megabytes, PART at a time."""
    chance = np.random.default_rng(seed)
    letters = np.array(list("etaoinshrdlucmfwypvbg"))
    lengths = chance.integers(2, 11, WORDS)
    words = np.array(["".join(chance.choice(letters, n)) for n in lengths], object)
    documents = int(megabytes * 1e6 / (WORDS_A_DOCUMENT * 7.0 * 1.08))
    pool = [
        " ".join(words[chance.integers(0, WORDS, n)])
        for n in chance.integers(60, 450, max(4, documents // 40))
    ]
    for start in range(0, documents, PART):
        some = []
        for size in chance.poisson(WORDS_A_DOCUMENT, min(PART, documents - start)):
            text = " ".join(words[chance.integers(0, WORDS, size)])
            if chance.random() < SHARE:
                passage = pool[int(len(pool) * chance.random() ** 3)]
                at = text.find(" ", int(len(text) * chance.random()))
                text = f"{text[:at]}\n{passage}\n{text[at + 1 :]}"
            some.append(text)
        yield some


# --- recall --------------------------------------------------------------------------------------


def names_of_windows(data: Any, length: int) -> Any:
    """Return a number for each window of `length` bytes, equal for equal windows alone."""
    names, size = data.astype(np.int64), 1
    while size < length:
        step = min(size, length - size)
        pairs = names[: len(names) - step] * (int(names.max()) + 1) + names[step:]
        _, names = np.unique(pairs, return_inverse=True)
        size += step
    return names


def repeated_bytes(texts: list[str], length: int) -> list[Any]:
    """Return for each text which of its bytes are repeated, the longest texts being best."""
    order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
    parts = [np.frombuffer(texts[n].encode(), np.uint8) for n in order]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    data = np.concatenate(parts)
    names = names_of_windows(data, length)
    documents = np.searchsorted(offsets, np.arange(len(names)), side="right") - 1
    inside = np.flatnonzero(np.arange(len(names)) + length <= offsets[documents + 1])
    _, firsts, inverse = np.unique(names[inside], return_index=True, return_inverse=True)
    first = inside[firsts[inverse]]
    hit = inside[(documents[first] != documents[inside]) | (first <= inside - length)]
    marks = np.zeros(len(data) + 1, np.int64)
    np.add.at(marks, hit, 1)
    np.add.at(marks, hit + length, -1)
    covered = np.cumsum(marks)[:-1] > 0
    repeated: list[Any] = [None] * len(texts)
    for position, n in enumerate(order):
        repeated[n] = covered[offsets[position] : offsets[position + 1]]
    return repeated


def recall(megabytes: float, length: int) -> None:
    warm_up()
    texts = [text for some in texts_of(megabytes) for text in some]
    size = sum(map(len, texts))
    began = time.process_time()
    passages_found = find_passages(texts, length=length)
    seconds = time.process_time() - began
    marks = [np.zeros(len(text.encode()), bool) for text in texts]
    for marked in passages_found:
        marks[marked.document][marked.start : marked.stop] = True
    wanted = repeated_bytes(texts, length)
    common = sum(int((a & b).sum()) for a, b in zip(marks, wanted, strict=True))
    repeated = sum(int(marked.sum()) for marked in wanted)
    found_bytes = sum(int(marked.sum()) for marked in marks)
    print(
        f"{size / 1e6:.1f} MB, {len(texts):,} documents, windows of {length} bytes: "
        f"{repeated:,} bytes repeated, {found_bytes:,} found; recall {common / repeated:.6f}, "
        f"precision {common / found_bytes:.6f}; {size / 1e6 / seconds:.0f} MB/s in memory"
    )


# --- growth --------------------------------------------------------------------------------------


def documents_of(folder: Path, megabytes: float) -> tuple[Documents, int]:
    """Return the corpus as committed documents, and its bytes."""
    receipts, size = [], 0
    for number, texts in enumerate(texts_of(megabytes)):
        rows = len(texts)
        base: dict[str, Any] = {
            "key": [encode_key(number, n) for n in range(rows)],
            "source": ["crawl"] * rows,
            "file_path": [f"{number}"] * rows,
            "n": list(range(rows)),
            "id": [f"{number}-{n}" for n in range(rows)],
            "text": texts,
            "extracted": [len(text) for text in texts],
        }
        batch = measure_text(pa.RecordBatch.from_pydict(base))
        columns = [
            batch[f.name].cast(f.type) if f.name in batch.schema.names else pa.nulls(rows, f.type)
            for f in schema.FILTERED
        ]
        batch_ = pa.RecordBatch.from_arrays(columns, schema=schema.FILTERED)
        files = write_tables(
            str(folder), f"{number:06d}", {"documents": schema.FILTERED}, [("documents", batch_)]
        )
        receipts.append(Receipt(f"{number:06d}", files))
        size += sum(len(text.encode()) for text in texts)
    return Documents(Commit.of("filter", "h", str(folder), receipts)), size


def stage_cost(folder: Path, megabytes: float) -> None:
    """Print what the stage costs: one line, read by `growth`."""
    cost_of(folder / "first", 0.3)  # compiles the kernels, loads what is loaded once
    size, seconds, exchanged, report = cost_of(folder / "measured", megabytes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(size, report["documents"], seconds, exchanged, peak, report["rounds"],
          report["characters_cut"] / report["characters"])  # fmt: skip


def cost_of(folder: Path, megabytes: float) -> tuple[int, float, int, dict[str, Any]]:
    """Return bytes of text, seconds of processor time, bytes exchanged, the stage's report."""
    folder.mkdir()
    (folder / "crawl.txt").write_text("a")
    data = {
        "language": None,
        "filters": [],
        "sources": {"crawl": {"kind": "text", "path": "crawl.txt"}},
        "dedup": {"passages": {}},
    }
    documents, size = documents_of(folder / "documents", megabytes)
    engine = LocalEngine(1, scratch=str(folder / "scratch"))
    loaded = recipes.parse(data, folder)
    run = runs.start(loaded, str(folder / "out"), log=lambda _: None).on(engine)
    so_far = SoFar({"filter": documents.base}, documents)
    stage = passages.prepare(run, so_far)
    began = time.process_time()
    commit = passages.work(stage, so_far)
    seconds = time.process_time() - began
    exchanged = sum(file.stat().st_size for file in (folder / "scratch").rglob("*.arrow"))
    engine.close()
    return size, seconds, exchanged, dict(commit.report)


def warm_up() -> None:
    find_passages(["compile the kernels first, " * 40] * 2, length=500)


def growth(sizes: list[float], work: Path | None) -> None:
    print(ROW.format(*NAMES))
    costs = []
    for megabytes in sizes:
        folder = Path(tempfile.mkdtemp(dir=work))
        line = [sys.executable, __file__, "cost", f"--megabytes={megabytes}", f"--work={folder}"]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        shutil.rmtree(folder)
        if done.returncode:
            raise SystemExit(done.stderr[-3_000:])
        size, documents, seconds, exchanged, peak, rounds, cut = map(float, done.stdout.split())
        costs.append((size, seconds))
        print(
            ROW.format(
                f"{size / 1e6:.0f}", f"{documents:,.0f}", f"{seconds:.1f}",
                f"{size / 1e6 / seconds:.1f}", f"{exchanged / size:.3f}", f"{peak:.0f}",
                f"{rounds:.0f}", f"{cut:.4f}",
            ),
            flush=True,
        )  # fmt: skip
    (first, first_cost), (last, last_cost) = costs[0], costs[-1]
    if last > first:
        print(f"exponent of growth {math.log(last_cost / first_cost) / math.log(last / first):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    parser.add_argument("what", choices=["recall", "growth", "cost"])
    parser.add_argument("--megabytes", type=float, nargs="+", default=None)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    if options.what == "recall":
        recall((options.megabytes or [20.0])[0], options.bytes)
    elif options.what == "cost":
        stage_cost(options.work, options.megabytes[0])
    else:
        growth(options.megabytes or [50, 200, 800, 2000], options.work)


if __name__ == "__main__":
    main()
