"""Templates of wikis that only dress words up, and the words they leave.

What stands between the braces goes in, its words come out; of all other templates, nothing.
Templates are not run: which of its parts a template shows is known here by its name. Names are
those of the English Wikipedia, and of some others where they differ.
"""

import re
from collections.abc import Callable, Mapping, Sequence

Words = Callable[[Sequence[str]], str]

# fmt: off
# Templates that dress words up, by which of their parts are the words; - for a space.
_FIRST = frozenset((
    "nowrap", "nobr", "nobreak", "small", "smaller", "big", "larger", "abbr", "ill",
    "interlanguage-link", "em", "strong", "sup", "sub", "sic", "not-a-typo", "nobold", "noitalic",
    "nonitalic", "sc", "smallcaps", "math", "mvar", "resize", "center", "visible-anchor",
    "vanchor", "linktext", "tooltip", "angbr", "script", "keypress", "key", "uc", "lc", "ucfirst",
    "lcfirst", "ipa", "nihongo", "bdi", "mono", "samp", "tt", "kbd", "var", "num", "text", "nts",
    "angbr-ipa", "vr", "angle-bracket", "flag", "flagcountry", "flagu", "subatomicparticle",
    "physics-particle", "railgauge", "track-gauge", "número", "число", "nobr-romains",
    "lien", "link-interwiki", "仮リンク", "le", "link-en", "link-ja", "link-de", "link-fr", "tsl",
    "нп1", "нп2", "нп3", "нп4", "нп5", "не-переведено", "не-переведено-5", "読み仮名", "ruby",
    "citation-bloc", "guil", "japonais", "s-", "frs", "ens", "itas", "spas", "las", "elsrs", "rus",
))
_QUOTES_OF = frozenset((
    "quote", "blockquote", "cquote", "quotation", "bquote", "poemquote", "rquote", "quote-box",
    "centered-pull-quote", "zitat", "cita", "citazione", "citação", "citaat", "цитата",
))
_SECOND = frozenset((
    "lang", "langx", "rtl-lang", "wikt-lang", "color", "font-color", "langue", "native-name",
))
_JOINED = {"chem": "", "chem2": "", "fraction": "/", "frac": "/", "sfrac": "/"}
# Signs that stand before the words.
_BEFORE = {
    "e": "×10^", "vol.": "vol. ", "vol": "vol. ",
    "us$": "US$", "usd": "US$", "a$": "A$", "aud": "A$", "c$": "C$", "£": "£", "gbp": "£",
    "€": "€", "eur": "€", "euro": "€", "¥": "¥", "jpy": "¥", "inr": "₹", "₹": "₹",
}
_ACCIDENTALS = {"flat": "♭", "sharp": "♯", "natural": "♮"}
_SHIPS = frozenset(("uss", "hms", "rms", "ss", "mv", "hmas", "hmcs", "sms"))
_SIGNS = {
    "!": "|", "=": "=", "ndash": "–", "en dash": "–", "mdash": "—", "em dash": "—", "emdash": "—",
    "snd": " – ", "spnd": " – ", "spaced ndash": " – ", "spaced en dash": " – ", "dash": " – ",
    "nbsp": " ", "space": " ", "spaces": " ", "thinsp": " ", "'": "&#39;", '"': '"',
    "'s": "&#39;s", "-'": "&#39;", "mdashb": "—", "eqm": "⇌", "increase": "", "1er": "1er",
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
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
# fmt: on
_NAMED = re.compile(r"\s*([a-z0-9][\w -]*?)\s*=(?!=)(.*)", re.I | re.S)


def words_of(inside: str) -> str:
    """Return the words that a template leaves, given what stands between its braces.

    >>> words_of("lang|fr|mot"), words_of("convert|5|to|10|km"), words_of("Infobox|a=b")
    ('mot', '5 to 10 km', '')
    """
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
    if not words:
        return _SIGNS.get(name, "")
    name = name.replace(" ", "-")
    if name == "val":
        return _value(words[0], named)
    if name.startswith("lang-"):
        return words[0]
    made = _MADE.get(name)
    return made(words) if made is not None else ""


def _value(number: str, named: Mapping[str, str]) -> str:
    """Return a number with its power of ten and unit: `val|6.02|e=23|u=mol` -> 6.02×10^23 mol."""
    power = f"×10^{named['e']}" if named.get("e") else ""
    return f"{number}{power} {named.get('u') or named.get('ul') or ''}".strip()


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


def _joined(by: str, most: int | None = None) -> Words:
    return lambda words: by.join(words[:most])


def _after(sign: str) -> Words:
    return lambda words: sign + words[0]


# What is made of the words, by the template's name.
_MADE: dict[str, Words] = {
    **dict.fromkeys(_FIRST, lambda words: words[0]),
    **dict.fromkeys(_SECOND, lambda words: words[1] if len(words) > 1 else ""),
    # a scheme may stand between the language and the words
    **dict.fromkeys(("transl", "transliteration"), lambda words: words[-1] if words[1:] else ""),
    **dict.fromkeys(_QUOTES_OF, lambda words: f"\n{words[0]}\n"),
    "poemquote": lambda words: f"\n{words[0]}\n".replace("\n", "<br>"),
    **{name: _joined(by) for name, by in _JOINED.items()},
    **{name: _after(sign) for name, sign in _BEFORE.items()},
    **{name: _after(f"{name.upper()} ") for name in _SHIPS},
    **dict.fromkeys(("convert", "cvt"), _measured),
    **dict.fromkeys(("nombre", "unité", "unidad", "drs", "ship"), _joined(" ", 2)),
    **dict.fromkeys(("circa", "c.", "ca"), lambda words: "c. " + " – ".join(words[:2])),
    **dict.fromkeys(("as-of", "asof"), lambda words: f"As of {_date(words)}"),
    # carbon-14, whether the element is given by its name or by its symbol
    **dict.fromkeys(("nuclide", "nuclide2", "simplenuclide", "simplenuclide2"), _joined("-", 2)),
    "music": lambda words: _ACCIDENTALS.get(words[0].lower(), ""),
}
