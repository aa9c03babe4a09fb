"""The recipe's `decontaminate`: the benchmarks, and how much is cut with a hit."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from curate.decontaminate.cut import Cutting
from curate.recipe.fields import Integer, OneOrList, Section, Text, as_list, not_empty


class Benchmark(Section):
    """One benchmark, or several of one format."""

    path: Annotated[tuple[Text, ...], OneOrList()] = Field(
        description="Paths, patterns or URLs of JSON lines or Parquet. A list or one."
    )
    fields: tuple[Text, ...] | None = Field(
        None, description="Columns or labelled parts to look for; default: decontaminate.fields."
    )

    _listed = field_validator("path", mode="before")(as_list)
    _some = field_validator("path")(not_empty)


class Decontaminate(Section):
    """How benchmark texts are cut out of documents (GPT-3, appendix C)."""

    benchmarks: Annotated[
        tuple[Annotated[Text, Field(min_length=1)] | Benchmark, ...], OneOrList()
    ] = Field(
        min_length=1,
        description="Paths, patterns or URLs of JSON lines or Parquet, or {path, fields}. A list "
        "or one. A benchmark has the name of its file.",
    )
    fields: tuple[Text, ...] | None = Field(
        None,
        description="Columns to look for, and parts of texts that are labelled Passage, Context, "
        "Question, Choices or Answer; null: all. [question, answer] ignores what quotes a "
        "passage's source.",
    )
    ngram: Annotated[Integer, Field(ge=1, le=1_000)] | Literal["percentile"] = Field(
        13,
        description="Words of an n-gram. percentile: for each benchmark the 5th percentile of its "
        "items' words, at least 8 and at most 13. Texts with fewer words are not looked for.",
    )
    window: Integer = Field(
        200, ge=0, le=1_000_000, description="Characters cut on each side of a hit."
    )
    min_characters: Integer = Field(200, ge=0, le=10**9, description="Shorter pieces are dropped.")
    max_pieces: Integer = Field(
        10, ge=0, le=1_000_000, description="Documents of more pieces are dropped."
    )
    count: Literal["after", "before"] = Field(
        "after",
        description="Whether pieces are counted after the short ones are dropped, or before.",
    )
    max_documents: Integer = Field(
        10,
        ge=0,
        le=10**9,
        description="N-grams in more documents are common phrases, and exempt.",
    )

    _listed = field_validator("benchmarks", mode="before")(as_list)

    def cutting(self) -> Cutting:
        """Return how much is cut with a hit."""
        return Cutting(
            window=self.window,
            min_characters=self.min_characters,
            max_pieces=self.max_pieces,
            count=self.count,
        )

    def each(self) -> list[Benchmark]:
        """Return the benchmarks, each with its fields."""
        benchmarks = (Benchmark(path=(b,)) if isinstance(b, str) else b for b in self.benchmarks)
        return [b if b.fields else b.model_copy(update={"fields": self.fields}) for b in benchmarks]
