r"""Convert MathML to LaTeX.

Input: an element. Output: its formula: the author's LaTeX where it is given (an alternative text,
an annotation), else powers as x^2, fractions as \frac{a}{b}, matrices as \begin{matrix} …
\end{matrix}.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from curate.formulas.symbols import ACCENTS, FUNCTIONS, VARIANTS, command
from curate.formulas.tex import clean, looks_like_tex

DEEPEST = 60  # levels; below, tokens are concatenated
_SPACES = re.compile(r"\s+")
_OPEN_END = re.compile(r"(?:\\[A-Za-z]+|[\^_]\w)\Z")
_LETTERS = re.compile(r"[A-Za-z]+\Z")
_SILENT = frozenset(
    ("annotation", "annotation-xml", "mphantom", "none", "mprescripts", "maligngroup", "malignmark")
)
_TOKENS = frozenset(("mi", "mn", "mo", "mtext", "ms", "mspace"))
_LIMITS = frozenset(("\\lim", "\\max", "\\min", "\\sup", "\\inf", "\\limsup", "\\liminf"))
_RELATIONS = frozenset("=<>≤≥≠≈≡∼≃≅∝≪≫∈∉⊂⊃⊆⊇→←↔⇒⇐⇔↦⟶⟹⟺≜∣⊢") | {":="}
_BRACKETS = {"(": "p", "[": "b", "|": "v", "\\|": "V", "\\{": "B"}
_CLOSING = {"(": ")", "[": "]", "|": "|", "\\|": "\\|", "\\{": "\\}"}


def formula(element: Any) -> str:
    """Return the LaTeX of a `math` element, without marks around it; "" of an empty one."""
    alt = element.get("alttext") or ""
    if looks_like_tex(alt):
        return clean(alt)
    for child in element.iter():
        if _name(child) == "annotation" and "tex" in (child.get("encoding") or "").lower():
            return clean("".join(child.itertext()))
    written = element.get("data-latex")
    return clean(written) if written else clean(_linear(element, 0))


def is_display(element: Any) -> bool:
    """Return whether a `math` element is displayed on its own line."""
    return bool(element.get("display") == "block" or element.get("mode") == "display")


def _name(element: Any) -> str:
    return element.tag.rpartition(":")[2].rpartition("}")[2] if isinstance(element.tag, str) else ""


def _linear(element: Any, depth: int) -> str:
    name = _name(element)
    if name in _SILENT or not name:
        return ""
    if depth > DEEPEST:
        return "".join(element.itertext())
    if name in _TOKENS:
        return _token(
            name, _SPACES.sub(" ", "".join(element.itertext())), element.get("mathvariant")
        )
    if name == "mmultiscripts":
        return _scripts_around(element, depth)
    parts = [_linear(child, depth + 1) for child in element if _name(child) not in _SILENT]
    write = _MADE.get(name, _side_by_side) if len(parts) >= _LEAST.get(name, 1) else _side_by_side
    written = _fenced(element, parts) if name == "mfenced" else write(parts)
    return (element.text or "").strip() + written


def _token(name: str, content: str, variant: str | None) -> str:
    inner = content.strip()
    if name in ("mtext", "ms", "mspace"):
        words = f"\\text{{{content}}}" if any(map(str.isalpha, inner)) else inner
        return words or " "
    content = inner
    if name == "mi" and len(content) > 1 and _LETTERS.match(content):
        if content in FUNCTIONS:
            return "\\" + content
        return (
            f"\\mathrm{{{content}}}" if variant in (None, "normal") else _styled(content, variant)
        )
    written = _side_by_side([command(sign) for sign in content])
    if name == "mo" and content in _RELATIONS:
        return f" {written} "
    return _styled(written, variant) if variant and name == "mi" else written


def _styled(tex: str, variant: str) -> str:
    style = VARIANTS.get(variant, "")
    return f"\\{style}{{{tex}}}" if style and tex else tex


def _side_by_side(parts: Sequence[str]) -> str:
    r"""Return parts one after the other; \alpha x, not \alphax, and x^n y, not x^ny."""
    out = ""
    for part in _matrices(parts):
        apart = part[:1].isalnum() and _OPEN_END.search(out) is not None
        out += " " + part if apart else part
    return out


def _matrices(parts: Sequence[str]) -> list[str]:
    """Return parts with the brackets around a matrix made part of it."""
    result = list(parts)
    for n, part in enumerate(result):
        if not part.startswith("\\begin{matrix}") or not 0 < n < len(result) - 1:
            continue
        opening, closing = result[n - 1].strip(), result[n + 1].strip()
        if opening in _BRACKETS and closing == _CLOSING[opening]:
            kind = _BRACKETS[opening] + "matrix"
            result[n] = part.replace("{matrix}", f"{{{kind}}}")
            result[n - 1] = result[n + 1] = ""
        elif opening == "\\{" and not closing:
            result[n], result[n - 1] = part.replace("{matrix}", "{cases}"), ""
    return result


def _fenced(element: Any, parts: Sequence[str]) -> str:
    opening, closing = (element.get(name, mark) for name, mark in (("open", "("), ("close", ")")))
    marks = (element.get("separators") or ",").strip() or ","
    inner = parts[0] if parts else ""
    for n, part in enumerate(parts[1:]):
        inner += marks[min(n, len(marks) - 1)] + " " + part
    return _side_by_side([*map(command, opening), inner, *map(command, closing)])


def _braced(tex: str) -> str:
    """Return an argument of ^ or _: bare if it is one character.

    >>> _braced("2"), _braced("10")
    ('2', '{10}')
    """
    tex = tex.strip()
    return tex if len(tex) == 1 else f"{{{tex}}}"


def _base(tex: str) -> str:
    """Return the base of ^ or _: in braces if it has several parts."""
    tex = tex.strip()
    is_compound = len(tex) > 1 and re.search(r"[\s+\-=]|\\frac|[\^_]", tex) and tex[0] not in "(["
    return f"{{{tex}}}" if is_compound and not tex.startswith(("\\left", "\\math")) else tex


def _sup(parts: Sequence[str]) -> str:
    raised = parts[1].strip()
    if raised and not raised.strip("'"):
        return parts[0] + raised
    return _base(parts[0]) + ("^" + _braced(raised) if raised else "")


def _sub(parts: Sequence[str]) -> str:
    low = parts[1].strip()
    return _base(parts[0]) + ("_" + _braced(low) if low else "")


def _both(parts: Sequence[str]) -> str:
    low, raised = parts[1].strip(), parts[2].strip()
    written = _base(parts[0]) + ("_" + _braced(low) if low else "")
    if raised and not raised.strip("'"):
        return written + raised
    return written + ("^" + _braced(raised) if raised else "")


def _over(parts: Sequence[str]) -> str:
    above = parts[1].strip()
    accent = ACCENTS.get(above) or ACCENTS.get(_SIGN.get(above, ""))
    if accent is not None and parts[0].strip() not in _OPERATORS:
        inner = parts[0].strip()
        return f"\\{accent}{{{inner}}}" if accent else inner
    if parts[0].strip() in _OPERATORS or not above:
        return _sup(parts)
    return f"\\overset{{{above}}}{{{parts[0].strip()}}}"


def _under(parts: Sequence[str]) -> str:
    below, base = parts[1].strip(), parts[0].strip()
    accent = ACCENTS.get(below)
    if accent in ("underline", "underbrace") or below in ("¯", "‾", "\\_"):
        return f"\\{accent if accent == 'underbrace' else 'underline'}{{{base}}}"
    if base in _OPERATORS or base in _LIMITS or base.startswith(("\\lim", "\\under", "\\over")):
        return f"{base}_{_braced(below)}"
    return f"\\underset{{{below}}}{{{base}}}" if below else base


def _fraction(parts: Sequence[str]) -> str:
    return f"\\frac{{{parts[0].strip()}}}{{{parts[1].strip()}}}"


def _root(parts: Sequence[str]) -> str:
    return f"\\sqrt[{parts[1].strip()}]{{{parts[0].strip()}}}"


def _table(parts: Sequence[str]) -> str:
    return r"\begin{matrix} " + r" \\ ".join(part.strip() for part in parts) + r" \end{matrix}"


def _scripts_around(element: Any, depth: int) -> str:
    """Return a base with indices on both sides: {}_6^{14}C."""
    names = [(_name(child), _linear(child, depth + 1).strip()) for child in element]
    base = names[0][1] if names else ""
    after, before, index = [""] * 2, [""] * 2, 0
    target = after
    for name, script in names[1:]:
        if name == "mprescripts":
            target, index = before, 0
            continue
        target[index % 2] += script
        index += 1
    written = base + "".join(
        mark + _braced(script) for mark, script in zip("_^", after, strict=True) if script
    )
    leading = "".join(
        mark + _braced(script) for mark, script in zip("_^", before, strict=True) if script
    )
    return f"{{}}{leading}{written}" if leading else written


_SIGN = {command(sign): sign for sign in ACCENTS if command(sign) != sign}
_OPERATORS = frozenset(
    map(command, "∑∏∐∫∬∭∮⋃⋂⋁⋀⨁⨂")
) | frozenset("\\" + name for name in FUNCTIONS)  # fmt: skip
_MADE: dict[str, Callable[[Sequence[str]], str]] = {
    "msup": _sup, "msub": _sub, "msubsup": _both, "munderover": _both, "mover": _over,
    "munder": _under, "mfrac": _fraction, "mroot": _root, "mtable": _table,
    "msqrt": lambda parts: f"\\sqrt{{{_side_by_side(parts).strip()}}}",
    "mtr": lambda parts: " & ".join(part.strip() for part in parts).rstrip(" &"),
    "mlabeledtr": lambda parts: " & ".join(part.strip() for part in parts[1:]).rstrip(" &"),
    "mtd": _side_by_side,
    "semantics": lambda parts: parts[0],
}  # fmt: skip
_LEAST = {"msup": 2, "msub": 2, "mover": 2, "munder": 2, "mfrac": 2, "mroot": 2, "msubsup": 3,
          "munderover": 3}  # fmt: skip
