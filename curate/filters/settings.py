"""Settings of filters: field types, bounds of rules, and their meanings.

A filter is a pydantic dataclass. A rule is a field made by `bound`: its name is the reason that the
rule gives, its value the threshold; None (for a flag False) switches it off; 0 is a number. So a
rule has one name in a recipe, the ledger, signals and reports, which all read it from the field.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from curate._lazy import listing

__all__ = [
    "BY_VARIANT",
    "CONFIG",
    "Bound",
    "Count",
    "Flag",
    "Ratio",
    "Share",
    "Side",
    "Strings",
    "bound",
    "bounds",
    "by_variant",
    "check_order",
    "defaults",
    "first_broken",
    "is_off",
    "off",
]
__dir__ = listing(__name__, __all__)

CONFIG = ConfigDict(extra="forbid")
BY_VARIANT: Any = "by variant"  # a default that depends on the filter's other settings

Count = Annotated[int, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Ratio = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Strings = tuple[Annotated[str, Field(strict=True, min_length=1)], ...]

Side = Literal["least", "most", "has"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bound:
    """One rule: on which side of the field's value a measure must be, and what it means if not.

    `side`: "least" and "most" are inclusive bounds; "has" drops texts with any occurrence.
    `meaning` says what is wrong with a text, with {} for the value; `share`: the value is a share.
    """

    side: Side
    meaning: str
    share: bool = False
    files: bool = False

    def is_broken(self, measure: float, value: float) -> bool:
        """Return whether a measure violates the bound."""
        return measure < value if self.side == "least" else measure > value

    def words(self, value: object) -> str:
        """Return the meaning with the value inserted.

        >>> Bound("most", "over {} of lines are short", share=True).words(0.675)
        'over 67.5 % of lines are short'
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            shown = value if isinstance(value, str) else "so many"
        else:
            shown = f"{value * 100:.4g} %" if self.share else f"{value:,}"
        return self.meaning.format(shown)


def bound(
    default: Any,
    meaning: str,
    *,
    side: Side = "most",
    share: bool = False,
    files: bool = False,
) -> Any:
    """Return a dataclass field that is a rule; see `Bound`. `files`: its value names files."""
    rule = Bound(side, meaning, share, files)
    return dataclasses.field(default=default, metadata={"bound": rule})


def bounds(filter_: Any) -> Mapping[str, Bound]:
    """Return the rules of a filter's class by their reasons, in order; {} if it has none."""
    return _bounds(filter_)


@cache
def _bounds(filter_: Any) -> Mapping[str, Bound]:
    if not dataclasses.is_dataclass(filter_):
        return {}
    return {
        field.name: field.metadata["bound"]
        for field in dataclasses.fields(filter_)
        if "bound" in field.metadata
    }


def defaults(filter_: Any) -> dict[str, Any]:
    """Return the defaults of a filter's class by setting."""
    return {field.name: field.default for field in dataclasses.fields(filter_)}


def off(value: object) -> object:
    """Return the value that switches a rule off, for a rule with such a value."""
    return False if isinstance(value, bool) else () if isinstance(value, tuple) else None


def is_off(value: object) -> bool:
    """Return whether a rule of this value is switched off."""
    return value is None or value is False or value == ()


def first_broken(owner: object, measures: Iterable[tuple[str, float]]) -> str | None:
    """Return the reason of the first rule whose measure violates its bound, or None.

    Measures of later rules are not computed.
    """
    rules = bounds(type(owner))
    for reason, measure in measures:
        value = getattr(owner, reason)
        if value is not None and rules[reason].is_broken(measure, value):
            return reason
    return None


def by_variant(owner: object, **values: object) -> None:
    """Set each field that still has the default BY_VARIANT."""
    for name, value in values.items():
        if getattr(owner, name) == BY_VARIANT:
            object.__setattr__(owner, name, value)


def check_order(owner: object, low: str, high: str) -> None:
    """Raise ValueError if both settings are numbers and the first exceeds the second."""
    least, most = getattr(owner, low), getattr(owner, high)
    if least is not None and most is not None and least > most:
        raise ValueError(
            f"{type(owner).__name__}: {low} must not exceed {high}, "
            f"got {low}={least} and {high}={most}"
        )
