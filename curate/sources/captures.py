"""Selection of captures in an index by language, media type and host, before they are read.

Input: rows of a CDXJ file, or row groups and batches of a columnar index (Parquet). Output: those
of the captures to read. Common Crawl's columnar index is sorted by SURT key, so that hosts select
its row groups by the statistics of `url_surtkey`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.recipe import Source

# What is selected by -> its columns in a columnar index, and keys of CDXJ; the first wins.
COLUMNS = {
    "languages": ("content_languages", "languages"),
    "types": ("content_mime_detected", "mime-detected", "content_mime_type", "mime"),
    "hosts": ("url_host_name",),
}
_SURT = "url_surtkey"


@dataclass(frozen=True, slots=True)
class CaptureFilter:
    """Which captures of an index are read; an empty set selects all.

    Args:
        languages: ISO 639-3; a capture's is the first of its languages, the most frequent one.
        types: media types, in lower case; what the crawler detected, else what the server declared.
        hosts: host names; their subdomains are included.

    >>> of = CaptureFilter(languages=frozenset({"deu"}), hosts=frozenset({"e.org"}))
    >>> of.keeps({"url": "http://www.e.org/1", "languages": "deu,eng"})
    True
    >>> of.keeps({"url": "http://the.org/1", "languages": "deu"}), of.keeps({"url": "http://e.org"})
    (False, False)
    """

    languages: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.languages or self.types or self.hosts)

    def keeps(self, row: Mapping[str, Any]) -> bool:
        """Return whether a capture of a CDXJ file is selected."""
        if self.hosts and not self._has_host(_host_of(str(row.get("url") or ""))):
            return False
        if self.languages and _text(row, "languages").split(",")[0] not in self.languages:
            return False
        return not self.types or _text(row, "types").lower() in self.types

    def columns(self, present: Sequence[str]) -> dict[str, list[str]]:
        """Return the columns of a columnar index to select by.

        Raises ValueError: one is missing.
        """
        selected = {}
        for name, candidates in COLUMNS.items():
            if getattr(self, name):
                selected[name] = [column for column in candidates if column in present]
                if not selected[name]:
                    raise ValueError(
                        f"expected a column {candidates[0]} for index_{name}, "
                        f"got {', '.join(present)}"
                    )
        return selected

    def row_groups(self, metadata: pq.FileMetaData) -> list[int]:
        """Return the row groups that may hold a selected host, by the range of their SURT keys."""
        groups = list(range(metadata.num_row_groups))
        names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
        starts = [_surt(host) for host in self.hosts]
        if not starts or None in starts or _SURT not in names:
            return groups
        at = names.index(_SURT)

        def may_hold(group: int) -> bool:
            known = metadata.row_group(group).column(at).statistics
            if known is None or not known.has_min_max:
                return True
            low, high = _as_text(known.min), _as_text(known.max)
            return any(low < f"{start}\x7f" and start <= high for start in starts if start)

        return [group for group in groups if may_hold(group)]

    def rows(self, batch: pa.RecordBatch, columns: Mapping[str, Sequence[str]]) -> pa.RecordBatch:
        """Return the selected rows of a batch; `columns` as of the method of that name."""
        for name, column_names in columns.items():
            texts = pc.coalesce(*(batch[column].cast(pa.string()) for column in column_names))
            if name == "hosts":
                wanted = [host for host in texts.unique().to_pylist() if self._has_host(host or "")]
            else:
                wanted = list(getattr(self, name))
                texts = pc.utf8_lower(texts)
                if name == "languages":
                    texts = pc.list_element(pc.split_pattern(texts, ","), 0)
            batch = batch.filter(pc.is_in(texts, pa.array(wanted, pa.string())))
        return batch

    def _has_host(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        while name:
            if name in self.hosts:
                return True
            name = name.partition(".")[2]
        return False


def filter_of(source: Source) -> CaptureFilter:
    """Return which captures of its index a source reads."""
    return CaptureFilter(
        frozenset(source.index_languages),
        frozenset(source.index_types),
        frozenset(source.index_hosts),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    return next((str(row[key]) for key in COLUMNS[name] if row.get(key)), "")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _surt(host: str) -> str | None:
    """Return how SURT keys of a host's pages begin; None for an address, which has no fixed form.

    >>> _surt("www.e.org"), _surt("10.0.0.1")
    ('org,e', None)
    """
    labels = host.removeprefix("www.").split(".")
    return None if labels[-1].isdigit() else ",".join(reversed(labels))


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
