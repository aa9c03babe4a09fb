"""Start Spark, or take the one that is already there, with settings that suit curation.

Three situations: spark-submit (or a notebook, a cluster's shell) has configured a context, and
what it was told wins; `--master spark://...` without spark-submit starts a driver here with
Spark's own defaults; otherwise everything runs in this machine's threads, set up to start
quickly and quietly. What Spark and its JVM have to say goes to a log file, errors are raised.
"""

import logging
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from curate.spark.java import java_home

NOTHING: Mapping[str, str] = MappingProxyType({})

# Wherever Spark runs, unless told otherwise: what a Python worker holds at once, and what a
# value means.
EVERYWHERE = MappingProxyType(
    {
        "spark.sql.execution.arrow.maxBytesPerBatch": str(4 << 20),  # 4 MiB; Spark's is 64
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # an overflow is an error, never a null
        "spark.python.worker.faulthandler.enabled": "true",  # a native crash says where
        "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
    }
)

# In this machine's threads only.
LOCAL = MappingProxyType(
    {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "localhost",  # no wait for a name server, no port to the outside
        "spark.driver.bindAddress": "127.0.0.1",
    }
)

RETRIES = 4  # in threads Spark gives a task one try only; on a cluster it gives four


def session(
    master: str | None = None,
    *,
    log: Path | None = None,
    settings: Mapping[str, str] = NOTHING,
) -> SparkSession:
    """Return the Spark session, started with what is missing.

    Args:
        master: Spark's master URL; None is what spark-submit was given, else local[*].
            A local[n] becomes local[n,4], so that a task is retried as on a cluster.
        log: file that what Spark and the JVM print is appended to; None leaves it on the
            standard error. Under spark-submit the JVM is there already, and log is ignored.
        settings: Spark properties over ours. Those given to spark-submit win over both.
    Raises:
        NoJavaError: no usable Java.
        RuntimeError: Spark did not start; the message holds the end of the log.
    """
    if SparkContext._active_spark_context is not None:
        return _configured(SparkSession.builder, settings).getOrCreate()
    if SparkContext._gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ:
        conf = SparkConf()
        for key, value in {**EVERYWHERE, **settings}.items():
            conf.setIfMissing(key, value)
        conf.setIfMissing("spark.master", _with_retries(master or "local[*]"))
        conf.setIfMissing("spark.app.name", "curate")
        SparkContext(conf=conf)
        return SparkSession.builder.getOrCreate()
    return _start(_with_retries(master or "local[*]"), log, settings)


def stop(spark: SparkSession) -> None:
    """Stop the session and, where `session` started it, the JVM; a new one may follow."""
    gateway = SparkContext._gateway
    process = getattr(gateway, "proc", None)
    spark.stop()
    if gateway is None or process is None:
        return
    gateway.shutdown()
    process.stdin.close()  # the JVM ends when its standard input does
    process.wait()
    SparkContext._gateway = SparkContext._jvm = None
    before = getattr(gateway, "curate_sigint", None)
    if before is not None:
        with suppress(ValueError):  # only the main thread may
            signal.signal(signal.SIGINT, before)


def _start(master: str, log: Path | None, settings: Mapping[str, str]) -> SparkSession:
    """Return a session in a JVM of its own."""
    local = master.startswith("local")
    scratch = tempfile.mkdtemp(prefix="curate-spark-")
    chosen = {**EVERYWHERE, "spark.sql.warehouse.dir": scratch}
    if local:
        cores = _threads(master)
        chosen |= LOCAL | {
            "spark.driver.memory": f"{_driver_memory()}m",
            "spark.sql.shuffle.partitions": str(cores),
        }
    chosen |= settings
    conf = SparkConf(loadDefaults=False)
    for key, value in chosen.items():
        conf.set(key, value)
    conf.setMaster(master)
    conf.setIfMissing("spark.app.name", "curate")
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
    before = signal.getsignal(signal.SIGINT)
    with (log or Path(os.devnull)).open("ab") as file, _environment(local, settings):
        noise = file.fileno() if log is not None else 2
        try:
            # Handing the JVM its streams is the one way to catch what it says before log4j.
            gateway = launch_gateway(  # type: ignore[no-untyped-call]
                conf, {"stdout": noise, "stderr": noise}
            )
            gateway.curate_sigint = before
            SparkContext(conf=conf, gateway=gateway)
        except Exception as error:
            raise RuntimeError(f"Spark did not start: {error}{_tail(log)}") from error
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # repeats what is raised
    return SparkSession.builder.getOrCreate()


def _configured(builder: SparkSession.Builder, settings: Mapping[str, str]) -> SparkSession.Builder:
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder


def _with_retries(master: str) -> str:
    """Return the master with Spark's usual number of tries per task.

    >>> _with_retries("local[*]"), _with_retries("local[2,1]"), _with_retries("spark://h:7077")
    ('local[*,4]', 'local[2,1]', 'spark://h:7077')
    """
    plain = re.fullmatch(r"local(?:\[(\*|\d+)\])?", master)
    return f"local[{plain[1] or 1},{RETRIES}]" if plain else master


def _threads(master: str) -> int:
    """Return how many threads a local master uses.

    >>> _threads("local[3,4]")
    3
    """
    number = re.match(r"local\[(\d+)", master)
    return int(number[1]) if number else os.cpu_count() or 1


def _driver_memory() -> int:
    """Return MiB for the JVM: a quarter of what this process may use, from 1 to 8 GiB.

    The rest is for Python workers (one per thread) and the file system's cache.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            memory = min(memory, int(Path(file).read_text(encoding="ascii")))
    return min(max(memory // 4 >> 20, 1024), 8192)


@contextmanager
def _environment(local: bool, settings: Mapping[str, str]) -> Iterator[None]:
    """Set the variables that Spark's launcher reads, for the time of the start."""
    values: dict[str, str] = {"JAVA_HOME": str(java_home().home)}
    python = settings.get("spark.pyspark.python") or (
        None if local else os.environ.get("PYSPARK_PYTHON")
    )
    values["PYSPARK_PYTHON"] = python or sys.executable  # Spark's default is PATH's python3
    home = Path(pyspark.__file__).parent
    if local and (home / "jars").is_dir():
        values["SPARK_HOME"] = str(home)  # another Spark's jars would not fit this pyspark
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _tail(log: Path | None, lines: int = 20) -> str:
    if log is None or not log.exists():
        return ""
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return f"\nThe end of {log}:\n" + "\n".join(last)
