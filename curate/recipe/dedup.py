"""The recipe's `dedup`: exact, near- and URL duplicates, and shared lines."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from curate.dedup.bands import SETTINGS, Banding
from curate.dedup.preference import Prefer, Preference
from curate.dedup.scope import Scope
from curate.recipe.fields import Flag, Integer, Number, OneOrList, Section, Text, as_list

MAX_HASHES = 16_384  # of a signature: 4 bytes each, for every document


class Lines(Section):
    """Which shared lines are removed; give one of `keep` and `most`."""

    keep: Literal["first"] | None = Field(
        None, description="first: of each line the first occurrence, best source first (CCNet)."
    )
    most: Integer | None = Field(
        None,
        ge=1,
        le=10**9,
        description="Remove, everywhere, lines that occur in more documents than this.",
    )
    min_characters: Integer = Field(
        300,
        ge=0,
        le=10**9,
        description="A document that lost lines and is left with fewer is dropped.",
    )
    sources: tuple[Text, ...] | None = Field(
        None,
        description="Sources whose lines are counted and removed; null: all except references.",
    )

    @model_validator(mode="after")
    def _one_rule(self) -> "Lines":
        if (self.keep is None) == (self.most is None):
            got = "both" if self.keep else "neither"
            raise ValueError(f"expected one of keep: first and most: N, got {got}")
        return self


class Passages(Section):
    """Which passages that documents share are cut."""

    bytes: Integer = Field(
        500,
        ge=64,
        le=10**6,
        description="Of UTF-8: a run of at least this length that occurs twice is a passage.",
    )
    keep: Literal["best", "none"] = Field(
        "best",
        description="best: the best document that has it keeps its first occurrence. "
        "none: it is cut everywhere.",
    )
    min_characters: Integer = Field(
        1,
        ge=1,
        le=10**9,
        description="A document that lost passages and is left with fewer is dropped.",
    )
    sources: tuple[Text, ...] | None = Field(
        None,
        description="Sources whose passages are looked for and cut; null: all except references.",
    )


class Dedup(Section):
    """What a duplicate is, and which copy is kept."""

    priority: tuple[Text, ...] = Field(
        (),
        description="Sources whose copy is kept, best first; others follow in the recipe's order.",
    )
    scope: Scope = Field(
        "global", description="Duplicates are searched for globally, or within each of these."
    )
    prefer: Annotated[tuple[Prefer, ...], OneOrList()] = Field(
        (),
        description="What makes a copy better. whole: one that was not truncated, before its "
        "score. language: one that is surer to be of its language, before its date and length. "
        "newer or older: its date, before its length. A list or one.",
    )
    score_step: Number | None = Field(
        None,
        gt=0,
        le=1,
        description="Scores of copies in the same step of this size are equal; null: differences "
        "of a millionth count.",
    )
    near: Flag = Field(
        True, description="Whether near-duplicates are removed too; exact ones always are."
    )
    settings: Literal["default", "fineweb", "refinedweb", "slimpajama", "gpt3"] = Field(
        "default", description="Bands, rows, shingles and threshold by the name of their paper."
    )
    bands: Integer | None = Field(
        None, ge=1, le=MAX_HASHES, description="Candidates agree in one band at least."
    )
    rows: Integer | None = Field(
        None, ge=1, le=MAX_HASHES, description="Rows of a band, which all must agree."
    )
    ngram: Integer | None = Field(None, ge=1, le=1_000, description="Length of a shingle.")
    unit: Literal["word", "character"] | None = Field(
        None,
        description="What a shingle is made of; characters for languages without spaces "
        "where one character is not a word.",
    )
    threshold: Number | None = Field(
        None,
        gt=0,
        le=1,
        description="Jaccard similarity of the texts from which a copy is removed.",
    )
    family: Literal["fast", "datasketch", "datasketch-legacy"] = Field(
        "fast", description="How signatures are made; datasketch: as that library makes them."
    )
    against: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="Folders of finished runs, whose copies are removed here. A list or one.",
    )
    largest_cluster: Number = Field(
        0.1,
        gt=0,
        le=1,
        description="The run stops where a larger share of all documents (and a thousand) are "
        "near-duplicates of one.",
    )
    contained: Number | None = Field(
        None,
        ge=0.5,
        le=1,
        description="Share of a document's shingles from which on it is removed for a longer one "
        "that has them; null: none is.",
    )
    count_copies: Flag = Field(
        False,
        description="Whether the shards say how many documents each represents, and the first and "
        "last of their dates: columns `copies`, `first_seen`, `last_seen`.",
    )
    urls: Flag = Field(
        False, description="Whether only one of the documents of a URL, in any spelling, is kept."
    )
    shared_lines: Lines | None = Field(
        None,
        description="How lines shared by documents of this run are removed; null: they are kept.",
    )
    passages: Passages | None = Field(
        None,
        description="How passages shared by documents of this run are cut; null: they are kept.",
    )

    _listed = field_validator("against", "prefer", mode="before")(as_list)

    @model_validator(mode="after")
    def _prefers_one_date(self) -> "Dedup":
        if {"newer", "older"} <= set(self.prefer):
            raise ValueError("prefer: expected newer or older, got both")
        return self

    def preference(self) -> Preference:
        """Return what makes a copy better, beyond source, score and length."""
        return Preference(self.prefer, None if self.score_step is None else float(self.score_step))

    @model_validator(mode="after")
    def _makes_a_banding(self) -> "Dedup":
        banding = self.banding()
        if banding.bands * banding.rows > MAX_HASHES:
            raise ValueError(
                f"bands: expected bands times rows of at most {MAX_HASHES:,}, "
                f"got {banding.bands:,} x {banding.rows:,}"
            )
        return self

    def banding(self) -> Banding:
        """Return bands, rows, shingles and threshold: the named settings with overrides."""
        names = ("bands", "rows", "ngram", "unit", "threshold")
        overrides = {name: getattr(self, name) for name in names}
        different = {name: value for name, value in overrides.items() if value is not None}
        return replace(SETTINGS[self.settings], **different)
