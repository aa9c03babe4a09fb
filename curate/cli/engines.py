"""The engine a command runs on, from its start to its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from rich.console import Console

from curate.cli.console import err, out_
from curate.cli.options import Options
from curate.cli.progress import Watch, watched
from curate.store import io

if TYPE_CHECKING:
    from curate.engine.verbs import Engine
    from curate.pipeline.choice import Choice
    from curate.stages.stage import Run

PRELOAD = ("curate.pipeline.specs",)  # what workers of the engine local need


@contextmanager
def with_engine(run: "Run", until: str, choice: "Choice", options: Options) -> Iterator["Run"]:
    """Yield a run with the engine chosen for it, and with progress on the console."""
    from curate.pipeline.specs import stages_of  # noqa: PLC0415 - help needs none of these

    options.log(f"engine: {choice.engine} ({choice.reason})")
    watch = Watch([spec.name for spec in stages_of(run.recipe, until)])
    with engine_named(choice.engine, run.work, watch, options) as engine:
        yield replace(run.on(engine), on_progress=watch.on_progress)


@contextmanager
def engine_named(name: str, work: str, watch: Watch, options: Options) -> "Iterator[Engine]":
    """Yield an engine, local or spark, that ends with the block; `watch` is shown meanwhile."""
    console = Console(quiet=True) if options.quiet else err if options.json else out_
    try:
        if name == "spark":
            yield from _spark(work, watch, options, console)
        else:
            yield from _local(work, watch, console)
    except Exception as error:
        if details := getattr(error, "details", ""):
            log = log_file(work, "curate.log")
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{details}\n")
            error.add_note(f"The traceback: {log}")
        raise


def _local(work: str, watch: Watch, console: Console) -> "Iterator[Engine]":
    from curate.engine.local import LocalEngine, clear, cores  # noqa: PLC0415

    scratch = str(io.local_path(work)) if io.is_local(work) else None
    if scratch is not None:
        clear(scratch)
    engine = LocalEngine(cores(), scratch, PRELOAD)
    try:
        with watched(watch, engine.counts, console):
            yield engine
    finally:
        engine.close()


def _spark(work: str, watch: Watch, options: Options, console: Console) -> "Iterator[Engine]":
    from curate.spark.engine import SparkEngine  # noqa: PLC0415
    from curate.spark.interrupt import end_on_interrupt, stop_of  # noqa: PLC0415
    from curate.spark.progress import counts  # noqa: PLC0415
    from curate.spark.session import session, stop  # noqa: PLC0415

    log = log_file(work, "spark.log")
    options.log(f"Spark's log: {log}")
    watch.on_progress("Spark starts", "")
    stopped: list[int] = []  # signals that came
    try:
        with watched(watch, counts, console):
            end_on_interrupt(stopped)
            spark = session(options.master, log=log, settings=options.settings())
            end_on_interrupt(stopped)  # Spark has put its own handler there
            try:
                yield SparkEngine.of(spark)
            finally:
                watch.on_progress("Spark stops", "")
                stop(spark, at_once=bool(stopped))
    except Exception as error:
        if stopped:  # what the JVM, or the bridge to it, had to say of the same signal
            raise stop_of(stopped[0]) from error
        error.add_note(f"Spark's log: {log}")
        raise


def log_file(work: str, name: str) -> Path:
    """Return where a log of a run goes: WORK, or a temporary folder if that is remote."""
    if io.is_local(work):
        folder = io.local_path(work)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = Path(mkdtemp(prefix="curate-"))
    return folder / name
