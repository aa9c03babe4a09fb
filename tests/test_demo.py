"""The crawl that shows the chain: what is in it, and that the same Python makes the same."""

import hashlib
import html
import io
import json
import re
import sysconfig
from collections import Counter

import pytest

from curate import demo, recipe
from curate.demo import prose
from curate.demo.kinds import KINDS, LISTS
from curate.demo.pages import MIRRORS
from curate.extract.html import extract
from curate.filters.language import Language
from curate.recipe.benchmarks import benchmark_files
from curate.steps import apply, judge
from curate.warc.kinds import classify
from curate.warc.reader import Damage, read_records


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    return demo.make_crawl(tmp_path_factory.mktemp("demo")).parent


def records(folder):
    for path in sorted((folder / "crawl").glob("*.warc.gz")):
        yield from read_records(io.BytesIO(path.read_bytes()))


def pages(folder):
    return [
        record
        for record in records(folder)
        if not isinstance(record, Damage) and classify(record) is None
    ]


def kind_of(record):
    return record.url.split("/")[3]


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_the_same_python_makes_the_same_crawl(crawl, tmp_path):
    prose.docstrings.cache_clear()
    demo.make_crawl(tmp_path / "again")
    assert digests(tmp_path / "again") == digests(crawl)


def test_the_recipe_is_valid_and_finds_its_files(crawl):
    read = recipe.load(crawl / "recipe.yaml")
    assert list(read.sources) == ["crawl", "docs", "books"]
    assert {name for name, source in read.sources.items() if source.reference} == {"docs", "books"}
    result = digests(crawl).keys() - {"recipe.yaml", "benchmark.jsonl"}
    result -= {f"lists/{name}.txt" for name in LISTS}
    assert [benchmark_file.name for benchmark_file in benchmark_files(read.decontaminate)] == [
        "benchmark"
    ]
    for source in read.sources.values():
        for pattern in source.path:
            inside = {name for name in result if (crawl / name).match(pattern)}
            assert inside, pattern
            result = result - inside
    assert result == set()


def test_there_is_what_every_crawl_has(crawl):
    counts = Counter(
        record.why if isinstance(record, Damage) else classify(record) for record in records(crawl)
    )
    assert counts["corrupt"] == 1
    # the damaged record is a page or the request for one
    assert {counts[None], counts["request"]} <= {demo.PAGES, demo.PAGES - 1}
    assert counts[None] + counts["request"] == 2 * demo.PAGES - 1
    assert (counts["garbage"], counts["truncated"]) == (1, 1)
    others = dict.fromkeys(
        ("warcinfo", "redirect", "http_error", "metadata", "revisit", "continuation", "unknown",
         "no_http"), 2,
    )  # fmt: skip
    assert {kind: counts[kind] for kind in others} == others
    assert counts["not_html"] == 4


def test_every_kind_of_page_is_there(crawl):
    counts = Counter(map(kind_of, pages(crawl)))
    assert counts.keys() == {*KINDS, "article", "copy", "docs"}
    for kind, (share, _) in KINDS.items():
        assert max(1, demo.PAGES * share // 1000) - counts[kind] in (0, 1)


REASONS = {  # kind of page -> why it is dropped, wherever that does not hang on its prose
    "foreign": "language_not_kept",
    "moved": "language_uncertain",
    "empty": "no_text",
    "huge": "page_too_large",
    "deep": "too_deep",
    "thin": "too_few_words",
    "spam": "top_2_gram",
    "hashes": "too_many_hashes",
    "lorem": "lorem_ipsum",
    "verse": "too_many_short_lines",
    "advertised": "url_domain",
    "old": "url_listed",
    "freedownloads": "url_substring",
    "casino": "url_hard_word",
    "cheap-sale": "url_soft_words",
}


def test_each_kind_of_page_meets_its_reason(crawl):
    read = recipe.load(crawl / "recipe.yaml")
    steps = [judge(Language(keep=read.language.keep)), *read.steps()]
    result = Counter()
    for page in pages(crawl):
        got = extract(
            page.payload,
            content_type=page.content_type,
            max_bytes=read.extract.max_page_bytes,
        )
        result[kind_of(page), got.reason or apply(steps, got.text, {"url": page.url})[1]] += 1
    wrong = {pair for pair in result if pair[0] in REASONS and pair[1] != REASONS[pair[0]]}
    assert wrong == set()
    for kind in (
        "script",
        "teasers",
        "echo",
        "javascript",
        "numbers",
        "identifiers",
        "list",
    ):
        assert result[kind, None] == 0
    assert result["refrain", "repeated_lines"] > 0
    assert result["rude", "bad_word"] > 0
    kept = sum(result[kind, None] for kind in ("article", "copy", "docs"))
    assert kept > demo.PAGES // 3


def test_questions_stand_in_pages_but_for_one(crawl):
    texts = [" ".join(page.payload.decode("latin-1").split()) for page in pages(crawl)]
    rows = [json.loads(line) for line in (crawl / "benchmark.jsonl").read_text().splitlines()]
    asked = [html.escape(row["question"]) for row in rows]
    result = [any(one in text for text in texts) for one in asked]
    assert len(result) > 5  # how many hangs on the docstrings of this Python
    assert result.count(False) in (1, 2)  # or its page is the damaged one
    assert result[-1] is False


def test_some_pages_were_captured_twice(crawl):
    urls = {page.url for page in pages(crawl)}
    again = [url for url in urls if "%2E" in url]
    assert again
    assert all(url.replace("%2E", ".") in urls for url in again)


def test_names_are_unique(crawl):
    read = [record for record in records(crawl) if not isinstance(record, Damage)]
    assert max(Counter(record.record_id for record in read).values()) == 1
    named = [(record.kind, record.url) for record in read if record.url]
    assert max(Counter(named).values()) == 1


def test_mirrors_serve_what_their_originals_serve(crawl):
    bodies = {record.url: record.payload for record in pages(crawl)}
    mirrors = [url for url in bodies if "//mirror." in url]
    same = [bodies[url] == bodies.get(url.replace("mirror.", "")) for url in mirrors]
    assert len(same) >= demo.PAGES * MIRRORS // 1000 - 1
    assert same.count(False) <= 1  # where the original is the damaged one


def test_the_pages_decode_as_their_sites_send_them(crawl):
    foreign = [record for record in pages(crawl) if kind_of(record) == "foreign"]
    codes = {record.url.split("/")[2]: record for record in foreign}
    assert "warmes Brot" in "".join(record.payload.decode("latin-1") for record in foreign)
    assert codes["notebook.example.com"].http["content-encoding"] == "gzip"
    assert "charset" not in codes["handbook.example.net"].http["content-type"]
    assert b"charset=iso-8859-1" in codes["handbook.example.net"].payload


def test_pages_stand_on_hosts_that_nobody_can_own(crawl):
    hosts = {record.url.split("/")[2] for record in pages(crawl)}
    assert {host for host in hosts if re.search(r"(^|\.)example\.(org|com|net)$", host)} == hosts


def test_one_page_is_larger_than_the_recipe_allows(crawl):
    limit = recipe.load(crawl / "recipe.yaml").extract.max_page_bytes
    larger = [kind_of(record) for record in pages(crawl) if len(record.payload) > limit]
    assert larger == ["huge"]


def test_the_documentation_has_whole_lines_an_empty_and_a_torn_one(crawl):
    lines = (crawl / "docs.jsonl").read_text().splitlines()
    good = []
    for line in lines:
        try:
            good.append(json.loads(line))
        except ValueError:
            continue
    assert lines.count("") == 1
    assert len(good) == len(lines) - 2 >= 50
    assert len({row["id"] for row in good}) == len(good)


def test_no_prose_is_used_twice_but_on_purpose():
    books, documentation, articles = prose.share_out()
    whole = [p for piece in documentation + articles for p in piece.paragraphs]
    assert len(set(whole)) == len(whole)
    assert len({piece.title for piece in books + documentation + articles}) == len(
        books + documentation + articles
    )


PARAGRAPHS = {
    "prose": ("This is a sentence of\nten words, neither more nor less.", 1),
    "too short": ("Nine words are not enough to make prose here.", 0),
    "a list": ("- one thing and another and a third and a fourth one.", 0),
    "code": (">>> this is what you would type at the prompt of it.", 0),
    "a signature": ("Foo(a=1, b=2) makes a foo of that size and of no other.", 0),
    "no end": ("This is a sentence of ten words without an end", 0),
}


@pytest.mark.parametrize(("text", "count"), PARAGRAPHS.values(), ids=PARAGRAPHS)
def test_paragraphs(text, count):
    assert len(list(prose._paragraphs(text))) == count


def test_markup_is_taken_off():
    text = "The ``size`` and the *length* of :class:`Foo` and of `bar' are what they are, friend."
    assert list(prose._paragraphs(text)) == [
        "The size and the length of Foo and of bar are what they are, friend."
    ]


@pytest.mark.parametrize(
    ("count", "message"), [(49, "at least 50, got 49"), (9999, "ask for fewer pages")]
)
def test_a_count_of_pages_that_cannot_be_is_refused(tmp_path, count, message):
    with pytest.raises(ValueError, match=message):
        demo.make_crawl(tmp_path / "demo", pages=count)
    assert not (tmp_path / "demo").exists()


def test_fifty_pages_have_one_of_each_kind(tmp_path):
    folder = demo.make_crawl(tmp_path, pages=50).parent
    kinds = {kind_of(record) for record in pages(folder)}
    missing = {*KINDS, "article", "copy", "docs"} - kinds
    assert len(missing) <= 1  # the damaged record


def test_a_library_without_sources_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    prose.docstrings.cache_clear()
    with pytest.raises(RuntimeError, match="make_crawl: expected the sources of the standard"):
        demo.make_crawl(tmp_path / "demo")
    prose.docstrings.cache_clear()
