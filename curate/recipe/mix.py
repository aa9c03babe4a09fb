"""The recipe's `mix` and `output`: token budget, weights, shards, folders."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from curate.mix.curve import Curve
from curate.recipe.fields import Integer, Name, Number, Section, Text
from curate.recipe.filter import by_code

Weight = Annotated[Number, Field(ge=0, le=10**9)]


class CurveSettings(Section):
    """How often a document is taken by its quality."""

    drop: Number = Field(
        0.4, ge=0, lt=1, description="Share of a source's tokens, of lowest scores, never taken."
    )
    top: Number = Field(
        0.05, ge=0, lt=1, description="Share of its tokens, of highest scores, taken most often."
    )
    max: Number = Field(7.0, gt=0, le=1_000, description="Copies of a document at most.")

    @model_validator(mode="after")
    def _leaves_something_between(self) -> "CurveSettings":
        self.curve()
        return self

    def curve(self) -> Curve:
        """Return the curve."""
        return Curve(drop=self.drop, top=self.top, max=self.max)


class Mix(Section):
    """How many tokens of each source."""

    tokens: Integer | None = Field(
        None,
        gt=0,
        le=10**15,
        description="Training tokens, such as 10B; null: what one epoch of the scarcest allows.",
    )
    validation: Number = Field(
        0.005, ge=0, lt=1, description="Share of documents held out, of sources with a weight."
    )
    max_epochs: Number = Field(
        4.0,
        gt=0,
        le=100_000,
        description="More repetition of a source is refused (Muennighoff et al. 2023).",
    )
    curve: CurveSettings | None = Field(
        None,
        description="Copies of a document by the rank of its quality score within its source (and "
        "label, with `by`); null: every document of a source equally. References are not ranked.",
    )
    by: Name | None = Field(
        None,
        description="Which of `labels` the mixture is made by, or `language`, the one that was "
        "identified; null: sources alone.",
    )
    weights: Text | dict[Text, Weight | dict[Text, Weight]] | None = Field(
        None,
        description="With `by`: shares of the training tokens, {label: weight} across sources, "
        "or {source: {label: weight}} within some; or a file of DoReMi, RegMix or Olmix. Null: "
        "labels as large as they are.",
    )
    temperature: Number | None = Field(
        None,
        ge=1,
        le=1_000,
        description="With `by` and no weights: within each source labels are taken in proportion "
        "to their tokens to the power of 1 / temperature, so small ones more often; null is 1.",
    )
    tokenizer: Text = Field(
        "gpt2", min_length=1, description="gpt2, a folder with its files, or tokenizer.json."
    )

    @model_validator(mode="before")
    @classmethod
    def _languages_have_one_code(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("by") != "language":
            return given
        weights = given.get("weights")
        if not isinstance(weights, dict):
            return given
        inner = {name: one for name, one in weights.items() if isinstance(one, dict)}
        try:
            own = {name: by_code(one) for name, one in inner.items()} or by_code(weights)
        except ValueError as error:
            raise ValueError(f"weights: {error}") from error
        return given | {"weights": own}

    @model_validator(mode="after")
    def _weights_are_of_labels(self) -> "Mix":
        if self.weights is not None and self.by is None:
            raise ValueError("weights: expected `by` too, one of labels, got none")
        if self.temperature is not None and (self.by is None or self.weights is not None):
            raise ValueError("temperature: expected `by`, and no weights")
        if isinstance(self.weights, dict):
            kinds = {isinstance(weight, dict) for weight in self.weights.values()}
            if len(kinds) != 1:
                raise ValueError(
                    "weights: expected {label: weight}, or {source: {label: weight}}, "
                    f"got {self.weights!r}"
                )
            for weights in self.weights.values() if True in kinds else (self.weights,):
                if isinstance(weights, dict) and not any(weights.values()):
                    raise ValueError(f"weights: expected one above 0, got {weights!r}")
        return self

    def weighted_labels(self) -> set[str]:
        """Return the labels that have a weight in the recipe itself."""
        weights = self.weights if isinstance(self.weights, dict) else {}
        inner = [one for one in weights.values() if isinstance(one, dict)]
        return set().union(*inner) if inner else set(weights)


class Output(Section):
    """What is written, and where."""

    path: Text | None = Field(None, description="Folder or URL of the run; --out overrides it.")
    work: Text | None = Field(
        None,
        description="Folder for intermediate files; default: _work in the run's, where "
        "that is local; --work overrides it.",
    )
    shard_bytes: Integer = Field(
        500_000_000,
        ge=1_000,
        le=100_000_000_000,
        description="Uncompressed text bytes of one shard.",
    )
    samples: Integer = Field(
        20, ge=0, le=10_000, description="Texts kept for each reason, sampled by hash."
    )
    unjudged: Integer = Field(
        10_000,
        ge=0,
        le=10_000_000,
        description="Unfiltered crawl pages to keep, sampled by hash.",
    )
