"""The type of a row of the table of faults, and shared checks.

A row injects one fault and looks at what happens; its `check` is given an empty folder and answers
with an `Outcome`. It runs in a process of its own, with a limit of time and memory, so a row that
hangs or dies falls short, and no other.
"""

import contextlib
import io
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

SECONDS = 120.0  # of one row
PEAK_BYTES = 2 << 30  # beyond what the process held before it


class Outcome(NamedTuple):
    """What happened; `unaccounted` records and `same` bytes are None where there is no run."""

    happened: str
    holds: bool
    unaccounted: int | None = None
    same: bool | None = None


class Row(NamedTuple):
    """One fault."""

    kind: str
    injected: str
    promised: str
    check: Callable[[Path], Outcome]


class Done(NamedTuple):
    """A row, what happened, and what it cost."""

    row: Row
    outcome: Outcome
    seconds: float


def carried_out(row: Row, folder: Path) -> Done:
    """Return what comes of a row, in a process of its own."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    start = time.monotonic()
    child = context.Process(target=_in_child, args=(row, folder, theirs))
    child.start()
    theirs.close()
    outcome = None
    answered = ours.poll(SECONDS)
    if answered:
        with contextlib.suppress(EOFError):  # it ended without an answer
            outcome = Outcome(*ours.recv())
    else:
        os.kill(child.pid, signal.SIGKILL)
        outcome = Outcome(f"no end after {SECONDS:g} s", False)
    child.join()
    if outcome is None:
        outcome = Outcome(f"the process ended with {child.exitcode}", False)
    return Done(row, outcome, time.monotonic() - start)


def _in_child(row: Row, folder: Path, line) -> None:
    before = _peak()
    try:
        outcome = row.check(folder)
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        outcome = Outcome(f"{type(error).__name__} at {where}: {str(error)[:200]}", False)
    taken = _peak() - before
    if taken > PEAK_BYTES:
        outcome = outcome._replace(
            happened=f"{outcome.happened}; {taken >> 20:,} MiB of memory", holds=False
        )
    line.send(tuple(outcome))
    line.close()
    os._exit(0)


def _peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


# --- the command -----------------------------------------------------------------------------------


def command(*words: str) -> tuple[int, str]:
    """Return (exit code, what is printed on both streams) of `curate`, run in this process."""
    from rich.console import Console

    from curate import cli
    from curate.cli import console

    said = io.StringIO()
    for name in ("out_", "err"):
        stream = Console(file=said, width=10_000, highlight=False)
        vars(getattr(console, name)).update(vars(stream))
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            cli.main(list(words))
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return code, said.getvalue()


Content = bytes | str | Callable[[], bytes]


def write(folder: Path, files: Mapping[str, Content]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content_of(content))


def content_of(content: Content) -> bytes:
    """Return a file's bytes; those of large files are made by functions, when they are needed."""
    made = content() if callable(content) else content
    return made.encode() if isinstance(made, str) else made


SHORT = "sources: {a: {kind: text, path: in/*.txt}}\n"
INPUT = {"in/1.txt": "A text of some words.\n"}


def refused(
    recipe: str | bytes,
    *told: str,
    files: Mapping[str, bytes | str] = INPUT,
    options: tuple[str, ...] = (),
) -> Callable[[Path], Outcome]:
    """Return a check: `plan` leaves with 2, its message has all of `told`, and nothing is written."""

    def check(folder: Path) -> Outcome:
        write(folder, {**files, "recipe.yaml": recipe})
        before = sorted(folder.rglob("*"))
        code, said = command(
            "plan", str(folder / "recipe.yaml"), "--out", str(folder / "out"), *options
        )
        missing = [word for word in told if word not in said]
        holds = code == 2 and not missing and "Traceback" not in said
        holds &= sorted(folder.rglob("*")) == before
        shown = said.replace(f"{folder}/", "").strip().splitlines() or [""]
        return Outcome(f"exit {code}: {shown[0][:150]}", holds)

    return check


def accepted(
    recipe: str, files: Mapping[str, bytes | str] = INPUT, options: tuple[str, ...] = ()
) -> Callable[[Path], Outcome]:
    """Return a check: `plan` finds nothing wrong."""

    def check(folder: Path) -> Outcome:
        write(folder, {**files, "recipe.yaml": recipe})
        code, said = command(
            "plan", str(folder / "recipe.yaml"), "--out", str(folder / "out"), *options
        )
        shown = said.replace(f"{folder}/", "").strip().splitlines() or [""]
        return Outcome("exit 0" if code == 0 else f"exit {code}: {shown[0][:150]}", code == 0)

    return check


# --- files read ------------------------------------------------------------------------------------


def read_files(path: str, kind: str, folder: Path, extract: Mapping = {}, **keys):
    """Return (rows as text or state: reason, records unaccounted for) of a source, read whole."""
    from curate import recipe as recipes
    from curate.sources import Range, Reading, inventory, read

    whole = {"sources": {"s": {"kind": kind, "path": path, **keys}}, "extract": dict(extract)}
    recipe = recipes.parse(whole, folder)
    files, _ = inventory(recipe)
    reading, rows = Reading(), []
    for file in files:
        part = Range(file, 0, file.size)
        for _, row in read(part, recipe.sources["s"], recipe.extract, reading):
            shown = f"{row['state']}: {row['reason']}" if "state" in row else "read"
            rows.append((shown, len(row.get("text") or ""), row["key"]))
    unaccounted = abs(reading.tally.records - len({key for _, _, key in rows}))
    return [shown for shown, _, _ in rows], unaccounted


def told(rows: list[str]) -> str:
    """Return how often each outcome comes, in words."""
    return (
        ", ".join(f"{count:,} {name}" for name, count in sorted(Counter(rows).items())) or "nothing"
    )


def gives(
    files: Mapping[str, Content] | Callable[[Path], Mapping[str, Content]],
    kind: str,
    wanted: Mapping[str, int] | Callable[[Counter], bool],
    *,
    path: str = "in/*",
    **keys,
) -> Callable[[Path], Outcome]:
    """Return a check: the files of a source give these outcomes, each record accounted for.

    Args:
        files: or a function of the folder that makes them.
        wanted: how many of each outcome, or whether the counts are as they should be.
    """

    def check(folder: Path) -> Outcome:
        made = files(folder) if callable(files) else files
        write(folder, made)
        rows, unaccounted = read_files(path, kind, folder, **keys)
        counts = Counter(rows)
        right = wanted(counts) if callable(wanted) else counts == Counter(wanted)
        return Outcome(told(rows), bool(right) and unaccounted == 0, unaccounted)

    return check


def raises(
    files: Mapping[str, bytes | str], kind: str, pattern: str, *, path: str = "in/*", **keys
) -> Callable[[Path], Outcome]:
    """Return a check: reading ends in an error whose text has the pattern, and loses nothing."""

    def check(folder: Path) -> Outcome:
        write(folder, files)
        try:
            rows, _ = read_files(path, kind, folder, **keys)
        except Exception as error:
            said = f"{type(error).__name__}: {error}".replace(f"{folder}/", "")
            return Outcome(said[:150], re.search(pattern, said) is not None)
        return Outcome(told(rows), False)

    return check
