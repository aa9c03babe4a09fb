"""Overhead of a run: driver time by units, store requests by files, evenness of splits.

    python benchmarks/scale.py driver [--units 1000 10000 100000 180000]
    python benchmarks/scale.py requests [--files 10000]
    python benchmarks/scale.py split

driver: synthetic commits of a whole chain, read, joined and written as a driver does, in processor
seconds, with the exponent fitted between the two largest. requests: what a driver asks of an S3
double that counts (moto). split: how many units 90,000 files of 1 GB make, and how even they are.
Prints tables of Markdown.
"""

import argparse
import hashlib
import logging
import math
import os
import resource
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import s3fs
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from curate.recipe import Recipe, Source
from curate.sources import InputFile, split
from curate.store import io
from curate.store.commits import (
    GROUP,
    Commit,
    Receipt,
    group_receipts,
    read_commit,
    read_receipts,
    write_commit,
)
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
    figures: dict[str, float] = {}
    folder = tempfile.mkdtemp(prefix="curate-scale-")
    try:
        base = commit_of("filter", io.join(folder, "filter"), units, ("documents", "outcomes"))
        figures["commit write"] = timed(lambda: write_commit(base))
        figures["commit read"] = timed(lambda: read_commit(base.folder))
        size = sum(path.stat().st_size for path in Path(base.folder).glob("_*"))
        figures["commit bytes a unit"] = size / units
        documents = Documents(base)
        for stage in STAGES:
            commit = commit_of(stage, io.join(folder, stage), units, ("outcomes",))
            documents = documents.without(commit)
        scored = commit_of("scores", io.join(folder, "scores"), units, ("scores",))
        documents = documents.scored(scored)
        figures["units of a whole chain"] = timed(documents.units)
        all_units = documents.units()
        figures["packed into tasks"] = timed(lambda: packed(all_units, 10_000, 64 << 20))
        figures["digest of a commit"] = timed(base.digest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    return figures


def timed(function: Callable[[], object]) -> float:
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


@contextmanager
def counting_store() -> Iterator[tuple[str, Counter[str]]]:
    """Yield the address of an S3 double, and what it is asked for by method."""
    counts: Counter[str] = Counter()
    app = DomainDispatcherApplication(create_backend_app)

    def counted(environ: Any, start_response: Any) -> Any:
        counts[environ["REQUEST_METHOD"]] += 1
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}", counts
    finally:
        server.shutdown()


def requests(files: int) -> dict[str, int]:
    """Return how many requests some of a driver's steps make of a store, at so many files."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    figures = {}
    with counting_store() as (address, counts):
        os.environ |= {
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        store = s3fs.S3FileSystem(endpoint_url=address)
        store.mkdir("bucket")
        folder = "s3://bucket/work-of-a-run/extract/0123"

        def step(name: str, function: Callable[[], object]) -> None:
            counts.clear()
            function()
            figures[name] = sum(counts.values())

        receipts = [Receipt(f"{n:06d}", (), Tally(ROWS, n)) for n in range(files)]
        for start in range(0, files, GROUP):
            group_receipts(folder, receipts[start : start + GROUP])
        step(f"resume with {files:,} receipts in groups", lambda: read_receipts(folder))
        store.pipe({f"bucket/work-of-a-run/near/rounds/{n:06d}": b"x" for n in range(files)})
        step(
            f"delete {files:,} files",
            lambda: io.delete_tree("s3://bucket/work-of-a-run/near/rounds"),
        )
        commit = commit_of("filter", "s3://bucket/work-of-a-run/filter", files, ("documents",))
        step("write a commit", lambda: write_commit(commit))
        step("read a commit", lambda: read_commit("s3://bucket/work-of-a-run/filter"))
    return figures


def split_of_a_dump(files: int = 90_000, size: int = 1 << 30) -> dict[str, float]:
    """Return how many units a dump makes, and the largest's size by the median's."""
    source = Source(kind="warc", path=("s3://dump/*.warc.gz",))
    recipe_ = Recipe(sources={"crawl": source})
    files_ = [InputFile(n, "crawl", f"{n}.warc.gz", f"{n}.warc.gz", size, "") for n in range(files)]
    sizes = sorted(sum(p.stop - p.start for p in unit) for unit in split(files_, recipe_).values())
    median = sizes[len(sizes) // 2]
    return {"units": len(sizes), "largest to median": sizes[-1] / median, "MiB": median / (1 << 20)}


def show(title: str, table: Mapping[str, float | str]) -> None:
    """Print a table of two columns."""
    print(f"| {title} | |\n|---|---|")
    for name, value in table.items():
        form = {float: ",.2f", int: ","}.get(type(value), "")
        print(f"| {name} | {value:{form}} |")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=("driver", "requests", "split"))
    parser.add_argument("--units", type=int, nargs="+", default=[1_000, 10_000, 100_000, 180_000])
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args()
    if options.part == "driver":
        show_driver(options.units)
    elif options.part == "requests":
        show("requests of a store", dict(requests(options.files)))
    else:
        show("90,000 files of 1 GiB", split_of_a_dump())


if __name__ == "__main__":
    main()
