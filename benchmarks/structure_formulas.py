# ruff: noqa: E501 - markup of makers
r"""Formulas planted in pages, in the markup of eight generators.

Read by `structure.py`, and no benchmark of its own. Each formula has its TeX and its MathML without
annotation; a page holds one of them between paragraphs. Equal is what has the same tokens: white
space and redundant braces do not count.
"""

import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote

_I, _N, _O = "<mi>{}</mi>".format, "<mn>{}</mn>".format, "<mo>{}</mo>".format


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _two(tag: str, *parts: str) -> str:
    return f"<{tag}>{''.join(parts)}</{tag}>"


# TeX, its MathML
FORMULAS = [
    ("E=mc^2", _row(_I("E"), _O("="), _I("m"), _two("msup", _I("c"), _N("2")))),
    (r"\frac{a}{b}", _two("mfrac", _I("a"), _I("b"))),
    (r"\sqrt{x+1}", _two("msqrt", _I("x"), _O("+"), _N("1"))),
    (r"\sqrt[3]{y}", _two("mroot", _I("y"), _N("3"))),
    ("x_{i}^{2}", _two("msubsup", _I("x"), _I("i"), _N("2"))),
    (r"\alpha+\beta", _row(_I("α"), _O("+"), _I("β"))),
    (r"\sum_{k=1}^{n} k", _row(_two("munderover", _O("∑"), _row(_I("k"), _O("="), _N("1")), _I("n")),
                               _I("k"))),
    (r"\int_0^1 f(x)dx", _row(_two("msubsup", _O("∫"), _N("0"), _N("1")), _I("f"), _O("("), _I("x"),
                              _O(")"), _I("d"), _I("x"))),
    (r"\lim_{x\to 0} g", _row(_two("munder", _I("lim"), _row(_I("x"), _O("→"), _N("0"))), _I("g"))),
    (r"a \leq b", _row(_I("a"), _O("≤"), _I("b"))),
    (r"p \neq q", _row(_I("p"), _O("≠"), _I("q"))),
    (r"\hat{x}", _two("mover", _I("x"), _O("^"))),
    (r"\vec{v}", _two("mover", _I("v"), _O("→"))),
    (r"\sin\theta", _row(_I("sin"), _O("\u2061"), _I("θ"))),
    (r"2^{-n}", _two("msup", _N("2"), _row(_O("−"), _I("n")))),
    (r"\mathbb{R}^3", _two("msup", _I("ℝ"), _N("3"))),
    (r"A\cup B", _row(_I("A"), _O("∪"), _I("B"))),
    (r"x \in S", _row(_I("x"), _O("∈"), _I("S"))),
    (r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}", _row(_O("("), _two("mtable", *(
        _two("mtr", *(_two("mtd", _N(one)) for one in row)) for row in ("10", "01"))), _O(")"))),
    (r"\partial_t u = \nabla^2 u", _row(_two("msub", _O("∂"), _I("t")), _I("u"), _O("="),
                                        _two("msup", _O("∇"), _N("2")), _I("u"))),
    (r"(a+b)^2", _two("msup", _row(_O("("), _I("a"), _O("+"), _I("b"), _O(")")), _N("2"))),
    (r"f'(x)", _row(_two("msup", _I("f"), _O("′")), _O("("), _I("x"), _O(")"))),
    (r"\log_2 n", _row(_two("msub", _I("log"), _N("2")), _I("n"))),
    (r"P \Rightarrow Q", _row(_I("P"), _O("⇒"), _I("Q"))),
    (r"\frac{1}{1+e^{-x}}", _two("mfrac", _N("1"), _row(_N("1"), _O("+"), _two(
        "msup", _I("e"), _row(_O("−"), _I("x")))))),
]  # fmt: skip


def _annotated(tex: str, mathml: str) -> str:
    return (
        f"<math><semantics>{mathml}<annotation encoding='application/x-tex'>{escape(tex)}"
        "</annotation></semantics></math>"
    )


MAKERS: dict[str, Callable[[str, str], str]] = {
    "MathML": lambda _, mathml: f"<math>{mathml}</math>",
    "MathML, annotated": _annotated,
    "MathJax 2": lambda tex, _: '<span class="MathJax_Preview"></span><span class="MathJax">glyphs'
    f'</span><script type="math/tex">{tex}</script>',
    "MathJax 3": lambda _, mathml: '<mjx-container class="MathJax" jax="CHTML"><mjx-math '
    'aria-hidden="true">glyphs</mjx-math><mjx-assistive-mml display="inline"><math>'
    f"{mathml}</math></mjx-assistive-mml></mjx-container>",
    "KaTeX": lambda tex, mathml: f'<span class="katex"><span class="katex-mathml">'
    f'{_annotated(tex, mathml)}</span><span class="katex-html" aria-hidden="true">glyphs</span></span>',
    "encyclopedia": lambda tex, _: '<span class="mwe-math-element"><img class="mwe-math-fallback-'
    f'image-inline" src="x.svg" alt="{{\\displaystyle {escape(tex)}}}"></span>',
    "blog": lambda tex, _: f'<img src="https://s0.wp.com/latex.php?latex={quote(tex)}&amp;bg=ffffff" '
    f'alt="{escape(tex)}" class="latex">',
    "marks": lambda tex, _: f'<script src="MathJax.js"></script>\\({escape(tex)}\\)',
}  # fmt: skip
_BEFORE = (
    "<p>The road ran along the river as far as the second lock, and a toll was paid there.</p>"
)
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\s{}]")


def pages() -> Iterator[tuple[str, str, str]]:
    """Yield (maker, TeX, page), each formula by each maker."""
    for maker, make in MAKERS.items():
        for tex, mathml in FORMULAS:
            yield (
                maker,
                tex,
                (
                    f"<html><body><article><h1>On roads</h1>{_BEFORE * 3}<p>From this it follows that "
                    f"{make(tex, mathml)} holds for all of the roads that were named.</p>{_BEFORE * 3}"
                    "</article></body></html>"
                ),
            )


def tokens(tex: str) -> list[str]:
    """Return the tokens of TeX: commands and characters, without braces.

    >>> tokens("x^{2} \\\\le y") == tokens("x^2\\\\le y")
    True
    """
    return _TOKEN.findall(tex)


def has(text: str, tex: str) -> bool:
    """Return whether a text has a formula, between dollars."""
    wanted = tokens(tex)
    return any(tokens(formula) == wanted for formula in re.findall(r"\$+([^$]+)\$+", text))
