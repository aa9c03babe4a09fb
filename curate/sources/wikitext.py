"""Wikitext to prose: what a reader of the article sees, without tables, notes and boxes.

A text goes in, a text comes out; no page is ever refused. One pass finds what is nested
({{templates}}, {|tables|}, [[links]]) with a stack, so that hostile nesting costs no more than
its length; what is left are lines, cleaned one by one. Templates are not run: those that only
dress words up give their words, all others go.
"""

import html
import re
from collections.abc import Callable, Iterable, Sequence

# Where a tag's content is no prose. `math` and code stay as they are written: sentences need them.
DROPPED = (
    "ref", "references", "gallery", "timeline", "imagemap", "score", "graph", "templatedata",
    "hiero", "inputbox", "mapframe", "maplink", "includeonly", "style", "templatestyles", "section",
    "categorytree", "charinsert", "indicator",
)  # fmt: skip
VERBATIM = ("nowiki", "math", "chem", "ce", "source", "syntaxhighlight", "pre", "code")
FILES = ("file", "image", "media", "category")  # in every wiki, besides its own names for them
LONGEST_TAG = 2_000  # characters

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_ALONE = re.compile(rf"<(?:{'|'.join(DROPPED)})\b[^<>]{{0,{LONGEST_TAG}}}/>", re.I)
_DROPPED = re.compile(
    rf"<({'|'.join(DROPPED)})\b[^<>]{{0,{LONGEST_TAG}}}>(?:(?!<\1\b).)*?</\1\s*>", re.I | re.S
)
_VERBATIM = re.compile(
    rf"<({'|'.join(VERBATIM)})\b[^<>]{{0,{LONGEST_TAG}}}(?<!/)>((?:(?!<\1\b).)*?)</\1\s*>",
    re.I | re.S,
)
_BREAK = re.compile(r"<(?:br|hr|/?p|/?div|/?blockquote|/?poem|/?center|/?li)\b[^<>]{0,200}>", re.I)
_TAG = re.compile(rf"</?[a-z][a-z0-9]*\b[^<>]{{0,{LONGEST_TAG}}}>", re.I)
_MARK = re.compile(r"\{\{|\}\}|^[ \t:]*\{\||^[ \t]*\|\}(?!\})|\[\[|\]\]", re.M)
_CLOSES = {"}}": "{{", "|}": "{|", "]]": "[["}
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:|mailto:|//)[^\s\[\]]*[ \t]*([^\[\]\n]*)\]", re.I)
_QUOTES = re.compile(r"'{5}|'{2,3}")
_MAGIC = re.compile(r"__[A-Z]{3,}__")
_HEADING = re.compile(r"^(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$")
_INTERWIKI = re.compile(r"[a-z]{2,3}(?:-[a-z-]{2,12})?|simple")
_HELD = re.compile("\x00([0-9]+)\x00")
_EMPTY = re.compile(r"[ \t]*[(\[](?:[ \t]|[,;:.]|&nbsp;)*[)\]]")
_OPENED = re.compile(r"\([ \t]*(?:[,;:][ \t]*)+")
_SPACES = re.compile(r"[ \t\u00a0\u2002-\u200a]+")
_BEFORE_STOP = re.compile(r" +([,.;:)](?:\s|$))")

# fmt: off
# Templates that dress words up, by which of their parts are the words; - for a space.
_FIRST = frozenset((
    "nowrap", "nobr", "nobreak", "small", "smaller", "big", "larger", "abbr", "ill",
    "interlanguage-link", "em", "strong", "sup", "sub", "sic", "not-a-typo", "nobold", "noitalic",
    "nonitalic", "sc", "smallcaps", "math", "mvar", "resize", "center", "visible-anchor",
    "vanchor", "linktext", "tooltip", "angbr", "script", "keypress", "key", "uc", "lc", "ucfirst",
    "lcfirst", "ipa", "nihongo", "bdi", "mono", "samp", "tt", "kbd", "var", "val", "num", "text",
))
_QUOTES_OF = frozenset((
    "quote", "blockquote", "cquote", "quotation", "bquote", "poemquote", "rquote", "quote-box",
    "centered-pull-quote",
))
_SECOND = frozenset((
    "lang", "langx", "transl", "transliteration", "rtl-lang", "wikt-lang", "color", "font-color",
))
_JOINED = {"chem": "", "chem2": "", "fraction": "/", "frac": "/", "sfrac": "/"}
_SHIPS = frozenset(("uss", "hms", "rms", "ss", "mv", "hmas", "hmcs", "sms"))
_SIGNS = {
    "!": "|", "=": "=", "ndash": "–", "en dash": "–", "mdash": "—", "em dash": "—", "emdash": "—",
    "snd": " – ", "spnd": " – ", "spaced ndash": " – ", "spaced en dash": " – ", "dash": " – ",
    "nbsp": " ", "space": " ", "spaces": " ", "'": "'", '"': '"', "'s": "'s", "-'": "'",
    "·": " · ", "•": " • ", "dot": " · ", "bullet": " • ", "pi": "π", "minus": "−", "times": "×",
    "degree": "°", "c.": "c.", "ca": "c.", "circa": "c.",
}
_BETWEEN = {
    "-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "x": " × ", "by": " by ",
}
_UNITS = {
    "sqmi": "square miles", "sqft": "square feet", "sqkm": "km2", "sqm": "m2", "acre": "acres",
    "ha": "hectares", "mi": "miles", "ft": "feet", "in": "inches", "yd": "yards", "lb": "pounds",
    "oz": "ounces", "impgal": "imperial gallons", "usgal": "US gallons", "mph": "mph", "c": "°C",
    "f": "°F", "oilbbl": "barrels", "oilbbl/d": "barrels per day",
    "koilbbl/d": "thousand barrels per day", "cuft": "cubic feet", "cuyd": "cubic yards",
    "nmi": "nautical miles", "kn": "knots", "km/h": "km/h", "lt": "long tons", "st": "short tons",
}
# Sections of what the article rests on and leads to: lists of titles, no prose.
APPARATUS = frozenset((
    "see also", "references", "notes", "notes and references", "references and notes", "sources",
    "footnotes", "citations", "works cited", "bibliography", "further reading", "external links",
    "einzelnachweise", "weblinks", "siehe auch", "literatur", "quellen", "anmerkungen",
    "références", "notes et références", "voir aussi", "liens externes", "bibliographie",
    "articles connexes", "annexes", "referencias", "véase también", "enlaces externos",
    "bibliografía", "notas", "note", "voci correlate", "collegamenti esterni", "bibliografia",
    "altri progetti", "referências", "ver também", "ligações externas", "referenties",
    "zie ook", "externe links", "externe link", "примечания", "см. также", "ссылки", "литература",
    "przypisy", "zobacz też", "linki zewnętrzne",
))
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
# fmt: on
_NAMED = re.compile(r"\s*([a-z0-9][\w -]*?)\s*=(?!=)(.*)", re.I | re.S)


def plain(wikitext: str, files: Iterable[str] = FILES, *, apparatus: bool = False) -> str:
    r"""Return the prose of a page: paragraphs, headings and items, one a line.

    Headings that nothing follows are left out, and so are tables, boxes, notes, pictures with
    what is written under them, categories. Entities are what they stand for.

    Args:
        files: names, in lower case, of the namespaces of files and categories.
        apparatus: whether sections named as those of APPARATUS stay.

    >>> plain("'''Bread''' is a [[staple food|food]] made of {{lang|fr|pain}}.<ref>Me</ref>")
    'Bread is a food made of pain.'
    >>> plain("{{Infobox|a={{b}}}}\n== Uses ==\n* [http://x.org one]\n== Notes ==\n<references/>")
    'Uses\n- one'
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[2])
        return f"\x00{len(held) - 1}\x00"

    text = wikitext.replace("\x00", "").replace("\r\n", "\n")
    text = _COMMENT.sub("", text)
    text = _VERBATIM.sub(hold, text)
    text = _ALONE.sub("", text)
    text = _DROPPED.sub("", text)
    names = frozenset(files) | frozenset(FILES)
    text = _unnested(text, lambda mark, inside: _expanded(mark, inside, names))
    text = _BREAK.sub("\n", text)
    text = _TAG.sub("", text)
    text = _EXTERNAL.sub(r"\1", text)
    text = _MAGIC.sub("", _QUOTES.sub("", text))
    lines = [line for line in map(_line, text.split("\n")) if line is not None]
    lines = _with_headings(lines if apparatus else _without_apparatus(lines))
    text = "\n".join(lines)
    return _HELD.sub(lambda match: html.unescape(held[int(match[1])].strip()), text).strip()


def _unnested(text: str, expanded: Callable[[str, str], str]) -> str:
    """Return the text with every nested part replaced, inner ones first.

    What is opened and not closed loses its mark and keeps its words, and so does what is closed
    and was not opened.
    """
    stack: list[tuple[str, list[str]]] = [("", [])]
    opened = {"{{": 0, "{|": 0, "[[": 0}
    at = 0
    for match in _MARK.finditer(text):
        stack[-1][1].append(text[at : match.start()])
        at = match.end()
        mark = match[0].strip(" \t:\n")
        if mark in opened:
            stack.append((mark, []))
            opened[mark] += 1
            continue
        opener = _CLOSES[mark]
        if not opened[opener]:
            continue
        while stack[-1][0] != opener:
            lost, pieces = stack.pop()
            opened[lost] -= 1
            stack[-1][1].extend(pieces)
        _, pieces = stack.pop()
        opened[opener] -= 1
        stack[-1][1].append(expanded(opener, "".join(pieces)))
    stack[-1][1].append(text[at:])
    return "".join(piece for _, pieces in stack for piece in pieces)


def _expanded(mark: str, inside: str, files: frozenset[str]) -> str:
    if mark == "[[":
        return _link(inside, files)
    return _template(inside) if mark == "{{" else "\n"


def _link(inside: str, files: frozenset[str]) -> str:
    target, bar, label = inside.partition("|")
    target = target.strip()
    prefix, colon, rest = target.partition(":")
    if colon and prefix:
        if prefix.strip().lower() in files:
            return ""
        if not bar and _INTERWIKI.fullmatch(prefix) and rest:
            return ""
    if bar:
        label = label.rpartition("|")[2].strip("\n")
        return label if label.strip() else re.sub(r"\s*\([^()]*\)$|,.*", "", target)
    return target.removeprefix(":")


def _template(inside: str) -> str:
    name, *parts = inside.split("|")
    name = name.strip().lower().replace("_", " ")
    if name.startswith("formatnum:"):
        return name.partition(":")[2]
    words, named = [], {}
    for part in parts:
        match = _NAMED.match(part)
        if match is None:
            words.append(part.strip())
        else:
            named[match[1].lower()] = match[2].strip()
    if not any(words):
        words = [named[key] for key in ("1", "2", "text", "quote") if key in named]
    return _words_of(name.replace(" ", "-"), words) if words else _SIGNS.get(name, "")


def _words_of(name: str, words: Sequence[str]) -> str:  # noqa: PLR0911 - a case, an answer
    if name in _FIRST or name.startswith("lang-"):
        return words[0]
    if name in _SECOND:
        return words[1] if len(words) > 1 else ""
    if name in _QUOTES_OF:
        return f"\n{words[0]}\n"
    if name in _JOINED:
        return _JOINED[name].join(words)
    if name in ("convert", "cvt"):
        return _measured(words)
    if name in ("circa", "c.", "ca"):
        return "c. " + " – ".join(words[:2])
    if name in ("as-of", "asof"):
        return f"As of {_date(words)}"
    return f"{name.upper()} {words[0]}" if name in _SHIPS else ""


def _measured(words: Sequence[str]) -> str:
    """Return a quantity as it was given: `convert|5|to|10|km` -> 5 to 10 km."""
    said = words[0]
    at = 1
    while at + 1 < len(words) and words[at].lower() in _BETWEEN:
        said += _BETWEEN[words[at].lower()] + words[at + 1]
        at += 2
    return f"{said} {_UNITS.get(words[at].lower(), words[at])}" if at < len(words) else said


def _date(words: Sequence[str]) -> str:
    """Return year, month, day as people write them."""
    month = words[1] if len(words) > 1 else ""
    if month.isdecimal() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    return " ".join([*words[2:3], *([month] if month else []), words[0]])


def _line(line: str) -> str | None:
    """Return a line without its marks, or None for what is left of a table."""
    line = line.strip()
    if line[:1] in ("|", "!") or line.startswith(("{|", "----")):
        return None
    if line[:1] in ("*", "#", ":", ";"):
        bare = line.lstrip("*#:; \t")
        line = f"- {bare}" if bare and line[0] in "*#" else bare
    if "(" in line or "[" in line:
        line = _OPENED.sub("(", _EMPTY.sub("", line))
    line = html.unescape(line) if "&" in line else line
    return _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", line)).strip()


def _without_apparatus(lines: Sequence[str]) -> list[str]:
    kept = []
    below = 0  # the level of the heading whose section goes
    for line in lines:
        heading = _HEADING.match(line)
        if heading is not None and (not below or len(heading[1]) <= below):
            below = len(heading[1]) if heading[2].strip().lower() in APPARATUS else 0
        if not below:
            kept.append(line)
    return kept


def _with_headings(lines: Sequence[str]) -> list[str]:
    """Return the lines with headings as plain lines, without those that nothing follows."""
    kept: list[str] = []
    waiting: list[tuple[int, str]] = []  # headings nothing has followed yet
    for line in lines:
        heading = _HEADING.match(line)
        if heading is not None:
            level = len(heading[1])
            waiting = [one for one in waiting if one[0] < level]
            waiting.append((level, heading[2].strip()))
        elif line and line != "-":
            for _, words in waiting:
                kept += ["", words] if kept and kept[-1] else [words]
            waiting = []
            kept.append(line)
        elif kept and kept[-1] and not waiting:
            kept.append("")
    return kept
