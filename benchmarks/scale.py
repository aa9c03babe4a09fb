"""What a run costs besides its work: the driver by units, requests by files, tasks by units.

    python benchmarks/scale.py driver [--units 1000 10000 100000 180000]
    python benchmarks/scale.py requests
    python benchmarks/scale.py tasks [--documents 21000]

driver: synthetic commits of a whole chain, read, joined and written as a driver does, in processor
seconds, with the exponent fitted between the two largest. requests: a WORK on an S3 double that
counts. tasks: the same documents in 42 and 420 units on both engines. Prints tables of Markdown.
"""

import argparse
import hashlib
import math
import resource
import shutil
import tempfile
import time
from pathlib import Path

from curate.store import io
from curate.store.commits import Commit, Receipt, read_commit, write_commit
from curate.store.documents import Documents
from curate.store.keys import N_BITS, Tally
from curate.store.manifest import File
from curate.store.units import packed

STAGES = ("urls", "dedup", "quality", "near", "decontaminate")  # that drop documents
ROWS = 1_000  # documents of a unit


def sha_of(table: str, n: int) -> str:
    """Return a hash that is as hard to compress as a real one."""
    return hashlib.sha256(f"{table}{n}".encode()).hexdigest()


def commit_of(stage: str, folder: str, units: int, tables: tuple[str, ...]) -> Commit:
    """Return a commit of so many units, each of which wrote one file of each table."""
    receipts = []
    for n in range(units):
        lo, hi = n << N_BITS, (n << N_BITS) + ROWS * 10_000
        names = [(table, sha_of(table, n)) for table in tables]
        files = tuple(
            File(table, f"{table}/{n:06d}-{sha[:12]}.parquet", ROWS, 1 << 20, sha, lo, hi)
            for table, sha in names
        )
        facts = {"seconds": 1.234, "peak_bytes": 123_456_789}
        receipts.append(Receipt(f"{n:06d}", files, Tally(ROWS, n * 7919), facts))
    return Commit.of(stage, "0" * 64, folder, receipts, {"documents": ROWS * units})


def driver(units: int) -> dict[str, float]:
    """Return the processor seconds of a driver's steps at so many units."""
    found: dict[str, float] = {}
    folder = tempfile.mkdtemp(prefix="curate-scale-")
    try:
        base = commit_of("filter", io.join(folder, "filter"), units, ("documents", "outcomes"))
        found["commit write"] = timed(lambda: write_commit(base))
        found["commit read"] = timed(lambda: read_commit(base.folder))
        size = sum(path.stat().st_size for path in Path(base.folder).glob("_*"))
        found["commit bytes a unit"] = size / units
        documents = Documents(base)
        for stage in STAGES:
            commit = commit_of(stage, io.join(folder, stage), units, ("outcomes",))
            documents = documents.without(commit)
        scored = commit_of("scores", io.join(folder, "scores"), units, ("scores",))
        documents = documents.scored(scored)
        found["units of a whole chain"] = timed(documents.units)
        several = documents.units()
        found["packed into tasks"] = timed(lambda: packed(several, 10_000, 64 << 20))
        found["digest of a commit"] = timed(base.digest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    return found


def timed(function) -> float:
    """Return the processor seconds of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def show_driver(sizes: list[int]) -> None:
    """Print the driver's table."""
    columns = {size: driver(size) for size in sizes}
    print(
        "| processor seconds of the driver, at units |",
        " | ".join(f"{s:,}" for s in sizes),
        "| exponent |",
    )
    print("|---|" + "---|" * (len(sizes) + 1))
    for name in next(iter(columns.values())):
        values = [columns[size][name] for size in sizes]
        exponent = ""
        if len(sizes) > 1 and "bytes" not in name and "GiB" not in name and values[-2] > 0.001:
            ratio = math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])
            exponent = f"{ratio:.2f}"
        print(f"| {name} |", " | ".join(f"{v:.3f}" for v in values), f"| {exponent} |")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("driver",))
    parser.add_argument("--units", type=int, nargs="+", default=[1_000, 10_000, 100_000, 180_000])
    asked = parser.parse_args()
    if asked.part == "driver":
        show_driver(asked.units)


if __name__ == "__main__":
    main()
