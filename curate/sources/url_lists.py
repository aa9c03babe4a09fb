"""Selection of pages by URL lists and capture indexes (CDXJ, Common Crawl's columnar index).

Input: files of URLs (text, one per line, or Parquet with a column `url`) and of an index (CDXJ
lines, or Parquet with the columns of Common Crawl's columnar index). Output: `UrlSet`, a set of
URLs, and the locations (file, offset, length) of their captures. URLs are compared in the normal
form of `curate.dedup.urls.normalise_url`.
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from xxhash import xxh3_128_intdigest

from curate.dedup.urls import normalise_url
from curate.errors import RecipeError
from curate.sources.captures import CaptureFilter
from curate.sources.files import InputFile
from curate.store import io
from curate.store.file_blocks import Blocks
from curate.store.local_copies import local_copy
from curate.store.parquet import open_parquet
from curate.store.unpack import lines_of, unpacked
from curate.store.urls import bare

# Our names -> those of Common Crawl's columnar index, and of CDXJ.
COLUMNS = {
    "url": ("url",),
    "filename": ("warc_filename", "filename"),
    "offset": ("warc_record_offset", "offset"),
    "length": ("warc_record_length", "length"),
}
ALL_CAPTURES = CaptureFilter()
LONGEST_LINE = 1 << 20  # bytes; longer ones are no URL and no capture
_LOW = (1 << 64) - 1


class Place(NamedTuple):
    """Location of one capture: `length` bytes from `offset` on."""

    filename: str
    offset: int
    length: int


class UrlSet:
    """A set of URLs, 16 bytes each, that all workers of a machine share through a mapped file.

    It holds 128-bit hashes: of 3 billion pages against 100 million listed, the probability of a
    false positive is below 1e-20.

    >>> listed = UrlSet.of(["https://www.example.org/a/", "no URL"])
    >>> "http://example.org/a" in listed, "http://example.org/b" in listed, len(listed)
    (True, False, 1)
    """

    def __init__(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Initialise with sorted hashes, uint64[N, 2]; see `of`."""
        self.hashes = hashes
        self._high: npt.NDArray[np.uint64] = hashes[:, 0]

    @classmethod
    def of(cls, urls: Iterable[str]) -> "UrlSet":
        """Return the set of some URLs; strings that are no web URL are left out."""
        high, low = array("Q"), array("Q")
        for url in urls:
            if (normal := normalise_url(url)) is not None:
                h = xxh3_128_intdigest(normal.encode())
                high.append(h >> 64)
                low.append(h & _LOW)
        pairs = np.column_stack([np.array(high, np.uint64), np.array(low, np.uint64)])
        return cls(np.unique(pairs, axis=0))

    @classmethod
    def load(cls, url: str, sha256: str) -> "UrlSet":
        """Return a saved set, memory-mapped."""
        return cls(np.load(local_copy(url, sha256), mmap_mode="r"))

    def save(self, url: str) -> str:
        """Write the set; return the file's sha256."""
        with io.staged(url) as path:
            with path.open("wb") as file:
                np.save(file, self.hashes)
            return io.sha256(path)

    def __len__(self) -> int:
        return len(self.hashes)

    def __contains__(self, url: object) -> bool:
        normal = normalise_url(url) if isinstance(url, str) else None
        if normal is None:
            return False
        h = xxh3_128_intdigest(normal.encode())
        high, low = np.uint64(h >> 64), h & _LOW
        at = int(np.searchsorted(self._high, high))
        while at < len(self.hashes) and self._high[at] == high:
            if int(self.hashes[at, 1]) == low:
                return True
            at += 1
        return False


def read_urls(url: str) -> Iterator[str]:
    """Yield the URLs of a list: the lines of a text, or a Parquet file's column `url`.

    Raises ValueError where a Parquet file has no such column.
    """
    if _is_parquet(url):
        with open_parquet(url) as file:
            parquet = pq.ParquetFile(file)
            if "url" not in parquet.schema_arrow.names:
                names = ", ".join(parquet.schema_arrow.names)
                raise ValueError(f"{bare(url)}: expected a column url, got {names}")
            for batch in parquet.iter_batches(columns=["url"]):
                yield from (value for value in batch["url"].to_pylist() if value)
    else:
        for line in _lines(url):
            if text := line.decode("utf-8", "replace").strip():
                yield text


def read_index(
    url: str, listed: UrlSet | None, select: CaptureFilter = ALL_CAPTURES
) -> Iterator[Place]:
    """Yield the locations of the selected captures of listed URLs, of all if `listed` is None.

    CDXJ lines without a JSON object are left out (headers), and so are captures without a
    location. Raises ValueError where a Parquet file lacks one of COLUMNS, or one to select by.
    """
    for row in _columnar(url, select) if _is_parquet(url) else _cdxj(url, select):
        if listed is None or row["url"] in listed:
            capture = _place(row)
            if capture is not None:
                yield capture


def _place(row: Mapping[str, Any]) -> Place | None:
    try:
        capture = Place(str(row["filename"]), int(row["offset"]), int(row["length"]))
    except (KeyError, TypeError, ValueError):
        return None
    return capture if capture.offset >= 0 and capture.length > 0 else None


def _cdxj(url: str, select: CaptureFilter) -> Iterator[dict[str, Any]]:
    for line in _lines(url):
        start = line.find(b"{")
        if start < 0:
            continue
        try:
            row = json.loads(line[start:])
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and isinstance(row.get("url"), str) and select.keeps(row):
            yield row


def _columnar(url: str, select: CaptureFilter) -> Iterator[dict[str, Any]]:
    with open_parquet(url) as file:
        parquet = pq.ParquetFile(file)
        present = parquet.schema_arrow.names
        columns = {ours: [n for n in theirs if n in present] for ours, theirs in COLUMNS.items()}
        if missing := [COLUMNS[ours][0] for ours, theirs in columns.items() if not theirs]:
            raise ValueError(
                f"{bare(url)}: expected columns {', '.join(missing)}, got {', '.join(present)}"
            )
        names = {theirs[0]: ours for ours, theirs in columns.items()}
        try:
            selected_by = select.columns(present)
        except ValueError as error:
            raise ValueError(f"{bare(url)}: {error}") from error
        read = dict.fromkeys([*names, *chain.from_iterable(selected_by.values())])
        groups = select.row_groups(parquet.metadata)
        for batch in parquet.iter_batches(row_groups=groups, columns=list(read)):
            for row in select.rows(batch, selected_by).select(list(names)).to_pylist():
                yield {names[theirs]: value for theirs, value in row.items()}


def _is_parquet(url: str) -> bool:
    with io.open_read(url) as file:
        return file.read(4) == b"PAR1"


def _lines(url: str) -> Iterator[bytes]:
    with io.open_read(url) as file:
        size = file.seek(0, 2)
        lines = lines_of(unpacked(Blocks(file, 0, size), bare(url)), LONGEST_LINE)
        yield from (line for line in lines if line is not None)


def matching_lists(patterns: Sequence[str]) -> list[io.FileInfo]:
    """Return the files that match some patterns, each once. Raises FileNotFoundError."""
    files = {file.url: file for pattern in patterns for file in io.find(pattern)}
    return [files[url] for url in sorted(files)]


def by_file(
    places: Iterable[tuple[str, int, int]], files: Sequence[InputFile]
) -> tuple[dict[int, list[tuple[int, int]]], int]:
    """Return ({file number: [(offset, length), …] in order}, number of captures in no file).

    An index names files by their path in the crawl: it matches the file whose URL ends so, or else
    the only one of that name. Raises RecipeError for an ambiguous name.
    """
    named: dict[str, list[InputFile]] = defaultdict(list)
    for file in files:
        named[Path(bare(file.url)).name].append(file)
    matches: dict[str, InputFile | None] = {}
    ranges_of: dict[int, set[tuple[int, int]]] = defaultdict(set)
    nowhere = 0
    for filename, offset, length in places:
        if filename not in matches:
            matches[filename] = _matching_file(filename, named[Path(filename).name])
        file_ = matches[filename]
        if file_ is None:
            nowhere += 1
        else:
            ranges_of[file_.number].add((offset, length))
    return {number: sorted(ranges) for number, ranges in ranges_of.items()}, nowhere


def _matching_file(filename: str, files: Sequence[InputFile]) -> InputFile | None:
    by_path = [file for file in files if f"/{bare(file.url)}".endswith(f"/{filename}")]
    candidates = by_path or files
    if len(candidates) > 1:
        raise RecipeError(
            f"sources.{candidates[0].source}.index: expected one file for {filename}, "
            f"got {bare(candidates[0].url)} and {bare(candidates[1].url)}"
        )
    return candidates[0] if candidates else None
