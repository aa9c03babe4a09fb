"""The recipe's `rights`: what those who wrote have asked for."""

from typing import Annotated

from pydantic import Field, field_validator

from curate.recipe.part import OneOrList, Part, Text, listed


class Rights(Part):
    """What must not be in the corpus by right of those who wrote it."""

    tombstones: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="Folders of finished runs from which `curate remove` took records, or files "
        "of their tombstones: what was removed there is dropped here. Those of OUT itself and of "
        "dedup.against always count. A list or one.",
    )

    _listed = field_validator("tombstones", mode="before")(listed)
