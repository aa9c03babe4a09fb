"""Links of dumps, and their table: one row per normalised URL."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.links.lines import submissions
from curate.links.rules import Link, Rules
from curate.store import io
from curate.store.schema import columns
from curate.store.unpack import UNPACKING_ERRORS, is_io_error, unpacked

LINKS = columns(
    ("url", pa.string(), False),  # normalised; the rows are sorted by it, no two have the same
    ("posted", pa.string(), False),  # as it was first submitted: the one to fetch
    ("karma", pa.int64(), False),  # of all submissions that count
    ("date", pa.string(), True),  # of the first
    ("submissions", pa.int64(), False),
)
ROWS = 100_000  # of a row group


def links(path: str, rules: Rules, counts: Counter[str]) -> Iterator[Link]:
    """Yield a link for each submission of a dump that counts; count all others by reason.

    A truncated dump gives the part that was read, and counts as `bad_compression`.
    Raises OSError where its bytes cannot be read.
    """
    with io.open_read(path) as raw:
        try:
            for submission in submissions(unpacked(raw, path), counts):
                link = rules.judge(submission)
                if isinstance(link, str):
                    counts[link] += 1
                else:
                    counts["submissions"] += 1
                    yield link
        except UNPACKING_ERRORS as error:
            if is_io_error(error):
                raise
            counts["bad_compression"] += 1


def gather(all_links: Iterable[Link], rules: Rules) -> pa.Table:
    """Return the table of links; holds one entry for each page."""
    by_url: dict[str, tuple[int, str, int, int]] = {}  # created, posted, karma, submissions
    for url, posted, karma, created in all_links:
        old = by_url.get(url)
        if old is None:
            by_url[url] = (created, posted, karma, 1)
        else:
            first = min((created, posted), old[:2])
            by_url[url] = (*first, old[2] + karma, old[3] + 1)
    rows = [
        row(url, *by_url[url])
        for url in sorted(by_url)
        if rules.karma_of == "submission" or rules.karma is None or by_url[url][2] >= rules.karma
    ]
    return pa.Table.from_pylist(rows, LINKS)


def row(url: str, created: int, posted: str, karma: int, number: int) -> dict[str, Any]:
    """Return a row of LINKS."""
    return {
        "url": url,
        "posted": posted,
        "karma": karma,
        "date": date_of(created),
        "submissions": number,
    }


def date_of(created: int) -> str | None:
    """Return a Unix timestamp as a date, None if it is out of range.

    >>> date_of(1119552233)
    '2005-06-23T18:43:53Z'
    """
    try:
        return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def write(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write batches of LINKS as one Parquet file; return its rows.

    Row groups have equal lengths for any batches.
    """
    batches_: list[pa.RecordBatch] = []
    waiting = total = 0
    with pq.ParquetWriter(path, LINKS, compression="zstd") as writer:
        for batch in batches:
            batches_.append(batch)
            waiting += batch.num_rows
            total += batch.num_rows
            while waiting >= ROWS:
                table = pa.Table.from_batches(batches_, LINKS)
                writer.write_table(table.slice(0, ROWS))
                batches_ = table.slice(ROWS).to_batches()
                waiting -= ROWS
        if waiting:
            writer.write_table(pa.Table.from_batches(batches_, LINKS))
    return total
