"""The same jobs under spark-submit, and the JVM killed below them."""

import sys
from pathlib import Path

import pytest
from runs import (
    FAST,
    SCRIPTS,
    assert_same,
    committed,
    finish,
    killed,
    receipts,
    receipts_by_unit,
    reference,
    times,
    units_of,
)

from curate.spark import pipeline
from curate.spark.java import java_home

JOBS = Path(__file__).resolve().parents[2] / "jobs"
FILES = {name: name.replace("-", "_") for name in (*pipeline.STAGES, "pipeline", "links")}


@pytest.mark.parametrize("name", FILES)
def test_every_stage_has_a_job_of_a_few_lines(name):
    lines = (JOBS / f"{FILES[name]}.py").read_text().splitlines()
    assert len(lines) <= 10
    command = "run" if name == "pipeline" else name
    assert f'    main(["{command}", *sys.argv[1:]])' in lines


def test_there_is_no_job_without_a_stage():
    assert {path.stem for path in JOBS.glob("*.py")} == set(FILES.values())


@pytest.mark.slow
def test_the_same_bytes_after_the_jvm_was_killed(spark_session, tmp_path_factory, tmp_path):
    undisturbed = reference(spark_session, tmp_path_factory.getbasetemp())
    work = tmp_path / "_work"
    env = {"JAVA_HOME": str(java_home().home), "PYSPARK_PYTHON": sys.executable}
    line = [
        str(SCRIPTS / "spark-submit"), "--master", "local[2]",
        "--conf=spark.sql.shuffle.partitions=4", "--conf=spark.ui.enabled=false", *FAST,
        str(JOBS / "pipeline.py"), str(undisturbed.recipe), "--out", str(tmp_path),
    ]  # fmt: skip
    killed(line, lambda: bool(receipts(work, "extract")), env, alone="java")
    units, done = units_of(undisturbed.recipe), receipts_by_unit(work, "extract")
    assert 0 < len(done) < len(units)
    assert committed(work) == set()
    assert not (tmp_path / "corpus").exists()
    before = times(work, "extract/*/receipts/*.json")
    said = finish(line, env)
    assert f"extract: {len(done)} of {len(units)} units were done before, kept" in said
    assert before.items() <= times(work).items()
    assert_same(tmp_path, undisturbed.out)
