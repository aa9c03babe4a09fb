"""Which pages the prefilter may drop, which are exempt, and that nothing else changes."""

from pathlib import Path

import pytest
from warc.archives import archive, response

from curate import recipe
from curate.filters.gopher import GopherQuality
from curate.filters.html_prefilter import HtmlPrefilter
from curate.filters.language import Language
from curate.sources import InputFile, Range, Reading, read
from curate.sources.prefilter_policy import PAGE_BYTES, PrefilterPolicy, describe, policies
from curate.store.keys import MODULUS, uniform

PREFILTER = HtmlPrefilter.of(GopherQuality(), language=Language())


def parsed(**keys):
    sources = {
        "crawl": {"kind": "warc", "path": "x"},
        "books": {"kind": "text", "path": "y", "reference": True},
    }
    return recipe.parse({"sources": sources, **keys}, Path("/"))


def files(pages=1000):
    return [
        InputFile(0, "books", "y", "/y", 10**9, "v"),
        InputFile(1, "crawl", "x", "/x", pages * PAGE_BYTES, "v"),
    ]


PII = {"pii": {"ip": "the machine"}}  # words that a page has not
NO_SAMPLES = {"output": {"unjudged": 0}}
LEARNS = {"quality": {"documents": 500}}
WITHOUT = {
    "switched off": {**NO_SAMPLES, "extract": {"prefilter": False}},
    "no rule with a prefilter": {**NO_SAMPLES, "filters": ["c4"]},
    "a rule behind an edit nobody knows": {**NO_SAMPLES, "filters": [PII, "gopher_quality"]},
    "a rule without bounds": {
        **NO_SAMPLES,
        "filters": [{"gopher_quality": {"too_few_words": None, "too_few_stop_words": None}}],
    },
    "more samples than pages": {"output": {"unjudged": 1000}},
    "more to learn from than pages": {**NO_SAMPLES, "quality": {"documents": 1000}},
    "nobody judges": {
        **NO_SAMPLES,
        "sources": {"crawl": {"kind": "warc", "path": "x", "filter": False}},
    },
    "more samples than pages of a share of the records": {
        "output": {"unjudged": 100},
        "extract": {"sample": 0.1},
    },
    "pages of a list, of which there may be few": {
        "output": {"unjudged": 100},
        "sources": {"crawl": {"kind": "warc", "path": "x", "urls": "z"}},
    },
    "captures of an index": {
        "output": {"unjudged": 100},
        "sources": {"crawl": {"kind": "warc", "path": "x", "index": "z"}},
    },
    "no pages": {**NO_SAMPLES, "sources": {"crawl": {"kind": "wet", "path": "x"}}},
}


@pytest.mark.parametrize("keys", WITHOUT.values(), ids=WITHOUT)
def test_without_gates(keys):
    assert policies(parsed(**keys), files()) == {}


def test_gates_have_the_bounds_of_the_recipe_and_spare_what_is_drawn():
    assert policies(parsed(**NO_SAMPLES), files()) == {
        "crawl": PrefilterPolicy(PREFILTER, "crawl", 7, 0)
    }
    made = policies(parsed(output={"unjudged": 100}, filters=["gopher_quality"]), files())
    assert made["crawl"].exempt == MODULUS // 10
    made = policies(parsed(output={"unjudged": 100}, **LEARNS), files())
    assert made["crawl"].exempt == MODULUS // 2
    sampled = parsed(output={"unjudged": 100}, extract={"sample": 0.2})
    assert policies(sampled, files())["crawl"].exempt == MODULUS // 2, "of the pages that are read"
    strict = parsed(**NO_SAMPLES, filters=[{"gopher_quality": {"too_few_words": 5}}])
    assert policies(strict, files())["crawl"].prefilter.min_letters == 4
    for keys in ({"language": None}, {"language": {"keep": ["en", "de"]}}):
        assert policies(parsed(**NO_SAMPLES, **keys), files())["crawl"].prefilter.english is None
    spared = PrefilterPolicy(PREFILTER, "crawl", 7, MODULUS // 10)
    for n in range(100):
        assert spared.is_exempt(str(n)) == (uniform("sample", f"crawl/{n}", 7) < 0.1)


def test_a_plan_says_whether_it_is_on_and_why_not():
    assert describe(parsed(**NO_SAMPLES), files()).startswith("on: ")
    off = parsed(**NO_SAMPLES, extract={"prefilter": False})
    assert describe(off, files()) == "off: switched off in the recipe"
    assert "no gopher_quality" in describe(parsed(**NO_SAMPLES, filters=["c4"]), files())
    assert "every page" in describe(parsed(output={"unjudged": 10**6}), files())
    texts = {"sources": {"books": {"kind": "text", "path": "x"}}}
    assert describe(recipe.parse(texts, Path("/")), []) is None


def rows_of(path, own):
    size = path.stat().st_size
    file = InputFile(1, "crawl", path.name, str(path), size, "v")
    source = recipe.Source(kind="warc", path=str(path))
    reading = Reading(policies=own)
    return list(
        read(Range(file, 0, size), source, recipe.Extract(extractor="trafilatura"), reading)
    ), reading.tally


def test_a_prefilter_changes_reasons_only(tmp_path):
    pytest.importorskip("trafilatura", exc_type=ImportError)
    good = "<p>The paragraph has many of those words that a page is judged by, as it seems.</p>" * 6
    bodies = [f"<html><body><h1>Page {n}</h1>{good}".encode() for n in range(3)]
    bodies += [b"<html><body><p>Only the few words of a page" + bytes([65 + n]) for n in range(40)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(archive([response(n, body) for n, body in enumerate(bodies)])[0])
    plain, tally = rows_of(path, {})
    prefiltered, same = rows_of(path, {"crawl": PrefilterPolicy(PREFILTER, "crawl", 7, 0)})
    assert (tally.records, tally.checksum) == (same.records, same.checksum)
    rule = GopherQuality()
    for (table, row), (other_table, other_row) in zip(plain, prefiltered, strict=True):
        if other_table == "documents":
            assert (table, row) == (other_table, other_row)
        else:
            assert other_row["reason"] == "too_few_words"
            assert rule(row["text"]) == "too_few_words"
            same = {name: row[name] for name in ("key", "id", "url", "n", "file_path")}
            assert same.items() <= other_row.items()
    assert sum(table == "outcomes" for table, _ in prefiltered) == 40
    some, _ = rows_of(path, {"crawl": PrefilterPolicy(PREFILTER, "crawl", 7, MODULUS // 2)})
    spared = [row for table, row in some[3:] if table == "documents"]
    assert 5 < len(spared) < 35
    assert all(uniform("sample", f"crawl/{row['id']}", 7) < 0.5 for row in spared)
