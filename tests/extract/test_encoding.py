"""Bytes to text: which rule decides, and that the text is right."""

import pytest

from curate.extract.encoding import decode
from curate.extract.labels import codec

GERMAN = "Die Größe der Bäume überrascht müde Wanderer, süße Äpfel gibt es auch. " * 8
RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах. " * 8

CASES = {
    "empty": (b"", None, "", "ascii"),
    "plain ascii": (b"hello", "text/html; charset=koi8-r", "hello", "ascii"),
    "utf-8 mark": (b"\xef\xbb\xbfh\xc3\xa9", "text/html; charset=latin-1", "hé", "bom"),
    "utf-16 mark": ("\ufeffhé".encode("utf-16-le"), None, "hé", "bom"),
    "header": (GERMAN.encode("latin-1"), "text/html;charset=ISO-8859-1", GERMAN, "http"),
    "header in quotes": (RUSSIAN.encode("koi8-r"), 'text/html; charset="KOI8-R"', RUSSIAN, "http"),
    "latin-1 means windows-1252": (
        "“so” € ".encode("cp1252"),
        "text/html; charset=latin1",
        "“so” € ",
        "http",
    ),
    "utf-8 labelled latin-1": (GERMAN.encode(), "text/html; charset=iso-8859-1", GERMAN, "utf8"),
    "latin-1 labelled utf-8, then meta": (
        ('<meta charset="iso-8859-1">' + GERMAN).encode("latin-1"),
        "text/html; charset=utf-8",
        '<meta charset="iso-8859-1">' + GERMAN,
        "meta",
    ),
    "unknown label": (GERMAN.encode(), "text/html; charset=none", GERMAN, "utf8"),
    "cut in a character": ("größ".encode()[:-1], None, "grö", "utf8"),
}


@pytest.mark.parametrize(("body", "header", "text", "rule"), CASES.values(), ids=CASES)
def test_decode(body, header, text, rule):
    found = decode(body, header)
    assert (found[0], found[2]) == (text, rule)


def test_a_meta_label_is_found_in_both_forms():
    for tag in (
        '<meta charset="shift_jis">',
        '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
        '<?xml version="1.0" encoding="Shift_JIS"?>',
    ):
        text = f"<html>{tag}<p>日本語の文章です。</p>"
        assert decode(text.encode("cp932"), "text/html") == (text, "cp932", "meta")


def test_any_bytes_are_read_as_something():
    for body in (bytes(range(256)), b"\xff", b"\x80\x81", b"\xfe\xff\xd8", b"\xff\xfe\x00"):
        for label in ("utf-8", "big5", "utf-16", "hz", "base64", "idna", "zip", "x" * 500, "\0"):
            text, _, _ = decode(body, f"text/html; charset={label}")
            assert isinstance(text, str)


def test_labels():
    assert codec("GB2312") == "gb18030"
    assert codec("base64") is None
    assert codec("utf-7") is None
