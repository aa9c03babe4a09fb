r"""TeX from pages: without wrappers of generators, between $…$ or $$…$$."""

import re
from html import unescape
from urllib.parse import unquote, unquote_plus

_SPACES = re.compile(r"\s+")
_TEX = re.compile(r"[\\^_{}]")  # an alternative text without these describes a formula in words
_CDATA = re.compile(r"%?\s*<!\[CDATA\[|%?\s*\]\]>")  # around the TeX of kramdown's scripts
_STYLE = re.compile(r"^\\(?:displaystyle|textstyle|scriptstyle)\b\s*")
_WRAPPED = re.compile(
    r"^(?:\$\$(.+)\$\$|\$(.+)\$|\\\((.+)\\\)|\\\[(.+)\\\]"
    r"|\\begin\{(?:math|displaymath|equation\*?)\}(.+)\\end\{(?:math|displaymath|equation\*?)\})$",
    re.DOTALL,
)
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_BACKGROUND = re.compile(r"&(?:amp;)?(?:bg|fg|s|c|color|mode|zoom|width)=[^&]*")
# URLs of services that render formulas as images and contain the formula.
_SERVICE = re.compile(
    r"(?:latex\.php\?(?:zoom=\d&)?(?:latex=)?|codecogs\.com/[a-z]+\.(?:latex|image)\?|equation\?tex="
    r"|mathtex\.cgi\?|mimetex\.cgi\?|cht=tx[^\"]*&chl=|/cgi-bin/tex\?|latex\.cgi\?"
    r"|(?:tex\.s2cms\.ru|i\.upmath\.me)/(?:svg|png)/|/render/math\?(?:[a-z]+=[^&]*&)?math="
    r"|tex\.z-dn\.net/\?f=|/math\?formula=|math\.(?:now\.sh|vercel\.app)/?\?(?:from|inline)=)(.+)",
    re.IGNORECASE,
)
_SIZES = re.compile(r"^(?:\\(?:dpi|bg|fn|inline|small|large|huge)(?:\{[^}]*\}|_[a-z]+)?\s*)+")


def looks_like_tex(text: str) -> bool:
    r"""Return whether a text is TeX and not a description of a formula.

    >>> looks_like_tex("x^{2}"), looks_like_tex("x squared")
    (True, False)
    """
    return _TEX.search(text) is not None


def clean(tex: str) -> str:
    r"""Return TeX on one line, without wrappers.

    >>> clean("{\\displaystyle  E=mc^{2}}"), clean("$x$")
    ('E=mc^{2}', 'x')
    """
    document = _DOCUMENT.search(tex)
    tex = _CDATA.sub("", tex)
    tex = _SPACES.sub(" ", document[1] if document is not None else tex).strip()
    for _ in range(3):
        match = _WRAPPED.match(tex)
        if match is not None:
            tex = next(part for part in match.groups() if part is not None).strip()
        if tex.startswith("{") and tex.endswith("}") and _closes_last(tex):
            inner = tex[1:-1].strip()
            if _STYLE.match(inner):
                tex = inner
        tex = _STYLE.sub("", tex).strip()
    return tex.strip("$ ") if tex.count("$") != 1 or "\\$" not in tex else tex


def _closes_last(tex: str) -> bool:
    """Return whether the brace that a text begins with is closed by its last character."""
    depth = 0
    for n, sign in enumerate(tex):
        escaped = n and tex[n - 1] == "\\"
        depth += (sign == "{") - (sign == "}") if not escaped else 0
        if not depth:
            return n == len(tex) - 1
    return False


def marked(tex: str, *, display: bool = False) -> str:
    """Return TeX between $ or $$; "" for "".

    >>> marked("x^2"), marked("x^2", display=True)
    ('$x^2$', '$$x^2$$')
    """
    if not tex:
        return ""
    return f"$${tex}$$" if display else f"${tex}$"


def image_tex(alt: str, source: str, names: str) -> str:
    r"""Return the TeX of an image of a formula; "" if it is an image of something else.

    Args:
        alt, source: alternative text and URL of the image.
        names: its class and id in lower case.

    >>> image_tex("E=mc^2", "https://s0.wp.com/latex.php?latex=E%3Dmc%5E2&bg=fff", "latex")
    'E=mc^2'
    >>> image_tex("A house", "house.png", "")
    ''
    """
    service = _SERVICE.search(source) if _MAY_SERVE.search(source) else None
    alt = alt.strip()
    words = _FORMULA_CLASSES.intersection(names.split())
    named = (
        bool(words - _VAGUE_CLASSES) or "mwe-math" in names or bool(words and looks_like_tex(alt))
    )
    wrapped = len(alt) > 2 and _WRAPPED.match(alt) is not None
    rendered = "/math/render/" in source or "_images/math/" in source
    if alt and (named or wrapped or service is not None or rendered):
        tex = clean(alt)
        if looks_like_tex(tex) or (not tex[:1].isspace() and " " not in tex) or named or wrapped:
            return tex
    if service is not None:
        query = service[1].replace("&space;", " ").replace("&plus;", "+")
        query = _BACKGROUND.sub("", unescape(query))
        query = unquote(query) if "codecogs" in source else unquote_plus(query)
        return clean(_SIZES.sub("", query))
    return ""


_FORMULA_CLASSES = frozenset(
    (
        "tex",
        "latex",
        "math",
        "mathtex",
        "formula",
        "ee_img",
        "tr_noresize",
        "mimetex",
        "wp-latex",
        "texrender",
        "math-inline",
        "math-display",
        "latexcenter",
        "latexblock",
        "inline-formula",
        "ql-img-inline-formula",
        "ql-img-displayed-equation",
        "equation",
    )
)
_VAGUE_CLASSES = frozenset(("formula", "equation"))  # also of other pictures
_MAY_SERVE = re.compile(r"\?|tex|upmath")
