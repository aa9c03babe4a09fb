"""Where benchmark texts stand in the documents, and which n-grams of them are common phrases.

Enters: the documents after all removal of duplicates. Leaves: the index of the benchmarks, one
file that workers map into memory; `grams`, a row for each n-gram found, with its place; and
`frequency`, in how many documents each was found. Every text is read once; what is cut, and what
is exempt, is decided with these small tables (`curate.spark.decontaminate`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate.batch import values
from curate.decontaminate import Index, read_items
from curate.decontaminate.find import find
from curate.recipe import Decontaminate
from curate.recipe.benchmarks import BenchmarkFile, benchmark_files
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.stage import Run, Stage, lift, write_sorted
from curate.store import io
from curate.store.commits import Commit, File, Receipt, read_batches, write_tables
from curate.store.documents import KEY, Documents, read_part
from curate.store.keys import Tally
from curate.store.schema import columns

I64 = pa.int64()
GRAMS = columns(
    ("key", I64, False),
    ("gram", I64, False),  # its number in the index
    ("start", I64, False),
    ("stop", I64, False),
)
FREQUENCY = columns(("key", I64, False), ("documents", I64, False))  # key: number of an n-gram
SCHEMAS = {"grams": GRAMS}
MODULES = ("curate.decontaminate", "curate.text.folding")  # which says what a word is


@dataclass(frozen=True, slots=True)
class IndexFile:
    """Where the index lies; a worker opens it once."""

    url: str
    sha256: str

    def open(self) -> Index:
        """Return the index, mapped into memory."""
        return _opened(self.url, self.sha256)


@lru_cache(maxsize=1)
def _opened(url: str, sha256: str) -> Index:
    return Index.open(io.local_copy(url, sha256))


def index_of(commit: Commit) -> IndexFile:
    """Return the index of a commit of this stage."""
    (file,) = commit.files("index")
    return IndexFile(commit.url(file), file.sha256)


def stage(run: Run, documents: Documents, settings: Decontaminate) -> Commit:
    """Return the commit of the index and of what was found."""
    place = begin(run, documents, settings)
    if place.committed:
        return place.committed
    made = write_index(place, settings)
    index = index_of(Commit("overlap", place.input_hash, place.folder, (made,)))
    receipts = place.carry_out(
        documents.units(), partial(find_units, folder=place.folder, index=index)
    )
    found = Commit("overlap", place.input_hash, place.folder, tuple(receipts))
    times = document_frequency(place, found)
    most = min(sum(file.rows for file in found.files("grams")), made.files[0].rows)
    frequency = write_sorted(place, times, "frequency", FREQUENCY, most=most)
    report = {
        "documents": sum(receipt.records for receipt in receipts),
        "with a benchmark's words": sum(receipt.facts["hit"] for receipt in receipts),
        "ngrams": made.facts["ngrams"],
    }
    return place.commit([*receipts, *frequency, made], report)


def begin(run: Run, documents: Documents, settings: Decontaminate) -> Stage:
    """Return the stage's place in WORK."""
    files = benchmark_files(settings)
    return run.begin(
        "overlap",
        settings={"ngram": settings.ngram},
        modules=[*MODULES, "curate._compiled", "curate.store.unpack", "curate.spark.overlap"],
        libraries=["numpy", "numba"],
        reads=documents.commits,
        inputs=[[f.name, f.file.size, f.file.version, f.fields] for f in files],
    )


def write_index(place: Stage, settings: Decontaminate) -> Receipt:
    """Make the index and publish it; the receipt lists the benchmarks' files."""
    files = benchmark_files(settings)
    ngram = None if settings.ngram == "percentile" else settings.ngram
    items = (read_items(file.file.url, file.name, file.fields) for file in files)
    index = Index.build(chain.from_iterable(items), ngram)
    with io.staged(io.join(place.folder, "index.bin")) as path:
        path.write_bytes(index.data)
        size, sha256 = path.stat().st_size, io.sha256(path)
    facts = {"benchmarks": [described(file) for file in files], "ngrams": len(index)}
    return Receipt("index", (File("index", "index.bin", len(index), size, sha256),), facts=facts)


def described(benchmark: BenchmarkFile) -> dict[str, Any]:
    """Return what the manifest says of a benchmark's file."""
    return {
        "name": benchmark.name,
        "file_path": benchmark.file.file_path,
        "fields": list(benchmark.fields) if benchmark.fields else None,
        "bytes": benchmark.file.size,
        "sha256": hashlib.sha256(io.read_bytes(benchmark.file.url)).hexdigest(),
    }


def find_units(units: DataFrame, *, folder: str, index: IndexFile) -> DataFrame:
    """Return the receipts of a frame of units, each a part of the documents."""
    return lift(partial(find_unit, index=index), folder)(units)


def find_unit(folder: str, unit: str, payload: str, *, index: IndexFile) -> Receipt:
    """Look for benchmark texts in one part's documents; no Spark needed."""
    tally, opened, hit = Tally(), index.open(), 0

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        nonlocal hit
        for batch in read_part(payload, (*KEY, "text"), tally):
            found: list[tuple[int, int, int, int]] = []
            for key, text in zip(values(batch, "key"), values(batch, "text"), strict=True):
                matches = find(opened, text)
                hit += bool(matches)
                found.extend((key, one.gram, one.start, one.stop) for one in matches)
            columns_ = list(zip(*found, strict=True)) or [()] * len(GRAMS)
            yield (
                "grams",
                pa.RecordBatch.from_arrays(
                    [pa.array(column, I64) for column in columns_], schema=GRAMS
                ),
            )

    files = write_tables(folder, unit, SCHEMAS, rows())
    return Receipt(unit, files, tally.records, tally.checksum, {"hit": hit})


def document_frequency(place: Stage, found: Commit) -> DataFrame:
    """Return (key: the number of an n-gram, in how many documents it stands)."""
    place.describe("document frequency")

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from counted(read_batches(url, ["key", "gram"]))

    urls = {f"{n:06d}": found.url(file) for n, file in enumerate(found.files("grams"))}
    several = map_partitions(units_frame(place.run.spark, urls), rows, FREQUENCY)
    return several.groupBy("key").agg(F.sum("documents").alias("documents"))


def counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield in how many documents of a part each n-gram stands; a document is in one part."""
    table = pa.Table.from_batches(batches)
    if len(table):
        each = table.group_by(["gram", "key"]).aggregate([])
        sums = each.group_by("gram").aggregate([("key", "count")])
        yield from sums.rename_columns(FREQUENCY.names).cast(FREQUENCY).to_batches()
