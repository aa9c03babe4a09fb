"""What the tests of whole runs share: a recipe with every stage, a reference run, runs in
processes of their own, and kills that fall where a test wants them.
"""

import fcntl
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
from warc.archives import http, member

from curate import recipe as recipes
from curate.api.engines import PRELOAD
from curate.demo import make_crawl
from curate.engine.local import LocalEngine, LocalRows
from curate.pipeline.run import run_stages, start
from curate.pipeline.specs import specs
from curate.sources import inventory, split
from curate.stages.stage import SoFar
from curate.takedown.tombstones import Tombstones
from curate.warc.reader import Records

SCRIPTS = Path(sysconfig.get_path("scripts"))
TIMEOUT_SECONDS = 300  # for one run; on a quiet machine it takes ten
SPLITS = 4  # of each archive
PICTURE = 400_000  # bytes
ALL = [spec.name for _, spec in specs()]

# --- a small recipe ----------------------------------------------------------------------------


def small_recipe(folder: Path) -> Path:
    """Return a recipe of few documents, with every stage, eight splits of archives and some
    thirty shards.

    So many splits and shards that a kill finds some done and others not.
    """
    path = make_crawl(folder, pages=100)
    for number, archive in enumerate(sorted((folder / "crawl").glob("*.warc.gz"))):
        pad(archive, number)
    whole = yaml.safe_load(path.read_text())
    whole["extract"]["split_bytes"] = 1 << 20
    whole["dedup"]["shared_lines"] = {"keep": "first"}
    whole["dedup"] |= {"passages": {"bytes": 64}, "contained": 0.6, "count_copies": True}
    whole["quality"]["documents"] = 200
    whole["mix"] = {"tokens": 12_000, "validation": 0.1}
    Tombstones.of(urls=["http://nowhere.example/"]).write(str(folder / "removed.parquet"))
    whole["rights"] = {"tombstones": ["removed.parquet"]}
    whole["output"] = {"shard_bytes": 2_500, "samples": 3, "unjudged": 20}
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def pad(archive: Path, number: int) -> None:
    """Spread pictures, which no stage reads, among the records of an archive: many splits."""
    data = archive.read_bytes()
    with archive.open("rb") as file:
        offsets = [record.offset for record in Records(file)]
    pictures = (SPLITS << 20) // PICTURE
    starts = offsets[:: -(-len(offsets) // pictures)]
    pieces = []
    for place, (first, stop) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        pieces += [data[first:stop], picture(100 * number + place)]
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
    """The small recipe, and what an undisturbed run of the local engine made of it."""

    recipe: Path
    out: Path

    @property
    def shards(self) -> list[str]:
        manifest = json.loads((self.out / "manifest.json").read_bytes())
        return [shard["file"] for shard in manifest["shards"]]

    @property
    def ledger(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads((self.out / "ledger.json").read_bytes())
        return result


def reference_in(folder: Path) -> Reference:
    """Return the reference in a folder; it is made by the first process that asks for it."""
    result = Reference(folder / "small" / "recipe.yaml", folder / "reference")
    with (folder / ".reference").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (result.out / "manifest.json").exists():
            small_recipe(result.recipe.parent)
            run_here(result.recipe, result.out)
    assert len(units_of(result.recipe)) >= 2 * SPLITS
    assert len(result.shards) >= 12
    assert {name.split("/")[1] for name in result.shards} == {"train", "validation"}
    assert committed(result.out / "_work") == set(ALL), "every stage has its part"
    return result


def assert_same(one: Path, other: Path) -> None:
    """Assert that two runs left the same: shards and manifest byte for byte, rows of tables."""
    assert shas(one) == shas(other)
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    assert ledger(one) == ledger(other)
    for name in (
        "ledger.json",
        "report.json",
        "README.md",
        "contamination.json",
        "models/quality.json",
    ):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    for table in ("duplicates", "passages", "samples", "pairs.parquet"):
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
    """Return the files of receipts of a stage, done or not."""
    return sorted(work.glob(f"{stage}/*/receipts/*.jsonl"))


def receipts_by_unit(work: Path, stage: str) -> dict[str, list[str]]:
    """Return each unit's files, by the receipts of a stage, done or not."""
    lines = [line for path in receipts(work, stage) for line in path.read_bytes().splitlines()]
    result = map(json.loads, lines)
    return {one["unit"]: [file["name"] for file in one["files"]] for one in result}


def committed(work: Path) -> set[str]:
    """Return the stages that are committed."""
    return {path.parent.parent.name for path in work.glob("*/*/_commit.json")}


@contextmanager
def local_engine(parallelism: int = 2) -> Iterator[LocalEngine]:
    """Yield the engine without a JVM, which ends with the block."""
    with tempfile.TemporaryDirectory() as scratch:
        engine = LocalEngine(parallelism, scratch, PRELOAD)
        try:
            yield engine
        finally:
            engine.close()


class InThisProcess:
    """The local engine where even what may end its process is done in this one."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine

    def start(self, function: Any, tasks: Any, schema: Any, *, isolated: bool = False) -> LocalRows:
        del isolated
        return self.engine.start(function, tasks, schema)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@contextmanager
def in_this_process() -> Iterator[InThisProcess]:
    """Yield an engine that starts no other process: what is patched here holds in its tasks."""
    with local_engine(1) as engine:
        yield InThisProcess(engine)


def run_here(recipe: Path, out: str | Path, engine: Any = None, **settings: Any) -> list[str]:
    """Run in this process; return the lines that were logged."""
    return run_with(recipe, out, engine, **settings)[1]


def run_with(
    recipe: Path, out: str | Path, engine: Any = None, until: str | None = None, **settings: Any
) -> tuple[SoFar, list[str]]:
    """Run in this process; return what was made and the lines that were logged."""
    lines: list[str] = []
    run = start(recipes.load(recipe), str(out), log=lines.append, **settings)
    if engine is not None:
        return run_stages(run.on(engine), until), lines
    with local_engine() as own:
        return run_stages(run.on(own), until), lines


# --- runs in processes of their own ------------------------------------------------------------


def command(recipe: Path, out: str | Path, *options: str) -> list[str]:
    """Return the command line of a run of the installed command."""
    return [str(SCRIPTS / "curate"), "run", str(recipe), "--out", str(out), *options]


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
            for relative in relatives:
                if relative.is_running():
                    relative.kill()


def family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Return the processes below a process: Spark's workers make a group of their own."""
    return psutil.Process(process.pid).children(recursive=True)


def finish(line: Sequence[str], env: Mapping[str, str] | None = None, *, code: int = 0) -> str:
    """Run to the end; return what was said. Fails where the exit code is another."""
    with started(line, env) as (process, output):
        ended = process.wait(TIMEOUT_SECONDS)
        assert ended == code, output()[-3000:]
        return output()


def wait_until(
    when: Callable[[], bool], process: "subprocess.Popen[bytes]", output: Callable[[], str]
) -> None:
    """Wait until something has happened in a process that goes on."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not when():
        assert process.poll() is None, f"it ended too early:\n{output()}"
        assert time.monotonic() < deadline, f"it did not get so far:\n{output()}"
        time.sleep(0.002)


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
        wait_until(when, process, output)
        relatives = family(process)
        if alone is None:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            assert psutil.Process(process.pid).name() == alone
            process.kill()
        assert process.wait() == -signal.SIGKILL
        assert_ended(relatives, output, timeout=60)
        return output()


def assert_ended(
    relatives: Sequence[psutil.Process], output: Callable[[], str], timeout: float = 10
) -> None:
    """Assert that processes end by themselves; those that do not are killed."""
    _, alive = psutil.wait_procs(relatives, timeout=timeout)
    names = [f"{one.pid} {one.name()}" for one in alive]
    for one in alive:
        one.kill()
    assert not names, f"processes that went on: {names}\n{output()}"
