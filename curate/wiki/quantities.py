"""Wiki templates of quantities, dates and coordinates to text.

Input: a template's positional parameters (`words`) and named ones. Output: the text that a reader
sees. Quantities stay in the units that they were given in.
"""

import re
from collections.abc import Mapping, Sequence

Named = Mapping[str, str]
UNKNOWN = "\x02"  # values that a wiki computes daily, or from tables: ages, inflation

_BETWEEN = {
    "-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "x": " × ", "×": " × ",
    "by": " by ", "to(-)": " to ", "and(-)": " and ", "+/-": " ± ", "±": " ± ", "+": " + ",
    "xx": " × ",
}  # fmt: skip
_MANY = {
    "c": "crore", "l": "lakh", "t": "trillion", "b": "billion", "m": "million", "k": "thousand",
    "lc": "lakh crore",
}  # fmt: skip
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Only those that differ from usual writing. Case matters: st is stone, kN a force.
_UNITS = {
    "sqmi": "square miles", "sqft": "square feet", "sqyd": "square yards", "sqin": "square inches",
    "sqnmi": "square nautical miles", "sqkm": "km2", "sqm": "m2", "acre": "acres", "ha": "hectares",
    "mi": "miles", "ft": "feet", "foot": "feet", "in": "inches", "yd": "yards", "lb": "pounds",
    "mile": "miles", "inch": "inches", "yard": "yards", "metre": "metres", "meter": "meters",
    "oz": "ounces", "ozt": "troy ounces", "st": "stone", "LT": "long tons", "ST": "short tons",
    "t": "tonnes", "impgal": "imperial gallons", "USgal": "US gallons", "usgal": "US gallons",
    "USoz": "US fluid ounces", "USfloz": "US fluid ounces", "impoz": "imperial fluid ounces",
    "impfloz": "imperial fluid ounces", "USpt": "US pints", "imppt": "imperial pints",
    "USqt": "US quarts", "impqt": "imperial quarts", "impbsh": "imperial bushels",
    "USbsh": "US bushels", "cuft": "cubic feet", "cuin": "cubic inches", "cuyd": "cubic yards",
    "cumi": "cubic miles", "cufoot": "cubic feet", "acre.ft": "acre-feet", "acre·ft": "acre-feet",
    "oilbbl": "barrels", "USbbl": "US barrels", "bbl": "barrels", "nmi": "nautical miles",
    "kn": "knots", "mph": "mph", "C": "°C", "F": "°F", "degC": "°C", "degF": "°F", "C-change": "°C",
    "F-change": "°F", "hp": "horsepower", "bhp": "brake horsepower", "shp": "shaft horsepower",
    "ihp": "indicated horsepower", "lbf": "pounds-force", "lb-f": "pounds-force",
    "ly": "light-years", "carat": "carats", "PD": "inhabitants", "fathom": "fathoms",
    "furlong": "furlongs", "hand": "hands", "league": "leagues", "psi": "psi", "yr": "years",
}  # fmt: skip
# Between groups of digits and before decimal ones; digits of the shortest number with groups.
_SEPARATORS = {
    **dict.fromkeys(("en", "simple", "ja", "zh", "ko", "he", "th"), (",", ".")),
    **dict.fromkeys(("de", "it", "nl", "da", "tr", "id", "es", "pt", "ca", "el", "vi"), (".", ",")),
    **dict.fromkeys(("fr", "ru", "uk", "cs", "sv", "no", "fi", "hu", "pl", "sk", "bg"), (" ", ",")),
}
_LEAST = dict.fromkeys(("es", "pt", "ca", "pl", "it", "hu", "bg"), 5)
_PLAIN = re.compile(r"([-−]?)([0-9]{1,15})(?:\.([0-9]+))?")
_TIMES = {"d": "day", "s": "second", "min": "minute", "h": "hour", "yr": "year"}
_ONE = {"feet": "foot", "inches": "inch", "stone": "stone"}  # the others end in an s
_POWERS = {"e3": "thousand", "e6": "million", "e9": "billion", "e12": "trillion",
           "k": "thousand", "M": "million"}  # fmt: skip
_POWER = re.compile(r"(e(?:3|6|9|12)|[kM](?=oilbbl))(.+)")
_RAISED = re.compile(r"(?<=[A-Za-zµΩ])(?=[-−]?[1-9](?![\w.]))")
_NUMBER = re.compile(r"[0-9][0-9,.]*(?:[+/⁄][0-9/⁄+]+)?")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SIDES = ("N", "S", "E", "W")


def measured(words: Sequence[str], named: Named) -> str:
    """Return a quantity as it was given: `convert|5|to|10|km` -> 5 to 10 km."""
    if named.get("disp", "").startswith(("out", "unit")):
        return UNKNOWN  # only what it was converted to is shown
    text, at = _number(words[0]), 1
    if named.get("spell", "").lower() in ("in", "on"):
        text = spelled(words[:1], named)
    while at + 1 < len(words) and words[at].lower() in _BETWEEN:
        text += _BETWEEN[words[at].lower()] + _number(words[at + 1])
        at += 2
    if at >= len(words) or named.get("disp") == "number":
        return text
    beside = named.get("adj", "") in ("on", "mid", "ri1") or named.get("sing") == "on"
    text = _with_unit(text, words[at], at == 1 and text in ("1", "one"), beside)
    if at + 2 < len(words) and _NUMBER.fullmatch(words[at + 1]) and words[at + 2] in _UNITS:
        more, unit = _number(words[at + 1]), words[at + 2]  # 5 feet 8 inches
        text += ("-" if beside else " ") + _with_unit(more, unit, more == "1", beside)
    return text + (words[-1] if named.get("adj") == "mid" and words[-1][:1] in ("-", " ") else "")


def _number(text: str) -> str:
    """Return `1+1/2` as 1 1/2."""
    return re.sub(r"(?<=[0-9])\+(?=[0-9]+[/⁄])", " ", text).replace("//", "/")


def _with_unit(number: str, code: str, singular: bool, beside: bool) -> str:
    """Return 1 mile, 5 miles or, before a noun, 5-mile."""
    power = _POWER.fullmatch(code)
    if power is not None:
        number, code, singular = f"{number} {_POWERS[power[1]]}", power[2], False
    upper, slash, lower = code.partition("/")
    unit = _UNITS.get(upper, upper)
    if slash and (upper in _UNITS or lower in _UNITS or not upper):
        lower = _TIMES.get(lower, _UNITS.get(lower, lower))
        unit = f"{unit} per {_singular(lower)}".strip()
    elif slash:
        unit = code
    unit = powered(unit)
    spelled = upper in _UNITS and unit.isascii() and unit not in ("km^2", "m^2", "mph", "psi")
    if spelled and (singular or beside):
        unit = _singular(unit)
    return f"{number}-{unit.replace(' ', '-')}" if spelled and beside else f"{number} {unit}"


def powered(unit: str) -> str:
    """Return a unit with its powers raised.

    >>> powered("kg/m3"), powered("m s-2"), powered("km")
    ('kg/m^3', 'm s^-2', 'km')
    """
    return _RAISED.sub("^", unit)


def _singular(unit: str) -> str:
    head, per, rest = unit.partition(" per ")
    first, _, last = head.rpartition(" ")
    last = _ONE.get(last, last[:-1] if len(last) > 3 and last.endswith("s") else last)
    return f"{first} {last}".strip() + per + rest


def fraction(words: Sequence[str], _named: Named) -> str:
    """Return `frac|2` as 1/2, `frac|1|2` as 1/2, `frac|1|1|2` as 1 1/2."""
    if len(words) == 1:
        return f"1/{words[0]}"
    integer, parts = (words[0], words[1:]) if len(words) > 2 else ("", words)
    return f"{integer} {'/'.join(parts)}".strip()


def value(words: Sequence[str], named: Named) -> str:
    """Return a number, its uncertainty, power and unit: `val|6.02|(1)|e=23|u=mol` -> ….

    >>> value(["6.02", "0.01"], {"e": "23", "u": "mol"}), value(["6.02", "(1)"], {})
    ('(6.02±0.01)×10^23 mol', '6.02(1)')
    """
    number, more = words[0], [word for word in words[1:] if word]
    if more and more[0].startswith("("):
        number += more[0]
    elif len(more) > 1:
        number += "".join(word if word[0] in "+-−" else sign + word
                          for word, sign in zip(more, ("+", "−"), strict=False))  # fmt: skip
    elif more:
        number += f"±{more[0]}"
    if named.get("e"):
        spread = more and not more[0].startswith("(")
        number = f"({number})×10^{named['e']}" if spread else f"{number}×10^{named['e']}"
    unit = named.get("u") or named.get("ul") or ""
    under = named.get("up") or named.get("upl")
    unit = f"{unit}/{under}" if under else unit
    return f"{named.get('p', '')}{number} {powered(unit)}".rstrip() + named.get("s", "")


def date(words: Sequence[str], named: Named, *, day_first: bool = False) -> str:
    """Return year, month, day as people write them: February 12, 1809, or 12 February 1809."""
    year, *rest = words
    if not year.isdecimal() or not rest or not rest[0]:
        return year
    month = rest[0]
    if month.isdecimal() and 1 <= int(month) <= len(_MONTHS):
        month = _MONTHS[int(month) - 1]
    day = rest[1].lstrip("0") if len(rest) > 1 and rest[1].isdecimal() else ""
    if not day:
        return f"{month} {year}"
    df = named.get("df", "").lower()
    day_first = df.startswith(("y", "dmy")) or (day_first and df not in ("us", "mdy"))
    return f"{day} {month} {year}" if day_first else f"{month} {day}, {year}"


def as_of(words: Sequence[str], named: Named) -> str:
    """Return `as of|2010|3|lc=y` as: as of March 2010."""
    if named.get("alt"):
        return named["alt"]
    text = "Since" if named.get("since") else "As of"
    text = text.lower() if named.get("lc", "n") not in ("", "n", "no") else text
    return f"{text} {date(words, named, day_first=True)}{named.get('post', '')}"


def years_between(words: Sequence[str]) -> int | None:
    """Return the whole years from one date (year, month, day) to another; None without both."""
    if len(words) < 6 or not all(word.isdecimal() for word in words[:6]):
        return None
    year, month, day, *then = map(int, words[:6])
    return then[0] - year - ((then[1], then[2]) < (month, day))


def death_date(words: Sequence[str], named: Named) -> str:
    """Return the date of a death, with the age if the date of birth is given."""
    age = years_between([*words[3:6], *words[:3]])
    return date(words[:3], named) + (f" (aged {age})" if age is not None else "")


def coordinates(words: Sequence[str], named: Named) -> str:
    """Return inline coordinates, `coord|13|19|N|169|9|W` -> 13°19′N 169°9′W.

    Those that are shown at the top of the page only give "".
    """
    if "inline" not in named.get("display", "inline") and named["display"] != "it":
        return ""
    parts: list[str] = []
    marks = list("°′″")
    numbers: list[str] = []
    for word in words:
        if word in _SIDES and numbers:
            parts.append("".join(map("".join, zip(numbers, marks, strict=False))) + word)
            numbers = []
        elif re.fullmatch(r"[−-]?[0-9]+(?:\.[0-9]*)?", word):
            numbers.append(word.replace("−", "-"))
        else:
            break
    if not parts and len(numbers) > 1:
        for number, sides in zip(numbers, (_SIDES[:2], _SIDES[2:]), strict=False):
            parts.append(f"{number.lstrip('-')}°{sides[number.startswith('-')]}")
    return " ".join(parts[:2])


def density(words: Sequence[str], named: Named) -> str:
    """Return people per area, `pop density|3645257|640081.87|km2|prec=1` -> 5.7 per km^2."""
    try:
        people, area = (float(word.replace(",", "")) for word in words[:2])
        digits = int(named.get("prec", "0" if people >= 10 * area else "1"))
        number = f"{people / area:,.{max(0, min(digits, 6))}f}"
    except (ValueError, ZeroDivisionError):
        return ""
    unit = words[2] if len(words) > 2 else "km2"
    return f"{number} per {_singular(powered(_UNITS.get(unit, unit)))}"


def height(_words: Sequence[str], named: Named) -> str:
    """Return `height|ft=5|in=11` as 5 ft 11 in."""
    order = ("m", "cm", "ft", "in")
    return " ".join(f"{named[unit]} {unit}" for unit in order if named.get(unit))


def with_units(words: Sequence[str], _named: Named) -> str:
    """Return `unité|3|m|2` as 3 m^2: a number, then units and their powers in turn."""
    units = [
        word + (f"^{words[at + 1]}" if word and words[at + 1 : at + 2] not in ([], [""]) else "")
        for at, word in enumerate(words)
        if at % 2
    ]
    return " ".join(unit for unit in (grouped(words[0], "fr"), *units) if unit)


def grouped(number: str, language: str) -> str:
    """Return a number as a wiki shows it, in groups of three digits.

    >>> grouped("12345.5", "fr"), grouped("1234", "de"), grouped("-1234567", "en"), grouped("x", "")
    ('12 345,5', '1.234', '-1,234,567', 'x')
    """
    match = _PLAIN.fullmatch(number)
    if match is None or language not in _SEPARATORS:
        return number
    by, mark = _SEPARATORS[language]
    digits = f"{int(match[2]):,}" if len(match[2]) >= _LEAST.get(language, 4) else match[2]
    return match[1] + digits.replace(",", by) + (mark + match[3] if match[3] else "")


def rupees(words: Sequence[str], _named: Named) -> str:
    """Return `INRConvert|5|c` as ₹5 crore."""
    unit = _MANY.get(words[1], "") if words[1:] else ""
    return f"₹{words[0]} {unit}".strip()


def spelled(words: Sequence[str], _named: Named) -> str:
    """Return a number below 100 in words, another as it stands."""
    if not words[0].isdecimal() or int(words[0]) >= 100:
        return words[0]
    number = int(words[0])
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = _TENS[number // 10 - 2], number % 10
    return f"{tens}-{_SMALL[ones]}" if ones else tens
