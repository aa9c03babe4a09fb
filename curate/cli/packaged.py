"""The commands that show files of the package: scripts for spark-submit, recipes, schemas."""

import ast
import re
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.console import echo
from curate.errors import RecipeError

PACKAGE = Path(__file__).resolve().parents[1]


def packaged_files(folder: str, extension: str) -> dict[str, Path]:
    """Return the files of a folder of the package by their names without ending."""
    paths = sorted((PACKAGE / folder).glob(f"*{extension}"))
    return {path.name.removesuffix(extension).replace("_", "-"): path for path in paths
            if not path.name.startswith("_")}  # fmt: skip


def packaged_file(folder: str, extension: str, name: str) -> Path:
    """Return one of these files; raises RecipeError, naming those there are."""
    known = packaged_files(folder, extension)
    if name not in known:
        raise RecipeError(f"NAME: expected {', '.join(known)}, got {name}")
    return known[name]


def jobs(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="pipeline, or a command of stages.",
            autocompletion=lambda: list(packaged_files("jobs", ".py")),
        ),
    ] = None,
) -> None:
    """Print the path of a script for spark-submit; without a name, list them all."""
    if name is not None:
        typer.echo(packaged_file("jobs", ".py", name))
        return
    for path in packaged_files("jobs", ".py").values():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        echo(f"{path}: {' '.join(docstring.split()).partition(': ')[2]}")


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="small, gpt3, …",
            autocompletion=lambda: list(packaged_files("recipes", ".yaml")),
        ),
    ] = None,
) -> None:
    """Print a recipe of the package, with comments; without a name, list them all."""
    if name is not None:
        text = packaged_file("recipes", ".yaml", name).read_text(encoding="utf-8")
        typer.echo(text.replace("$schema=../schemas/", "$schema=", 1), nl=False)  # as `init` has it
        return
    for path in packaged_files("recipes", ".yaml").values():
        lines = path.read_text(encoding="utf-8").splitlines()[1:]  # the first is the schema's
        head = takewhile(lambda line: line.startswith("#"), lines)
        about = re.split(r"\. (?=[A-Z])", " ".join(line[2:] for line in head).strip())[0]
        echo(f"{path}: {about}")


def schema(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="recipe, or a table of the output, as corpus.")
    ] = "recipe",
) -> None:
    """Print the JSON schema of a recipe, for editors, or the columns of a table of the output."""
    from curate.recipe.json_schema import read_schema  # noqa: PLC0415 - help needs none of it

    typer.echo(read_schema(name), nl=False)
