"""The functions on DataFrames beside a recipe's stages: their speed, and the same answers.

    python benchmarks/frames.py [--documents 200000] [--copies 0.2] [--threads 2] [--work FOLDER]

Short documents of paragraphs of the standard library's docstrings, some of them copies of others
with a few words changed. In one Spark session, one after another: a recipe with its stages
`extract`, `filter`, `dedup` and `near`; then, of the documents as they were extracted,
`identify_language` and `judge`, written as Parquet, and `duplicates` of what is left.

Prints documents a second of the stage `filter` and of the DataFrame, whose quotient is to be .8 at
least; and whether the same documents are kept and the same removed. Exit 1 if not.
"""

import argparse
import re
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import curate.spark as cs
from curate import recipe as recipes
from curate.demo.prose import docstrings, hash32
from curate.pipeline.run import run_stages, start
from curate.spark.engine import SparkEngine
from curate.spark.session import session, stop

FILES = 16
BAR = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--copies", type=float, default=0.2, help="share of near copies")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as name:
        folder = Path(name)
        write(folder / "docs", options.documents, options.copies)
        spark = session(f"local[{options.threads}]", log=folder / "spark.log")
        try:
            sys.exit(compare(spark, folder, options.documents))
        finally:
            stop(spark)


def write(folder: Path, documents: int, copies: float) -> None:
    """Write the documents as Parquet; the ids sort as the rows stand."""
    paragraphs = [paragraph for _, prose in docstrings() for paragraph in prose]
    folder.mkdir()
    rows: list[str] = []
    for n in range(documents):
        if rows and hash32("copy", n) < copies * 2**32:
            words = rows[hash32("of", n) % len(rows)].split(" ")
            words[hash32("at", n) % len(words)] = f"changed{n}"
            rows.append(" ".join(words))
        else:
            chosen = [paragraphs[hash32(n, at) % len(paragraphs)] for at in range(3)]
            rows.append("\n".join([*chosen, f"This is number {n} of them."]))
    size = -(-documents // FILES)
    for number, at in enumerate(range(0, documents, size)):
        texts = rows[at : at + size]
        ids = [f"doc-{at + n:09d}" for n in range(len(texts))]
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / f"{number:03d}.parquet")


def compare(spark, folder: Path, documents: int) -> int:
    loaded = recipes.parse(
        {"sources": {"docs": {"kind": "parquet", "path": str(folder / "docs" / "*.parquet")}}},
        folder,
    )
    lines: list[str] = []
    run = start(loaded, str(folder / "out"), log=lines.append).on(SparkEngine.of(spark))
    run_stages(run, "dedup")
    work = folder / "out" / "_work"
    seconds = {
        line.partition(":")[0]: float(re.search(r" in ([\d.]+) s$", line)[1])
        for line in lines
        if re.search(r" in [\d.]+ s$", line)
    }
    by_stage = documents / seconds["filter"]
    frame = spark.read.parquet(*map(str, work.glob("extract/*/documents")))
    began = time.monotonic()
    judged = frame.select("id", "text", "blocks").transform(
        cs.identify_language, keep=list(loaded.language.keep)
    ).transform(cs.judge, *loaded.filters, language="language")  # fmt: skip
    judged.write.parquet(str(folder / "judged"))
    by_frame = documents / (time.monotonic() - began)
    print(f"filter   {by_stage:8,.0f} documents a second by the stage")
    print(f"         {by_frame:8,.0f} by the DataFrame: {by_frame / by_stage:.2f} of it")
    kept = cs.keep(spark.read.parquet(str(folder / "judged")))
    stage_ids = ids_of(work, "filter", "documents")
    same_kept = {row.id for row in kept.select("id").collect()} == stage_ids
    print(f"kept     {len(stage_ids):,}, the same: {same_kept}")
    began = time.monotonic()
    removed = {row.removed_id for row in cs.duplicates(kept).select("removed_id").collect()}
    took = time.monotonic() - began
    dropped_ids = partial(ids_of, work, name="outcomes")
    wanted = dropped_ids("dedup") | dropped_ids("near")
    two = sum(seconds.get(name, 0.0) for name in ("dedup", "near"))
    print(f"removed  {len(wanted):,}, the same: {removed == wanted}")
    print(f"         {two:.1f} s by the stages dedup and near, {took:.1f} s by the DataFrame")
    return int(not (same_kept and removed == wanted and by_frame >= BAR * by_stage))


def ids_of(work: Path, stage: str, name: str) -> set[str]:
    """Return the ids in a table of a stage."""
    files = [*work.glob(f"{stage}/*/{name}/*.parquet")]
    return {id_ for file in files for id_ in pq.read_table(file, columns=["id"])["id"].to_pylist()}


if __name__ == "__main__":
    main()
