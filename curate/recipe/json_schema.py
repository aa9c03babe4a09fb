"""What users write and read, described for their tools: the files of schemas/.

Written by `python -m curate.recipe.json_schema`, compared in a test.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.recipe import Recipe
from curate.store.schema import PUBLIC


def described(schema: pa.Schema) -> list[dict[str, Any]]:
    """Return a table's columns as plain data."""
    return [{"name": f.name, "type": str(f.type), "nullable": f.nullable} for f in schema]


def files() -> dict[str, str]:
    """Return the content of every file of schemas/ by its name."""
    tables = {f"{name}.json": described(schema) for name, schema in PUBLIC.items()}
    whole: dict[str, Any] = {"recipe.schema.json": Recipe.model_json_schema(), **tables}
    return {name: json.dumps(data, indent=2) + "\n" for name, data in whole.items()}


if __name__ == "__main__":
    for _name, _content in files().items():
        (Path(__file__).parents[2] / "schemas" / _name).write_text(_content)
