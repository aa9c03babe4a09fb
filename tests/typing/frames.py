"""A user's script, for mypy strict: the functions on DataFrames. Checked, never run."""

from typing import assert_type

from pyspark.sql import DataFrame, SparkSession

import curate.spark as cs


def too_short(text: str) -> str | None:
    return "too_short" if len(text) < 20 else None


def unique_pages(spark: SparkSession, references: DataFrame) -> DataFrame:
    pages = cs.read_warc(spark, "crawl/*.warc.gz", types=["response"])
    judged = (
        pages.transform(cs.extract)
        .transform(cs.identify_language, keep=["en"])
        .transform(cs.judge, "gopher_repetition", {"c4": {"terminal_punctuation": False}})
    )
    assert_type(judged, DataFrame)
    assert_type(cs.judge(judged, too_short, text="body", reason="why"), DataFrame)
    kept = cs.keep(judged)
    assert_type(cs.measure(kept, signals=["words"], prefix="of_text_"), DataFrame)
    assert_type(cs.duplicates(kept, order_by=["quality_score"], threshold=0.7), DataFrame)
    trained = cs.train_quality(references, kept, url=None)
    scored = cs.score(kept, trained, score="good")
    drawn = cs.keep(cs.pareto(scored, alpha=9, score="good"))
    clean = cs.decontaminate(drawn, ["benchmark.jsonl"])
    return cs.mix(cs.deduplicate(cs.keep(clean)), {"crawl": 0.6, "books": 0.4}, tokens=10_000)
