"""A crawl to unique, good pages on a Spark session of one's own.

    spark-submit examples/dataframes.py 'crawl/*.warc.gz' pages

Type-checked, strictly, with the package: what an editor says of these calls is true.
"""

import argparse

from pyspark.sql import DataFrame, SparkSession

import curate.spark as cs
from curate.filters import GopherQuality


def too_many_digits(text: str) -> str | None:
    """Return a reason to drop a text that is mostly numbers, or None."""
    digits = sum(map(str.isdigit, text))
    return "too_many_digits" if digits > 0.2 * len(text) else None


def documents_of(pages: DataFrame) -> DataFrame:
    """Return the pages with their text, language, and a reason where one is against them."""
    texts = pages.transform(cs.extract, html="payload", headers="http").drop("payload", "http")
    known = texts.transform(cs.identify_language, keep=["en", "de"])
    return known.transform(
        cs.judge,
        "gopher_repetition",
        {"c4": {"terminal_punctuation": False}},
        GopherQuality(too_few_words=30),
        too_many_digits,
        language="language",
    )


def main() -> None:
    """Read archives, write Parquet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives")
    parser.add_argument("out")
    given = parser.parse_args()
    spark = SparkSession.builder.appName("pages").getOrCreate()
    pages = cs.read_warc(spark, given.archives).select("id", "url", "date", "http", "payload")
    judged = documents_of(pages).cache()
    judged.groupBy("drop_reason").count().show()
    kept = judged.transform(cs.keep)
    unique = kept.transform(cs.deduplicate, order_by=["-date"], threshold=0.8)
    unique.transform(cs.measure, signals=["words"]).write.parquet(given.out)


if __name__ == "__main__":
    main()
