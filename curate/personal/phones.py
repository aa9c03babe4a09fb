"""Phone numbers: international ones, and those of regions as people there write them.

A number with `+` must be valid in its country. One without must be valid in a region that was
asked for; it also follows a word such as "phone" or is grouped as that region groups
its numbers, with brackets, dashes, or a leading 0. What regions have which numbers, and how they
group them, is taken from the package phonenumbers (Apache-2.0), a port of Google's libphonenumber.
"""

import re
from collections.abc import Sequence
from functools import cache

from curate.extras import install

try:
    import phonenumbers as library
except ImportError as error:
    raise ImportError(f"phone numbers need phonenumbers: {install('phones')}") from error

LEAST, MOST = 7, 15  # digits of a number (ITU-T E.164: 15 at most)
WORDS = re.compile(
    r"(?i:\b(?:tele?(?:phone|fon|f[oó]no?|foon)?|t[ée]l|phones?|call(?: us)?|fax|mobile?|cell|"
    r"mob|handy|hotline|whatsapp|sms|text|dial|m[óo]vil|portable|cellulare|ph)\b"
    r"(?: (?:us|me|him|her|at|on|is|no|nr|number|numbers|now|today|or|toll|free))*|"
    r"电话|電話|手机|тел(?:ефон)?)[ .:#№=(/–-]{0,6}$"
)
_CLEAN = re.compile(r"\D+")
_DATE = re.compile(
    r"(?:\d{4}([-./ ])\d\d?\1\d\d?|\d\d?([-./ ])\d\d?\2(?:\d{4}|\d\d))(?:\D+\d\d?\D\d\d)?"
    r"|(?:1[89]|20)\d\d[-–/ .](?:1[89]|20)\d\d"
)


def is_phone(text: str, before: str, regions: Sequence[str]) -> bool:
    """Return whether digits with their separators are a phone number.

    Args:
        text: with its `+` and opening bracket.
        before: the text before it, about 30 characters.
        regions: codes (ISO 3166-1) of those whose numbers without `+` count.

    >>> is_phone("+44 20 7946 0018", "", ()), is_phone("(650) 253-0000", "", ["US"])
    (True, True)
    >>> is_phone("650 253 0000", "", ["US"]), is_phone("650 253 0000", "Phone: ", ["US"])
    (False, True)
    """
    digits = _CLEAN.sub("", text)
    if not LEAST <= len(digits) <= MOST or len(set(digits)) < 3 or not _paired(text):
        return False
    if text.lstrip("(").startswith("+"):
        return _valid(text, None) is not None
    if WORDS.search(before):
        return any(_valid(text, region) for region in regions)
    groups = _CLEAN.split(text.strip("()"))
    if len(groups) < 2 or not (text[0] in "(0" or "-" in text or "." in text):
        return False
    if _DATE.fullmatch(text):
        return False
    numbers = (_valid(text, region) for region in regions)
    return any(number is not None and groups == _grouping(number) for number in numbers)


def _paired(text: str) -> bool:
    return text.count("(") == text.count(")") < 2


def _grouping(number: "library.PhoneNumber") -> list[str]:
    national = library.format_number(number, library.PhoneNumberFormat.NATIONAL)
    return _CLEAN.split(national.strip("()"))


def _valid(text: str, region: str | None) -> "library.PhoneNumber | None":
    try:
        number = library.parse(text, region)
    except library.NumberParseException:
        return None
    if not library.is_valid_number(number):
        return None
    country = region and library.region_code_for_number(number)
    return number if region is None or _same_plan(region, country) else None


@cache
def _same_plan(region: str, other: str | None) -> bool:
    """Return whether two regions have one country code, as those of North America have."""
    code = library.country_code_for_region
    return other is not None and code(region) == code(other)


def check_regions(regions: Sequence[str]) -> None:
    """Raise ValueError for a code that no region with phone numbers has."""
    for region in regions:
        if region not in library.SUPPORTED_REGIONS:
            raise ValueError(f"regions: expected ISO 3166-1 codes such as US or DE, got {region!r}")
