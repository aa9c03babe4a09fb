"""Addresses masked: what is one, what is none, and nothing else is touched."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import MaskPII, find
from curate.steps import apply

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
    wanted = text if masked is None else masked
    assert MaskPII()(text) == wanted
    assert apply(find("pii"), text) == (wanted, None)


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
