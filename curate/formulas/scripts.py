r"""Powers and indices as text: x^2, H_2O, 10^{n+1}; what is raised and is none, as it stands.

Input: a text in which superscripts and subscripts are enclosed in control characters: RAISED or
LOWERED before one, SCRIPT_END after it. Output: the text without them. All readers write with it.
"""

import re

RAISED, LOWERED, SCRIPT_END = "\x03", "\x04", "\x05"
_SCRIPT = re.compile(f"([{RAISED}{LOWERED}])([^{RAISED}{LOWERED}{SCRIPT_END}]*){SCRIPT_END}")
_FRACTION = re.compile(
    f"(\\d?){RAISED}(\\d{{1,4}}){SCRIPT_END}\\s?([⁄∕/])\\s?{LOWERED}(\\d{{1,4}}){SCRIPT_END}"
)
_TEN = re.compile(f"(?<![\\d.,])10 (?={RAISED}[+−–-]?\\d)")
_CENTS = re.compile(f"([$€£¥]\\s?\\d{{1,6}}){RAISED}(\\d\\d){SCRIPT_END}(?!\\d)")
_NUMBER = re.compile(r"[+−–-]?\d{1,4}(?:[.,]\d{1,3})?")
_INDEX = re.compile(r"[\w+−–\-,=()*∞./]{1,12}")
_EXPONENT = re.compile(r"(?:(?:log|ln|lg|sin|cos|exp|max|min) )?[\w+−–\-()*∞/.^{}]{1,12}")
_DEEPEST = 4  # powers of powers
_LONGEST_WORD = 40  # characters that are looked at before a power
_TAIL = re.compile(r"[^\W\d_]*$")
# Short words that have powers: units of measure, functions.
_POWERS = frozenset((
    "cm", "mm", "km", "nm", "pm", "dm", "kg", "mg", "hz", "ft", "in", "yd", "mi", "ha", "sec",
    "min",
    "sin", "cos", "tan", "cot", "log", "exp", "mol", "rad",
))  # fmt: skip
# What is raised after a number and is none: ordinals, marks.
_ORDINALS = frozenset((
    "st", "nd", "rd", "th", "e", "er", "ère", "ere", "re", "o", "a", "ème", "eme", "ers", "os",
    "as",
    "te", "de", "r", "t", "è", "ª", "º", "tm", "sm", "me", "mes", "lle", "lles", "gr", "ie", "ier",
    "ste", "mgr",
))  # fmt: skip


def with_scripts(text: str) -> str:
    r"""Return a text with its powers and indices written.

    >>> with_scripts("10\x0318\x05 m, H\x042\x05O, 1\x03st\x05, 1\x033\x05⁄\x044\x05")
    '10^18 m, H_2O, 1st, 1 3⁄4'
    """
    text = _CENTS.sub(r"\1.\2", _FRACTION.sub(_fraction, _TEN.sub("10", text)))
    for _ in range(_DEEPEST):
        before, text = text, _with_innermost(text)
        if text == before or SCRIPT_END not in text:
            break
    return text


def _fraction(match: re.Match[str]) -> str:
    whole, above, stroke, below = match.groups()
    return f"{whole}{' ' if whole else ''}{above}{stroke}{below}"


def _with_innermost(text: str) -> str:
    """Return a text with the powers and indices written that have none inside."""
    made, at = "", 0
    for match in _SCRIPT.finditer(text):
        made += text[at : match.start()]
        made += _script(match[1], match[2], made)
        at = match.end()
    return made + text[at:]


def _script(sign: str, said: str, before: str) -> str:
    """Return a power with ^, an index with _; what is no formula as it stands."""
    inner, base = said.strip(), before[-1:]
    if not inner or not base or not (base.isalnum() or base in ")]|′"):
        return said
    if sign == LOWERED:
        return "_" + _braced(inner) if _INDEX.fullmatch(inner) else said
    match = _TAIL.search(before[-_LONGEST_WORD:])
    tail = match[0] if match is not None else ""
    variable = len(tail) < 3 or tail.lower() in _POWERS
    if _NUMBER.fullmatch(inner) or (inner[-1:] in "+−–-" and len(inner) < 4):
        return "^" + _braced(inner) if variable else said
    if inner == "T" and len(tail) == 1:  # of a matrix
        return "^T"
    if inner.lower() in _ORDINALS or not variable or not _EXPONENT.fullmatch(inner):
        return said
    mathematical = len(inner) < 3 or not inner.isalpha()
    return "^" + _braced(inner) if mathematical and len(tail) < 2 else said


def _braced(inner: str) -> str:
    return inner if len(inner) == 1 or _NUMBER.fullmatch(inner) else f"{{{inner}}}"
