"""All commands, in the order in which help lists them, each with an example."""

from typing import Annotated

import typer

from curate import __version__
from curate.cli import books, links, stages
from curate.cli.console import out_

app = typer.Typer(
    name="curate",
    help="Pretraining corpora from web archives, by the recipe of GPT-2 and GPT-3.",
    epilog="Exit codes: 0 done and balanced; 1 the run failed; 2 the recipe or the options are "
    "wrong, nothing was started; 130 stopped with Ctrl-C, 143 by SIGTERM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Pretraining corpora from web archives, by the recipe of GPT-2 and GPT-3."""
    if version:
        out_.print(f"curate {__version__}")
        raise typer.Exit


COMMANDS = (
    (stages.demo, "curate demo"),
    (links.links, "curate links 'reddit/RS_*.zst' --out links.parquet"),
    (stages.plan, "curate plan recipe.yaml --out corpus"),
    (
        stages.up_to("mix", "Run the whole recipe: shards, manifest, ledger, samples, duplicates."),
        "curate run recipe.yaml --out corpus",
    ),
    (
        stages.up_to(
            "extract", "Run the recipe up to the documents: archives read, pages turned to text."
        ),
        "curate extract recipe.yaml --out corpus",
    ),
    (
        stages.up_to(
            "filter", "Run the recipe up to the documents that language and filters keep."
        ),
        "curate filter recipe.yaml --out corpus",
    ),
    (
        stages.up_to(
            "train-quality",
            "Train the recipe's classifier; model and report are written to OUT/models.",
        ),
        "curate train-quality recipe.yaml --out corpus",
    ),
    (
        stages.up_to("quality", "Run the recipe up to the documents that its classifier keeps."),
        "curate quality recipe.yaml --out corpus",
    ),
    (stages.dedup, "curate dedup recipe.yaml --out corpus"),
    (
        stages.up_to(
            "decontaminate", "Run the recipe up to the documents without benchmark texts."
        ),
        "curate decontaminate recipe.yaml --out corpus",
    ),
    (
        stages.up_to("mix", "Run the recipe up to its end; the same as run."),
        "curate mix recipe.yaml --out corpus",
    ),
    (stages.signals, "curate signals recipe.yaml --out corpus"),
    (books.explain, "curate explain corpus https://example.org/page"),
    (books.diff, "curate diff corpus-a corpus-b"),
    (books.verify, "curate verify corpus"),
    (books.pack, "curate pack corpus tokens --format megatron"),
    (books.reasons, "curate reasons"),
    (books.schema, "curate schema > recipe.schema.json"),
    (books.archive, "curate archive environment.tar.gz"),
    (books.java_home, 'export JAVA_HOME="$(curate java-home)"'),
)
for _command, _example in COMMANDS:
    _name = _example.partition("curate ")[2].split()[0].rstrip(')"')
    app.command(_name, epilog=f"Example: {_example}")(_command)
