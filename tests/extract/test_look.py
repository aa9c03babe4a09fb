"""A look may be wrong in one direction only: what it refuses, the rule refuses too."""

import html as entities
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import filters
from curate.extract.look import Look, foresee, without_code
from curate.filters.gopher import GopherQuality
from curate.steps import edit, judge

RULE = GopherQuality()
LOOK = Look.of(RULE)
FILLER = "some more words from a longer text " * 12 + "of"
SCRIPT = f"<script>var x = '{FILLER}';</script>"

CASES = {
    "nothing": ("", "too_few_words"),
    "few words": ("<p>The menu and the rest</p>", "too_few_words"),
    "a script is no text": (f"{SCRIPT}<p>The menu</p>", "too_few_words"),
    "a style neither": (f"<STYLE type=a>{FILLER}</style ><p>menu</p>", "too_few_words"),
    "an open script is": (f"<p>menu</p><script>the {FILLER}", None),
    "JSON-LD is": (f'<script type="application/ld+json">the {FILLER}</script>', None),
    "a comment is not": (f"<!-- the {FILLER} -->", "too_few_words"),
    "one with tags neither": (f"<!-- <p>the {FILLER}</p> -->", "too_few_words"),
    "a comment that ends at once": (f"<!-->the {FILLER}-->", None),
    "a comment that ends as comments may": (f"<!-- --!>the {FILLER}-->", None),
    "a comment that does not end": (f"<!-- <p>the {FILLER}", None),
    "a comment in an attribute": (f"<a title='<!--'>the {FILLER}<a title='-->'>", None),
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
    "items count": ("<li>the and " * 17, None),
    "cells count": ("<tr><td>the of " + "<td>x" * 12 + "</tr>", "too_few_words"),
    "no stop word": (f"<p>{'viele Wörter ' * 30}", "too_few_stop_words"),
    "one": (f"<p>{'many words ' * 30} the", "too_few_stop_words"),
    "two": (f"<p>{'many words ' * 30} the <b>of</b>", None),
    "two in capitals and brackets": (f"{'many words ' * 30} (THE) of", None),
    "parts of words": (f"{'many words ' * 30} there often", "too_few_stop_words"),
    "in brackets": (f"{'many words ' * 30} [the] of[1]", None),
    "with hyphens": (f"{'many words ' * 30} the-end how-to", "too_few_stop_words"),
    "across a tag": (f"{'many words ' * 30} t<b>h</b>e o<i>f</i>", None),
    "across a soft hyphen": (f"{'many words ' * 30} t&shy;he of", None),
    "next to tags": (f"{'many words ' * 30}<p>the</p><p>of</p>", None),
    "entities": (f"{'many words ' * 30} &#116;he&nbsp;of", None),
    "tags in entities": (f"{'many words ' * 30} &lt;p&gt;the&lt;p&gt; of", None),
    "an empty text field": ("<textarea id=a></textarea>", "too_few_words"),
    "a text field with tags is not judged": ("<textarea>a<b>", None),
    "nor is what is plainly prose": ("<script>" + "x of " * 17 + "</script>", None),
    "nor is a page too large": ("<p>" * 400_000, None),
}


@pytest.mark.parametrize(("html", "reason"), CASES.values(), ids=CASES)
def test_look(html, reason):
    assert LOOK(html) == reason


TAGS = st.sampled_from(
    ["p", "b", "i", "div", "br", "li", "td", "span", "script", "style", "noscript", "h1", "!--"]
)
WORDS = st.sampled_from(
    ["the", "THE", "of", "and,", "(with)", "word", "many", "Wörter", "t", "he", "漢字", "&amp;",
     "&nbsp;", "-->", "<!--", "<", ">", "'", '"', "o&shy;f", "that\u200b"]
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


def texts_by(html):
    """Yield what some extractors make of a page: all its text, by two parsers, in two ways."""
    lxml = pytest.importorskip("lxml.html")
    try:
        tree = lxml.document_fromstring(html)
    except (ValueError, lxml.etree.ParserError):
        return
    for element in tree.xpath("//script|//style|//comment()"):
        element.drop_tree()
    yield tree.text_content()
    yield " ".join(tree.itertext())
    yield "\n- ".join(" ".join(e.itertext()) for e in tree.iter("p", "li", "td", "h1"))
    resiliparse = pytest.importorskip("resiliparse.extract.html2text")
    yield resiliparse.extract_plain_text(html, main_content=False)
    yield resiliparse.extract_plain_text(html, main_content=True)


@settings(max_examples=400, deadline=None)
@given(MARKUP)
def test_what_a_look_refuses_the_rule_refuses(pieces):
    html = "<html><body>" + "".join(pieces)
    if LOOK(html) is not None:
        for text in texts_by(html):
            assert RULE(text) is not None, text


def test_bounds_that_are_off():
    page = "<p>Viele Wörter</p>"
    assert Look.of(GopherQuality(min_words=None))(page) == "too_few_stop_words"
    assert Look.of(GopherQuality(min_stop_words=None, min_words=3))(page) == "too_few_words"
    assert Look.of(GopherQuality(min_stop_words=None, min_words=2))(page) is None
    assert Look.of(GopherQuality(min_stop_words=None, min_words=None)) is None
    assert Look.of(GopherQuality(variant="datatrove")) is None
    own = GopherQuality(min_words=None, min_stop_words=1, stop_words=["Wörter"])
    assert Look.of(own)(page) is None


def chain(*names):
    return [step for name in names for step in filters.find(name)]


def test_which_chains_can_be_foreseen():
    assert foresee(chain("gopher_repetition", "gopher_quality", "c4")) == LOOK
    assert foresee(chain("c4", "refinedweb", "gopher_quality")) == LOOK
    assert foresee(chain("pii", "gopher_quality")) is None, "who knows what it writes"
    assert foresee([edit(str.title), judge(RULE)]) is None
    assert foresee([judge(len), judge(RULE)]) == LOOK
    assert foresee(chain("c4")) is None


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
    LOOK(HOSTILE[name])
    assert time.process_time() - began < 5


def test_code_is_taken_away_piece_by_piece():
    page = f"a{SCRIPT}b<style>c</style>d<script>e"
    assert without_code(page) == ["a", "b", "d<script>e"]
    assert without_code("a<!-- <script> -->b<script><!-- </script>c<!-- -->d") == [*"abcd"]
    assert "".join(without_code(page)) == re.sub(r"<(script|style)>.*?</\1>", "", page)
    assert entities.unescape("&shy;") == "\xad"
