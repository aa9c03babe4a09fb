"""Commands that need no engine: on a finished run's output, and for information."""

from typing import Annotated, cast

import typer

from curate.cli.console import echo, echo_error, echo_json
from curate.cli.options import Json, OutPath, Workers
from curate.cli.tables import show_diff, show_reasons
from curate.errors import RecipeError
from curate.store import io


def explain(
    out: OutPath,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="An id, a URL, or the file of damaged records.")
    ],
) -> None:
    """Print where a record was read, its outcome, and why."""
    from curate.report.explain import explain_record  # noqa: PLC0415 - help needs no Arrow

    lines = explain_record(out, key)
    if not lines:
        raise RecipeError(
            f"{key}: expected an id or URL of the ledger of {out}, or a damaged file, found none"
        )
    for line in lines:
        echo(line)


def report(
    out: OutPath,
    against: Annotated[
        str | None,
        typer.Option(metavar="OUT2", help="An earlier run: what changed since is shown too."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Write OUT/report.html: one page, without requests, that shows the outcomes of a crawl."""
    from curate.report.page import write_page  # noqa: PLC0415

    size = write_page(out, against)
    url = io.join(out, "report.html")
    echo(f"Report: {url}, {size:,} bytes")
    if open_:
        if not io.is_local(url):
            raise RecipeError(f"--open: expected a local folder, got {out}")
        typer.launch(io.local_path(url).resolve().as_uri())


def verify(
    out: OutPath,
    recount: Annotated[
        str | None, typer.Option(metavar="TOKENIZER", help="Count all tokens again with it.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Check a finished run: bytes, rows, tokens and order of shards, ledger, mixture."""
    from curate.verify import verify  # noqa: PLC0415

    checked, mistakes = verify(out, recount=recount, workers=workers)
    for mistake in mistakes:
        echo_error(mistake)
    summary = ", ".join(f"{count:,} {name}" for name, count in checked.items())
    if mistakes:
        echo(f"{summary} checked: {len(mistakes)} things are not as the manifest says")
        raise typer.Exit(1)
    echo(f"{summary} checked: all is as the manifest says")


def pack(
    out: OutPath,
    to: Annotated[str, typer.Argument(metavar="TO", help="Folder or URL to write to.")],
    *,
    format: Annotated[  # as everybody calls it
        str,
        typer.Option(
            help="parquet, nanogpt, megatron, mds or webdataset.",
            autocompletion=lambda: ["parquet", "nanogpt", "megatron", "mds", "webdataset"],
        ),
    ] = "parquet",
    length: Annotated[
        int, typer.Option(help="Tokens of a sequence; parquet, mds, webdataset.")
    ] = 2048,
    tokenizer: Annotated[
        str, typer.Option(help="gpt2, a folder with its files, or tokenizer.json.")
    ] = "gpt2",
    eot: Annotated[
        str | None, typer.Option(help="The token between documents, if not a usual one.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Turn the shards into tokens for trainers: sequences, or streams with their documents."""
    from curate.pack import files  # noqa: PLC0415

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
        if file["tokens"]:  # an index has none
            echo(
                f"{file['file']}: {file['documents']:,} documents, {file['tokens']:,} tokens{rows}"
            )
    echo(f"Packed: {io.join(to, 'pack.json')}")


def diff(
    a: Annotated[str, typer.Argument(metavar="OUT_A", help="Where a run wrote to.")],
    b: Annotated[str, typer.Argument(metavar="OUT_B", help="Where another run wrote to.")],
    json: Json = False,
) -> None:
    """Show what changed from one run to another: recipe, ledger, mixture, documents."""
    from curate.report.diff import diff  # noqa: PLC0415

    comparison = diff(a, b)
    if json:
        echo_json(comparison)
    else:
        show_diff(comparison)


def reasons(json: Json = False) -> None:
    """List every reason a record can be dropped, skipped or damaged for."""
    from curate.report.reasons import reasons  # noqa: PLC0415

    if json:
        echo_json(
            [dict(zip(("stage", "reason", "meaning"), row, strict=True)) for row in reasons()]
        )
    else:
        show_reasons(reasons())


def java_home() -> None:
    """Print the folder of the Java that would be used."""
    from curate.spark.java import print_java_home  # noqa: PLC0415

    print_java_home()


def archive(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The .tar.gz to write.")],
) -> None:
    """Pack this environment's packages for spark-submit --archives; without Spark and Java."""
    from curate.spark.environment import write_archive  # noqa: PLC0415

    packed = write_archive(file)
    echo(f"{file}: {', '.join(packed)}")
