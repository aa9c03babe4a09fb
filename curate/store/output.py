"""Reading a run's folder: JSON files (manifest, ledger, report), documents of the shards."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from curate.errors import RecipeError
from curate.store import io
from curate.store.tables import read_batches


def find_report(out: str, name: str) -> dict[str, Any] | None:
    """Return OUT/<name>.json, None where there is none."""
    try:
        report: dict[str, Any] = json.loads(io.read_bytes(io.join(out, f"{name}.json")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return report


def read_report(out: str, name: str, advice: str = "") -> dict[str, Any]:
    """Return OUT/<name>.json, which every finished run has.

    Args:
        advice: the end of the error's message.
    Raises RecipeError where there is none.
    """
    report = find_report(out, name)
    if report is None:
        raise RecipeError(f"{out}: expected a finished run, found no {name}.json{advice}")
    return report


def shard_documents(url: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a shard without repetitions: the first piece and epoch of each document."""
    for batch in read_batches(url, [*columns, "piece", "epoch"]):
        first = (batch["epoch"].to_numpy() == 0) & (batch["piece"].to_numpy() == 0)
        yield batch.filter(pa.array(first)).select(columns)


def training_documents(
    out: str, manifest: Mapping[str, Any], columns: Sequence[str], most: int
) -> Iterator[pa.RecordBatch]:
    """Yield the first `most` documents of the training shards, each once.

    The shards are shuffled by hash, so that they are a fair sample of what was kept.
    """
    for shard in manifest["shards"]:
        if "/train/" not in shard["file"]:
            continue
        for batch in shard_documents(io.join(out, shard["file"]), columns):
            rows = batch.slice(0, most)
            yield rows
            most -= rows.num_rows
            if not most:
                return
