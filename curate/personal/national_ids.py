"""National ids of persons that have check digits, by country.

Each has a form and a rule. A number whose form and check digits chance would meet too often, such
as nine digits of which one is checked, counts only behind its own name ("BSN", "PESEL"). Numbers of
companies are none, nor are ids without a check digit, but the social security numbers of the USA
and of Great Britain, whose forms are their own. Sources: each country's own rule, as collected in
the OECD's TIN sheets and the articles of Wikipedia named "National identification number".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from curate.personal.checksums import is_date, luhn, mod_11_10, verhoeff, weighted

BEFORE = 40  # characters before a number that are searched for its name
_BETWEEN = re.compile(r"[^0-9A-Za-z]")
_FILLER = r"(?:[^\W\d]{1,8}[^\w\n]{1,4}){0,2}"  # "is", "number:"
Check = Callable[[str], bool]  # of the digits and letters of a match
_Form = tuple[re.Pattern[str], Check, "re.Pattern[str] | None"]


@dataclass(frozen=True, slots=True)
class NationalId:
    """One kind of id: its country, its form, its check, and the names it must follow."""

    country: str
    form: str
    check: Check
    names: str | None = None


def _ymd(digits: str) -> bool:
    return is_date(int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def _dmy(digits: str) -> bool:
    return is_date(int(digits[4:6]), int(digits[2:4]), int(digits[:2]))


def _br(d: str) -> bool:  # CPF
    first, second = (weighted(d[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 for n in (9, 10))
    return len(set(d)) > 1 and d[9:] == f"{first}{second}"


def _fr(d: str) -> bool:  # NIR; Corsica's departments have letters
    body = d[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(d[13:])


def _cn(d: str) -> bool:  # GB 11643, ISO 7064 MOD 11-2
    born = is_date(int(d[6:10]), int(d[10:12]), int(d[12:14]))
    total = weighted(d[:17], [2**n % 11 for n in range(17, 0, -1)])
    return born and "10X98765432"[total % 11] == d[17]


_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
    2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def _it(d: str) -> bool:  # codice fiscale
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in d[1:15:2])
    return chr(65 + (even + sum(_ODD[char] for char in d[:15:2])) % 26) == d[15]


def _es(d: str) -> bool:  # DNI, NIE
    return (
        "TRWAGMYFPDXBNJZSQVHLCKE"[int(d[:-1].translate({88: "0", 89: "1", 90: "2"})) % 23] == d[8]
    )


def _pl(d: str) -> bool:  # PESEL; the century is encoded in the month
    century, month = divmod(int(d[2:4]), 20)
    year = (1900, 2000, 2100, 2200, 1800)[century] + int(d[:2])
    return (
        is_date(year, month, int(d[4:6]))
        and weighted(d, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    )


def _nl(d: str) -> bool:  # BSN
    return int(d) > 0 and (weighted(d, range(9, 1, -1)) - int(d[8])) % 11 == 0


def _de(d: str) -> bool:  # Steuer-IdNr.: of the first ten digits one is there twice or three times
    counts = sorted(map(d[:10].count, set(d[:10])))
    return counts[-2:] in ([1, 2], [1, 3]) and d[0] != "0" and mod_11_10(d)


def _fi(d: str) -> bool:  # HETU
    sign = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(d[:6] + d[-4:-1]) % 31]
    return _dmy(d) and sign == d[-1]


def _no(d: str) -> bool:  # fødselsnummer; D numbers add 4 to the first digit
    born = _dmy(f"{int(d[0]) % 4}{d[1:6]}")
    first = weighted(d, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    return born and first == 0 and weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _be(d: str) -> bool:
    body, key = int(d[:9]), int(d[9:])
    young = 97 - (2_000_000_000 + body) % 97 if int(d[:2]) < 50 else 0
    return _ymd(d) and key in (97 - body % 97, young)


def _pt(d: str) -> bool:  # NIF
    return d[0] != "0" and -weighted(d, range(9, 1, -1)) % 11 % 10 == int(d[8])


def _kr(d: str) -> bool:
    total = weighted(d[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    return _ymd(d) and (11 - total % 11) % 10 == int(d[12])


def _tw(d: str) -> bool:
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(d[0]) + 10
    digits = f"{letter}{d[1:]}"
    return weighted(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def _sg(d: str) -> bool:
    total = weighted(d[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(d[0], 0)
    signs = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}
    index = 10 - total % 11 if d[0] == "M" else total % 11
    return signs.get(d[0], "XWUTRQPNMLK")[index] == d[8]


def _hk(d: str) -> bool:
    letters = d[:-7].rjust(2)
    values = [36 if letter == " " else ord(letter) - 55 for letter in letters]
    total = values[0] * 9 + values[1] * 8 + weighted(d[-7:-1], (7, 6, 5, 4, 3, 2))
    return "0123456789A"[-total % 11] == d[-1]


def _tr(d: str) -> bool:
    odd, even = sum(map(int, d[:9:2])), sum(map(int, d[1:8:2]))
    return (odd * 7 - even) % 10 == int(d[9]) and sum(map(int, d[:10])) % 10 == int(d[10])


def _cz(d: str) -> bool:  # and Slovakia; months of women have 50 more, of crowded days 20
    month = int(d[2:4]) % 50
    born = is_date(int(d[:2]), month % 20 if month > 12 else month, int(d[4:6]))
    return born and (int(d) % 11 == 0 or (int(d[:9]) % 11 == 10 and d[9] == "0"))


def _ro(d: str) -> bool:
    total = weighted(d, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9))
    return (
        _ymd(d[1:])
        and 1 <= int(d[7:9]) <= 52
        and total % 11 % 10 + (total % 11 == 10) == int(d[12])
    )


def _bg(d: str) -> bool:
    month = int(d[2:4]) % 20
    total = weighted(d, (2, 4, 8, 5, 10, 9, 7, 3, 6))
    return d[2] < "6" and is_date(int(d[:2]), month, int(d[4:6])) and total % 11 % 10 == int(d[9])


def _ee(d: str) -> bool:  # and Lithuania
    total = weighted(d, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if total == 10:
        total = weighted(d, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return _ymd(d[1:]) and total == int(d[10])


def _jp(d: str) -> bool:  # individual number
    rest = weighted(d, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(d[11])


def _za(d: str) -> bool:
    return _ymd(d) and d[10] in "012" and luhn(d)


def _mx(d: str) -> bool:  # CURP
    values = ["0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ".index(char) for char in d[:17]]
    total = sum(value * (18 - position) for position, value in enumerate(values))
    return _ymd(d[4:10]) and str(-total % 10) == d[17]


def _cl(d: str) -> bool:  # RUT
    total = weighted(d[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3))
    return "0123456789K"[-total % 11] == d[-1].upper()


def _ar(d: str) -> bool:  # CUIT and CUIL of persons
    return "01234567899"[-weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11] == d[10]


def _ch(d: str) -> bool:  # AHV
    return weighted(d, (1, 3) * 6 + (1,)) % 10 == 0


def _at(d: str) -> bool:  # SVNR
    born = is_date(int(d[8:]), int(d[6:8]), int(d[4:6]))
    return born and weighted(d, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(d[3])


def _au(d: str) -> bool:  # TFN
    return weighted(d, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def _nhs(d: str) -> bool:
    return -weighted(d, range(10, 1, -1)) % 11 == int(d[9])


def _us(d: str) -> bool:  # no check digit; numbers that are never given, and that of a sold purse
    return (
        d[:3] not in ("000", "666")
        and d[0] != "9"
        and d[3:5] != "00"
        and d[5:] != "0000"
        and (d not in ("078051120", "219099999", "123456789"))
    )


def _yes(_: str) -> bool:
    return True


_NINE = r"\d{3}[ -]?\d{3}[ -]?\d{3}"
_PROVINCES = "1[1-5]|2[123]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|[78][123]"
_ELEVEN = r"\d{11}"
IDS = (
    NationalId("AR", r"2[0347]-\d{8}-\d", _ar),
    NationalId("AT", r"[1-9]\d{3} ?\d{6}", _at,
               "(?i:svnr|sv-nr|sozialversicherungsnummer|sv-nummer)"),
    NationalId("AU", _NINE, _au, "TFN|(?i:tax file (?:no|number))"),
    NationalId("BE", r"\d\d\.?\d\d\.?\d\d-?\d{3}\.?\d\d", _be),
    NationalId("BG", r"\d{10}", _bg, "ЕГН|EGN"),
    NationalId("BR", r"\d{3}\.\d{3}\.\d{3}-\d\d", _br),
    NationalId("BR", _ELEVEN, _br, "CPF|cpf"),
    NationalId("CA", _NINE, luhn, "SIN|NAS|(?i:social insurance (?:no|number))"),
    NationalId("CH", r"756\.\d{4}\.\d{4}\.\d\d", _ch),
    NationalId("CL", r"\d\d?\.\d{3}\.\d{3}-[\dkK]", _cl),
    NationalId("CN", rf"(?:{_PROVINCES})\d{{4}}(?:19|20)\d{{9}}[\dX]", _cn),
    NationalId("CZ", r"\d{6}/\d{4}", _cz),
    NationalId("DE", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", _de,
               r"(?i:steuer-?id(?:nr|entifikationsnummer)?|idnr|tax id)|TIN"),
    NationalId("DK", r"\d{6}-?\d{4}", _dmy, "(?i:cpr(?:-?nr|-?nummer)?)"),
    NationalId("EE", r"[1-8]\d{10}", _ee, "(?i:isikukood|asmens kodas|personal code)"),
    NationalId("ES", r"(?:[XYZ]-?\d{7}|\d{8})-?[A-HJ-NP-TV-Z]", _es),
    NationalId("FI", r"\d{6}[-+A-F]\d{3}[0-9A-FHJ-NPR-Y]", _fi),
    NationalId("FR", r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
               _fr),
    NationalId("GB", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D]", _yes),
    NationalId("GB", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", _yes,
               "NINO|(?i:national insurance(?: number| no)?)|NI (?:number|no)"),
    NationalId("GB", r"\d{3}[ -]?\d{3}[ -]?\d{4}", _nhs, "NHS(?: number| no)?"),
    NationalId("HK", r"[A-Z]{1,2}\d{6}\([\dA]\)", _hk),
    NationalId("IN", r"[2-9]\d{3} ?\d{4} ?\d{4}", verhoeff,
               "(?i:aadha+r(?: number| no)?)|UID(?:AI)?|आधार"),
    NationalId("IT", r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", _it),
    NationalId("JP", r"\d{4}[ -]?\d{4}[ -]?\d{4}", _jp, "(?i:my ?number)|マイナンバー|個人番号"),
    NationalId("KR", r"\d{6}-[1-8]\d{6}", _kr),
    NationalId("MX", r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", _mx),
    NationalId("NL", r"\d{9}|\d{4}\.\d\d\.\d{3}", _nl, "(?i:bsn|burgerservicenummer|sofi-?nummer)"),
    NationalId("NO", r"\d{6} ?\d{5}", _no),
    NationalId("PL", _ELEVEN, _pl, "(?i:pesel)"),
    NationalId("PT", r"\d{3} ?\d{3} ?\d{3}", _pt, "NIF|(?i:contribuinte|número fiscal)"),
    NationalId("RO", r"[1-8]\d{12}", _ro),
    NationalId("SE", r"(?:19|20)?\d{6}[-+]\d{4}", lambda d: _ymd(d[-10:]) and luhn(d[-10:])),
    NationalId("SG", r"[STFGM]\d{7}[A-Z]", _sg),
    NationalId("TR", r"[1-9]\d{10}", _tr, r"T\.?C\.?|(?i:kimlik(?: no| numarası)?)"),
    NationalId("TW", r"[A-Z][1289]\d{8}", _tw,
               "身分證(?:字號)?|身份證|統一編號|ID(?: no| number)?"),
    NationalId("US", r"\d{3}-\d\d-\d{4}", _us),
    NationalId("ZA", r"\d{13}", _za),
)  # fmt: skip
COUNTRIES = tuple(sorted({id_.country for id_ in IDS}))


@lru_cache(maxsize=16)
def _forms(countries: tuple[str, ...]) -> tuple[re.Pattern[str], list[_Form]]:
    ids = [id_ for id_ in IDS if id_.country in countries]
    every = "|".join(id_.form for id_ in ids)
    forms = [
        (
            re.compile(id_.form, re.ASCII),
            id_.check,
            re.compile(rf"(?<![^\W_])(?:{id_.names})\W{{0,5}}{_FILLER}$") if id_.names else None,
        )
        for id_ in ids
    ]
    return re.compile(rf"(?<![\w.,/+-])(?:{every})(?![\w(]|[.,/-]\d)", re.ASCII), forms


def find(text: str, lo: int, hi: int, countries: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield where national ids are in text[lo:hi]; what precedes it may name them.

    >>> list(find("My BSN is 111222333, and 111222333 is none.", 0, 43, ("NL",)))
    [(10, 19)]
    """
    every, forms = _forms(countries)
    for match in every.finditer(text, lo, hi):
        bare = _BETWEEN.sub("", match[0])
        for form, check, names in forms:
            if (
                form.fullmatch(match[0])
                and (not names or names.search(text, max(0, match.start() - BEFORE), match.start()))
                and check(bare)
            ):
                yield match.span()
                break
