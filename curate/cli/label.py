"""The command `curate label`: tasks for raters, and what their labels say about a run."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from curate.cli.console import echo, echo_json, out_, shown
from curate.cli.options import Json, OutPath
from curate.cli.tables import folding_table
from curate.errors import RecipeError


def label(
    out: OutPath,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="With --import: the files of labels.")
    ] = None,
    *,
    import_: Annotated[
        bool, typer.Option("--import", help="Read labels, and say what they say of the run.")
    ] = False,
    documents: Annotated[
        int | None, typer.Option(help="How many documents to draw; default: 200.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws others.")] = 0,
    gold: Annotated[
        str | None, typer.Option(metavar="FILE", help="Texts with known labels, to be hidden.")
    ] = None,
    form: Annotated[str, typer.Option(help="jsonl, label-studio or argilla.")] = "jsonl",
    scale: Annotated[
        str | None,
        typer.Option(metavar="WORST:BEST", help="The numbers that labels can be, such as 0:5."),
    ] = None,
    rater: Annotated[
        str | None, typer.Option(help="The rater of labels without one; default: the file's name.")
    ] = None,
    json: Json = False,
) -> None:
    """Draw documents for people to judge; with --import, read their labels."""
    if import_:
        _import(out, files or [], scale, rater, json=json)
        return
    if files:
        raise RecipeError(f"FILE: expected none without --import, got {files[0]}")
    from curate.label import drawing  # noqa: PLC0415 - help needs no Arrow

    form_ = next((known for known in drawing.FORMS if known == form), None)
    if form_ is None:
        raise RecipeError(f"--form: expected {', '.join(drawing.FORMS)}, got {form}")
    wanted = drawing.DOCUMENTS if documents is None else documents
    items = drawing.draw(out, documents=wanted, seed=seed, gold=gold)
    url = drawing.write_task(out, items, seed=seed, form=form_)
    kinds = {
        kind: sum(item.kind == kind for item in items) for kind in ("document", "gold", "repeat")
    }
    if json:
        echo_json({"task": url, **kinds})
        return
    echo(
        f"Task: {url}, {len(items):,} texts: {kinds['document']:,} documents, {kinds['gold']:,} "
        f"gold, {kinds['repeat']:,} repeats"
    )
    echo(f"When it comes back: curate label {out} --import FILE...")


def _import(
    out: str, files: list[str], scale: str | None, rater: str | None, *, json: bool
) -> None:
    from curate.label.results import import_labels  # noqa: PLC0415 - help needs no Arrow

    if not files:
        raise RecipeError("--import: expected files, got none")
    report = import_labels(out, files, scale=_scale(scale), rater=rater)
    if json:
        echo_json(report)
    else:
        show_labels(report)
        echo(f"Labels: {out}/labels/labels.parquet")


def _scale(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        worst, best = (float(part) for part in text.split(":"))
    except ValueError:
        worst = best = 0.0
    if worst == best:
        raise RecipeError(f"--scale: expected two numbers such as 0:5, got {text}")
    return worst, best


def show_labels(report: Mapping[str, Any]) -> None:
    """Print what labels say: raters, agreement, rules, classifier."""
    echo(f"{report['ratings']:,} ratings, {report['labels']:,} documents labelled by raters in use")
    for row in report["refused"]:
        examples = ", ".join(row["examples"])
        echo(f"Without a label, {row['reason']}: {row['rows']:,} rows, such as {examples}")
    table = folding_table(
        "rater", "labels", "gold right", "95 %", "repeats same", "", title="Raters"
    )
    for row in report["raters"]:
        table.add_row(
            shown(row["rater"]),
            f"{row['labels']:,}",
            f"{row['right']} of {row['gold']}",
            f"{row['low']:.0%} - {row['high']:.0%}" if row["gold"] else "",
            f"{row['same']} of {row['repeats']}",
            "" if row["used"] else "left out: too much of the gold is wrong",
        )
    out_.print(table)
    for name, title in (("all", "All raters"), ("used", "Those in use")):
        figures = report["agreement"][name]
        if figures["alpha"] is not None:
            low, high = figures["interval"]
            echo(
                f"{title}: Krippendorff's alpha {figures['alpha']:.3f} ({low:.3f} to {high:.3f}), "
                f"{figures['documents']:,} documents rated by several"
            )
    for rater, other, documents, kappa in report["agreement"]["used"]["pairs"][:10]:
        value = "not defined" if kappa is None else f"{kappa:.3f}"
        echo(f"Cohen's kappa of {rater} and {other}: {value}, {documents:,} documents")
    columns = ("outcome", "stage", "reason", "records", "labels", "bad", "95 %")
    table = folding_table(*columns, title="What is bad of what was dropped and kept")
    for row in report["outcomes"]:
        outcome = (row["state"], row["stage"], shown(row["reason"]))
        shares = f"{row['bad']:.0%}", f"{row['low']:.0%} - {row['high']:.0%}"
        table.add_row(*outcome, f"{row['records']:,}", f"{row['labels']:,}", *shares)
    out_.print(table)
    if (figures := report["classifier"]) is not None:
        echo(
            f"Classifier: a good document outscores a bad one in {figures['auc']:.1%} of pairs "
            f"({figures['low']:.1%} to {figures['high']:.1%}); {figures['good']:,.0f} good of "
            f"{figures['documents']:,}; rank correlation with the labels {figures['spearman']:.3f}"
        )
