"""The options that commands share, written once."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.cli.console import err, out_, say
from curate.errors import RecipeError

if TYPE_CHECKING:
    from curate.recipe import Recipe

RecipePath = Annotated[str, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
OutPath = Annotated[str, typer.Argument(metavar="OUT", help="Where a run wrote to.")]
Out = Annotated[str | None, typer.Option(help="Folder or URL to write to; default: output.path.")]
Work = Annotated[
    str | None, typer.Option(help="Folder for intermediate files; default: OUT/_work.")
]
Master = Annotated[str | None, typer.Option(help="Spark's master URL; default: local\\[*].")]
EngineName = Annotated[
    str, typer.Option("--engine", help="auto, local (processes here, no Java) or spark.")
]
Against = Annotated[
    list[str] | None,
    typer.Option(metavar="OUT", help="A finished run: copies of what it holds go. Repeatable."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Redo every stage.")]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        help="Let the recipe import and run code that it names (module:attribute).",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each core.")]
Conf = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="A Spark property; may be repeated.")
]
Sample = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE", help="Read a share of the records only, drawn by hash, such as 0.01."
    ),
]
TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Go on in a store's folder that a killed run still holds."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but mistakes.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print the result as one JSON object, progress beside it."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the commands that run stages have in common; each field is an option."""

    out: Out = None
    work: Work = None
    engine: EngineName = "auto"
    master: Master = None
    fresh: Fresh = False
    against: Against = None
    conf: Conf = None
    sample: Sample = None
    take_over: TakeOver = False
    allow_code: AllowCode = False
    quiet: Quiet = False
    json: Json = False

    def log(self, line: str) -> None:
        """Print a line of progress where this command's go."""
        if not self.quiet:
            say(line, err if self.json else out_)

    def settings(self) -> dict[str, str]:
        """Return the Spark properties given."""
        pairs = [pair.partition("=") for pair in self.conf or ()]
        wrong = [key for key, equals, _ in pairs if not (key and equals)]
        if wrong:
            raise RecipeError(f"--conf: expected KEY=VALUE, got {', '.join(wrong)}")
        return {key: value for key, _, value in pairs}


def with_options(*but: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command `(…, options: Options)` all of them as options of its own, less some."""
    taken = [one for one in fields(Options) if one.name not in but]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_them(*arguments: Any, **named: Any) -> None:
            options = Options(**{one.name: named.pop(one.name) for one in taken})
            command(*arguments, options=options, **named)

        shared = [
            inspect.Parameter(
                one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type
            )
            for one in taken
        ]
        own = inspect.signature(command).parameters.values()
        both = [
            *(p for p in own if p.kind is not inspect.Parameter.KEYWORD_ONLY),
            *shared,
            *(p for p in own if p.kind is inspect.Parameter.KEYWORD_ONLY and p.name != "options"),
        ]
        with_them.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        with_them.__annotations__ = {p.name: p.annotation for p in both}
        return with_them

    return decorate


def places(recipe: "Recipe", out: str | None, work: str | None) -> tuple[str, str | None]:
    """Return where to write to, and where to work; None for below that.

    Raises RecipeError if neither the recipe nor an option says where to write to.
    """
    place = out or recipe.output.path
    if place is None:
        raise RecipeError("output.path: expected a folder here or by --out, got none")
    return place, work or recipe.output.work
