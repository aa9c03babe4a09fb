"""The command `curate`: a recipe in, shards and books out.

Exit codes: 0 done and balanced; 1 the run failed; 2 the recipe or the options are wrong, and
nothing was started.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from curate import __version__, io
from curate.recipe import Recipe, RecipeError, load

if TYPE_CHECKING:
    from curate.dedup.bands import Banding
    from curate.dedup.selfcheck import Recall
    from curate.spark.stage import Run

app = typer.Typer(
    name="curate",
    help="Pretraining corpora from web archives, by the recipe of GPT-2 and GPT-3.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
out_, err = Console(highlight=False), Console(stderr=True, highlight=False)

RecipePath = Annotated[str, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
Out = Annotated[str | None, typer.Option(help="Folder or URL to write to; default: output.path.")]
Work = Annotated[str | None, typer.Option(help="Folder between stages; default: OUT/_work.")]
Master = Annotated[str | None, typer.Option(help="Spark's master URL; default: local\\[*].")]
Against = Annotated[
    list[str] | None,
    typer.Option(metavar="OUT", help="A finished run: copies of what it holds go. Repeatable."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Redo every stage.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each core.")]
Conf = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="A Spark property; may be repeated.")
]


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Pretraining corpora from web archives, by the recipe of GPT-2 and GPT-3."""
    if version:
        out_.print(f"curate {__version__}")
        raise typer.Exit


# What a terminal obeys instead of showing: C0 without the line break, DEL, C1.
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) != "\n"}


def shown(text: str) -> str:
    """Return text of any origin as a terminal may have it: no controls, no markup of ours."""
    return escape(text.translate(_CONTROLS))


def say(line: str) -> None:
    """Print a line of progress, unbroken so that it can be searched."""
    out_.print(shown(line).replace("\n", " "), emoji=False, soft_wrap=True)


def _places(recipe: Recipe, out: str | None, work: str | None) -> tuple[str, str | None]:
    place = out or recipe.output.path
    if place is None:
        raise RecipeError("output.path: expected a folder here or by --out, got none")
    return place, work or recipe.output.work


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the commands that run stages have in common."""

    out: str | None = None
    work: str | None = None
    master: str | None = None
    fresh: bool = False
    against: Sequence[str] = ()
    conf: Sequence[str] = ()

    def settings(self) -> dict[str, str]:
        """Return the Spark properties given."""
        pairs = [pair.partition("=") for pair in self.conf]
        wrong = [key for key, equals, _ in pairs if not (key and equals)]
        if wrong:
            raise RecipeError(f"--conf: expected KEY=VALUE, got {', '.join(wrong)}")
        return {key: value for key, _, value in pairs}


@contextmanager
def _started(recipe_path: str, options: Options) -> Iterator["Run"]:
    """Yield a checked run with a Spark session, which ends with it."""
    from curate.spark import pipeline  # noqa: PLC0415 - help needs no Spark
    from curate.spark.plan import check  # noqa: PLC0415
    from curate.spark.session import session, stop  # noqa: PLC0415

    recipe = load(recipe_path)
    out, work = _places(recipe, options.out, options.work)
    settings = options.settings()
    recipe = recipe.held_against(options.against)
    run = pipeline.start(recipe, out, work, fresh=options.fresh, say=say)
    check(run)
    log = pipeline.log_file(run)
    say(f"Spark's log: {log}")
    spark = session(options.master, log=log, settings=settings)
    try:
        yield run.on(spark)
    finally:
        stop(spark)


def _run(recipe_path: str, until: str, options: Options) -> None:
    from curate.spark import pipeline  # noqa: PLC0415

    if until == "decontaminate" and load(recipe_path).decontaminate is None:
        raise RecipeError(f"{recipe_path}: decontaminate: expected benchmarks, got none")
    if until in ("train-quality", "quality"):
        _check_quality(load(recipe_path), until)
    with _started(recipe_path, options) as run:
        ledger = pipeline.curate(run, until)
    report = next((c.report for c in run.commits if c.stage == "train"), None)
    if report is not None:
        show_quality(report)
    if ledger is None:
        return
    show_ledger(ledger)
    show_mixture(run)
    say(f"Shards: {run.out}/corpus  Manifest: {run.out}/manifest.json")


def _check_quality(recipe: Recipe, until: str) -> None:
    """Raise RecipeError if a recipe has no classifier, or none to be trained."""
    if recipe.quality is None:
        raise RecipeError("quality: expected settings, such as {model: logistic}, got none")
    if until == "train-quality" and not recipe.quality.trained:
        raise RecipeError(
            f"quality.model: expected logistic or fasttext to train, got {recipe.quality.model}"
        )


def _self_check(recipe_path: str, options: Options) -> None:
    from curate.dedup.selfcheck import self_check  # noqa: PLC0415
    from curate.documents import Documents  # noqa: PLC0415
    from curate.spark import pipeline  # noqa: PLC0415
    from curate.spark.selfcheck import sample_texts  # noqa: PLC0415

    with _started(recipe_path, options) as run:
        pipeline.curate(run, "filter")
        texts = sample_texts(run, Documents(run.commits[-1]))
    settings = run.recipe.dedup
    banding = settings.banding()
    show_recall(self_check(texts, banding, family=settings.family), banding, len(texts))


def _command(until: str, text: str) -> Callable[..., None]:
    def command(
        recipe: RecipePath,
        *,
        out: Out = None,
        work: Work = None,
        master: Master = None,
        fresh: Fresh = False,
        against: Against = None,
        conf: Conf = None,
    ) -> None:
        options = Options(
            out=out,
            work=work,
            master=master,
            fresh=fresh,
            against=against or (),
            conf=conf or (),
        )
        _run(recipe, until, options)

    command.__doc__ = text
    return command


def _example(command: str) -> str:
    return f"Example: curate {command} recipe.yaml --out corpus"


for _name, _until, _text in (
    ("run", "mix", "Run the whole recipe: shards, manifest, ledger, samples, duplicates."),
    (
        "extract",
        "extract",
        "Run the recipe up to the documents: archives read, pages turned to text.",
    ),
    ("filter", "filter", "Run the recipe up to the good documents: language and filters."),
    (
        "decontaminate",
        "decontaminate",
        "Run the recipe up to the documents without benchmark texts.",
    ),
    (
        "train-quality",
        "train-quality",
        "Train the recipe's classifier; model and account of it go to OUT/models.",
    ),
    ("quality", "quality", "Run the recipe up to the documents that its classifier keeps."),
    ("mix", "mix", "Run the recipe up to its end; the same as run."),
):
    app.command(_name, epilog=_example(_name))(_command(_until, _text))


@app.command(epilog=_example("dedup"))
def dedup(
    recipe: RecipePath,
    *,
    out: Out = None,
    work: Work = None,
    master: Master = None,
    fresh: Fresh = False,
    against: Against = None,
    conf: Conf = None,
    self_check: Annotated[
        bool,
        typer.Option(
            "--self-check",
            help="Only plant near-duplicates in a sample of the filtered documents, and print "
            "how many of them are found.",
        ),
    ] = False,
) -> None:
    """Run the recipe up to the unique documents."""
    options = Options(
        out=out, work=work, master=master, fresh=fresh, against=against or (), conf=conf or ()
    )
    if self_check:
        _self_check(recipe, options)
    else:
        _run(recipe, "dedup", options)


@app.command(epilog=_example("plan"))
def plan(recipe: RecipePath, out: Out = None, work: Work = None) -> None:
    """Check everything and say what a run would do; start nothing."""
    from curate.spark import pipeline  # noqa: PLC0415
    from curate.spark.plan import check, stages  # noqa: PLC0415

    loaded = load(recipe)
    place, between = _places(loaded, out, work)
    run = pipeline.start(loaded, place, between, say=say)
    facts = check(run)
    table = Table("source", "kind", "files", "bytes", "weight", title="Inputs")
    for name, source in loaded.sources.items():
        files = [file for file in run.files if file.source == name]
        weight = "" if source.weight is None else f"{source.weight:g}"
        size = f"{sum(file.size for file in files):,}"
        table.add_row(name, source.kind, f"{len(files):,}", size, weight)
    out_.print(table)
    table = Table("stage", "state", "units", title="Stages")
    for row in stages(replace(run, say=lambda _: None)):
        table.add_row(*row)
    out_.print(table)
    for name, value in facts.items():
        say(f"{name}: {value}")


@app.command(epilog=_example("signals"))
def signals(
    recipe: RecipePath,
    *,
    out: Out = None,
    work: Work = None,
    master: Master = None,
    conf: Conf = None,
) -> None:
    """Measure a sample of unjudged pages; say what each rule drops alone, first, beyond others."""
    from curate.spark import extract  # noqa: PLC0415
    from curate.spark.signals import signals as measure  # noqa: PLC0415

    options = Options(out=out, work=work, master=master, conf=conf or ())
    with _started(recipe, options) as run:
        found = measure(run, extract.stage(run))
    title = f"{found['dropped']:,} of {found['pages']:,} pages dropped"
    table = Table("rule", "alone", "first", "only this one", title=title)
    for row in found["rules"]:
        table.add_row(row["rule"], *(f"{row[name]:,}" for name in ("alone", "first", "only")))
    out_.print(table)
    say(f"Signals: {run.out}/signals")


@app.command(epilog="Example: curate explain corpus https://example.org/page")
def explain(
    out: Annotated[str, typer.Argument(metavar="OUT", help="Where a run wrote to.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="An id or a URL.")],
) -> None:
    """Tell one record's story: where it was read, where it ended, and why."""
    from curate.explain import story  # noqa: PLC0415

    lines = story(out, key)
    if not lines:
        raise RecipeError(f"{key}: expected an id or URL of the ledger of {out}, found none")
    for line in lines:
        say(line)


@app.command("verify", epilog="Example: curate verify corpus")
def verify_(
    out: Annotated[str, typer.Argument(metavar="OUT", help="Where a run wrote to.")],
    recount: Annotated[
        str | None, typer.Option(metavar="TOKENIZER", help="Count all tokens again with it.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Check shards and books again: bytes, rows, tokens, order, ledger, mixture."""
    from curate.verify import verify  # noqa: PLC0415 - help needs no Arrow

    checked, mistakes = verify(out, recount=recount, workers=workers)
    for mistake in mistakes:
        err.print(shown(mistake), style="red", emoji=False, soft_wrap=True)
    told = ", ".join(f"{count:,} {name}" for name, count in checked.items())
    if mistakes:
        say(f"{told} checked: {len(mistakes)} things are not as the manifest says")
        raise typer.Exit(1)
    say(f"{told} checked: all is as the manifest says")


@app.command("pack", epilog="Example: curate pack corpus tokens --format megatron")
def pack_(
    out: Annotated[str, typer.Argument(metavar="OUT", help="Where a run wrote to.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="Folder or URL to write to.")],
    *,
    format: Annotated[  # as everybody calls it
        str, typer.Option(help="parquet, nanogpt or megatron.")
    ] = "parquet",
    length: Annotated[int, typer.Option(help="Tokens of a sequence; parquet only.")] = 2048,
    tokenizer: Annotated[
        str, typer.Option(help="gpt2, a folder with its files, or tokenizer.json.")
    ] = "gpt2",
    eot: Annotated[
        str | None, typer.Option(help="The token between documents, if not a usual one.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Turn the shards into tokens for trainers: sequences, or streams with their documents."""
    from curate.pack import files  # noqa: PLC0415 - help needs no Arrow

    if format not in files.FORMATS:
        raise RecipeError(f"--format: expected {', '.join(files.FORMATS)}, got {format}")
    about = files.pack(
        out,
        to,
        format=cast(files.Format, format),
        length=length,
        tokenizer=tokenizer,
        eot=eot,
        workers=workers,
    )
    for file in about["files"]:
        rows = "" if file["sequences"] is None else f", {file['sequences']:,} sequences"
        say(f"{file['file']}: {file['documents']:,} documents, {file['tokens']:,} tokens{rows}")
    say(f"Packed: {io.join(to, 'pack.json')}")


@app.command("reasons", epilog="Example: curate reasons")
def reasons_() -> None:
    """List every reason a record can be dropped, skipped or damaged for."""
    from curate.reasons import reasons  # noqa: PLC0415

    table = Table("stage", "reason", "meaning")
    for stage, reason, meaning in reasons():
        table.add_row(stage, reason, meaning)
    out_.print(table)


@app.command(epilog="Example: curate demo")
def demo(
    folder: Annotated[str, typer.Argument(help="Where to make it.")] = "demo",
    master: Master = None,
) -> None:
    """Make a small crawl from Python's own documentation and run the whole chain on it."""
    from curate.demo import make_crawl  # noqa: PLC0415
    from curate.spark.session import QUICK  # noqa: PLC0415

    recipe = make_crawl(folder)
    say(f"A small crawl and its recipe: {recipe}")
    quick = [f"{key}={value}" for key, value in QUICK.items()]
    _run(str(recipe), "mix", Options(out=str(Path(folder) / "out"), master=master, conf=quick))


@app.command("java-home", epilog='Example: export JAVA_HOME="$(curate java-home)"')
def java_home_() -> None:
    """Print the folder of the Java that would be used."""
    from curate.spark.java import print_java_home  # noqa: PLC0415

    print_java_home()


def show_ledger(ledger: dict[str, Any]) -> None:
    """Print the ledger as a table."""
    table = Table("state", "stage", "reason", "records", title="Ledger")
    for state in ("kept", "held_out", "unused", "damaged"):
        table.add_row(state, "", "", f"{ledger[state]:,}")
    for reason, count in ledger["skipped"].items():
        table.add_row("skipped", "extract", shown(reason), f"{count:,}")
    for stage, counts in ledger["dropped"].items():
        for reason, count in counts.items():
            table.add_row("dropped", stage, shown(reason), f"{count:,}")
    table.add_section()
    table.add_row("read", "", "", f"{ledger['records_in']:,}")
    out_.print(table)


def show_quality(report: Mapping[str, Any]) -> None:
    """Print how good the classifier is, and what it keeps."""
    names = ("f1", "auc", "precision", "recall", "brier", "fitting_alpha", "auc_of_length")
    told = ", ".join(f"{name.replace('_', ' ')} {report[name]:.3f}" for name in names)
    say(f"Classifier ({report['model']}) on sites and texts it has not learned from: {told}")
    shown_ = [row["alpha"] for row in report["keep_rate"]["pareto"]][::3]
    columns = (f"alpha {alpha}" for alpha in shown_)
    table = Table("source", "mean score", *columns, title="Share of these windows kept")
    for name, own in report["sources"].items():
        rows = own["keep_rate"]["pareto"]
        rates = (f"{row['kept']:.1%}" for row in rows if row["alpha"] in shown_)
        table.add_row(name, f"{own['mean']:.3f}", *rates)
    out_.print(table)
    for sign, words in report.get("words", {}).items():
        say(f"Words {sign}: {' '.join(one['word'] for one in words[:20])}")


def show_mixture(run: "Run") -> None:
    """Print the mixture, target against achieved."""
    mixture = next(c for c in run.commits if c.stage == "mix").report["mixture"]
    table = Table("source", "target", "achieved", "tokens", "documents", "epochs", title="Mixture")
    for name, row in mixture.items():
        shares = f"{row['target']:.2%}", f"{row['achieved']:.2%}"
        numbers = f"{row['tokens']:,}", f"{row['documents']:,}", f"{row['epochs']:.3f}"
        table.add_row(name, *shares, *numbers)
    out_.print(table)


def show_recall(rows: Sequence["Recall"], banding: "Banding", texts: int) -> None:
    """Print what a self-check found."""
    say(banding.describe())
    columns = "similarity", "pairs", "share a band", "expected", "99 of 100 times", "both stay", ""
    table = Table(*columns, title=f"Near-duplicates planted in {texts:,} documents")
    for row in rows:
        left = "" if row.left is None else f"{row.left:.1%}"
        table.add_row(
            f"{row.low:.2f} - {row.high:.2f}",
            f"{row.pairs:,}",
            f"{row.found:.1%}",
            f"{row.expected:.1%}",
            f"{row.least:.1%} - {row.most:.1%}",
            left,
            "" if row.agrees else "outside",
        )
    out_.print(table)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; say what is wrong in one message and leave with its exit code."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except RecipeError as error:
        err.print(shown(str(error)), style="red", emoji=False, soft_wrap=True)
        sys.exit(2)
    except SystemExit as end:
        if end.code == 130:  # what typer makes of an interrupt
            err.print("Stopped. The same command goes on where it was.", style="red")
        raise
    except Exception as error:
        err.print(shown(_message(error)), style="red", emoji=False, soft_wrap=True)
        if os.environ.get("CURATE_DEBUG"):
            raise
        sys.exit(1)


def _message(error: Exception) -> str:
    """Return the last line of what a worker said, or the error itself."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if type(error).__name__ == "PythonException":
        told = [line for line in lines if not line.startswith((" ", "\t", "Traceback"))]
        return told[-1] if told else str(error)
    return f"{type(error).__name__}: {error}"
