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
