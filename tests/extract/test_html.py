"""Page to text: one page in, always an answer out."""

import importlib
import sys
from types import SimpleNamespace

import pytest

from curate.extract import html
from curate.extract.html import REASONS, Extraction, extract

pytest.importorskip("trafilatura", exc_type=ImportError)

TEXT = "Some people say that a paragraph needs many words to be seen as one, and so it is here. "
PAGE = (
    f"<html><body><nav>menu</nav><article><h1>Größe</h1><p>{TEXT * 4}</p></article></body></html>"
)


def test_text_of_bytes_and_of_str():
    found = extract(PAGE.encode("latin-1"), content_type="text/html; charset=iso-8859-1")
    assert found.text.count(TEXT.strip()) == 4
    assert found == Extraction(found.text, "cp1252", "http", "trafilatura")
    assert extract(PAGE) == Extraction(found.text, "", "", "trafilatura")


CASES = {
    "nothing at all": (b"", {}, "no_text"),
    "only a picture": (b"<html><body><img src=x></body></html>", {}, "no_text"),
    "null bytes": (b"\x00" * 1000, {}, "no_text"),
    "too many bytes": (PAGE.encode(), {"max_bytes": 100}, "page_too_large"),
    "too many tags": (b"<p>" * 200_001, {}, "too_many_tags"),
    "too many cells": (b"<table><tr>" + b"<TD>x" * 5_001, {}, "too_many_cells"),
    "too deep": (f"{'<div>' * 300}{PAGE}".encode(), {"max_depth": 299}, "too_deep"),
    "too deep for the parser": (f"{'<div>' * 300}{PAGE}".encode(), {}, "too_deep"),
    "a line of 50 MB": (b"<p>" + b"word " * 10_000_000, {}, "page_too_large"),
    "10 million entities": (b"&amp;" * 10_000_000, {}, "page_too_large"),
    "a million links": (b"<a href=x>y</a>" * 330_000, {}, "too_many_tags"),
    "attributes without end": (b"<p" + b" a='b'" * 800_000, {}, "no_text"),
    "100,000 nested tags": (b"<div>" * 100_000, {}, "too_deep"),
}


@pytest.mark.parametrize(("page", "settings", "reason"), CASES.values(), ids=CASES)
def test_a_bad_page_has_a_reason(page, settings, reason):
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
    assert not html._wider(f"<table>{rows * 3}<p>", html.MAX_CELLS)
    assert not html._wider("<td1>x" * 6_000, html.MAX_CELLS)
    assert html._wider(f"<table>{rows}<td/>", html.MAX_CELLS)


def test_an_extractor_that_raises_costs_its_page(monkeypatch):
    def run(page, url, precision):
        raise RuntimeError(page + str(url) + str(precision))

    monkeypatch.setitem(html._EXTRACTORS, "trafilatura", lambda: run)
    assert extract(PAGE).reason == "extraction_failed"


def test_unknown_extractors_are_a_mistake():
    with pytest.raises(ValueError, match="trafilatura, got 'nobody'"):
        extract(PAGE, extractor="nobody")


def test_same_page_same_text_in_any_order():
    pages = [PAGE, PAGE.replace("people", "others"), f"<p>{TEXT}</p>" * 30]
    once = [extract(page) for page in pages]
    assert [extract(page) for page in pages * 10] == once * 10
    assert [extract(page) for page in reversed(pages)] == once[::-1]
    assert all(found.text for found in once)


DEPTHS = {
    "flat": ("<p>" * 1000 + "<li>" * 1000 + "<br>" * 1000, 0),
    "closed again": ("<div></div>" * 1000, 1),
    "open": ("<b>" * 7, 7),
    "closed too often": ("</div>" * 50 + "<div>" * 3, 3),
    "upper case": ("<DIV><Span>", 2),
}


@pytest.mark.parametrize(("page", "depth"), DEPTHS.values(), ids=DEPTHS)
def test_depth(page, depth):
    assert html.deeper(page, depth) is False
    assert depth == 0 or html.deeper(page, depth - 1) is True


def test_the_stop_list_is_frozen_and_whole():
    extract(PAGE)
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
        html._freeze_stop_list(other)
        assert vars(other) == before


def test_the_missing_package_names_the_extra(monkeypatch):
    html._trafilatura.cache_clear()
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ImportError, match=r"pip install 'corpus-curate\[extract\]'"):
        extract(PAGE)
    html._trafilatura.cache_clear()
