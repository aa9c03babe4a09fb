"""The engine of a run, from its start to its end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import TYPE_CHECKING

from curate.api.settings import RunSettings
from curate.errors import RecipeError
from curate.store import io

if TYPE_CHECKING:
    from curate.engine.verbs import Engine
    from curate.pipeline.choice import Choice
    from curate.recipe import Recipe
    from curate.spark.types import SparkSession
    from curate.stages.stage import Run

PRELOAD = ("curate.pipeline.specs",)  # what workers of the engine local need


def choice_of(run: "Run", settings: RunSettings) -> "Choice":
    """Return which engine a run takes; raises RecipeError (`curate.pipeline.choice`)."""
    from curate.pipeline.choice import Choice, choose  # noqa: PLC0415 - help needs none of these

    if settings.spark is None:
        return choose(run, settings.engine, settings.master, settings.conf)
    if settings.engine not in ("auto", "spark"):
        raise RecipeError(
            f"engine: expected auto or spark, for a Spark session is given, got {settings.engine}"
        )
    return Choice("spark", "a session was given")


def start_workers_early(settings: RunSettings) -> None:
    """Have the server of worker processes import while this process does, but not for Spark."""
    from curate.engine.server import start_server  # noqa: PLC0415 - help needs none of these

    if settings.engine != "spark" and not (settings.spark or settings.master or settings.conf):
        start_server(PRELOAD)


def _load_language_model(recipe: "Recipe") -> None:
    """Load it while workers extract; small inputs are filtered in this process."""
    from curate.filters.language import load  # noqa: PLC0415 - help needs none of it

    if recipe.language is not None and recipe.language.model is None:
        with suppress(Exception):  # raised again where the model is used
            load()


@contextmanager
def with_engine(run: "Run", until: str, choice: "Choice", settings: RunSettings) -> Iterator["Run"]:
    """Yield a run with the engine chosen for it; its progress is shown."""
    from curate.engine.local import SMALL_BYTES  # noqa: PLC0415 - help needs none of these
    from curate.pipeline.specs import stages_of  # noqa: PLC0415

    settings.log(f"engine: {choice.engine} ({choice.reason})")
    names = [spec.name for spec in stages_of(run.recipe, until)]
    if choice.engine == "local" and sum(file.size for file in run.files) <= SMALL_BYTES:
        Thread(target=_load_language_model, args=(run.recipe,), daemon=True).start()
    with engine_named(choice.engine, run.work, settings, names) as engine:
        yield replace(run.on(engine), on_progress=settings.on_progress)


@contextmanager
def engine_named(
    name: str, work: str, settings: RunSettings, stages: Sequence[str] = ()
) -> "Iterator[Engine]":
    """Yield an engine, local or spark, that ends with the block; progress is shown meanwhile."""
    try:
        if name != "spark":
            yield from _local(work, settings, stages)
        elif (session := _given(settings)) is not None:
            yield from _on_session(session, settings, stages)
        else:
            yield from _spark(work, settings, stages)
    except Exception as error:
        if details := getattr(error, "details", ""):
            log = log_file(work, "curate.log")
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{details}\n")
            error.add_note(f"The traceback: {log}")
        raise


def _local(work: str, settings: RunSettings, stages: Sequence[str]) -> "Iterator[Engine]":
    from curate.engine.local import LocalEngine, clear, cores  # noqa: PLC0415
    from curate.engine.signals import raised_again  # noqa: PLC0415

    scratch = str(io.local_path(work)) if io.is_local(work) else None
    if scratch is not None:
        clear(scratch)
    with raised_again() if settings.handle_signals else nullcontext(lambda: None) as check:
        engine = LocalEngine(cores(), scratch, PRELOAD, check)
        try:
            with settings.show(stages, engine.counts):
                yield engine
        finally:
            engine.close()


def _given(settings: RunSettings) -> "SparkSession | None":
    """Return the session that the caller has started: the one given, or the active one."""
    if settings.spark is not None:
        return settings.spark
    from curate.spark.session import running  # noqa: PLC0415

    session = running()
    if session is not None and (settings.conf or settings.master):
        raise RecipeError(
            "--master, --conf: expected a Spark session to start, got one that is at work here"
        )
    return session


def _on_session(
    spark: "SparkSession", settings: RunSettings, stages: Sequence[str]
) -> "Iterator[Engine]":
    """Yield the engine on a session of the caller's, and leave that as it was."""
    from curate.spark.engine import SparkEngine  # noqa: PLC0415
    from curate.spark.progress import counts  # noqa: PLC0415

    key = "spark.job.description"
    before = spark.sparkContext.getLocalProperty(key)
    try:
        with settings.show(stages, counts):
            yield SparkEngine.of(spark)
    finally:
        spark.sparkContext.setLocalProperty(key, before)  # type: ignore[arg-type]  # None removes


def _spark(work: str, settings: RunSettings, stages: Sequence[str]) -> "Iterator[Engine]":
    from curate.engine.signals import stop_of  # noqa: PLC0415
    from curate.spark.engine import SparkEngine  # noqa: PLC0415
    from curate.spark.interrupt import end_on_interrupt  # noqa: PLC0415
    from curate.spark.progress import counts  # noqa: PLC0415
    from curate.spark.session import session, stop  # noqa: PLC0415

    log = log_file(work, "spark.log")
    named = {"spark.app.name": settings.app_name, **settings.conf}
    settings.on_progress("Spark starts", "")
    stopped: list[int] = []  # signals that came
    try:
        with settings.show(stages, counts):
            if settings.handle_signals:
                end_on_interrupt(stopped)
            spark = session(settings.master, log=log, settings=named)
            if log.exists():
                settings.log(f"Spark's log: {log}")
            if settings.handle_signals:
                end_on_interrupt(stopped)  # Spark has put its own handler there
            try:
                yield SparkEngine.of(spark)
            finally:
                settings.on_progress("Spark stops", "")
                stop(spark, at_once=bool(stopped))
    except Exception as error:
        if stopped:  # what the JVM, or the bridge to it, had to say of the same signal
            raise stop_of(stopped[0]) from error
        if log.exists():
            error.add_note(f"Spark's log: {log}")
        raise
    if stopped:  # raised where Python drops exceptions
        raise stop_of(stopped[0])


def log_file(work: str, name: str) -> Path:
    """Return where a log of a run goes: WORK, or a temporary folder if that is remote."""
    if io.is_local(work):
        folder = io.local_path(work)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = Path(mkdtemp(prefix="curate-"))
    return folder / name
