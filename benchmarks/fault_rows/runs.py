"""Runs that are killed, stopped, or that run out of disk.

A reference run of a small recipe is made once. A row starts from a copy of what the reference run
left, cut back to the stage that it is about, injects its fault, runs the recipe again, and compares
every file of OUT with the reference's.
"""

import functools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from fault_rows.table import Outcome, Row, command

RESUMED = "the run continues, same bytes, every record accounted for"
STAGES = (
    "extract", "filter", "urls", "dedup", "train", "quality", "near", "find_contamination",
    "decontaminate", "count", "mix", "shards", "publish",
)  # fmt: skip
NOT_COMPARED = ("run.json", "report.html", "_curate.json", ".lock")  # times, identity, lock
FILES = 50 << 10  # bytes: a limit that some file of a run exceeds
TMPFS = "256k"


# --- the reference -------------------------------------------------------------------------------


@functools.cache
def reference() -> tuple[Path, Path]:
    """Return (recipe, OUT) of an undisturbed run; made once for all rows of a process's parent."""
    from curate.demo import make_crawl

    folder = Path(tempfile.gettempdir()) / f"curate-faults-{os.getuid()}-{os.getppid()}"
    recipe, out = folder / "in/recipe.yaml", folder / "out"
    if not (out / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        make_crawl(recipe.parent, pages=100)
        whole = yaml.safe_load(recipe.read_text())
        whole["quality"]["documents"] = 200
        whole["mix"] = {"tokens": 12_000, "validation": 0.1}
        whole["output"] = {"shard_bytes": 2_500, "samples": 3, "unjudged": 20}
        recipe.write_text(yaml.safe_dump(whole, sort_keys=False))
        process = started(recipe, out)  # in a process of its own: rows fork from this one
        said = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(said)
    return recipe, out


def copied(folder: Path, before: str | None = None) -> tuple[Path, Path]:
    """Return (recipe, OUT): a copy of the reference, as it was before a stage."""
    recipe, whole = reference()
    out = folder / "out"
    shutil.copytree(whole, out)
    if before is not None:
        for stage in STAGES[STAGES.index(before) :]:
            shutil.rmtree(out / "_work" / stage, ignore_errors=True)
        for path in out.iterdir():
            if path.name not in ("_work", "_curate.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return recipe, out


def resumed(recipe: Path, out: Path, happened: str, *options: str) -> Outcome:
    """Return the outcome of running again: code, records unaccounted for, bytes compared."""
    code, said = command("run", str(recipe), "--out", str(out), "--engine", "local", *options)
    if code:
        return Outcome(f"{happened}; then exit {code}: {said.strip()[-150:]}", False)
    missing, same = unaccounted(out), contents(out) == contents(reference()[1])
    return Outcome(f"{happened}; continued", same and not missing, missing, same)


def unaccounted(out: Path) -> int:
    """Return how many records that were read have no outcome in ledger.json."""
    ledger = json.loads((out / "ledger.json").read_bytes())
    ends = sum(ledger[state] for state in ("kept", "held_out", "unused", "damaged"))
    ends += sum(ledger["skipped"].values())
    ends += sum(sum(reasons.values()) for reasons in ledger["dropped"].values())
    return abs(int(ledger["records_in"]) - ends)


def contents(out: Path) -> dict[str, bytes]:
    """Return every file of OUT outside of WORK that is to be the same in each run."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and "_work" not in path.parts and path.name not in NOT_COMPARED
    }


# --- kills and stops -----------------------------------------------------------------------------


def killed(stage: str, at: str) -> Row:
    """Return a row: SIGKILL after a stage's first file, or right before its commit."""

    def check(folder: Path) -> Outcome:
        recipe, out = copied(folder, stage)
        child = os.fork()
        if not child:
            try:
                run_until(recipe, out, stage, at)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return Outcome(f"the run was not killed: {status}", False)
        if (out / "_work" / stage).exists() and list(
            (out / "_work" / stage).glob("*/_commit.json")
        ):
            return Outcome("the stage was committed", False)
        return resumed(recipe, out, "killed")

    moment = "after its first file" if at == "file" else "before its commit"
    return Row("kill", f"SIGKILL in {stage}, {moment}", RESUMED, check)


def run_until(recipe: Path, out: Path, stage: str, at: str) -> None:
    """Run the recipe; end this process at a moment of a stage."""
    from curate.store import io

    staged = io.staged
    work = str(out / "_work" / stage)

    @contextmanager
    def killing(url: str) -> Iterator[Path]:
        with staged(url) as path:
            yield path
            if at == "commit" and url.startswith(work) and url.endswith("/_commit.json"):
                os.kill(os.getpid(), signal.SIGKILL)
        if at == "file" and (url.startswith(work) or stage == "publish"):
            os.kill(os.getpid(), signal.SIGKILL)

    io.staged = killing  # type: ignore[assignment]
    command("run", str(recipe), "--out", str(out), "--engine", "local")


def started(recipe: Path, out: Path, **settings) -> "subprocess.Popen[str]":  # type: ignore[type-arg]
    return subprocess.Popen(
        [sys.executable, "-m", "curate", "run", str(recipe), "--out", str(out), "--engine", "local"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        **settings,
    )  # fmt: skip


def wait_for(process: "subprocess.Popen[str]", when: Callable[[], object]) -> bool:
    """Return whether something came to be while the process ran."""
    while not when():
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    return True


def stopped(sent: signal.Signals, code: int) -> Row:
    """Return a row: a signal in the middle of a run, and the command that it tells to continue."""

    def check(folder: Path) -> Outcome:
        recipe, out = copied(folder, "extract")
        process = started(recipe, out)
        wait_for(process, lambda: list(out.glob("_work/filter/*")))
        process.send_signal(sent)
        said = process.communicate()[0]
        if process.returncode != code or "To go on" not in said or "Traceback" in said:
            return Outcome(f"exit {process.returncode}: {said.strip()[-150:]}", False)
        return resumed(recipe, out, f"exit {code}, with the command that continues")

    return Row("kill", f"{sent.name} in the middle of a run", f"exit {code}; {RESUMED}", check)


def paused(folder: Path) -> Outcome:
    """All processes of a run are stopped for two seconds, then they go on."""
    recipe, out = copied(folder, "extract")
    process = started(recipe, out)
    wait_for(process, lambda: list(out.glob("_work/extract/*/receipts/*")))
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(2)
    os.killpg(process.pid, signal.SIGCONT)
    process.communicate()
    same, missing = contents(out) == contents(reference()[1]), unaccounted(out)
    return Outcome(f"exit {process.returncode}", not process.returncode and same, missing, same)


def workers_killed(folder: Path) -> Outcome:
    """The processes below the command are killed while they extract."""
    import psutil

    recipe, out = copied(folder, "extract")
    process = started(recipe, out)
    wait_for(process, lambda: list(out.glob("_work/extract/*/attempts/*/*")))
    for child in psutil.Process(process.pid).children(recursive=True):
        if "spawn_main" not in " ".join(child.cmdline()):
            child.kill()
    said = process.communicate()[0]
    if process.returncode:
        told = "To go on" in said or "Run the same command" in said or "again" in said
        if "Traceback" in said or not told:
            return Outcome(f"exit {process.returncode}: {said.strip()[-150:]}", False)
    return resumed(recipe, out, f"exit {process.returncode}")


# --- disks ---------------------------------------------------------------------------------------


def small_files(folder: Path) -> Outcome:
    """No file may be larger than FILES bytes: writing fails in the middle of a run."""
    recipe, out = copied(folder, "extract")
    process = started(
        recipe, out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (FILES, FILES))
    )
    said = process.communicate()[0]
    if process.returncode != 1 or "Traceback" in said or "File too large" not in said:
        return Outcome(f"exit {process.returncode}: {said.strip()[-150:]}", False)
    return resumed(recipe, out, "exit 1, the reason told")


def small_disk(what: str) -> Callable[[Path], Outcome]:
    """Return a check: OUT or WORK is a disk of 256 KiB, then a larger one."""

    def check(folder: Path) -> Outcome:
        recipe, _ = reference()
        disk, out = folder / "disk", folder / "out"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "none", str(disk)]
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            return Outcome("not tried: no disk can be mounted here", True)
        words = [sys.executable, "-m", "curate", "run", str(recipe), "--engine", "local", "--out"]
        words += [str(disk)] if what == "OUT" else [str(out), "--work", str(disk / "work")]
        try:
            first = subprocess.run(words, capture_output=True, text=True, check=False)
            said = first.stdout + first.stderr
            full = first.returncode == 1 and "No space left" in said
            planned = first.returncode == 2 and "free" in said
            if "Traceback" in said or not (full or planned):
                return Outcome(f"exit {first.returncode}: {said.strip()[-150:]}", False)
            subprocess.run(["mount", "-o", "remount,size=99m", str(disk)], check=True)
            again = subprocess.run(words, capture_output=True, text=True, check=False)
            made = disk if what == "OUT" else out
            if again.returncode:
                return Outcome(
                    f"then exit {again.returncode}: {again.stderr.strip()[-150:]}", False
                )
            same, missing = contents(made) == contents(reference()[1]), unaccounted(made)
            told = f"exit {first.returncode}, the reason told; continued on a larger disk"
            return Outcome(told, same and not missing, missing, same)
        finally:
            subprocess.run(["umount", str(disk)], check=False)

    return check


ROWS = (
    *(killed(stage, at) for stage in STAGES for at in ("file", "commit")),
    stopped(signal.SIGINT, 130),
    stopped(signal.SIGTERM, 143),
    Row("kill", "SIGSTOP for two seconds, SIGCONT", "same bytes", paused),
    Row("kill", "SIGKILL of the workers in extraction", RESUMED, workers_killed),
    Row("disk", f"files of at most {FILES >> 10} KiB (RLIMIT_FSIZE)", f"exit 1; {RESUMED}", small_files),
    Row("disk", f"OUT on a disk of {TMPFS}", f"exit 1 or 2; {RESUMED}", small_disk("OUT")),
    Row("disk", f"WORK on a disk of {TMPFS}", f"exit 1 or 2; {RESUMED}", small_disk("WORK")),
)  # fmt: skip
