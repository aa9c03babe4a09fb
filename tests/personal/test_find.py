"""What is personal data in a text, and what are numbers that are none."""

from itertools import pairwise

import pytest

from curate.personal.find import find

FOUND = {
    "abroad": ("Call +44 20 7946 0018.", ["phone"]),
    "with a 0 in brackets": ("Tel. +49(0)621/4309674", ["phone"]),
    "at home": ("(650) 253-0000 or 020 7946 0018", ["phone", "phone"]),
    "behind its word": ("Phone: 6502530000", ["phone"]),
    "with dots": ("www 425.444.8014", ["phone"]),
    "no-break spaces": ("+33\u00a01\u00a040\u00a087\u00a092\u00a000", ["phone"]),
    "in brackets": ("(+44 20 7946 0018)", ["phone"]),
    "a card": ("4012 8888 8888 1881,", ["card"]),
    "an account": ("IBAN GB29 NWBK 6016 1331 9268 19.", ["iban"]),
    "an id of letters": ("RCCMNL83S18D969H", ["national_id"]),
    "a key in code": ('key = "AKIAIOSFODNN7EXAMPLF"', ["secret"]),
    "a token": (f"ghp_{'a1B2c3D4e5F6' * 3}", ["secret"]),
    "a web token": (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
        "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", ["secret"],
    ),
    "a block": (
        f"-----BEGIN PRIVATE KEY-----\n{'MIIEvQIBADANBgkqhkiG9w0B' * 8}\n-----END PRIVATE KEY-----",
        ["secret"],
    ),
    "AWS": ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYZ9QmLpT3sV", ["secret"]),
}  # fmt: skip
NONE = {
    "a date": "2024-01-15 10:30:22 and 15.01.2024",
    "years": "1990-1994, 1914–1918",
    "pages": "Vol. 14, No. 2, pp. 231-246 (2003).",
    "prices": "$1,234,567.89 or 1 234 567 € or USD 12 500 000",
    "an ISBN": "ISBN 978-3-16-148410-0",
    "a version": "v1.24.1034567 of 10.0.19041.1288",
    "coordinates": "40.712776, -74.005974",
    "a sum": "x = 1234567 + 7654321 * 2",
    "code": "if (n > 2147483647) return 0xDEADBEEF12345678;",
    "a table": "312 456 7890 123 456 7890 | 12 34 56 78 90",
    "digests": "d41d8cd98f00b204e9800998ecf8427e 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "a path": "https://example.org/2024/01/15/1234567890.html",
    "a DOI": "doi:10.1000/18212345.2003 arXiv:2112.11446",
    "a wrong card": "4012 8888 8888 1882",
    "the card of all manuals": "4111 1111 1111 1111",
    "the key of all manuals": "AKIAIOSFODNN7EXAMPLE and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "a frame without a key": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "ten digits without a word": "order 6502530000",
    "all one digit": "+44 00 0000 0000 and 000-000-0000",
}


@pytest.mark.parametrize(("text", "kinds"), FOUND.values(), ids=FOUND)
def test_found(text, kinds):
    assert [one.kind for one in find(text)] == kinds


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_none(text):
    assert [text[one.start : one.end] for one in find(text)] == []


def test_regions_and_countries():
    text = "Tel. 030 901820 and 390.533.447-05"
    assert find(text, regions=["US"], countries=["DE"]) == []
    assert [one.kind for one in find(text, regions=["DE"])] == ["phone", "national_id"]


def test_one_character_is_of_one_kind():
    text = "Phone: 4012 8888 8888 1881 DE89370400440532013000"
    result = find(text)
    assert [one.kind for one in result] == ["card", "iban"]
    assert all(a.end <= b.start for a, b in pairwise(result))
