"""Sums of outcomes, against the same added up row by row; however the rows are spread."""

from collections import Counter

import pyarrow as pa
import pytest

from curate.stages import aggregates
from curate.stages.aggregates import BINS, aggregate
from curate.stages.length_bins import EDGES
from curate.stages.samples import outcome_files
from curate.store import schema
from stages.committed import commit_of

ROWS = 400


def row(n):
    """Return one of ROWS outcomes: every state, some without text, URL or reason."""
    state = ("kept", "unused", "dropped", "dropped", "skipped")[n % 5]
    stage = "mix" if state in ("kept", "unused") else ("filter", "quality", "extract")[n % 3]
    text = None if state == "skipped" else n * n
    host = ("www.One.example", "user:word@two.example:8080", "three.example")[n % 7 % 3]
    return {
        "key": n, "source": "crawl" if n % 4 else "books", "file_path": "f", "n": n, "id": f"i{n}",
        "url": f"https://{host}/{n}?u=http://four.example" if n % 6 else None,
        "state": state, "stage": stage, "reason": None if stage == "mix" else f"reason_{n % 3}",
        "score": (n % 100) / 99 if stage == "quality" else None,
        "characters": text and text // 2, "extracted": text,
    }  # fmt: skip


def plainly():
    outcomes, lengths, scores, sites = {}, Counter(), Counter(), {}
    for one in map(row, range(ROWS)):
        what = one["source"], one["state"], one["stage"], one["reason"] or ""
        sums = outcomes.setdefault(what, [0, 0, 0])
        for at, amount in enumerate((1, one["characters"] or 0, one["extracted"] or 0)):
            sums[at] += amount
        if one["extracted"] is not None:
            bin_ = max(at for at, edge in enumerate(EDGES) if edge <= one["extracted"])
            lengths[one["source"], one["state"], bin_] += 1
        if one["score"] is not None:
            scores[one["source"], min(int(one["score"] * BINS), BINS - 1)] += 1
        if one["url"]:
            host = one["url"].split("/")[2].rpartition("@")[2].partition(":")[0]
            site = sites.setdefault(host.lower().removeprefix("www."), Counter())
            site["records"] += 1
            site["documents"] += one["extracted"] is not None
            site["kept"] += one["state"] == "kept"
            site["characters"] += (one["characters"] or 0) * (one["state"] == "kept")
    return outcomes, lengths, scores, sites


def spread(folder, parts):
    rows = [row(n) for n in range(ROWS)]
    batches = [
        pa.RecordBatch.from_pylist(rows[part::parts], schema.OUTCOMES) for part in range(parts)
    ]
    return outcome_files([commit_of(folder, "filter", "outcomes", schema.OUTCOMES, *batches)])


@pytest.fixture(params=[1, 7])
def found(request, engine, tmp_path):
    return aggregate(engine, spread(tmp_path, request.param))


def test_all_add_up(found):
    outcomes, lengths, scores, sites = plainly()
    assert found["outcomes"] == sorted([*what, *sums] for what, sums in outcomes.items())
    assert found["lengths"] == sorted([*what, count] for what, count in lengths.items())
    assert found["scores"] == sorted([*what, count] for what, count in scores.items())
    told = {site[0]: site[1:5] for site in found["sites"]["rows"]}
    names = ("records", "documents", "kept", "characters")
    assert told == {site: [own[name] for name in names] for site, own in sites.items()}
    assert found["sites"]["count"] == len(sites) == 3


def test_the_sites_with_the_most_records_are_told(local, tmp_path, monkeypatch):
    monkeypatch.setattr(aggregates, "SITES", 2)
    monkeypatch.setattr(aggregates, "COMBINERS", 2)
    rows = aggregate(local, spread(tmp_path, 3))["sites"]
    sites = plainly()[3]
    most = sorted(sites, key=lambda site: (-sites[site]["records"], site))[:2]
    assert ([site[0] for site in rows["rows"]], rows["count"]) == (most, 3)


def test_what_rights_keep_out_is_counted_by_site(local, tmp_path, monkeypatch):
    rows = [{**row(n), "reason": ("optout_robots", "license_not_kept", "reason_0")[n % 4 % 3]}
            for n in range(ROWS)]  # fmt: skip
    commit = commit_of(
        tmp_path, "extract", "outcomes", schema.OUTCOMES,
        *(pa.RecordBatch.from_pylist(rows[part::3], schema.OUTCOMES) for part in range(3)),
    )  # fmt: skip
    counts = Counter()
    for one in rows:
        if one["url"] and one["reason"] != "reason_0":
            host = one["url"].split("/")[2].rpartition("@")[2].partition(":")[0]
            counts[host.lower().removeprefix("www."), one["reason"]] += 1
    most = sorted(([*key, count] for key, count in counts.items()), key=lambda r: (-r[2], r[:2]))
    result = aggregate(local, outcome_files([commit]))["refused"]
    assert result == {"count": 6, "rows": most}
    monkeypatch.setattr(aggregates, "REFUSED", 2)
    assert aggregate(local, outcome_files([commit]))["refused"] == {"count": 6, "rows": most[:2]}


def test_nothing_makes_empty_sums(local):
    result = aggregate(local, [])
    assert result["outcomes"] == result["lengths"] == result["scores"] == []
    assert result["sites"] == result["refused"] == {"count": 0, "rows": []}
