"""A user's script, for mypy strict: filters in other tools and filters of one's own. Never run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_type

import pyarrow as pa
import pyarrow.dataset as ds

import curate
from curate.dedup import find_duplicates, jaccard
from curate.extract import extract
from curate.filters import C4, GopherQuality, GopherRepetition, find
from curate.steps import Step, apply, edit, judge, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Shouting:
    share: float = 0.3

    def __call__(self, text: str) -> str | None:
        letters = sum(map(str.isalpha, text)) or 1
        return "shouting" if sum(map(str.isupper, text)) > self.share * letters else None


def is_short(row: Mapping[str, Any]) -> str | None:
    return "short" if row["length"] < 100 else None


def keep(text: str) -> bool:
    good = GopherQuality(too_few_words=30)
    assert_type(good(text), str | None)
    return good(text) is None


def of_table(table: pa.Table) -> pa.Table:
    judged = curate.judge(table, "gopher_quality", Shouting(share=0.5), text="body")
    assert_type(judged, pa.Table)
    return judged


def of_batches(path: str) -> Iterator[pa.RecordBatch]:
    for batch in ds.dataset(path, format="parquet").to_batches(columns=["id", "text"]):
        yield curate.judge(batch, "gopher_quality")


def chain(text: str) -> str:
    steps: list[Step] = [edit(str.strip), judge(Shouting()), record(is_short), *find("c4")]
    assert_type(apply(steps, text, {"length": 5}), tuple[str, str | None])
    GopherRepetition()
    C4(terminal_punctuation=False)
    assert_type(jaccard("a b c", "a b d"), float)
    assert_type([one.removed for one in find_duplicates(["a", "b"])], list[int])
    assert_type(extract(b"<p>a").text, str)
    return apply(steps, text)[0]
