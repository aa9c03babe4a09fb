"""When the compiled kernels are used: not for a few pages, and never before they would pay.

Loading them takes half a second and more, compiling them much longer; the plain path gives the same
text. So a process begins with that, and loads the kernels after some megabytes of pages if they lie
on disk compiled. They are compiled once on a machine, by one process while others go on without:
when all processes that would have loaded them, of this run and of earlier ones, have read so many
pages that compiling takes no longer. Each writes what it has read into a file beside the kernels.
"""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: each process compiles for itself
    fcntl = None  # type: ignore[assignment]

STEP = 1 << 22  # characters of pages: about a second of the plain path
COMPILE_AFTER = 1 << 27  # of the machine: the plain path reads so many while they are compiled
LEAST = 1 << 25  # of the process that compiles: a run that ends soon does not wait for it
_log = logging.getLogger(__name__)
_MODULE = "curate.extract.combined.compiled"


class _Policy:
    """What this process has seen, and the module of kernels once it is used."""

    def __init__(self) -> None:
        self.seen = 0
        self.next = STEP  # characters at which to look again
        self.module: Any = None
        self.settled: bool | None = None  # asked for, or not to be had


_policy = _Policy()


def kernels(characters: int) -> Any:
    """Return the module that extracts with kernels, or None; `characters` are those of a page."""
    policy = _policy
    if policy.settled is not None:
        return policy.module if policy.settled else None
    policy.seen += characters
    if policy.seen < policy.next:
        return None
    steps = 1 + (policy.seen - policy.next) // STEP
    policy.next += steps * STEP
    if policy.module is None:
        policy.module = _loaded()
    if policy.module is None:
        policy.settled = False
    elif policy.module.are_kept():
        policy.settled = _works(policy.module)
    else:
        policy.settled = _compiled(policy, steps * STEP)
    return policy.module if policy.settled else None


def _compiled(policy: _Policy, more: int) -> bool | None:
    """Return whether the kernels can be had, having compiled them; None while that does not pay."""
    folder = policy.module.folder()
    if folder is None:  # no place to keep them: each process is alone
        return _works(policy.module) if policy.seen >= COMPILE_AFTER else None
    counts = folder / "read_without_kernels"
    if max(_counted(counts, more), policy.seen) < COMPILE_AFTER or policy.seen < LEAST:
        return None
    with _locked(folder / "compiling_kernels") as alone:
        if not alone:
            return None
        works = _works(policy.module)
    counts.unlink(missing_ok=True)
    return works


def _counted(file: Path, more: int) -> int:
    """Return how many characters processes have added to a file, with `more` of this one."""
    try:
        with file.open("ab") as opened:
            opened.write(b"." * (more // STEP))
            opened.flush()
            return STEP * opened.tell()
    except OSError:
        return 0


@contextmanager
def _locked(file: Path) -> Iterator[bool]:
    """Hold a lock until the end of the block or of the process; False where another holds it."""
    if fcntl is None:
        yield True
        return
    try:
        held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        yield True
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except OSError:  # another has it, or the file system has no locks
        alone = False
    try:
        yield alone
    finally:
        os.close(held)


def in_use() -> Any:
    """Return the module that extracts with kernels, if this process uses it by now."""
    return _policy.module if _policy.settled else None


def use(kernels: bool | None) -> None:
    """Use the kernels from the first page on, or never; None leaves it to the pages seen.

    Raises:
        ImportError: they are asked for, and numba is not installed.
    """
    _policy.seen, _policy.next = 0, STEP
    _policy.module = import_module(_MODULE) if kernels else None
    _policy.settled = kernels


def _loaded() -> Any:
    try:
        return import_module(_MODULE)
    except ImportError:  # no numba
        return None


def _works(module: Any) -> bool:
    """Return whether the kernels can be had: compile them, or load them."""
    try:
        with _untimed():
            module.prepare()
    except Exception:  # a numba that cannot compile them; the plain path gives the same text
        _log.warning("extract: the compiled kernels cannot be had here", exc_info=True)
        return False
    return True


@contextmanager
def _untimed() -> Iterator[None]:
    """Do not count what the block takes towards the CPU time limit of the page at hand."""
    timer = getattr(signal, "ITIMER_PROF", None)  # Windows has none
    if timer is None:
        yield
        return
    left, _ = signal.setitimer(timer, 0)
    try:
        yield
    finally:
        signal.setitimer(timer, left)
