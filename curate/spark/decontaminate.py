"""Documents to documents without benchmark texts: cut out, with what stands around them.

Enters: the documents and what was found in them (`curate.spark.overlap`). Leaves: `pieces`, where
the parts that stay of the documents that were cut begin and end; the fates of documents of which
nothing stays; `hits`, which benchmark texts they were. No text is written: documents without a hit
stay as they are, and readers cut the others (`curate.store.documents`).

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from curate.decontaminate import Cutting, pieces
from curate.decontaminate.find import Hit, Match, hits
from curate.decontaminate.report import report
from curate.recipe import Decontaminate
from curate.spark import overlap
from curate.spark.overlap import IndexFile, index_of
from curate.spark.stage import Run, Stage, lift
from curate.store import schema
from curate.store.commits import Commit, Receipt, read_batches, write_tables
from curate.store.documents import KEY, Documents, read_part
from curate.store.keys import Tally
from curate.store.parquet import open_parquet

HITS = pa.schema([schema.FATES.field("key"), *schema.CONTAMINATION])
SCHEMAS = {"fates": schema.FATES, "pieces": schema.PIECES, "hits": HITS}
COLUMNS = (*KEY, "id", "url", "text")
Row = dict[str, Any]
Numbers = npt.NDArray[np.int64]


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents as the benchmarks leave them; the same ones if none are named."""
    settings = run.recipe.decontaminate
    if settings is None:
        return documents
    found = overlap.stage(run, documents, settings)
    place = begin(run, documents, found, settings)
    if place.committed:
        return documents.without(place.committed)
    cut = partial(
        cut_units,
        folder=place.folder,
        index=index_of(found),
        cutting=settings.cutting(),
        frequency=tuple(urls(found, "frequency")),
        max_documents=settings.max_documents,
    )
    receipts = place.carry_out(units(documents, found), cut)
    before, gone = place.balance_dropped(documents, receipts)
    pieces = (file for receipt in receipts for file in receipt.files if file.table == "pieces")
    told = {
        "documents": before.records,
        "cut": sum(receipt.facts["cut"] for receipt in receipts),
        "pieces": sum(file.rows for file in pieces),
        "dropped": gone.records,
    }
    whole = {**told, "contamination": {**told, **contamination(found, receipts, settings)}}
    return documents.without(place.commit(receipts, whole))


def begin(run: Run, documents: Documents, found: Commit, settings: Decontaminate) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "decontaminate",
        settings=settings.model_dump(exclude={"benchmarks", "fields", "ngram"}),
        modules=[*overlap.MODULES, "curate.spark.decontaminate"],
        reads=[found, *documents.commits],
    )


def urls(commit: Commit, table: str) -> list[str]:
    """Return where the files of a table lie."""
    return [commit.url(file) for file in commit.files(table)]


def units(documents: Documents, found: Commit) -> dict[str, str]:
    """Return each part's name, how to read it, and where what was found in it lies."""
    grams = {r.unit: [found.url(f) for f in r.files if f.table == "grams"] for r in found.receipts}
    return {
        name: json.dumps({"part": part, "grams": grams[name]})
        for name, part in documents.units().items()
    }


@lru_cache(maxsize=1)
def frequencies(files: tuple[str, ...]) -> tuple[Numbers, Numbers]:
    """Return the numbers of all n-grams that were found, and in how many documents each stands."""
    columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for url in files:
        with open_parquet(url) as file:
            table = pq.read_table(file)
        for own, column in zip(columns, table.columns, strict=True):
            own.append(column.to_numpy())
    numbers, documents = map(np.concatenate, columns)
    return numbers, documents


def cut_units(units: DataFrame, *, folder: str, **settings: Any) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the documents."""
    return lift(partial(cut_unit, **settings), folder)(units)


def cut_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    index: IndexFile,
    cutting: Cutting,
    frequency: tuple[str, ...],
    max_documents: int,
) -> Receipt:
    """Cut one part's documents; no Spark needed. Only those with a hit are looked at."""
    data = json.loads(payload)
    numbers, documents = frequencies(frequency)
    by_key = matches(data["grams"], numbers[documents > max_documents])
    wanted = np.array(sorted(by_key), np.int64)
    opened = index.open()
    tally = Tally()
    facts = {"cut": 0, "characters": 0, "removed": 0}

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(data["part"], COLUMNS) if by_key else ():
            inside = np.isin(batch["key"].to_numpy(), wanted)
            for row in batch.filter(pa.array(inside)).to_pylist():
                tally.add(row["source"], row["file_path"], row["n"])
                found, length = by_key[row["key"]], len(row["text"])
                left, reason = pieces(length, [(m.start, m.stop) for m in found], cutting)
                facts["characters"] += length
                facts["removed"] += length - sum(stop - start for start, stop in left)
                if reason is None:
                    facts["cut"] += 1
                    yield "pieces", _pieces(row["key"], left)
                else:
                    yield "fates", _fate(row, reason)
                yield "hits", _hits(row, hits(opened, found))

    files = write_tables(folder, unit, SCHEMAS, rows())
    return Receipt(unit, files, tally.records, tally.checksum, facts)


def matches(files: Sequence[str], exempt: Numbers) -> dict[int, list[Match]]:
    """Return the n-grams that were found, by document, less the exempt ones."""
    found: dict[int, list[Match]] = {}
    for batch in (batch for url in files for batch in read_batches(url)):
        kept = batch.filter(pa.array(~np.isin(batch["gram"].to_numpy(), exempt)))
        columns = (kept[name].to_pylist() for name in ("key", "start", "stop", "gram"))
        for key, *match in zip(*columns, strict=True):
            found.setdefault(key, []).append(Match(*match))
    return found


def _pieces(key: int, left: Sequence[tuple[int, int]]) -> pa.RecordBatch:
    rows = [
        {"key": key, "piece": number, "start": start, "stop": stop}
        for number, (start, stop) in enumerate(left)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.PIECES)


def _fate(row: Row, reason: str) -> pa.RecordBatch:
    fate = {name: row.get(name) for name in schema.FATES.names}
    fate |= {"state": "dropped", "stage": "decontaminate", "reason": reason}
    return pa.RecordBatch.from_pylist([fate], schema=schema.FATES)


def _hits(row: Row, found: Sequence[Hit]) -> pa.RecordBatch:
    rows = [
        {
            "key": row["key"],
            "id": row["id"],
            "source": row["source"],
            "start": hit.start,
            "end": hit.stop,
            "benchmark": hit.benchmark,
            "item": hit.item,
            "field": hit.field,
        }
        for hit in found
    ]
    return pa.RecordBatch.from_pylist(rows, schema=HITS)


def contamination(
    found: Commit, receipts: Sequence[Receipt], settings: Decontaminate
) -> dict[str, Any]:
    """Return what OUT/contamination.json says, but for the counts of documents."""
    numbers, documents = frequencies(tuple(urls(found, "frequency")))
    frequency = zip(numbers.tolist(), documents.tolist(), strict=True)
    (made,) = (receipt for receipt in found.receipts if receipt.unit == "index")
    whole = report(index_of(found).open(), frequency, settings.max_documents)
    told = {one["name"]: one for one in made.facts["benchmarks"]}
    benchmarks = [{**told[one["name"]], **one} for one in whole["benchmarks"]]
    return {
        "settings": settings.model_dump(exclude={"benchmarks"}),
        **{
            name: sum(receipt.facts[name] for receipt in receipts)
            for name in ("characters", "removed")
        },
        "benchmarks": benchmarks,
        "exempt": whole["exempt"],
    }
