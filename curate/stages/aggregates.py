"""Aggregates for the report of a run: outcomes by source, lengths, scores, sites.

Input: the outcomes that stages committed, one for every record. Output: OUT/report.json, of bounded
size, and the same on any partitioning: all of it is sums of integers, and the sites are those with
the most records.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curate.engine.verbs import Engine
from curate.licences import page as licences
from curate.optouts import page as optouts
from curate.stages.length_bins import EDGES
from curate.stages.sorting import with_bucket
from curate.store.keys import bucket_of
from curate.store.schema import columns
from curate.store.tables import read_batches
from curate.store.units import Unit, packed

SITES = 500
BINS = 20  # of scores, as in the classifier's report
REFUSED = 200  # pairs of site and reason
# Reasons of rights: what a site or a page refuses.
RIGHTS = (*optouts.REASONS, *licences.REASONS)
WHAT = ("source", "state", "stage", "reason")
COLUMNS = ("source", "url", "state", "stage", "reason", "score", "characters", "extracted")
COMBINERS = 16
TASK_BYTES = 256 << 20
# kind: outcome, length, score or site. name: bin or site.
SUMS = columns(
    ("kind", pa.string(), False),
    ("name", pa.string(), False),
    *((name, pa.string(), False) for name in WHAT),
    *((name, pa.int64(), False) for name in ("records", "documents", "characters", "extracted")),
)
AMOUNTS = SUMS.names[-4:]
ROWS = columns(("row", pa.string(), False))  # of JSON
# The columns that a kind is not grouped by.
NOT_BY = {"length": WHAT[2:], "score": WHAT[1:], "site": WHAT[:1]}
_EMPTY: Any = pa.scalar("")
_NONE: Any = pa.scalar(0, pa.int64())
_SITE = r"(?i)^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?(?P<site>[^/?#:]{1,253})(?:[/?#:]|$)"


def aggregate(engine: Engine, files: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Aggregate the outcomes in some files.

    Keys: `outcomes`: [source, state, stage, reason, records, characters when they ended, characters
    as extracted] by these; `lengths`: [source, state, bin of EDGES, documents] by extracted
    characters; `scores`: [source, bin, documents] of those that the classifier dropped; `sites`:
    how many there are, and of the SITES with the most records [site, records, documents, kept,
    characters kept, stage and reason that took the most documents, how many]; `refused`: of the
    pages that rights keep out, how many [site, reason] there are, and the REFUSED with the most
    records, [site, reason, records].

    Args:
        files: (URL, bytes) of each.
    """
    units = [Unit(url, "", size) for url, size in files]
    tasks = packed(units, 2 * engine.parallelism, TASK_BYTES)
    sums = engine.start(sums_of, tasks, with_bucket(SUMS))
    lines: list[Any] = engine.collect(engine.exchange(sums, add_sums, ROWS, buckets=COMBINERS))[
        "row"
    ].to_pylist()
    rows = [json.loads(line) for line in lines]
    sites = [site for row in rows for site in row["sites"]]
    return {
        **{kind: sorted(entry for row in rows for entry in row[kind])
           for kind in ("outcomes", "lengths", "scores")},
        "edges": list(EDGES),
        "sites": {"count": sum(row["site_count"] for row in rows), "rows": _largest_sites(sites)},
        "refused": {
            "count": sum(row["refused_count"] for row in rows),
            "rows": _most_refused(entry for row in rows for entry in row["refused"]),
        },
    }  # fmt: skip


def sums_of(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of files of outcomes."""
    for unit in units:
        for batch in read_batches(unit.name, list(COLUMNS)):
            for kind, name, rows in _kinds(pa.Table.from_batches([batch])):
                yield from _summed(kind, name, rows)


def _kinds(rows: pa.Table) -> Iterator[tuple[str, "pa.Array[Any]", pa.Table]]:
    """Yield (kind, name of each row, the rows) to be summed."""
    yield "outcome", pa.repeat(pa.scalar(""), rows.num_rows), rows
    documents = rows.filter(pc.is_valid(rows["extracted"]))
    bins = np.searchsorted(EDGES, documents["extracted"].to_numpy(), side="right") - 1
    yield "length", _words(bins), documents
    judged = pc.equal(rows["stage"], pa.scalar("quality"))
    scored = rows.filter(pc.and_(judged, pc.is_valid(rows["score"])))
    bins = np.minimum((scored["score"].to_numpy() * BINS).astype(np.int64), BINS - 1)
    yield "score", _words(bins), scored
    located = rows.filter(pc.is_valid(rows["url"]))
    sites = pc.struct_field(pc.extract_regex(located["url"], _SITE), "site")
    has_site = pc.is_valid(sites)
    yield "site", pc.utf8_lower(sites.filter(has_site)), located.filter(has_site)


def _words(numbers: "npt.NDArray[np.int64]") -> "pa.Array[Any]":
    return pa.array(map(str, numbers.tolist()), pa.string())


def _summed(kind: str, names: Any, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield SUMS of some rows, added up by name and WHAT."""
    if not rows.num_rows:
        return
    attributes: dict[str, Any] = {name: pc.fill_null(rows[name], _EMPTY) for name in WHAT}
    for name in NOT_BY.get(kind, ()):
        attributes[name] = pa.repeat(pa.scalar(""), rows.num_rows)
    columns: dict[str, Any] = {
        "name": names,
        **attributes,
        "records": pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows),
        "documents": pc.is_valid(rows["extracted"]).cast(pa.int64()),
        **{name: pc.fill_null(rows[name], _NONE) for name in ("characters", "extracted")},
    }
    yield from _added(kind, pa.table(columns))


def _added(kind: str, table: pa.Table) -> Iterator[pa.RecordBatch]:
    keys = ["name", *WHAT]
    sums = table.group_by(keys).aggregate([(name, "sum") for name in AMOUNTS]).combine_chunks()
    names: list[Any] = sums["name"].to_pylist()
    # Other kinds have few rows; all rows of a site are sent to one bucket.
    at = [bucket_of(name, COMBINERS) if kind == "site" else 0 for name in names]
    arrays: list[Any] = [
        pa.array(at, pa.int64()),
        pa.array([kind] * len(names), pa.string()),
        *(sums[name].combine_chunks() for name in keys),
        *(sums[f"{name}_sum"].combine_chunks() for name in AMOUNTS),
    ]
    yield from pa.Table.from_arrays(arrays, schema=with_bucket(SUMS)).to_batches()


def add_sums(bucket: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield a row of JSON: the totals of a bucket's SUMS, with its most frequent sites."""
    del bucket
    table = pa.Table.from_batches(list(batches))
    keys = ["kind", "name", *WHAT]
    sums = table.group_by(keys).aggregate([(name, "sum") for name in AMOUNTS]).to_pylist()
    totals: dict[str, Any] = {"outcomes": [], "lengths": [], "scores": []}
    sites: dict[str, list[Mapping[str, Any]]] = {}
    for row in sums:
        records = row["records_sum"]
        if row["kind"] == "outcome":
            amounts = (records, row["characters_sum"], row["extracted_sum"])
            totals["outcomes"].append([*(row[name] for name in WHAT), *amounts])
        elif row["kind"] == "length":
            totals["lengths"].append([row["source"], row["state"], int(row["name"]), records])
        elif row["kind"] == "score":
            totals["scores"].append([row["source"], int(row["name"]), records])
        else:
            sites.setdefault(row["name"], []).append(row)
    totals["site_count"] = len(sites)
    totals["sites"] = _largest_sites(_site(name, rows) for name, rows in sites.items())
    refused = [
        [name, reason, count] for name, rows in sites.items() for reason, count in _refused(rows)
    ]
    totals["refused_count"], totals["refused"] = len(refused), _most_refused(refused)
    yield pa.RecordBatch.from_pydict({"row": [json.dumps(totals)]}, schema=ROWS)


def _site(name: str, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    totals: Counter[str] = Counter()
    dropped: Counter[tuple[str, str]] = Counter()
    for row in rows:
        totals["records"] += row["records_sum"]
        totals["documents"] += row["documents_sum"]
        if row["state"] == "kept":
            totals["kept"] += row["records_sum"]
            totals["characters"] += row["characters_sum"]
        elif row["state"] == "dropped":
            dropped[row["stage"], row["reason"]] += row["records_sum"]
    (stage, reason), count = min(
        dropped.items(), key=lambda pair: (-pair[1], pair[0]), default=(("", ""), 0)
    )
    amounts = (totals[key] for key in ("records", "documents", "kept", "characters"))
    return [name, *amounts, stage, reason, count]


def _largest_sites(sites: Iterable[list[Any]]) -> list[list[Any]]:
    """Return the SITES with the most records."""
    return sorted(sites, key=lambda site: (-site[1], site[0]))[:SITES]


def _refused(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, int]]:
    """Return the records of a site that rights keep out, by reason."""
    counts: Counter[str] = Counter()
    for row in rows:
        if row["reason"] in RIGHTS:
            counts[row["reason"]] += row["records_sum"]
    return counts.items()


def _most_refused(rows: Iterable[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))[:REFUSED]
