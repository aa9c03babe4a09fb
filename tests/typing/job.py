"""A user's scripts that run recipes, for mypy strict: a job for spark-submit, and the command.

Checked, never run.
"""

import sys
from typing import assert_type

from pyspark.sql import SparkSession

import curate
from curate.cli import main


def job(recipe: str, out: str) -> None:
    spark = SparkSession.builder.appName("corpus").getOrCreate()
    result = curate.run(recipe, out, work=f"{out}/_work", spark=spark)
    assert_type(result, curate.Result)
    frame = spark.read.parquet(f"{out}/corpus/train")
    print(frame.count(), result.mixture.num_rows)
    records = spark.read.format("warc").load("crawl/*.warc.gz")
    print(records.columns)
    spark.stop()


def command(arguments: list[str]) -> None:
    assert_type(main(["plan", *arguments]), None)


if __name__ == "__main__":
    job(sys.argv[1], sys.argv[2])
