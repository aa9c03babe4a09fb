"""Addresses masked: what is one, what is none, and nothing else is touched."""

import re
import time
from ipaddress import IPv4Address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import MaskPII, find, pii
from curate.steps import apply, run

EMAIL, IP = "email@example.com", "22.214.171.124"

CASES = {
    "an email": ("Write to jo@mail.org.", f"Write to {EMAIL}."),
    "with dots and signs": ("<jo.o'hara+x_y@sub.mail.co.uk>", f"<{EMAIL}>"),
    "two": ("a@b.de,c@d.fr", f"{EMAIL},{EMAIL}"),
    "mailto": ("mailto:jo@mail.org?subject=x", f"mailto:{EMAIL}?subject=x"),
    "no host": ("jo@mail is no address", None),
    "a name on a site": ("thanks, @jo!", None),
    "a decorator": ("@app.route", None),
    "obfuscated": ("jo (at) mail (dot) org", None),
    "a public IP": ("from 8.8.8.8:53", f"from {IP}:53"),
    "at the end of a sentence": ("It was 8.8.8.8.", f"It was {IP}."),
    "private": ("192.168.0.1, 10.0.0.1 and 172.16.0.9", None),
    "this machine, and for documents": ("127.0.0.1 192.0.2.1 0.0.0.0", None),
    "too large": ("999.8.8.8 and 256.1.1.1", None),
    "five parts": ("section 1.2.3.4.5", None),
    "three parts": ("version 3.11.4", None),
    "leading zeros are no address": ("08.08.08.08", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("text", "masked"), CASES.values(), ids=CASES)
def test_masking(text, masked):
    expected = text if masked is None else masked
    assert MaskPII()(text) == expected
    assert apply(find("pii"), text) == (expected, None)


def test_each_can_be_switched_off():
    text = "jo@mail.org 8.8.8.8"
    assert MaskPII(email=None)(text) == f"jo@mail.org {IP}"
    assert MaskPII(ip=None)(text) == f"{EMAIL} 8.8.8.8"
    assert MaskPII(email="<mail>", ip="\\1")(text) == "<mail> \\1"
    with pytest.raises(ValueError, match=r"MaskPII\s+ip\s+Input should be a valid string"):
        MaskPII(ip=7)


@given(st.text(st.sampled_from("a1@.-+ é"), max_size=40))
def test_masking_twice_is_masking_once(text):
    once = MaskPII()(text)
    assert MaskPII()(once) == once


@pytest.mark.parametrize("part", ["a", "a.", "a@", "1.", "a@a.", "1.1.1.1.", "a@a-"])
def test_hostile_texts_take_linear_time(part):
    start = time.process_time()
    MaskPII()(part * (400_000 // len(part)))
    assert time.process_time() - start < 5


# --- all kinds -----------------------------------------------------------------------------------

EVERY = MaskPII(mask=("phone", "card", "iban", "national_id", "secret"))


# What an email was before its parts were looked for one by one.
WHOLE_EMAIL = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])"
    r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-]"
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def test_emails_are_those_a_search_from_the_start_finds():
    """The search looks at each "@" alone; the pattern over the whole text is the oracle."""
    random = Random(7)
    for _ in range(3000):
        text = "".join(random.choices("ab1@@..-+ é", k=random.randint(1, 40)))
        text = text.replace("1", "x" * random.choice([1, 1, 62, 70]))
        assert list(pii._emails(text)) == [one.span() for one in WHOLE_EMAIL.finditer(text)], text


def test_addresses_are_those_a_search_from_the_start_finds():
    random = Random(8)
    for _ in range(3000):
        text = "".join(random.choices(["8", "25", "1", ".", ".", ".", " ", "٣", "255", "a"], k=25))
        whole = [m.span() for m in pii._IP.finditer(text) if IPv4Address(m[0]).is_global]
        assert list(pii._addresses(text)) == whole, text


def test_kinds_are_masked_by_choice():
    text = "jo@mail.org, +44 20 7946 0018, DE89 3704 0044 0532 0130 00"
    assert MaskPII()(text) == f"{EMAIL}, +44 20 7946 0018, DE89 3704 0044 0532 0130 00"
    assert EVERY(text) == f"{EMAIL}, [PHONE], [IBAN]"
    assert MaskPII(email=None, mask=("phone",))(text) == (
        "jo@mail.org, [PHONE], DE89 3704 0044 0532 0130 00"
    )


def test_a_kind_that_is_counted_stays():
    text = "+44 20 7946 0018 or jo@mail.org"
    counting = MaskPII(count=("phone", "email"))
    assert counting(text) == text
    assert [cut.rule for cut in counting.cuts(text)] == ["phone", "email"]
    outcome = run(find("pii", count=["phone", "email"]), text)
    assert (outcome.text, outcome.reason) == (text, None)
    assert [rule for rule, _ in outcome.cuts] == ["phone", "email"]


@pytest.mark.parametrize(("kind", "text"), {
    "email_address": "jo@mail.org",
    "ip_address": "8.8.8.8",
    "phone_number": "+44 20 7946 0018",
    "payment_card": "4012 8888 8888 1881",
    "bank_account": "DE89 3704 0044 0532 0130 00",
    "national_id": "390.533.447-05",
    "secret_key": "AKIAIOSFODNN7EXAMPLF",
}.items())  # fmt: skip
def test_a_kind_that_drops_a_text(kind, text):
    steps = find("pii", drop=list(pii.KINDS))
    assert apply(steps, f"It is {text} here.") == (f"It is {text} here.", kind)
    assert apply(steps, "Nothing of it.") == ("Nothing of it.", None)
    assert kind in pii.REASONS


def test_numbered_values_keep_their_number():
    text = "+44 20 7946 0018 or +1 650 253 0000; again +44 20 7946 0018; jo@mail.org"
    assert MaskPII(mask=("phone",), numbered=True)(text) == (
        f"[PHONE_1] or [PHONE_2]; again [PHONE_1]; {EMAIL}"
    )


@pytest.mark.parametrize(("settings", "message"), {
    "two fates": ({"mask": ("phone",), "drop": ("phone",)}, "each kind once, got phone, phone"),
    "no such region": ({"mask": ("phone",), "regions": ("UK",)}, "ISO 3166-1 .*got 'UK'"),
    "no such country": ({"countries": ("UK",)}, "countries: expected some of AR.*got 'UK'"),
    "no such kind": ({"mask": ("name",)}, "mask"),
}.values())  # fmt: skip
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        MaskPII(**settings)


@given(st.text(st.sampled_from("+(0)12-456 .AK/e"), max_size=60))
def test_masking_every_kind_twice_is_masking_once(text):
    once = EVERY(text)
    assert EVERY(once) == once


@pytest.mark.parametrize(
    "part", ["1", "1 ", "1-", "+1", "(1", "DE1", "1.", "A1", "AKIA", "eyJ.", "aws=", "PRIVATE KEY"]
)
def test_every_kind_takes_linear_time(part):
    start = time.process_time()
    EVERY(part * (200_000 // len(part)))
    assert time.process_time() - start < 5
