"""Fault injection: a table of injected faults with promised and actual outcomes.

    python benchmarks/faults.py                 # all kinds
    python benchmarks/faults.py recipe archive  # some
    python benchmarks/faults.py --list

Columns: injected, promised, happened, records unaccounted for, bytes after a resume the same. A row
falls short where what happened is not what is promised; the last line counts them, and so does the
exit code: 0 none, 1 some. To add rows: a module in fault_rows/ with a tuple ROWS, named below.
"""

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fault_rows.table import Done, Row, carried_out

MODULES = ("recipes", "inputs", "archives", "tables", "transport", "runs", "changes")


def rows(kinds: list[str]) -> list[Row]:
    """Return the rows of some kinds, all if none is named, in the order of the modules."""
    several = [
        row
        for name in MODULES
        for row in importlib.import_module(f"fault_rows.{name}").ROWS
        if not kinds or row.kind in kinds
    ]
    unknown = set(kinds) - {row.kind for row in several}
    if unknown:
        raise SystemExit(f"expected kinds that there are, got {', '.join(sorted(unknown))}")
    return several


def line(done: Done) -> str:
    """Return a row of the table, in Markdown."""
    outcome = done.outcome
    cells = (
        done.row.kind,
        done.row.injected,
        done.row.promised,
        outcome.happened,
        "" if outcome.unaccounted is None else f"{outcome.unaccounted:,}",
        {None: "", True: "same", False: "others"}[outcome.same],
        f"{done.seconds:.1f}",
        "" if outcome.holds else "falls short",
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", help="recipe, input, archive, table, transport, …")
    parser.add_argument("--every", type=int, default=1, help="run every Nth row")
    parser.add_argument("--list", action="store_true", help="name the rows; inject nothing")
    chosen = parser.parse_args()
    several = rows(chosen.kinds)[:: chosen.every]
    if chosen.list:
        for row in several:
            print(f"{row.kind}: {row.injected}")
        return 0
    importlib.import_module("curate.cli")
    for name in ("curate.sources", "pyarrow.parquet", "curate.pipeline.plan"):
        importlib.import_module(name)  # once, before the rows' processes
    print("| kind | injected | promised | happened | unaccounted | bytes after resume | s | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    begun, short = time.monotonic(), 0
    for row in several:
        with tempfile.TemporaryDirectory(prefix="curate-fault-") as folder:
            done = carried_out(row, Path(folder))
        short += not done.outcome.holds
        print(line(done), flush=True)
    print(f"\n{len(several)} rows, {short} fall short, {time.monotonic() - begun:.0f} s")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
