"""Committed documents made of plain texts, and stages carried out on them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import recipe as recipes
from curate.batch import measure_text
from curate.pipeline import run as runs
from curate.stages.stage import SoFar
from curate.store import schema
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents, read_part
from curate.store.keys import encode_key
from curate.store.tables import write_tables

SOURCES = {"wiki": True, "crawl": False, "news": False}  # whether it is a reference

UNMEASURED = pa.schema([field for field in schema.FILTERED if field.name != "text_hash"])


def on_engines(argument, cases):
    """Return a parametrisation of id -> case: all on the local engine, the last on Spark too.

    What differs by case is done by the same code on either engine.
    """
    last = list(cases)[-1]
    rows = [pytest.param("local", case, id=f"local-{name}") for name, case in cases.items()]
    rows.append(pytest.param("spark", cases[last], id=f"spark-{last}", marks=pytest.mark.spark))
    return pytest.mark.parametrize(("engine", argument), rows, indirect=["engine"])


def committed_rows(folder, rows, parts=1):
    """Return rows of schema.FILTERED, of any order, as committed documents in so many parts.

    A row needs key, source, file_path, n and id; what else it lacks is null, or empty.
    """
    whole = [filled(row) for row in sorted(rows, key=lambda row: row["key"])]
    size = max(1, -(-len(whole) // parts))
    batches = [
        pa.RecordBatch.from_pylist(whole[start : start + size], schema.FILTERED)
        for start in range(0, len(whole), size)
    ]
    return Documents(commit_of(folder, "filter", "documents", schema.FILTERED, *batches))


def filled(row):
    """Return a row of schema.FILTERED of some of its columns."""
    text = row.get("text", "")
    characters = row.get("characters", len(text))
    more = {"text": text, "text_hash": bytes(16), "characters": characters, "extracted": characters}
    return {**dict.fromkeys(schema.FILTERED.names), **more, **row}


def documents_of(folder, texts, sizes):
    """Return the texts as committed documents, in parts of these sizes in turn."""
    batches = []
    for number, (source, own) in enumerate(texts.items()):
        rows = [
            {
                "key": encode_key(number, n),
                "source": source,
                "file_path": source,
                "n": n,
                "id": f"{source}-{n}",
                "text": text,
                "characters": len(text),
                "extracted": len(text),
                "language": "en",
                "language_score": 0.5,
            }
            for n, text in enumerate(own)
        ]
        batch = pa.RecordBatch.from_pylist(rows, UNMEASURED)
        batch = measure_text(batch).cast(schema.FILTERED)
        start = 0
        for place in range(1000):
            size = sizes[place % len(sizes)]
            batches.append(batch.slice(start, size))
            start += size
            if start >= len(own):
                break
    return Documents(commit_of(folder, "filter", "documents", schema.FILTERED, *batches))


def commit_of(folder, name, table, schema_, *batches, report=None):
    """Return a commit of one table, a unit for each batch."""
    receipts = []
    for n, batch in enumerate(batches):
        unit = f"{n:06d}"
        files = write_tables(str(folder), unit, {table: schema_}, [(table, batch)])
        receipts.append(Receipt(unit, files))
    return Commit.of(name, "h", str(folder), receipts, report)


def run_of(folder, engine=None, **whole):
    """Return a run of a recipe of SOURCES; without an engine it must not work."""
    folder.mkdir(exist_ok=True)
    for source in SOURCES:
        (folder / f"{source}.txt").write_text("a")
    sources = {
        name: {"kind": "text", "path": f"{name}.txt", "reference": reference}
        for name, reference in SOURCES.items()
    }
    settings = {"language": None, "filters": [], "sources": sources}
    return start({**settings, **whole}, folder, folder / "out", engine)


def start(whole, folder, out, engine=None, **more):
    """Return a run of a recipe given as plain data; without an engine it must not work."""
    made = recipes.parse(whole, folder)
    run = runs.start(made, str(out), **{"log": lambda _: None, **more})
    return run if engine is None else run.on(engine)


def without_copies(engine, folder, stage, rows, *, priority, scope="global", prefer=()):
    """Return what there is after a stage that removes copies, of rows in four parts."""
    for source in priority:
        (folder / f"{source}.txt").write_text("a")
    whole = {
        "sources": {name: {"kind": "text", "path": f"{name}.txt"} for name in priority},
        "dedup": {"priority": priority, "scope": scope, "prefer": prefer},
    }
    documents = committed_rows(folder / "documents", rows, parts=4)
    return carry_out(stage, start(whole, folder, folder / "out", engine), after(documents))


def after(documents, *commits):
    """Return what there is when stages have made documents."""
    so_far = SoFar({"filter": documents.base}, documents)
    for commit in commits:
        so_far = so_far.plus(commit)
    return so_far


def carry_out(stage, run, so_far):
    """Return what there is after a stage, given by its module or spec; skipped if it is done."""
    spec = getattr(stage, "SPEC", stage)
    at = spec.prepare(run, so_far)
    return spec.then(so_far, at.committed or spec.work(at, so_far))


def table_of(commit, name):
    """Return the rows of one table of a commit, as its files have them."""
    return [row for url in commit.urls(name) for row in pq.read_table(url).to_pylist()]


def left(documents):
    """Return key -> row of what is left."""
    return {
        row["key"]: row
        for unit in documents.units()
        for batch in read_part(unit.payload)
        for row in batch.to_pylist()
    }


def outcomes(commit):
    """Return key -> row of a commit's outcomes; a key that stands there twice is an error."""
    rows = table_of(commit, "outcomes")
    result = {row["key"]: row for row in rows}
    assert len(result) == len(rows)
    return result


def kept_of(commit):
    """Return key -> (kept key, kept id) of what a stage removed for something else."""
    return {key: (row["kept_key"], row["kept_id"]) for key, row in outcomes(commit).items()}
