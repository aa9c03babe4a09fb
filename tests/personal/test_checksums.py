"""Check digits, by published examples; every other last digit of them is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal import checksums
from curate.personal.accounts import iban_end, is_card
from curate.personal.national_ids import IDS
from curate.personal.national_ids import find as find_ids

CARDS = ["4012888888881881", "5105105105105100", "371449635398431", "6011000990139424",
         "3530111333300000", "30569309025904", "6011 1111 1111 1117"]  # fmt: skip
IBANS = [  # examples of the registry of IBANs
    "GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606",
    "NL91ABNA0417164300", "ES9121000418450200051332", "IT60X0542811101000000123456",
    "CH9300762011623852957", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
    "PL61109010140000071219812874", "BE68 5390 0754 7034",
]  # fmt: skip
# Examples that authorities and articles print; nobody's, or of people who never were.
PEOPLE = {
    "AR": "20-05536168-2", "AT": "SVNR 1237 010180", "AU": "TFN 123 456 782",
    "BE": "85.07.30-033.28", "BG": "ЕГН 7523169263", "BR": "390.533.447-05",
    "CA": "SIN 046 454 286", "CH": "756.9217.0769.85", "CL": "12.531.909-2",
    "CN": "11010519491231002X", "CZ": "710319/2745", "DE": "Steuer-ID 36 574 261 809",
    "DK": "CPR 211062-5629", "EE": "isikukood 36805280109", "ES": "54362315K",
    "FI": "131052-308T", "FR": "2 95 10 99 126 111 93", "GB": "NHS number 943 476 5870",
    "HK": "A123456(3)", "IN": "Aadhaar: 2341 2341 2346", "IT": "RCCMNL83S18D969H",
    "JP": "My Number 6214 9832 0257", "KR": "971013-1019901", "MX": "BOXW310820HNERXN09",
    "NL": "BSN 111222333", "NO": "151086 95088", "PL": "PESEL 44051401359", "PT": "NIF 501964843",
    "RO": "1630615123457", "SE": "811228-9874", "SG": "S1234567D", "TR": "T.C. 17291716060",
    "TW": "身分證 A123456789", "US": "536-90-4399", "ZA": "7503305044089",
}  # fmt: skip
UNCHECKED = {"DK", "US"}  # whose ids have no check digit


def with_other_last(text):
    """Return the text with its last digit or letter changed to each of the others of its kind."""
    at = max(n for n, one in enumerate(text) if one.isalnum())
    letters = "0123456789" if text[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [text[:at] + one + text[at + 1 :] for one in letters if one != text[at]]


@pytest.mark.parametrize("card", CARDS)
def test_cards(card):
    assert is_card(card)
    assert not any(map(is_card, with_other_last(card)))


@pytest.mark.parametrize("iban", IBANS)
def test_ibans(iban):
    assert iban_end(iban) == len(iban)
    assert iban_end(f"{iban} AND MORE") == len(iban)
    assert not any(map(iban_end, with_other_last(iban)))


@pytest.mark.parametrize("country", PEOPLE)
def test_national_ids(country):
    text = f"It was {PEOPLE[country]} then."
    assert len(list(find_ids(text, 0, len(text), (country,)))) == 1
    if country not in UNCHECKED:
        for other in with_other_last(PEOPLE[country]):
            assert list(find_ids(f"It was {other} then.", 0, 99, (country,))) == [], other


def test_every_country_has_an_example():
    assert set(PEOPLE) == {one.country for one in IDS}


@pytest.mark.parametrize("text", ["BSN 111222333", "PESEL 44051401359", "SIN 046 454 286"])
def test_a_number_that_chance_may_meet_needs_its_name(text):
    assert list(find_ids(text, 0, len(text), ("NL", "PL", "CA")))
    bare = text.partition(" ")[2]
    assert list(find_ids(f"It was {bare}.", 0, 99, ("NL", "PL", "CA"))) == []


@given(st.integers(0, 10**15))
def test_luhn_and_verhoeff_see_every_wrong_digit(number):
    for check in (checksums.luhn, checksums.verhoeff):
        right = [digit for digit in "0123456789" if check(f"{number}{digit}")]
        assert len(right) == 1
