"""How the command ends.

Exit codes: 0 done and balanced; 1 the run failed; 2 the recipe or the options are wrong, and
nothing was started; 130 stopped by the user, 143 by SIGTERM.
"""

import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from curate import stage_list
from curate.cli.app import app
from curate.cli.console import echo_error, own_command
from curate.errors import RecipeError
from curate.extras import lacking

INTERRUPTED, TERMINATED = 130, 143
RUNS = ("run", *stage_list.commands())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; say what is wrong in one message and leave with its exit code."""
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, _terminate)
    try:
        app(args=list(arguments) if arguments is not None else None)
    except RecipeError as error:
        echo_error(str(error))
        sys.exit(2)
    except SystemExit as end:
        if end.code in (INTERRUPTED, TERMINATED):
            echo_error(f"Stopped. To go on where it was: {resume_command(sys.argv)}")
        raise
    except Exception as error:
        echo_error("\n".join([message(error), *getattr(error, "__notes__", ())]))
        if os.environ.get("CURATE_DEBUG"):
            raise
        sys.exit(1)


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what ends now must not be cut short
    sys.exit(TERMINATED)


def resume_command(words: Sequence[str]) -> str:
    """Return the command line that goes on with what another one began.

    >>> resume_command(["/usr/bin/curate", "run", "my recipe.yaml", "--fresh"])
    "curate run 'my recipe.yaml'"
    >>> resume_command(["jobs/pipeline.py", "recipe.yaml"])
    'spark-submit jobs/pipeline.py recipe.yaml'
    >>> resume_command(["/env/curate/__main__.py", "run", "recipe.yaml"])
    'python -m curate run recipe.yaml'
    """
    program, *rest = words
    name = Path(program).name
    is_script = name.endswith(".py") and name != "__main__.py"
    first = ["spark-submit", program] if is_script else own_command(name)
    return shlex.join([*first, *(word for word in rest if word != "--fresh")])


def message(error: Exception) -> str:
    """Return what is wrong, with the command that goes on; and what to do, if known."""
    if isinstance(error, ModuleNotFoundError) and (text := lacking(error)):
        return text
    lines = [line for line in str(error).splitlines() if line.strip()]
    names_source = re.match(r"[a-z.]+: ", str(error))  # it says itself who complains
    is_ours = type(error).__module__.startswith("curate.") or type(error) is ImportError
    text = str(error) if names_source or is_ours else f"{type(error).__name__}: {error}"
    if type(error).__name__ == "Py4JJavaError" and len(lines) > 1:
        text = lines[1].removeprefix(": ")  # the first line names a Python object
    on = "" if not _is_run(sys.argv) else f"\nTo go on where it was: {resume_command(sys.argv)}"
    if type(error).__name__ == "NoTokensError":  # the same recipe would end here again
        on = on.replace("To go on where it was", "Change the recipe; then, to go on where it was")
    return f"{text}{_advice(text)}{on}"


def _is_run(words: Sequence[str]) -> bool:
    """Return whether a command line runs a recipe, so that it may be given again."""
    return any(word in RUNS for word in words[1:2]) or words[0].endswith(".py")


ADVICE = (
    (
        "No space left on device",
        "Make room where WORK and OUT are (curate plan says how much is needed), then run the "
        "same command: it goes on where it was.",
    ),
    (
        "Permission denied",
        "Give this user the right to it, or name other folders with --out and --work.",
    ),
    (
        "Unable to locate credentials",
        "Give the object store's credentials as its client takes them, such as AWS_PROFILE.",
    ),
    (
        "a worker was ended by SIGKILL",
        "Give this machine more memory, or run fewer workers: CURATE_WORKERS=1 before the command.",
    ),
    (
        "OutOfMemoryError",
        "Give Spark's driver more, such as --conf spark.driver.memory=8g.",
    ),
)


def _advice(text: str) -> str:
    return next((f"\n{advice}" for sign, advice in ADVICE if sign in text), "")
