"""The same jobs under spark-submit, and the JVM killed below them."""

import sys
from pathlib import Path

import pytest
from pipeline.runs import (
    SCRIPTS,
    assert_same,
    committed,
    killed,
    receipts,
    receipts_by_unit,
    run_here,
    times,
    units_of,
)

from curate import stage_list
from curate.spark.java import java_home
from curate.spark.settings import QUICK

JOBS = Path(__file__).resolve().parents[2] / "jobs"
FILES = {name: name.replace("-", "_") for name in (*stage_list.commands(), "pipeline", "links")}
FAST = tuple(f"--conf={key}={value}" for key, value in QUICK.items())


@pytest.mark.parametrize("name", FILES)
def test_every_command_of_stages_has_a_job_of_a_few_lines(name):
    lines = (JOBS / f"{FILES[name]}.py").read_text().splitlines()
    assert len(lines) <= 10
    command = "run" if name == "pipeline" else name
    assert f'    main(["{command}", *sys.argv[1:]])' in lines


def test_there_is_no_job_without_a_command():
    assert {path.stem for path in JOBS.glob("[!_]*.py")} == set(FILES.values())


def submit(*arguments):
    """Return the line that submits the whole pipeline to a local Spark, and its environment."""
    env = {"JAVA_HOME": str(java_home().home), "PYSPARK_PYTHON": sys.executable}
    return [
        str(SCRIPTS / "spark-submit"), "--master", "local[2]",
        "--conf=spark.sql.shuffle.partitions=4", "--conf=spark.ui.enabled=false", *FAST,
        str(JOBS / "pipeline.py"), *arguments,
    ], env  # fmt: skip


@pytest.mark.slow
def test_the_same_bytes_after_the_jvm_was_killed(reference, tmp_path):
    """The rerun is on the local engine: either goes on with what the other has begun."""
    out = tmp_path / "out"
    work = out / "_work"
    line, env = submit(str(reference.recipe), "--out", str(out))
    said = killed(line, lambda: bool(receipts(work, "extract")), env, alone="java")
    assert "engine: spark (started by spark-submit)" in said
    assert said.count(" INFO ") <= 3, "what Spark says before its settings are read"
    assert f"Spark's log: {work / 'spark.log'}" in said
    logged = (work / "spark.log").read_text()
    assert " INFO " in logged
    units, done = units_of(reference.recipe), receipts_by_unit(work, "extract")
    assert 0 < len(done) < len(units)
    assert committed(work) == set()
    assert not (out / "corpus").exists()
    before = times(work, "extract/*/receipts/*.jsonl")
    lines = run_here(reference.recipe, out)
    assert lines[0] == f"extract: {len(done)} of {len(units)} units were done before, kept"
    assert before.items() <= times(work).items()
    assert_same(out, reference.out)
