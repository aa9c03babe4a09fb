"""Explain one record: where it was read, its outcome and why, from the ledger and the shards."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from curate.errors import RecipeError
from curate.recipe import named_filters
from curate.report.reasons import meaning
from curate.store import io
from curate.store.keys import bucket_of
from curate.store.parquet import open_parquet


def explain_record(out: str, key: str) -> list[str]:
    """Return the history of the records with an id or a URL, one line per step; [] if unknown.

    Raises RecipeError if there is no ledger (the run is not done, or kept counts only).
    """
    files = sorted(io.list_files(io.join(out, "ledger")))
    if not files:
        raise RecipeError(f"{out}: expected a run with `ledger: full`, found no ledger")
    rows = _rows(_own(files, key), "id", key) or _rows(files, "url", key)
    lines: list[str] = []
    filters = _filters_of(out)
    order = ("source", "file_path", "n")
    # The request for a page and its metadata have its URL too: they come after it.
    rows.sort(key=lambda row: (row["state"] == "skipped", *(row[name] for name in order)))
    for row in rows:
        lines.extend(_told(out, row, filters))
    return lines


def final_state(out: str, id_: str) -> str | None:
    """Return where the record with an id ended, such as "dropped in filter: too_few_words".

    None where the run has read no such record, or keeps no full ledger.
    """
    rows = _rows(_own(sorted(io.list_files(io.join(out, "ledger"))), id_), "id", id_)
    return _ended(rows[0]) if rows else None


def _ended(row: dict[str, Any]) -> str:
    reason = f": {row['reason']}" if row["reason"] else ""
    score = f" (score {row['score']:.4f})" if row["score"] is not None else ""
    return f"{row['state']} in {row['stage']}{reason}{score}"


def _own(files: list[str], id_: str) -> list[str]:
    """Return those of a table's files, by hash of id, in which a record of this id can stand."""
    if not files:
        return []
    # A bucket without rows has no file; how many buckets there are, the names say.
    buckets = int(files[0].rpartition("-")[2].removesuffix(".parquet"))
    bucket = f"-{bucket_of(id_, buckets):05d}-of-"
    return [url for url in files if bucket in url.rpartition("/")[2]]


def _rows(files: list[str], column: str, value: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for url in files:
        with open_parquet(url) as file:
            found += pq.read_table(file, filters=[(column, "==", value)]).to_pylist()
    return found


def _filters_of(out: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a run's filters and their settings, by its manifest; [] where there is none."""
    url = io.join(out, "manifest.json")
    if not io.exists(url):
        return []
    recipe = json.loads(io.read_bytes(url)).get("recipe") or {}
    return named_filters(recipe.get("filters") or ())


def _told(
    out: str, row: dict[str, Any], filters: list[tuple[str, dict[str, Any]]]
) -> Iterator[str]:
    yield f"{row['id'] or '(no id)'}  {row['url'] or ''}".rstrip()
    length = f", {row['length']:,} bytes" if row["length"] is not None else ""
    yield f"  read: source {row['source']}, {row['file_path']} at {row['n']:,}{length}"
    yield f"  {_ended(row)}"
    if row["reason"] and (told := meaning(row["reason"], filters)):
        yield f"    {told}"
    for value, bound in _measured(out, row):
        yield f"    measured {value:.4g}, the bound is {bound:.4g}"
    if row["kept_id"]:
        files = sorted(io.list_files(io.join(out, "ledger")))
        kept = _rows(_own(files, row["kept_id"]), "id", row["kept_id"])
        url = next((one["url"] for one in kept if one["url"]), None)
        yield f"  in its place stays: {row['kept_id']}{f'  {url}' if url else ''}"
    for hit in _hits(out, row["id"], row["source"]) if row["id"] else ():
        where = f"characters {hit['start']:,} to {hit['end']:,}"
        yield f"  cut out, {where}: {hit['benchmark']}, item {hit['item']}, {hit['field']}"
    if row["state"] in ("kept", "held_out"):
        for shard, piece, epoch, tokens in _copies(out, row["id"]):
            part = f"piece {piece}, " if piece else ""
            yield f"  {shard}: {part}epoch {epoch}, {tokens:,} tokens"


def _measured(out: str, row: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Yield what a rule measured of a document and its bound, if it is among the samples."""
    url = io.join(out, "samples/samples.parquet")
    if row["id"] and row["reason"] and io.exists(url):
        for one in _rows([url], "id", row["id"]):
            same = all(one[name] == row[name] for name in ("source", "state", "stage", "reason"))
            if same and one.get("bound") is not None:
                yield one["value"], one["bound"]


def _hits(out: str, id_: str, source: str) -> list[dict[str, Any]]:
    """Return where benchmark texts stood in a document, in the order of its text."""
    files = sorted(io.list_files(io.join(out, "contamination")))
    return [row for row in _rows(_own(files, id_), "id", id_) if row["source"] == source]


def _copies(out: str, id_: str) -> Iterator[tuple[str, int, int, int]]:
    corpus = io.join(out, "corpus")
    for url in io.list_files(corpus):
        with open_parquet(url) as file:
            columns = ["piece", "epoch", "token_count"]
            table = pq.read_table(file, columns=columns, filters=[("id", "==", id_)])
        for row in table.to_pylist():
            name = url.removeprefix(corpus).lstrip("/")
            yield name, row["piece"], row["epoch"], row["token_count"]
