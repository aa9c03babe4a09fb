"""Lines that documents share go: only the first of each stays, or none of the common ones.

Enters: judged documents. Leaves: documents with text and its measures as the cuts left them; the
fates of those of which too little was left, with the share of characters they lost.

Only hashes of lines cross the network: a part of the documents counts its own before they do, so
that a line in every document is one row a part; and back go to each part the hashes that are to
be cut there. What stays does not depend on how documents are spread: the first of a line is that
of the best source, there of the smallest key.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import conform, measure_text, replace, split, values
from curate.dedup.shared_lines import NO_KEEPER, line_hashes, without_shared_lines
from curate.recipe import Lines, Recipe
from curate.report.explain import bucket_of
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.stage import Run, Stage, lift, write_buckets
from curate.store import io, schema
from curate.store.commits import Receipt, write_tables
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally
from curate.store.parquet import open_parquet

SCHEMAS = {"documents": schema.JUDGED, "fates": schema.FATES}
# How often a part of the documents has a line (or, where documents are counted, in how many of
# them), and which of its documents has it first.
COUNTS = schema.columns(
    ("line", pa.int64(), False),
    ("part", pa.string(), False),
    ("times", pa.int64(), False),
    ("rank", pa.int32(), False),  # of its source
    ("key", pa.int64(), False),
)
# What a part has to cut, and whose document keeps the line.
REPEATS = schema.columns(
    ("part", pa.string(), False), ("line", pa.int64(), False), ("keeper", pa.int64(), False)
)
MOST_LINES = 1 << 20  # different ones, counted together in a worker: about 200 MB
PARTS_A_FILE = 16


def stage(run: Run, documents: Documents) -> Documents:
    """Return the documents without lines that repeat, less those of which too little is left."""
    place, recipe = begin(run, documents), run.recipe
    if place.committed:
        return Documents(place.committed)
    units = documents.units()
    files = max(1, -(-len(units) // PARTS_A_FILE))
    place.describe("counting lines")
    found = repeats(line_counts(run.spark, units, recipe), lines_of(recipe))
    order = ("part", "line")
    tables = write_buckets(
        found, place.folder, "repeats", REPEATS, by="part", order=order, files=files
    )
    names = [file.name for receipt in tables for file in receipt.files]
    urls = {name.rsplit("-", 3)[1]: io.join(place.folder, name) for name in names}
    work = partial(cut_unit, recipe=recipe, repeats=urls, files=files)
    receipts = place.carry_out(units, lift(work, place.folder))
    into = Tally.total(receipt.tally for receipt in receipts)
    place.balance(into, receipts, "documents", "fates")
    kept = sum(f.rows for r in receipts for f in r.files if f.table == "documents")
    report = {"documents": into.records, "kept": kept}
    for fact in ("lines_cut", "characters", "characters_cut"):
        report[fact] = sum(receipt.facts[fact] for receipt in receipts)
    return Documents(place.commit([*receipts, *tables], report))


def begin(run: Run, documents: Documents) -> Stage:
    """Return the stage's place in WORK."""
    recipe = run.recipe
    return run.begin(
        "lines",
        settings=[lines_of(recipe).model_dump(), asked(recipe), recipe.priority()],
        modules=["curate.dedup.shared_lines", "curate.spark.repeats"],
        reads=documents.commits,
    )


def lines_of(recipe: Recipe) -> Lines:
    """Return the step's settings; who comes here has some."""
    if recipe.dedup.lines is None:
        raise ValueError("dedup.lines: expected settings, got none")
    return recipe.dedup.lines


def asked(recipe: Recipe) -> list[str]:
    """Return the sources whose lines are counted and cut."""
    chosen = lines_of(recipe).sources
    if chosen is not None:
        return list(chosen)
    return [name for name, source in recipe.sources.items() if not source.reference]


# --- counting ------------------------------------------------------------------------------------


def line_counts(spark: SparkSession, units: Mapping[str, str], recipe: Recipe) -> DataFrame:
    """Return COUNTS of the parts of the documents."""
    by_documents, sources = lines_of(recipe).most is not None, asked(recipe)
    ranks = {name: rank for rank, name in enumerate(recipe.priority()) if name in sources}

    def counts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, payload in unit_rows(batches):
            yield from count_part(part, payload, ranks, by_documents=by_documents)

    return map_partitions(units_frame(spark, units), counts, COUNTS)


def count_part(
    part: str, payload: str, ranks: Mapping[str, int], *, by_documents: bool
) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of one part; no Spark needed."""
    found: dict[int, list[int]] = {}  # line -> [times, smallest key]
    rank = 0
    for batch in read_part(payload, ("key", "source", "text")):
        source = batch["source"][0].as_py()  # a part holds one source only
        if source not in ranks:
            return
        rank = ranks[source]
        for key, text in zip(values(batch, "key"), values(batch, "text"), strict=True):
            hashes = [line for line in line_hashes(text) if line is not None]
            for line in set(hashes) if by_documents else hashes:
                entry = found.setdefault(line, [0, key])  # keys ascend
                entry[0] += 1
            if len(found) >= MOST_LINES:
                yield _counted(part, rank, found)
                found = {}
    yield _counted(part, rank, found)


def _counted(part: str, rank: int, found: Mapping[int, Sequence[int]]) -> pa.RecordBatch:
    size = len(found)
    columns: dict[str, list[Any]] = {
        "line": list(found),
        "part": [part] * size,
        "times": [times for times, _ in found.values()],
        "rank": [rank] * size,
        "key": [key for _, key in found.values()],
    }
    return pa.RecordBatch.from_pydict(columns, schema=COUNTS)


def repeats(counts: DataFrame, lines: Lines) -> DataFrame:
    """Return REPEATS: of each line that repeats, one row for each part that has it."""
    of_line = Window.partitionBy("line")  # one row a part, however common the line
    total = F.sum("times").over(of_line)
    first = F.min(F.struct("rank", "key")).over(of_line)
    keeper = first["key"] if lines.most is None else F.lit(NO_KEEPER)
    most = 1 if lines.most is None else lines.most
    return (
        counts.select("line", "part", total.alias("total"), keeper.alias("keeper"))
        .where(F.col("total") > most)
        .select("part", "line", F.col("keeper").cast("long").alias("keeper"))
    )


# --- cutting -------------------------------------------------------------------------------------


def cut_unit(
    folder: str, unit: str, payload: str, *, recipe: Recipe, repeats: Mapping[str, str], files: int
) -> Receipt:
    """Cut one part of the documents and write both sides; no Spark needed.

    Args:
        repeats: the files of REPEATS by their number, five digits.
        files: how many there would be if each had rows.
    """
    tally, sources = Tally(), asked(recipe)
    keepers = read_keepers(repeats.get(f"{bucket_of(unit, files):05d}"), unit)
    facts = {"lines_cut": 0, "characters": 0, "characters_cut": 0}

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_part(payload, tally=tally):
            facts["characters"] += sum(values(batch, "characters"))
            if not keepers or batch["source"][0].as_py() not in sources:
                yield "documents", conform(batch, schema.JUDGED)
                continue
            cut = cut_lines(batch, keepers, lines_of(recipe).min_characters)
            facts["lines_cut"] += sum(values(cut, "lines_cut"))
            facts["characters_cut"] += sum(values(cut, "characters_cut"))
            kept, dropped = split(cut)
            yield "documents", conform(measure_text(kept), schema.JUDGED)
            yield "fates", fates(dropped)

    written = write_tables(folder, unit, SCHEMAS, tables())
    return Receipt(unit, written, tally.records, tally.checksum, facts)


def read_keepers(url: str | None, part: str) -> dict[int, int]:
    """Return the lines a part has to cut, by hash, and whose document keeps each."""
    if url is None:
        return {}
    with open_parquet(url) as file:
        own = pq.read_table(file, columns=["line", "keeper"], filters=[("part", "==", part)])
    return dict(
        zip(own["line"].to_numpy().tolist(), own["keeper"].to_numpy().tolist(), strict=True)
    )


def cut_lines(
    batch: pa.RecordBatch, keepers: Mapping[int, int], min_characters: int
) -> pa.RecordBatch:
    """Return the batch with texts cut, and `drop_reason`: null where enough is left.

    Added: lines_cut, characters_cut (int64), score (the share of characters cut). What was not
    cut is not judged, however short.
    """
    before = values(batch, "text")
    pairs = zip(before, values(batch, "key"), strict=True)
    cut = [without_shared_lines(text, key, keepers) for text, key in pairs]
    after, lines = [text for text, _ in cut], [gone for _, gone in cut]
    characters = [len(one) - len(other) for one, other in zip(before, after, strict=True)]
    shares = [gone / max(1, len(text)) for gone, text in zip(characters, before, strict=True)]
    least = max(1, min_characters)
    reasons = [
        "shared_lines" if gone and len(text) < least else None
        for gone, text in zip(lines, after, strict=True)
    ]
    batch = replace(batch, "text", after, pa.string())
    batch = replace(batch, "lines_cut", lines, pa.int64())
    batch = replace(batch, "characters_cut", characters, pa.int64())
    batch = replace(batch, "score", shares, pa.float64())
    return replace(batch, "drop_reason", reasons, pa.string())


def fates(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the fates of documents of which too little was left."""
    return conform(dropped, schema.FATES, state="dropped", stage="lines", reason="shared_lines")
