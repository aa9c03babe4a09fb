"""A run with a look before extraction, and one without: the same documents stay."""

import pyarrow.parquet as pq
from warc.archives import archive, response

from curate import recipe as recipes
from curate.spark import extract, pipeline
from curate.spark import filter as filter_
from curate.store.keys import Tally

PROSE = (
    "Some people of the town say that a paragraph needs many words to be seen as one. "
    "They have a point, and those who write with care will agree to it. "
    "We asked {n} of them about number {n}, and this is what the answers were in the end. "
)


def pages():
    """Return pages that stay, pages of few words, and pages without stop words."""
    for n in range(60):
        kind = n % 3
        text = (
            " ".join(PROSE.format(n=10 * n + k) for k in range(6)) if kind == 0
            else f"Only the few words of page {n}" if kind == 1
            else " ".join(f"Wort{k * n} und noch eines mehr," for k in range(40))
        )  # fmt: skip
        yield response(n, f"<html><body><article><p>{text}</p></article></body></html>".encode())


def ran(spark, folder, out, **keys):
    whole = {
        "sources": {"s": {"kind": "warc", "path": "a.warc.gz"}},
        "extract": {"extractor": "trafilatura", **keys},
        "filters": ["gopher_quality"],
        "output": {"unjudged": 0},
    }
    run = pipeline.start(recipes.parse(whole, folder), str(folder / out), say=lambda _: None)
    run = run.on(spark)
    extracted = extract.stage(run)
    filtered = filter_.stage(run, extracted)
    fates = [
        row
        for commit in (extracted.base, filtered.base)
        for file in commit.files("fates")
        for row in pq.read_table(commit.url(file)).to_pylist()
    ]
    kept = [
        row
        for file in filtered.base.files("documents")
        for row in pq.read_table(filtered.base.url(file)).to_pylist()
    ]
    return sorted(kept, key=lambda row: row["key"]), sorted(fates, key=lambda row: row["key"])


def tally(rows):
    total = Tally()
    for row in rows:
        total.add(row["source"], row["file_path"], row["n"])
    return total


def test_a_look_changes_stages_and_reasons_only(spark, tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(archive(list(pages()))[0])
    kept, fates = ran(spark, tmp_path, "with")
    plain_kept, plain_fates = ran(spark, tmp_path, "without", cascade=False)
    assert (kept, len(kept)) == (plain_kept, 20)
    assert tally(kept) + tally(fates) == tally(plain_kept) + tally(plain_fates)
    assert {row["stage"] for row in fates} == {"extract"}
    assert {row["reason"] for row in fates} == {"too_few_words", "too_few_stop_words"}
    assert {row["stage"] for row in plain_fates} == {"filter"}
    names = ("key", "id", "url", "state")
    assert [[row[name] for name in names] for row in fates] == [
        [row[name] for name in names] for row in plain_fates
    ]
