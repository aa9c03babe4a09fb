r"""Formulas of e-books (MathML) as one line of LaTeX's marks, like those of wikis.

An element goes in, its formula comes out: what an author left of its LaTeX, else powers as x^{2},
fractions as \frac{a}{b}, rows of matrices apart by \\ and their cells by &.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

DEEPEST = 60  # levels; below, words stand side by side
_LATEX = re.compile(r"[\\^_{}]")  # without these an alternative text is words about a formula
_APART = frozenset("+−-=<>≤≥≠≈≡×÷±∓∈∉⊂⊆⊃⊇∪∩→←↔⇒⇐⇔∣∧∨∘·…⟶∼≅")
_SPACES = re.compile(r"\s+")


def formula(element: Any) -> str:
    """Return the formula of a `math` element."""
    said = _SPACES.sub(" ", element.get("alttext") or "").strip(" $")
    if _LATEX.search(said):
        return said
    for one in element.iter():
        if _name(one) == "annotation" and "tex" in (one.get("encoding") or ""):
            return _SPACES.sub(" ", one.text or "").strip(" $")
    return _SPACES.sub(" ", _linear(element, 0)).strip()


def _name(one: Any) -> str:
    return one.tag.rpartition(":")[2].rpartition("}")[2] if isinstance(one.tag, str) else ""


def _linear(one: Any, depth: int) -> str:
    name = _name(one)
    if name in ("annotation", "annotation-xml", "mspace", "mphantom", "none", "mprescripts", ""):
        return " " if name == "mspace" else ""
    if depth > DEEPEST:
        return "".join(one.itertext())
    parts = [_linear(child, depth + 1) for child in one if isinstance(child.tag, str)]
    if not parts:
        return _token(name, _SPACES.sub(" ", one.text or ""))
    made = _MADE.get(name)
    return made(parts) if made is not None and len(parts) >= _LEAST[name] else _fenced(one, parts)


def _token(name: str, said: str) -> str:
    if name == "mtext":
        return f" {said.strip()} " if said.strip() else " "
    said = said.strip()
    if name == "mo":
        return f" {said} " if said in _APART else f"{said} " if said in (",", ";") else said
    return said


def _fenced(one: Any, parts: Sequence[str]) -> str:
    if _name(one) != "mfenced":
        return "".join(parts)
    return f"{one.get('open', '(')}{', '.join(parts)}{one.get('close', ')')}"


def _script(mark: str, said: str) -> str:
    said = re.sub(r"^([−-]) ", r"\1", said.strip())
    return f"{mark}{said}" if len(said) == 1 else f"{mark}{{{said}}}" if said else ""


_MADE: dict[str, Callable[[Sequence[str]], str]] = {
    "msup": lambda parts: parts[0] + _script("^", parts[1]),
    "mover": lambda parts: parts[0] + _script("^", parts[1]),
    "msub": lambda parts: parts[0] + _script("_", parts[1]),
    "munder": lambda parts: parts[0] + _script("_", parts[1]),
    "msubsup": lambda parts: parts[0] + _script("_", parts[1]) + _script("^", parts[2]),
    "munderover": lambda parts: parts[0] + _script("_", parts[1]) + _script("^", parts[2]),
    "mfrac": lambda parts: rf"\frac{{{parts[0].strip()}}}{{{parts[1].strip()}}}",
    "msqrt": lambda parts: rf"\sqrt{{{''.join(parts).strip()}}}",
    "mroot": lambda parts: rf"\sqrt[{parts[1].strip()}]{{{parts[0].strip()}}}",
    "mtable": lambda parts: r" \\ ".join(part.strip() for part in parts),
    "mtr": lambda parts: " & ".join(part.strip() for part in parts).rstrip(" &"),
    "semantics": lambda parts: parts[0],
}
_LEAST = {name: 3 if name in ("msubsup", "munderover") else 1 if name in
          ("msqrt", "mtable", "mtr", "semantics") else 2 for name in _MADE}  # fmt: skip
