"""The command `curate links`: write a table of links, print counts."""

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.api.engines import engine_named
from curate.cli.console import echo
from curate.cli.options import Conf, EngineName, Master, Options
from curate.store import io

if TYPE_CHECKING:
    from curate.links import Rules

Lists = list[str] | None
TABLE, REPORT = "links.parquet", "links.json"


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
    before: Annotated[
        str | None, typer.Option(help="A date, YYYY-MM-DD; later ones are left out.")
    ] = None,
    wikipedia: Annotated[
        bool, typer.Option("--wikipedia", help="Wikipedia's pages too; GPT-2 left them out.")
    ] = False,
    block_domains: Annotated[
        Lists, typer.Option(metavar="FILE", help="Domains to leave out, one a line.")
    ] = None,
    block_extensions: Annotated[
        Lists, typer.Option(metavar="FILE", help="Endings of files to leave out.")
    ] = None,
    engine: EngineName = "auto",
    master: Master = None,
    conf: Conf = None,
) -> None:
    """List the pages that Reddit's submissions link to, by karma, as GPT-2 did for WebText."""
    from curate.links import command  # noqa: PLC0415 - help needs no Arrow

    rules = command.rules_of(
        karma=karma,
        karma_of=karma_of,
        over_18=over_18,
        before=before,
        wikipedia=wikipedia,
        domains=block_domains or (),
        extensions=block_extensions or (),
    )
    write_links(paths, out, rules, Options(engine=engine, master=master, conf=conf))


def write_links(
    paths: list[str], out: str, rules: "Rules", options: Options | None = None
) -> Counter[str]:
    """Write the table, and the report into the same folder; return the counts.

    `out` is a file if it ends in .parquet, else a folder.
    """
    from curate.links import COUNTS  # noqa: PLC0415 - help needs no Arrow
    from curate.links.command import dumps, name_of  # noqa: PLC0415
    from curate.stages.links import gather_links  # noqa: PLC0415

    options = options or Options()
    files, left_out = dumps(paths)
    if left_out:
        names = ", ".join(map(name_of, left_out[:3]))
        echo(f"{len(left_out):,} files are left out as no dumps of submissions, such as {names}")
    is_file = out.endswith(".parquet")
    table = out if is_file else io.join(out, TABLE)
    url = io.absolute(table, Path.cwd())
    wants_spark = options.master or options.conf or "PYSPARK_GATEWAY_PORT" in os.environ
    name = options.engine if options.engine != "auto" else "spark" if wants_spark else "local"
    settings = options.settings()
    with (
        tempfile.TemporaryDirectory(prefix="curate-") as folder,
        engine_named(name, folder, settings) as engine,
    ):
        settings.on_progress("links", f"{len(files):,} dumps")
        by_file = gather_links(engine, files, rules, url)
    for file in sorted(by_file):
        if by_file[file]["bad_compression"]:
            echo(f"{file}: breaks off or does not decompress; what was read of it counts")
        if by_file[file]["comment"]:
            echo(f"{file}: holds comments, which are not counted; submissions are in RS_… files")
    counts = sum(by_file.values(), Counter[str]())
    if not is_file:
        report = {"counts": counts, "files": {f: by_file[f] for f in sorted(by_file) if f}}
        text = json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        io.write_bytes(io.join(out, REPORT), text.encode())
    for name in (name for name in COUNTS if counts[name]):
        echo(f"{counts[name]:>15,} {name}: {COUNTS[name]}")
    echo(f"Links: {table}")
    return counts
