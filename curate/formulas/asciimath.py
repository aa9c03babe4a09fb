r"""ASCIIMath as LaTeX: `sum_(i=1)^n i^3=((n(n+1))/2)^2`.

Source: the grammar of asciimath.org. Differs: constants and operators that are rare are left as
they are; brackets that group an argument are removed, all others are kept.
"""

import re

_NAMED = {
    "sum": "\\sum", "prod": "\\prod", "int": "\\int", "oint": "\\oint", "oo": "\\infty",
    "alpha": "\\alpha", "beta": "\\beta", "gamma": "\\gamma", "Gamma": "\\Gamma",
    "delta": "\\delta", "Delta": "\\Delta", "epsilon": "\\epsilon", "varepsilon": "\\varepsilon",
    "zeta": "\\zeta", "eta": "\\eta", "theta": "\\theta", "Theta": "\\Theta", "iota": "\\iota",
    "kappa": "\\kappa", "lambda": "\\lambda", "Lambda": "\\Lambda", "mu": "\\mu", "nu": "\\nu",
    "xi": "\\xi", "Xi": "\\Xi", "pi": "\\pi", "Pi": "\\Pi", "rho": "\\rho", "sigma": "\\sigma",
    "Sigma": "\\Sigma", "tau": "\\tau", "upsilon": "\\upsilon", "phi": "\\phi", "Phi": "\\Phi",
    "varphi": "\\varphi", "chi": "\\chi", "psi": "\\psi", "Psi": "\\Psi", "omega": "\\omega",
    "Omega": "\\Omega", "del": "\\partial", "grad": "\\nabla", "+-": "\\pm", "O/": "\\emptyset",
    "aleph": "\\aleph", ":.": "\\therefore", "CC": "\\mathbb{C}", "NN": "\\mathbb{N}",
    "QQ": "\\mathbb{Q}", "RR": "\\mathbb{R}", "ZZ": "\\mathbb{Z}", "**": "\\ast", "*": "\\cdot",
    "xx": "\\times", "-:": "\\div", "@": "\\circ", "o+": "\\oplus", "ox": "\\otimes",
    "^^": "\\wedge", "vv": "\\vee", "nn": "\\cap", "uu": "\\cup", "!=": "\\neq", "<=": "\\leq",
    ">=": "\\geq", "-<": "\\prec", ">-": "\\succ", "in": "\\in", "!in": "\\notin",
    "sub": "\\subset", "sup": "\\supset", "sube": "\\subseteq", "supe": "\\supseteq",
    "-=": "\\equiv", "~=": "\\cong", "~~": "\\approx", "prop": "\\propto", "not": "\\neg",
    "=>": "\\Rightarrow", "<=>": "\\Leftrightarrow", "AA": "\\forall", "EE": "\\exists",
    "->": "\\to", "rarr": "\\to", "larr": "\\leftarrow", "harr": "\\leftrightarrow",
    "|->": "\\mapsto", "rArr": "\\Rightarrow", "lArr": "\\Leftarrow", "hArr": "\\Leftrightarrow",
    "...": "\\ldots", "cdots": "\\cdots", "vdots": "\\vdots", "ddots": "\\ddots", "dx": "dx",
    "ldots": "\\ldots", "quad": "\\quad", "le": "\\leq", "ge": "\\geq", "ne": "\\neq",
    "cdot": "\\cdot", "times": "\\times", "infty": "\\infty", "to": "\\to", "pm": "\\pm",
}  # fmt: skip
_FUNCTIONS = (
    "sin cos tan sec csc cot sinh cosh tanh arcsin arccos arctan log ln det dim lim min max gcd exp"
)
_NAMED |= {name: "\\" + name for name in _FUNCTIONS.split()}
_UNARY = {
    "sqrt": "\\sqrt", "hat": "\\hat", "bar": "\\overline", "ul": "\\underline", "vec": "\\vec",
    "dot": "\\dot", "ddot": "\\ddot", "tilde": "\\tilde", "bb": "\\mathbf", "bbb": "\\mathbb",
    "cc": "\\mathcal", "tt": "\\mathtt", "fr": "\\mathfrak", "sf": "\\mathsf", "text": "\\text",
}  # fmt: skip
_BINARY = {"frac": "\\frac", "root": "root", "stackrel": "\\stackrel"}
_OPEN, _CLOSE = ("(", "[", "{", "(:", "{:"), (")", "]", "}", ":)", ":}")
_BRACKET = {"{": "\\{", "}": "\\}", "(:": "\\langle", ":)": "\\rangle", "{:": "", ":}": ""}
_KNOWN = sorted([*_NAMED, *_UNARY, *_BINARY, *_OPEN, *_CLOSE, "^", "_", "/"], key=len, reverse=True)
_TOKEN = re.compile(r'"[^"]*"|\d+(?:\.\d+)?|' + "|".join(map(re.escape, _KNOWN)) + r"|[A-Za-z]|\S")
_DEEPEST = 60


def latex(text: str) -> str:
    r"""Return the LaTeX of a formula in ASCIIMath.

    >>> latex("sum_(i=1)^n i^3=((n(n+1))/2)^2")
    '\\sum_{i=1}^n i^3=(\\frac{n(n+1)}{2})^2'
    """
    return _Reader(_TOKEN.findall(text)).expression(0).strip()


class _Reader:
    """A recursive-descent parser."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def expression(self, depth: int, until: tuple[str, ...] = ()) -> str:
        out = ""
        while (token := self._next()) and token not in until:
            part = self._fraction(depth)
            apart = out[-1:].isalpha() and "\\" in out and part[:1].isalnum()
            out += " " + part if apart and re.search(r"\\[A-Za-z]+\Z", out) else part
            if re.search(r"[\^_]\S+\Z", out) and self._next()[:1].isalnum():
                out += " "
        return out

    def _fraction(self, depth: int) -> str:
        above, bare = self._scripted(depth)
        if self._next() != "/":
            return above
        self._at += 1
        below, bare_below = self._scripted(depth)
        return f"\\frac{{{bare or above}}}{{{bare_below or below}}}"

    def _scripted(self, depth: int) -> tuple[str, str]:
        base, bare = self._simple(depth)
        for mark in ("_", "^"):
            if self._next() == mark:
                self._at += 1
                script, inner = self._simple(depth)
                inner = inner or script
                base += mark + (inner if len(inner) == 1 else f"{{{inner}}}")
                bare = ""
        return base, bare

    def _argument(self, depth: int) -> str:
        full, inner = self._simple(depth + 1)
        text = inner or full
        if text.startswith("\\text{"):
            text = text.removeprefix("\\text{").removesuffix("}")
        return text

    def _simple(self, depth: int) -> tuple[str, str]:
        """Return a part, and the same without brackets ("" if it has none)."""
        token = self._next()
        self._at += 1
        if token in _OPEN and depth <= _DEEPEST:
            inner = self.expression(depth + 1, _CLOSE)
            closing = self._next()
            self._at += 1
            opened, closed = (_BRACKET.get(bracket, bracket) for bracket in (token, closing))
            return f"{opened}{inner}{closed}", inner
        if token in _UNARY:
            return f"{_UNARY[token]}{{{self._argument(depth)}}}", ""
        if token in _BINARY:
            first, second = self._argument(depth), self._argument(depth)
            mark = f"\\sqrt[{first}]" if token == "root" else f"{_BINARY[token]}{{{first}}}"  # noqa: S105
            return f"{mark}{{{second}}}", ""
        if token.startswith('"') and len(token) > 1:
            return f"\\text{{{token[1:-1]}}}", ""
        return _NAMED.get(token, token), ""
