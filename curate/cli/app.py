"""All commands, in the order in which help lists them, each with an example.

Those that run a part of a recipe are made from the list of stages.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from curate import stage_list
from curate._version import __version__
from curate.cli import init, label, links, outputs, packaged, publishing, stages, takedown
from curate.cli.console import out_

HELP = "Pretraining corpora from web archives, by the recipe of GPT-2 and GPT-3."
EXIT_CODES = (
    "Exit codes: 0 done and balanced; 1 the run failed; 2 the recipe or the options are wrong, "
    "nothing was started; 130 stopped with Ctrl-C, 143 by SIGTERM."
)
OWN = {"dedup": stages.dedup}  # commands of stages that have options of their own


def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version."""
    if version:
        out_.print(f"curate {__version__}")
        raise typer.Exit


def commands() -> Iterator[tuple[Callable[..., None], str]]:
    """Yield each command with an example."""
    yield stages.demo, "curate demo"
    yield init.init, "curate init archives"
    yield links.links, "curate links 'reddit/RS_*.zst' --out links.parquet"
    yield stages.plan, "curate plan recipe.yaml --out corpus"
    run_text = "Run the whole recipe: shards, manifest, ledger, samples, duplicates."
    yield stages.up_to(stage_list.commands()[-1], run_text), "curate run recipe.yaml --out corpus"
    for name in stage_list.commands():
        text = f"Run the recipe up to {name}: {stage_list.about(name)}."
        yield OWN.get(name) or stages.up_to(name, text), f"curate {name} recipe.yaml --out corpus"
    yield stages.signals, "curate signals recipe.yaml --out corpus"
    yield outputs.explain, "curate explain corpus https://example.org/page"
    yield outputs.report, "curate report corpus --open"
    yield label.label, "curate label corpus --documents 200"
    yield outputs.diff, "curate diff corpus-a corpus-b"
    yield outputs.verify, "curate verify corpus"
    yield takedown.remove, "curate remove corpus --urls urls.txt"
    yield outputs.pack, "curate pack corpus tokens --format megatron"
    yield publishing.push, "curate push corpus hf://datasets/owner/name"
    yield publishing.croissant, "curate croissant corpus"
    yield publishing.summary, "curate summary corpus"
    yield outputs.reasons, "curate reasons"
    yield packaged.schema, "curate schema > recipe.schema.json"
    yield packaged.recipes, "curate recipes small > recipe.yaml"
    yield packaged.jobs, 'spark-submit "$(curate jobs pipeline)" recipe.yaml --out corpus'
    yield outputs.archive, "curate archive environment.tar.gz"
    yield outputs.java_home, 'export JAVA_HOME="$(curate java-home)"'


def make_app() -> typer.Typer:
    """Return the command line of all commands."""
    app = typer.Typer(
        name="curate",
        help=HELP,
        epilog=EXIT_CODES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True, help=HELP)(root)
    for command, example in commands():
        name = example.partition("curate ")[2].split()[0].rstrip(')"')
        app.command(name, epilog=f"Example: {example}")(command)
    return app


app = make_app()
