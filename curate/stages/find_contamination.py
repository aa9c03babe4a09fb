"""Find benchmark n-grams in documents, and the document frequency of each n-gram.

Input: the documents after deduplication. Output: the index of the benchmarks, one file that workers
map into memory; `grams`, a row for each n-gram found, with its span; and `frequency`, in how many
documents each was found. Every text is read once; what is cut, and what is exempt as a common
phrase, is decided with these small tables (`curate.stages.decontaminate`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import pyarrow as pa

from curate.batch import set_column, values
from curate.decontaminate import Index, read_items
from curate.decontaminate.find import find
from curate.engine.verbs import BUCKET
from curate.recipe import Decontaminate, Recipe, RecipeError
from curate.recipe.benchmarks import BenchmarkFile, benchmark_files
from curate.stages.sorting import bucket_count, with_bucket
from curate.stages.stage import (
    RECEIPTS,
    Run,
    SoFar,
    Spec,
    Stage,
    collected,
    receipt_batch,
    unchanged,
)
from curate.store import io
from curate.store.commits import Commit, Receipt
from curate.store.documents import KEY, read_part
from curate.store.keys import Tally
from curate.store.local_copies import local_copy
from curate.store.manifest import File
from curate.store.schema import columns
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit

I64 = pa.int64()
GRAMS = columns(
    ("key", I64, False),
    ("gram", I64, False),  # its number in the index
    ("start", I64, False),
    ("stop", I64, False),
)
FREQUENCY = columns(("key", I64, False), ("documents", I64, False))  # key: number of an n-gram
SCHEMAS = {"grams": GRAMS}
COUNTS = with_bucket(FREQUENCY)
GRAM_KEYS = columns(("key", I64, False), ("gram", I64, False))
STAGE = "find_contamination"


@dataclass(frozen=True, slots=True)
class IndexFile:
    """URL and sha256 of the index; a worker opens it once."""

    url: str
    sha256: str

    def open(self) -> Index:
        """Return the index, mapped into memory."""
        return _opened(self.url, self.sha256)


@lru_cache(maxsize=1)
def _opened(url: str, sha256: str) -> Index:
    return Index.open(local_copy(url, sha256))


def index_of(commit: Commit) -> IndexFile:
    """Return the index of a commit of this stage."""
    (file,) = commit.files("index")
    return IndexFile(commit.url(file), file.sha256)


def prepare(run: Run, so_far: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    settings = decontaminate_of(run.recipe)
    files = benchmark_files(settings)
    return run.stage(
        STAGE,
        settings={"ngram": settings.ngram},
        module=__name__,
        libraries=["numpy", "numba"],
        reads=so_far.left.commits,
        inputs=[[f.name, f.file.size, f.file.version, f.fields] for f in files],
    )


def work(stage: Stage, so_far: SoFar) -> Commit:
    """Write the index of the benchmarks and the matches in the documents."""
    index_receipt = write_index(stage, decontaminate_of(stage.run.recipe))
    index = index_of(stage.so_far([index_receipt]))
    receipts = stage.run_units(so_far.left.units(), partial(find_unit, index=index))
    frequency = _document_frequency(stage, stage.so_far(receipts))
    report = {
        "documents": sum(receipt.records for receipt in receipts),
        "with a benchmark's words": sum(receipt.facts["hit"] for receipt in receipts),
        "ngrams": index_receipt.facts["ngrams"],
    }
    return stage.commit([*receipts, *frequency, index_receipt], report)


def decontaminate_of(recipe: Recipe) -> Decontaminate:
    """Return the settings; raises RecipeError if there are none."""
    if recipe.decontaminate is None:
        raise RecipeError("decontaminate: expected benchmarks, got none")
    return recipe.decontaminate


def write_index(stage: Stage, settings: Decontaminate) -> Receipt:
    """Build the index and publish it; the receipt lists the benchmarks' files."""
    files = benchmark_files(settings)
    index = build_index(files, settings)
    with io.staged(io.join(stage.folder, "index.bin")) as path:
        path.write_bytes(index.data)
        size, sha256 = path.stat().st_size, io.sha256(path)
    facts = {"benchmarks": [described(file) for file in files], "ngrams": len(index)}
    return Receipt("index", (File("index", "index.bin", len(index), size, sha256),), facts=facts)


def build_index(files: Sequence[BenchmarkFile], settings: Decontaminate) -> Index:
    """Return the index of benchmarks' files."""
    ngram = None if settings.ngram == "percentile" else settings.ngram
    items = (read_items(file.file.url, file.name, file.fields) for file in files)
    return Index.build(chain.from_iterable(items), ngram)


def described(benchmark: BenchmarkFile) -> dict[str, Any]:
    """Return the manifest's entry of a benchmark's file."""
    return {
        "name": benchmark.name,
        "file_path": benchmark.file.file_path,
        "fields": list(benchmark.fields) if benchmark.fields else None,
        "bytes": benchmark.file.size,
        "sha256": hashlib.sha256(io.read_bytes(benchmark.file.url)).hexdigest(),
    }


def find_unit(folder: str, unit: str, payload: str, *, index: IndexFile) -> Receipt:
    """Find benchmark n-grams in one part's documents."""
    tally, opened, hit = Tally(), index.open(), 0

    def rows() -> Iterator[tuple[str, pa.RecordBatch]]:
        nonlocal hit
        for batch in read_part(payload, (*KEY, "text"), tally):
            grams: list[tuple[int, int, int, int]] = []
            for key, text in zip(values(batch, "key"), values(batch, "text"), strict=True):
                matches = find(opened, text)
                hit += bool(matches)
                grams.extend((key, match.gram, match.start, match.stop) for match in matches)
            columns_ = list(zip(*grams, strict=True)) or [()] * len(GRAMS)
            yield (
                "grams",
                pa.RecordBatch.from_arrays(
                    [pa.array(column, I64) for column in columns_], schema=GRAMS
                ),
            )

    files = write_tables(folder, unit, SCHEMAS, rows())
    return Receipt(unit, files, tally, {"hit": hit})


def _document_frequency(stage: Stage, matched: Commit) -> list[Receipt]:
    """Write the document frequency of each n-gram that was found."""
    stage.describe("document frequency")
    files = matched.files("grams")
    buckets = bucket_count(matched.rows("grams"))
    units = [Unit(f"{n:06d}", matched.url(file), file.bytes) for n, file in enumerate(files)]
    engine = stage.run.engine
    counts = engine.start(partial(count_grams, buckets=buckets), stage.tasks(units), COUNTS)
    write = partial(_write_sums, folder=stage.folder)
    return collected(engine, engine.exchange(counts, write, RECEIPTS, buckets=buckets))


def count_grams(units: Sequence[Unit], *, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield the document frequency of each n-gram within a file; a document is in one file."""
    for unit in units:
        table = pa.Table.from_batches(read_batches(unit.payload, ["key", "gram"]), GRAM_KEYS)
        distinct = table.group_by(["gram", "key"]).aggregate([])
        sums = distinct.group_by("gram").aggregate([("key", "count")])
        for batch in sums.rename_columns(FREQUENCY.names).cast(FREQUENCY).to_batches():
            at = batch["key"].to_numpy() % buckets
            yield set_column(batch, BUCKET, at, I64).select(COUNTS.names)


def _write_sums(
    bucket: int, batches: Iterator[pa.RecordBatch], *, folder: str
) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_batches(list(batches))
    sums = table.group_by("key").aggregate([("documents", "sum")]).sort_by("key")
    rows = sums.rename_columns(FREQUENCY.names).cast(FREQUENCY).combine_chunks().to_batches()
    unit = f"frequency-{bucket:05d}"
    files = write_tables(folder, unit, {"frequency": FREQUENCY}, (("frequency", r) for r in rows))
    yield receipt_batch(Receipt(unit, files))


SPEC = Spec(
    name=STAGE,
    prepare=prepare,
    work=work,
    then=unchanged,
    wanted=lambda recipe: recipe.decontaminate is not None,
)
