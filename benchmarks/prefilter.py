"""Print what the prefilter saves, and whether a page that would be kept is lost by it.

    python benchmarks/prefilter.py FILE.warc.gz [FILE ...] [--extractor NAME] [--every 1]

Every page (or every k-th) is processed in both ways, from its bytes to the outcome of the default
recipe: with the prefilter and without, in turns, in one process. CPU seconds. A page is lost if it
would be kept without the prefilter and is not with it; its reason is different if both ways drop it
for others. A perfect prefilter costs nothing and drops every page that either way drops for its
reasons.
"""

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.filters.html_prefilter import HtmlPrefilter
from curate.recipe import Recipe, Source
from curate.sources.pages import PageFunction, page_function
from curate.sources.prefilter_policy import prefilter_of
from curate.stages.filter import rules
from curate.warc.kinds import classify
from curate.warc.reader import ArchiveRecord, read_records

REASONS = {"too_few_words", "too_few_stop_words", "language_not_kept"}
SCHEMA = pa.schema([("url", pa.string()), ("text", pa.string()), ("drop_reason", pa.string())])


def verdict(
    record: ArchiveRecord, function: PageFunction, prefilter: HtmlPrefilter | None, judge: Any
) -> tuple[str | None, bool, float]:
    """Return (why the page is dropped or None, whether by the prefilter, CPU seconds)."""
    began = time.process_time()
    page = function(
        record.payload, url=record.url, content_type=record.content_type, prefilter=prefilter
    )
    reason = page.reason
    if reason is None:
        row = {"url": record.url, "text": page.text, "drop_reason": None}
        batch = pa.RecordBatch.from_pylist([row], schema=SCHEMA)
        reason = judge(batch)["drop_reason"][0].as_py()
    dropped_early = reason is not None and page.extractor == ""
    return reason, dropped_early, time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--extractor")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    source = Source(kind="warc", path=("x",))
    recipe = Recipe.model_validate({"sources": {"crawl": source}})
    settings = recipe.extract
    if options.extractor:
        settings = settings.model_copy(update={"extractor": options.extractor})
    prefilter, judge, function = prefilter_of(recipe)[0], rules(recipe), page_function(settings)
    assert prefilter is not None
    warm = (
        b"<html><body><p>"
        + b"What is loaded once is loaded by this page, and not by one of theirs. " * 9
    )
    judge(pa.RecordBatch.from_pylist([{"text": function(warm).text}], schema=SCHEMA))
    print(f"extractor {settings.extractor}, filters of the default recipe, {prefilter}")
    for path in options.files:
        seconds, pages, dropped_early = Counter[str](), 0, Counter[str]()
        kept, lost, other_reason, saved = 0, [], 0, 0.0
        with path.open("rb") as file:
            records = (r for r in read_records(file) if isinstance(r, ArchiveRecord))
            for number, record in enumerate(r for r in records if classify(r) is None):
                if number % options.every:
                    continue
                modes = [("without", None), ("with", prefilter)]
                reasons: dict[str, str | None] = {}
                spent: dict[str, float] = {}
                for mode, prefilter_ in modes if number % 2 else modes[::-1]:
                    reasons[mode], refused, spent[mode] = verdict(
                        record, function, prefilter_, judge
                    )
                    seconds[mode] += spent[mode]
                    dropped_early[str(reasons[mode])] += refused
                pages += 1
                without, prefiltered = reasons["without"], reasons["with"]
                kept += without is None
                other_reason += without is not None and prefiltered != without
                if without is None and prefiltered is not None:
                    lost.append(record.url)
                if REASONS.intersection((without, prefiltered)):
                    saved += spent["without"]
        print(
            f"{path.name}: {pages:,} pages, {kept:,} kept, {len(lost)} of them lost {lost[:3]}; "
            f"{other_reason:,} with another reason"
        )
        shares = {why: f"{n / pages:.1%}" for why, n in sorted(dropped_early.items()) if n}
        print(f"  the prefilter refuses {dropped_early.total() / pages:.1%}: {shares}")
        for mode, took in sorted(seconds.items(), reverse=True):
            print(f"  {mode:8} {took:7.1f} s {pages / took:7.1f} pages/s")
        print(f"  with the prefilter {seconds['without'] / seconds['with']:.2f} times as fast")
        print(f"  a perfect prefilter: {seconds['without'] / (seconds['without'] - saved):.2f}")


if __name__ == "__main__":
    main()
