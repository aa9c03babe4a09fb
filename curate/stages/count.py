"""Count tokens and bytes of documents, and compute the hashes for sampling.

Input: the documents that reach the mix. Output: `planned`, one small row for each, in the order of
its part; and `renamed`, new ids for documents with duplicate ids. The stage `mix` decides with
these numbers.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from curate.batch import set_column, values
from curate.engine.verbs import BUCKET
from curate.mix.cells import SCALE
from curate.mix.draws import draws
from curate.quality.pretrained import Form, Labeller
from curate.recipe import Recipe
from curate.stages.copy_counts import read_copies, with_copies
from curate.stages.sorting import (
    Ints,
    bucket_count,
    key_ranges,
    to_ranges,
    with_bucket,
    write_ranges,
)
from curate.stages.stage import Run, SoFar, Spec, Stage, unchanged
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, SCORE, Documents, Part, read_part
from curate.store.keys import MODULUS, Tally, bucket_of
from curate.store.tables import read_batches, read_rows, write_tables
from curate.store.units import Unit
from curate.text import tokenizers as tokens

RENAMED = pa.schema([schema.PLANNED.field("key"), schema.PLANNED.field("id")])
IDS = with_bucket(RENAMED)
NUMBER = schema.columns(("rows", pa.int64(), False))
HELD_OUT = ""  # in place of a source's name; no source has it
COLUMNS = (*KEY, "piece", "id", "date", "text", "language", SCORE)
LANGUAGE = "language"  # a label that the filters give


@dataclass(frozen=True, slots=True)
class PlannedDocuments:
    """Documents, and the planned row of each: tokens, bytes, seeded hashes."""

    documents: Documents
    commit: Commit

    @staticmethod
    def of(so_far: SoFar) -> "PlannedDocuments":
        """Return the documents that reach the mix."""
        return PlannedDocuments(so_far.left, so_far.of("count"))

    def units(self) -> list[Unit]:
        """Return each part's unit: how to read it, and the URL of its planned rows."""
        planned = self.commit.files_by_unit("planned")
        return [
            unit._replace(
                payload=json.dumps({"part": unit.payload, "planned": planned.get(unit.name, [])})
            )
            for unit in self.documents.units()
        ]

    def planned_units(self) -> list[Unit]:
        """Return a unit for each file of planned rows: its URL."""
        files = self.commit.files("planned")
        return [Unit(f"{n:06d}", self.commit.url(file), file.bytes) for n, file in enumerate(files)]

    def totals(self) -> dict[str, list[int]]:
        """Return documents, tokens, bytes and characters of each source, and of HELD_OUT."""
        return added(facts.get("totals", {}) for _, facts in self.commit.facts())

    def renamed_urls(self) -> list[str]:
        """Return the files of new ids; usually there are none."""
        return self.commit.urls("renamed")


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    tokenizer = tokens.load(run.recipe.mix.tokenizer)
    return run.stage(
        "count",
        settings={
            "tokenizer": [tokenizer.name, tokenizer.sha256],
            "seed": run.recipe.seed,
            "validation": run.recipe.validation_shares(),
            "labels": {
                name: label.model_dump(exclude={"model"})
                for name, label in sorted(run.recipe.labels.items())
            },
            "by_language": mixes_languages(run.recipe),
        },
        module=__name__,
        libraries=["tiktoken", "tokenizers", "numba", "fasttext-community"],
        reads=[*so_far.left.commits, *filter(None, [so_far.commits.get("copies")])],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Count tokens and bytes of all documents, and compute their hashes."""
    run, documents = stage.run, so_far.left
    stage.describe("equal ids")
    renamed = _renamed(stage, documents)
    names = stage.so_far(renamed)
    count = partial(
        count_unit,
        tokenizer=tokens.load(run.recipe.mix.tokenizer),
        seed=run.recipe.seed,
        validation=run.recipe.validation_shares(),
        renamed=names.urls("renamed"),
        labels=labellers(run.recipe),
        copies=so_far.of("copies").urls("copies") if run.recipe.dedup.count_copies else None,
        by_language=mixes_languages(run.recipe),
    )
    receipts = stage.run_units(documents.units(), count)
    report = {
        "documents": sum(receipt.records for receipt in receipts),
        "tokens": sum(
            amounts[1] for receipt in receipts for amounts in receipt.facts["totals"].values()
        ),
        "ids renamed": names.rows("renamed"),
        "languages": added(receipt.facts["languages"] for receipt in receipts),
    }
    return stage.commit([*receipts, *renamed], report)


def mixes_languages(recipe: Recipe) -> bool:
    """Return whether the mixture is made by the language that was identified."""
    return recipe.mix.by == LANGUAGE and LANGUAGE not in recipe.labels


def labellers(recipe: Recipe) -> dict[str, Labeller]:
    """Return the models of the recipe's labels, by name; a model is opened where it is used."""
    return {
        name: Labeller(label.model, label.sha256, Form(label="", **label.text.model_dump()))
        for name, label in sorted(recipe.labels.items())
    }


def _renamed(stage: Stage, documents: Documents) -> list[Receipt]:
    """Write (key, new id) of every document whose id one with a smaller key has; usually none.

    The second document with an id gets id~2, the third id~3, in the order of keys; with more "~"
    where another document has such an id.
    """
    engine = stage.run.engine
    tasks = stage.tasks(documents.units())
    buckets = bucket_count(documents.rows())
    ids = engine.start(partial(read_ids, buckets=buckets), tasks, IDS)
    shared = engine.exchange(ids, partial(equal_ids, mark="~"), IDS, buckets=buckets)
    if not engine.collect(engine.exchange(shared, count_rows, NUMBER, buckets=buckets)).num_rows:
        return []
    ranges = key_ranges(documents, documents.rows())
    mark = "~"
    while True:
        ids = engine.start(partial(read_ids, buckets=buckets), tasks, IDS)
        new = engine.exchange(ids, partial(equal_ids, mark=mark), IDS, buckets=buckets)
        to_range = partial(_to_ranges, ranges=ranges)
        moved = engine.exchange(new, to_range, with_bucket(RENAMED), buckets=buckets)
        receipts = write_ranges(stage, moved, "renamed", RENAMED, ranges)
        urls = stage.so_far(receipts).urls("renamed")
        read = partial(read_both_ids, buckets=buckets, renamed=urls)
        units = [*documents.units(), *(Unit(url, "", 0) for url in urls)]
        conflicts = engine.exchange(
            engine.start(read, stage.tasks(units), IDS), taken_ids, NUMBER, buckets=buckets
        )
        if not engine.collect(conflicts).num_rows:
            return receipts
        mark += "~"


def read_ids(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield IDS of some parts."""
    for unit in units:
        for batch in read_part(unit.payload, ("key", "id")):
            yield _by_id(batch, buckets)


def read_both_ids(
    units: Sequence[Unit], *, buckets: int, renamed: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield IDS of some parts, and of files of new ids with keys below 0."""
    for unit in units:
        if unit.name not in renamed:
            yield from read_ids([unit], buckets=buckets)
            continue
        for batch in read_batches(unit.name):
            negative = set_column(batch, "key", -1 - batch["key"].to_numpy(), pa.int64())
            yield _by_id(negative, buckets)


def _by_id(batch: pa.RecordBatch, buckets: int) -> pa.RecordBatch:
    at = [bucket_of(id_, buckets) for id_ in values(batch, "id")]
    return set_column(batch, BUCKET, at, pa.int64()).select(IDS.names)


def equal_ids(
    bucket: int, batches: Iterator[pa.RecordBatch], *, mark: str
) -> Iterator[pa.RecordBatch]:
    """Yield IDS, with the new id, of every document whose id one with a smaller key has."""
    counts: dict[str, int] = {}
    rows = pa.Table.from_batches(list(batches)).sort_by("key")
    renamed = []
    columns: list[list[Any]] = [rows["key"].to_pylist(), rows["id"].to_pylist()]
    for key, id_ in zip(*columns, strict=True):
        counts[id_] = counts.get(id_, 0) + 1
        if counts[id_] > 1:
            renamed.append({BUCKET: bucket, "key": key, "id": f"{id_}{mark}{counts[id_]}"})
    if renamed:
        yield pa.RecordBatch.from_pylist(renamed, schema=IDS)


def taken_ids(bucket: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield a row if a new id (key below 0) is also the id of a document."""
    rows = pa.Table.from_batches(list(batches))
    new = rows["key"].to_numpy() < 0
    ids = np.array(rows["id"].to_pylist(), object)
    if set(ids[new].tolist()) & set(ids[~new].tolist()):
        yield pa.record_batch({"rows": [bucket]}, schema=NUMBER)


def count_rows(bucket: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield how many rows a bucket has."""
    del bucket
    yield pa.record_batch({"rows": [sum(batch.num_rows for batch in batches)]}, schema=NUMBER)


def _to_ranges(
    bucket: int, batches: Iterator[pa.RecordBatch], *, ranges: Ints
) -> Iterator[pa.RecordBatch]:
    del bucket
    yield from (to_ranges(batch, ranges) for batch in batches)


def count_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    tokenizer: tokens.Tokenizer,
    seed: int,
    validation: Mapping[str, float],
    renamed: Iterable[str],
    labels: Mapping[str, Labeller] | None = None,
    copies: Sequence[str] | None = None,
    by_language: bool = False,
) -> Receipt:
    """Write the planned rows of one part's documents.

    copies: the files of how often documents were copied, None where it is not counted.
    by_language: whether the language is one of the labels.
    """
    tally = Tally()
    part = Part.from_json(payload)
    names = _new_ids(renamed, part.lo, part.hi)
    held_out_below = {source: int(share * MODULUS) for source, share in validation.items()}
    totals: dict[str, list[int]] = {}
    languages: dict[str, list[int]] = {}
    counted = None if copies is None else read_copies(copies, part.lo, part.hi)

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, COLUMNS, tally):
            below = held_out_below[batch["source"][0].as_py()]  # a part has one source only
            planned = planned_rows(batch, names, tokenizer, seed, below)
            if counted is not None:
                planned = with_copies(planned, values(batch, "date"), counted)
            planned = labelled(planned, batch, labels or {})
            if by_language:
                planned = set_column(planned, schema.LABEL + LANGUAGE, batch[LANGUAGE], pa.string())
            sources = values(planned, "source")
            held_out = values(planned, "held_out")
            add_totals(
                totals,
                planned,
                [HELD_OUT if out else s for s, out in zip(sources, held_out, strict=True)],
            )
            add_totals(languages, planned, [code or "" for code in values(batch, LANGUAGE)])
            yield "planned", planned.select(columns.names)

    names_of_labels = [*(labels or {}), *([LANGUAGE] if by_language else [])]
    columns = schema.with_counted(schema.PLANNED, names_of_labels, copies=counted is not None)
    tables = {"planned": columns}
    files = write_tables(folder, unit, tables, rows())
    return Receipt(unit, files, tally, {"totals": totals, "languages": languages})


def add_totals(totals: dict[str, list[int]], planned: pa.RecordBatch, names: Sequence[str]) -> None:
    """Add each row's documents, tokens, bytes and characters to the totals of its name."""
    columns = (values(planned, name) for name in ("tokens", "bytes", "characters"))
    for name, *amounts in zip(names, *columns, strict=True):
        sums = totals.setdefault(name, [0, 0, 0, 0])
        for at, amount in enumerate((1, *amounts)):
            sums[at] += amount


def added(totals: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    """Return the sums of totals by name, in order of names."""
    sums: dict[str, list[int]] = {}
    for facts in totals:
        for name, amounts in facts.items():
            old = sums.get(name, [0, 0, 0, 0])
            sums[name] = [total + amount for total, amount in zip(old, amounts, strict=True)]
    return dict(sorted(sums.items()))


def _new_ids(urls: Iterable[str], lo: int, hi: int) -> dict[int, str]:
    table = read_rows(urls, RENAMED, filters=[("key", ">=", lo), ("key", "<=", hi)])
    return {row["key"]: row["id"] for row in table.to_pylist()}


def planned_rows(
    batch: pa.RecordBatch,
    names: dict[int, str],
    tokenizer: tokens.Tokenizer,
    seed: int,
    held_out_below: int,
) -> pa.RecordBatch:
    """Return the planned rows of a batch of documents and pieces of documents.

    The pieces of a document share its hashes except that of the order: they are held out, sampled
    or left out together, so that the document has one outcome, but are shuffled separately.
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
        "characters": [len(text) for text in texts],
        **draws(ids, pieces, [held_out_below] * len(ids), seed),
        "score": [None if s is None else round(s * SCALE) for s in values(batch, SCORE)],
    }
    return pa.RecordBatch.from_pydict(columns, schema=schema.PLANNED)


def labelled(
    planned: pa.RecordBatch, batch: pa.RecordBatch, labels: Mapping[str, Labeller]
) -> pa.RecordBatch:
    """Return planned rows with a column for each label; all pieces have that of the first one."""
    if not labels:
        return planned
    pieces = batch["piece"].to_numpy()
    firsts = np.flatnonzero(pieces == 0)
    texts = values(batch.take(firsts), "text")
    rows = np.searchsorted(firsts, np.arange(len(pieces)), side="right") - 1
    for name, model in sorted(labels.items()):
        column = pa.array(model.labels_of(texts), pa.string())
        planned = set_column(planned, schema.LABEL + name, column.take(rows), pa.string())
    return planned


def read_planned(
    payload: str, columns: Iterable[str], tally: Tally | None = None
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield (documents, planned rows) of one of `PlannedDocuments.units()`, row for row.

    A document that was cut has a row for each piece, for any columns.
    """
    unit = json.loads(payload)
    batches = [batch for url in unit["planned"] for batch in read_batches(url)]
    planned = pa.Table.from_batches(
        batches, batches[0].schema if batches else schema.PLANNED
    ).combine_chunks()
    keys = planned["key"].to_numpy()
    for batch in read_part(unit["part"], (*columns, "piece"), tally):
        at = np.searchsorted(keys, batch["key"].to_numpy()) + batch["piece"].to_numpy()
        at = np.minimum(at, len(keys) - 1)
        rows = planned.take(at).combine_chunks().to_batches()[0]
        if not (rows["key"].equals(batch["key"]) and rows["piece"].equals(batch["piece"])):
            raise RuntimeError(f"{unit['part']}: its planned rows are not those of its documents")
        yield batch, rows


SPEC = Spec(
    name="count",
    prepare=prepare,
    work=work,
    then=unchanged,
)
