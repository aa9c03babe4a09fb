"""Examples for the demo's output: documents kept and dropped, and Python to read the shards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq

from curate.report.reasons import meaning
from curate.store import io
from curate.store.keys import hash64
from curate.store.parquet import open_parquet

EXCERPT = 160  # characters
STAGES = ("filter", "dedup", "near", "quality", "decontaminate")
READ = """\
import pyarrow.dataset
table = pyarrow.dataset.dataset("{corpus}").to_table(columns=["text", "source", "token_count"])
print(table.group_by("source").aggregate([("token_count", "sum")]).to_pylist())
print(table["text"][0].as_py()[:76])
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One document: its outcome, the reason, and the beginning of its text."""

    id: str
    url: str | None
    outcome: str
    text: str


def kept(out: str, most: int = 3) -> list[Example]:
    """Return some documents of the shards that have a URL, by hash of their ids."""
    columns = ["id", "url", "text", "quality_score", "token_count"]
    table = ds.dataset(io.join(out, "corpus/train")).to_table(columns=columns)
    rows = [row for row in table.to_pylist() if row["url"]]
    unique = {row["id"]: row for row in rows}
    return [
        Example(row["id"], row["url"], f"{row['token_count']:,} tokens{_score(row)}", row["text"])
        for row in _first_by_hash(unique.values(), most)
    ]


def dropped(out: str) -> list[Example]:
    """Return a dropped document of each of three stages, with the reason."""
    with open_parquet(io.join(out, "samples/samples.parquet")) as file:
        rows = pq.read_table(file).to_pylist()
    by_stage = {
        stage: [row for row in rows if row["stage"] == stage and row["text"] and row["id"]]
        for stage in STAGES
    }
    return [
        Example(row["id"], row["url"], f"{row['stage']}, {row['reason']}: "
                f"{meaning(row['reason'])}", row["text"])
        for stage in STAGES
        for row in _first_by_hash([row for row in by_stage[stage] if row["state"] == "dropped"], 1)
    ][:3]  # fmt: skip


def _first_by_hash(rows: Any, most: int) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: hash64(row["id"]))[:most]


def _score(row: dict[str, Any]) -> str:
    score = row["quality_score"]
    return "" if score is None else f", the classifier says {score:.2f}"


def reading(out: str) -> str:
    """Return the lines of Python that read the shards."""
    return READ.format(corpus=io.join(out, "corpus/train"))


def lines(example: Example) -> Iterator[str]:
    """Yield the lines of an example."""
    yield f"  {example.url or example.id}"
    yield f"    {example.outcome}"
    yield f"    {' '.join(example.text.split())[:EXCERPT]} ..."
