"""What every part of a recipe is: keys that are known, values that do not change."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A part of a recipe: an unknown key is a mistake; frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def listed(value: object) -> object:
    """Return a list of what may be one or several, before it is checked."""
    return [value] if isinstance(value, str | dict) else value


def some(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return paths as they are; raises ValueError if there are none, or one is empty."""
    if not value or not all(value):
        raise ValueError("expected at least one path")
    return value
