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
    """Return a path with its variables' values; a default replaces one that is unset or empty.

    Raises ValueError, naming the key: a variable without default is not set, or `${` begins none.

    >>> filled_in("output.path", "${ROOT:-/data}/out", {})
    '/data/out'
    >>> filled_in("output.path", "${ROOT}/out", {})
    Traceback (most recent call last):
    ValueError: output.path: expected the variable ROOT to be set, got none: ${ROOT}/out
    """

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        given = variables.get(name, "")
        if given or (name in variables and default is None):
            return given
        if default is None:
            raise ValueError(f"{key}: expected the variable {name} to be set, got none: {path}")
        return default

    if "${" in _VARIABLE.sub("", path):
        raise ValueError(f"{key}: expected ${{NAME}} or ${{NAME:-default}}, got {path[:200]}")
    return _VARIABLE.sub(value, path)


def with_absolute_paths(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a recipe's data with variables filled in and paths absolute against its folder.

    Raises ValueError, naming the key. Of filters that are code the module is imported.
    """

    def change(key: str, path: str) -> str:
        try:
            return io.absolute(filled_in(key, path, os.environ), folder)
        except ValueError as error:
            message = str(error)
            raise ValueError(
                message if message.startswith(f"{key}: ") else f"{key}: {message}"
            ) from error

    return changed(content, change)


def changed(content: dict[str, Any], change: Change) -> dict[str, Any]:
    """Return a recipe's data with every path in it changed."""
    result = dict(content)
    if isinstance(sources := content.get("sources"), dict):
        result["sources"] = {
            name: _keys(source, f"sources.{name}", ("path", "urls", "index"), change)
            for name, source in sources.items()
        }
    for section, keys in (
        ("dedup", ("against",)), ("rights", ("tombstones",)), ("output", ("path", "work")),
    ):  # fmt: skip
        if section in content:
            result[section] = _keys(content[section], section, keys, change)
    if isinstance(rights := result.get("rights"), dict) and rights.get("opt_outs"):
        hosts = _keys(rights["opt_outs"], "rights.opt_outs", ("hosts",), change)
        result["rights"] = rights | {"opt_outs": hosts}
    for section, key, is_path in _SINGLE:
        nested = result.get(section)
        if isinstance(nested, dict) and isinstance(nested.get(key), str) and is_path(nested[key]):
            result[section] = nested | {key: change(f"{section}.{key}", nested[key])}
    if isinstance(quality := content.get("quality"), dict):
        result["quality"] = _classifier(quality, "quality", change)
        if isinstance(models := quality.get("models"), dict):
            result["quality"]["models"] = {
                name: _classifier(model, f"quality.models.{name}", change)
                for name, model in models.items()
            }
    if isinstance(labels := content.get("labels"), dict):
        result["labels"] = {
            name: _keys(label, f"labels.{name}", ("model",), change)
            for name, label in labels.items()
        }
    if isinstance(nested := content.get("decontaminate"), dict) and "benchmarks" in nested:
        result["decontaminate"] = nested | {"benchmarks": _benchmarks(nested["benchmarks"], change)}
    entries = content.get("filters")
    if isinstance(entries, list | tuple) and _are_named(entries):
        result["filters"] = with_paths(entries, lambda path: change("filters", path))
    return result


def _is_tokenizer(value: str) -> bool:
    return "/" in value or value.endswith(".json") or "${" in value


# Keys with one path: (section, key, whether a text there is one).
_SINGLE: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("language", "model", bool),
    ("mix", "tokenizer", _is_tokenizer),
    ("mix", "weights", bool),
)


def _classifier(data: Any, prefix: str, change: Change) -> Any:
    if not isinstance(data, dict):
        return data
    result = dict(data)
    if data.get("model") not in TRAINED:
        result = _keys(result, prefix, ("model",), change)
    labels = result.get("labels")
    if isinstance(labels, dict):
        result["labels"] = _keys(labels, f"{prefix}.labels", ("path",), change)
    elif labels:
        result["labels"] = _change_each(labels, f"{prefix}.labels", change)
    return result


def _are_named(entries: Sequence[Any]) -> bool:
    return all(
        isinstance(key, str) for entry in entries if isinstance(entry, dict) for key in entry
    )


def _keys(data: Any, prefix: str, keys: tuple[str, ...], change: Change) -> Any:
    if not isinstance(data, dict):
        return data
    return data | {
        key: _change_each(data[key], f"{prefix}.{key}", change) for key in keys if key in data
    }


def _change_each(value: Any, key: str, change: Change) -> Any:
    if isinstance(value, list | tuple):
        return [_change_each(item, key, change) for item in value]
    return change(key, value) if isinstance(value, str) and value else value


def _benchmarks(data: Any, change: Change) -> Any:
    key = "decontaminate.benchmarks"
    if isinstance(data, list | tuple):
        return [_benchmarks(entry, change) for entry in data]
    if isinstance(data, dict):
        return _keys(data, key, ("path",), lambda _, path: change(key, path))
    return _change_each(data, key, change)
