"""The command `curate init`: a first recipe for the files of a folder."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.console import echo
from curate.errors import RecipeError

OUTS = ("corpus", "curated", "out", "curate-out")  # where the run may write to, the first free one
RECIPE, SCHEMA = "recipe.yaml", "recipe.schema.json"


def init(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A folder with archives, texts, benchmarks.")
    ] = ".",
) -> None:
    """Write a commented recipe.yaml for the files of a folder, recognised by their content."""
    from curate.recipe import parse  # noqa: PLC0415 - help needs none of these
    from curate.recipe.json_schema import read_schema  # noqa: PLC0415
    from curate.recipe.yaml_loader import parse_yaml  # noqa: PLC0415
    from curate.scaffold.folder import scan_folder  # noqa: PLC0415
    from curate.scaffold.recipe_text import recipe_text  # noqa: PLC0415
    from curate.store.owner import is_ours  # noqa: PLC0415

    path = Path(folder)
    if not path.is_dir():
        raise RecipeError(f"FOLDER: expected a folder of this machine, got {folder}")
    recipe, schema = path / RECIPE, path / SCHEMA
    if recipe.exists():
        raise RecipeError(
            f"{recipe}: expected no recipe yet, got one, and none is overwritten: rename it first"
        )
    contents = scan_folder(path)
    if not any(group.kind != "benchmark" for group in contents.groups):
        why = "".join(f"\n{name}: {reason}" for name, reason in contents.left_out[:10])
        raise RecipeError(
            f"{folder}: expected archives, Parquet, JSON lines, tables, texts, e-books or wiki "
            f"dumps, found none{why}"
        )
    free = (name for name in OUTS if not (path / name).exists() or is_ours(str(path / name), "out"))
    text = recipe_text(contents, schema=SCHEMA, out=next(free, "corpus"))
    parse(parse_yaml(text.encode()), path.absolute(), name=RECIPE)
    with recipe.open("x", encoding="utf-8") as file:
        file.write(text)
    if not schema.exists():
        schema.write_text(read_schema(), encoding="utf-8")
    for group in contents.groups:
        label = "benchmarks" if group.kind == "benchmark" else f"source {group.name}, {group.kind}"
        files = "1 file" if group.files == 1 else f"{group.files:,} files"
        echo(f"{label}: {', '.join(group.paths[:3])} ({files}, {group.size:,} bytes)")
    for name, reason in contents.left_out[:10]:
        echo(f"left out: {name}: {reason}")
    if len(contents.left_out) > 10:
        echo(f"left out: {len(contents.left_out) - 10:,} more")
    echo(f"Recipe: {recipe}. Next: curate plan {shlex.quote(str(recipe))}")
