"""What a page says of itself, and what is no opt-out of text."""

import pytest

from curate.optouts.page import reason

CASES = {
    "a header": ({"x-robots-tag": "noindex, NoAI"}, b"", "optout_header"),
    "of one agent": ({"x-robots-tag": "GPTBot: noai"}, b"", "optout_header"),
    "of another agent": ({"x-robots-tag": "otherbot: noai"}, b"", None),
    "two fields": ({"x-robots-tag": "otherbot: noindex\nnoai"}, b"", "optout_header"),
    "pictures": ({"x-robots-tag": "noimageai"}, b"<meta name=robots content=noimageai>", None),
    "a date": ({"x-robots-tag": "unavailable_after: 25 Jun 2030, noai"}, b"", "optout_header"),
    "meta": ({}, b'<META content="noai, noimageai" NAME="robots">', "optout_meta"),
    "meta without quotes": ({}, b"<meta name=robots content=noai>", "optout_meta"),
    "meta for an agent": ({}, b"<meta name='GPTBot' content='noai'>", "optout_meta"),
    "meta of UTF-16": ({}, '<meta name="robots" content="noai">'.encode("utf-16"), "optout_meta"),
    "meta of another name": ({}, b'<meta name="description" content="noai">', None),
    "a word of the text": ({}, b"<p>noai</p> name=robots content=noai", None),
    "TDM, header": ({"tdm-reservation": "1"}, b"", "optout_tdm"),
    "TDM, header of 0": ({"tdm-reservation": "0"}, b"", None),
    "TDM, meta": ({}, b'<meta name="tdm-reservation" content="1">', "optout_tdm"),
    "no HTTP": (None, b"<p>", None),
    "far below": ({}, b" " * (64 << 10) + b"<meta name=robots content=noai>", None),
}


@pytest.mark.parametrize(("http", "page", "expected"), CASES.values(), ids=CASES)
def test_pages(http, page, expected):
    assert reason(http, page, directives=("noai",), agents=("gptbot",), tdm=True) == expected


def test_what_is_not_honoured():
    page = b'<meta name="tdm-reservation" content="1"><meta name="robots" content="noai">'
    assert reason({}, page, directives=("noindex",), agents=(), tdm=False) is None
