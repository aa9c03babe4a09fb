"""Path lists of crawls (warc.paths.gz): one archive per line.

Input: a list's URL and the share of its files that is wanted. Output: the files' URLs, sampled by
hash of their paths, so that a larger share contains the smaller one. Lines are relative to the root
of the crawl: the part of the list's URL before `crawl-data/`, else its folder.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.keys import uniform
from curate.store.remote import stat_http
from curate.store.unpack import lines_of, unpacked
from curate.store.urls import bare, is_web, with_user_of

_LIST = re.compile(r"\.paths(?:\.(?:gz|txt))?$")
LONGEST_LINE = 1 << 16
_CRAWL = re.compile(r"(?:^|(?<=/))crawl-data/")


def is_path_list(pattern: str) -> bool:
    """Return whether a path of a source is a list of archives.

    >>> is_path_list("https://a.org/crawl-data/X/warc.paths.gz"), is_path_list("a.warc.gz")
    (True, False)
    """
    return _LIST.search(bare(pattern)) is not None


def listed_files(url: str, share: float | None = None, seed: int = 0) -> Iterator[io.FileInfo]:
    """Yield the files of a list that are in the sample, with their sizes, in the list's order.

    Raises:
        FileNotFoundError: the list, or a file on it, does not exist.
        ValueError: a remote list names a file on another server or on this machine.
    """
    plain = bare(url)
    crawl = _CRAWL.search(plain)
    root = plain[: crawl.start()].rstrip("/") if crawl else plain.rpartition("/")[0]
    for path in _lines(url):
        file = path if "://" in path else io.join(root, path)
        if not io.is_local(url):
            _check_stays(plain, path, file)
        if share is None or uniform("sample", path, seed) < share:
            yield found_file(with_user_of(file, url), bare(path))


def _check_stays(url: str, line: str, file: str) -> None:
    """Raise ValueError if a list from a server names a file that is not on that server.

    A list is untrusted: it must not select files of this machine or its network.
    """
    base, target = urlsplit(url), urlsplit(file)
    steps = unquote(target.path).replace("\\", "/").split("/")
    if (base.scheme, base.netloc) != (target.scheme, target.netloc) or ".." in steps:
        raise ValueError(
            f"{url}: expected paths of files on {base.scheme}://{base.netloc}, got {bare(line)}"
        )


def found_file(url: str, file_path: str) -> io.FileInfo:
    """Return a file with its size and version. Raises FileNotFoundError."""
    if is_web(url):
        size, version = stat_http(url)
        return io.FileInfo(file_path, url, size, version)
    [info] = io.find(url)
    return io.FileInfo(file_path, info.url, info.size, info.version)


def _lines(url: str) -> Iterator[str]:
    info = found_file(url, url)
    with io.open_read(url, info.size, info.version) as file:
        lines = lines_of(unpacked(Blocks(file, 0, info.size), bare(url)), LONGEST_LINE)
        for line in lines:
            if line is None:
                raise ValueError(
                    f"{bare(url)}: expected a path a line, got one of {LONGEST_LINE:,} bytes"
                )
            if text := line.decode("utf-8", "replace").strip():
                yield text
