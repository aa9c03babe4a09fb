"""Payment cards and bank accounts (IBAN).

A card has the digits and length of an issuer, is written in one piece or in the groups cards are
printed in, and its last digit holds by Luhn's rule. An IBAN has its country's length and leaves 1
by 97. Sources: ISO/IEC 7812-1; ISO 13616-1 and SWIFT's registry of IBANs.
"""

import re

from curate.personal.checksums import luhn, mod_97

# (first digits, lengths). 13 digits, which old Visa cards had, are those of articles (EAN) too.
_ISSUERS = (
    (re.compile("4"), (16, 19)),  # Visa
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile("3[47]"), (15,)),  # American Express
    (re.compile("6011|64[4-9]|65"), (16, 19)),  # Discover
    (re.compile("352[89]|35[3-8]"), (16,)),  # JCB
    (re.compile("30[0-5]|36|3[89]"), (14,)),  # Diners
    (re.compile("62"), (16, 17, 18, 19)),  # UnionPay
)
CARD = re.compile(
    r"(?<![\w.,/+-])[2-6]\d{3}(?:"
    r"\d{10,15}"
    r"|([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
    r"|([ -])\d{6}\2\d{4,5})"
    r"(?![\w/]|[.,-]\d|[ -]\d{3})",
    re.ASCII,
)
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d\d(?:(?: ?[A-Z0-9]){11,30})", re.ASCII)
_TESTS = frozenset(("4111111111111111", "5555555555554444", "378282246310005"))  # of all manuals


def is_card(text: str) -> bool:
    """Return whether a match of CARD is the number of a payment card.

    The three numbers that payment manuals print as tests do not count.

    >>> is_card("4012 8888 8888 1881"), is_card("4012 8888 8888 1882")
    (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    known = any(len(digits) in sizes and issuer.match(digits) for issuer, sizes in _ISSUERS)
    return known and len(set(digits)) > 2 and digits not in _TESTS and luhn(digits)


def iban_end(text: str) -> int:
    """Return how many characters of a match of IBAN are an account's number, 0 for none.

    What follows a number may look like more of it: the length is that of its country.

    >>> iban_end("DE89 3704 0044 0532 0130 00 AND"), iban_end("DE88 3704 0044 0532 0130 00")
    (27, 0)
    """
    wanted, seen = _LENGTHS.get(text[:2], 0), 0
    for end, char in enumerate(text, 1):
        seen += char != " "
        if seen == wanted:
            plain = text[:end].replace(" ", "")
            closed = end == len(text) or text[end] == " "
            return end if closed and mod_97(plain[4:] + plain[:4]) else 0
    return 0
