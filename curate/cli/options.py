"""The options that commands share, written once."""

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from curate.api.settings import Counts, RunSettings
from curate.cli.console import echo, err, out_
from curate.cli.progress import Watch, show_progress
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
    str,
    typer.Option(
        "--engine",
        help="auto, local (processes here, no Java) or spark.",
        autocompletion=lambda: ["auto", "local", "spark"],
    ),
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
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A key of the recipe for this run, such as mix.tokens=1e9; the value is YAML, paths "
        "start here. Repeatable.",
    ),
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print the result as one JSON object; progress goes to stderr."),
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
    changes: Changes = None
    sample: Sample = None
    take_over: TakeOver = False
    allow_code: AllowCode = False
    quiet: Quiet = False
    json: Json = False

    def log(self, line: str) -> None:
        """Print a line of progress where this command's go."""
        if not self.quiet:
            echo(line, err if self.json else out_)

    def recipe(self, path: str) -> "Recipe":
        """Return a checked recipe, with what these options set in it."""
        from curate.recipe import load  # noqa: PLC0415 - help needs none of it

        return load(path, allow_code=self.allow_code, settings=self.changes or ())

    def settings(self, name: str = "") -> RunSettings:
        """Return how a run is made: these options, with progress on the console.

        name: of the recipe's file, for the application on Spark.
        """
        watch = Watch()
        console = Console(quiet=True) if self.quiet else err if self.json else out_

        def show(stages: Sequence[str], counts: Counts) -> AbstractContextManager[None]:
            watch.stages = stages
            return show_progress(watch, counts, console)

        return RunSettings(
            out=self.out,
            work=self.work,
            engine=self.engine,
            master=self.master,
            conf=self.properties(),
            fresh=self.fresh,
            against=self.against or (),
            sample=self.sample,
            take_over=self.take_over,
            log=self.log,
            on_progress=watch.on_progress,
            show=show,
            app_name=f"curate {name.rpartition('/')[2]}".strip(),
            handle_signals=True,
        )

    def properties(self) -> dict[str, str]:
        """Return the Spark properties given."""
        pairs = [pair.partition("=") for pair in self.conf or ()]
        wrong = [key for key, equals, _ in pairs if not (key and equals)]
        if wrong:
            raise RecipeError(f"--conf: expected KEY=VALUE, got {', '.join(wrong)}")
        return {key: value for key, _, value in pairs}


def with_options(*but: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command `(…, options: Options)` all of them as options of its own, less some."""
    taken = [option for option in fields(Options) if option.name not in but]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_them(*arguments: Any, **named: Any) -> None:
            options = Options(**{option.name: named.pop(option.name) for option in taken})
            try:
                command(*arguments, options=options, **named)
            except EOFError as error:  # typer takes it for the end of what a user types
                raise OSError(f"a process or a file ended too early: {error}") from error

        shared = [
            inspect.Parameter(
                option.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=option.default,
                annotation=option.type,
            )
            for option in taken
        ]
        parameters = inspect.signature(command).parameters.values()
        both = [
            *(p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY),
            *shared,
            *(
                p
                for p in parameters
                if p.kind is inspect.Parameter.KEYWORD_ONLY and p.name != "options"
            ),
        ]
        with_them.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        with_them.__annotations__ = {p.name: p.annotation for p in both}
        return with_them

    return decorate
