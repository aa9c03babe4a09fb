"""Render formatting templates of wikis to text, without expanding templates.

Input: the content of the braces. Output: its text; "" for all other templates. Templates are not
expanded: a table of names says which parameters a template shows. Names are those of the English
Wikipedia, and of some others where they differ.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from curate.wiki import dates
from curate.wiki.citations import cited
from curate.wiki.countries import COUNTRIES
from curate.wiki.functions import function_of, variable, without_prefix
from curate.wiki.quantities import (
    UNKNOWN,
    as_of,
    coordinates,
    date,
    death_date,
    density,
    fraction,
    height,
    measured,
    rupees,
    spelled,
    value,
    with_units,
    years_between,
)
from curate.wiki.template_names import (
    ACCIDENTALS,
    AROUND,
    BEFORE,
    FIRST,
    ITEMS,
    JOINED,
    LAST,
    LISTS,
    QUOTES_OF,
    SECOND,
    SHIPS,
    SIGNS,
)

Words = Callable[[Sequence[str], Mapping[str, str]], str]

# Around a pronunciation, which is kept only where a sentence needs it.
SPOKEN, SPOKEN_END = "\x03", "\x04"

_PAIRS = ("I",)  # roads with a hyphen after the letter: I-5
_KEY = re.compile(r"\w[\w -]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z-]{2,12})?")
_CHARGE = re.compile(r"\d?[+−–-]")
_CHARGED = re.compile(r"\((\d?[+−–-])\)$|(?<=\w)([+−–-])$")
_COUNTED = re.compile(r"(?<=[A-Za-z)\]])(\d{1,3})(?![\w+−–-]*>)")
_STRESS = {"'": "ˈ", ",": "ˌ"}
_LABELS = frozenset((
    "lang", "local", "pron", "uk", "us", "both", "alsouk", "alsous", "also", "usalso", "ukalso",
    "uklang", "uslang", "ukalsous", "small", "ipa",
))  # fmt: skip


def words_of(  # noqa: PLR0911 - one for each kind of template
    inside: str, *, english: bool = True, language: str = "", page: str = ""
) -> str:
    """Return the text of a template, given the content of its braces.

    It may contain `UNKNOWN`, and pronunciations between `SPOKEN` and `SPOKEN_END`. A country
    code, `USA`, is rendered as the name in English wikis.

    Args:
        language: of the wiki, "" if it is not known.
        page: the title of the page that contains the template.

    >>> words_of("lang|fr|mot"), words_of("convert|5|to|10|km"), words_of("Infobox|a=b")
    ('mot', '5 to 10 km', '')
    """
    title, *parts = inside.split("|")
    if (text := variable(title, page)) is not None:
        return text
    title = without_prefix(title)
    name = title.lower().replace("_", " ")
    language = language or ("en" if english else "")
    text = function_of(title, parts, language) if ":" in name and name != "h:title" else None
    if text is not None:
        return text
    words, named = [], {}
    for part in parts:
        key, equals, text = part.partition("=")
        if equals and not text.startswith("=") and _KEY.fullmatch(key := key.strip()):
            named[key.lower()] = text.strip()
        else:
            words.append(part.strip())
    while (number := str(len(words) + 1)) in named:
        words.append(named[number])
    if not any(words):
        words = [named[key] for key in ("text", "quote", "content") if key in named]
    if (text := cited(name, words, named)) is not None:
        return text
    name = name.replace(" ", "-") if words else name
    if (text := dates.shared(name, words, language)) is not None:
        return text
    render = _MADE.get(name) if words else _MADE_OF_NAMED.get(name)
    if render is not None:
        return render(words, named)
    if words:
        return _of_family(name, words)
    if name == "sic" and "hide" in named:
        return ""
    return (
        SIGNS.get(name)
        or dates.SIGNS.get(name)
        or dates.shown_name(title)
        or (COUNTRIES.get(title, "") if english else "")
    )


def _of_family(name: str, words: Sequence[str]) -> str:
    """Return the text of templates of a family, such as one for each language."""
    if name.startswith("lang-"):
        return words[0]
    if name.startswith("ipa-"):
        spoken = f"[{words[0]}]"
        return spoken if words[1:2] == [""] else f"{SPOKEN}{spoken}{SPOKEN_END}"
    if name.startswith("ipac-"):
        sounds = [_STRESS.get(word, word) for word in words if word.lower() not in _LABELS]
        return f"{SPOKEN}/{''.join(sounds).replace('_', ' ')}/{SPOKEN_END}"
    # "citation needed span" and similar ones enclose text
    return words[0] if name.endswith("-span") or name.startswith("script/") else ""


def _ipa(words: Sequence[str], _named: Mapping[str, str]) -> str:
    if len(words) > 1 and _LANGUAGE.fullmatch(words[0]) and words[1]:
        return _of_family(f"ipa-{words[0]}", words[1:])
    return words[0]


def _respelled(words: Sequence[str], _named: Mapping[str, str]) -> str:
    spoken = "-".join(word for word in words if word.strip("'")).replace("-_-", " ")
    return f"{SPOKEN}{spoken.replace('_', ' ')}{SPOKEN_END}"


def _language(words: Sequence[str], named: Mapping[str, str]) -> str:
    if len(words) > 1:
        return words[1]
    return words[0] if "code" in named else ""


def _japanese(words: Sequence[str], _named: Mapping[str, str]) -> str:
    """Return `nihongo|Tokyo|東京|Tōkyō` as Tokyo (東京, Tōkyō)."""
    values = [*words, "", ""]
    first = values[0] or values[2] or values[1]
    rest = ", ".join(word for word in values[1:] if word and word != first)
    return f"{first} ({rest})" if rest else first


def _of_scripts(_words: Sequence[str], named: Mapping[str, str]) -> str:
    """Return the words of `zh|t=…|s=…|p=…`, each once: signs, then Latin letters."""
    order = ("c", "s", "t", "hangul", "hanja", "p", "rr", "mr")
    return "; ".join(dict.fromkeys(named[key] for key in order if named.get(key)))


def _age(words: Sequence[str], _named: Mapping[str, str]) -> str:
    years = years_between(words)
    return UNKNOWN if years is None else str(years)


def _character(words: Sequence[str], _named: Mapping[str, str]) -> str:
    try:
        sign = chr(int(words[0], 16))
    except (ValueError, OverflowError):
        return ""
    text = f"U+{words[0]} {sign}" if sign.isprintable() and not sign.isspace() else f"U+{words[0]}"
    return f"{text} {words[1].upper()}" if len(words) > 1 and "=" not in words[1] else text


def _verse(words: Sequence[str], _named: Mapping[str, str]) -> str:
    """Return `bibleverse||Mark|3:25|KJV` as Mark 3:25."""
    parts = [word for word in words if word]
    last = next((n for n, word in enumerate(parts) if n and word[:1].isdigit()), 0)
    return " ".join(parts[: last + 1])


def _roads(words: Sequence[str], _named: Mapping[str, str]) -> str:
    pairs = zip(words[::2], words[1::2], strict=False)
    return " / ".join(f"{kind}{'-' if kind in _PAIRS else ' '}{number}" for kind, number in pairs)


def _team(_words: Sequence[str], named: Mapping[str, str]) -> str:
    text = named.get("title") or f"{named.get('year', '')} {named.get('team', '')}"
    return text.strip()


def _country(words: Sequence[str], _named: Mapping[str, str]) -> str:
    return COUNTRIES.get(words[0], words[0])


def _athlete(words: Sequence[str], _named: Mapping[str, str]) -> str:
    return f"{words[0]} ({words[1]})" if len(words) > 1 else words[0]


def _class(words: Sequence[str], _named: Mapping[str, str]) -> str:
    """Return `sclass|Nimitz|aircraft carrier` as Nimitz-class aircraft carrier."""
    if words[2:3] == ["4"] or len(words) < 2:
        return f"{words[0]} class"
    return f"{words[0]}-class {words[1]}"


def _old_style(words: Sequence[str], _named: Mapping[str, str]) -> str:
    old = f" [O.S. {words[2]}]" if len(words) > 2 else ""
    return f"{words[0]}{old} {words[1]}" if len(words) > 1 else words[0]


def _duration(words: Sequence[str], named: Mapping[str, str]) -> str:
    parts = [*words[:3]] or [named[key] for key in ("h", "m", "s") if named.get(key)]
    return ":".join(n if not at else n.zfill(2) for at, n in enumerate(parts))


def _columns(_words: Sequence[str], named: Mapping[str, str]) -> str:
    return "".join(f"\n{text}\n" for key, text in named.items() if re.fullmatch(r"col\d+", key))


def _verses(words: Sequence[str], _named: Mapping[str, str]) -> str:
    return "\n" + "\n\n".join(words[:2]).replace("\n", "<br>") + "\n"


def _money(amount: str, currency: str) -> str:
    sign = BEFORE.get(currency.lower())
    return f"{sign}{amount}" if sign is not None else f"{currency.upper()} {amount}"


def _ordinal(words: Sequence[str], _named: Mapping[str, str]) -> str:
    number = words[0]
    teens = number[-2:] in ("11", "12", "13")
    return number + ("th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th"))


def _compound(words: Sequence[str], _named: Mapping[str, str]) -> str:
    """Return `chem|SO|4|2-` and `chem2|SO4(2-)` with their digits lowered, charges raised."""
    if len(words) == 1:
        raised = _CHARGED.sub(r"<sup>\1\2</sup>", words[0])
        return _COUNTED.sub(r"<sub>\1</sub>", raised)
    made = words[0]
    for word in words[1:]:
        tag = "sub" if word.isdecimal() else "sup" if _CHARGE.fullmatch(word) else ""
        made += f"<{tag}>{word}</{tag}>" if tag and made else word
    return made


def _part(at: int) -> Words:
    return lambda words, _: words[at] if len(words) > at else ""


def _joined(by: str, most: int | None = None) -> Words:
    return lambda words, _: by.join(words[:most])


def _with_affixes(before: str, after: str) -> Words:
    return lambda words, _: f"{before}{words[0]}{after}"


def _first_parameter(words: Sequence[str], _named: Mapping[str, str]) -> str:
    return words[0]


# Functions of the parameters, by the template's name.
_MADE: dict[str, Words] = {
    **dates.MADE,  # first: other wikis use some of these names for other templates
    **dict.fromkeys(FIRST, _first_parameter),
    **dates.CENTURIES,
    **dict.fromkeys(SECOND, _part(1)),
    # a scheme may precede the text
    **dict.fromkeys(LAST, lambda words, _: words[-1] if words[1:] else ""),
    "resize": lambda words, _: words[-1],
    **dict.fromkeys(QUOTES_OF, lambda words, _: f"\n\n{words[0]}\n\n"),
    "rquote": lambda words, _: f"\n\n{words[1] if words[1:] else words[0]}\n\n",
    **dict.fromkeys(
        ("poemquote", "poem-quote"), lambda words, _: f"\n{words[0]}\n".replace("\n", "<br>")
    ),
    **dict.fromkeys(ITEMS, lambda words, _: "".join(f"\n* {word}" for word in words) + "\n"),
    **dict.fromkeys(LISTS, lambda words, _: f"\n{words[-1]}\n" if "*" in words[-1] else ""),
    **{name: _joined(by) for name, by in JOINED.items()},
    **{name: _with_affixes(sign, "") for name, sign in BEFORE.items()},
    **{name: _with_affixes(*signs) for name, signs in AROUND.items()},
    **{name: _with_affixes(f"{name.upper()} ", "") for name in SHIPS},
    **dict.fromkeys(("convert", "cvt"), measured),
    **dict.fromkeys(("frac", "sfrac", "fract", "bruch"), fraction),
    **dict.fromkeys(("unidad", "drs", "ship", "sortname"), _joined(" ", 2)),
    **dict.fromkeys(("nombre", "nb"), with_units),
    "§": lambda words, _: "§ " + " ".join(words[:2]),
    "citation-étrangère": lambda words, _: f"« {words[0]} »",
    "unité": with_units,
    **dict.fromkeys(
        ("circa", "c.", "ca"), lambda words, _: " – ".join(f"c. {word}" for word in words[:2])
    ),
    **dict.fromkeys(("reign", "r."), lambda words, _: "r. " + "–".join(words[:2])),
    **dict.fromkeys(("as-of", "asof"), as_of),
    # carbon-14, with the element's name or its symbol
    **dict.fromkeys(("nuclide", "nuclide2", "simplenuclide", "simplenuclide2"), _joined("-", 2)),
    **dict.fromkeys(("lang", "langue"), _language),
    **dict.fromkeys(("sclass", "sclass-", "sclass2", "sclass2-"), _class),
    **dict.fromkeys(("nbsp", "spaces", "space", "nbs", "spaced-ndash"), lambda *_: " "),
    **dict.fromkeys(("nihongo", "japonais"), _japanese),
    "読み仮名": lambda words, _: f"{words[0]}（{words[1]}）" if words[1:] else words[0],
    **dict.fromkeys(
        (
            "нп1",
            "нп2",
            "нп3",
            "нп4",
            "нп5",
            "нп",
            "не-переведено",
            "не-переведено-5",
            "не-перекладено",
        ),
        lambda words, _: "".join(words[1:2]) or words[0],
    ),
    **dict.fromkeys(
        ("tl", "tlx", "tlp", "tld", "tlc", "tnull"), lambda words, _: "{{" + "|".join(words) + "}}"
    ),
    **dict.fromkeys(("verse-translation", "poem-translation"), _verses),
    **dict.fromkeys(("spellnum", "numtext", "number-to-words", "spell-number"), spelled),
    "inrconvert": rupees,
    "höhe": lambda words, _: f"{words[0]} m",
    "nihongo3": lambda words, named: _japanese(["", *words[1:3], *words[:1]], named),
    **dict.fromkeys(("birth-date", "start-date", "end-date", "film-date", "release-date"), date),
    **dict.fromkeys(("birth-date-and-age", "start-date-and-age", "bda", "dts", "dob"), date),
    **dict.fromkeys(("birth-year-and-age", "death-year-and-age", "date"), _first_parameter),
    **dict.fromkeys(("death-date", "death-date-and-age", "dda"), death_date),
    **dict.fromkeys(("age", "age-in-years", "age-nts"), _age),
    **dict.fromkeys(
        (
            "inflation",
            "time-ago",
            "years-ago",
            "years-or-months-ago",
            "inflation-year",
            "inflation/year",
            "age-in-years,-months-and-days",
            "age-in-days",
            "un-population",
        ),
        lambda *_: UNKNOWN,
    ),
    **dict.fromkeys(("coord", "coords"), coordinates),
    **dict.fromkeys(
        ("bibleverse", "bibleref", "bibleref2", "bibleverse-with-invalid-book"), _verse
    ),
    **dict.fromkeys(("jct", "road"), _roads),
    **dict.fromkeys(
        ("flagcountry", "flagioc", "fb", "fbu", "fb-rt", "fbw", "cr", "cr-rt"), _country
    ),
    **dict.fromkeys(("flagathlete", "flagmedalist", "flagiocmedalist"), _athlete),
    "pop-density": density,
    "oldstyledate": _old_style,
    "unichar": _character,
    "duration": _duration,
    "ipa": _ipa,
    **dict.fromkeys(("respell", "pronunciation-respelling"), _respelled),
    **dict.fromkeys(("ordinal", "nth"), _ordinal),
    "currency": lambda words, _: _money(words[0], words[1] if words[1:] else "us$"),
    **dict.fromkeys(("chem", "chem2", "formule-chimique", "fchim"), _compound),
    "val": value,
    **dict.fromkeys(
        ("lit", "literal", "literal-translation"), lambda words, _: f"lit. '{words[0]}'"
    ),
    "lien": lambda words, named: named.get("texte") or words[0],
    "tsl": lambda words, _: next((word for word in reversed(words[2:4]) if word), words[-1]),
    "ill": lambda words, named: named.get("lt") or words[0],
    "interlanguage-link": lambda words, named: named.get("lt") or words[0],
    "music": lambda words, _: ACCIDENTALS.get(words[0].lower(), ""),
}
# The same where a template has named parts alone.
_MADE_OF_NAMED: dict[str, Words] = {
    **dict.fromkeys(("zh", "lang-zh", "korean", "lang-ko", "ko-hhrm"), _of_scripts),
    **dict.fromkeys(("cfb link", "cbb link", "cfb-link"), _team),
    "lien": lambda _, named: named.get("texte") or named.get("fr", ""),
    "height": height,
    "val": lambda _, named: f"10^{named['e']}" if named.get("e") else "",
    "su": lambda _, named: f"<sub>{named.get('b', '')}</sub>" + f"<sup>{named.get('p', '')}</sup>",
    "duration": _duration,
    "columns": _columns,
}
