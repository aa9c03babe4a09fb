"""A user's script, for mypy strict: runs, results, single functions. Checked, never run."""

from pathlib import Path
from typing import assert_type

import pyarrow as pa

import curate
from curate import Plan, RecipeError, Result
from curate.dedup.duplicates import Duplicate
from curate.filters import GopherQuality


def told(stage: str, what: str) -> None:
    print(stage, what)


def too_short(text: str) -> str | None:
    return "too_short" if len(text) < 20 else None


def whole_run(recipe: Path) -> Result:
    try:
        plan = curate.plan(recipe, "corpus", engine="local", sample=0.5)
    except RecipeError as error:
        raise SystemExit(str(error)) from error
    assert_type(plan, Plan)
    assert_type([one.files for one in plan.inputs], list[int])
    result = curate.run({"extends": str(recipe)}, Path("corpus"), until="mix", on_progress=told)
    assert_type(result, Result)
    assert_type(result.explain("https://example.org"), list[str])
    assert_type(result.report(against=curate.load("earlier")), str)
    assert_type(result.ledger, pa.Table)
    assert_type(result.documents().count_rows(), int)
    return curate.load(result.out)


def single_functions(table: pa.Table) -> None:
    assert_type(curate.judge("a text", "gopher_quality", too_short), str | None)
    assert_type(curate.judge(["a text", None], GopherQuality()), list[str | None])
    assert_type(curate.judge(table, too_short, text="body", reason="why"), pa.Table)
    assert_type(curate.measure("a text"), dict[str, float])
    assert_type(curate.measure(table, signals=["words"]), pa.Table)
    assert_type(curate.identify_language("a text"), tuple[str, float])
    assert_type(curate.identify_language(["a", "b"]), list[tuple[str, float]])
    assert_type(curate.find_duplicates(["a", "b"], threshold=0.7), list[Duplicate])
    assert_type(curate.extract_text(b"<p>a", url="http://example.org"), str)
    assert_type(curate.filters.find("c4")[0].name, str)
    assert_type(curate.Recipe.model_validate({}).seed, int)
