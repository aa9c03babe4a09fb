"""What the tests of whole runs share: a small recipe, a reference run, runs in processes of
their own, and kills that fall where a test wants them.
"""

import functools
import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import yaml
from pyspark.sql import SparkSession
from warc.archives import http, member

from curate import recipe as recipes
from curate.demo import make_crawl
from curate.sources import inventory, split
from curate.spark import pipeline
from curate.spark.session import QUICK
from curate.warc.reader import Records

SCRIPTS = Path(sysconfig.get_path("scripts"))
PATIENCE = 300  # seconds for one run; on a quiet machine it takes half a minute
SPLITS = 4  # of each archive
PICTURE = 400_000  # bytes

FAST = tuple(f"--conf={key}={value}" for key, value in QUICK.items())

# --- a small recipe ----------------------------------------------------------------------------


def small_recipe(folder: Path) -> Path:
    """Return a recipe of few documents, eight splits of archives and some twenty shards.

    So many splits and shards that a kill finds some done and others not.
    """
    path = make_crawl(folder, pages=50, recipe="short.yaml")
    for number, archive in enumerate(sorted((folder / "crawl").glob("*.warc.gz"))):
        pad(archive, number)
    whole = yaml.safe_load(path.read_text())
    whole["extract"]["split_bytes"] = 1 << 20
    whole["mix"]["validation"] = 0.1
    whole["output"] = {"shard_bytes": 2_500, "samples": 3, "unjudged": 20}
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def pad(archive: Path, number: int) -> None:
    """Spread pictures, which nobody looks at, among the records of an archive: many splits."""
    data = archive.read_bytes()
    with archive.open("rb") as file:
        offsets = [record.offset for record in Records(file)]
    pictures = (SPLITS << 20) // PICTURE
    starts = offsets[:: -(-len(offsets) // pictures)]
    pieces = []
    for place, (start, stop) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        pieces += [data[start:stop], picture(100 * number + place)]
    archive.write_bytes(b"".join(pieces))


def picture(number: int) -> bytes:
    body = random.Random(number).randbytes(PICTURE)
    block = http(body, "Content-Type: image/png")
    url = f"https://pictures.example.org/{number}.png"
    return gzip.compress(member("response", block, url=url, n=number), mtime=0)


def units_of(path: Path) -> list[str]:
    """Return the names of the units that extraction has for a recipe."""
    recipe = recipes.load(path)
    return sorted(split(inventory(recipe)[0], recipe))


# --- what a run leaves -------------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """The small recipe, and what an undisturbed run in this process made of it."""

    recipe: Path
    out: Path

    @property
    def shards(self) -> list[str]:
        manifest = json.loads((self.out / "manifest.json").read_bytes())
        return [shard["file"] for shard in manifest["shards"]]


@functools.cache
def reference(spark: SparkSession, folder: Path) -> Reference:
    """Return the reference in a folder, made once for all tests."""
    recipe, out = small_recipe(folder / "small"), folder / "reference"
    run = pipeline.start(recipes.load(recipe), str(out), say=lambda _: None)
    pipeline.curate(run.on(spark))
    found = Reference(recipe, out)
    assert len(units_of(recipe)) >= 2 * SPLITS
    assert len(found.shards) >= 12
    assert {name.split("/")[1] for name in found.shards} == {"train", "validation"}
    return found


def assert_same(one: Path, other: Path) -> None:
    """Assert that two runs left the same: shards and manifest byte for byte, rows of tables."""
    assert shas(one) == shas(other)
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    assert ledger(one) == ledger(other)
    for name in ("ledger.json", "README.md"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    for table in ("duplicates", "samples"):
        assert pq.read_table(one / table).equals(pq.read_table(other / table)), table


def shas(out: Path) -> dict[str, str]:
    """Return name -> sha256 of everything below OUT/corpus, whatever it is."""
    files = sorted(path for path in (out / "corpus").rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def ledger(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / "ledger").to_pylist()
    return sorted(rows, key=lambda row: (row["source"], row["file_path"], row["n"]))


def times(folder: Path, pattern: str = "**/*") -> dict[str, int]:
    """Return when each file of a folder was last written, in nanoseconds, by its name."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def receipts(work: Path, stage: str) -> list[Path]:
    """Return the receipts of a stage, done or not."""
    return sorted(work.glob(f"{stage}/*/receipts/**/*.json"))


def receipts_by_unit(work: Path, stage: str) -> dict[str, list[str]]:
    """Return each unit's files, by the receipts of a stage, done or not."""
    found = (json.loads(path.read_bytes()) for path in receipts(work, stage))
    return {one["unit"]: [file["name"] for file in one["files"]] for one in found}


def committed(work: Path) -> set[str]:
    """Return the stages that are committed."""
    return {path.parent.parent.name for path in work.glob("*/*/_commit.json")}


def run_here(spark: SparkSession, recipe: Path, out: str | Path, **settings: Any) -> str:
    """Run in this process, whose JVM is warm; return what was said."""
    lines: list[str] = []
    run = pipeline.start(recipes.load(recipe), str(out), say=lines.append, **settings)
    pipeline.curate(run.on(spark))
    return "\n".join(lines)


# --- runs in processes of their own ------------------------------------------------------------


def command(recipe: Path, out: str | Path, *options: str) -> list[str]:
    """Return the command line of a run of the installed command."""
    return [
        str(SCRIPTS / "curate"), "run", str(recipe), "--out", str(out),
        "--master=local[2]", "--conf=spark.sql.shuffle.partitions=3", *FAST, *options,
    ]  # fmt: skip


@contextmanager
def started(
    line: Sequence[str], env: Mapping[str, str] | None = None
) -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[], str]]]:
    """Yield a process in a group of its own, and what it has said so far; end what is left."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )

        def output() -> str:
            return os.pread(said.fileno(), 1 << 20, 0).decode(errors="replace")

        relatives: list[psutil.Process] = []
        try:
            yield process, output
        finally:
            if process.poll() is None:
                relatives = family(process)
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            for one in relatives:
                if one.is_running():
                    one.kill()


def family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Return the processes below a process: Spark's workers make a group of their own."""
    return psutil.Process(process.pid).children(recursive=True)


def finish(line: Sequence[str], env: Mapping[str, str] | None = None, *, code: int = 0) -> str:
    """Run to the end; return what was said. Fails where the exit code is another."""
    with started(line, env) as (process, output):
        ended = process.wait(PATIENCE)
        assert ended == code, output()[-3000:]
        return output()


def killed(
    line: Sequence[str],
    when: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    *,
    alone: str | None = None,
) -> str:
    """Run until something has happened, then SIGKILL; return what was said.

    The whole group is killed, or `alone` the process that was started, which by then must bear
    this name. Returns when all that came of it have ended, by themselves: workers notice that
    nobody listens.
    """
    with started(line, env) as (process, output):
        deadline = time.monotonic() + PATIENCE
        while not when():
            assert process.poll() is None, f"it ended before it could be killed:\n{output()}"
            assert time.monotonic() < deadline, f"it did not get so far:\n{output()}"
            time.sleep(0.002)
        relatives = family(process)
        if alone is None:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            assert psutil.Process(process.pid).name() == alone
            process.kill()
        assert process.wait() == -signal.SIGKILL
        _, alive = psutil.wait_procs(relatives, timeout=60)
        said = output()
        for one in alive:
            one.kill()
        assert not alive, f"processes that went on: {alive}\n{said}"
        return said
