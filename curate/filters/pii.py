"""Mask or count personal data, or drop texts that have some: emails, IP addresses, and more.

Input: a text. Output: the same with what is to be masked replaced, and counts of it by kind; or a
reason, where the recipe drops texts that have a kind at all.

Sources: Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.1: emails and public IPv4
addresses. The other kinds are found by `curate.personal`, which names its sources.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Literal, get_args

from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters.settings import CONFIG, Strings
from curate.personal import find as personal
from curate.personal.national_ids import COUNTRIES
from curate.steps import Step, edit, judge
from curate.text.cuts import Cut, apply_cuts
from curate.text.views import Text

__all__ = ["MaskPII"]
__dir__ = listing(__name__, __all__)

Kind = Literal["email", "ip", "phone", "card", "iban", "national_id", "secret"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# The replacement of each kind; those of emails and IP addresses are settings.
PLACEHOLDERS: dict[Kind, str] = {kind: f"[{kind.upper()}]" for kind in personal.KINDS}
DROPPED: dict[Kind, str] = {  # the reason of each kind
    "email": "email_address",
    "ip": "ip_address",
    "phone": "phone_number",
    "card": "payment_card",
    "iban": "bank_account",
    "national_id": "national_id",
    "secret": "secret_key",
}
REASONS = {
    "email_address": "has an email address, and the recipe drops such texts",
    "ip_address": "has a public IPv4 address, and the recipe drops such texts",
    "phone_number": "has a phone number, and the recipe drops such texts",
    "payment_card": "has the number of a payment card, and the recipe drops such texts",
    "bank_account": "has an IBAN, and the recipe drops such texts",
    "national_id": "has a person's national id, and the recipe drops such texts",
    "secret_key": "has a key or token of a program, and the recipe drops such texts",
}

# Runs are bounded as the standards bound them, so that no text takes more than linear time.
_IN_LOCAL = r"A-Za-z0-9!#$%&*+/=?^_`{|}~-"
_LOCAL = re.compile(rf"(?<![.'{_IN_LOCAL}])[{_IN_LOCAL}][.'{_IN_LOCAL}]{{0,63}}$")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_DOTTED = re.compile(r"[\d.]{7,}")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP = re.compile(rf"(?<![\d.]){_BYTE}(?:\.{_BYTE}){{3}}(?!\.?\d)")


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class MaskPII:
    """Return the text with emails and public IPv4 addresses replaced, and by choice more kinds.

    Private, local and reserved addresses (10.0.0.1, 127.0.0.1, 192.0.2.1) stay. Version numbers
    of four parts look like addresses and are replaced with them, as in FineWeb.
    Args:
        email, ip: what replaces them; None for off.
        mask: other kinds that are replaced, each by its name in brackets ([PHONE]): phone, card,
            iban, national_id, secret.
        count: kinds that are left as they are, and counted.
        drop: kinds for which a text is dropped.
        numbered: number the values of a text, so that [PHONE_1] is one number throughout it.
        regions: ISO 3166-1 codes of those whose phone numbers without a country's code count.
        countries: of the national ids that are looked for.
    Raises:
        ValueError: a kind has two actions, or a region or country is not known.
        ImportError: phones are asked for, and phonenumbers is not installed.

    Source: Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.1.
    Differs: one replacement each, where FineWeb's code goes round among several; more kinds.

    >>> MaskPII()("Ask jo.doe@mail.org at 8.8.8.8 or 10.0.0.1.")
    'Ask email@example.com at 22.214.171.124 or 10.0.0.1.'
    >>> MaskPII(mask=("iban",))("Pay to DE89 3704 0044 0532 0130 00.")
    'Pay to [IBAN].'
    """

    email: str | None = "email@example.com"
    ip: str | None = "22.214.171.124"
    mask: tuple[personal.Kind, ...] = ()
    count: tuple[Kind, ...] = ()
    drop: tuple[Kind, ...] = ()
    numbered: bool = False
    regions: Strings = ("US", "GB")
    countries: Strings = COUNTRIES

    def __post_init__(self) -> None:
        named = [*self.mask, *self.count, *self.drop]
        if len(named) != len(set(named)):
            raise ValueError(f"mask, count, drop: expected each kind once, got {', '.join(named)}")
        if unknown := sorted(set(self.countries) - set(COUNTRIES)):
            raise ValueError(
                f"countries: expected some of {', '.join(COUNTRIES)}, got {unknown[0]!r}"
            )
        if "phone" in named:
            from curate.personal.phones import check_regions  # noqa: PLC0415 - an extra's

            check_regions(self.regions)

    def __call__(self, text: str) -> str:
        return apply_cuts(text, self.cuts(Text.of(text)))

    def cuts(self, text: str) -> list[Cut]:
        """Return spans with their replacement; what is only counted is its own replacement."""
        cuts: list[Cut] = []
        numbers: dict[tuple[Kind, str], int] = {}
        for start, end, kind in self._find_spans(text, (*self.mask, *self.count), plain=True):
            value = text[start:end]
            put = value if kind in self.count else self._placeholder(kind)
            if self.numbered and kind in PLACEHOLDERS and kind not in self.count:
                same_kind = sum(other == kind for other, _ in numbers)
                put = f"{put[:-1]}_{numbers.setdefault((kind, value), same_kind + 1)}]"
            cuts.append(Cut(start, end, kind, put))
        return cuts

    def judge(self, text: str) -> str | None:
        """Return the reason of the first kind, in the order of `KINDS`, that drops the text."""
        kinds = {kind for _, _, kind in self._find_spans(text, self.drop, plain=False)}
        return next((DROPPED[kind] for kind in KINDS if kind in kinds), None)

    def _placeholder(self, kind: Kind) -> str:
        placeholder = {"email": self.email, "ip": self.ip}.get(kind)
        return PLACEHOLDERS[kind] if placeholder is None else placeholder

    def _find_spans(
        self, text: str, kinds: tuple[Kind, ...], *, plain: bool
    ) -> list[tuple[int, int, Kind]]:
        """Return (start, end, kind) of some kinds; `plain`: of emails and addresses as well."""
        mail = "email" in kinds or (plain and self.email is not None and "email" not in self.drop)
        machines = "ip" in kinds or (plain and self.ip is not None and "ip" not in self.drop)
        spans: list[tuple[int, int, Kind]] = []
        if mail and "@" in text:
            spans += [(*span, "email") for span in _emails(text)]
        if machines:
            spans += [(*span, "ip") for span in _addresses(text) if not _overlaps(spans, *span)]
        others = [kind for kind in personal.KINDS if kind in kinds]
        if others:
            more = personal.find(text, others, regions=self.regions, countries=self.countries)
            spans += [match for match in more if not _overlaps(spans, match.start, match.end)]
        return sorted(spans)

    def steps(self) -> list[Step]:
        """Return its steps: a judge if it drops for a kind, and an edit."""
        put = (self.email or "") + (self.ip or "")
        more = " " in put or any(map(str.isalpha, self.ip or "")) or bool(self.mask)
        judges = [judge(self.judge, name="pii")] if self.drop else []
        return [*judges, edit(self.cuts, name="pii", adds_words=more)]


def _emails(text: str) -> Iterator[tuple[int, int]]:
    """Yield where emails are; each "@" and its surroundings are checked."""
    done, at = 0, text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = domain and _LOCAL.search(text, max(done, at - 64), at)
        if domain and local:
            yield local.start(), domain.end()
        done = domain.end() if domain and local else at + 1
        at = text.find("@", done)


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for run in _DOTTED.finditer(text):
        for match in _IP.finditer(text, *run.span()):
            if IPv4Address(match[0]).is_global:
                yield match.span()


def _overlaps(spans: list[tuple[int, int, Kind]], start: int, end: int) -> bool:
    return any(start < other_end and other < end for other, other_end, _ in spans)


FILTERS = {"pii": MaskPII}
