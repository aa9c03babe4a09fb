"""Check digits of cards, accounts and national ids.

Input: strings of the characters a number has, without separators. Output: whether its check digits
hold, or the check digit itself. Nothing else of a number (its length, dates in it) is looked at.
"""

from collections.abc import Sequence
from datetime import date

_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTE = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Return whether the last digit is right by Luhn's rule (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    return _luhn_sum(digits) % 10 == 0


def _luhn_sum(digits: str) -> int:
    odd = sum(map(int, digits[-1::-2]))
    return odd + sum(int(digit) * 2 // 10 + int(digit) * 2 % 10 for digit in digits[-2::-2])


def mod_97(value: str) -> bool:
    """Return whether digits and letters (A = 10 … Z = 35) leave 1 by 97 (ISO/IEC 7064, MOD 97-10).

    >>> mod_97("3214282912345698765432161182")
    True
    """
    return int("".join(str(int(char, 36)) for char in value)) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Return whether the last digit is right by Verhoeff's rule (1969).

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    state = 0
    for position, digit in enumerate(reversed(digits)):
        state = int(_MULTIPLY[state][int(_PERMUTE[position % 8][int(digit)])])
    return state == 0


def mod_11_10(digits: str) -> bool:
    """Return whether the last digit is right by ISO/IEC 7064, MOD 11,10.

    >>> mod_11_10("36574261809")
    True
    """
    product = 10
    for digit in digits[:-1]:
        product = (int(digit) + product) % 10 or 10
        product = product * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of digits times weights; what is longer is cut to the shorter.

    >>> weighted("123", (3, 2, 1))
    10
    """
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_date(year: int, month: int, day: int) -> bool:
    """Return whether there is such a day; two digits of a year are of any century.

    >>> is_date(0, 2, 29), is_date(1999, 2, 29)
    (True, False)
    """
    try:
        date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return False
    return True
