"""Collect a table of links from dumps of submissions: one task per dump, one exchange by URL.

Input: files. Output: a Parquet file of `curate.links.LINKS`, sorted by URL, the same bytes for
any partitioning, and the counts of each file. Links and counts are rows of one table, so that dumps
are read once, and only the successful attempt of a task counts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate.engine.verbs import BUCKET, Engine
from curate.links.rules import Rules
from curate.links.table import LINKS, links, row, write
from curate.store import io
from curate.store.keys import bucket_of
from curate.store.schema import columns
from curate.store.units import Unit

# A link: its URL, and values to sum. A count: its name, the file as `posted`, the number.
ROWS = columns(
    (BUCKET, pa.int64(), False),
    ("what", pa.string(), False),
    ("url", pa.string(), False),
    ("posted", pa.string(), False),
    ("karma", pa.int64(), False),
    ("created", pa.int64(), False),
    ("number", pa.int64(), False),
)
BUCKETS = 64  # in which links are aggregated
FILE_BYTES = 64 << 20  # assumed size of a dump as a unit of work
COUNT, LINK = "count", "link"  # in this order, so that a sorted partition begins with the counts
COUNTED = columns(("name", pa.string(), False), ("file", pa.string(), False),
                  ("number", pa.int64(), False))  # fmt: skip
BATCH = 10_000  # rows


def gather_links(
    engine: Engine, files: Sequence[str], rules: Rules, out: str
) -> dict[str, Counter[str]]:
    """Write the table of links to `out`; return the counts by file, and of `links` under ""."""
    tasks = [[Unit(f"{number:06d}", url, FILE_BYTES)] for number, url in enumerate(files)]
    rows = engine.start(partial(read, rules=rules), tasks, ROWS, isolated=True)
    add = partial(add_up, karma=rules.karma if rules.karma_of == "url" else None)
    added = engine.exchange(rows, add, ROWS, buckets=BUCKETS)
    write = partial(write_all, out=out)
    done = engine.exchange(added, write, COUNTED, buckets=1, order=("what", "url"))
    by_file: dict[str, Counter[str]] = {}
    counts = engine.collect(done)
    if not counts.num_rows:  # no dump gave any count
        counts = pa.Table.from_batches(list(write_all(0, iter(()), out=out)))
    for count in counts.to_pylist():
        by_file.setdefault(count["file"], Counter())[count["name"]] += count["number"]
    return by_file


def read(units: Sequence[Unit], *, rules: Rules) -> Iterator[pa.RecordBatch]:
    """Yield the links of some files, then the counts of each."""
    for unit in units:
        url = unit.payload
        counts: Counter[str] = Counter()
        stream = links(url, rules, counts)
        while some := list(islice(stream, BATCH)):
            urls, posted, karma, created = zip(*some, strict=True)
            numbers, buckets = [1] * len(some), [bucket_of(url, BUCKETS) for url in urls]
            arrays: list[Any] = [buckets, [LINK] * len(some), urls, posted, karma, created, numbers]
            yield pa.RecordBatch.from_arrays([pa.array(a) for a in arrays], schema=ROWS)
        count_rows = [
            {BUCKET: 0, "what": COUNT, "url": f"{name}\t{url}", "posted": url, "karma": 0,
             "created": 0, "number": number}
            for name, number in counts.items()
        ]  # fmt: skip
        yield pa.RecordBatch.from_pylist(count_rows, schema=ROWS)


def add_up(
    bucket: int, batches: Iterator[pa.RecordBatch], *, karma: int | None
) -> Iterator[pa.RecordBatch]:
    """Yield ROWS summed by URL, with the first submission of each, all for one bucket.

    karma: the minimum sum of a URL.
    """
    del bucket
    by: Any = [(name, "ascending") for name in ("what", "url", "created", "posted")]
    rows = pa.Table.from_batches(list(batches)).sort_by(by)
    sums = rows.group_by(["what", "url"], use_threads=False).aggregate(
        [("posted", "first"), ("created", "first"), ("karma", "sum"), ("number", "sum")]
    )
    if karma is not None:
        enough = sums["karma_sum"].to_numpy() >= karma
        counts = pc.is_in(sums["what"], pa.array([COUNT])).to_numpy(zero_copy_only=False)
        sums = sums.filter(pa.array(enough | counts))
    names = ("what", "url", "posted_first", "karma_sum", "created_first", "number_sum")
    zeros = pa.array([0] * len(sums), pa.int64())
    table = pa.table([zeros, *(sums[name] for name in names)], schema=ROWS)
    yield from table.combine_chunks().to_batches()


def write_all(
    bucket: int, batches: Iterator[pa.RecordBatch], *, out: str
) -> Iterator[pa.RecordBatch]:
    """Write the one sorted bucket; yield the counts."""
    del bucket
    counted: list[Mapping[str, object]] = []

    def tables() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = []
            for entry in batch.to_pylist():
                if entry["what"] == LINK:
                    rows.append(
                        row(
                            entry["url"],
                            entry["created"],
                            entry["posted"],
                            entry["karma"],
                            entry["number"],
                        )
                    )
                else:
                    name, _, file = entry["url"].partition("\t")
                    counted.append({"name": name, "file": file, "number": entry["number"]})
            if rows:
                yield pa.RecordBatch.from_pylist(rows, LINKS)

    with io.staged(out) as path:
        total = write(tables(), path)
    counted.append({"name": "links", "file": "", "number": total})
    yield pa.RecordBatch.from_pylist(counted, schema=COUNTED)
