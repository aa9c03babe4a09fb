"""Decontamination: cut benchmark texts and a window around them out of documents.

Input: the documents and the matches in them (`find_contamination`). Output: `pieces`, the spans
kept of documents that were cut; the outcomes of documents of which nothing is kept; `hits`, the
benchmark texts found; `contexts`, some of these with the text around them. Documents are not
written: those without a hit are unchanged, and readers cut the others (`curate.store.documents`).

Source: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.decontaminate import Cutting, pieces
from curate.decontaminate.find import Hit, Match, hits
from curate.decontaminate.report import report
from curate.recipe import Decontaminate
from curate.stages.find_contamination import (
    FREQUENCY,
    STAGE,
    IndexFile,
    decontaminate_of,
    index_of,
)
from curate.stages.stage import Run, SoFar, Spec, Stage, dropped, stage_cut
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, Documents, read_part
from curate.store.keys import Tally, seeded_hash, signed
from curate.store.tables import read_batches, read_rows, write_tables
from curate.store.units import Unit

HITS = pa.schema([schema.OUTCOMES.field("key"), *schema.CONTAMINATION])
# Hits with the lowest hashes: the found text, and the uncut text around it.
CONTEXTS = pa.schema(
    [
        pa.field("hash", pa.int64(), nullable=False),
        *HITS,
        schema.DOCUMENTS.field("url"),
        *(pa.field(name, pa.string(), nullable=False) for name in ("before", "found", "after")),
    ]
)
SHOWN, AROUND, LONGEST = 100, 200, 1_000  # contexts; characters around a hit, and of it
MOST_HELD = 4 * SHOWN  # contexts in memory
CONTEXT_ORDER = ("hash", "key", "benchmark", "item", "field", "start")
SCHEMAS = {
    "outcomes": schema.OUTCOMES,
    "pieces": schema.PIECES,
    "hits": HITS,
    "contexts": CONTEXTS,
}
COLUMNS = (*KEY, "id", "url", "text", "characters", "extracted")
Row = dict[str, Any]
Numbers = npt.NDArray[np.int64]


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    settings = decontaminate_of(run.recipe)
    return run.stage(
        "decontaminate",
        settings=settings.model_dump(exclude={"benchmarks", "fields", "ngram"}),
        module=__name__,
        reads=[so_far.of(STAGE), *so_far.left.commits],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Cut the benchmark texts out of the documents."""
    settings = decontaminate_of(stage.run.recipe)
    matched = so_far.of(STAGE)
    cut = partial(
        cut_unit,
        index=index_of(matched),
        cutting=settings.cutting(),
        frequency=tuple(matched.urls("frequency")),
        max_documents=settings.max_documents,
    )
    receipts = stage.run_units(units(so_far.left, matched), cut)
    total, dropped = stage.balance_dropped(so_far.left, receipts)
    counts = {
        "documents": total.records,
        "cut": sum(receipt.facts["documents_cut"] for receipt in receipts),
        "pieces": sum(receipt.rows("pieces") for receipt in receipts),
        "dropped": dropped.records,
    }
    summary = {**counts, "contamination": {**counts, **contamination(matched, receipts, settings)}}
    return stage.commit(
        receipts, {**summary, "documents_cut": counts["cut"], "cut": stage_cut(receipts)}
    )


def units(documents: Documents, matched: Commit) -> list[Unit]:
    """Return each part's unit: how to read it, and the files of its matches."""
    grams = matched.files_by_unit("grams")
    return [
        unit._replace(payload=json.dumps({"part": unit.payload, "grams": grams.get(unit.name, [])}))
        for unit in documents.units()
    ]


@lru_cache(maxsize=1)
def frequencies(files: tuple[str, ...]) -> tuple[Numbers, Numbers]:
    """Return the numbers of all n-grams that were found, and the document frequency of each."""
    table = read_rows(files, FREQUENCY)
    return table["key"].to_numpy(), table["documents"].to_numpy()


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
    """Cut one part's documents. Only those with a hit are read."""
    data = json.loads(payload)
    numbers, documents = frequencies(frequency)
    by_key = matches(data["grams"], numbers[documents > max_documents])
    keys = np.array(sorted(by_key), np.int64)
    opened = index.open()
    tally = Tally()
    facts = {"documents_cut": 0, "characters": 0, "removed": 0}
    cut = 0
    contexts: list[Row] = []

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        nonlocal cut
        for batch in read_part(data["part"], COLUMNS) if by_key else ():
            inside = np.isin(batch["key"].to_numpy(), keys)
            for row in batch.filter(pa.array(inside)).to_pylist():
                tally.add(row["source"], row["file_path"], row["n"])
                matched, length = by_key[row["key"]], len(row["text"])
                remaining, reason = pieces(length, [(m.start, m.stop) for m in matched], cutting)
                facts["characters"] += length
                facts["removed"] += length - sum(stop - start for start, stop in remaining)
                if reason is None:
                    facts["documents_cut"] += 1
                    cut += length - sum(stop - start for start, stop in remaining)
                    yield "pieces", _pieces(row["key"], remaining)
                else:
                    yield "outcomes", _outcome(row, reason)
                hit_rows = _hits(row, hits(opened, matched))
                contexts.extend(_context(row, hit) for hit in hit_rows)
                if len(contexts) > MOST_HELD:
                    contexts[:] = _lowest(contexts)
                yield "hits", pa.RecordBatch.from_pylist(hit_rows, schema=HITS)
        yield "contexts", pa.RecordBatch.from_pylist(_lowest(contexts), schema=CONTEXTS)

    files = write_tables(folder, unit, SCHEMAS, rows())
    return Receipt(unit, files, tally, {**facts, "cut": {"contamination": cut}})


def matches(files: Sequence[str], exempt: Numbers) -> dict[int, list[Match]]:
    """Return the n-grams that were found, by document, without the exempt ones."""
    by_document: dict[int, list[Match]] = {}
    for batch in (batch for url in files for batch in read_batches(url)):
        kept = batch.filter(pa.array(~np.isin(batch["gram"].to_numpy(), exempt)))
        columns = (kept[name].to_pylist() for name in ("key", "start", "stop", "gram"))
        for key, *match in zip(*columns, strict=True):
            by_document.setdefault(key, []).append(Match(*match))
    return by_document


def _pieces(key: int, spans: Sequence[tuple[int, int]]) -> pa.RecordBatch:
    rows = [
        {"key": key, "piece": number, "start": start, "stop": stop}
        for number, (start, stop) in enumerate(spans)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.PIECES)


def _outcome(row: Row, reason: str) -> pa.RecordBatch:
    outcome = {name: row.get(name) for name in schema.OUTCOMES.names}
    outcome |= {"state": "dropped", "stage": "decontaminate", "reason": reason}
    return pa.RecordBatch.from_pylist([outcome], schema=schema.OUTCOMES)


def _hits(row: Row, hits: Sequence[Hit]) -> list[Row]:
    return [
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
        for hit in hits
    ]


def _context(row: Row, hit: Row) -> Row:
    """Return a row of CONTEXTS: a hit in a document."""
    name = "/".join(str(hit[part]) for part in ("source", "id", *CONTEXT_ORDER[2:]))
    start, end, text = hit["start"], hit["end"], row["text"]
    return {
        **hit,
        "hash": signed(seeded_hash("context", name, 0)),
        "url": row["url"],
        "before": text[max(0, start - AROUND) : start],
        "found": text[start : min(end, start + LONGEST)],
        "after": text[end : end + AROUND],
    }


def _lowest(contexts: list[Row]) -> list[Row]:
    return sorted(contexts, key=lambda row: tuple(row[name] for name in CONTEXT_ORDER))[:SHOWN]


def lowest_contexts(units: Sequence[Unit]) -> Iterator[pa.RecordBatch]:
    """Yield the SHOWN rows with the lowest hashes of some files of contexts."""
    best = CONTEXTS.empty_table()
    for unit in units:
        for batch in read_batches(unit.name):
            best = lowest_of(pa.concat_tables([best, pa.Table.from_batches([batch])]))
    yield from best.to_batches()


def lowest_of(contexts: pa.Table) -> pa.Table:
    """Return the SHOWN rows of CONTEXTS with the lowest hashes, in their order."""
    order: Any = [(name, "ascending") for name in CONTEXT_ORDER]
    return contexts.sort_by(order).slice(0, SHOWN).combine_chunks()


def contamination(
    matched: Commit, receipts: Sequence[Receipt], settings: Decontaminate
) -> dict[str, Any]:
    """Return the content of OUT/contamination.json except the counts of documents."""
    numbers, documents = frequencies(tuple(matched.urls("frequency")))
    frequency = zip(numbers.tolist(), documents.tolist(), strict=True)
    (benchmarks_read,) = (facts["benchmarks"] for unit, facts in matched.facts() if unit == "index")
    summary = report(index_of(matched).open(), frequency, settings.max_documents)
    by_name = {benchmark["name"]: benchmark for benchmark in benchmarks_read}
    benchmarks = [
        {**by_name[benchmark["name"]], **benchmark} for benchmark in summary["benchmarks"]
    ]
    return {
        "settings": settings.model_dump(exclude={"benchmarks"}),
        **{
            name: sum(receipt.facts[name] for receipt in receipts)
            for name in ("characters", "removed")
        },
        "benchmarks": benchmarks,
        "exempt": summary["exempt"],
    }


SPEC = Spec(
    name="decontaminate",
    prepare=prepare,
    work=work,
    then=dropped,
    wanted=lambda recipe: recipe.decontaminate is not None,
)
