"""Merge a recipe: the files it extends, its own keys, and the settings of this run.

Each is a layer: plain data with absolute paths. Later layers override earlier ones: mappings are
merged key by key, everything else (lists too) is replaced, and a source that is null is left out.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import RecipeError
from curate.recipe.code import refuse_code
from curate.recipe.paths import filled_in, with_absolute_paths
from curate.recipe.yaml_loader import MAX_BYTES, YamlError, parse_yaml
from curate.store import io
from curate.store.urls import hide_secrets

EXTENDS, OWN = "extends", "x-"  # the key for other files; how keys of the user's own begin
MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys of one file, or of the command line; name: what errors call it."""

    name: str
    keys: Mapping[str, Any]


def read_file(path: str) -> dict[str, Any]:
    """Return the data of a recipe's file; raises RecipeError: it is missing, or no mapping."""
    name = hide_secrets(path)
    try:
        with io.open_read(path) as file:
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise RecipeError(f"{name}: expected a recipe, a file of YAML, got a folder") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or hide_secrets(str(error))
        raise RecipeError(f"{name}: cannot be read: {why}") from error
    try:
        content = parse_yaml(data)
    except YamlError as error:
        raise RecipeError(f"{name}: not YAML: {error}") from error
    if not isinstance(content, dict):
        got = "nothing" if content is None else f"a {type(content).__name__}"
        raise RecipeError(f"{name}: expected keys and values, got {got}")
    return content


def folder_of(path: str) -> Path:
    """Return the folder that a file's paths start at: its own, the working one if it is remote."""
    return io.local_path(path).absolute().parent if io.is_local(path) else Path.cwd()


def layers_of(
    content: Mapping[str, Any],
    folder: Path,
    *,
    name: str,
    allow_code: bool,
    above: Sequence[str] = (),
) -> Iterator[Layer]:
    """Yield the layers of a recipe, those of the files it extends first.

    Args:
        above: the files that led here.
    Raises:
        RecipeError: a file cannot be read, extends itself, or has a path that cannot be made whole.
    """
    try:
        if not allow_code:
            refuse_code(content.get("filters"))
        for base in _bases(content, folder):
            if base in above or len(above) >= MOST_FILES:
                chain = " -> ".join(hide_secrets(path) for path in (*above, base))
                raise ValueError(f"extends: expected no file twice on the way, got {chain}")
            yield from layers_of(
                read_file(base),
                folder_of(base),
                name=hide_secrets(base),
                allow_code=allow_code,
                above=(*above, base),
            )
        keys = {
            key: value
            for key, value in content.items()
            if key != EXTENDS and not (isinstance(key, str) and key.startswith(OWN))
        }
        yield Layer(name, with_absolute_paths(keys, folder))
    except RecipeError:
        raise
    except ValueError as error:
        raise RecipeError(f"{name}: {hide_secrets(str(error))}") from error


def _bases(content: Mapping[str, Any], folder: Path) -> list[str]:
    value = content.get(EXTENDS)
    paths = [] if value is None else value if isinstance(value, list | tuple) else [value]
    for path in paths:
        if not isinstance(path, str) or not path:
            raise ValueError(f"extends: expected a path or a list of them, got {path!r:.80}")
    return [io.absolute(filled_in(EXTENDS, path, os.environ), folder) for path in paths]


def layer_of_settings(pairs: Sequence[str], *, allow_code: bool = False) -> Layer:
    """Return the layer of `KEY=VALUE`s, values in YAML; paths start at the working folder.

    Raises RecipeError, naming the key.

    >>> layer_of_settings(["mix.tokens=1e9", "quality.alpha=8"]).keys
    {'mix': {'tokens': 1000000000.0}, 'quality': {'alpha': 8}}
    """
    content: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        parts = key.split(".")
        if not equals or not all(parts):
            raise RecipeError(f"--set: expected KEY=VALUE, such as mix.tokens=1e9, got {pair}")
        try:
            value = parse_yaml(text.encode())
        except YamlError as error:
            raise RecipeError(f"--set {key}: expected a value in YAML: {error}") from error
        for part in reversed(parts):
            value = {part: value}
        content = merged(content, value)
    (layer,) = layers_of(content, Path.cwd(), name="--set", allow_code=allow_code)
    return layer


def merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the data of a recipe's layers, sources that are null left out."""
    content: dict[str, Any] = {}
    for layer in layers:
        content = merged(content, layer.keys)
    if isinstance(sources := content.get("sources"), dict) and len(layers) > 1:
        content["sources"] = {
            name: source for name, source in sources.items() if source is not None
        }
    return content


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two mappings as one: mappings key by key, of everything else the one above.

    >>> merged({"a": {"x": 1, "y": [1]}, "b": 2}, {"a": {"y": [2]}, "b": None})
    {'a': {'x': 1, 'y': [2]}, 'b': None}
    """
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        result[key] = merged(under, value) if both else value  # type: ignore[arg-type]
    return result


def name_of(loc: Sequence[int | str], layers: Sequence[Layer]) -> str:
    """Return what to call the layer that a mistake at a place is in: the last with the key."""
    depths = []
    for layer in layers:
        value: Any = layer.keys
        depth = 0
        for part in loc:
            if isinstance(value, Mapping) and part in value:
                value, depth = value[part], depth + 1
            else:
                break
        depths.append(depth)
    deepest = max(depths, default=0)
    names = [layer.name for layer, depth in zip(layers, depths, strict=True) if depth == deepest]
    return names[-1] if names and deepest else layers[-1].name
