"""What the rules make of crawl pages nobody has judged: numbers for each page, a table of rules.

Enters: documents as extracted. Leaves: OUT/signals/signals.parquet, a row for each of a hash
sample of the crawl's pages (those of OUT/samples/unjudged.parquet), with every signal of
`curate.filters.measure`, language, and the rules that are against it; and rules.json, how many
each rule drops alone, as the first, and beyond all others. Nothing is dropped.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import values
from curate.filters import measure
from curate.filters.alone import rules, verdicts
from curate.recipe import Recipe
from curate.spark.batches import map_partitions
from curate.spark.filter import language_model
from curate.spark.samples import DRAWN, PAGES, UNJUDGED, lowest, texts_of
from curate.spark.stage import Run, Stage, documents_frame, write_sorted
from curate.steps import apply
from curate.store import io
from curate.store.commits import read_batches
from curate.store.documents import Documents
from curate.store.schema import columns

ROWS = pa.schema([pa.field("row", pa.string(), nullable=False)])  # of JSON
LANGUAGE = "language"
SCHEMA = columns(
    ("source", pa.string(), False),
    ("id", pa.string(), False),
    ("url", pa.string(), True),
    ("language", pa.string(), True),
    ("language_score", pa.float64(), True),
    ("reason", pa.string(), True),  # the chain's
    ("rules", pa.list_(pa.string()), False),  # all that are against it
    *((name, pa.float64(), False) for name in measure("")),
)


def signals(run: Run, extracted: Documents) -> dict[str, Any]:
    """Write OUT/signals; return what rules.json says."""
    place = Stage(run, "signals", "", io.join(run.work, "signals"), None)
    io.delete_tree(place.folder)
    place.describe("signals")
    recipe = run.recipe
    crawl = [name for name, source in recipe.sources.items() if not source.reference]
    pages = documents_frame(run.spark, extracted, PAGES).where(F.col("source").isin(crawl))
    unjudged = pages.select(
        "*", F.lit(UNJUDGED).alias("state"), F.lit("extract").alias("stage"),
        F.lit(None).cast("string").alias("reason"),
    )  # fmt: skip
    drawn = lowest(unjudged, 0, recipe.output.unjudged, recipe.seed)
    receipts = write_sorted(place, drawn, "drawn", DRAWN, most=1)
    urls = [io.join(place.folder, file.name) for r in receipts for file in r.files]
    about = {row["key"]: row for url in urls for b in read_batches(url) for row in b.to_pylist()}
    texts = texts_of(place, extracted, urls).repartition(run.spark.sparkContext.defaultParallelism)
    found = map_partitions(texts, partial(measured, about=about, recipe=recipe), ROWS)
    rows = [json.loads(row["row"]) for row in found.collect()]  # one for each page of the sample
    rows.sort(key=lambda row: (row["source"], row["id"]))
    table = summary(recipe, rows)
    folder = io.join(run.out, "signals")
    with io.staged(io.join(folder, "signals.parquet")) as path:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")
    data = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
    io.write_bytes(io.join(folder, "rules.json"), data.encode())
    io.delete_tree(place.folder)
    return table


def measured(
    batches: Iterable[pa.RecordBatch], *, about: dict[int, dict[str, Any]], recipe: Recipe
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of SCHEMA, as JSON, of batches of (key, text)."""
    steps = recipe.steps()
    several = rules(steps)
    language = language_model(recipe) if recipe.language else None
    for batch in batches:
        rows = []
        for key, text in zip(values(batch, "key"), values(batch, "text"), strict=True):
            page = {name: about[key][name] for name in ("source", "id", "url")}
            code, score, reason = None, None, None
            if language is not None:
                code, score = language.identify(text)
                reason = language.judge(code, score) if recipe.language.keep else None  # type: ignore[union-attr]
            against = [LANGUAGE] if reason else []
            reasons = verdicts(steps, several, text, page)
            pairs = zip(several, reasons, strict=True)
            against += [rule.name for rule, why in pairs if why is not None]
            row = {
                **page,
                "language": code,
                "language_score": score,
                "reason": reason or apply(steps, text, page)[1],
                "rules": against,
                "first": against[0] if against else None,
                **measure(text),
            }
            rows.append(json.dumps(row))
        yield pa.RecordBatch.from_pydict({"row": rows}, schema=ROWS)


def summary(recipe: Recipe, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return, for each rule, how many pages it drops alone, first in order, and beyond all others.

    Pops `first` of the rows.
    """
    names = [LANGUAGE] if recipe.language and recipe.language.keep else []
    names += [rule.name for rule in rules(recipe.steps())]
    alone: Counter[str] = Counter(name for row in rows for name in row["rules"])
    first: Counter[str] = Counter(row.pop("first") for row in rows)
    only: Counter[str] = Counter(row["rules"][0] for row in rows if len(row["rules"]) == 1)
    return {
        "pages": len(rows),
        "dropped": sum(bool(row["rules"]) for row in rows),
        "rules": [
            {"rule": name, "alone": alone[name], "first": first[name], "only": only[name]}
            for name in names
        ],
    }
