"""The session that all other tests use, and sessions of its own kind in processes of their own."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyspark
import pytest

from curate.spark.java import java_home
from curate.spark.session import TRIES


def test_a_batch_function_runs_in_a_worker(spark):
    frame = spark.range(0, 1000, 1, 3).mapInArrow(lambda batches: batches, "id long")
    assert sorted(row.id for row in frame.collect()) == list(range(1000))


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_session_is_put_back_between_tests(spark, attempt):
    assert spark.conf.get("spark.sql.shuffle.partitions") == "2"
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.parquet.mergeSchema") == "false"
    assert not spark.catalog.tableExists("left_over")
    assert spark.conf.get("spark.curate.left_over", None) is None
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    spark.conf.unset("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.parquet.mergeSchema", "true")
    spark.conf.set("spark.curate.left_over", str(attempt))
    spark.range(1).createOrReplaceTempView("left_over")


def test_batches_are_bounded_in_bytes(spark):
    def sizes(batches):
        import pyarrow as pa

        for batch in batches:
            yield pa.record_batch({"bytes": [batch.nbytes], "rows": [batch.num_rows]})

    frame = spark.range(0, 5000, 1, 1).selectExpr("repeat('x', 10000) AS text")
    seen = frame.mapInArrow(sizes, "bytes long, rows long").collect()
    assert sum(row.rows for row in seen) == 5000
    assert max(row.bytes for row in seen) < 5 << 20


def test_a_task_is_tried_again(spark):
    def fail_first(batches):
        from pyspark import TaskContext

        assert TaskContext.get().attemptNumber() == TRIES - 1
        yield from batches

    assert spark.range(0, 3, 1, 1).mapInArrow(fail_first, "id long").count() == 3


def test_a_worker_s_error_is_raised_with_its_message(spark):
    def fail(_):
        raise ValueError("this page is cursed")

    with pytest.raises(Exception, match="this page is cursed"):
        spark.range(1).mapInArrow(fail, "id long").collect()


def run(program, folder, **environment):
    """Return the finished process of a Python program that runs in an empty folder."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_a_session_of_its_own_is_quiet_leaves_nothing_behind_and_can_be_had_again(tmp_path):
    empty, log = tmp_path / "empty", tmp_path / "logs" / "spark.log"
    empty.mkdir()
    done = run(
        f"""
        import os, signal
        from pathlib import Path
        from curate.spark.session import session, stop
        from curate.spark.settings import QUICK

        before, handler = dict(os.environ), signal.getsignal(signal.SIGINT)
        for _ in range(2):
            spark = session("local[1]", log=Path({str(log)!r}), settings=QUICK)
            assert session() is spark
            try:
                spark.sql("SELECT 1/0").collect()
            except Exception as error:
                assert "DIVIDE_BY_ZERO" in str(error), error
            else:
                raise AssertionError("no error")
            path = {str(tmp_path)!r} + "/Übung"
            spark.range(7).write.mode("overwrite").parquet(path)
            print(spark.read.parquet(path).count(), "_SUCCESS" in os.listdir(path))
            stop(spark)
            assert signal.getsignal(signal.SIGINT) is handler
        spark_made = {{"PYTHONHASHSEED", "SPARK_AUTH_SOCKET_TIMEOUT", "SPARK_BUFFER_SIZE"}}
        after = {{k: v for k, v in os.environ.items() if k not in spark_made}}
        assert after == {{k: v for k, v in before.items() if k not in spark_made}}, after
        """,
        empty,
        LC_ALL="C",
        SPARK_HOME="/nowhere",
        PYSPARK_PYTHON="/no/python",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7 True\n7 True\n", "")
    left = {path.name for path in empty.iterdir()}
    assert left <= ({"artifacts"} if pyspark.__version__.startswith("4.0.") else set())
    assert "WARN" in log.read_text()


def test_a_spark_that_does_not_start_says_why(tmp_path):
    done = run(
        f"""
        from pathlib import Path
        from curate.spark.session import session
        session(log=Path({str(tmp_path / "log")!r}), settings={{"spark.driver.memory": "much"}})
        """,
        tmp_path,
    )
    assert done.returncode == 1
    assert "RuntimeError: Spark did not start" in done.stderr
    assert "much" in done.stderr  # the log's last lines


@pytest.mark.slow
def test_spark_submit_keeps_what_it_was_given(tmp_path):
    program = tmp_path / "job.py"
    program.write_text(
        textwrap.dedent(
            """
            from curate.spark.session import session, stop
            spark = session("local[7]", settings={"spark.sql.shuffle.partitions": "5",
                                                  "spark.sql.files.maxPartitionBytes": "1m"})
            get = spark.conf.get
            workers = spark.range(1).mapInArrow(lambda batches: batches, "id long").count()
            print(spark.sparkContext.master, get("spark.sql.shuffle.partitions"),
                  get("spark.sql.files.maxPartitionBytes"), get("spark.sql.session.timeZone"),
                  get("spark.sql.execution.arrow.maxRecordsPerBatch"), workers)
            stop(spark)
            """
        )
    )
    done = subprocess.run(
        [
            Path(pyspark.__file__).parent / "bin" / "spark-submit",
            *("--master", "local[2]", "--driver-java-options", "-XX:TieredStopAtLevel=1"),
            *("--conf", "spark.sql.shuffle.partitions=3", "--conf", "spark.ui.enabled=false"),
            *("--conf", "spark.sql.session.timeZone=Asia/Tokyo"),
            str(program),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "JAVA_HOME": str(java_home().home),
            "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["local[2]", "3", "1m", "UTC", "2000", "1"]
