"""All kinds of personal data of a text in one pass over it.

Most of the time is searching: so a text is searched for runs of digits once, and only what is
around them is checked; keys are searched for by the letters that all of a kind have.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple, get_args

from curate.personal import accounts, national_ids, secrets
from curate.personal.national_ids import COUNTRIES

Kind = Literal["phone", "card", "iban", "national_id", "secret"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SPACES, _HYPHENS = " \u00a0\u2009\u202f", "\u2010-\u2015-"
# Digits with what people put between them, or the end of Italy's tax code. Fewer than six digits in
# a row are no number of these kinds.
_RUN = re.compile(
    rf"[0-9](?:(?:[{_SPACES}.()/+{_HYPHENS}]{{0,3}}[0-9]){{5,60}}|[0-9][A-Z][0-9]{{2}}[A-Z][0-9]{{3}}[A-Z])"
)
_BEFORE, _AFTER = 12, 8  # characters next to a run that may belong to a number
_NAMES = 30  # characters before a phone number in which a word may say that it is one
# A first character that no longer number or sum precedes; the pattern begins
# with a set, so that all other characters are skipped fast.
_FIRST = rf"[+(0-9](?<![\w$€£¥=%°.,:/*^+-][+(0-9])(?<![$€£¥=%°*^][{_SPACES}][+(0-9])"
_PHONE = re.compile(
    rf"{_FIRST}(?:(?<=\+) ?\(?[0-9]|(?<=\()(?=\+?[0-9]{{1,5}}\))\+?[0-9]|(?<=[0-9]))"
    rf"(?:(?:[{_SPACES}]?[(.)/{_HYPHENS}][{_SPACES}]?[(]?|[{_SPACES}])?[0-9]){{6,16}}"
    rf"(?![\w%$€£¥°^=+*/]|[.,:-][0-9]|[{_SPACES}]?[%$€£¥°=*^]|[{_SPACES}][0-9])"
)
_PLAIN = str.maketrans(
    dict.fromkeys(_SPACES, " ") | dict.fromkeys(map(chr, range(0x2010, 0x2016)), "-")
)


class Match(NamedTuple):
    """Characters `start` up to `end` of a text, and what they are."""

    start: int
    end: int
    kind: Kind


def find(
    text: str,
    kinds: Collection[Kind] = KINDS,
    *,
    regions: Sequence[str] = ("US", "GB"),
    countries: Sequence[str] = COUNTRIES,
) -> list[Match]:
    """Return the personal data of a text, in order and without overlap.

    Where two kinds claim a character, the one whose check says more has it: keys, then IBANs,
    cards, national ids, phones.
    Args:
        kinds: which are looked for.
        regions: of phone numbers without a country's code.
        countries: of national ids.

    >>> find("Call +44 20 7946 0018 or pay to GB29 NWBK 6016 1331 9268 19.")
    [Match(start=5, end=21, kind='phone'), Match(start=32, end=59, kind='iban')]
    """
    kept: list[Match] = []
    if "secret" in kinds:
        kept += (Match(*span, "secret") for span in secrets.find(text))
    spans = [] if set(kinds) <= {"secret"} else windows(text)
    finders: dict[Kind, Callable[[str, int, int], Iterable[tuple[int, int]]]] = {
        "iban": _ibans,
        "card": _cards,
        "national_id": partial(national_ids.find, countries=tuple(countries)),
        "phone": partial(_phones, regions=tuple(regions)),
    }
    for kind, finder in finders.items():
        if kind in kinds:
            for lo, hi in spans:
                for start, end in finder(text, lo, hi):
                    if not any(start < other.end and other.start < end for other in kept):
                        kept.append(Match(start, end, kind))
    return sorted(kept)


def windows(text: str) -> list[tuple[int, int]]:
    """Return the parts of a text around runs of digits that may hold a number, in order."""
    windows: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        lo, hi = max(0, run.start() - _BEFORE), min(len(text), run.end() + _AFTER)
        if windows and lo <= windows[-1][1]:
            windows[-1] = (windows[-1][0], hi)
        else:
            windows.append((lo, hi))
    return windows


def _ibans(text: str, lo: int, hi: int) -> Iterator[tuple[int, int]]:
    for match in accounts.IBAN.finditer(text, lo, min(len(text), hi + 16)):
        if end := accounts.iban_end(match[0]):
            yield match.start(), match.start() + end


def _cards(text: str, lo: int, hi: int) -> Iterator[tuple[int, int]]:
    return (
        match.span() for match in accounts.CARD.finditer(text, lo, hi) if accounts.is_card(match[0])
    )


def _phones(text: str, lo: int, hi: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    from curate.personal.phones import is_phone  # noqa: PLC0415 - a package of its own

    for match in _PHONE.finditer(text, lo, hi):
        before = text[max(0, match.start() - _NAMES) : match.start()]
        if is_phone(match[0].translate(_PLAIN), before, regions):
            yield match.span()
