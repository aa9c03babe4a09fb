"""The commands that publish a finished run, and write its descriptions."""

import json as json_
from typing import Annotated

import typer

from curate.cli.console import echo, echo_json
from curate.cli.options import Json, OutPath
from curate.store import io


def push(
    out: OutPath,
    to: Annotated[str, typer.Argument(metavar="TO", help="hf://datasets/OWNER/NAME, or …@BRANCH.")],
    *,
    public: Annotated[
        bool, typer.Option("--public", help="Make a new repository public; else it is private.")
    ] = False,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples",
            help="Also samples, pairs and passages: they hold texts that the corpus does not.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Upload the files of the manifest to a dataset repository, except those it already has."""
    from curate.hub.push import push  # noqa: PLC0415 - help needs no Arrow

    done = push(
        out,
        to,
        public=public,
        texts_of_others=samples,
        log=lambda line: None if json else echo(line),
    )
    if json:
        echo_json(done)
        return
    sent = f"{done['sent']:,} files sent, {done['bytes']:,} bytes"
    same, deleted = f"{done['same']:,} were there already", f"{done['deleted']:,} deleted"
    echo(f"{sent}; {same}, {deleted}; commits: {len(done['commits'])}")
    echo(f"Published: {done['url']}")


def croissant(
    out: OutPath,
    *,
    name: Annotated[str, typer.Option(help="Of the dataset.")] = "corpus",
    url: Annotated[str | None, typer.Option(help="Of the dataset's page.")] = None,
) -> None:
    """Write OUT/croissant.json: files and columns as dataset catalogues read them."""
    from curate.report.croissant import croissant  # noqa: PLC0415 - help needs no Arrow
    from curate.store.output import read_report  # noqa: PLC0415

    description = croissant(read_report(out, "manifest"), name=name, url=url)
    url_ = io.join(out, "croissant.json")
    io.write_bytes(url_, (json_.dumps(description, indent=2, ensure_ascii=False) + "\n").encode())
    echo(f"Written: {url_}")


def summary(
    out: OutPath,
    *,
    small: Annotated[
        bool,
        typer.Option("--small", help="The provider is a small or medium-sized enterprise."),
    ] = False,
) -> None:
    """Write OUT/summary.md: the EU's public summary of training content, as far as a run knows."""
    from curate.report.domains import content_of  # noqa: PLC0415 - help needs no Arrow
    from curate.report.public_summary import TO_DO, public_summary  # noqa: PLC0415
    from curate.store.output import read_report  # noqa: PLC0415

    manifest, ledger = read_report(out, "manifest"), read_report(out, "ledger")
    text = public_summary(manifest, ledger, content_of(out, manifest), small=small)
    url = io.join(out, "summary.md")
    io.write_bytes(url, text.encode())
    places = f"{text.count(TO_DO)} places marked {TO_DO.strip('_')}"
    echo(f"Written: {url}; to be filled in: {places}")
