"""What users write and read, described for their tools: the files of `curate/schemas`.

`curate schema` prints them. Written by `python -m curate.recipe.json_schema`, compared in a test.
The schema of a recipe takes all that the loader takes; what it cannot say (which keys agree with
which) the loader checks.
"""

import inspect
import json
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from curate.errors import RecipeError
from curate.recipe.whole import Recipe

FOLDER = Path(__file__).parents[1] / "schemas"
RECIPE = "recipe.schema.json"
_ID = "https://raw.githubusercontent.com/corpus-curate/curate/main/curate/schemas/"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What pydantic leaves as it is where a bound stands beside several types.
_BOUNDS = {
    "ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum",
}  # fmt: skip
_CODE = r"^[^:]+:[^:]+$"
_TYPES: Mapping[object, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    type(None): {"type": "null"},
}


def recipe_schema(*, filters: bool = True) -> dict[str, Any]:
    """Return the JSON schema of a recipe; without `filters` their settings are left open."""
    whole: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": _ID + RECIPE,
        **_with_bounds(Recipe.model_json_schema()),
    }
    source = whole["$defs"]["Source"]
    source["required"] = ["kind"]  # a crawl of Common Crawl names its path itself
    source["if"] = {"properties": {"kind": {"const": "commoncrawl"}}, "required": ["kind"]}
    source["then"] = {"anyOf": [{"required": ["path"]}, {"required": ["crawl"]}]}
    source["else"] = {"required": ["path"]}
    if filters:
        whole["properties"]["filters"]["items"] = _filters_schema()
    return whole


def described(schema: Any) -> list[dict[str, Any]]:
    """Return the columns of an Arrow schema as plain data."""
    return [{"name": f.name, "type": str(f.type), "nullable": f.nullable} for f in schema]


def files() -> dict[str, str]:
    """Return the content of every file of the folder by its name."""
    from curate.store.schema import PUBLIC  # noqa: PLC0415 - needs Arrow, the recipe's does not

    tables = {f"{name}.json": described(schema) for name, schema in PUBLIC.items()}
    whole: dict[str, Any] = {RECIPE: recipe_schema(), **tables}
    return {name: json.dumps(data, indent=2) + "\n" for name, data in whole.items()}


def read_schema(name: str = "recipe") -> str:
    """Return a schema as it lies in the package: of the recipe, or of a table users read.

    Raises RecipeError, naming those there are.
    """
    known = {path.name.removesuffix(".json").removesuffix(".schema"): path
             for path in sorted(FOLDER.glob("*.json"))}  # fmt: skip
    if name not in known:
        raise RecipeError(f"NAME: expected {', '.join(known)}, got {name}")
    return known[name].read_text(encoding="utf-8")


def _with_bounds(node: Any) -> Any:
    """Return a schema with bounds by their names in JSON schema."""
    if isinstance(node, list):
        return [_with_bounds(one) for one in node]
    if not isinstance(node, dict):
        return node
    bounded = "anyOf" in node or "type" in node
    return {
        _BOUNDS.get(key, key) if bounded else key: _with_bounds(value)
        for key, value in node.items()
        if key != "allow_inf_nan"
    }


def _filters_schema() -> dict[str, Any]:
    """Return the schema of one entry of `filters`: a name, or a name with its settings."""
    from curate.filters import factories  # noqa: PLC0415 - imports every filter

    made = {name: _settings_schema(make) for name, make in sorted(factories().items())}
    code = {"type": "string", "pattern": _CODE, "description": "package.module:attribute"}
    return {
        "anyOf": [
            {"enum": [*made]},
            code,
            {
                "type": "object",
                "properties": made,
                "patternProperties": {_CODE: {"type": ["object", "null"]}},
                "additionalProperties": False,
            },
        ]
    }


def _settings_schema(make: Callable[..., Any]) -> dict[str, Any]:
    """Return the schema of a filter's settings: those of the function that makes its steps."""
    owner = inspect.unwrap(make)
    try:
        hints = typing.get_type_hints(owner)
    except (NameError, TypeError):
        hints = {}
    settings: dict[str, Any] = {}
    for name, parameter in inspect.signature(make).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        about = _type_schema(hints.get(name, Any))
        default = parameter.default
        if isinstance(default, bool | int | float | str | type(None)):
            about["default"] = default
        settings[name] = about
    about_it = (inspect.getdoc(owner) or "").partition("\n\n")[0].replace("\n", " ")
    return {
        "type": ["object", "null"],
        "description": about_it,
        "properties": settings,
        "additionalProperties": False,
    }


def _type_schema(hint: Any) -> dict[str, Any]:
    """Return the schema of a setting's type; of what is no plain value or union of them, any."""
    if hint in _TYPES:
        return dict(_TYPES[hint])
    choices = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return {"enum": list(choices)}
    if choices and all(choice in _TYPES for choice in choices):
        return {"type": [_TYPES[choice]["type"] for choice in choices]}
    return {}


if __name__ == "__main__":
    for _name, _content in files().items():
        (FOLDER / _name).write_text(_content)
