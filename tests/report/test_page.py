"""The page of a run: its numbers are the ledger's, text of the crawl stays text, nothing is asked
for, and it is never large."""

import html.parser
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RecipeError
from curate.report import page as pages
from curate.report.page import MOST_BYTES, embedded, page, write_page
from curate.report.page_data import page_data, shortened
from report.page_case import HOSTILE


class Page(html.parser.HTMLParser):
    """A page as a browser reads it without running it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open = dict(attrs).get("type", tag) if tag == "script" else tag
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, text):
        self.texts[self.open] = self.texts.get(self.open, "") + text

    @property
    def data(self):
        return json.loads(self.texts["application/json"])


def summed(data, state, stage=None, reason=None, at=4):
    return sum(
        row[at] for row in data["outcomes"]
        if row[1] == state and stage in (None, row[2]) and reason in (None, row[3])
    )  # fmt: skip


def assert_as_in_the_ledger(data, ledger):
    """Assert that every count of the outcomes on a page is the ledger's."""
    assert sum(row[4] for row in data["outcomes"]) == ledger["records_in"]
    for state in ("kept", "held_out", "unused", "damaged"):
        assert summed(data, state) == ledger[state]
    for state in ("kept", "held_out", "unused"):
        assert summed(data, state, at=5) == ledger["characters"][state]
    for kind, count in ledger["skipped"].items():
        assert summed(data, "skipped", "extract", kind) == count
    assert summed(data, "skipped") == sum(ledger["skipped"].values())
    for stage, own in ledger["dropped"].items():
        for reason, count in own.items():
            assert summed(data, "dropped", stage, reason) == count
            characters = ledger["characters"]["dropped"][stage][reason]
            assert summed(data, "dropped", stage, reason, at=5) == characters
    assert summed(data, "dropped") == sum(sum(own.values()) for own in ledger["dropped"].values())
    assert data["ledger"] == ledger


def test_the_numbers_are_the_ledgers(out):
    data = Page(page(page_data(str(out)))).data
    assert_as_in_the_ledger(data, json.loads((out / "ledger.json").read_text()))


def test_text_of_the_crawl_makes_no_element(out):
    read = Page(page(page_data(str(out))))
    tags = [tag for tag, _ in read.tags]
    assert (tags.count("script"), tags.count("img")) == (2, 0)
    assert read.data["samples"][0]["text"] == HOSTILE
    assert read.data["sites"]["rows"][0][0] == HOSTILE


def test_nothing_is_asked_for(out):
    text = page(page_data(str(out)))
    read = Page(text)
    for tag, attributes in read.tags:
        for name in ("src", "href", "action", "data", "srcset"):
            assert attributes.get(name, "#").startswith("#"), (tag, name)
    for part in ("style", "script"):
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|import\(", read.texts[part])
    policy = next(a["content"] for _, a in read.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "innerHTML" not in text.replace(json.dumps(HOSTILE), "")


def test_the_same_run_gives_the_same_page(out):
    first = page(page_data(str(out)))
    assert page(page_data(str(out))) == first
    (out / "run.json").unlink()
    data = page_data(str(out))
    assert data["run"] is None
    assert page({**data, "run": json.loads(json.dumps(Page(first).data["run"]))}) == first


@given(st.text() | st.dictionaries(st.text(), st.text()))
def test_embedded_data_are_read_back_and_end_nothing(data):
    text = embedded(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)
    text.encode()


def test_a_large_page_has_shorter_samples_and_says_so(out):
    data = page_data(str(out))
    data["samples"] = [{**data["samples"][0], "text": "\u0416" * 3_000} for _ in range(900)]
    for several in (1, 2, 4):
        text = page({**data, "samples": data["samples"] * several})
        read = Page(text).data
        assert len(text.encode()) <= MOST_BYTES
        length = len(read["samples"][0]["text"])
        assert read["samples"][0]["more"] == 3_000 - length
        assert read["shortened"] == (
            None
            if several == 1
            else f"Texts are cut after {length:,} characters, for this page "
            f"has at most {MOST_BYTES:,} bytes."
        )
        assert length == 2_000 if several == 1 else length in pages.FEWER[1:]


def test_a_page_that_cannot_be_small_is_refused(out, monkeypatch):
    data = page_data(str(out))
    monkeypatch.setattr(pages, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="expected at most 1,000 bytes"):
        page(data)


def test_what_is_left_out_of_a_sample_is_counted():
    rows = [
        {"text": "abcdef", "url": "u" * 999, "id": None},
        {"text": None, "url": None, "id": "i"},
    ]
    assert shortened(rows, 4) == [
        {"text": "abcd", "more": 2, "url": "u" * 300, "id": None},
        {"text": None, "more": 0, "url": None, "id": "i"},
    ]


def test_a_folder_without_a_run_is_refused(out):
    (out / "report.json").unlink()
    with pytest.raises(RecipeError, match=r"expected a finished run, found no report\.json"):
        write_page(str(out))
