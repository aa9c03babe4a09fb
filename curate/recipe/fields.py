"""The pydantic base model of a recipe's sections (frozen, no unknown keys) and their field types.

The types, each bounded: `Text`, `Integer`, `Number`, `Flag`. A number may also be text in a
notation of one of YAML's versions or with a unit ("100_000_000", "1e9", "10B"), which other readers
of YAML leave as text; true and false are not numbers, and no other values are booleans.
"""

import math
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
)
from pydantic_core import CoreSchema

MAX_TEXT = 4_000  # characters of a path, a name, a column
SPELLED = r"^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]{1,3})?[kKMBT]?$"
_SPELLED = re.compile(r"^(?P<number>[-+]?[0-9._]+(?:[eE][-+]?[0-9]+)?)(?P<unit>[kKMBT]?)$")
_UNITS = {"": 0, "k": 3, "K": 3, "M": 6, "B": 9, "T": 12}
_MAX_SPELLED = 40
# C0 except tab and line break, DEL, C1: names of files or columns do not have them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def number_of(value: object) -> object:
    """Return the number in a text, a whole one as int; other values unchanged.

    K, M, B and T are 10^3, 10^6, 10^9 and 10^12.

    >>> [number_of(text) for text in ("100_000_000", "1e9", "10B", "1.5k", "0.25", "B", 7)]
    [100000000, 1000000000, 10000000000, 1500, 0.25, 'B', 7]
    """
    if not isinstance(value, str) or len(value) > _MAX_SPELLED:
        return value
    match = _SPELLED.fullmatch(value) if re.fullmatch(SPELLED, value) else None
    if match is None:
        return value
    digits, unit = match["number"].replace("_", ""), match["unit"]
    if re.fullmatch(r"[-+]?[0-9]+", digits):
        return int(digits) * 10 ** _UNITS[unit]
    mantissa, _, exponent = digits.lower().partition("e")
    number = float(f"{mantissa}e{int(exponent or 0) + _UNITS[unit]}")
    return int(number) if math.isfinite(number) and number == int(number) else number


def number_not_flag(value: object) -> object:
    """Return a boolean as text, so that it is not accepted as a number: in Python True is 1."""
    return str(value) if isinstance(value, bool) else value


def _without_fraction(value: object) -> object:
    """Return a number without a fraction as int; other values unchanged."""
    number = number_of(value)
    is_whole = isinstance(number, float) and math.isfinite(number) and number == int(number)
    return int(number) if is_whole and isinstance(number, float) else number


def _without_controls(text: str) -> str:
    if match := _CONTROL.search(text):
        raise ValueError(f"expected text without control characters, got {match[0]!a} in it")
    return text


class _Spelled:
    """JSON schema annotation: a number may be given as text."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(core_schema), {"type": "string", "pattern": SPELLED}]}


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_without_controls)]
Flag = Annotated[bool, Strict()]
Integer = Annotated[int, Strict(), BeforeValidator(_without_fraction), _Spelled()]
Number = Annotated[float, Strict(), BeforeValidator(number_of), _Spelled()]
NAME = r"^[a-z0-9][a-z0-9_-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=64)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class OneOrList:
    """JSON schema annotation: a list of one may be given as its element."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        list_schema = handler(core_schema)
        item_schema = list_schema["items"]
        return {"anyOf": [*item_schema.get("anyOf", [item_schema]), list_schema]}


class PathAlone:
    """Says in the schema that settings may be given as a path alone."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "minLength": 1}, *handler(core_schema)["anyOf"]]}


class Section(BaseModel):
    """Base of the sections of a recipe: unknown keys are errors; frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_list(value: object) -> object:
    """Return a list of a value that may be one or several, before validation."""
    return [value] if isinstance(value, str | dict) else value


def not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return paths unchanged; raises ValueError if there are none, or one is empty."""
    if not value or not all(value):
        raise ValueError("expected at least one path")
    return value
