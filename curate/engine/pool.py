"""A pool of worker processes that replaces workers that die and retries their tasks.

Workers are forked from a server process that has imported what they need and has no threads
(`multiprocessing`'s forkserver); a worker ends when its parent process does.
"""

import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection, current_process
from types import ModuleType
from typing import Any, NamedTuple

from curate.engine.server import CONTEXT, start_server
from curate.engine.verbs import TaskFailedError

ATTEMPTS = 4  # at a task whose worker dies, as in Spark
Task = Callable[[], Any]


class _Worker(NamedTuple):
    process: Any
    line: Any  # tasks and results
    life: Any  # closed when this process ends


class Pool:
    """Up to `size` processes, started when first needed.

    Args:
        preload: modules that the server of processes imports, once.
    """

    def __init__(self, size: int, preload: Sequence[str] = ()) -> None:
        self.size = size
        self._workers: list[_Worker] = []
        start_server(preload)

    def run(self, tasks: Sequence[Task], done: Callable[[], None]) -> Iterator[tuple[int, Any]]:
        """Yield (number of the task, its result) as tasks end; `done` is called for each.

        Raises a task's error (with the worker's traceback as `details`), or TaskFailedError if
        its worker died ATTEMPTS times.
        """
        waiting = deque((number, 1) for number in range(len(tasks)))
        busy: dict[Any, tuple[_Worker, int, int]] = {}
        free = list(self._workers)
        try:
            while waiting or busy:
                while waiting and len(busy) < self.size:
                    worker = free.pop() if free else self._start_worker()
                    number, attempt = waiting.popleft()
                    if _send(worker, tasks[number]):
                        busy[worker.line] = (worker, number, attempt)
                    else:
                        self._remove(worker)
                        waiting.appendleft((number, attempt))
                for line in connection.wait(list(busy)):
                    worker, number, attempt = busy.pop(line)
                    try:
                        result, error = worker.line.recv()
                    except (EOFError, OSError):
                        code = self._remove(worker)
                        if attempt >= ATTEMPTS:
                            raise TaskFailedError(_death_message(code, attempt)) from None
                        waiting.appendleft((number, attempt + 1))
                        continue
                    free.append(worker)
                    if error is not None:
                        raise _unpickled_error(*error)
                    done()
                    yield number, result
        finally:
            if busy:  # an error was raised: results of running tasks are not needed
                self.close()

    def _start_worker(self) -> _Worker:
        parent_end, child_end = CONTEXT.Pipe()
        life, their_life = CONTEXT.Pipe(duplex=False)
        with _without_main():
            process = _started(child_end, life)
        child_end.close()
        life.close()
        worker = _Worker(process, parent_end, their_life)
        self._workers.append(worker)
        return worker

    def _remove(self, worker: _Worker) -> int:
        self._workers.remove(worker)
        worker.line.close()
        worker.life.close()
        worker.process.join()
        return int(worker.process.exitcode or 0)

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._remove(worker)


def _started(line: Any, life: Any) -> Any:
    """Return a new process. A server of processes that was killed is replaced by the next start."""
    for attempt in range(1, ATTEMPTS + 1):
        process = CONTEXT.Process(target=_serve, args=(line, life), daemon=True)
        try:
            process.start()
        except (EOFError, ConnectionError) as error:
            if attempt == ATTEMPTS:
                message = f"no worker could be started, {attempt} times: {error!r}"
                raise TaskFailedError(message) from error
        else:
            break
    return process


def _death_message(code: int, attempts: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        why = " (out of memory, or killed by hand)" if name == "SIGKILL" else ""
        return f"a worker was ended by {name}{why}, {attempts} times at the same task"
    return f"a worker ended with exit code {code}, {attempts} times at the same task"


def _unpickled_error(packed: bytes, message: str, details: str) -> Exception:
    error: Exception | None = None
    with suppress(Exception):
        error = pickle.loads(packed)  # noqa: S301 - from our own worker
    if not isinstance(error, Exception):
        return TaskFailedError(message, details)
    error.details = details  # type: ignore[attr-defined]
    return error


def _send(worker: _Worker, task: Task) -> bool:
    data = pickle.dumps(task)
    try:
        worker.line.send_bytes(data)
    except (BrokenPipeError, ConnectionError):
        return False
    return True


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the program's main module: a worker must not run it again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(line: Any, life: Any) -> None:
    """Run tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    current_process().daemon = False  # daemons may not have children, which guards need
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    with suppress(EOFError, ConnectionError):
        while True:
            data = line.recv_bytes()
            try:
                result: Any = pickle.loads(data)()  # noqa: S301 - from our own parent
                packed = pickle.dumps((result, None))
            except Exception as error:
                packed = pickle.dumps((None, _pickled_error(error)))
            line.send_bytes(packed)


def _end_with(life: Any) -> None:
    """End this process when its parent ends."""
    with suppress(EOFError, OSError):
        life.recv_bytes()
    os._exit(1)


def _pickled_error(error: Exception) -> tuple[bytes, str, str]:
    details = traceback.format_exc()
    try:
        packed = pickle.dumps(error)
    except Exception:
        packed = b""
    return packed, f"{type(error).__name__}: {error}", details


def inline(tasks: Iterable[Task], done: Callable[[], None]) -> Iterator[tuple[int, Any]]:
    """Run tasks one after another in this process; yield (number, result)."""
    for number, task in enumerate(tasks):
        result = task()
        done()
        yield number, result
