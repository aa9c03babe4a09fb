"""Reading remote files of known size, with checks and retries.

Input: a URL, the size and version that the inventory found. Output: its bytes. Fewer bytes than
requested, an error page with status 200, another size or ETag, a broken connection, "slow down"
(403, 429, 5xx): all are transport errors, not faults of the file. They are retried with
exponential backoff, ATTEMPTS times in all; then a `TransportError` names the file.
"""

import errno
import http.client
import io
import re
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from curate.store.urls import bare, hide_secrets
from curate.store.web import RedirectError, open_url

if TYPE_CHECKING:
    from typing_extensions import Buffer

ATTEMPTS = 6
PAUSE = 0.5  # seconds before the second attempt, doubled before each further one
LONGEST_PAUSE = 60.0  # seconds, even if a server asks for more
TIMEOUT_SECONDS = 60.0
FIRST, READ_AHEAD = 1 << 20, 8 << 20  # bytes of a request: after a seek, in sequential reading
# Status codes of overloaded servers; Common Crawl's also sends 403.
_BUSY = frozenset((403, 408, 425, 429, 500, 502, 503, 504))
_NO_HEAD = frozenset((400, 401, 403, 405, 501))
_TOTAL = re.compile(r"bytes\s+(\d+)-(\d+)/(\d+)", re.IGNORECASE)

Fetch = Callable[[str, int, int], bytes]  # (url, start, stop) -> bytes [start, stop)


class TransportError(OSError):
    """A remote file could not be read, or differs from what the inventory found."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EIO, message)


class _TryAgainError(Exception):
    """One attempt failed; `seconds` is the server's Retry-After."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


@contextmanager
def client_errors(url: str) -> Iterator[None]:
    """Raise the errors of a store's client, which have types of their own, as OSError."""
    try:
        yield
    except (OSError, ValueError, ImportError):
        raise
    except Exception as error:
        raise OSError(f"{bare(url)}: {type(error).__name__}: {error}") from error


def read_exactly(  # noqa: PLR0917 - a range, and its file
    url: str, start: int, stop: int, size: int, version: str = "", fetch: Fetch | None = None
) -> bytes:
    """Return bytes [start, min(stop, size)) of a file of `size` bytes.

    Args:
        version: the file's ETag, "" if it is not known; checked over HTTP.
        fetch: how other stores than HTTP are read.
    Raises:
        FileNotFoundError: the file does not exist.
        TransportError: it cannot be read, or differs from the inventory.
    """
    stop = min(stop, size)
    if start >= stop:
        return b""
    pause = PAUSE
    last_error = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            data = _http_range(url, start, stop, size, version) if fetch is None else fetch(
                url, start, stop
            )  # fmt: skip
        except (FileNotFoundError, RedirectError, TransportError):
            raise
        except _TryAgainError as error:
            last_error, pause = str(error), min(max(pause, error.seconds), LONGEST_PAUSE)
        except (OSError, http.client.HTTPException) as error:
            last_error = _message_of(error)
        else:
            if len(data) == stop - start:
                return data
            last_error = f"{len(data):,} bytes"
    raise TransportError(
        f"{bare(url)}: expected {stop - start:,} bytes from byte {start:,} of {size:,}, "
        f"got {last_error} ({ATTEMPTS} attempts)"
    )


def stat_http(url: str) -> tuple[int, str]:
    """Return (size, ETag or "") of a file on a web server, with the same retries as a range.

    Where a server refuses HEAD (stores with URLs signed for GET do), one byte is requested.

    Raises:
        FileNotFoundError: the file does not exist.
        TransportError: the server does not give a size.
    """
    pause, last_error, method = PAUSE, "", "HEAD"
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            size, version = _stat(url, method)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                raise _not_there(url) from error
            if method == "HEAD" and error.code in _NO_HEAD:
                method = "GET"
            elif error.code not in _BUSY:
                raise TransportError(f"{bare(url)}: status {error.code}") from error
            last_error = f"status {error.code}"
        except RedirectError:
            raise
        except (OSError, http.client.HTTPException) as error:
            last_error = _message_of(error)
        else:
            if size is not None:
                return size, version
            last_error, method = "no size", "GET"
    raise TransportError(f"{bare(url)}: expected its size, got {last_error} ({ATTEMPTS} attempts)")


def _stat(url: str, method: str) -> tuple[int | None, str]:
    headers = {"Accept-Encoding": "identity"} | ({"Range": "bytes=0-0"} if method == "GET" else {})
    with open_url(url, method=method, headers=headers, timeout=TIMEOUT_SECONDS) as response:
        size = response.headers.get("Content-Length") or ""
        if response.status == 206:
            total = _TOTAL.match(response.headers.get("Content-Range") or "")
            size = total[3] if total else ""
        return int(size) if size.isdecimal() else None, response.headers.get("ETag") or ""


def _http_range(url: str, start: int, stop: int, size: int, version: str) -> bytes:
    headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
    try:
        with open_url(url, headers=headers, timeout=TIMEOUT_SECONDS) as response:
            total = _TOTAL.match(response.headers.get("Content-Range") or "")
            is_full = response.status == 200 and (start, stop) == (0, size)
            if not is_full and (total is None or int(total[1]) != start):
                raise _TryAgainError(f"status {response.status} without the range")
            if total is not None and int(total[3]) != size:
                raise _TryAgainError(f"a file of {int(total[3]):,} bytes")
            tag = response.headers.get("ETag") or ""
            if version and tag and tag != version:
                raise _TryAgainError(f"ETag {tag}, not {version}")
            data: bytes = response.read(stop - start + 1)
            return data
    except urllib.error.HTTPError as error:
        if error.code in _BUSY:
            wanted = error.headers.get("Retry-After") or ""
            seconds = float(wanted) if wanted.isdecimal() else 0.0
            raise _TryAgainError(f"status {error.code}", seconds) from error
        if error.code in (404, 410):
            raise _not_there(url) from error
        raise TransportError(f"{bare(url)}: status {error.code}") from error


def _not_there(url: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such file", bare(url))


def _message_of(error: Exception) -> str:
    """Return an error's message, which may contain the URL."""
    return hide_secrets(f"{type(error).__name__}: {error}")


class RemoteFile(io.RawIOBase):
    """A seekable remote file; buffers one block, larger ones in sequential reading."""

    def __init__(self, url: str, size: int, version: str = "", fetch: Fetch | None = None) -> None:
        self._url, self._size, self._version, self._fetch = url, size, version, fetch
        self._at = 0
        self._start, self._data = 0, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            offset += self._size
        self._at = max(0, offset)
        return self._at

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer).cast("B")
        skip = self._at - self._start
        if not 0 <= skip < len(self._data):
            goes_on = bool(self._data) and skip == len(self._data)
            wanted = max(len(view), READ_AHEAD if goes_on else FIRST)
            self._data = read_exactly(
                self._url, self._at, self._at + wanted, self._size, self._version, self._fetch
            )
            self._start, skip = self._at, 0
        part = self._data[skip : skip + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)
