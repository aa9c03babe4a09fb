"""Sources to documents: every record read once, pages turned to text.

Enters: the recipe's sources. Leaves: `documents` (text of pages and references) and the fates
of records that are none. Nothing is judged here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from curate import schema
from curate.documents import Documents
from curate.extract.warc import Span, first_gap
from curate.keys import Tally
from curate.recipe import Extract, Recipe, Source
from curate.sources import Range, Reading, Row, ranges_from_json, ranges_to_json, read, split
from curate.spark.stage import Run, Stage, lift
from curate.work import Receipt, write_tables

SCHEMAS = {"documents": schema.DOCUMENTS, "fates": schema.FATES}
MODULES = ("curate.sources", "curate.extract", "curate.io", "curate.spark.extract")
LIBRARIES = ("trafilatura", "lxml", "justext", "charset-normalizer", "lxml_html_clean", "courlan")
BATCH_ROWS, BATCH_CHARACTERS = 256, 4 << 20  # what a worker holds before it writes


def stage(run: Run) -> Documents:
    """Return the documents of all sources."""
    place = begin(run)
    if place.committed:
        return Documents(place.committed)
    units = split(run.files, run.recipe)
    frame = partial(extract, recipe=run.recipe, folder=place.folder)
    payloads = {name: ranges_to_json(ranges) for name, ranges in units.items()}
    receipts = _joined(place, units, place.carry_out(payloads, frame), frame)
    into = Tally.total(receipt.tally for receipt in receipts)
    place.balance(into, receipts, "documents", "fates")
    return Documents(place.commit(receipts, _report(receipts)))


def begin(run: Run) -> Stage:
    """Return the stage's place in WORK."""
    return run.begin(
        "extract",
        settings=_settings(run.recipe),
        modules=MODULES,
        libraries=LIBRARIES,
        inputs=[(f.source, f.file_path, f.size, f.version) for f in run.files],
    )


def extract(units: DataFrame, recipe: Recipe, folder: str) -> DataFrame:
    """Return the receipts of a frame of units, each a list of byte ranges of one source."""
    reading = partial(
        extract_unit, sources=recipe.sources, settings=recipe.extract, seed=recipe.seed
    )
    return lift(reading, folder)(units)


def extract_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    sources: Mapping[str, Source],
    settings: Extract,
    seed: int = 0,
) -> Receipt:
    """Read the ranges of one unit and write what is in them; no Spark needed."""
    reading = Reading(sample=settings.sample, seed=seed)

    def rows() -> Iterator[tuple[str, Row]]:
        for part in ranges_from_json(payload):
            yield from read(part, sources[part.file.source], settings, reading)

    files = write_tables(folder, unit, SCHEMAS, batches(rows()))
    facts = {"joints": reading.joints, "digests": reading.digests}
    return Receipt(unit, files, reading.tally.records, reading.tally.checksum, facts)


def batches(rows: Iterator[tuple[str, Row]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield (table, batch) of rows as they come, bounded in rows and characters."""
    waiting: dict[str, list[Row]] = {table: [] for table in SCHEMAS}
    characters = 0
    for table, row in rows:
        waiting[table].append(row)
        characters += len(row.get("text") or "")
        if len(waiting[table]) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            for name, several in waiting.items():
                yield from _batch(name, several)
                waiting[name] = []
            characters = 0
    for name, left in waiting.items():
        yield from _batch(name, left)


def _batch(table: str, rows: Sequence[Row]) -> Iterator[tuple[str, pa.RecordBatch]]:
    if rows:
        yield table, pa.RecordBatch.from_pylist(list(rows), schema=SCHEMAS[table])


def _joined(
    place: Stage, units: Mapping[str, Sequence[Range]], receipts: list[Receipt], frame: Any
) -> list[Receipt]:
    """Return the receipts after every split that does not continue the one before is redone.

    A split finds its first record by looks; what it took for one may stand inside another's
    payload. Then it is read again from where the split before it really ended.
    """
    while redo := _gaps(units, receipts):
        place.run.say(f"{place.name}: {len(redo)} splits read again, for they did not join up")
        again = {f"{unit}-{part.begin}": ranges_to_json([part]) for unit, part in redo.items()}
        better = {
            receipt.unit.partition("-")[0]: receipt for receipt in place.carry_out(again, frame)
        }
        receipts = [better.get(receipt.unit.partition("-")[0], receipt) for receipt in receipts]
    return receipts


def _gaps(units: Mapping[str, Sequence[Range]], receipts: Sequence[Receipt]) -> dict[str, Range]:
    """Return the first split of each archive that does not continue, with where it must begin."""
    joints = [(*joint, receipt.unit) for receipt in receipts for joint in receipt.facts["joints"]]
    redo = {}
    for _, group in groupby(
        sorted(joints, key=lambda joint: joint[:2]), key=lambda joint: joint[0]
    ):
        spans = list(group)
        gap = first_gap([Span(*span[1:5]) for span in spans], spans[-1][2])
        if gap is not None:
            unit = spans[gap[0]][-1].partition("-")[0]
            number = spans[gap[0]][0]
            part = next(part for part in units[unit] if part.file.number == number)
            redo[unit] = replace(part, begin=gap[1])
    return redo


def _settings(recipe: Recipe) -> dict[str, Any]:
    """Return what of the recipe changes this stage's work."""
    own = ("kind", "text", "id", "url", "date", "dump")
    sources = {
        name: {key: getattr(source, key) for key in own} for name, source in recipe.sources.items()
    }
    seed = recipe.seed if recipe.extract.sample is not None else None
    return {"extract": recipe.extract.model_dump(), "sources": sources, "seed": seed}


def _report(receipts: Sequence[Receipt]) -> dict[str, Any]:
    rows = {"records": sum(receipt.records for receipt in receipts)}
    for receipt in receipts:
        for file in receipt.files:
            rows[file.table] = rows.get(file.table, 0) + file.rows
    return rows
