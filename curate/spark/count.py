"""Documents weighed: tokens by the recipe's tokenizer, bytes, and the lots they draw.

Enters: the documents that reach the mix. Leaves: `planned`, one small row for each, in the
order of its part; and `renamed`, new ids for documents whose id another one has. What is
decided with these numbers is decided in the mix.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import values
from curate.spark.stage import Run, Stage, documents_frame, lift, write_sorted
from curate.store import schema
from curate.store.commits import Commit, Receipt, read_batches, write_tables
from curate.store.documents import KEY, Documents, read_part
from curate.store.keys import MODULUS, SEPARATOR, Tally, draw, signed
from curate.store.parquet import open_parquet
from curate.text import tokenizers as tokens

SCHEMAS = {"planned": schema.PLANNED}
RENAMED = pa.schema([schema.PLANNED.field("key"), schema.PLANNED.field("id")])
HELD_OUT = ""  # where sources are names: no source is called so
COLUMNS = (*KEY, "piece", "id", "text")


@dataclass(frozen=True, slots=True)
class Weighed:
    """Documents and what each of them weighs."""

    documents: Documents
    commit: Commit

    def units(self) -> dict[str, str]:
        """Return each part's name, how to read it, and where its planned rows lie."""
        planned = {
            receipt.unit: [self.commit.url(f) for f in receipt.files if f.table == "planned"]
            for receipt in self.commit.receipts
        }
        return {
            name: json.dumps({"part": part, "planned": planned[name]})
            for name, part in self.documents.units().items()
        }

    def totals(self) -> dict[str, list[int]]:
        """Return documents, tokens and bytes of each source, and of HELD_OUT."""
        sums: dict[str, list[int]] = {}
        for receipt in self.commit.receipts:
            for name, own in receipt.facts.get("totals", {}).items():
                old = sums.get(name, [0, 0, 0])
                sums[name] = [one + other for one, other in zip(old, own, strict=True)]
        return sums

    def planned_urls(self) -> list[str]:
        """Return the files of planned rows."""
        return [self.commit.url(file) for file in self.commit.files("planned")]

    def renamed_urls(self) -> list[str]:
        """Return the files of new ids; usually there are none."""
        return [self.commit.url(file) for file in self.commit.files("renamed")]


def stage(run: Run, documents: Documents) -> Weighed:
    """Return the documents with their weights."""
    place = begin(run, documents)
    if place.committed:
        return Weighed(documents, place.committed)
    place.describe("equal ids")
    ids = documents_frame(run.spark, documents, RENAMED)
    renamed: list[Receipt] = []
    if not shared_ids(ids).isEmpty():  # as in nearly every corpus
        rows = sum(part.rows for part in documents.base.files("documents"))
        mark = "~"
        while not equal_ids(ids, mark).join(ids.select("id"), "id", how="left_semi").isEmpty():
            mark += "~"  # somebody has an id like our new ones
        renamed = write_sorted(place, equal_ids(ids, mark), "renamed", RENAMED, most=rows)
    names = Commit("count", place.input_hash, place.folder, tuple(renamed))
    count = partial(
        count_documents,
        folder=place.folder,
        tokenizer=tokens.load(run.recipe.mix.tokenizer),
        seed=run.recipe.seed,
        validation=run.recipe.validation_shares(),
        renamed=[names.url(file) for file in names.files("renamed")],
    )
    receipts = place.carry_out(documents.units(), count)
    report = {
        "documents": sum(receipt.records for receipt in receipts),
        "tokens": sum(own[1] for receipt in receipts for own in receipt.facts["totals"].values()),
        "ids renamed": sum(file.rows for file in names.files("renamed")),
    }
    return Weighed(documents, place.commit([*receipts, *renamed], report))


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    tokenizer = tokens.load(run.recipe.mix.tokenizer)
    return run.begin(
        "count",
        settings={
            "tokenizer": [tokenizer.name, tokenizer.sha256],
            "seed": run.recipe.seed,
            "validation": run.recipe.validation_shares(),
        },
        modules=["curate.text.tokenizers", "curate.spark.count"],
        libraries=["tiktoken", "tokenizers"],
        reads=documents.commits,
    )


def shared_ids(documents: DataFrame) -> DataFrame:
    """Return the ids that several documents have."""
    return documents.groupBy("id").agg(F.count("*").alias("times")).where("times > 1").select("id")


def equal_ids(documents: DataFrame, mark: str = "~") -> DataFrame:
    """Return (key, new id) of every document whose id one with a smaller key has.

    The second to have an id becomes id~2, the third id~3, in the order of keys.
    """
    place = F.row_number().over(Window.partitionBy("id").orderBy("key"))
    return (
        documents.join(shared_ids(documents), "id", how="inner")
        .select("key", "id", place.alias("place"))
        .where("place > 1")
        .select("key", F.concat_ws(mark, "id", F.col("place").cast("string")).alias("id"))
    )


def count_documents(units: DataFrame, *, folder: str, **settings: Any) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the documents."""
    return lift(partial(count_unit, **settings), folder)(units)


def count_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    tokenizer: tokens.Tokenizer,
    seed: int,
    validation: Mapping[str, float],
    renamed: Iterable[str],
) -> Receipt:
    """Weigh one part's documents; no Spark needed."""
    tally = Tally()
    part = json.loads(payload)
    names = _new_ids(renamed, part["lo"], part["hi"])
    held_out_below = {source: int(share * MODULUS) for source, share in validation.items()}
    totals: dict[str, list[int]] = {}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, COLUMNS, tally):
            below = held_out_below[batch["source"][0].as_py()]  # a part holds one source only
            planned = weigh(batch, names, tokenizer, seed, below)
            add_totals(totals, planned)
            yield "planned", planned

    files = write_tables(folder, unit, SCHEMAS, rows())
    return Receipt(unit, files, tally.records, tally.checksum, {"totals": totals})


def add_totals(totals: dict[str, list[int]], planned: pa.RecordBatch) -> None:
    """Add a batch's documents, tokens and bytes to those of its source or of the held out."""
    columns = (values(planned, name) for name in ("source", "held_out", "tokens", "bytes"))
    for source, held_out, tokens_, bytes_ in zip(*columns, strict=True):
        own = totals.setdefault(HELD_OUT if held_out else source, [0, 0, 0])
        own[0] += 1
        own[1] += tokens_
        own[2] += bytes_


def _new_ids(urls: Iterable[str], lo: int, hi: int) -> dict[int, str]:
    names: dict[int, str] = {}
    for url in urls:
        with open_parquet(url) as file:
            table = pq.read_table(file, filters=[("key", ">=", lo), ("key", "<=", hi)])
        names.update((row["key"], row["id"]) for row in table.to_pylist())
    return names


def weigh(
    batch: pa.RecordBatch,
    names: dict[int, str],
    tokenizer: tokens.Tokenizer,
    seed: int,
    held_out_below: int,
) -> pa.RecordBatch:
    """Return the planned rows of a batch of documents and pieces of documents.

    The pieces of a document share its lots but that of the order: they are held out, drawn or left
    together, so that the document has one fate, and stand apart in the shards.
    """
    keys, texts, pieces = (values(batch, name) for name in ("key", "text", "piece"))
    ids = [names.get(key, id_) for key, id_ in zip(keys, values(batch, "id"), strict=True)]
    columns = {
        "key": keys,
        "piece": pieces,
        "id": ids,
        "source": values(batch, "source"),
        "tokens": tokenizer.count(texts),
        "bytes": [len(text.encode()) for text in texts],
        "held_out": [draw("split", id_, seed) < held_out_below for id_ in ids],
        "mix": [signed(draw("mix", id_, seed)) for id_ in ids],
        "shuffle": [
            signed(draw("shuffle", f"{id_}{SEPARATOR}{piece}" if piece else id_, seed))
            for id_, piece in zip(ids, pieces, strict=True)
        ],
    }
    return pa.RecordBatch.from_pydict(columns, schema=schema.PLANNED)


def read_weighed(
    payload: str, columns: Iterable[str], tally: Tally | None = None
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield (documents, planned rows) of one of `Weighed.units()`, row for row.

    A document that was cut has a row for each piece, whatever the columns.
    """
    unit = json.loads(payload)
    batches = [batch for url in unit["planned"] for batch in read_batches(url)]
    planned = pa.Table.from_batches(batches, schema.PLANNED).combine_chunks()
    keys = planned["key"].to_numpy()
    for batch in read_part(unit["part"], (*columns, "piece"), tally):
        at = np.searchsorted(keys, batch["key"].to_numpy()) + batch["piece"].to_numpy()
        at = np.minimum(at, len(keys) - 1)
        rows = planned.take(at).combine_chunks().to_batches()[0]
        if not (rows["key"].equals(batch["key"]) and rows["piece"].equals(batch["piece"])):
            raise RuntimeError(f"{unit['part']}: its planned rows are not those of its documents")
        yield batch, rows
