"""Internal control characters in texts during parsing: formulas, superscripts, subscripts, gaps.

Such characters of the page itself are removed before parsing. `tidy` resolves gaps, superscripts
and subscripts; the signs of formulas are kept until the text is written.
"""

import re

from curate.formulas.scripts import LOWERED, RAISED, SCRIPT_END, with_scripts
from curate.text.joiners import without_joiners

FORMULA, FORMULA_END = "\x01", "\x02"
# RAISED, LOWERED and SCRIPT_END enclose what `formulas.scripts` writes.
GAP = "\x06"  # an element stood here that leaves no text: words beside it stay apart

_RESERVED = "\x00\x01\x02\x03\x04\x05\x06"
# Of a page decoded twice, or as ISO 8859-1.
C1 = {n: ord(bytes([n]).decode("cp1252", "ignore") or "\0") or None for n in range(0x80, 0xA0)}
_ANY_C1 = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile(r"&#(?:0*[0-6]|[xX]0*[0-6])(?:;|(?![0-9a-fA-F]))")
SURROGATES = re.compile(r"&#([xX][dD][89abAB][0-9a-fA-F]{2}|5[56]\d{3});&#([xX][dD][c-fC-F]"
                        r"[0-9a-fA-F]{2}|5[67]\d{3});")  # fmt: skip
_ESCAPE = re.compile(
    "\x1b(?:\\][^\x07\x1b]{0,200}(?:\x07|\x1b\\\\)|\\[[0-9;?]*[ -/]*[@-~]|[(-+][0-9A-Z]"
    "|[@-Z\\\\-_])"
)
# Controls but for white space and the signs above; soft hyphens, byte order marks, word joiners,
# embedded directions, stands-in for objects.
_CONTROL = re.compile(
    "[\x07\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffc\ufffe\uffff\x00]"
)
OBJECT = "\ufffc"  # printable, and no letter
_PRIVATE, _WIDE = "\ue000-\uf8ff", "\u2e80-\u9fff\uf900-\ufaff"
# Signs of fonts of icons; beside Chinese and Japanese characters such a code may be one of them.
_ICONS = re.compile(f"(?<![{_WIDE}{_PRIVATE}])[{_PRIVATE}]+(?![{_WIDE}{_PRIVATE}])")
# Letters nobody sees, but for those of flags.
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
# Bold and underlined letters as printers set them.
_OVERSTRUCK = re.compile("(.)\x08(?=\\1)\\1|_\x08(.)|(.)\x08_")
# Escapes whose first character was lost; a program that writes such ones names it.
_LOST_ESCAPE = re.compile(r"(?:\^\[|\u241b)?\[\d{1,3}(?:;\d{1,3}){0,4}[mK]")
_RESET = ("[0m", "[39m")
_NAMED_ESCAPE = re.compile(r"\\(?:0?33|x1[bB]|u001[bB]|[eE])|ESC")
_OPENING = r"(\[{<“„«‘@#$€£¥"  # words stay at what opens them
_GAPS = re.compile(f"(?<=[^\\s{FORMULA}{_OPENING}]){GAP}+(?=[\\w(\\[“«{FORMULA}])")
# Words beside a formula stay apart from it, but for the endings of "nth" and "ks".
_BEFORE_WORD = re.compile(f"{FORMULA_END}(?=\\w)(?!(?:th|st|nd|rd|s|D)\\b)")
_AFTER_WORD = re.compile(f"(?<=[\\w,;:.)]){FORMULA}")
_BESIDE_FORMULA = re.compile(f"(?<={FORMULA_END}){GAP}+|{GAP}+(?={FORMULA})")
_SIGNS = re.compile(f"[{RAISED}{LOWERED}{SCRIPT_END}{GAP}]")


def without_signs(html: str) -> str:
    """Return a page without the control characters that are signs here.

    Control characters of the second half are what Windows-1252 has in their place, as in ftfy;
    two references to surrogates are one to a character.
    """
    if not html.isascii() and _ANY_C1.search(html) is not None:
        html = html.translate(C1)
    if any(sign in html for sign in _RESERVED):
        html = re.sub(f"[{_RESERVED}]", "", html)
    return SURROGATES.sub(_paired, _REFERENCE.sub("", html)) if "&#" in html else html


def _paired(match: re.Match[str]) -> str:
    high, low = (
        int(one.lower().removeprefix("x"), 16 if one[0] in "xX" else 10) for one in match.groups()
    )
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    return match[0]


def without_lost_escapes(text: str) -> str:
    r"""Return a text of code without the escapes of a terminal whose first character was lost.

    >>> without_lost_escapes("[32mok[0m"), without_lost_escapes(r"echo '\e[32mok\e[0m'")
    ('ok', "echo '\\e[32mok\\e[0m'")
    """
    if not any(reset in text for reset in _RESET) or _NAMED_ESCAPE.search(text) is not None:
        return text
    return _LOST_ESCAPE.sub("", text)


def tidy(text: str) -> str:
    r"""Return a text without control characters and soft hyphens, its gaps and scripts resolved.

    >>> tidy("10\x0318\x05 light\x06house, H\x042\x05O, 1\x03st\x05, so\xadft")
    '10^18 light house, H_2O, 1st, soft'
    """
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "\x08" in text:
        text = _OVERSTRUCK.sub(r"\1\2\3", text)
    text = _CONTROL.sub("", text)
    text = without_joiners(_TAGS.sub("", _ICONS.sub("", text)))
    if SCRIPT_END in text:
        text = with_scripts(text)
    if FORMULA in text:
        text = _BESIDE_FORMULA.sub("", text)
        text = _AFTER_WORD.sub(f" {FORMULA}", _BEFORE_WORD.sub(f"{FORMULA_END} ", text))
    if GAP in text:
        text = _GAPS.sub(" ", text)
    return _SIGNS.sub("", text)
