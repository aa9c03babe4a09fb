# ruff: noqa: E501 - pages
"""Structure of pages that must come through: see `structure_cases`."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lxml", exc_type=ImportError)

from curate.extract import extract
from curate.text.blocks import check
from tests.extract import generator_cases, platform_cases
from tests.extract import structure_cases as cases

BEFORE = (
    "The old road ran along the river as far as the second lock, and the carters paid a toll "
    "there to the keeper, who lived in the house with the green door.",
    "In spring the meadows lay under water for a week or two, and nobody went that way but the men "
    "who mended the banks and the boys who brought them bread.",
)
AFTER = (
    "Above the lock the valley is narrow, and the road was cut into the rock in the year after the "
    "great fair, by order of a bishop who had lost a wagon there.",
    "The toll was given up long ago; the house still stands, and its door has been painted green "
    "by every family that has lived in it since then.",
)


def around(snippet):
    before, after = ("".join(f"<p>{one}</p>" for one in some) for some in (BEFORE, AFTER))
    return (
        "<html><head><title>The road</title></head><body><nav><ul><li><a href=/>Home</a></li><li>"
        f"<a href=/a>All</a></li></ul></nav><main><article><h1>The road</h1>{before}{snippet}"
        f"{after}</article></main><footer><p>Copyright 2023</p></footer></body></html>"
    )


KINDS = ("FORMULAS", "SCRIPTS", "CODE", "CELLS", "GLUED", "BOILERPLATE", "CHARACTERS", "FOLDED")
CASES = {
    f"{kind.lower()}: {name}": case
    for module in (cases, generator_cases, platform_cases)
    for kind in KINDS
    for name, case in getattr(module, kind, {}).items()
}


@pytest.mark.parametrize(("snippet", "blocks"), CASES.values(), ids=CASES)
def test_a_snippet_in_an_article(snippet, blocks):
    found = extract(around(snippet))
    check(found.text, found.blocks)
    if blocks is not None:
        assert found.text == "\n\n".join(["The road", *BEFORE, *blocks, *AFTER])


@pytest.mark.parametrize("body", cases.FALLBACK.values(), ids=cases.FALLBACK)
def test_fallback_text(body):
    page = f"<html><body>{body}</body></html>"
    assert extract(page).text == f"A\n\n{cases.S}\n\n{cases.T}"


@pytest.mark.parametrize("body", cases.FALLBACK.values(), ids=cases.FALLBACK)
def test_a_page_with_text_has_no_fallback_text(body):
    text = extract(around("").replace("<footer>", f"{body}<footer>")).text
    assert text == "\n\n".join(["The road", *BEFORE, *AFTER])


def _described(data):
    return (
        f'<head><title>A</title><script type="application/ld+json">{json.dumps(data)}</script></head>'
        "<div id=root></div>"
    )


BODY = f"{cases.S}\n\n{cases.T}"
QUESTION = {
    "@type": "Question",
    "name": "How deep is it?",
    "acceptedAnswer": {"@type": "Answer", "text": BODY},
}
OTHER_FALLBACKS = {
    "escaped markup in json-ld": (
        _described({"@type": "Article", "articleBody": "".join(
            f"&lt;p&gt;{one}&lt;/p&gt;" for one in (cases.S, cases.T))}),
        BODY,
    ),
    "questions in json-ld": (
        _described({"@type": "FAQPage", "mainEntity": [QUESTION]}), f"How deep is it?\n\n{BODY}",
    ),
    "a job in json-ld": (_described({"@type": "JobPosting", "description": BODY}), BODY),
    "the same data twice": (
        2 * _described({"@type": "Article", "headline": "A", "articleBody": BODY}), f"A\n\n{BODY}",
    ),
    "what a plugin's object has": (f"<object data=a.swf><p>{cases.S}</p><p>{cases.T}</p></object>", BODY),
    "a recipe in json-ld": (
        _described({"@type": "Recipe", "name": "Soup", "recipeIngredient": ["1 cup of it", "salt"],
                    "recipeInstructions": [{"@type": "HowToStep", "text": cases.S}, cases.T]}),
        f"Soup\n\n- 1 cup of it\n- salt\n\n{cases.S}",
    ),
    "a product in json-ld": (
        _described({"@type": "Product", "name": "A mill", "description": BODY}), f"A mill\n\n{BODY}",
    ),
    "json-ld with a comma too many": (
        _described({"@type": "Article", "articleBody": BODY}).replace('"}', '",}'), BODY,
    ),
    "noscript with escaped markup": (
        f"<div id=a></div><noscript>&lt;p&gt;{cases.S}&lt;/p&gt;&lt;p&gt;{cases.T}&lt;/p&gt;</noscript>", BODY,
    ),
    "noframes with a notice": (
        "<frameset><frame src=a><noframes><p>Your browser does not support frames.</p>"
        f"<p>{cases.S}</p><p>{cases.T}</p></noframes></frameset>",
        BODY,
    ),
    "a page that is hidden until it is loaded": (
        f"<div id=main style='display:none'><p>{cases.S}</p><p>{cases.T}</p></div>", BODY,
    ),
    "a template": (f"<template id=a><p>{cases.S}</p><p>{cases.T}</p></template>", BODY),
    "a template with places": (f"<template id=a><p>{{{{ a }}}} {cases.S}{cases.T}</p></template>", ""),
    "a script that is a template": (
        f"<script type='text/x-template'><p>{cases.S}</p><p>{cases.T}</p></script>", BODY,
    ),
    "a field": (f"<form><textarea name=a>{cases.S}\n{cases.T}</textarea></form>", f"{cases.S}\n{cases.T}"),
    "HTML in a drawing": (
        f"<svg><foreignObject><p>{cases.S}</p><p>{cases.T}</p></foreignObject></svg>", BODY,
    ),
    "Markdown of a page": (f'<xmp style="display:none">\n{BODY}\n</xmp><script src=strapdown.js>', BODY),
    "Markdown of slides": (f"<textarea id=source>\n{BODY}\n</textarea>", BODY),
    "Markdown of a script": (
        f'<section data-markdown><script type="text/template">\n{BODY}\n</script></section>', BODY,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("page", "text"), OTHER_FALLBACKS.values(), ids=OTHER_FALLBACKS)
def test_other_fallback_text(page, text):
    assert extract(page).text == text


HIDDEN = (
    "<p style='display:none'>{}</p>",
    "<p hidden>{}</p>",
    "<div style='visibility: hidden'><p>{}</p></div>",
    "<noscript>{}</noscript>",
    "<template><p>{}</p></template>",
    "<p>Seen. <span style='display: none'>{}</span></p>",
)


@pytest.mark.parametrize("snippet", HIDDEN)
def test_hidden_text_is_no_text(snippet):
    assert cases.S not in extract(around(snippet.format(cases.S))).text


PIECES = st.sampled_from(
    """<math> </math> <mi>x</mi> <msup> </msup> <m:mi> <script&type='math/mml'><math>< </script>
    <math&a:b='&#1;'&alttext='{'> <script&type='math/tex'> <pre> </pre> </table> <td> <tr>
    <table><tr><td&rowspan=9999999&colspan=-1> <sup>2</sup> <span&class='katex-html'> </span>
    <mjx-container> <span&class='MathJax'&data-mathml='<'> <img&class=tex&alt='$'> \\( \\) $$ `
    <code> <br> </code> <div&class=line> </div> <textarea&readonly> word & &#6; <li> <dl><dt>
    <dd> <h2> <p&hidden> <title>word</title> <button>copy</button> <x-y> </x-y> MathJax \x01
    """.split()  # noqa: SIM905 - a list of words
).map(lambda piece: piece.replace("&", " ") if piece[:2] != "&#" else piece)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=30), st.sampled_from(["text", "markdown"]))
def test_any_markup_has_true_blocks_and_no_signs(pieces, format):
    found = extract("<html><body>" + "".join(pieces), format=format)
    assert found.reason in (None, "no_text")
    check(found.text, found.blocks)
    assert not set(found.text) & set("\x00\x01\x02\x03\x04\x05\x06")
    between = list(found.text)
    for _, start, end in found.blocks:
        assert found.text[start:end].strip("\n") == found.text[start:end] != ""
        between[start:end] = "\n" * (end - start)
    assert set(between) <= {"\n"}


FEED = (
    "<rss><channel><item><title>On &amp;lt;weirs&amp;gt;</title><description>&lt;p&gt;So&lt;/p&gt;"
    "&lt;pre&gt;a\n  b&lt;/pre&gt;</description></item>"
    "<item><title>Two</title></item></channel></rss>"
)


def test_entries_of_feeds_have_blocks():
    found = extract(FEED)
    assert found.text == "On <weirs>\n\nSo\n\na\n  b\n\nTwo"
    kinds = [(kind, found.text[start:end]) for kind, start, end in found.blocks]
    assert kinds == [
        ("heading", "On <weirs>"), ("prose", "So"), ("code", "a\n  b"), ("heading", "Two"),
    ]  # fmt: skip


def test_the_foot_of_a_blogs_feed_is_no_text():
    foot = "&lt;p&gt;The post &lt;a href=x&gt;One&lt;/a&gt; appeared first on Mills.&lt;/p&gt;"
    found = extract(FEED.replace("&lt;p&gt;So&lt;/p&gt;", f"&lt;p&gt;So&lt;/p&gt;{foot}"))
    assert found.text == extract(FEED).text


def test_text_without_markup_has_no_escapes():
    assert extract("so \x1b[1mft\x1b[0m\nin\xadter\x07est").text == "so ft\ninterest"


@pytest.mark.parametrize(("ident", "shown"), {"S:0": True, "S:1f": True, "S:x": False, "S": False,
                                              "Slide:0": False}.items())  # fmt: skip
def test_content_that_react_streams_is_shown(ident, shown):
    hidden = f"<div hidden id={ident}><p>{cases.S}</p><p>{cases.T}</p></div>"
    text = extract(around(f"<p>Please wait</p>{hidden}<script>$RC('B:0')</script>")).text
    assert (cases.S in text and cases.T in text) == shown
