"""Samples: a few texts for every reason, and crawl pages before any filter.

Input: the outcomes of all records, the documents as extracted. Output: OUT/samples/, sampled by
hash: `samples.parquet` shows what each rule drops; `unjudged.parquet` is the crawl sample for
classifiers and reports. Some of those pages are judged by every rule: see `rule_values`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.batch import set_column, to_blocks, values
from curate.engine import guard
from curate.engine.verbs import BUCKET
from curate.filters.rule_measure import measure_and_bound
from curate.filters.rule_spans import rule_spans
from curate.recipe import Recipe
from curate.stages import rule_values
from curate.stages.filter import language_model, own_modules
from curate.stages.sampling import (
    UNJUDGED,
    WHAT,
    drawn_rows,
    outcome_rows,
    page_rows,
    sample_outcomes,
    write_drawn,
)
from curate.stages.sorting import with_bucket
from curate.stages.stage import RECEIPTS, Stage, collected, receipt_batch
from curate.steps import Step, run
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents, Part
from curate.store.tables import read_batches
from curate.store.units import Unit
from curate.text.blocks import Block
from curate.text.cuts import align

TEXTS = pa.schema(
    [schema.DOCUMENTS.field(name) for name in ("key", "text", "blocks")]
    + [pa.field("judged", pa.string())]  # JSON of `rule_values.judging`; null: not judged
)
READ = ("key", "source", "id", "url", "text", "blocks")
ORDER = (*WHAT, "source", "id")
MOST_CUTS = 50  # spans of a text


def write_samples(stage: Stage, commits: Sequence[Commit]) -> dict[str, Any]:
    """Write OUT/samples of a run's commits, the first of which is that of extraction.

    Return what the rules measure on unfiltered pages (`rule_values.sum_rules`), with `sources`.
    """
    stage.describe("samples")
    recipe, engine = stage.run.recipe, stage.run.engine
    documents = Documents(commits[0])
    output, seed = recipe.output, recipe.seed
    crawl = tuple(name for name, source in recipe.sources.items() if not source.reference)
    outcomes = [
        Unit(f"outcomes-{number:06d}", url, size)
        for number, (url, size) in enumerate(outcome_files(commits))
    ]
    drawn = sample_outcomes(
        stage,
        [
            ("outcomes", partial(outcome_rows, seed=seed), outcomes),
            ("pages", partial(page_rows, sources=crawl, seed=seed), documents.units()),
        ],
        output.samples,
        output.unjudged,
    )
    url = write_drawn(stage, drawn)
    folder = io.join(stage.run.out, "samples")
    io.delete_tree(folder)
    write = partial(_write, drawn=url, folder=folder, recipe=recipe)
    texts = texts_of(stage, documents, url, judged_below(drawn))
    receipts = collected(engine, engine.exchange(texts, write, RECEIPTS, buckets=1))
    if not receipts:  # no text was sampled
        (rows,) = write(0, iter(()))
        receipts = [Receipt.from_json(rows["receipt"][0].as_py())]
    return {**receipts[0].facts["rules"], "sources": sorted(crawl)}


def judged_below(drawn: pa.Table) -> int | None:
    """Return the highest hash of the pages that are judged by every rule; None without any."""
    pages = drawn.filter(pc.equal(drawn["state"], pa.scalar(UNJUDGED)))
    hashes = np.sort(pages["hash"].to_numpy())[: rule_values.PAGES]
    return int(hashes[-1]) if len(hashes) else None


def outcome_files(commits: Iterable[Commit]) -> list[tuple[str, int]]:
    """Return (URL, bytes) of all files of outcomes."""
    return [
        (commit.url(file), file.bytes) for commit in commits for file in commit.files("outcomes")
    ]


def texts_of(stage: Stage, documents: Documents, drawn: str, below: int | None) -> Any:
    """Return TEXTS of sampled records, as extracted, in one bucket.

    below: unjudged pages whose hash is at most this are judged by every rule; None: no page.
    """
    recipe = stage.run.recipe
    units = documents.units() if drawn else []
    task = partial(_texts, drawn=drawn, below=below, folder=stage.folder, recipe=recipe)
    tasks, isolated = stage.tasks(units), bool(own_modules(recipe))
    return stage.run.engine.start(task, tasks, with_bucket(TEXTS), isolated=isolated)


def _texts(
    units: Sequence[Unit], *, drawn: str, below: int | None, folder: str, recipe: Recipe
) -> Iterator[pa.RecordBatch]:
    for unit in units:
        judged_keys = set() if below is None else _judged_keys(unit, drawn, below)
        with _judge(folder, unit.name, recipe) as judge:
            for batch in drawn_rows(unit.payload, drawn, READ):
                judged = [
                    json.dumps(judge(row["key"], row)) if row["key"] in judged_keys else None
                    for row in batch.to_pylist()
                ]
                rows = set_column(batch, "judged", judged, pa.string())
                zeros = np.zeros(batch.num_rows, np.int64)
                yield set_column(rows, BUCKET, zeros, pa.int64()).select([BUCKET, *TEXTS.names])


def _judged_keys(unit: Unit, drawn: str, below: int) -> set[int]:
    part = Part.from_json(unit.payload)
    keys: set[int] = set()
    for batch in read_batches(drawn, ["key", "state", "hash"]):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        keys |= {
            key
            for key, state, hash_ in rows
            if state == UNJUDGED and hash_ <= below and part.lo <= key <= part.hi
        }
    return keys


@contextmanager
def _judge(folder: str, unit: str, recipe: Recipe) -> Iterator[Callable[[int, Any], Any]]:
    """Yield a function (key, row of a page) -> its verdicts; isolated with external filters."""
    judging = rule_values.judging(recipe)
    if not own_modules(recipe):
        yield lambda _, row: judging(row)
        return
    seconds = recipe.extract.max_seconds
    with guard.attempt(folder, unit, judging, rule_values.ended, seconds=seconds) as judge:
        yield judge


def _write(
    bucket: int, batches: Iterator[pa.RecordBatch], *, drawn: str, folder: str, recipe: Recipe
) -> Iterator[pa.RecordBatch]:
    """Write the sampled rows with their texts, sorted by ORDER; a bounded number of rows."""
    del bucket
    texts: dict[int, str] = {}
    blocks: dict[int, Any] = {}
    judged: list[Any] = []
    for batch in batches:
        keys = values(batch, "key")
        judged += batch["judged"].drop_null().to_pylist()
        texts.update(zip(keys, values(batch, "text"), strict=True))
        blocks.update(zip(keys, values(batch, "blocks"), strict=True))
    rows = [row for batch in (read_batches(drawn) if drawn else ()) for row in batch.to_pylist()]
    rows.sort(key=lambda row: tuple(row[name] or "" for name in ORDER))
    judge = _measured(recipe)
    judged_rows = [
        (row, texts.get(row["key"]), judge(row, texts.get(row["key"]), blocks.get(row["key"])))
        for row in rows
    ]
    for name, is_unjudged in (("samples", False), ("unjudged", True)):
        selected = [
            {**row, "text": text, **dict(zip(("value", "bound", "spans"), measured, strict=True))}
            for row, text, measured in judged_rows
            if (row["state"] == UNJUDGED) == is_unjudged
        ]
        with io.staged(io.join(folder, f"{name}.parquet")) as path:
            table = pa.Table.from_pylist(selected, schema.SAMPLES)
            pq.write_table(table, path, compression="zstd", write_page_checksum=True)
    sums = rule_values.sum_rules(map(json.loads, judged), rule_values.names_of(recipe))
    yield receipt_batch(Receipt("samples", facts={"rows": len(rows), "rules": sums}))


def _measured(recipe: Recipe) -> Callable[[dict[str, Any], str | None, Any], tuple[Any, ...]]:
    """Return a function (sampled row, text, blocks) -> (measure of its rule, bound, spans).

    Without a rule that has a number: (score, None). The spans are what the rule objects to; of a
    text that reached the mix, what the filters' edits cut out of it.
    """
    steps = cache(recipe.steps)
    language = language_model(recipe) if recipe.language else None
    filtered = {name for name, source in recipe.sources.items() if source.filtered}

    def function(row: dict[str, Any], text: str | None, blocks: Any) -> tuple[Any, ...]:
        measure: tuple[float, float] | None = None
        spans: Sequence[tuple[int, int]] = []
        by_rule = row["stage"] == "filter" and not row["reason"].startswith("language_")
        edited = row["stage"] == "mix" and row["source"] in filtered
        if text is not None and (by_rule or edited):
            chain = steps(language.identify(text)[0] if language is not None else None)
            if by_rule:
                rule = chain, text, row["reason"], to_blocks(blocks)
                measure, spans = measure_and_bound(*rule), rule_spans(*rule)
            else:
                spans = edited_spans(chain, text, row, to_blocks(blocks))
        value, bound = measure or (row["score"], None)
        return value, bound, [{"start": start, "end": end} for start, end in spans]

    return function


def edited_spans(
    chain: Sequence[Step], text: str, columns: Mapping[str, Any], blocks: Sequence[Block] | None
) -> list[tuple[int, int]]:
    """Return the spans of a text that a chain's edits cut out of it, at most MOST_CUTS."""
    edits = [step for step in chain if step.kind == "edit"]
    edited = run(edits, text, columns, blocks).text if edits else text
    cuts = align(text, edited, "cut") if edited != text else []
    return [(cut.start, cut.end) for cut in cuts if cut.start < cut.end][:MOST_CUTS]
