r"""Formulas of a page as LaTeX: MathJax, KaTeX, Wikipedia, images with TeX, MathML.

The rendered form (layers of glyphs, images) is left out where the source of the formula is
available.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from curate.extract.combined.markers import FORMULA, FORMULA_END
from curate.extract.combined.page import names
from curate.formulas.asciimath import latex
from curate.formulas.mathml import formula
from curate.formulas.tex import clean, image_tex, looks_like_tex, marked

RENDERED = names(
    "mathjax mathjax_preview mathjax_chtml mathjax_svg mathjax_display mathjax_svg_display "
    "mathjax_chtml_display mathjax_commonhtml mathjax_html mathjax_svg_processed mjx-chtml "
    "mjxc-display"
)
HOLDERS = names(
    "math tex latex wp-katex-eq arithmatex asciimath asciimath2jax katex-src mathtex "
    "math-container mathjax-tex math-inline math-block math-display inline-formula display-formula "
    "katex-eq reqn katex-error js-render-math"
)
LATEX_BLOCKS = frozenset(("latex-rendered",))  # Substack's, the source in a JSON attribute
FORMULA_IMAGES = names("inlineformula numberedequation displayformula")  # MathWorld's
HOLDING_TAGS = names("d-math tex-math math-renderer latex tex")
SOURCES = ("data-tex", "data-latex", "data-formula", "data-katex", "data-equation", "data-math")
_PERSISTENT = re.compile(r'"persistentExpression"\s*:\s*"((?:[^"\\]|\\.)+)"')
_WIRIS = str.maketrans("«»¨§", '<>"&')
_IMAGE = re.compile(r"latex|[=/.]tex\b|tex=|/tex/|cht=tx|math", re.IGNORECASE)
_DISPLAY = re.compile(
    r"\bkatex-display\b|\bmathjax_(?:svg_|chtml_)?display\b|-display\b|\bdisplay\b"
)
_DELIMITED = re.compile(
    r"\\\((?P<round>.{1,2000}?)\\\)|\\\[(?P<square>.{1,4000}?)\\\]|\$\$(?P<double>[^$]{1,4000}?)\$\$"
    r"|\$latex\s+(?P<wordpress>[^$]{1,1000}?)\s*\$|\[(?:(?:la)?tex|math)\](?P<tag>.{1,1000}?)\[/(?:(?:la)?tex|math)\]"
    r"|(?P<environment>\\begin\{(?P<name>equation|align|gather|multline|eqnarray)(?P<star>\*?)\}"
    r".{1,4000}?\\end\{(?P=name)(?P=star)\})"
    r"|(?<![\\$\w])\$(?P<single>[^\s$](?:[^$\n]{0,300}[^\s\\$])?)\$(?![\d$])",
    re.DOTALL,
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTES = ("alttext", "display", "mode", "encoding", "open", "close", "separators",
               "mathvariant", "data-latex")  # fmt: skip
_ASCII_MARKED = re.compile(r"`([^`\n]{1,500})`|\\\$([^$\n]{1,500}?)\\\$")
_TEXLIKE = re.compile(r"[\\^_=<>+*/()|]|^[A-Za-z]['′]?$|^\d+$")


class Source:
    """Reads the source of a formula inside an element that is left out.

    `seeking` is set where the element is a formula set for the eye; then its MathML counts.
    """

    def __init__(self) -> None:
        self.seeking = False
        self._tex = ""  # of MathJax 4, which writes it to each element of a formula
        self._mode = ""
        self._math: Any = None  # is told of a `math` element
        self._depth = 0
        self._script = ""  # the type of a script of a formula
        self._data: list[str] = []

    @property
    def reading(self) -> bool:
        """Whether a `math` element is open."""
        return self._math is not None

    def seek(self, attributes: Any, *, some: bool) -> None:
        """Begin a formula set for the eye; look for its source in it if there is to be some."""
        self.seeking, self._tex = some, ""
        self._mode = "; mode=display" if attributes.get("display") == "true" else ""

    def start(self, tag: str, attributes: Any, depth: int) -> None:
        """Begin an element `depth` below what is left out, 1 for that itself."""
        if self._math is not None:
            self._math.start(*_plain_element(tag, attributes))
        elif tag.rpartition(":")[2] == "math" and (self.seeking or depth == 1):
            self._math, self._depth = etree.TreeBuilder(), depth
            self._math.start(*_plain_element(tag, attributes))
        elif tag == "mjx-math" and self.seeking:
            self._tex = attributes.get("data-latex") or ""
        elif tag == "script" and depth == 1:
            kind = attributes.get("type") or ""
            self._script = kind if kind.startswith("math/") else ""

    def data(self, data: str) -> None:
        """Add text."""
        if self._math is not None:
            self._math.data(_CONTROL.sub("", data))
        elif self._script:
            self._data.append(data)

    def end(self, tag: str, depth: int, names: Sequence[str], around: Sequence[int]) -> str:
        """End an element; return the formula that ends with it, with signs, or "".

        `names` are those of the page's elements, `around` which of them are open.
        """
        written = ""
        if self._math is not None:
            self._math.end(_plain_element(tag, {})[0])
            if depth == self._depth:
                above = [names[one] for one in around if one >= 0]
                written, self._math = of_element(self._math.close(), above), None
                self._tex = ""
        elif self._script:
            written = of_script(self._script, "".join(self._data))
            self._script = ""
            self._data.clear()
        if depth == 1:
            if self._tex:
                written, self._tex = of_script(f"math/tex{self._mode}", self._tex), ""
            self.seeking = False
        return written


def _plain_element(tag: str, attributes: Any) -> tuple[str, dict[str, str]]:
    """Return an element without its namespace and with the attributes that are looked at."""
    name = tag.rpartition(":")[2]
    kept = {key: _CONTROL.sub("", attributes[key]) for key in _ATTRIBUTES if key in attributes}
    known = name.isalnum() and name.isascii() and not name[0].isdigit()
    return name if known or name == "annotation-xml" else "mrow", kept


def signed(tex: str, *, display: bool) -> str:
    """Return a formula between its marks and the signs of formulas; "" of none."""
    return f"{FORMULA}{marked(tex, display=display)}{FORMULA_END}" if tex else ""


# What a page says whose script reads TeX between marks, or ASCIIMath between backticks.
TEX_WORDS = ("athJax", "mathjax", "katex", "KaTeX", "$latex")
ASCII_WORDS = ("ASCIIMath", "asciimath")


def may_have_tex(html: str) -> bool:
    """Return whether a page has a script that reads TeX between marks in its text."""
    return any(word in html for word in TEX_WORDS)


def may_have_ascii(html: str) -> bool:
    """Return whether a page has a script that reads ASCIIMath between backticks."""
    return any(word in html for word in ASCII_WORDS)


def may_have_sources(html: str) -> bool:
    """Return whether elements of a page may have the source of a formula in an attribute."""
    return any(key in html for key in SOURCES)


def is_rendered(tag: str, name: str, attributes: Mapping[str, str]) -> bool:
    """Return whether an element is a formula set for the eye; its source may stand in it.

    MathJax writes its class in capitals; "mathjax" is how authors mark what it is to look at.
    """
    if tag == "mjx-container":
        return True
    words = RENDERED.intersection(name.split())
    return bool(words) and (
        words != {"mathjax"} or "MathJax" in attributes.get("class", "").split()
    )


def holds_tex(tag: str, name: str) -> bool:
    """Return whether an element's text is the source of a formula."""
    if tag in ("code", "pre", "tt"):
        words = name.split()
        return "js-render-math" in words or ("reqn" if tag == "code" else "math") in words
    return tag in HOLDING_TAGS or (
        tag in ("span", "div", "p") and not HOLDERS.isdisjoint(name.split())
    )


def of_attributes(attributes: Any, name: str) -> str:
    """Return the formula in an attribute of an element, with signs; "" if there is none."""
    for key in SOURCES:
        said = attributes.get(key)
        if said and looks_like_tex(said):
            return signed(clean(said), display="display" in name or "block" in name)
    if not LATEX_BLOCKS.isdisjoint(name.split()):
        found = _PERSISTENT.search(attributes.get("data-attrs", ""))
        if found is not None:
            return signed(clean(found[1].replace("\\\\", "\\")), display=True)
    return ""


def is_displayed(around: Sequence[str]) -> bool:
    """Return whether the classes around a formula say that it stands on its own."""
    return any("display" in name and _DISPLAY.search(name) for name in around)


def of_element(element: Any, around: Sequence[str]) -> str:
    """Return the formula of a `math` element, with signs."""
    display = element.get("display") == "block" or element.get("mode") == "display"
    return signed(formula(element), display=display or is_displayed(around))


def of_markup(markup: str, *, display: bool = False) -> str:
    """Return the formula of MathML given as text, with signs; "" if it is broken."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(markup.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # an empty text
        return ""
    if root is None:
        return ""
    return signed(formula(root), display=display or root.get("display") == "block")


def of_script(kind: str, text: str) -> str:
    """Return the formula of a script of type math/…, with signs."""
    kind = kind.lower()
    display = "mode=display" in kind.replace(" ", "")
    if "mml" in kind:
        return of_markup(text, display=display)
    if "ascii" in kind:
        return signed(latex(text), display=display)
    return signed(clean(text), display=display)


def of_rendered(tag: str, attributes: Any, *, scripts: bool) -> str:
    """Return the formula in the attributes of one that is set for the eye; "" if it has none.

    `scripts`: the page has the sources of formulas in scripts.
    """
    source, tex = attributes.get("data-mathml"), attributes.get("data-latex")
    if tex and tag == "mjx-container":
        mode = "; mode=display" if attributes.get("display") == "true" else ""
        return of_script(f"math/tex{mode}", tex)
    return of_markup(source) if source and not scripts else ""


def of_image(attributes: Any, name: str) -> str:
    """Return the formula that an image is, with signs; "" if it is none."""
    markup = attributes.get("data-mathml")
    if markup:
        return of_markup(markup.translate(_WIRIS))
    alt, source = attributes.get("alt") or "", attributes.get("src") or ""
    of_class = not FORMULA_IMAGES.isdisjoint(name.split())
    of_name = "formula" in name or _IMAGE.search(name)
    if not (of_class or _IMAGE.search(source) or of_name or alt[:1] in ("$", "\\")):
        return ""
    own = "_images/math/" in source and "math" not in name  # Sphinx's, of formulas set apart
    display = own or "display" in name or "numbered" in name or alt.startswith(_DISPLAYED)
    return signed(image_tex(alt, source, f"{name} math" if of_class else name), display=display)


def part_of_holder(texts: Sequence[str]) -> tuple[int, int]:
    r"""Return which texts of a holder are its formula: from \[ to \] if these stand there, or all.

    >>> part_of_holder(["(1)", "\\[x", "+y\\]"]), part_of_holder(["x", "+y"])
    ((1, 3), (0, 2))
    """
    for opening, closing in (("\\[", "\\]"), ("\\(", "\\)"), ("$$", "$$")):
        first = next((n for n, one in enumerate(texts) if one.lstrip().startswith(opening)), -1)
        last = max((n for n, one in enumerate(texts) if one.rstrip().endswith(closing)), default=-1)
        if 0 <= first <= last:
            return first, last + 1
    return 0, len(texts)


def of_holder(text: str, name: str, tag: str) -> str:
    """Return the formula of an element that holds TeX or ASCIIMath, with signs; "" of words."""
    if "ascii" in name:
        return signed(latex(text.strip().strip("`")), display=False)
    if text.lstrip().startswith("[math]"):
        text = text.replace("[math]", "").replace("[/math]", "")
    tex = clean(text)
    if not tex or not (looks_like_tex(tex) or _TEXLIKE.search(tex)):
        return ""
    display = "display" in name or text.strip().startswith(("\\[", "$$"))
    return signed(
        tex, display=display or (tag == "div" and name.split() == ["math"]) or tag == "pre"
    )


def with_signs(text: str, *, ascii_math: bool) -> list[str]:
    """Return a text's parts, those that are formulas between marks with signs."""
    parts: list[str] = []
    at = 0
    pattern = _ASCII_MARKED if ascii_math else _DELIMITED
    for match in pattern.finditer(text):
        said = next(one for one in match.groups() if one is not None)
        kind = "environment" if not ascii_math and match["environment"] else match.lastgroup
        tex = latex(said) if ascii_math else clean(said)
        if not tex or (kind == "single" and not _TEXLIKE.search(tex)):
            continue
        parts += [text[at : match.start()], signed(tex, display=kind in _OWN_LINE)]
        at = match.end()
    parts.append(text[at:])
    return [part for part in parts if part]


_DISPLAYED = ("$$", "\\[", "\\begin{displaymath", "\\begin{equation")
_OWN_LINE = ("square", "double", "environment")
