"""Line deduplication: keep the first occurrence of each line, or none of very frequent lines.

Input: filtered documents. Output: documents with cut text and its updated measures; the outcomes of
those of which too little was left, with the share of characters removed.

Only hashes of lines are exchanged: each part of the documents counts its own first, so that a line
in every document is one row for each part; each part gets back the hashes that are to be cut there.
The result does not depend on the partitioning: the first occurrence of a line is in the source with
the highest priority, there in the document with the smallest key.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from curate.batch import measure_text, project_to_schema, set_column, split, values
from curate.dedup.shared_lines import NO_KEEPER, line_hashes, without_shared_lines
from curate.engine.verbs import BUCKET
from curate.recipe import Lines, Recipe
from curate.stages.sorting import bucket_count, bucket_of_file, with_bucket, write_buckets
from curate.stages.stage import Run, SoFar, Spec, Stage, rewritten, stage_cut
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents, read_part
from curate.store.keys import Tally, bucket_of
from curate.store.tables import read_rows, write_tables
from curate.store.units import Unit

SCHEMAS = {"documents": schema.FILTERED, "outcomes": schema.OUTCOMES}
# Occurrences of a line in a part (or its document frequency, where documents are counted), and the
# first document of the part with it.
COUNTS = schema.columns(
    (BUCKET, pa.int64(), False),
    ("line", pa.int64(), False),
    ("part", pa.string(), False),
    ("times", pa.int64(), False),
    ("rank", pa.int32(), False),  # of its source
    ("key", pa.int64(), False),
)
# The lines that a part has to cut, and the document that keeps each.
SHARED = schema.columns(
    ("part", pa.string(), False), ("line", pa.int64(), False), ("keeper", pa.int64(), False)
)
MOST_LINES = 1 << 20  # distinct lines counted at once in a worker: about 200 MB
PARTS_A_FILE = 16
LINES = 8  # estimated per document, to choose the number of buckets


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Cut lines that documents share, and drop documents with too little left."""
    recipe, documents = stage.run.recipe, so_far.left
    units = documents.units()
    files = max(1, -(-len(units) // PARTS_A_FILE))
    stage.describe("counting lines")
    tables = _write_shared(stage, documents, units, files)
    urls = {bucket_of_file(receipt): io.join(stage.folder, receipt.unit) for receipt in tables}
    cut_part = partial(cut_unit, recipe=recipe, shared=urls, files=files)
    receipts = stage.run_units(units, cut_part)
    into = Tally.total(receipt.tally for receipt in receipts)
    cut = stage_cut(receipts)
    stage.balance(into, receipts, "documents", "outcomes", cut=sum(cut.values()))
    report: dict[str, Any] = {
        "documents": into.records,
        "kept": sum(receipt.rows("documents") for receipt in receipts),
        "lines_cut": sum(receipt.facts["lines_cut"] for receipt in receipts),
        "characters": into.characters,
        "characters_cut": sum(cut.values()),
        "cut": cut,
    }
    return stage.commit([*receipts, *tables], report)


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    recipe = run.recipe
    return run.stage(
        "lines",
        settings=[lines_of(recipe).model_dump(), sources_of(recipe), recipe.priority()],
        module=__name__,
        reads=so_far.left.commits,
    )


def lines_of(recipe: Recipe) -> Lines:
    """Return the step's settings; raises ValueError if there are none."""
    if recipe.dedup.shared_lines is None:
        raise ValueError("dedup.shared_lines: expected settings, got none")
    return recipe.dedup.shared_lines


def sources_of(recipe: Recipe) -> list[str]:
    """Return the sources whose lines are counted and cut."""
    return recipe.searched_sources(lines_of(recipe).sources)


# --- counting ------------------------------------------------------------------------------------


def _write_shared(
    stage: Stage, documents: Documents, units: Sequence[Unit], files: int
) -> list[Receipt]:
    """Write SHARED of all parts, PARTS_A_FILE of them a file."""
    recipe, engine = stage.run.recipe, stage.run.engine
    lines = lines_of(recipe)
    buckets = bucket_count(documents.rows() * LINES)
    ranks = {name: rank for rank, name in enumerate(recipe.priority())
             if name in sources_of(recipe)}  # fmt: skip
    count = partial(count_parts, ranks=ranks, by_documents=lines.most is not None, buckets=buckets)
    counts = engine.start(count, stage.tasks(units), COUNTS)
    choose = partial(shared_lines, limit=lines.most, files=files)
    shared = engine.exchange(counts, choose, with_bucket(SHARED), buckets=buckets)
    return write_buckets(
        stage, shared, stage.folder, "shared_lines", SHARED, order=("part", "line"), buckets=files
    )


def count_parts(
    units: Sequence[Unit], *, ranks: Mapping[str, int], by_documents: bool, buckets: int
) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of the parts of a task."""
    for unit in units:
        for batch in count_part(unit.name, unit.payload, ranks, by_documents=by_documents):
            at = batch["line"].to_numpy() % buckets
            yield set_column(batch, BUCKET, at, pa.int64()).select(COUNTS.names)


def count_part(
    part: str, payload: str, ranks: Mapping[str, int], *, by_documents: bool
) -> Iterator[pa.RecordBatch]:
    """Yield COUNTS of one part."""
    counts: dict[int, list[int]] = {}  # line -> [times, smallest key]
    rank = 0
    for batch in read_part(payload, ("key", "source", "text")):
        source = batch["source"][0].as_py()  # a part has one source only
        if source not in ranks:
            return
        rank = ranks[source]
        for key, text in zip(values(batch, "key"), values(batch, "text"), strict=True):
            hashes = [line for line in line_hashes(text) if line is not None]
            for line in set(hashes) if by_documents else hashes:
                entry = counts.setdefault(line, [0, key])  # keys ascend
                entry[0] += 1
            if len(counts) >= MOST_LINES:
                yield _counted(part, rank, counts)
                counts = {}
    yield _counted(part, rank, counts)


def _counted(part: str, rank: int, counts: Mapping[int, Sequence[int]]) -> pa.RecordBatch:
    size = len(counts)
    columns: dict[str, list[Any]] = {
        "line": list(counts),
        "part": [part] * size,
        "times": [times for times, _ in counts.values()],
        "rank": [rank] * size,
        "key": [key for _, key in counts.values()],
    }
    return pa.RecordBatch.from_pydict(columns, schema=pa.schema(list(COUNTS)[1:]))


def shared_lines(
    bucket: int, batches: Iterator[pa.RecordBatch], *, limit: int | None, files: int
) -> Iterator[pa.RecordBatch]:
    """Yield SHARED of a bucket's lines: for each repeated line one row for each part that has it.

    limit: maximum document frequency; a line in more documents is cut from all of them. None: the
    first document keeps it.
    """
    del bucket
    counts = pa.Table.from_batches(list(batches))
    by: Any = [("line", "ascending"), ("rank", "ascending"), ("key", "ascending")]
    counts = counts.sort_by(by)
    lines, times = counts["line"].to_numpy(), counts["times"].to_numpy()
    starts = np.flatnonzero(np.append(True, lines[1:] != lines[:-1])[: len(lines)])
    lengths = np.diff(starts, append=len(lines))
    shared = np.repeat(np.add.reduceat(times, starts) > (limit or 1), lengths)
    keepers = np.repeat(counts["key"].to_numpy()[starts], lengths)
    if limit is not None:
        keepers = np.full(len(lines), NO_KEEPER)
    rows = pa.record_batch(
        {"part": counts["part"].combine_chunks(), "line": lines, "keeper": keepers}
    ).filter(pa.array(shared))
    at = [bucket_of(part, files) for part in values(rows, "part")]
    yield set_column(rows, BUCKET, at, pa.int64()).select([BUCKET, *SHARED.names])


# --- cutting -------------------------------------------------------------------------------------


def cut_unit(
    folder: str, unit: str, payload: str, *, recipe: Recipe, shared: Mapping[int, str], files: int
) -> Receipt:
    """Cut one part of the documents; write documents and outcomes.

    Args:
        shared: the files of SHARED by bucket.
        files: the number of files if each had rows.
    """
    tally, sources = Tally(), sources_of(recipe)
    keepers = read_keepers(shared.get(bucket_of(unit, files)), unit)
    lines_cut = characters_cut = 0

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        nonlocal lines_cut, characters_cut
        for batch in read_part(payload, tally=tally):
            if not keepers or batch["source"][0].as_py() not in sources:
                yield "documents", project_to_schema(batch, schema.FILTERED)
                continue
            cut = cut_lines(batch, keepers, lines_of(recipe).min_characters)
            lines_cut += sum(values(cut, "lines_cut"))
            kept, dropped = split(cut)
            characters_cut += sum(values(kept, "characters_cut"))
            yield "documents", project_to_schema(measure_text(kept), schema.FILTERED)
            yield "outcomes", outcomes(dropped)

    written = write_tables(folder, unit, SCHEMAS, tables())
    facts = {"lines_cut": lines_cut, "cut": {"shared_lines": characters_cut}}
    return Receipt(unit, written, tally, facts)


def read_keepers(url: str | None, part: str) -> dict[int, int]:
    """Return the lines that a part has to cut: hash -> key of the document that keeps it."""
    if url is None:
        return {}
    rows = read_rows([url], SHARED, filters=[("part", "==", part)])
    return dict(
        zip(rows["line"].to_numpy().tolist(), rows["keeper"].to_numpy().tolist(), strict=True)
    )


def cut_lines(
    batch: pa.RecordBatch, keepers: Mapping[int, int], min_characters: int
) -> pa.RecordBatch:
    """Return the batch with texts cut, and `drop_reason`: null where enough is left.

    Added: lines_cut, characters_cut (int64), score (the share of characters cut). Texts that were
    not cut are not judged, however short.
    """
    originals = values(batch, "text")
    pairs = zip(originals, values(batch, "key"), strict=True)
    cut = [without_shared_lines(text, key, keepers) for text, key in pairs]
    texts, lines = [text for text, _ in cut], [count for _, count in cut]
    characters = [len(old) - len(new) for old, new in zip(originals, texts, strict=True)]
    shares = [
        removed / max(1, len(text)) for removed, text in zip(characters, originals, strict=True)
    ]
    shortest = max(1, min_characters)
    reasons = [
        "shared_lines" if removed and len(text) < shortest else None
        for removed, text in zip(lines, texts, strict=True)
    ]
    batch = set_column(batch, "text", texts, pa.string())
    blocks = [
        old if not removed else None
        for old, removed in zip(values(batch, "blocks"), lines, strict=True)
    ]
    batch = set_column(batch, "blocks", blocks, schema.BLOCKS)
    batch = set_column(batch, "lines_cut", lines, pa.int64())
    batch = set_column(batch, "characters_cut", characters, pa.int64())
    batch = set_column(batch, "score", shares, pa.float64())
    return set_column(batch, "drop_reason", reasons, pa.string())


def outcomes(dropped: pa.RecordBatch) -> pa.RecordBatch:
    """Return the outcomes of documents with too little left."""
    return project_to_schema(
        dropped, schema.OUTCOMES, state="dropped", stage="lines", reason="shared_lines",
        length=None, kept_key=None, kept_id=None,
    )  # fmt: skip


SPEC = Spec(
    name="lines",
    prepare=prepare,
    work=work,
    then=rewritten,
    wanted=lambda recipe: recipe.dedup.shared_lines is not None,
)
