"""The books closed: ledger, duplicates, samples, dataset card and, last of all, the manifest.

Enters: the commits of all stages. Leaves: everything of OUT but the shards. The manifest is the
commit of OUT: while it is missing, the run is not done.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from curate import __version__
from curate.extract.extractors import EXTRACTORS
from curate.report.card import card
from curate.sources import libraries
from curate.spark import models
from curate.spark.batches import map_partitions, unit_rows, units_frame
from curate.spark.count import Weighed
from curate.spark.decontaminate import HITS
from curate.spark.samples import samples
from curate.spark.stage import ROWS_A_FILE, Run, Stage, write_buckets
from curate.store import io, schema
from curate.store.commits import Commit, read_batches, versions_of
from curate.store.documents import KEY
from curate.store.keys import Tally
from curate.store.ledger import balance, summary
from curate.text.tokenizers import load

LIBRARIES = (
    "pyspark", "pyarrow", "numpy", "py3langid", "tiktoken", "xxhash", "numba", "fasttext-community",
)  # fmt: skip
What = tuple[str, str, str | None]
WHAT = ("state", "stage", "reason")
CONTAMINATION = "contamination.json"
BENCHMARK = ("name", "file_path", "fields", "bytes", "sha256", "ngram")
COUNTS = schema.columns(
    ("state", pa.string(), False),
    ("stage", pa.string(), False),
    ("reason", pa.string(), True),
    ("records", pa.int64(), False),
    ("checksum", pa.string(), False),  # Spark has no unsigned 64 bits
)


def stage(run: Run, weighed: Weighed, mix: Commit, shards: Commit) -> dict[str, Any]:
    """Return the ledger's summary; afterwards OUT is whole."""
    commits = list(run.commits)
    place = begin(run, mix)
    manifest = io.join(run.out, "manifest.json")
    if place.committed:
        return dict(place.committed.report["ledger"])
    io.delete(manifest)  # what it speaks for changes from here on
    into = Tally.total(receipt.tally for receipt in commits[0].receipts)
    counts = _ledger(place, commits, weighed, into.records)
    out = Tally.total(counts.values())
    balance("the whole run", into, out)
    ledger = summary({what: tally.records for what, tally in counts.items()}, into, out)
    _duplicates(place, commits, weighed)
    found = _contamination(place, commits, weighed)
    samples(place, fates_frame(run, commits), commits[0])
    models.publish(run)
    whole = _manifest(run, commits[0], mix, shards, found)
    io.write_bytes(io.join(run.out, "ledger.json"), _json(ledger))
    io.write_bytes(io.join(run.out, "README.md"), card(whole, ledger, found).encode())
    io.write_bytes(manifest, _json(whole))
    digest = hashlib.sha256(_json(whole)).hexdigest()
    place.commit([], {"records": into.records, "ledger": ledger, "manifest": digest})
    return ledger


def begin(run: Run, mix: Commit) -> Stage:
    """Return the stage's place in WORK; all other stages of the run are committed."""
    commits = list(run.commits)
    return run.begin(
        "publish",
        settings=[run.recipe.without_paths(), mix.report["mixture"], _versions(run)],
        modules=[
            "curate.spark.publish",
            "curate.spark.samples",
            "curate.spark.models",
            "curate.store.ledger",
            "curate.report.card",
        ],
        reads=commits,
        inputs=[run.out, inputs(run, commits[0])],
        there=partial(_is_there, run),
    )


def _is_there(run: Run, commit: Commit) -> bool:
    """Return whether OUT's manifest is the one of a commit: another run may have had OUT since."""
    manifest = io.join(run.out, "manifest.json")
    if not io.exists(manifest):
        return False
    found: bool = hashlib.sha256(io.read_bytes(manifest)).hexdigest() == commit.report["manifest"]
    return found


def so_far(run: Run) -> dict[str, Any]:
    """Return the ledger's summary of a run that is not done: nothing is kept yet."""
    urls = [commit.url(file) for commit in run.commits for file in commit.files("fates")]
    into = Tally.total(receipt.tally for receipt in run.commits[0].receipts)
    counts = counted(run, urls)
    return summary(
        {what: tally.records for what, tally in counts.items()},
        into,
        Tally.total(counts.values()),
    )


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


# --- ledger and duplicates ---------------------------------------------------------------------


def fates_frame(run: Run, commits: Sequence[Commit]) -> DataFrame:
    """Return the fates of all records as a frame."""
    urls = [commit.url(file) for commit in commits for file in commit.files("fates")]

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from read_batches(url)

    return map_partitions(units_frame(run.spark, _numbered(urls)), rows, schema.FATES)


def _numbered(urls: Sequence[str]) -> dict[str, str]:
    return {f"{number:06d}": url for number, url in enumerate(urls)}


def _ledger(
    place: Stage, commits: Sequence[Commit], weighed: Weighed, records: int
) -> dict[What, Tally]:
    """Write the ledger; return what it holds, read back, by (state, stage, reason)."""
    run = place.run
    place.describe("ledger")
    folder = io.join(run.out, "ledger")
    io.delete_tree(folder)
    if run.recipe.ledger == "counts":
        urls = [commit.url(file) for commit in commits for file in commit.files("fates")]
    else:
        others = [commit for commit in commits if "duplicates" not in commit.report]
        told = fates_frame(run, others).unionByName(_followed(run, commits).drop("rule"))
        frame = _renamed(run, told, weighed)
        files = max(1, -(-records // ROWS_A_FILE))
        order = ("id", "source", "file_path", "n")
        receipts = write_buckets(
            frame, folder, "ledger", schema.LEDGER, by="id", order=order, files=files
        )
        urls = [io.join(folder, file.name) for receipt in receipts for file in receipt.files]
    place.describe("reading the ledger back")
    return counted(run, urls)


def counted(run: Run, urls: Sequence[str]) -> dict[What, Tally]:
    """Return the records of some files of fates by (state, stage, reason), counted from them."""

    def counts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tallies: dict[What, Tally] = {}
        for _, url in unit_rows(batches):
            for batch in read_batches(url, [*WHAT, *KEY[1:]]):
                for state, stage_, reason, *key in zip(
                    *(column.to_pylist() for column in batch.columns), strict=True
                ):
                    tallies.setdefault((state, stage_, reason), Tally()).add(*key)
        rows = [
            {
                **dict(zip(WHAT, what, strict=True)),
                "records": t.records,
                "checksum": str(t.checksum),
            }
            for what, t in tallies.items()
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=COUNTS)

    sums: dict[What, Tally] = {}
    for row in map_partitions(units_frame(run.spark, _numbered(urls)), counts, COUNTS).collect():
        what = row["state"], row["stage"], row["reason"]
        sums[what] = sums.get(what, Tally()) + Tally(row["records"], int(row["checksum"]))
    return sums


def _followed(run: Run, commits: Sequence[Commit]) -> DataFrame:
    """Return the fates of all duplicates, each with who stays at the end, and by which `rule`.

    Who stayed in the place of a copy may go in a later stage, for another: then that one stays
    in the place of both, and the copy resembles it as much as the first did. Of captures of one
    page nobody knows how much they resemble: there only who stays changes.
    """
    removers = [commit for commit in commits if "duplicates" in commit.report]
    told = fates_frame(run, removers[:1]).withColumn("rule", F.col("reason"))
    for commit in removers[1:]:
        later = fates_frame(run, [commit]).withColumn("rule", F.col("reason"))
        if commit.report["duplicates"]:
            names = ("kept_key", "kept_id", "score", "rule")
            moved = later.select(
                F.col("key").alias("moved_key"), *(F.col(n).alias(f"new_{n}") for n in names)
            )
            joined = told.join(moved, F.col("kept_key") == F.col("moved_key"), how="left")
            told = joined.select(
                *(name for name in told.columns if name not in names),
                *(F.coalesce(f"new_{name}", name).alias(name) for name in names[:2]),
                *(
                    F.when(F.col("stage") == "urls", F.col(name))
                    .otherwise(F.coalesce(f"new_{name}", name))
                    .alias(name)
                    for name in names[2:]
                ),
            )
        told = told.unionByName(later)
    return told


def _renamed(run: Run, fates: DataFrame, weighed: Weighed, column: str = "kept_id") -> DataFrame:
    """Return the fates with the ids that kept documents had to take instead of their own.

    `column` holds the id of the document with `kept_key`.
    """
    urls = weighed.renamed_urls()
    if not urls:
        return fates

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from read_batches(url)

    names = schema.columns(("kept_key", pa.int64(), False), ("new", pa.string(), False))
    kept = map_partitions(
        units_frame(run.spark, _numbered(urls)),
        lambda batches: (batch.rename_columns(names.names) for batch in rows(batches)),
        names,
    )
    joined = fates.join(kept, "kept_key", how="left")
    return joined.withColumn(column, F.coalesce("new", column)).drop("new")


def _duplicates(place: Stage, commits: Sequence[Commit], weighed: Weighed) -> None:
    """Write OUT/duplicates: who was removed, for whom, how alike, by which rule."""
    run = place.run
    place.describe("duplicates")
    folder = io.join(run.out, "duplicates")
    io.delete_tree(folder)
    pairs = _renamed(run, _followed(run, commits), weighed).select(
        F.col("id").alias("removed_id"), "kept_id", F.col("score").alias("jaccard"), "rule"
    )
    rows = sum(commit.report.get("duplicates", 0) for commit in commits)
    order, files = ("removed_id", "kept_id"), max(1, -(-rows // ROWS_A_FILE))
    write_buckets(
        pairs, folder, "duplicates", schema.DUPLICATES, by="removed_id", order=order, files=files
    )


def _contamination(
    place: Stage, commits: Sequence[Commit], weighed: Weighed
) -> dict[str, Any] | None:
    """Write OUT/contamination and contamination.json, and return the latter; None if not asked."""
    run = place.run
    folder, summary_ = io.join(run.out, "contamination"), io.join(run.out, CONTAMINATION)
    io.delete_tree(folder)
    io.delete(summary_)
    commit = next((commit for commit in commits if commit.stage == "decontaminate"), None)
    if commit is None:
        return None
    place.describe("contamination")
    urls = [commit.url(file) for file in commit.files("hits")]

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, url in unit_rows(batches):
            yield from read_batches(url)

    hits = map_partitions(units_frame(run.spark, _numbered(urls)), rows, HITS)
    named = _renamed(run, hits.withColumn("kept_key", F.col("key")), weighed, "id")
    count = sum(file.rows for file in commit.files("hits"))
    order, files = schema.CONTAMINATION.names, max(1, -(-count // ROWS_A_FILE))
    write_buckets(
        named, folder, "contamination", schema.CONTAMINATION, by="id", order=order, files=files
    )
    found: dict[str, Any] = commit.report["contamination"]
    io.write_bytes(summary_, _json(found))
    return found


# --- manifest ----------------------------------------------------------------------------------


def _manifest(
    run: Run, extracted: Commit, mix: Commit, shards: Commit, found: dict[str, Any] | None
) -> dict[str, Any]:
    tokenizer = load(run.recipe.mix.tokenizer)
    benchmarks = [
        {key: one[key] for key in BENCHMARK} for one in (found or {}).get("benchmarks", [])
    ]
    learned = models.named(run)
    return {
        "schema_version": 1,
        "shards": [
            {
                "file": f"corpus/{receipt.unit}",
                "rows": receipt.files[0].rows,
                "bytes": receipt.files[0].bytes,
                "text_bytes": receipt.facts["text_bytes"],
                "tokens": receipt.facts["tokens"],
                "sha256": receipt.files[0].sha256,
            }
            for receipt in shards.receipts
        ],
        "mixture": mix.report["mixture"],
        "recipe": run.recipe.without_paths(),
        "versions": _versions(run),
        "seed": run.recipe.seed,
        "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256},
        **({"models": learned} if learned else {}),
        "inputs": inputs(run, extracted),
        "benchmarks": benchmarks,
    }


def _versions(run: Run) -> dict[str, str]:
    """Return the versions of this package and of the libraries that the corpus may depend on."""
    named = {
        *LIBRARIES,
        *libraries(run.recipe.sources.values()),
        *EXTRACTORS[run.recipe.extract.extractor].distributions,
        *(("tokenizers",) if run.recipe.mix.tokenizer.endswith(".json") else ()),
    }
    return {"curate": __version__, **versions_of(sorted(named))}


def inputs(run: Run, extracted: Commit) -> list[dict[str, Any]]:
    """Return each input file with its size and digest, in (source, file_path) order."""
    ranges: dict[int, dict[int, int]] = {}
    for receipt in extracted.receipts:
        for number, start, digest in receipt.facts["digests"]:
            ranges.setdefault(number, {})[start] = int(digest, 16)
    return [
        {
            "source": file.source,
            "file_path": file.file_path,
            "bytes": file.size,
            "digest": f"{sum(ranges[file.number].values()) % (1 << 256):064x}",
        }
        for file in run.files
    ]
