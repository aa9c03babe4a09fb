"""The functions on DataFrames through Spark Connect; run by test_frames_connect.py.

In a process of its own: whether pyspark is a client of Connect is decided once in a process.
Argument: a web archive of three pages.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.connect.session import SparkSession as ConnectSession

import curate.spark as cs
from curate.decontaminate import Item
from curate.dedup import find_duplicates
from curate.spark.frames import copies

TEXTS = [
    "one two three four five six seven",
    "ONE two three four five six, seven!",
    "one two three four five six seven",
    "other words stand here and more of them are there",
    "",
]


def main() -> None:
    builder = SparkSession.builder.remote("local[2]")
    spark = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    assert isinstance(spark, ConnectSession)
    print("connected", flush=True)
    rows = [(f"id-{n}", "ab"[n % 2], text) for n, text in enumerate(TEXTS)]
    frame = spark.createDataFrame(rows, "id string, source string, text string")

    judged = frame.transform(cs.identify_language).transform(cs.judge, "gopher_quality")
    assert judged.columns == [*frame.columns, "language", "language_score", "drop_reason"]
    assert {row.drop_reason for row in judged.collect()} == {"too_few_words"}
    assert cs.keep(judged).count() == 0
    words = {row.id: row.words for row in cs.measure(frame, signals=["words"]).collect()}
    assert words["id-0"] == 7.0

    print("filters", flush=True)
    wanted = {(d.removed, d.kept, d.rule) for d in find_duplicates(TEXTS)}
    assert len(wanted) == 2
    for most in (20_000, 0):
        copies.ONE_TASK = most
        found = cs.duplicates(frame).collect()
        assert {(int(r[0][3:]), int(r[1][3:]), r.rule) for r in found} == wanted, most
    assert cs.deduplicate(frame).count() == 3

    print("duplicates", flush=True)
    mixed = cs.mix(frame, {"a": 1, "b": 1}, max_epochs=None)
    assert {row.split for row in mixed.collect()} == {"train"}
    quiz = [Item("quiz", "1", (("question", " ".join("abcdefghijklmnop")),))]
    assert {row.piece for row in cs.decontaminate(frame, quiz).collect()} == {0}

    print("mixture", flush=True)
    pages = cs.read_warc(spark, sys.argv[1])
    assert [row.drop_reason for row in cs.extract(pages).collect()] == [None] * 3
    spark.stop()
    print("all through Connect")


if __name__ == "__main__":
    main()
