"""The one list of stages: what reads it, and a stage that is added with a file and a line."""

import json
from importlib import import_module

import pyarrow.parquet as pq
import pytest
import typer.main

from curate import recipe as recipes
from curate import stage_list
from curate.cli import app, exits, main
from curate.pipeline import plan
from curate.pipeline.run import start
from curate.pipeline.specs import specs, stages_of
from pipeline.longest import MOST
from pipeline.runs import in_this_process, ledger, run_here


def test_every_stage_is_a_module_of_its_own():
    modules = [listed.module for listed in stage_list.STAGES]
    assert len(set(modules)) == len(modules)
    names = [spec.name for _, spec in specs()]
    assert len(set(names)) == len(names)
    for listed, (_, spec) in zip(stage_list.STAGES, specs(), strict=True):
        assert import_module(listed.module).SPEC is spec
        assert spec.work.__module__ == listed.module


def test_what_a_stage_says_it_reads_stands_before_it():
    before = set()
    for _, spec in specs():
        assert set(spec.needs or ()) <= before
        before.add(spec.name)


def test_the_command_line_has_the_commands_of_the_list():
    commands = typer.main.get_command(app).commands
    assert {"run", *stage_list.commands()} <= commands.keys()
    for name in stage_list.commands():
        assert commands[name].help.startswith("Run the recipe up to ")


@pytest.fixture
def added(monkeypatch):
    """Add a stage: its file is `longest.py` in this folder, and this is its entry."""
    entry = stage_list.Listed(
        "pipeline.longest",
        "longest",
        "drop documents of many characters",
        "longest",
        {"too_long": "more characters than the stage allows"},
    )
    stages = (*stage_list.STAGES[:2], entry, *stage_list.STAGES[2:])
    monkeypatch.setattr(stage_list, "STAGES", stages)
    monkeypatch.setattr(exits, "app", import_module("curate.cli.app").make_app())  # as at a start


@pytest.fixture
def folder(tmp_path):
    texts = [" ".join(f"w{n}x{k}" for k in range(40 * (n + 1))) for n in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    source = {"kind": "jsonl", "path": "a.jsonl"}
    recipe = {"language": None, "filters": [], "sources": {"a": source}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    long = sum(len(text) > MOST for text in texts)
    assert 0 < long < len(texts)
    return tmp_path, long


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    told = capsys.readouterr()
    assert (left.value.code, told.err) == (0, "")
    return told.out


@pytest.mark.usefixtures("added")
def test_an_added_stage_is_in_plan_run_ledger_and_command_line(folder, capsys):
    folder, long = folder
    recipe, out = folder / "recipe.yaml", folder / "out"
    planned = plan.stages(start(recipes.load(recipe), str(out), log=lambda _: None))
    assert [name for name, _, _ in planned][:4] == ["extract", "filter", "longest", "dedup"]

    assert "drop documents of many characters" in run(capsys, "longest", "--help")
    assert "drop documents" in run(capsys, "--help")
    told = json.loads(run(capsys, "longest", str(recipe), "--out", str(out), "--json", "--quiet"))
    assert list(told["stages"]) == ["extract", "filter", "longest"]
    assert told["stages"]["longest"] == {"documents": 20, "dropped": long}

    with in_this_process() as engine:
        lines = run_here(recipe, out, engine)
    assert lines[:3] == [f"{n}: nothing changed, skipped" for n in ("extract", "filter", "longest")]
    counts = json.loads((out / "ledger.json").read_text())
    assert counts["dropped"] == {"longest": {"too_long": long}}
    dropped = [row for row in ledger(out) if row["state"] == "dropped"]
    assert [row["reason"] for row in dropped] == ["too_long"] * long
    kept = pq.read_table(out / "corpus", columns=["text"])["text"].to_pylist()
    assert max(map(len, kept)) <= MOST
    explained = run(capsys, "explain", str(out), dropped[0]["id"])
    assert "longest" in explained
    assert "too_long" in explained
    assert "more characters than the stage allows" in explained
    assert f"longest dropped {long} of 20" in (out / "README.md").read_text()
    run(capsys, "verify", str(out), "--workers", "1")


def test_without_its_line_it_is_nowhere(folder):
    folder, _ = folder
    names = [spec.name for spec in stages_of(recipes.load(folder / "recipe.yaml"))]
    assert "longest" not in names
    assert "longest" not in typer.main.get_command(app).commands
