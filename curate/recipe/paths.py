"""Resolve the paths of a recipe: variables substituted, relative paths made absolute.

Input: the data of a recipe before validation, in which anything may be wrong; a value that is no
path is left for validation to report. Variables (`${NAME}`, `${NAME:-default}`) are substituted
here, so in paths only: no other value depends on the environment.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.recipe.filter import with_paths
from curate.recipe.quality import TRAINED
from curate.store import io

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

Change = Callable[[str, str], str]  # (key, path) -> path


def filled_in(key: str, path: str, variables: Mapping[str, str]) -> str:
    """Return a path with its variables' values; a default stands for one unset or empty.

    Raises ValueError, naming the key: a variable without default is not set, or `${` begins none.

    >>> filled_in("output.path", "${ROOT:-/data}/out", {})
    '/data/out'
    >>> filled_in("output.path", "${ROOT}/out", {})
    Traceback (most recent call last):
    ValueError: output.path: expected the variable ROOT to be set, got none: ${ROOT}/out
    """

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        given = variables.get(name, "")
        if given or (name in variables and default is None):
            return given
        if default is None:
            raise ValueError(f"{key}: expected the variable {name} to be set, got none: {path}")
        return default

    if "${" in _VARIABLE.sub("", path):
        raise ValueError(f"{key}: expected ${{NAME}} or ${{NAME:-default}}, got {path[:200]}")
    return _VARIABLE.sub(value, path)


def with_whole_paths(whole: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a recipe's data with variables filled in and paths absolute against its folder.

    Raises ValueError, naming the key. Of filters that are code the module is imported.
    """

    def change(key: str, path: str) -> str:
        try:
            return io.absolute(filled_in(key, path, os.environ), folder)
        except ValueError as error:
            told = str(error)
            raise ValueError(told if told.startswith(f"{key}: ") else f"{key}: {told}") from error

    return changed(whole, change)


def changed(whole: dict[str, Any], change: Change) -> dict[str, Any]:
    """Return a recipe's data with every path in it changed."""
    made = dict(whole)
    if isinstance(sources := whole.get("sources"), dict):
        made["sources"] = {
            name: _keys(source, f"sources.{name}", ("path", "urls", "index"), change)
            for name, source in sources.items()
        }
    for part, keys in (
        ("dedup", ("against",)), ("rights", ("tombstones",)), ("output", ("path", "work")),
    ):  # fmt: skip
        if part in whole:
            made[part] = _keys(whole[part], part, keys, change)
    if isinstance(rights := made.get("rights"), dict) and rights.get("opt_outs"):
        hosts = _keys(rights["opt_outs"], "rights.opt_outs", ("hosts",), change)
        made["rights"] = rights | {"opt_outs": hosts}
    for part, key, is_path in _SINGLE:
        given = made.get(part)
        if isinstance(given, dict) and isinstance(given.get(key), str) and is_path(given[key]):
            made[part] = given | {key: change(f"{part}.{key}", given[key])}
    if isinstance(quality := whole.get("quality"), dict):
        made["quality"] = _classifier(quality, "quality", change)
        if isinstance(several := quality.get("models"), dict):
            made["quality"]["models"] = {
                name: _classifier(one, f"quality.models.{name}", change)
                for name, one in several.items()
            }
    if isinstance(labels := whole.get("labels"), dict):
        made["labels"] = {
            name: _keys(label, f"labels.{name}", ("model",), change)
            for name, label in labels.items()
        }
    if isinstance(given := whole.get("decontaminate"), dict) and "benchmarks" in given:
        made["decontaminate"] = given | {"benchmarks": _benchmarks(given["benchmarks"], change)}
    entries = whole.get("filters")
    if isinstance(entries, list | tuple) and _are_named(entries):
        made["filters"] = with_paths(entries, lambda path: change("filters", path))
    return made


def _is_tokenizer(given: str) -> bool:
    return "/" in given or given.endswith(".json") or "${" in given


# Keys with one path: (part, key, whether a text there is one).
_SINGLE: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("language", "model", bool),
    ("mix", "tokenizer", _is_tokenizer),
    ("mix", "weights", bool),
)


def _classifier(given: Any, place: str, change: Change) -> Any:
    if not isinstance(given, dict):
        return given
    made = dict(given)
    if given.get("model") not in TRAINED:
        made = _keys(made, place, ("model",), change)
    labels = made.get("labels")
    if isinstance(labels, dict):
        made["labels"] = _keys(labels, f"{place}.labels", ("path",), change)
    elif labels:
        made["labels"] = _each(labels, f"{place}.labels", change)
    return made


def _are_named(entries: Sequence[Any]) -> bool:
    return all(isinstance(key, str) for one in entries if isinstance(one, dict) for key in one)


def _keys(given: Any, place: str, keys: tuple[str, ...], change: Change) -> Any:
    if not isinstance(given, dict):
        return given
    return given | {
        key: _each(given[key], f"{place}.{key}", change) for key in keys if key in given
    }


def _each(value: Any, key: str, change: Change) -> Any:
    if isinstance(value, list | tuple):
        return [_each(one, key, change) for one in value]
    return change(key, value) if isinstance(value, str) and value else value


def _benchmarks(given: Any, change: Change) -> Any:
    key = "decontaminate.benchmarks"
    if isinstance(given, list | tuple):
        return [_benchmarks(one, change) for one in given]
    if isinstance(given, dict):
        return _keys(given, key, ("path",), lambda _, path: change(key, path))
    return _each(given, key, change)
