"""The JSON files of a run's folder: manifest, ledger, report and others."""

import json
from typing import Any

from curate.errors import RecipeError
from curate.store import io


def find_report(out: str, name: str) -> dict[str, Any] | None:
    """Return OUT/<name>.json, None where there is none."""
    try:
        report: dict[str, Any] = json.loads(io.read_bytes(io.join(out, f"{name}.json")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return report


def read_report(out: str, name: str, advice: str = "") -> dict[str, Any]:
    """Return OUT/<name>.json, which every finished run has.

    Args:
        advice: the end of the error's message.
    Raises RecipeError where there is none.
    """
    report = find_report(out, name)
    if report is None:
        raise RecipeError(f"{out}: expected a finished run, found no {name}.json{advice}")
    return report
