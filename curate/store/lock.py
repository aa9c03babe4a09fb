"""One run at a time in one WORK: two would delete each other's files."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from curate.errors import RecipeError
from curate.store import io


@contextmanager
def alone_in(work: str) -> Iterator[None]:
    """Hold a folder for this process, as long as it lives; remote folders are not held.

    The lock is the operating system's, on the file `.lock`: a process that is killed leaves
    none behind.

    Raises:
        RecipeError: another process holds the folder, or it cannot be written to.
    """
    if not io.is_local(work):
        yield
        return
    path = io.local_path(work) / ".lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise RecipeError(
            f"output.work: expected a folder that can be written to, got {work} ({error.strerror})"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise RecipeError(
                f"output.work: process {file.read() or 'of another machine'} is at work in {work}: "
                "wait for it, or name another folder with --work"
            ) from error
        except OSError:  # a file system without locks: as on a remote one
            yield
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
