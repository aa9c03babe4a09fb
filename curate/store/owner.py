"""Ownership markers and locks of folders that are written to (OUT, WORK).

A folder written by curate has the marker `_curate.json`. A non-empty folder without it belongs to
something else and is refused before work; in a folder with it only files with names that curate
writes are deleted or replaced. A run locks its folders: local ones by a file lock of the operating
system, those on a store by a file that is created only if it does not exist. The
lock is `fcntl`'s: the system releases it when a process dies; its file has the process's number.
"""

import fcntl
import json
import os
import re
import socket
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import IO, Literal

from curate._version import __version__
from curate.errors import RecipeError
from curate.store import io

Kind = Literal["out", "work", "pack"]
MARKER, LOCK, REMOTE_LOCK = "_curate.json", ".lock", "_curate.lock"
KEYS = {"out": "output.path", "work": "output.work", "pack": "TO"}
STAGED = re.compile(r"(?:^|/)\.[^/]+\.[0-9a-f]{8}\.tmp$")  # what `io.staged` leaves when killed

_TABLES = "ledger|duplicates|contamination"
# What a run writes below OUT; other files there are not curate's.
OURS = re.compile(
    r"corpus/(train|validation)/\1-\d{5,}-of-\d{5,}(\.v\d+)?\.parquet"
    rf"|({_TABLES})/\3-\d{{5,}}-of-\d{{5,}}\.parquet"
    r"|tombstones/(tombstones-\d{5,}\.parquet|_removal/\d+-[0-9a-f]+-[\w.-]+\.json)"
    r"|samples/(samples|unjudged)\.parquet|signals/(signals\.parquet|rules\.json)"
    r"|models/quality\.(model|json|png)"
    r"|(manifest|ledger|report|contamination|run|packs|_curate)\.json|README\.md|report\.html"
    r"|labels/(task-\d+\.jsonl?|drawn-\d+\.parquet|(labels|ratings)\.parquet|labels\.json)"
    r"|pairs\.parquet|\.lock|_curate\.lock"
)
_LOOSE = (LOCK, REMOTE_LOCK, "spark.log", "curate.log")  # written before a marker
FOLDERS = (
    "corpus", "ledger", "duplicates", "passages", "contamination", "samples", "models", "signals",
    "tombstones", "labels",
)  # fmt: skip


def names_below(folder: str, urls: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (URL, name below the folder) of listed files."""
    bare = folder.rstrip("/").partition("://")[2] or folder.rstrip("/")
    for url in urls:
        _, separator, name = url.partition(f"{bare}/")
        yield url, name if separator else url


def is_ours(folder: str, kind: Kind) -> bool:
    """Return whether a folder has the marker, or was written by curate 0.1.0, which had none."""
    if io.exists(io.join(folder, MARKER)):
        return True
    if kind == "pack":
        return io.exists(io.join(folder, "pack.json"))
    if kind == "work":
        stages = [io.join(folder, stage, name) for stage in ("extract",)
                  for name in io.list_folders(io.join(folder, stage))]  # fmt: skip
        return any(io.exists(io.join(stage, "_commit.json")) for stage in stages)
    with suppress(OSError, ValueError, KeyError, TypeError):
        manifest = json.loads(io.read_bytes(io.join(folder, "manifest.json")))
        return bool(manifest["schema_version"] == 1 and manifest["versions"]["curate"])
    return False


def folder_mistake(folder: str, kind: Kind, but: str | None = None) -> str | None:
    """Return why a folder must not be written to, None if it is empty or curate's.

    Args:
        but: a subfolder, such as WORK below OUT, that is checked separately.
    """
    if not is_ours(folder, kind):
        names = (name for url, name in names_below(folder, io.walk(folder)) if not (
            but and _is_below(url, but)) and not STAGED.search(name))  # fmt: skip
        others = [name for name in islice(names, 100) if name not in _LOOSE]
    elif kind == "out":
        names = (f"{subfolder}/{name}" for subfolder in FOLDERS for _, name in names_below(
            io.join(folder, subfolder), io.list_files(io.join(folder, subfolder))))  # fmt: skip
        others = [name for name in names if not (OURS.fullmatch(name) or STAGED.search(name))]
    else:
        others = []
    if not others:
        return None
    return (
        f"{KEYS[kind]}: expected a new folder, or one that curate wrote, got {folder} with "
        f"files of others such as {others[0]}: name another one"
    )


def _is_below(url: str, folder: str) -> bool:
    bare = folder.rstrip("/").partition("://")[2] or folder.rstrip("/")
    return f"{bare}/" in f"{url}/"


@contextmanager
def lock_folders(places: Iterable[tuple[str, Kind]], *, take_over: bool = False) -> Iterator[None]:
    """Lock folders for this process, mark them, and delete leftovers of staged writes.

    Args:
        places: folders and their kinds; each must have passed `mistake`.
        take_over: lock a folder of a store although its lock file says that another run has it.
    Raises:
        RecipeError: another process has locked one, or it cannot be written to.
    """
    with ExitStack() as stack:
        for folder, kind in places:
            if io.is_local(folder):
                stack.enter_context(_locked(folder, kind))
            else:
                stack.enter_context(_locked_on_store(folder, kind, take_over=take_over))
            marker = io.join(folder, MARKER)
            if not io.exists(marker):
                data = {"curate": __version__, "kind": kind, "id": uuid.uuid4().hex}
                io.write_bytes(marker, json.dumps(data).encode())
            if kind == "out":
                for subfolder in FOLDERS:
                    urls = io.list_files(io.join(folder, subfolder))
                    io.delete_many([url for url in urls if STAGED.search(url)])
        yield


@contextmanager
def _locked(folder: str, kind: Kind) -> Iterator[None]:
    path = io.local_path(folder) / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file: IO[str] = path.open("a+", encoding="ascii")
    except OSError as error:
        raise RecipeError(
            f"{KEYS[kind]}: expected a folder that can be written to, got {folder} "
            f"({error.strerror})"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise RecipeError(
                f"{KEYS[kind]}: process {file.read() or 'of another machine'} is at work in "
                f"{folder}: wait for it, or name another folder"
            ) from error
        except OSError:  # a file system without locks
            yield
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def _locked_on_store(folder: str, kind: Kind, *, take_over: bool) -> Iterator[None]:
    url = io.join(folder, REMOTE_LOCK)
    owner = f"process {os.getpid()} on {socket.gethostname()} ({uuid.uuid4().hex[:8]})"
    if not io.create(url, owner.encode()) and not take_over:
        holder = io.read_bytes(url).decode(errors="replace")
        if holder != owner:
            raise RecipeError(
                f"{KEYS[kind]}: {holder} is at work in {folder}: wait for it; if it was killed, "
                "give the same command --take-over"
            )
    if take_over:
        io.write_bytes(url, owner.encode())
    try:
        yield
    finally:
        with suppress(OSError):
            if io.read_bytes(url).decode(errors="replace") == owner:
                io.delete(url)
