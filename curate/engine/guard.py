"""Isolation of functions that may crash or hang the worker process (extractors, users' filters).

Input: a function, and calls of it, each with a key. Output: its results; for a call that ended
its process (native crash, out of memory, CPU time limit) a reason.

The first attempt at a unit of work calls the function in the worker process, under a timer that
ends the process: that costs two system calls. If the process dies, the engine retries the unit, and
the new attempt, which finds the marker of an unfinished one, calls the function in a child process.
A call that ends the child is recorded first of all, so later attempts, and a resumed run, give the
same outcome without calling it. No call is made twice in one attempt.
"""

import json
import os
import resource
import signal
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from curate.store import io

T = TypeVar("T")

CRASHED, TOO_SLOW = "extraction_crashed", "extraction_too_slow"
REASONS: dict[str, str] = {
    CRASHED: "the extractor ended its process on this page: a native crash, or out of memory",
    TOO_SLOW: "the extractor exceeded the CPU time extract.max_seconds on this page",
}
# The same of a filter that a recipe names by module:attribute.
OF_FILTERS = {CRASHED: "filter_crashed", TOO_SLOW: "filter_too_slow"}
FILTER_REASONS: dict[str, str] = {
    "filter_crashed": "an external filter of the recipe ended its process on this record",
    "filter_too_slow": "an external filter of the recipe exceeded the CPU time extract.max_seconds",
}
# Above the worker's memory when the child is forked. Pages within the budgets take less than 1.
CHILD_BYTES = 2 << 30


class Guard(Generic[T]):
    """Wrapper of a function whose calls may end the process; call it with (key, *arguments).

    Args:
        function: the function; its results must be picklable where `guarded`.
        instead: reason -> result for a call that ended the process.
        seconds: CPU time limit of a call, None: no limit. At the limit the process ends.
        known_failures: keys of calls known to end the process -> the reason; they are skipped.
        guarded: make the calls in a child process, and start another child when it ends.
        record: called with each (key, reason) as it happens.
    """

    def __init__(
        self,
        function: Callable[..., T],
        instead: Callable[[str], T],
        *,
        seconds: float | None = None,
        known_failures: Mapping[int, str] | None = None,
        guarded: bool = False,
        record: Callable[[int, str], None] | None = None,
    ) -> None:
        self._function, self._instead, self._seconds = function, instead, seconds
        self._known, self._record = dict(known_failures or {}), record
        self._guarded = guarded
        self._child: Any = None
        self._line: Connection | None = None
        self.fallbacks = 0

    def __call__(self, key: int, *args: Any, **settings: Any) -> T:
        """Return the function's result, or the substitute for it."""
        why = self._known.get(key)
        if why is None and not self._guarded:
            with _timed(self._seconds):
                return self._function(*args, **settings)
        if why is None:
            result, why = self._in_child(args, settings)
            if why is None:
                return cast("T", result)
            if self._record is not None:
                self._record(key, why)
        self.fallbacks += 1
        return self._instead(why)

    def close(self) -> None:
        """End the child, if there is one."""
        if self._line is not None:
            self._line.close()
            self._child.join()
        self._line = self._child = None

    def _in_child(self, args: Any, settings: Any) -> tuple[Any, str | None]:
        """Return (result, None), or (None, why) if the child ended; re-raises errors."""
        if self._line is None:
            self._start()
        assert self._line is not None
        try:
            self._line.send((args, settings))
            result, error = self._line.recv()
        except (EOFError, OSError):
            self._child.join()
            why = TOO_SLOW if self._child.exitcode == -signal.SIGPROF else CRASHED
            self.close()
            return None, why
        if error is not None:
            raise error
        return result, None

    def _start(self) -> None:
        context = get_context("fork")  # fork: the function need not be picklable
        parent_end, child_end = context.Pipe()
        self._child = context.Process(
            target=_serve, args=(child_end, parent_end, self._function, self._seconds), daemon=True
        )
        with warnings.catch_warnings():  # Python 3.12 warns about threads; here they are idle
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child.start()
        child_end.close()
        self._line = parent_end


def _serve(
    line: Connection, other: Connection, function: Callable[..., Any], seconds: float | None
) -> None:
    """Serve calls until the parent has ended, with limited memory."""
    other.close()  # otherwise the end of the parent would not be noticed
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # without /proc there is no limit
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (now + CHILD_BYTES, hard))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(EOFError, ConnectionError):
        while True:
            args, settings = line.recv()
            result: tuple[Any, Exception | None]
            try:
                with _timed(seconds):
                    result = function(*args, **settings), None
            except MemoryError:
                os.abort()
            except Exception as error:
                result = None, error
            line.send(result)


@contextmanager
def _timed(seconds: float | None) -> Iterator[None]:
    """End the process, by the default action of SIGPROF, if the block exceeds its CPU time.

    No handler: Python runs handlers between bytecode instructions only, and a call into native
    code is one instruction.
    """
    if seconds is None:
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def attempt(
    folder: str,
    unit: str,
    function: Callable[..., T],
    instead: Callable[[str], T],
    *,
    seconds: float | None = None,
) -> Iterator[Guard[T]]:
    """Yield the function for one attempt at a unit: guarded, if an earlier attempt never ended.

    `folder` is the stage's; failures recorded there hold for all its units. Keys of calls must be
    unique across all of them.
    """
    marks = io.join(folder, "attempts", unit)
    died = bool(io.list_files(marks))
    mark = io.join(marks, uuid.uuid4().hex[:12])
    io.write_bytes(mark, b"begun")
    guard = Guard(
        function,
        instead,
        seconds=seconds,
        known_failures=read_failures(folder),
        guarded=died,
        record=lambda key, why: write_failure(folder, key, why),
    )
    try:
        yield guard
    finally:  # not reached if the process dies: then the marker stays
        guard.close()
        io.delete(mark)


def read_failures(folder: str) -> dict[int, str]:
    """Return the keys of calls that ended their process in this stage -> why."""
    failures = {}
    for url in io.list_files(io.join(folder, "failures")):
        if url.endswith(".json"):
            failure = json.loads(io.read_bytes(url))
            failures[failure["key"]] = failure["reason"]
    return failures


def write_failure(folder: str, key: int, reason: str) -> None:
    """Record that a call ended its process."""
    data = json.dumps({"key": key, "reason": reason}).encode()
    io.write_bytes(io.join(folder, "failures", f"{key:016x}.json"), data)
