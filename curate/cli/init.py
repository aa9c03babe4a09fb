"""The command `curate init`: a first recipe for the files of a folder."""

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.console import say
from curate.errors import RecipeError

OUTS = ("corpus", "curated", "out", "curate-out")  # where the run may write to, the first free one
RECIPE, SCHEMA = "recipe.yaml", "recipe.schema.json"


def init(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A folder with archives, texts, benchmarks.")
    ] = ".",
) -> None:
    """Write a commented recipe.yaml for the files of a folder, told by their content."""
    from curate.recipe import parse  # noqa: PLC0415 - help needs none of these
    from curate.recipe.json_schema import read_schema  # noqa: PLC0415
    from curate.recipe.yaml_loader import parse_yaml  # noqa: PLC0415
    from curate.scaffold.folder import look_into  # noqa: PLC0415
    from curate.scaffold.recipe_text import recipe_text  # noqa: PLC0415
    from curate.store.owner import is_ours  # noqa: PLC0415

    place = Path(folder)
    if not place.is_dir():
        raise RecipeError(f"FOLDER: expected a folder of this machine, got {folder}")
    recipe, schema = place / RECIPE, place / SCHEMA
    if recipe.exists():
        raise RecipeError(f"{recipe}: expected none, for it is not overwritten: name it otherwise")
    found = look_into(place)
    if not any(group.kind != "benchmark" for group in found.groups):
        why = "".join(f"\n{name}: {told}" for name, told in found.left_out[:10])
        raise RecipeError(
            f"{folder}: expected archives, Parquet, JSON lines, tables, texts, e-books or wiki "
            f"dumps, found none{why}"
        )
    free = (
        name for name in OUTS if not (place / name).exists() or is_ours(str(place / name), "out")
    )
    text = recipe_text(found, schema=SCHEMA, out=next(free, "corpus"))
    parse(parse_yaml(text.encode()), place.absolute(), name=RECIPE)
    with recipe.open("x", encoding="utf-8") as file:
        file.write(text)
    if not schema.exists():
        schema.write_text(read_schema(), encoding="utf-8")
    for group in found.groups:
        what = "benchmarks" if group.kind == "benchmark" else f"source {group.name}, {group.kind}"
        files = "1 file" if group.files == 1 else f"{group.files:,} files"
        say(f"{what}: {', '.join(group.paths[:3])} ({files}, {group.size:,} bytes)")
    for name, told in found.left_out[:10]:
        say(f"left out: {name}: {told}")
    if len(found.left_out) > 10:
        say(f"left out: {len(found.left_out) - 10:,} more")
    say(f"Recipe: {recipe}. Next: curate plan {recipe}")
