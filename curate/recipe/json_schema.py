"""JSON schemas of the recipe and column lists of the tables: the files of `curate/schemas`.

`curate schema` prints them. Written by `python -m curate.recipe.json_schema`, compared in a test.
The schema of a recipe accepts all that the loader accepts; constraints between keys are checked by
the loader only.
"""

import json
from pathlib import Path
from typing import Any

from curate.errors import RecipeError
from curate.recipe.layers import EXTENDS, OWN
from curate.recipe.model import Recipe

FOLDER = Path(__file__).parents[1] / "schemas"
RECIPE = "recipe.schema.json"
_ID = "https://raw.githubusercontent.com/corpus-curate/curate/main/curate/schemas/"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Bounds that pydantic does not translate for fields of several types.
_BOUNDS = {
    "ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum",
}  # fmt: skip


def recipe_schema(*, filters: bool = True) -> dict[str, Any]:
    """Return the JSON schema of a recipe; without `filters` their settings are unconstrained."""
    result: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": _ID + RECIPE,
        **_with_bounds(Recipe.model_json_schema()),
    }
    source = result["$defs"]["Source"]
    source["required"] = ["kind"]  # `crawl` of Common Crawl implies the path
    source["if"] = {"properties": {"kind": {"const": "commoncrawl"}}, "required": ["kind"]}
    source["then"] = {"anyOf": [{"required": ["path"]}, {"required": ["crawl"]}]}
    source["else"] = {"required": ["path"]}
    if filters:
        from curate.filters import schema  # noqa: PLC0415 - imports every filter

        result["properties"]["filters"]["items"] = _with_bounds(schema())
        _allow_extending(result)
    return result


def _allow_extending(schema: dict[str, Any]) -> None:
    """Let a file extend others, which may have the keys it leaves out, and have its own."""
    source = schema["$defs"]["Source"]
    complete = {key: source.pop(key) for key in ("required", "if", "then", "else")}
    (sources,) = schema["properties"]["sources"]["patternProperties"].items()
    schema["properties"]["sources"]["patternProperties"] = {
        sources[0]: {"anyOf": [sources[1], {"type": "null"}]}
    }
    path = {"type": "string", "minLength": 1}
    schema["properties"][EXTENDS] = {
        "anyOf": [path, {"type": "array", "items": path}],
        "description": "Recipes whose keys hold where this one has none; paths start at their own "
        "folders. A list or one, later ones go over earlier ones. A source that is null is left "
        "out.",
    }
    schema["patternProperties"] = {
        f"^{OWN}": {"description": "For anchors (&name), to be used elsewhere as *name or <<."}
    }
    schema["if"] = {"required": [EXTENDS]}
    schema["else"] = {
        "required": schema.pop("required"),
        "properties": {
            "sources": {"additionalProperties": {"type": "object", **complete}},
            "decontaminate": {"required": schema["$defs"]["Decontaminate"].pop("required")},
        },
    }


def described(schema: Any) -> list[dict[str, Any]]:
    """Return the columns of an Arrow schema as JSON data."""
    return [{"name": f.name, "type": str(f.type), "nullable": f.nullable} for f in schema]


def files() -> dict[str, str]:
    """Return the content of every schema file by its name."""
    from curate.store.schema import PUBLIC  # noqa: PLC0415 - needs Arrow, the recipe's does not

    tables = {f"{name}.json": described(schema) for name, schema in PUBLIC.items()}
    contents: dict[str, Any] = {RECIPE: recipe_schema(), **tables}
    return {name: json.dumps(data, indent=2) + "\n" for name, data in contents.items()}


def read_schema(name: str = "recipe") -> str:
    """Return a schema file of the package: of the recipe, or of a table that users read.

    Raises RecipeError, listing the known ones.
    """
    known = {path.name.removesuffix(".json").removesuffix(".schema"): path
             for path in sorted(FOLDER.glob("*.json"))}  # fmt: skip
    if name not in known:
        raise RecipeError(f"NAME: expected {', '.join(known)}, got {name}")
    return known[name].read_text(encoding="utf-8")


def _with_bounds(node: Any) -> Any:
    """Return a schema with bounds renamed to the keywords of JSON schema."""
    if isinstance(node, list):
        return [_with_bounds(item) for item in node]
    if not isinstance(node, dict):
        return node
    bounded = "anyOf" in node or "type" in node
    return {
        _BOUNDS.get(key, key) if bounded else key: _with_bounds(value)
        for key, value in node.items()
        if key != "allow_inf_nan"
    }


if __name__ == "__main__":
    for _name, _content in files().items():
        (FOLDER / _name).write_text(_content)
