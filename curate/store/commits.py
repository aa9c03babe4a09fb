"""Work in progress: units, receipts, commits.

A stage's work lies in WORK/<stage>/<input hash>/. Each unit of it (a split of the input, a part of
an earlier stage) writes files under names of its own, then a receipt. The commit, written last, is
two Parquet tables (`store.manifest`) and `_commit.json`, which names them with their sha256:
readers open only what a commit lists. A rerun with the same input hash skips a committed stage, and
of an interrupted one every unit whose receipt is there.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import metadata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate.store import io, manifest
from curate.store.keys import Tally
from curate.store.manifest import File

FORMAT = 3  # of a commit; another one is not taken up
RECEIPTS = "receipts"
GROUP = 1_024  # receipts that lie one in a file, before they are put together


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one unit of work read and wrote.

    tally: the records read, with the checksum of their keys: the sum going in.
    facts: what else the stage wants to know of the unit, as plain data.
    """

    unit: str
    files: tuple[File, ...] = ()
    tally: Tally = field(default_factory=Tally)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Return how many records were read."""
        return self.tally.records

    def rows(self, table: str) -> int:
        """Return how many rows were written to a table."""
        return sum(file.rows for file in self.files if file.table == table)

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(line: str | bytes) -> "Receipt":
        """Undo `to_json`."""
        data = json.loads(line)
        files = tuple(File(**file) for file in data.pop("files"))
        return Receipt(files=files, tally=Tally(**data.pop("tally")), **data)


@dataclass(frozen=True, eq=False)
class Commit:
    """A finished stage: its folder, what its units read and wrote, what it reports.

    units: rows of `manifest.UNITS`, by unit. outputs: rows of `manifest.FILES`, by (table, lo).
    """

    stage: str
    input_hash: str
    folder: str
    units: pa.Table
    outputs: pa.Table
    report: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(
        stage: str,
        input_hash: str,
        folder: str,
        receipts: Iterable[Receipt],
        report: Mapping[str, Any] | None = None,
    ) -> "Commit":
        """Return the commit of some receipts."""
        several = sorted(receipts, key=lambda receipt: receipt.unit)
        units = manifest.units_table(
            (receipt.unit, receipt.tally, receipt.facts) for receipt in several
        )
        outputs = manifest.files_table((r.unit, file) for r in several for file in r.files)
        return Commit(stage, input_hash, folder, units, outputs, dict(report or {}))

    def table(self, name: str) -> pa.Table:
        """Return the rows of `manifest.FILES` of one table, by their lowest key."""
        return self._by_table.get(name, self.outputs.slice(0, 0))

    @cached_property
    def _by_table(self) -> dict[str, pa.Table]:
        names: list[Any] = pc.unique(self.outputs["table"]).to_pylist()
        return {name: self.outputs.filter(pc.equal(self.outputs["table"], name)) for name in names}

    def files(self, name: str) -> list[File]:
        """Return the committed files of one table, in the order of their keys."""
        return [file for _, file in manifest.files_of(self.table(name))]

    def files_by_unit(self, name: str) -> dict[str, list[str]]:
        """Return where the files of one table lie, by the unit that wrote them."""
        found: dict[str, list[str]] = {}
        table = self.table(name)
        columns: list[list[Any]] = [table[name].to_pylist() for name in ("unit", "name")]
        for unit, file in zip(*columns, strict=True):
            found.setdefault(unit, []).append(io.join(self.folder, file))
        return found

    def urls(self, name: str) -> list[str]:
        """Return where the files of one table lie, in the order of their keys."""
        names: list[Any] = self.table(name)["name"].to_pylist()
        return [io.join(self.folder, file) for file in names]

    def rows(self, name: str) -> int:
        """Return how many rows one table has."""
        return pc.sum(self.table(name)["rows"]).as_py() or 0

    def url(self, file: File) -> str:
        """Return where a file lies."""
        return io.join(self.folder, file.name)

    def tally(self) -> Tally:
        """Return what all units read together."""
        return manifest.total(self.units)

    def facts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each unit's name and facts, by name."""
        columns: list[list[Any]] = [self.units[name].to_pylist() for name in ("unit", "facts")]
        yield from ((unit, json.loads(facts)) for unit, facts in zip(*columns, strict=True))

    def receipts(self) -> Iterator[Receipt]:
        """Yield every unit's receipt, by unit."""
        files: dict[str, list[File]] = {}
        for unit, file in manifest.files_of(self.outputs):
            files.setdefault(unit, []).append(file)
        columns = (self.units[name].to_pylist() for name in manifest.UNITS.names)
        for unit, records, checksum, characters, facts in zip(*columns, strict=True):
            tally = Tally(records, checksum, characters)
            yield Receipt(unit, tuple(files.get(unit, ())), tally, json.loads(facts))

    def digest(self) -> str:
        """Return what later stages' input hashes take in: the content, not the file names."""
        whole = hashlib.sha256(self.stage.encode())
        for name in ("table", "lo", "sha256"):
            whole.update(name.encode())
            for value in self.outputs[name].to_pylist():
                whole.update(value if isinstance(value, bytes) else f"{value}\x1f".encode())
        return whole.hexdigest()


def hash_of(data: object) -> str:
    """Return a hex digest of plain data."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, leaving out those not installed."""
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class BrokenCommitError(RuntimeError):
    """A commit that cannot be read, or whose files are missing or of another size."""


def read_commit(folder: str, *, look: bool = False) -> Commit | None:
    """Return a stage's commit, or None where it has not finished.

    Args:
        look: compare the sizes of all its files with what the commit says; one listing.
    Raises:
        BrokenCommitError: it is not as it was written.
    """
    url = io.join(folder, "_commit.json")
    try:
        raw = io.read_bytes(url)
    except FileNotFoundError:
        return None
    try:
        data = json.loads(raw)
        if data.get("format") != FORMAT:
            return None
        tables = {
            name: manifest.read(io.join(folder, one["file"]), one["sha256"])
            for name, one in data["tables"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BrokenCommitError(f"{url}: expected a whole commit, got {error}") from error
    commit = Commit(
        data["stage"], data["input_hash"], folder, tables["units"], tables["files"], data["report"]
    )
    if look and (wrong := manifest.missing(folder, commit.outputs)):
        raise BrokenCommitError(f"{folder}: {wrong}")
    return commit


def write_commit(commit: Commit) -> None:
    """Publish a stage's commit: from now on its files count."""
    tables = {
        name: manifest.write(commit.folder, name, table)
        for name, table in (("units", commit.units), ("files", commit.outputs))
    }
    data = {
        "format": FORMAT,
        "stage": commit.stage,
        "input_hash": commit.input_hash,
        "tables": tables,
        "report": dict(commit.report),
    }
    io.write_bytes(io.join(commit.folder, "_commit.json"), json.dumps(data).encode())


def write_receipts(folder: str, receipts: Sequence[Receipt]) -> None:
    """Publish the receipts of a task, the last thing it does for these units."""
    if receipts:
        name = hash_of([receipt.unit for receipt in receipts])[:24]
        data = "\n".join(receipt.to_json() for receipt in receipts)
        io.write_bytes(io.join(folder, RECEIPTS, f"{name}.jsonl"), data.encode())


def read_receipts(folder: str) -> dict[str, Receipt]:
    """Return the receipts of an unfinished stage by unit; files that are no receipts are left."""
    urls = [url for url in io.list_files(io.join(folder, RECEIPTS)) if url.endswith(".jsonl")]
    lines = (line for data in io.read_many(urls) for line in data.splitlines())
    receipts = map(Receipt.from_json, lines)
    return {receipt.unit: receipt for receipt in receipts}


def group_receipts(folder: str, receipts: Sequence[Receipt]) -> None:
    """Put receipts together in one file, and delete the files that each had for itself."""
    single = [u for u in io.list_files(io.join(folder, RECEIPTS)) if "/group-" not in u]
    name = hash_of([receipt.unit for receipt in receipts])[:24]
    data = "\n".join(receipt.to_json() for receipt in receipts)
    io.write_bytes(io.join(folder, RECEIPTS, f"group-{name}.jsonl"), data.encode())
    io.delete_many(single)
