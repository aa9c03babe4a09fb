"""The command that removes records from a finished corpus."""

from typing import Annotated

import typer

from curate.cli.console import echo, echo_json
from curate.cli.options import Json, OutPath, Workers
from curate.store import io

Names = list[str] | None


def remove(
    out: OutPath,
    *,
    urls: Annotated[Names, typer.Option(metavar="LIST", help="URLs, one a line.")] = None,
    domains: Annotated[
        Names, typer.Option(metavar="LIST", help="Domains with all their hosts, one a line.")
    ] = None,
    ids: Annotated[Names, typer.Option(metavar="LIST", help="Ids, one a line.")] = None,
    text: Annotated[
        Names, typer.Option(metavar="LIST", help="Texts: .jsonl, or a file that is one text.")
    ] = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Remove records, and copies of their texts, from a finished run; later runs drop them too."""
    from curate.report.page import write_page  # noqa: PLC0415 - help needs no Arrow
    from curate.store.output import read_report  # noqa: PLC0415
    from curate.store.owner import lock_folders  # noqa: PLC0415
    from curate.takedown.lists import read_lists  # noqa: PLC0415
    from curate.takedown.remove import remove  # noqa: PLC0415

    stones = read_lists(urls=urls or (), domains=domains or (), ids=ids or (), texts=text or ())
    read_report(out, "manifest")  # a folder of others is neither locked nor marked
    with lock_folders([(out, "out")]):
        done = remove(out, stones, workers=workers, log=lambda line: None if json else echo(line))
    if io.exists(io.join(out, "report.json")):
        write_page(out)
    if json:
        echo_json(done)
        return
    echo(
        f"Removed: {done['rows']:,} rows of {done['documents']:,} documents, "
        f"{done['tokens']:,} tokens; {len(done['shards'])} of {done['of']} shards are new"
    )
    if done["in_no_shard"]:
        counts = (
            f"{number:,} of the {'URL' if kind == 'url' else kind}s"
            for kind, number in done["in_no_shard"].items()
        )
        echo(f"In no shard, noted for later runs: {', '.join(counts)}")
    echo(f"Version {done['version']}: {io.join(out, 'manifest.json')}")
    for pack in done["packs"]:
        echo(f"Holds their tokens: {pack['pack']}: {', '.join(pack['files']) or 'cannot be read'}")
    for work in done["works"]:
        echo(f"Holds their texts: {work}: run the recipe again, or delete it")
