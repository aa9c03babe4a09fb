"""Count what a corpus holds by domain, language and date, from the columns of its shards.

Input: OUT. Output: sums of tokens. Only small columns are read, no texts; a document that the mix
repeats counts once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.store import io
from curate.store.parquet import open_parquet

# The host without user, port and www.
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?(?P<host>[^/:?#@]+)"
_COLUMNS = ["source", "url", "language", "date", "epoch", "token_count"]


@dataclass(slots=True)
class Content:
    """Tokens by source, by (source, domain) and by language; first and last date by source."""

    sources: Counter[str] = field(default_factory=Counter)
    domains: dict[str, Counter[str]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    dates: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Return the tokens of all sources."""
        return self.sources.total()


def content_of(out: str, manifest: Mapping[str, Any]) -> Content:
    """Return what the training shards hold."""
    content = Content()
    for shard in manifest["shards"]:
        if not shard["file"].startswith("corpus/train/"):
            continue
        with open_parquet(io.join(out, shard["file"])) as raw:
            for batch in pq.ParquetFile(raw).iter_batches(65_536, columns=_COLUMNS):
                _count_hosts(content, pa.Table.from_batches([batch]))
    return content


def _count_hosts(content: Content, rows: pa.Table) -> None:
    rows = rows.filter(pc.equal(rows["epoch"], pa.scalar(0)))
    hosts = pc.struct_field(pc.extract_regex(rows["url"], _HOST), "host")
    rows = rows.append_column("host", pc.utf8_lower(hosts))
    for source, count in _sums(rows, "source"):
        content.sources[source] += count
    for source, host, count in _sums(rows, "source", "host"):
        if host:
            content.domains.setdefault(source, Counter())[host] += count
    for language, count in _sums(rows, "language"):
        content.languages[language or "not identified"] += count
    dated = rows.filter(pc.is_valid(rows["date"])).group_by("source")
    for row in dated.aggregate([("date", "min"), ("date", "max")]).to_pylist():
        first, last = row["date_min"], row["date_max"]
        dates = content.dates.get(row["source"], (first, last))
        content.dates[row["source"]] = min(dates[0], first), max(dates[1], last)


def _sums(rows: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    sums = rows.group_by(list(names)).aggregate([("token_count", "sum")])
    columns = [sums[name].to_pylist() for name in (*names, "token_count_sum")]
    return list(zip(*columns, strict=True))


def largest(domains: Mapping[str, int], share: float, limit: int | None = None) -> list[str]:
    """Return a share of the domains, at least one, with the most tokens first.

    >>> largest({"a.org": 5, "b.org": 9, "c.org": 9, "d.org": 1}, 0.5)
    ['b.org', 'c.org']
    """
    ordered = sorted(domains, key=lambda name: (-domains[name], name))
    count = -(-len(ordered) * round(share * 100) // 100)
    return ordered[: count if limit is None else min(count, limit)]
