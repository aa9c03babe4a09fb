"""Page to text: one page in, always an answer out."""

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
    "too deep": (f"{'<div>' * 300}{PAGE}".encode(), {}, "too_deep"),
    "100,000 nested tags": (b"<div>" * 100_000, {}, "too_deep"),
}


@pytest.mark.parametrize(("page", "settings", "reason"), CASES.values(), ids=CASES)
def test_a_bad_page_has_a_reason(page, settings, reason):
    found = extract(page, **settings)
    assert (found.text, found.reason) == ("", reason)
    assert reason in REASONS


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
