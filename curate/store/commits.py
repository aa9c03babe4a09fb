"""Commits and receipts of stages in WORK.

A stage writes to WORK/<stage>/<input hash>/. Each unit of work (a split of the input, a part of an
earlier stage) writes files under unique names, then a receipt. The commit, written last, is two
Parquet tables (`store.manifest`) and `_commit.json`, which names them with their sha256: readers
open only files that a commit lists. A rerun with the same input hash skips a committed stage; of an
interrupted stage it skips every unit that has a receipt.
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

FORMAT = 3  # of a commit; one of another format is ignored
RECEIPTS = "receipts"
GROUP = 1_024  # files of one receipt each, before they are merged into one


@dataclass(frozen=True, slots=True)
class Receipt:
    """Receipt of one unit of work: what it read and wrote.

    tally: number of records read and the checksum of their keys, to be balanced with the output.
    facts: further values that the stage records for the unit, as JSON data.
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
        """Return it as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(line: str | bytes) -> "Receipt":
        """Undo `to_json`."""
        data = json.loads(line)
        files = tuple(File(**file) for file in data.pop("files"))
        return Receipt(files=files, tally=Tally(**data.pop("tally")), **data)


@dataclass(frozen=True, eq=False)
class Commit:
    """Commit of a finished stage: its folder, its units, its files, its report.

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
        ordered = sorted(receipts, key=lambda receipt: receipt.unit)
        units = manifest.units_table(
            (receipt.unit, receipt.tally, receipt.facts) for receipt in ordered
        )
        outputs = manifest.files_table((r.unit, file) for r in ordered for file in r.files)
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
        """Return the URLs of the files of one table, by the unit that wrote them."""
        by_unit: dict[str, list[str]] = {}
        table = self.table(name)
        columns: list[list[Any]] = [table[name].to_pylist() for name in ("unit", "name")]
        for unit, file in zip(*columns, strict=True):
            by_unit.setdefault(unit, []).append(io.join(self.folder, file))
        return by_unit

    def urls(self, name: str) -> list[str]:
        """Return the URLs of the files of one table, in the order of their keys."""
        names: list[Any] = self.table(name)["name"].to_pylist()
        return [io.join(self.folder, file) for file in names]

    def rows(self, name: str) -> int:
        """Return how many rows one table has."""
        return pc.sum(self.table(name)["rows"]).as_py() or 0

    def url(self, file: File) -> str:
        """Return the URL of a file."""
        return io.join(self.folder, file.name)

    def tally(self) -> Tally:
        """Return the sum of the tallies of all units."""
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
        """Return the digest for input hashes of later stages: of the content, not of file names."""
        hasher = hashlib.sha256(self.stage.encode())
        for name in ("table", "lo", "sha256"):
            hasher.update(name.encode())
            for value in self.outputs[name].to_pylist():
                hasher.update(value if isinstance(value, bytes) else f"{value}\x1f".encode())
        return hasher.hexdigest()


def hash_of(data: object) -> str:
    """Return a hex digest of JSON data."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, leaving out those not installed."""
    versions = {}
    for name in distributions:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


class BrokenCommitError(RuntimeError):
    """A commit that cannot be read, or whose files are missing or of another size."""


def read_commit(folder: str, *, check_sizes: bool = False) -> Commit | None:
    """Return a stage's commit, or None where it has not finished.

    Args:
        check_sizes: compare the sizes of all its files with those in the commit; one listing.
    Raises:
        BrokenCommitError: it cannot be read, or differs from what was written.
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
            name: manifest.read(io.join(folder, entry["file"]), entry["sha256"])
            for name, entry in data["tables"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BrokenCommitError(f"{url}: expected a readable commit, got {error}") from error
    commit = Commit(
        data["stage"], data["input_hash"], folder, tables["units"], tables["files"], data["report"]
    )
    if check_sizes and (wrong := manifest.missing(folder, commit.outputs)):
        raise BrokenCommitError(f"{folder}: {wrong}")
    return commit


def delete_if_damaged(folder: str, name: str) -> bool:
    """Delete a file of a commit if its bytes are not those that were written; return whether.

    The commit is then incomplete, so that its stage runs again.
    """
    try:
        commit = read_commit(folder)
    except BrokenCommitError:
        return True  # the stage runs again in any case
    if commit is None:
        return False
    names: list[Any] = commit.outputs["name"].to_pylist()
    digests: list[Any] = commit.outputs["sha256"].to_pylist()
    written = [digest for other, digest in zip(names, digests, strict=True) if other == name]
    url = io.join(folder, name)
    if not written or hashlib.sha256(io.read_bytes(url)).digest() == written[0]:
        return False
    io.delete(url)
    return True


def write_commit(commit: Commit) -> None:
    """Publish a stage's commit, which makes its files visible to readers."""
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
    """Publish the receipts of a task; called after all files of its units."""
    if receipts:
        name = hash_of([receipt.unit for receipt in receipts])[:24]
        data = "\n".join(receipt.to_json() for receipt in receipts)
        io.write_bytes(io.join(folder, RECEIPTS, f"{name}.jsonl"), data.encode())


def read_receipts(folder: str) -> dict[str, Receipt]:
    """Return the receipts of an unfinished stage by unit; other files are ignored."""
    urls = [url for url in io.list_files(io.join(folder, RECEIPTS)) if url.endswith(".jsonl")]
    lines = (line for data in io.read_many(urls) for line in data.splitlines())
    receipts = map(Receipt.from_json, lines)
    return {receipt.unit: receipt for receipt in receipts}


def group_receipts(folder: str, receipts: Sequence[Receipt]) -> None:
    """Merge receipts into one file and delete their own files."""
    single = [url for url in io.list_files(io.join(folder, RECEIPTS)) if "/group-" not in url]
    name = hash_of([receipt.unit for receipt in receipts])[:24]
    data = "\n".join(receipt.to_json() for receipt in receipts)
    io.write_bytes(io.join(folder, RECEIPTS, f"group-{name}.jsonl"), data.encode())
    io.delete_many(single)
