"""Console tables of results."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table

from curate.cli.console import echo, out_, shown
from curate.report.tables import MixtureRow, ledger_rows, mixture_rows

if TYPE_CHECKING:
    from curate.api.plan import Plan
    from curate.dedup.bands import Banding
    from curate.dedup.selfcheck import Recall


def folding_table(*names: str, title: str | None = None) -> Table:
    """Return a table that breaks what is too long, rather than leave some of it out."""
    return Table(*(Column(name, overflow="fold") for name in names), title=title)


def show_recipe(text: str) -> None:
    """Print a recipe."""
    for line in text.splitlines():
        out_.print(f"  {shown(line)}", style="dim", emoji=False, soft_wrap=True)
    echo("")


def show_plan(plan: "Plan") -> None:
    """Print what a run reads, and what it would do."""
    table = folding_table("source", "kind", "files", "bytes", "weight", title="Inputs")
    for source, kind, files, size, share in plan.inputs:
        weight = "" if share is None else f"{share:g}"
        table.add_row(source, kind, f"{files:,}", f"{size:,}", weight)
    out_.print(table)
    table = folding_table("stage", "state", "units", title="Stages")
    for stage, state, units in plan.stages:
        table.add_row(stage, state, _number(units))
    out_.print(table)
    echo(f"engine: {plan.engine} ({plan.reason})")
    for name, value in plan.facts.items():
        echo(f"{name}: {value}")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def show_ledger(ledger: Mapping[str, Any], title: str = "Ledger") -> None:
    """Print the ledger as a table: records, and the characters of their texts."""
    table = folding_table("state", "stage", "reason", "records", "characters", title=title)
    *rows, read = ledger_rows(ledger)
    for row in rows:
        counts = _number(row.records), _number(row.characters)
        table.add_row(row.state, row.stage, shown(row.reason), *counts)
    table.add_section()
    table.add_row("read", "", "", _number(read.records), _number(read.characters))
    out_.print(table)


def show_quality(report: Mapping[str, Any]) -> None:
    """Print how good the classifier is, and what it keeps."""
    names = ("f1", "auc", "precision", "recall", "brier", "fitting_alpha", "auc_of_length")
    if report["model"] == "labels":
        echo(
            f"Classifier of {report['texts']:,} texts with scores, on sites it has not learned "
            f"from: rank correlation {report['spearman']:.3f} ({report['low']:.3f} to "
            f"{report['high']:.3f}); of length {report['spearman_of_length']:.3f}"
        )
    for name, section in report.get("models", {}).items():
        echo(f"{name}:")
        show_quality(section)
    if "keep_rate" not in report:
        return
    values = ", ".join(
        f"{name.replace('_', ' ')} {report[name]:.3f}" for name in names if name in report
    )
    echo(f"Classifier ({report['model']}) on sites and texts it has not learned from: {values}")
    shown_ = [row["alpha"] for row in report["keep_rate"]["pareto"]][::3]
    columns = (f"alpha {alpha}" for alpha in shown_)
    table = folding_table("source", "mean score", *columns, title="Share of these windows kept")
    for name, section in report["sources"].items():
        rows = section["keep_rate"]["pareto"]
        rates = (f"{row['kept']:.1%}" for row in rows if row["alpha"] in shown_)
        table.add_row(name, f"{section['mean']:.3f}", *rates)
    out_.print(table)
    for sign, words in report.get("words", {}).items():
        echo(f"Words {sign}: {' '.join(entry['word'] for entry in words[:20])}")


def show_mixture(mixture: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the mixture, target against achieved."""
    table = folding_table(*MixtureRow._fields, title="Mixture")
    for row in mixture_rows(mixture):
        shares = f"{row.target:.2%}", f"{row.achieved:.2%}"
        numbers = f"{row.tokens:,}", f"{row.documents:,}", f"{row.epochs:.3f}"
        table.add_row(row.source, *shares, *numbers)
    out_.print(table)


def show_size(sentences: Sequence[Mapping[str, str]]) -> None:
    """Print why the corpus has its size, and what would change it."""
    echo("Why the corpus has this size:")
    for sentence in sentences:
        mark = "->" if sentence["kind"] == "advice" else " -"
        echo(f" {mark} {sentence['text']}")


def show_recall(rows: Sequence["Recall"], banding: "Banding", texts: int) -> None:
    """Print what a self-check found."""
    echo(banding.describe())
    columns = "similarity", "pairs", "share a band", "expected", "99 of 100 times", "both stay", ""
    table = folding_table(*columns, title=f"Near-duplicates planted in {texts:,} documents")
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


def show_signals(signals: Mapping[str, Any]) -> None:
    """Print what each rule drops alone, first, and beyond all others."""
    title = f"{signals['dropped']:,} of {signals['pages']:,} pages dropped"
    table = folding_table("rule", "alone", "first", "only this one", title=title)
    for row in signals["rules"]:
        table.add_row(row["rule"], *(f"{row[name]:,}" for name in ("alone", "first", "only")))
    out_.print(table)


def show_reasons(reasons: Iterable[tuple[str, str, str]]) -> None:
    """Print every reason with its meaning."""
    table = folding_table("stage", "reason", "meaning")
    for stage, reason, meaning in reasons:
        table.add_row(stage, reason, meaning)
    out_.print(table)


def show_drift(drift: Mapping[str, Any]) -> None:
    """Print which measures have changed by more than chance explains, and what changed most."""
    changed = [row for row in drift["measures"] if row["changed"]]
    if not changed:
        echo("Shares: no measure has changed by more than chance explains")
        return
    table = folding_table("measure", "index", "by chance", title="What changed (PSI)")
    for row in changed:
        chance = "" if row["chance"] is None else f"{row['chance']:.3f}"
        table.add_row(row["name"], f"{row['psi']:.3f}", chance)
    out_.print(table)
    table = folding_table("measure", "of", "A", "B", title="What changed most")
    for row in drift["most"]:
        shares = f"{row['before']:.2%}", f"{row['now']:.2%}"
        table.add_row(row["measure"], shown(row["bin"]), *shares)
    out_.print(table)


def show_diff(diff: Mapping[str, Any]) -> None:
    """Print what differs between two runs; tables without a difference are left out."""
    for name in ("recipe", "versions"):
        table = folding_table("key", "A", "B", title=name.title())
        # Keys are read as one word: the values fold first.
        table.columns[0].min_width = min(40, max(map(len, diff[name]), default=0))
        for key, values in diff[name].items():
            table.add_row(shown(key), *(shown(json.dumps(value)) for value in values))
        _show(table, f"{name.title()}: the same")
    inputs = {name: count for name, count in diff["inputs"].items() if count}
    names = {"only in a": "only in A", "only in b": "only in B"}
    text = ", ".join(f"{count:,} {names.get(name, name)}" for name, count in inputs.items())
    echo(f"Input files: {text or 'the same'}")
    table = folding_table("state", "stage", "reason", "A", "B", "change", title="Ledger")
    for row in diff["ledger"]:
        if row["a"] != row["b"]:
            outcome = (row["state"], row["stage"], shown(row["reason"]))
            table.add_row(*outcome, f"{row['a']:,}", f"{row['b']:,}", f"{row['b'] - row['a']:+,}")
    _show(table, "Ledger: the same")
    table = folding_table(
        "source", "achieved", "", "tokens", "", "documents", "", title="Mixture: A, B"
    )
    for row in diff["mixture"]:
        numbers = (f"{number:,}" for name in ("tokens", "documents") for number in row[name])
        if any(a != b for a, b in (v for v in row.values() if isinstance(v, list))):
            table.add_row(row["source"], *(f"{share:.2%}" for share in row["achieved"]), *numbers)
    _show(table, "Mixture: the same")
    show_drift(diff["drift"])
    documents = diff["documents"]
    echo(
        f"Documents: {documents['a']:,} in A, {documents['b']:,} in B, {documents['both']:,} in "
        f"both, {documents['changed']:,} of these with another text"
    )
    echo(
        f"Texts, under any id: {documents['a_in_b']:,} of A in B too, "
        f"{documents['b_in_a']:,} of B in A too"
    )
    for name, text in (("out", "in A only, in B"), ("in", "in B only, in A")):
        for example in documents["examples"][name]:
            echo(f"  {example['id']}: {text} {example['there'] or 'not read'}")
    for example in documents["examples"]["changed"]:
        echo(f"  {example['id']}: in both, with another text")


def _show(table: Table, otherwise: str) -> None:
    """Print a table, or a line if it has no rows."""
    if table.row_count:
        out_.print(table)
    else:
        echo(otherwise)
