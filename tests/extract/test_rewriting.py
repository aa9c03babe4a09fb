"""Markup that is rewritten: no page makes a pattern look at it again and again."""

import time

import pytest

from curate.extract.combined.rewriting import rewritten

N = 40_000
HOSTILE = {
    "a word of formulas": "<code class='" + "language-math " * N,
    "within <pre>": "<pre><code class='" + "language-math " * N,
    "code that does not begin": "<pre>" * N + "language-math",
    "a chain of formulas": '<span class="katex--inline"' + '><span class="katex"' * N,
    "numbers of lines": '<th class="lineno" ' + ' class="lineno"' * N,
    "linked numbers in a line": '<div class="pre"><a ' + 'class="linenr" ' * N,
    "linked numbers": "<a " + 'class="linenr" ' * N,
    "lines without an end": '<div class="pre"><a class="linenr">1</a>x' * N,
    "names of who wrote lines": 'lineno<th class="blame ' + "blame " * N,
    "lines in colours": "colorscripter-code" + "<td><div monospace " * N + 'style= "' * N,
    "a story without an end": 'fatitem<span class="titleline"><a ' * N,
    "toggles": "<small>(<a " + "summary_toggle " * N,
    "fractions": "<span " + "frac " * N,
    "a style without an end": "<div " + 'style=" ' * N + ">",
    "a class without an end": "<div " + "class = 'x " * N + ">",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pages_take_linear_time(html):
    began = time.process_time()
    rewritten(html)
    assert time.process_time() - began < 3


def test_the_title_of_a_story_is_a_heading():
    story = '<span class="titleline"><a href="x">The old mill</a> (<a>x.org</a>)</span>'
    said = '<table class="fatitem">' + story + "</table>"
    assert "<h1>The old mill</h1>" in rewritten(said)
    assert "<h1>" not in rewritten(f"<table>{story}</table>")
