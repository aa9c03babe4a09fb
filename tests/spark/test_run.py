"""A whole run on Spark: the bytes of the engine without a JVM, whichever of them ends it."""

import shutil

import pytest
from pipeline.runs import ALL, assert_same, committed, run_here, times

from curate.spark.engine import SparkEngine


@pytest.mark.slow
def test_the_same_bytes_as_the_local_engine(spark, reference, tmp_path):
    """With settings of a cluster's: few partitions, tiny batches, no adaptive execution."""
    for key, value in {
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "7",
        "spark.sql.execution.arrow.maxBytesPerBatch": "100000",
    }.items():
        spark.conf.set(key, value)
    lines = run_here(reference.recipe, tmp_path / "out", SparkEngine.of(spark))
    assert not [line for line in lines if "skipped" in line]
    assert_same(tmp_path / "out", reference.out)


@pytest.mark.slow
def test_what_the_local_engine_began_is_continued(spark, reference, tmp_path):
    """Stages that one has committed the other skips; of one that was cut short it keeps units."""
    out = tmp_path / "out"
    shutil.copytree(reference.out, out)
    for stage in ALL[ALL.index("quality") :]:
        for commit in out.glob(f"_work/{stage}/*/_commit.json"):
            commit.unlink()
    (cut,) = out.glob("_work/quality/*")
    for path in sorted(cut.glob("receipts/*.jsonl"))[1:]:
        path.unlink()
    before = times(cut, "receipts/*.jsonl")
    assert committed(out / "_work") == set(ALL[: ALL.index("quality")])
    lines = run_here(reference.recipe, out, SparkEngine.of(spark))
    skipped = [line.partition(":")[0] for line in lines if "skipped" in line]
    assert skipped == ALL[: ALL.index("quality")]
    assert [line for line in lines if line.startswith("quality: ") and "were done before" in line]
    assert before.items() <= times(cut).items()
    assert_same(out, reference.out)


@pytest.mark.slow
def test_a_damaged_file_of_work_is_noticed_and_its_stage_runs_again(spark, reference, tmp_path):
    """An error of a worker's. Of the first stages, as far as they differ: on the local engine."""
    out = tmp_path / "out"
    shutil.copytree(reference.out, out)
    for stage in ("shards", "publish"):
        shutil.rmtree(out / "_work" / stage)
    path = min(out.glob("_work/mix/*/*/*.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    lines = run_here(reference.recipe, out, SparkEngine.of(spark))
    told = [line for line in lines if "its bytes are not those that were written" in line]
    assert [line.partition(": ")[0] for line in told] == [str(path)]
    assert_same(out, reference.out)
