"""One record's story, told from the ledger and the shards."""

from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from curate import io
from curate.keys import hash64
from curate.reasons import meaning
from curate.recipe import RecipeError


def bucket_of(id_: str | None, files: int) -> int:
    """Return the file of the ledger in which a record of this id stands."""
    return hash64(id_ or "") % files


def story(out: str, key: str) -> list[str]:
    """Return what became of the records with an id or a URL, one line a step; [] if unknown.

    Raises RecipeError if there is no ledger (the run is not done, or kept counts only).
    """
    files = sorted(io.list_files(io.join(out, "ledger")))
    if not files:
        raise RecipeError(f"{out}: expected a run with `ledger: full`, found no ledger")
    # A bucket without rows has no file; how many buckets there are, the names say.
    buckets = int(files[0].rpartition("-")[2].removesuffix(".parquet"))
    bucket = f"-{bucket_of(key, buckets):05d}-of-"
    own = [url for url in files if bucket in url.rpartition("/")[2]]
    rows = _rows(own, "id", key) or _rows(files, "url", key)
    lines: list[str] = []
    for row in rows:
        lines.extend(_told(out, row))
    return lines


def _rows(files: list[str], column: str, value: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for url in files:
        with io.open_read(url) as file:
            found += pq.read_table(file, filters=[(column, "==", value)]).to_pylist()
    return sorted(found, key=lambda row: (row["source"], row["file_path"], row["n"]))


def _told(out: str, row: dict[str, Any]) -> Iterator[str]:
    yield f"{row['id'] or '(no id)'}  {row['url'] or ''}".rstrip()
    length = f", {row['length']:,} bytes" if row["length"] is not None else ""
    yield f"  read: source {row['source']}, {row['file_path']} at {row['n']:,}{length}"
    reason = f": {row['reason']}" if row["reason"] else ""
    score = f" (score {row['score']:.4f})" if row["score"] is not None else ""
    yield f"  {row['state']} in {row['stage']}{reason}{score}"
    if row["reason"] and (told := meaning(row["reason"])):
        yield f"    {told}"
    if row["kept_id"]:
        yield f"  in its place stays: {row['kept_id']}"
    if row["state"] in ("kept", "held_out"):
        for shard, epoch, tokens in _copies(out, row["id"]):
            yield f"  {shard}: epoch {epoch}, {tokens:,} tokens"


def _copies(out: str, id_: str) -> Iterator[tuple[str, int, int]]:
    corpus = io.join(out, "corpus")
    for url in io.list_files(corpus):
        with io.open_read(url) as file:
            columns = ["epoch", "token_count"]
            table = pq.read_table(file, columns=columns, filters=[("id", "==", id_)])
        for row in table.to_pylist():
            yield url.removeprefix(corpus).lstrip("/"), row["epoch"], row["token_count"]
