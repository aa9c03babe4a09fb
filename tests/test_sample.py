"""A sample of the records: by id alone, before anything is extracted, and every record counted."""

from collections import Counter

import pytest

from curate import recipe, sources
from curate.demo import make_crawl
from curate.recipe import RecipeError
from curate.sources import Reading, pages
from curate.store.keys import uniform


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    return recipe.load(make_crawl(tmp_path_factory.mktemp("demo"), pages=60))


def read(crawl, **sample):
    """Return (table, row) of every record of the crawl, and the tally."""
    files, _ = sources.inventory(crawl)
    reading = Reading(**sample)
    rows = []
    for ranges in sources.split(files, crawl).values():
        for part in ranges:
            source = crawl.sources[part.file.source]
            rows += sources.read(part, source, crawl.extract, reading)
    return rows, reading.tally


def test_what_is_drawn_hangs_on_the_id_and_every_record_counts(crawl):
    whole, tally = read(crawl)
    rows, sampled = read(crawl, sample=0.3, seed=7)
    assert (sampled.records, sampled.checksum) == (tally.records, tally.checksum)
    assert sampled.characters < tally.characters, "what is not drawn is not extracted"
    assert [row["key"] for _, row in rows] == [row["key"] for _, row in whole]
    for (table, row), (was, before) in zip(rows, whole, strict=True):
        undrawn = was == "outcomes" and before["state"] != "dropped"  # no document
        if undrawn or uniform("sample", row["id"], 7) < 0.3:
            assert (table, row) == (was, before)
        else:
            assert (table, row["state"], row["reason"], row["stage"]) == (
                "outcomes", "skipped", "not_sampled", "extract",
            )  # fmt: skip
            assert "text" not in row
    drawn = Counter(table for table, row in rows)["documents"]
    assert 0.2 < drawn / Counter(table for table, _ in whole)["documents"] < 0.4


def test_a_smaller_sample_is_part_of_a_larger_one(crawl):
    ids = [
        {row["id"] for table, row in read(crawl, sample=share, seed=7)[0] if table == "documents"}
        for share in (0.1, 0.5, 1.0)
    ]
    assert ids[0] < ids[1] < ids[2]
    assert ids[2] == {row["id"] for table, row in read(crawl)[0] if table == "documents"}


def test_pages_that_are_not_drawn_are_not_extracted(crawl, monkeypatch):
    extracted = []
    plain = pages.extract

    def counting(payload, **settings):
        extracted.append(settings["url"])
        return plain(payload, **settings)

    monkeypatch.setattr(pages, "extract", counting)
    rows, _ = read(crawl, sample=0.2, seed=7)
    left_out = {row.get("url") for _, row in rows if row.get("reason") == "not_sampled"}
    assert len(left_out) > 30
    assert extracted
    assert not left_out & set(extracted)


def test_the_budget_shrinks_with_it_and_the_recipe_says_so(crawl):
    whole = crawl.model_copy(update={"mix": crawl.mix.model_copy(update={"tokens": 1_000})})
    small = whole.sampled(0.01)
    assert (small.extract.sample, small.mix.tokens) == (0.01, 10)
    assert small.without_paths()["extract"]["sample"] == 0.01
    assert crawl.sampled(0.5).mix.tokens is None
    assert crawl.sampled(None) is crawl


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_a_share_that_is_none(crawl, share):
    with pytest.raises(RecipeError, match="sample: expected a share above 0 and up to 1, got"):
        crawl.sampled(share)
