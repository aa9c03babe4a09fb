"""How the command ends.

Exit codes: 0 done and balanced; 1 the run failed; 2 the recipe or the options are wrong, and
nothing was started; 130 stopped by the user.
"""

import os
import sys
from collections.abc import Sequence

from curate.cli.app import app
from curate.cli.console import complain
from curate.recipe import RecipeError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; say what is wrong in one message and leave with its exit code."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except RecipeError as error:
        complain(str(error))
        sys.exit(2)
    except SystemExit as end:
        if end.code == 130:  # what typer makes of an interrupt
            complain("Stopped. The same command goes on where it was.")
        raise
    except Exception as error:
        complain(_message(error))
        if os.environ.get("CURATE_DEBUG"):
            raise
        sys.exit(1)


def _message(error: Exception) -> str:
    """Return the last line of what a worker said, or the error itself."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if type(error).__name__ == "PythonException":
        told = [line for line in lines if not line.startswith((" ", "\t", "Traceback"))]
        return told[-1] if told else str(error)
    return f"{type(error).__name__}: {error}"
