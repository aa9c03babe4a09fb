"""Start a Spark session, or use the existing one, with settings for curation.

Three situations: spark-submit (or a notebook, a cluster's shell) brings a JVM, and its settings
win; `--master spark://...` without spark-submit starts a driver here with Spark's own
defaults; otherwise everything runs in threads of this machine, configured to be fast and quiet.
Spark and its JVM log to a file; errors are raised.
"""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from curate.spark.interrupt import held_back
from curate.spark.java import java_home
from curate.spark.quiet import log_to_file, logs_by_default
from curate.spark.settings import DAEMON, EVERYWHERE, LOCAL, MEANING, sockets

NOTHING: Mapping[str, str] = MappingProxyType({})

TIMEOUT_SECONDS = 30  # seconds for a JVM to end on its own
TRIES = 4  # per task, as on a cluster; in threads Spark's default is one


def session(
    master: str | None = None,
    *,
    log: Path | None = None,
    settings: Mapping[str, str] = NOTHING,
) -> SparkSession:
    """Return the Spark session, started with what is missing.

    Args:
        master: Spark's master URL; None is what spark-submit was given, else local[*].
            A local[n] becomes local[n,4], so that a task is tried as often as on a cluster.
        log: file that what Spark and the JVM print is appended to; None leaves it on the
            standard error. A JVM that spark-submit has started logs there, unless it was told how.
        settings: Spark properties over ours. Those given to spark-submit win over both.
    Raises:
        NoJavaError: no usable Java.
        RuntimeError: Spark did not start; the message ends with the end of the log.
    """
    if SparkContext._active_spark_context is not None:
        builder = SparkSession.builder
        for key, value in settings.items():
            builder = builder.config(key, value)
        return builder.getOrCreate()
    if SparkContext._gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ:
        return _join(_with_tries(master or "local[*]"), log, settings)
    return _start(_with_tries(master or "local[*]"), log, settings)


def running() -> SparkSession | None:
    """Return the session that is at work in this process, as it is; None if there is none."""
    if SparkContext._active_spark_context is None:
        return None
    return SparkSession.getActiveSession() or SparkSession._instantiatedSession


def stop(spark: SparkSession, *, at_once: bool = False) -> None:
    """Stop the session and, where `session` started it, the JVM; a new one may follow.

    `at_once` is for a call that was interrupted: no more requests go to the JVM, which ends
    its jobs and workers as it ends itself.
    """
    global _launched  # noqa: PLW0603  (pyspark's own state is as global)
    if not at_once:
        spark.stop()
    if _launched is not None and _launched.gateway is SparkContext._gateway:
        _launched.end()
        _launched = None


@dataclass(frozen=True, slots=True)
class _LaunchedJvm:
    """A JVM that `session` started, and what to put back when it ends."""

    gateway: Any
    sigint: Any
    scratch: str

    def end(self) -> None:
        self.gateway.shutdown()
        self.gateway.proc.stdin.close()  # the JVM ends when its standard input does
        try:
            self.gateway.proc.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.gateway.proc.kill()
            self.gateway.proc.wait()
        SparkContext._active_spark_context = None
        SparkContext._gateway = SparkContext._jvm = None
        shutil.rmtree(self.scratch, ignore_errors=True)
        logging.getLogger("py4j").setLevel(logging.NOTSET)
        with suppress(ValueError):  # pyspark takes Ctrl-C over in the main thread only
            signal.signal(signal.SIGINT, self.sigint)


_launched: _LaunchedJvm | None = None


def _join(master: str, log: Path | None, settings: Mapping[str, str]) -> SparkSession:
    """Return a session in the existing JVM; its settings override all except MEANING."""
    SparkContext._ensure_initialized()  # only then does SparkConf read the JVM's properties
    conf = SparkConf()
    if conf.get("spark.app.name") == Path(sys.argv[0]).name:  # spark-submit's, where none is given
        conf.set("spark.app.name", settings.get("spark.app.name", "curate"))
    for key, value in {**EVERYWHERE, "spark.app.name": "curate", **settings}.items():
        conf.setIfMissing(key, value)
    conf.setIfMissing("spark.master", master)
    for key, value in MEANING.items():
        conf.set(key, value)
    if (conf.get("spark.master") or "").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for key, value in {**DAEMON, **sockets()}.items():
            conf.setIfMissing(key, value)
    quiet = log is not None and logs_by_default(SparkContext._jvm)
    if quiet:
        conf.setIfMissing("spark.log.level", "WARN")  # while it starts, and sets up its logging
    SparkContext(conf=conf)
    if quiet and log is not None:
        log_to_file(SparkContext._jvm, log)
    return SparkSession.builder.getOrCreate()


def _start(master: str, log: Path | None, settings: Mapping[str, str]) -> SparkSession:
    """Return a session in a new JVM."""
    global _launched  # noqa: PLW0603
    local = master.startswith("local")
    scratch = tempfile.mkdtemp(prefix="curate-spark-")
    chosen = {**MEANING, **EVERYWHERE, "spark.sql.warehouse.dir": scratch}
    if local:
        chosen |= {
            **LOCAL,
            **DAEMON,
            **sockets(),
            "spark.driver.memory": f"{_driver_memory()}m",
            "spark.sql.shuffle.partitions": str(_threads(master)),
        }
    chosen |= {"spark.app.name": "curate", **settings, "spark.master": master}
    conf = SparkConf(loadDefaults=False)
    for key, value in chosen.items():
        conf.set(key, value)
    sigint = signal.getsignal(signal.SIGINT)
    with _environment(local, settings), _stream(log) as stream:
        try:
            # Handing the JVM its streams is the one way to catch what it says before log4j.
            with held_back():
                gateway = launch_gateway(  # type: ignore[no-untyped-call]
                    conf, {"stdout": stream, "stderr": stream}
                )
                _launched = _LaunchedJvm(gateway, sigint, scratch)
            SparkContext(conf=conf, gateway=gateway)
            spark = SparkSession.builder.getOrCreate()
        except BaseException as error:
            if _launched is not None:
                _launched.end()
                _launched = None
            if not isinstance(error, Exception):
                raise
            raise RuntimeError(f"{_failed(master, error)}{_tail(log)}") from error
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they repeat what is raised
    return spark


def _failed(master: str, error: Exception) -> str:
    """Return why Spark did not start, without Java's stack."""
    if "stopped SparkContext" in str(error):
        return f"Spark did not start: no response from {master}"
    message = str(error).partition("\n\tat ")[0]
    return f"Spark did not start: {message}"


def _with_tries(master: str) -> str:
    """Return the master with a cluster's number of tries per task.

    >>> _with_tries("local[*]"), _with_tries("local[2,1]"), _with_tries("spark://host:7077")
    ('local[*,4]', 'local[2,1]', 'spark://host:7077')
    """
    plain = re.fullmatch(r"local(?:\[(\*|\d+)\])?", master)
    return f"local[{plain[1] or 1},{TRIES}]" if plain else master


def _threads(master: str) -> int:
    """Return how many threads a local master uses.

    >>> _threads("local[3,4]"), _threads("local")
    (3, 1)
    """
    number = re.match(r"local\[(\d+|\*)", master)
    if number is None:
        return 1
    return os.cpu_count() or 1 if number[1] == "*" else int(number[1])


def _driver_memory() -> int:
    """Return MiB for the JVM: a quarter of what this process may use, from 1 to 8 GiB.

    The rest is for Python workers, one per thread, and for cached files.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # not Linux, or "max"
            memory = min(memory, int(Path(file).read_text(encoding="ascii")))
    return min(max(memory // 4 >> 20, 1024), 8192)


@contextmanager
def _environment(local: bool, settings: Mapping[str, str]) -> Iterator[None]:
    """Set the variables that Spark's launcher reads, for the time of the start."""
    python = os.environ.get("PYSPARK_PYTHON", sys.executable)
    values = {
        "JAVA_HOME": str(java_home().home),
        # Spark's default, the python3 on PATH, may be one without this package.
        "PYSPARK_PYTHON": settings.get("spark.pyspark.python", sys.executable if local else python),
    }
    if local:
        values |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
        home = Path(pyspark.__file__).parent
        if (home / "jars").is_dir():  # another Spark's jars would not fit this pyspark
            values["SPARK_HOME"] = str(home)
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "C")
    if locale in {"C", "POSIX"}:  # where Java cannot open a path with an umlaut in it
        values["LC_ALL"] = "C.UTF-8"
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


@contextmanager
def _stream(log: Path | None) -> Iterator[int]:
    """Open the file descriptor that the JVM prints to."""
    if log is None:
        yield 2
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        yield file.fileno()


def _tail(log: Path | None, lines: int = 20) -> str:
    if log is None:
        return ""
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return f"\nThe end of {log}:\n" + "\n".join(last)
