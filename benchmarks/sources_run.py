"""All reference sets through `curate run` and `curate links`; the ledger against known counts.

`benchmarks/sources.py --run` calls this. It writes one recipe that names all sets, each a source
of its own, and gives it to `curate run`; `curate links` makes the list of pages from the dumps of
submissions before that. Nothing here reads a set: every number is of the ledger.

The real dumps are of 2005 and link to no page of the archive, so one more dump is made, which
links to one page in fifty of it, drawn by hash: these must come out, and no others.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from curate.store.keys import uniform
from curate.warc.kinds import classify
from curate.warc.reader import Damage, Records

ARCHIVE = "crawl/crawl-00000.warc.gz"
ONE_IN = 50
RECORDS = re.compile(r"'(?:warcinfo|request|response|metadata|conversion)': (\d+)")
ENDS = ("kept", "held_out", "unused", "dropped", "skipped", "damaged")


def told(data: Path) -> dict[str, int]:
    """Return how many rows, pages or records the README gives each file; lines for dumps."""
    counts = {}
    for line in (data / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4:
            records = [int(number) for number in RECORDS.findall(cells[3])]
            rows = re.search(r"(\d+) (?:rows|pages|lines)", cells[3])
            if records or rows:
                counts[cells[1]] = sum(records) if records else int(rows[1]) if rows else 0
    return counts


def sources(data: Path, books: Sequence[Path], linked: Path) -> dict[str, dict[str, object]]:
    """Return the recipe's sources; files of books stand under the name of their folder."""
    settings: dict[str, dict[str, object]] = {
        path.stem: {"kind": "parquet", "path": str(path), "reference": True}
        for path in sorted((data / "reference").glob("*.parquet"))
    }
    for number, path in enumerate(sorted((data / "wikipedia").glob("*.bz2"))):
        settings[f"dump{number}"] = {"kind": "mediawiki", "path": str(path), "reference": True}
    wet = data / "crawl" / "sample.warc.wet.gz"
    settings["wet"] = {"kind": "wet", "path": str(wet), "reference": True}
    for folder in books:
        for suffix in ("txt", "epub"):
            if any(folder.glob(f"*.{suffix}")):
                pattern = str(folder / f"*.{suffix}")
                name = f"{folder.name}_{suffix}".replace("-", "_")
                settings[name] = {"kind": "book", "path": pattern, "reference": True}
    settings["linked"] = {"kind": "warc", "path": str(data / ARCHIVE), "urls": str(linked)}
    return settings


def posted(archive: Path, dump: Path) -> int:
    """Write a dump that links to some pages of an archive; return how many."""
    urls = set()
    with archive.open("rb") as file:
        for record in Records(file, 0, None):
            if not isinstance(record, Damage) and classify(record) is None and record.url:
                urls.add(record.url)
    chosen = sorted(url for url in urls if uniform("sample", url, 7) < 1 / ONE_IN)
    rows = ({"url": url, "score": 9, "created_utc": 1_300_000_000} for url in chosen)
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return len(chosen)


def curate(*arguments: object) -> None:
    code = "from curate.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=sys.stderr, env=os.environ)


def ledger(out: Path) -> dict[str, Counter[tuple[str, str, str | None]]]:
    """Return (state, stage, reason) -> records, for each source."""
    outcomes: dict[str, Counter[tuple[str, str, str | None]]] = {}
    table = pq.read_table(out / "ledger", columns=["source", "state", "stage", "reason"])
    for row in table.to_pylist():
        end = (row["state"], row["stage"], row["reason"])
        outcomes.setdefault(row["source"], Counter())[end] += 1
    return outcomes


def run(data: Path, work: Path, books: Sequence[Path]) -> Path:
    """Run everything, print the table, return the folder that holds the corpus."""
    known = told(data)
    submissions, out = work / "RS_made.json", work / "out"
    number = posted(data / ARCHIVE, submissions)
    curate("links", data / "reddit", submissions, "--out", work / "links", "--master", "local[2]")
    counts = json.loads((work / "links" / "links.json").read_text())
    for file, counts_ in sorted(counts["files"].items()):
        name = os.path.relpath(file, data) if str(data) in file else Path(file).name
        _print(name, known.get(name, number), counts_["lines"], counts_["submissions"], counts_)
    recipe = {
        "version": 1,
        "sources": sources(data, books, work / "links" / "links.parquet"),
        "language": None,
        "filters": [],
        "mix": {"validation": 0},
    }
    (work / "recipe.yaml").write_text(json.dumps(recipe, indent=1))
    curate("run", work / "recipe.yaml", "--out", out, "--master", "local[2]")
    outcomes = ledger(out)
    for name, source in recipe["sources"].items():  # type: ignore[attr-defined]
        ends = outcomes[name]
        path = Path(source["path"])
        wanted = known.get(os.path.relpath(path, data))
        if wanted is None:
            wanted = len(list(path.parent.glob(path.name)))
        dropped_early = sum(n for (state, stage, _), n in ends.items()
                   if state in ("skipped", "damaged") or stage == "extract")  # fmt: skip
        reasons: Counter[str] = Counter()
        for (state, _, reason), n in ends.items():
            reasons[reason or state] += n
        _print(name, wanted, ends.total(), ends.total() - dropped_early, reasons)
    total = json.loads((out / "ledger.json").read_text())["records_in"]
    print(f"in all {total:,} records, the ledger has {sum(c.total() for c in outcomes.values()):,}")
    pages = sum(n for (s, _, reason), n in outcomes["linked"].items()
                if reason != "not_listed" and s != "skipped")  # fmt: skip
    print(f"pages linked to: {number:,} URLs, {pages:,} captures of them")
    return out


def _print(name: str, wanted: int, read: int, documents: int, ends: Counter[str]) -> None:
    right = "as told" if wanted == read else f"TOLD {wanted:,}"
    outcome_text = ", ".join(f"{reason} {n:,}" for reason, n in sorted(ends.items()))
    print(f"{name:28.28} {wanted:>7,} {read:>7,} {documents:>7,}  {right}  {outcome_text}")


def shown(out: Path, number: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield each source with some of its documents, drawn by hash: for reading them."""
    table = pq.read_table(out / "corpus" / "train", columns=["source", "id", "text"])
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["source"], []).append(row)
    for name in sorted(rows):
        drawn = sorted(rows[name], key=lambda row: uniform("sample", row["id"], 7))[:number]
        yield name, sorted(drawn, key=lambda row: row["id"])
