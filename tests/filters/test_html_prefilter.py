"""A prefilter may be wrong in one direction only: what it drops, the rule drops too."""

import html as entities
import re
import time
from importlib import import_module
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import filters
from curate.extract.combined import main_text
from curate.extract.combined.lines import lines
from curate.extract.combined.render import render
from curate.extract.combined.tree import parse
from curate.filters.gopher import STOP_WORDS, GopherQuality
from curate.filters.html_prefilter import (
    HtmlPrefilter,
    prefilter_for,
    prefilter_with_reason,
    without_code,
)
from curate.filters.language import FastText, Language
from curate.steps import edit, judge
from curate.text.word_counts import count_words

RULE = GopherQuality(too_few_words=50, stop_words=STOP_WORDS)
PREFILTER = HtmlPrefilter.of(RULE)
DEFAULT = HtmlPrefilter.of(GopherQuality())
ENGLISH = HtmlPrefilter.of(RULE, language=Language())
FILLER = "some more words from a longer text " * 12 + "of"
SCRIPT = f"<script>var x = '{FILLER}';</script>"

CASES = {
    "nothing": ("", "too_few_words"),
    "few words": ("<p>The menu and the rest</p>", "too_few_words"),
    "a script is no text": (f"{SCRIPT}<p>The menu</p>", "too_few_words"),
    "a style neither": (f"<STYLE type=a>{FILLER}</style ><p>menu</p>", "too_few_words"),
    "an open script is": (f"<p>menu</p><script>the {FILLER}", None),
    "JSON-LD is": (f'<script type="application/ld+json">the {FILLER}</script>', None),
    "a template is": (f'<script type="text/x-template">the {FILLER}</script>', None),
    "Markdown is": (f'<script type="text/template">the {FILLER}</script>', None),
    "a comment is not": (f"<!-- the {FILLER} -->", "too_few_words"),
    "one with tags neither": (f"<!-- <p>the {FILLER}</p> -->", "too_few_words"),
    "a comment that ends at once": (f"<!-->the {FILLER}-->", None),
    "a comment that ends as comments may": (f"<!-- --!>the {FILLER}-->", None),
    "a comment that does not end": (f"<!-- <p>the {FILLER}", None),
    "a comment in an attribute": (f"<a title='<!--'>the {FILLER}<a title='-->'>", None),
    "a comment in a tag": (f"<a <!-- --> the {FILLER}>", None),
    "a comment in a script": (f"<script>'<!--'</script>the {FILLER}<!-- -->", None),
    "data in XML is": (f"<![CDATA[the {FILLER}]]>", None),
    "a script in a comment": (f"<!-- <script> --> the {FILLER} <script>x</script>", None),
    "a script with a comment": (f"<script><!-- {FILLER} //--></script>x", "too_few_words"),
    "other names": (f"<scripts>the {FILLER}</scripts>", None),
    "noscript is text": (f"<noscript>the {FILLER}</noscript>", None),
    "tags are not": ("<a title='x' " + "b " * 60 + ">y</a>", "too_few_words"),
    "tags that do not end are": ("<a the and" + " b" * 60, None),
    "an attribute with a bracket": (f"<a title='> the {FILLER}'>", None),
    "less than": (f"1 < 2 the {FILLER} > 0", None),
    "forty words may do": ("<li>of many " * 19 + "<li>the x", None),
    "fewer may not, whatever stands between": (
        "<li>of many 1 2 " * 19 + "<li>the",
        "too_few_words",
    ),
    "words without spaces": ("<p>漢字とカタカナ" * 10 + "the of", None),
    "too few of them": ("<p>漢字とカタカナ" * 7 + "the of", "too_few_words"),
    "no stop word": (f"<p>{'viele Wörter ' * 30}", "too_few_stop_words"),
    "one": (f"<p>{'many words ' * 30} the", "too_few_stop_words"),
    "two": (f"<p>{'many words ' * 30} the <b>of</b>", None),
    "two in capitals and brackets": (f"{'many words ' * 30} (THE) of", None),
    "parts of words": (f"{'many words ' * 30} there often clothe proof", "too_few_stop_words"),
    "in brackets": (f"{'many words ' * 30} [the] of[1]", None),
    "with hyphens they might be": (f"{'many words ' * 30} the-end how-to", None),
    "with other letters not": (f"{'many words ' * 30} thé-end ofx", "too_few_stop_words"),
    "a capital of its own": (f"{'many words ' * 30}<p><b>T</b>he</p><p>o<b>f</b>", None),
    "across what C4 takes out": (f"{'many words ' * 30} t[1]he o[edit]f", None),
    "in JSON": (r'<script type="application/ld+json">"' + "x " * 60 + r"\nThe\nof", None),
    "words in JSON": (r'<script type="application/ld+json">"' + r"of\nthe\n" * 30, None),
    "in escaped JSON": (f"{'many words ' * 30} &amp;#92;nthe&amp;#92;nof", None),
    "words between escaped tags": ("of&lt;br&gt;the&lt;br&gt;" * 25, None),
    "words between escaped spaces": ("of&amp;nbsp;the&amp;nbsp;" * 25, None),
    "across a tag": (f"{'many words ' * 30} t<b>h</b>e o<i>f</i>", None),
    "across a soft hyphen": (f"{'many words ' * 30} t&shy;he of", None),
    "next to tags": (f"{'many words ' * 30}<p>the</p><p>of</p>", None),
    "entities": (f"{'many words ' * 30} &#116;he&nbsp;of", None),
    "tags in entities": (f"{'many words ' * 30} &lt;p&gt;the&lt;p&gt; of", None),
    "an empty text field": ("<textarea id=a></textarea>", "too_few_words"),
    "a text field with tags is not judged": ("<textarea>a<b>", None),
    "nor is what is plainly prose": ("<script>" + "x of " * 17 + "</script>", None),
    "of a page this long more is asked": (
        "<script>" + "x of " * 17 + "y" * 9000 + "</script>",
        "too_few_words",
    ),
    "nor is a page too large": ("<p>" * 400_000, None),
}


@pytest.mark.parametrize(("html", "reason"), CASES.values(), ids=CASES)
def test_look(html, reason):
    assert PREFILTER(html) == reason


TAGS = st.sampled_from(
    [
        "p",
        "b",
        "i",
        "div",
        "br",
        "li",
        "td",
        "span",
        "script",
        "style",
        "noscript",
        "h1",
        "!--",
        "blockquote",
        "table",
        "tr",
        "ol",
        "pre",
    ]
)
WORDS = st.sampled_from(
    ["the", "THE", "of", "and,", "(with)", "12", "word", "many", "Wörter", "t", "he", "漢字",
     "&amp;", "&nbsp;", "-->", "<!--", "<", ">", "'", '"', "o&shy;f", "that\u200b"]
)  # fmt: skip
MARKUP = st.lists(
    st.one_of(
        WORDS,
        st.just(" "),
        st.builds("<{}>".format, TAGS),
        st.builds("</{}>".format, TAGS),
        st.builds("<{} title='{}'>".format, TAGS, WORDS),
        st.just(" word " * 20),
    ),
    max_size=40,
)


PARTS = "self::p or self::li or self::td or self::h1"


def texts_by(html):
    """Yield what some extractors make of a page."""
    lxml = pytest.importorskip("lxml.html")
    try:
        tree = lxml.document_fromstring(html)
    except (ValueError, lxml.etree.ParserError):
        return
    for element in tree.xpath("//script|//style|//comment()"):
        element.drop_tree()
    yield tree.text_content()
    yield " ".join(tree.itertext())
    innermost = tree.xpath(f"//*[{PARTS}][not(.//*[{PARTS}])]")
    yield "\n- ".join(" ".join(element.itertext()) for element in innermost)
    for markdown in (False, True):
        page = parse(html)
        found = lines(page)
        yield render(page, found, range(len(found)), markdown=markdown).text
        yield main_text(html, markdown=markdown)
    if find_spec("resiliparse") is None:
        return
    resiliparse = import_module("resiliparse.extract.html2text")
    yield resiliparse.extract_plain_text(html, main_content=False)
    yield resiliparse.extract_plain_text(html, main_content=True)


@settings(max_examples=150, deadline=None)
@given(MARKUP)
def test_what_a_look_refuses_the_rule_refuses(pieces):
    html = "<html><body>" + "".join(pieces)
    if PREFILTER(html) is not None:
        for text in texts_by(html):
            assert RULE(text) is not None, text


def test_bounds_that_are_off():
    page = "<p>Viele Wörter</p>"
    assert HtmlPrefilter.of(GopherQuality(too_few_words=None))(page) == "too_few_stop_words"
    assert (
        HtmlPrefilter.of(GopherQuality(too_few_stop_words=None, too_few_words=3))(page)
        == "too_few_words"
    )
    assert HtmlPrefilter.of(GopherQuality(too_few_stop_words=None, too_few_words=2))(page) is None
    assert HtmlPrefilter.of(GopherQuality(too_few_stop_words=None, too_few_words=None)) is None
    assert HtmlPrefilter.of(GopherQuality(variant="datatrove")) is None
    own = GopherQuality(too_few_words=None, too_few_stop_words=1, stop_words=["Wörter"])
    assert HtmlPrefilter.of(own)(page) is None


GERMAN = "Der alte Mann ging mit seinem Hund durch den Wald und sah die Bäume im Nebel. " * 8
ENGLISH_TEXT = "The old man went to the forest with his dog, and that was the end of it. "
NOTICE = "Questions about this server should go elsewhere; please read our documentation. " * 12
LETTER = "The old man went home early; his dogs were hungry and nobody else would feed them. " * 12
LANGUAGES = {
    "another language": (f"<p>{GERMAN}<p>the<p>of", "language_not_kept"),
    "with some English words": (f"<p>{GERMAN}<p>{ENGLISH_TEXT}", None),
    "with a notice in English": (
        f"<p>{GERMAN * 2}<p>{ENGLISH_TEXT}<p>{GERMAN * 2}",
        "language_not_kept",
    ),
    "with more than a notice": (f"<p>{GERMAN * 2}<p>{LETTER}<p>{GERMAN * 4}", None),
    "with English at its end": (f"<p>{GERMAN * 4}<p>the of<p>{NOTICE}", None),
    "with English in its middle": (f"<p>{GERMAN * 2}<p>{NOTICE}<p>the of<p>{GERMAN * 2}", None),
    "English": (f"<p>{ENGLISH_TEXT}" * 5, None),
    "no language": ("<p>the of" + " 0x1f 7,8" * 60, None),
    "too few words come first": ("<p>Der alte Mann", "too_few_words"),
}


@pytest.mark.parametrize(("html", "reason"), LANGUAGES.values(), ids=LANGUAGES)
def test_look_for_another_language(html, reason):
    pytest.importorskip("py3langid", exc_type=ImportError)
    assert ENGLISH(html) == reason
    if reason == "language_not_kept":
        assert PREFILTER(html) is None
        assert Language()(html) == reason


SENTENCES = st.sampled_from([GERMAN, ENGLISH_TEXT, NOTICE, "12 of 30", "Impressum"])


@settings(max_examples=100, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=8))
def test_a_page_that_is_foreign_is_so_as_a_whole(sentences):
    pytest.importorskip("py3langid", exc_type=ImportError)
    html = "".join(f"<p>{one}" for one in ["the of", *sentences])
    if ENGLISH(html) == "language_not_kept":
        assert Language()(" ".join(sentences)) == "language_not_kept"
        assert sentences.count(GERMAN) > sentences.count(ENGLISH_TEXT)
        assert NOTICE not in (sentences[0], sentences[-1])


def test_only_the_language_rule_that_was_measured_is_included():
    assert ENGLISH.english == Language()
    for other in (Language(keep=("de", "en")), Language(keep=("de",))):
        assert HtmlPrefilter.of(RULE, language=other) == PREFILTER
    model = FastText(path="x", sha256="0" * 64)
    assert HtmlPrefilter.of(RULE, language=Language(model=model)) == PREFILTER


MARKS = {
    "quoted lines": "<blockquote>" + "mountains<br>of<br>" * 19,
    "cells": "<table>" + "<tr><td>mountains<td>of</tr>" * 19,
    "a long row": "<table>" + "<tr><td>mountains<td>of" * 19 + "<tr><td>1" + "<td>2" * 30,
    "headings": "<h1>mountains</h1><h2>of</h2>" * 19 + "<h1>x",
    "items": "<ol><li>mountains<li>of" * 19,
    "quoted items": "<blockquote>" + "<li>mountains<li>of" * 19,
}


@pytest.mark.parametrize("html", MARKS.values(), ids=MARKS)
def test_marks_have_no_letters(html):
    """They make more words of a page, but none that helps it."""
    found = lines(page := parse(html))
    text = render(page, found, range(len(found)), markdown=True).text
    counts = count_words(text)
    assert counts.number >= 50
    assert counts.without_letters > 0.2 * counts.number
    assert PREFILTER(html) == "too_few_words"


def test_stop_words_that_begin_others_are_not_looked_for():
    nested = GopherQuality(too_few_stop_words=1, stop_words=["a", "an"])
    assert HtmlPrefilter.of(nested).min_stop_words is None


def chain(*names):
    return [step for name in names for step in filters.find(name)]


def test_which_chains_have_a_prefilter():
    assert prefilter_for(chain("gopher_repetition", "gopher_quality", "c4")) == DEFAULT
    assert prefilter_for(chain("c4", "refinedweb", "gopher_quality")) == DEFAULT
    assert prefilter_for(chain("pii", "gopher_quality")) == DEFAULT
    told = "the filter pii edits texts before gopher_quality judges them"
    masked = [*filters.find("pii", ip="the machine"), judge(RULE)]
    assert prefilter_with_reason(masked) == (None, told), "who knows what it writes"
    assert prefilter_for([edit(str.title), judge(RULE)]) is None
    assert prefilter_for([edit(str.strip, adds_words=False), judge(RULE)]) == PREFILTER
    assert prefilter_for([judge(len), judge(RULE)]) == PREFILTER
    assert prefilter_with_reason(chain("c4")) == (None, "no gopher_quality among the filters")
    tokens = filters.find("gopher_quality", variant="datatrove")
    assert prefilter_with_reason(tokens)[0] is None
    assert "counts tokens" in prefilter_with_reason(tokens)[1]


HOSTILE = {
    "open tags": "<a" * 400_000,
    "open scripts": "<script>" * 120_000,
    "scripts that close": "<script>x</script>" * 50_000,
    "entities": "&amp;" * 200_000,
    "brackets": "<" * (1 << 20),
    "one line": "x" * (1 << 20),
    "thethe": "the" * 340_000,
    "comments": "<!--" * 250_000,
    "attributes": "<a b='" + "x='" * 300_000,
    "null bytes": "\0" * (1 << 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_takes_long(name):
    began = time.process_time()
    PREFILTER(HOSTILE[name])
    assert time.process_time() - began < 5


def test_code_is_taken_away_piece_by_piece():
    page = f"a{SCRIPT}b<style>c</style>d<script>e"
    assert without_code(page) == ["a", "b", "d<script>e"]
    assert without_code("a<!-- <script> -->b<script><!-- </script>c<!-- -->d") == [*"abcd"]
    assert "".join(without_code(page)) == re.sub(r"<(script|style)>.*?</\1>", "", page)
    assert entities.unescape("&shy;") == "\xad"
