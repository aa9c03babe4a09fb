"""Parser functions and variables of wikitext that can be evaluated without a wiki.

Input: the content of the braces. Output: its text, or `UNKNOWN` for values that a wiki computes
daily; None if it is a template.
"""

from collections.abc import Callable

from curate.wiki.quantities import UNKNOWN, grouped

_CASES = {"lc": str.lower, "uc": str.upper}
_TEXT_TAGS = frozenset(("nowiki", "poem", "span", "pre", "code", "small", "big", "blockquote"))
# Of the value behind the colon, and at least three parameters.
_CHOICES: dict[str, Callable[[str, list[str]], str]] = {
    "plural": lambda value, words: words[0] if value in ("1", "-1") else words[1] or words[0],
    "gender": lambda _, words: words[2] or words[0],
    "#ifexist": lambda _, words: words[0],
    "#iferror": lambda value, words: words[1] or value,
    "#tag": lambda tag, words: words[0] if tag.lower() in _TEXT_TAGS else "",
    "padleft": lambda value, words: value.rjust(_width(words[0]), (words[1] or "0")[0]),
    "padright": lambda value, words: value.ljust(_width(words[0]), (words[1] or "0")[0]),
}
_MOST_PADDED = 500  # characters, as in MediaWiki
_KEPT = frozenset(("lcfirst", "ucfirst", "int", "urlencode", "anchorencode"))
_PREFIXES = (
    "subst:",
    "safesubst:",
    "msg:",
    "raw:",
    "template:",
    "vorlage:",
    "modèle:",
    "plantilla:",
    "шаблон:",
    "szablon:",
    "sjabloon:",
    "predefinição:",
    "mall:",
    "قالب:",
    "الگو:",
    "テンプレート:",
    "模板:",
    "틀:",
)
_TITLE = frozenset(("pagename", "fullpagename", "basepagename", "subpagename", "page name"))


def without_prefix(title: str) -> str:
    """Return a template's name without prefixes (subst:, Template:)."""
    bare = title.strip()
    for prefix in _PREFIXES:
        if bare.lower().startswith(prefix):
            bare = bare[len(prefix) :].strip()
    return bare


def variable(title: str, page: str) -> str | None:
    """Return the value of a variable such as `{{PAGENAME}}`; None for unknown ones."""
    return page if title.strip().lower() in _TITLE else None


def function_of(  # noqa: PLR0911 - one for each function
    title: str, parts: list[str], language: str = ""
) -> str | None:
    """Return the value of `{{formatnum:1234}}`, `{{#if:x|y|z}}` and similar ones; None for others.

    Args:
        language: in which numbers are written.

    >>> function_of("formatnum:1234", [], "de"), function_of("formatnum:1,234", ["R"], "en")
    ('1.234', '1234')
    >>> function_of("#if:x", ["y", "z"]), function_of("#ifeq: a", [" b", "y", "z"])
    ('y', 'z')
    >>> function_of("#switch: b", ["a=1", "b=2", "3"])
    '2'
    """
    name, colon, rest = title.partition(":")
    name, rest = name.strip().lower(), rest.strip()
    if not colon:
        return None
    values = [part.strip() for part in parts] + ["", "", ""]
    if name in _CASES:
        return _CASES[name](rest)
    if name == "formatnum":
        return rest.replace(",", "") if values[0] == "R" else grouped(rest, language)
    if name in _KEPT:
        return rest
    if name in _CHOICES:
        return _CHOICES[name](rest, values)
    if name == "#if":
        return values[0] if rest else values[1]
    if name == "#ifeq":
        return values[1] if rest == values[0] else values[2]
    if name == "#switch":
        return _switched(rest, parts)
    return UNKNOWN if name in ("#expr", "#time", "#timel", "#ifexpr") else ""


def _width(number: str) -> int:
    return min(int(number), _MOST_PADDED) if number.isdecimal() else 0


def _switched(value: str, parts: list[str]) -> str:
    default, falls = "", False
    for at, part in enumerate(parts):
        key, equals, result = part.partition("=")
        if not equals:
            if at == len(parts) - 1:
                default = part.strip()
            falls = falls or key.strip() == value
        elif falls or key.strip() == value:
            return result.strip()
        elif key.strip() == "#default":
            default = result.strip()
    return default
