"""What whole runs cost besides their work: small runs, tasks and requests of a run, many units.

    python benchmarks/scale_runs.py small [--pages 300]      seconds of `curate run`, both engines
    python benchmarks/scale_runs.py tasks                    tasks for each unit of a whole chain
    python benchmarks/scale_runs.py requests                 requests of a run, a rerun, explain
    python benchmarks/scale_runs.py units ARCHIVE.warc.gz    the same documents in 42 and 420 units

small: the demo's crawl with so many pages, whole commands, seconds of the clock and of processors.
tasks: the demo's recipe with 40 splits on the engine without a JVM. requests: sources, WORK and OUT
on an S3 double that counts (moto). units: the archive's members are spread over 420 files
that the default recipe reads as 420 units, and as 42; processor seconds, the best of --runs.
Prints tables of Markdown.
"""

import argparse
import gzip
import json
import logging
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import fsspec
import pyarrow.parquet as pq
import s3fs
import yaml
from scale import counting_store, show

from curate import recipe as recipes
from curate.api.engines import PRELOAD
from curate.demo import make_crawl
from curate.engine.local import LocalEngine
from curate.pipeline.run import run_stages, start
from curate.sources import inventory, split
from curate.store import io
from curate.warc.reader import Records

FILLER = 600 << 10  # bytes: two files and it do not fit into a unit of 1 MiB


class Cost(NamedTuple):
    """Seconds of a command by the clock, and of processors, its processes included."""

    wall: float
    cpu: float


def curate(*words: str, env: dict[str, str] | None = None) -> Cost:
    """Run the command; return what it cost. Raises CalledProcessError."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "curate", *words],
        check=True, capture_output=True, env={**os.environ, **(env or {})},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - begun, cpu)


def small_runs(folder: Path, pages: int, runs: int) -> dict[str, str]:
    """Return seconds of runs of the demo's recipe on each engine, the best of `runs`."""
    recipe = str(make_crawl(folder, pages=pages))
    figures = {}
    for engine in ("local", "spark"):
        costs = []
        for n in range(runs):
            out = str(folder / f"{engine}-{n}")
            costs.append(curate("run", recipe, "--out", out, "--engine", engine))
        records = json.loads((folder / f"{engine}-0" / "ledger.json").read_bytes())["records_in"]
        best = min(costs)
        figures[f"{records:,} records, {engine}"] = (
            f"{best.wall:.1f} s, {best.cpu:.1f} of processors"
        )
    return figures


class CountingEngine(LocalEngine):
    """The engine without a JVM, which counts the tasks it is given."""

    given = 0

    def _run(self, tasks, rows):  # type: ignore[no-untyped-def]
        self.given += len(tasks)
        return super()._run(tasks, rows)


def tasks_of_a_run(folder: Path, units: int = 40) -> dict[str, str]:
    """Return how many tasks a whole chain has for each unit of its input."""
    path = make_crawl(folder, pages=500)
    data = yaml.safe_load(path.read_text())
    data.setdefault("extract", {})["split_bytes"] = 1 << 20
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    spread(sorted((folder / "crawl").glob("*.warc.gz")), folder / "crawl", units)
    recipe = recipes.load(path)
    run = start(recipe, str(folder / "out"), log=lambda _: None)
    unit_count = len(split(run.files, recipe))
    engine = CountingEngine(2, str(folder / "exchange"), PRELOAD)
    try:
        run_stages(run.on(engine))
    finally:
        engine.close()
    return {
        "units": f"{unit_count}",
        "tasks": f"{engine.given}",
        "tasks a unit": f"{engine.given / unit_count:.1f}",
    }


def spread(archives: Sequence[Path], folder: Path, files: int) -> None:
    """Write the members of archives to so many archives in their place, each of about one size."""
    members: list[bytes] = []
    for archive in archives:
        data = archive.read_bytes()
        with archive.open("rb") as file:
            offsets = [record.offset for record in Records(file)]
        members += [data[a:b] for a, b in zip(offsets, [*offsets[1:], len(data)], strict=True)]
        if archive.parent == folder:
            archive.unlink()
    folder.mkdir(exist_ok=True)
    share = sum(map(len, members)) / files
    written, pending, number = 0, [], 0
    for member in members:
        pending.append(member)
        written += len(member)
        if written >= (number + 1) * share or member is members[-1]:
            pending.append(filler(number))
            (folder / f"{number:04d}.warc.gz").write_bytes(b"".join(pending))
            pending, number = [], number + 1


def filler(number: int) -> bytes:
    """Return a member that is read over and makes a file of at least FILLER bytes."""
    block = random.Random(number).randbytes(FILLER)
    head = (
        f"WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Date: 2024-05-06T07:08:09Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012d}>\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def requests_of_a_run(folder: Path) -> dict[str, str]:
    """Return how many requests a run, its rerun and `explain` make of a store."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    figures = {}
    recipe = make_crawl(folder, pages=300)
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none")
    keys["AWS_DEFAULT_REGION"] = "us-east-1"
    with (
        counting_store() as (address, counts),
        patch.dict(os.environ, {**keys, "AWS_ENDPOINT_URL": address}),
    ):
        store = s3fs.S3FileSystem(endpoint_url=address)
        store.mkdir("bucket")
        data = yaml.safe_load(recipe.read_text())
        store.put(str(folder / "crawl"), "bucket/crawl", recursive=True)
        for source in data["sources"].values():
            if str(source["path"]).startswith("crawl/"):
                source["path"] = f"s3://bucket/{source['path']}"
        recipe.write_text(yaml.safe_dump(data, sort_keys=False))
        units = len(split(inventory(recipes.load(recipe))[0], recipes.load(recipe)))
        words = ("run", str(recipe), "--out", "s3://bucket/out", "--work", "s3://bucket/work")
        for name in (f"a run of {units} units", "the same command again"):
            counts.clear()
            curate(*words)
            figures[name] = f"{sum(counts.values()):,}"
        key = some_id("s3://bucket/out")
        counts.clear()
        curate("explain", "s3://bucket/out", key)
        figures["`curate explain` by id"] = f"{sum(counts.values()):,}"
    return figures


def some_id(out: str) -> str:
    """Return the id of a document in the shards."""
    manifest = json.loads(io.read_bytes(io.join(out, "manifest.json")))
    with fsspec.open(io.join(out, manifest["shards"][0]["file"]), "rb") as file:
        return str(pq.read_table(file, columns=["id"])["id"][0].as_py())


def many_units(folder: Path, archive: Path, runs: int) -> dict[str, str]:
    """Return processor seconds of the default recipe over one archive in 42 and in 420 files."""
    seconds, units = {}, {}
    spread([archive], folder / "in", 420)
    size = max(file.stat().st_size for file in (folder / "in").iterdir())
    for files, split_mib in ((42, -(-10 * size >> 20)), (420, 1)):
        recipe = folder / f"{files}.yaml"
        recipe.write_text(
            "sources: {crawl: {kind: warc, path: in/*.warc.gz}}\n"
            f"extract: {{split_bytes: {split_mib << 20}}}\ndedup: {{}}\n"
        )
        seconds[files] = min(
            curate("run", str(recipe), "--out", str(folder / f"out-{files}-{n}")).cpu
            for n in range(runs)
        )
        loaded = recipes.load(recipe)
        units[files] = len(split(inventory(loaded)[0], loaded))
    figures = {f"{units[n]} units": f"{seconds[n]:.1f} s of processors" for n in seconds}
    return {**figures, "ratio": f"{seconds[420] / seconds[42]:.2f}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=("small", "tasks", "requests", "units"))
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="curate-scale-") as name:
        folder = Path(name)
        if options.part == "small":
            show("small runs", small_runs(folder, options.pages, options.runs))
        elif options.part == "tasks":
            show("tasks of a whole chain", tasks_of_a_run(folder))
        elif options.part == "requests":
            show("requests of a run", requests_of_a_run(folder))
        else:
            show("the same documents", many_units(folder, options.archive, options.runs))


if __name__ == "__main__":
    main()
