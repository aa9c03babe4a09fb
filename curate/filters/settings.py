"""Checks that filters run on their settings when they are made, and how steps are made of them.

Every error is a ValueError that says which filter, which setting, what was expected and what
was got. None switches a rule off; 0 is a number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

from curate.steps import Judge, Step, edit, judge
from curate.text.views import Text

Rule = tuple[str, float, float | None, float | None]  # reason, measured, least, most


def first_broken(rules: Iterable[Rule]) -> str | None:
    """Return the reason of the first rule whose measure lies outside [least, most], or None.

    Measures of later rules are not asked for. A bound of None is off.
    """
    for reason, measured, least, most in rules:
        if (least is not None and measured < least) or (most is not None and measured > most):
            return reason
    return None


def check_count(owner: object, *names: str, optional: bool = True) -> None:
    """Raise ValueError unless each named setting is a whole number >= 0, or None if optional."""
    for name in names:
        value = getattr(owner, name)
        if value is None and optional:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            off = ", or None for off" if optional else ""
            raise _wrong(owner, name, f"a whole number >= 0{off}", value)


def check_number(owner: object, *names: str, most: float = float("inf")) -> None:
    """Raise ValueError unless each named setting is None or a number in [0, most]."""
    for name in names:
        value = getattr(owner, name)
        if value is not None and not _is_number(value, most):
            limit = "a number >= 0" if most == float("inf") else f"a share from 0 to {most:g}"
            raise _wrong(owner, name, f"{limit}, or None for off", value)


def check_order(owner: object, low: str, high: str) -> None:
    """Raise ValueError if both settings are numbers and the first exceeds the second."""
    least, most = getattr(owner, low), getattr(owner, high)
    if least is not None and most is not None and least > most:
        raise ValueError(
            f"{type(owner).__name__}: {low} must not exceed {high}, "
            f"got {low}={least} and {high}={most}"
        )


def check_choice(owner: object, name: str, choices: Sequence[str]) -> None:
    """Raise ValueError unless the setting is one of the choices."""
    value = getattr(owner, name)
    if value not in choices:
        raise _wrong(owner, name, "one of " + ", ".join(map(repr, choices)), value)


def check_flag(owner: object, *names: str) -> None:
    """Raise ValueError unless each named setting is True or False."""
    for name in names:
        if not isinstance(getattr(owner, name), bool):
            raise _wrong(owner, name, "true or false", getattr(owner, name))


def freeze_strings(owner: object, *names: str) -> None:
    """Make each named setting a tuple; raise ValueError unless it holds non-empty strings."""
    for name in names:
        value = getattr(owner, name)
        if (
            isinstance(value, str)
            or not isinstance(value, Iterable)
            or not all(isinstance(item, str) and item for item in value)
        ):
            raise _wrong(owner, name, "a list of non-empty strings", value)
        object.__setattr__(owner, name, tuple(value))


def freeze_shares(owner: object, name: str, smallest: int) -> None:
    """Make a setting {n: share}, or pairs of them, a tuple of pairs in the order of n.

    Raise ValueError unless every n is a whole number >= smallest, none twice, and every share
    lies in [0, 1]. None becomes the empty tuple: all off.
    """
    value = getattr(owner, name)
    expected = f"n: share, with whole n >= {smallest} and shares from 0 to 1"
    try:
        pairs = [
            (n, share)
            for n, share in (value.items() if isinstance(value, Mapping) else value or ())
        ]
    except (TypeError, ValueError) as error:
        raise _wrong(owner, name, expected, value) from error
    for n, share in pairs:
        whole = isinstance(n, int) and not isinstance(n, bool) and n >= smallest
        if not whole or not _is_number(share, 1):
            raise _wrong(owner, name, expected, value)
    if len({n for n, _ in pairs}) < len(pairs):
        raise _wrong(owner, name, "every n once", value)
    object.__setattr__(owner, name, tuple(sorted(pairs)))


def judging(make: Callable[..., Judge]) -> Callable[..., list[Step]]:
    """Return a factory of steps that judge a text by `make(**settings)`.

    For a module's FILTERS; the factory has the signature of `make`.
    """

    @wraps(make, updated=())
    def steps(**settings: Any) -> list[Step]:
        return [edit(Text.of), judge(make(**settings))]

    return steps


def _is_number(value: object, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def _wrong(owner: object, name: str, expected: str, got: object) -> ValueError:
    return ValueError(f"{type(owner).__name__}: {name} must be {expected}, got {got!r}")
