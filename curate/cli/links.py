"""The command that takes dumps of submissions."""

from typing import Annotated

import typer

from curate.cli.console import out_, say
from curate.cli.options import Conf, Master, Options
from curate.cli.progress import Watch, watched

Lists = list[str] | None


def links(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATHS", help="Dumps of submissions, or their folders.")
    ],
    *,
    out: Annotated[str, typer.Option(help="A .parquet file, or a folder.")],
    karma: Annotated[int, typer.Option(help="The least karma of a link.")] = 3,
    karma_of: Annotated[
        str, typer.Option(help="submission, or url: of all its submissions together.")
    ] = "submission",
    over_18: Annotated[bool, typer.Option(help="Whether links not for minors count.")] = True,
    before: Annotated[str | None, typer.Option(help="A date, YYYY-MM-DD; later ones go.")] = None,
    wikipedia: Annotated[
        bool, typer.Option("--wikipedia", help="Wikipedia's pages too; GPT-2 left them out.")
    ] = False,
    block_domains: Annotated[
        Lists, typer.Option(metavar="FILE", help="Domains to leave out, one a line.")
    ] = None,
    block_extensions: Annotated[
        Lists, typer.Option(metavar="FILE", help="Endings of files to leave out.")
    ] = None,
    master: Master = None,
    conf: Conf = None,
) -> None:
    """List the pages that Reddit's submissions link to, by karma, as GPT-2 did for WebText."""
    from curate.links import command  # noqa: PLC0415 - help needs no Arrow
    from curate.spark.progress import counts  # noqa: PLC0415

    rules = command.rules_of(
        karma=karma,
        karma_of=karma_of,
        over_18=over_18,
        before=before,
        wikipedia=wikipedia,
        domains=block_domains or (),
        extensions=block_extensions or (),
    )
    settings = Options(conf=conf).settings()
    watch = Watch()
    with watched(watch, counts, out_):
        command.run(paths, out, rules, master=master, settings=settings, say=say, doing=watch.doing)
