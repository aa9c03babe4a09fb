"""Tokens and sentences as spaCy cuts them: cases whose cuts were read off spaCy 3.8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.filters import C4, FineWebQuality, GopherQuality, GopherRepetition
from curate.text.sentences import count_sentences
from curate.text.spacy_rules import rules
from curate.text.spacy_tokens import (
    _LONGEST_LISTED,
    PUNCTUATION,
    TERMINALS,
    tokenize,
)
from curate.text.spacy_tokens import count_sentences as count_spacy_sentences

CUTS = {
    "Don't stop-gap it's $5.00m": "Do n't stop - gap it 's $ 5.00 m",
    "U.S. e.g. Mr. Ph.D.": "U.S. e.g. Mr. Ph.D.",
    "(see http://a.org/c) www.b.com.": "( see http://a.org/c ) www.b.com .",
    "this... I’m 10km. v2.0!": "this ... I ’m 10 km . v2.0 !",
    "cannot gonna y'all dont its": "can not gon na y' all do nt its",
    "We'd've gone; they'll": "We 'd 've gone ; they 'll",
    "3pm 12a.m. 13pm 5°C.": "3 pm 12 a.m. 13pm 5 ° C .",
    "end.Start a.b A.B": "end . Start a.b A.B",
    "one,two 1,000 x=y a/b 3-4 x-1": "one , two 1,000 x = y a / b 3 - 4 x-1",
    '"quoted," «so» “it”': '" quoted , " « so » “ it ”',
    "U.S.A.? NATO. a. X.": "U.S.A. ? NATO . a. X.",
    "(shouldn't've) (don't)": "( should n't 've ) ( do n't )",
    "foo--bar --flag 50% #tag": "foo -- bar --flag 50 % # tag",
    "the dog's dogs' DOG'S": "the dog 's dogs ' DOG 'S",
    "f(x): a) :) ☺well → ok": "f(x ): a ) :) ☺ well → ok",
    "me@a.org C$5 US$10 +1 +x": "me@a.org C$ 5 US$ 10 +1 + x",
    "": "",
    " \n\t ": "",
}


@pytest.mark.parametrize(("text", "tokens"), CUTS.items(), ids=CUTS)
def test_cuts(text, tokens):
    assert tokenize(text) == tokens.split()


@given(st.text("aZ.,'s-:)$5%+=° \n…☺字", max_size=30))
def test_tokens_lose_nothing_but_white_space(text):
    assert "".join(tokenize(text)) == "".join(text.split())


@given(st.text())
def test_any_text_can_be_cut_and_counted(text):
    assert "".join(tokenize(text)) == "".join(text.split())
    assert (count_spacy_sentences(text) == 0) == (not text.split())
    assert (count_sentences(text) == 0) == (not text.split())


def test_sentences_of_the_sentencizer():
    assert count_spacy_sentences("One. Two! (Three?) Mr. Four is 4.5 years...") == 4
    assert count_spacy_sentences("No end") == 1
    assert count_spacy_sentences("...") == 1
    assert count_spacy_sentences("这是一个句子。 第二。") == 2


def test_sets_of_signs():
    assert len(set(TERMINALS)) == len(TERMINALS) == 159
    assert set(TERMINALS) < PUNCTUATION
    assert not any(sign.isalpha() for sign in TERMINALS)


def test_the_longest_listed_piece():
    assert max(map(len, rules().exceptions)) == _LONGEST_LISTED


HOSTILE = [
    "." * 9,
    "?.",
    "=",
    ".'",
    "a@",
    "a.",
    "[1",
    "(a)",
    "a-",
    "http://",
    "。",
    "'",
    "\n",
    "a\n",
]
HOSTILE += [". " + " " * 99, "\n" + " " * 99 + "x", "字", "A. "]


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_a_hostile_page_ends_soon(piece):
    """A pattern that backtracks over all of a run, or a loop that copies it, would take minutes."""
    text = piece * (100_000 // len(piece))
    off = {"terminal_punctuation": False, "long_word": None, "few_words": None, "edit": True}
    for variant in ("paper", "datatrove"):
        tfds = "tfds" if variant == "paper" else variant
        for judge in (
            GopherQuality(variant=variant),
            GopherRepetition(variant=variant),
            FineWebQuality(variant=variant),
            C4(variant=tfds, too_many_characters=None, too_few_sentences=10**6, **off),
        ):
            judge(text)
