"""Page to text: one page in, always an answer out."""

import importlib
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from curate.extract import extractors, html
from curate.extract.extractors import EXTRACTORS, missing
from curate.extract.html import REASONS, Extraction, extract
from curate.extras import install

pytest.importorskip("lxml", exc_type=ImportError)

TEXT = "Some people say that a paragraph needs many words to be seen as one, and so it is here. "
PAGE = (
    f"<html><body><nav>menu</nav><article><h1>Größe</h1><p>{TEXT * 4}</p></article></body></html>"
)


NAMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(missing(name) is not None, reason=f"{name} is not installed"),
    )
    for name in EXTRACTORS
]


@pytest.mark.parametrize("name", NAMES)
def test_text_of_bytes_and_of_str(name):
    page = PAGE.encode("latin-1")
    found = extract(page, content_type="text/html; charset=iso-8859-1", extractor=name)
    assert found.text.count(TEXT.strip()) == 4
    assert "menu" not in found.text
    assert found == Extraction(found.text, "cp1252", "http", name, blocks=found.blocks)
    assert extract(PAGE, extractor=name) == replace(found, encoding="", encoding_rule="")


@pytest.mark.parametrize("name", NAMES)
def test_same_page_same_text_in_any_order(name):
    pages = [PAGE, PAGE.replace("people", "others"), f"<p>{TEXT}</p>" * 30]
    once = [extract(page, extractor=name) for page in pages]
    assert [extract(page, extractor=name) for page in pages * 3] == once * 3
    assert [extract(page, extractor=name) for page in reversed(pages)] == once[::-1]
    assert all(found.text for found in once[:2])


@pytest.mark.parametrize("name", NAMES)
def test_what_an_extractor_cannot_do_is_a_mistake(name):
    able = EXTRACTORS[name]
    for what, settings in (
        ("precision", {"precision": True}),
        ("markdown", {"format": "markdown"}),
    ):
        if getattr(able, what):
            assert extract(PAGE, extractor=name, **settings).text
        else:
            with pytest.raises(ValueError, match=f"{what}: expected an extractor of .*got {name}"):
                extract(PAGE, extractor=name, **settings)


CASES = {
    "nothing at all": (b"", {}, "no_text"),
    "only a picture": (b"<html><body><img src=x></body></html>", {}, "no_text"),
    "null bytes": (b"\x00" * 1000, {}, "no_text"),
    "too many bytes": (PAGE.encode(), {"max_bytes": 100}, "page_too_large"),
    "too many tags": (b"<p>" * 200_001, {}, "too_many_tags"),
    "too many cells": (b"<table><tr>" + b"<TD>x" * 5_001, {}, "too_many_cells"),
    "too deep": (f"{'<div>' * 300}{PAGE}".encode(), {"max_depth": 299}, "too_deep"),
    "too deep for the parser": (
        f"{'<div>' * 300}{PAGE}".encode(),
        {"extractor": "trafilatura"},
        "too_deep",
    ),
    "a line of 50 MB": (b"<p>" + b"word " * 10_000_000, {}, "page_too_large"),
    "10 million entities": (b"&amp;" * 10_000_000, {}, "page_too_large"),
    "a million links": (b"<a href=x>y</a>" * 330_000, {}, "too_many_tags"),
    "attributes without end": (b"<p" + b" a='b'" * 800_000, {}, "no_text"),
    "100,000 nested tags": (b"<div>" * 100_000, {}, "too_deep"),
}


@pytest.mark.parametrize(("page", "settings", "reason"), CASES.values(), ids=CASES)
def test_a_bad_page_has_a_reason(page, settings, reason):
    if (name := settings.get("extractor")) and missing(name):
        pytest.skip(f"{name} is not installed")
    found = extract(page, **settings)
    assert (found.text, found.reason) == ("", reason)
    assert reason in REASONS


def test_entities_are_neither_multiplied_nor_fetched(tmp_path):
    (tmp_path / "secret").write_text("the secret is out " * 50)
    names = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    names += ['<!ENTITY a0 "lol">', f'<!ENTITY x SYSTEM "file://{tmp_path}/secret">']
    page = f"<?xml version='1.0'?><!DOCTYPE html [{''.join(names)}]><html><body><p>&a9;&x;{TEXT}"
    found = extract(page.encode())
    assert "secret is" not in found.text
    assert len(found.text) < 2 * len(page)


def test_a_table_of_many_rows_is_not_too_wide():
    rows = "<tr><th>" + "<td>x" * 4_999
    assert not html._exceeds_cells(f"<table>{rows * 3}<p>", html.MAX_CELLS)
    assert not html._exceeds_cells("<td1>x" * 6_000, html.MAX_CELLS)
    assert html._exceeds_cells(f"<table>{rows}<td/>", html.MAX_CELLS)


def test_an_extractor_that_raises_costs_its_page(monkeypatch):
    def run(page, url):
        raise RuntimeError(page + str(url))

    monkeypatch.setattr(html, "load", lambda *_: run)
    assert extract(PAGE).reason == "extraction_failed"


def test_unknown_extractors_are_a_mistake():
    with pytest.raises(ValueError, match="trafilatura, got 'nobody'"):
        extract(PAGE, extractor="nobody")


DEPTHS = {
    "flat": ("<p>" * 1000 + "<li>" * 1000 + "<br>" * 1000, 0),
    "closed again": ("<div></div>" * 1000, 1),
    "open": ("<b>" * 7, 7),
    "closed too often": ("</div>" * 50 + "<div>" * 3, 3),
    "upper case": ("<DIV><Span>", 2),
}


@pytest.mark.parametrize(("page", "depth"), DEPTHS.values(), ids=DEPTHS)
def test_depth(page, depth):
    assert html.exceeds_depth(page, depth) is False
    assert depth == 0 or html.exceeds_depth(page, depth - 1) is True


def test_the_stop_list_is_frozen_and_whole():
    pytest.importorskip("trafilatura", exc_type=ImportError)
    extract(PAGE, extractor="trafilatura")
    external = importlib.import_module("trafilatura.external")
    frozen = external.JT_STOPLIST
    assert isinstance(frozen, frozenset)
    external.jt_stoplist_init()
    again, external.JT_STOPLIST = external.JT_STOPLIST, frozen
    assert frozen == set(again)


def test_another_trafilatura_is_left_alone():
    for other in (
        SimpleNamespace(),
        SimpleNamespace(JT_STOPLIST=None),
        SimpleNamespace(JT_STOPLIST=None, jt_stoplist_init=lambda: ("a",)),
    ):
        before = dict(vars(other))
        extractors.freeze_stop_list(other)
        assert vars(other) == before


def test_the_missing_package_names_the_extra(monkeypatch):
    extractors.load.cache_clear()
    for name, extra in (("trafilatura", "extract"), ("newspaper", "extractors")):
        monkeypatch.setitem(sys.modules, name, None)
        assert missing(name) is not None
        with pytest.raises(ImportError, match=f"{name}.*{re.escape(install(extra))}"):
            extract(PAGE, extractor=name)
    extractors.load.cache_clear()


def test_title_and_date():
    pytest.importorskip("htmldate", exc_type=ImportError)
    head = (
        "<html><head><title>On pages | The Paper</title>"
        '<meta property="article:published_time" content="2019-03-04T10:00:00Z"></head><body>'
    )
    page = head + "<h1>On pages</h1>" + PAGE
    asked = {"title": True, "date": True}
    assert (extract(page).title, extract(page).date) == ("On pages", None)
    found = extract(page, **asked, latest="2020-01-01T00:00:00Z")
    assert (found.title, found.date) == ("On pages", "2019-03-04")
    assert extract(page, **asked, latest="2018-01-01").date is None, "no day after the visit"
    assert extract(page, **asked).date is None, "without a bound none is looked for"
    with pytest.raises(ValueError, match="expected YYYY-MM-DD, got 'yesterday'"):
        extract(page, **asked, latest="yesterday")
