"""Dumps of submissions to one table of links: a task a dump, one shuffle by URL.

Enters: files. Leaves: a Parquet file of `curate.links.LINKS`, sorted by URL, the same bytes for
any partitioning, and what was counted in each file. Links and counts travel as rows of one frame,
so that dumps are read once, and of tasks tried again only the one that won counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.links.rules import Rules
from curate.links.table import LINKS, links, row, write
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.store import io
from curate.store.schema import columns

# A link: its URL, and what to add up. A count: its name, the file as `posted`, the number.
ROWS = columns(
    ("what", pa.string(), False),
    ("url", pa.string(), False),
    ("posted", pa.string(), False),
    ("karma", pa.int64(), False),
    ("created", pa.int64(), False),
    ("number", pa.int64(), False),
)
COUNT, LINK = "count", "link"  # in this order, so that a sorted partition begins with the counts
COUNTED = columns(("name", pa.string(), False), ("file", pa.string(), False),
                  ("number", pa.int64(), False))  # fmt: skip
BATCH = 10_000  # rows


def gather_links(
    spark: SparkSession, files: Sequence[str], rules: Rules, out: str
) -> dict[str, Counter[str]]:
    """Write the table of links to `out`; return the counts by file, and of `links` under ""."""
    units = {f"{number:06d}": url for number, url in enumerate(files)}
    rows = map_partitions(units_frame(spark, units), partial(read, rules=rules), ROWS)
    first = F.min(F.struct("created", "posted"))
    summed = rows.groupBy("what", "url").agg(
        first.alias("first"), F.sum("karma").alias("karma"), F.sum("number").alias("number")
    )
    if rules.karma_of == "url" and rules.karma is not None:
        enough = (F.col("what") == COUNT) | (F.col("karma") >= rules.karma)
        summed = summed.where(enough)
    flat = summed.select(
        "what", "url", F.col("first.posted").alias("posted"), "karma",
        F.col("first.created").alias("created"), "number",
    )  # fmt: skip
    ordered = flat.repartition(1).sortWithinPartitions("what", "url")
    found: dict[str, Counter[str]] = {}
    for one in map_partitions(ordered, partial(write_all, out=out), COUNTED).collect():
        found.setdefault(one["file"], Counter())[one["name"]] += one["number"]
    return found


def read(batches: Iterable[pa.RecordBatch], *, rules: Rules) -> Iterator[pa.RecordBatch]:
    """Yield the links of the files of a partition, then what was counted in each."""
    for _, url in unit_rows(batches):
        counts: Counter[str] = Counter()
        several = links(url, rules, counts)
        while some := list(islice(several, BATCH)):
            urls, posted, karma, created = zip(*some, strict=True)
            ones = [1] * len(some)
            arrays = [[LINK] * len(some), urls, posted, karma, created, ones]
            yield pa.RecordBatch.from_arrays([pa.array(a) for a in arrays], schema=ROWS)
        told = [
            {"what": COUNT, "url": f"{name}\t{url}", "posted": url, "number": number}
            for name, number in counts.items()
        ]
        yield pa.RecordBatch.from_pylist(
            [{**one, "karma": 0, "created": 0} for one in told], schema=ROWS
        )


def write_all(batches: Iterable[pa.RecordBatch], *, out: str) -> Iterator[pa.RecordBatch]:
    """Write the one sorted partition; yield the counts."""
    counted: list[Mapping[str, object]] = []

    def tables() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = []
            for one in batch.to_pylist():
                if one["what"] == LINK:
                    rows.append(
                        row(one["url"], one["created"], one["posted"], one["karma"], one["number"])
                    )
                else:
                    name, _, file = one["url"].partition("\t")
                    counted.append({"name": name, "file": file, "number": one["number"]})
            if rows:
                yield pa.RecordBatch.from_pylist(rows, LINKS)

    with io.staged(out) as path:
        total = write(tables(), path)
    counted.append({"name": "links", "file": "", "number": total})
    yield pa.RecordBatch.from_pylist(counted, schema=COUNTED)
