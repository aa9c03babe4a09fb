"""Quality signals of unfiltered crawl pages, and an ablation of the rules.

Input: documents as extracted. Output: OUT/signals/signals.parquet, a row for each of a hash
sample of the crawl's pages (those of OUT/samples/unjudged.parquet), with every signal of
`curate.filters.measure` of its prose, language, and the rules that would drop it; and rules.json,
how many each rule drops alone, as the first, and beyond all others. Nothing is dropped.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.batch import to_blocks
from curate.filters import measure
from curate.filters.ablation import rules, verdicts
from curate.recipe import Recipe
from curate.stages.filter import language_model
from curate.stages.sampling import drawn_rows, page_rows, sample_outcomes, write_drawn
from curate.stages.stage import Run, Stage
from curate.steps import apply
from curate.store import io
from curate.store.documents import Documents
from curate.store.schema import columns
from curate.store.units import Unit
from curate.text.prose import prose_of

COLUMNS = ("key", "source", "id", "url", "text", "blocks")
ROWS = pa.schema([pa.field("row", pa.string(), nullable=False)])  # of JSON
LANGUAGE = "language"
SCHEMA = columns(
    ("source", pa.string(), False),
    ("id", pa.string(), False),
    ("url", pa.string(), True),
    ("language", pa.string(), True),
    ("language_score", pa.float64(), True),
    ("reason", pa.string(), True),  # the chain's
    ("rules", pa.list_(pa.string()), False),  # all that would drop it
    *((name, pa.float64(), False) for name in measure("")),
)


def signals(run: Run, extracted: Documents) -> dict[str, Any]:
    """Write OUT/signals; return the content of rules.json."""
    stage = Stage(run, "signals", "", io.join(run.work, "signals"), None)
    io.delete_tree(stage.folder)
    stage.describe("signals")
    recipe, engine = run.recipe, run.engine
    crawl = tuple(name for name, source in recipe.sources.items() if not source.reference)
    reader = partial(page_rows, sources=crawl, seed=recipe.seed)
    units = extracted.units()
    drawn = write_drawn(
        stage, sample_outcomes(stage, [("pages", reader, units)], 0, recipe.output.unjudged)
    )
    tasks = stage.tasks(units) if drawn else []
    results = engine.collect(
        engine.start(partial(measured, drawn=drawn, recipe=recipe), tasks, ROWS, isolated=True)
    )
    lines: list[Any] = results["row"].to_pylist()
    rows = [json.loads(line) for line in lines]  # one for each page of the sample
    rows.sort(key=lambda row: (row["source"], row["id"]))
    table = summary(recipe, rows)
    folder = io.join(run.out, "signals")
    with io.staged(io.join(folder, "signals.parquet")) as path:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")
    data = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
    io.write_bytes(io.join(folder, "rules.json"), data.encode())
    io.delete_tree(stage.folder)
    return table


def measured(units: Sequence[Unit], *, drawn: str, recipe: Recipe) -> Iterator[pa.RecordBatch]:
    """Yield the rows of SCHEMA, as JSON, of the sampled documents of some parts."""
    steps, rules_of = cache(recipe.steps), cache(lambda code: rules(recipe.steps(code)))
    language = language_model(recipe) if recipe.language else None
    batches = (b for unit in units for b in drawn_rows(unit.payload, drawn, COLUMNS))
    for batch in batches:
        rows = []
        for page in batch.to_pylist():
            text, blocks = page.pop("text"), to_blocks(page.pop("blocks"))
            del page["key"]
            prose = prose_of(text, blocks)
            code, score, reason = None, None, None
            if language is not None:
                code, score = language.identify(prose)
                reason = language.judge(code, score) if recipe.language.keep else None  # type: ignore[union-attr]
            against = [LANGUAGE] if reason else []
            chain, chain_rules = steps(code), rules_of(code)
            reasons = verdicts(chain, chain_rules, text, page, blocks)
            pairs = zip(chain_rules, reasons, strict=True)
            against += [rule.name for rule, verdict in pairs if verdict is not None]
            row = {
                **page,
                "language": code,
                "language_score": score,
                "reason": reason or apply(chain, text, page, blocks)[1],
                "rules": against,
                "first": against[0] if against else None,
                **measure(prose),
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
