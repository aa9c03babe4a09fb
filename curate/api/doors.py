"""`curate.run`, `curate.plan`, `curate.load`: recipes and runs from Python."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate._lazy import listing
from curate.api.checks import PathOrUrl, expect, path_text, saying_what_lacks
from curate.api.result import Result
from curate.api.settings import RunSettings
from curate.recipe import Recipe, parse
from curate.recipe import load as load_recipe
from curate.recipe.reading import absolute
from curate.stage_list import commands
from curate.store import io
from curate.store.local_files import without_dots

if TYPE_CHECKING:
    from curate.api.plan import Plan
    from curate.spark.types import SparkSession

__all__ = ["load", "plan", "run"]
__dir__ = listing(__name__, __all__)

RecipeLike = Recipe | Mapping[str, Any] | PathOrUrl


@saying_what_lacks()
def run(
    recipe: RecipeLike,
    out: PathOrUrl | None = None,
    *,
    work: PathOrUrl | None = None,
    engine: str = "auto",
    spark: "SparkSession | None" = None,
    until: str | None = None,
    sample: float | None = None,
    fresh: bool = False,
    allow_code: bool = False,
    take_over: bool = False,
    on_progress: Callable[[str, str], None] | None = None,
) -> Result:
    """Run a recipe and return what it left. A run that was ended goes on where it was.

    Args:
        recipe: path or URL of a YAML file, or a mapping with its keys, or a Recipe; relative paths
            start at the file's folder, else at the working folder.
        out: folder or URL to write to; None: the recipe's output.path.
        work: for intermediate files; None: the recipe's output.work, else _work below `out`.
        engine: "auto", "local" (processes of this machine, no Java) or "spark".
        spark: a session to run on; it is neither stopped nor configured. Without one the engine
            spark takes the session that is at work in this process, else starts and stops its own.
        until: the command to stop after, such as "filter" or "dedup"; None: run to the end.
        sample: share of the records to read, drawn by hash, above 0 and up to 1.
        fresh: redo every stage.
        allow_code: whether the recipe may name code of others, which then runs.
        take_over: go on in a store's folder that a killed run still holds.
        on_progress: called with (stage, what) when a stage begins, or goes on to something.
    Raises:
        RecipeError: recipe or arguments are wrong, with a line for each mistake; nothing was
            started.
        TypeError: an argument is of another type.
        NoTokensError, ImbalanceError, TaskFailedError: a stage failed.

    Lines about the run go to the logger "curate", level INFO.
    """
    from curate.api.runs import run_recipe, stage_counts  # noqa: PLC0415 - help needs no Arrow

    _check_spark(spark)
    expect("run", "engine", engine, (str,), "a name (str)")
    expect("run", "until", until, (str, type(None)), "a command's name (str)")
    for name, value in (("fresh", fresh), ("allow_code", allow_code), ("take_over", take_over)):
        expect("run", name, value, (bool,), "True or False")
    if not callable(on_progress):
        expect("run", "on_progress", on_progress, (type(None),), "a function of two texts")
    settings = RunSettings(
        out=path_text("run", "out", out),
        work=path_text("run", "work", work),
        engine=engine,
        spark=spark,
        sample=_share("run", sample),
        fresh=fresh,
        take_over=take_over,
        on_progress=on_progress or (lambda *_: None),
        app_name=f"curate {Path(recipe).name}" if isinstance(recipe, str | Path) else "curate",
    )
    loaded = recipe_of("run", recipe, allow_code=allow_code)
    finished = run_recipe(loaded, until or commands()[-1], settings)
    return Result(finished.run.out, finished.run.work, stage_counts(finished.so_far))


@saying_what_lacks()
def plan(
    recipe: RecipeLike,
    out: PathOrUrl | None = None,
    *,
    work: PathOrUrl | None = None,
    engine: str = "auto",
    sample: float | None = None,
    allow_code: bool = False,
) -> "Plan":
    """Check everything and return what `run` would do; nothing is started or written.

    Arguments and errors are those of `run`.
    """
    from curate.api.plan import planned  # noqa: PLC0415 - the base install has no Arrow
    from curate.api.runs import checked  # noqa: PLC0415

    settings = RunSettings(
        out=path_text("plan", "out", out),
        work=path_text("plan", "work", work),
        engine=engine,
        sample=_share("plan", sample),
    )
    return planned(checked(recipe_of("plan", recipe, allow_code=allow_code), settings))


def load(out: PathOrUrl) -> Result:
    """Return the result of a finished run by the folder or URL it wrote to.

    Raises FileNotFoundError if there is none.
    """
    url = path_text("load", "out", out)
    expect("load", "out", url, (str,), "a path or URL (str or Path)")
    folder = io.absolute(str(url), Path.cwd())
    result = Result(without_dots(folder) if io.is_local(folder) else folder)
    if not result.is_finished:
        raise FileNotFoundError(
            f"{url}: expected a finished run, which has manifest.json, got none"
        )
    return result


def recipe_of(function: str, recipe: RecipeLike, *, allow_code: bool = False) -> Recipe:
    """Return the checked recipe, whichever way it is given, its paths absolute."""
    cwd = Path.cwd()
    if isinstance(recipe, Recipe):
        return absolute(recipe, cwd)
    if isinstance(recipe, Mapping):
        return parse(dict(recipe), cwd, allow_code=allow_code)
    wanted = "a path or URL (str or Path), a mapping or a Recipe"
    expect(function, "recipe", recipe, (str, Path), wanted)
    return load_recipe(recipe, allow_code=allow_code)


def _share(function: str, sample: float | None) -> float | None:
    if sample is not None:
        expect(function, "sample", sample, (int, float), "a number above 0 and up to 1")
    return sample


def _check_spark(spark: object) -> None:
    """Raise TypeError unless it is None or a session that tasks can be sent to."""
    if spark is None:
        return
    from curate.spark.types import SparkSession  # noqa: PLC0415 - pyspark is an extra

    wanted = "a classic SparkSession (not one of Spark Connect, which has no tasks of its own)"
    expect("run", "spark", spark, (SparkSession,), wanted)
