"""The recipe's `quality`: the classifier, and GPT-3's keep rule."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from curate.recipe.part import Flag, Number, Part, Sha256, Text, Whole

TRAINED = ("masked", "logistic", "fasttext")  # models that a run trains


class TextForm(Part):
    """What a finished fastText model is given of a text, as its makers give it."""

    lowercase: Flag = Field(False, description="Whether texts are lower-cased.")
    lines: Literal["splitlines", "newline"] = Field(
        "splitlines",
        description="What becomes a space: splitlines, all that ends a line for Python, as in "
        "DCLM; newline, nothing but \\n.",
    )
    characters: Whole | None = Field(
        None, gt=0, le=10**9, description="How many of a text are looked at; null: all."
    )


class Label(Part):
    """A finished fastText model that says what a document is: its topic, its format."""

    model: Text = Field(min_length=1, description="The path of a fastText model.")
    sha256: Sha256 = Field(description="The file's sha256.")
    text: TextForm = Field(TextForm(), description="What the model is given of a text.")


class Quality(Part):
    """Which documents a classifier keeps."""

    model: Text = Field(
        "masked",
        min_length=1,
        description="masked: how a text is written, without what it is about; logistic: GPT-3's, "
        "hashed words of references against crawl; fasttext: the same with DCLM's settings; or "
        "the path of a trained model.",
    )
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with a path.")
    label: Text | dict[Text, Annotated[Number, Field(ge=0, le=1)]] | None = Field(
        None,
        description="Of a finished fastText model: the label that is good, such as __label__hq; or "
        "several, each with a value from 0 to 1, of which the mean by their chances is the score.",
    )
    text: TextForm = Field(
        TextForm(), description="Of a finished fastText model: what it is given of a text."
    )
    alpha: Number | None = Field(
        9.0,
        gt=0,
        le=1_000,
        description="Documents are kept with chance (2 - score)^-alpha, as in GPT-3; null: all.",
    )
    threshold: Number | None = Field(
        None, ge=0, le=1, description="Documents that score less are dropped; null: none."
    )
    documents: Whole = Field(
        10_000,
        gt=0,
        le=10_000_000,
        description="Texts to train on: of each reference, and of the crawl.",
    )

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Quality":
        if not self.trained and self.sha256 is None:
            raise ValueError(
                f"model: expected {', '.join(TRAINED)} or a path with its sha256 beside it, "
                f"got {self.model!r} and no sha256"
            )
        return self

    @model_validator(mode="after")
    def _label_is_of_a_finished_model(self) -> "Quality":
        if self.trained and self.label is not None:
            raise ValueError(f"label: expected none with model {self.model}, got {self.label!r}")
        if self.text != TextForm() and self.label is None:
            raise ValueError("text: expected a label beside it, got none")
        if isinstance(self.label, dict) and not (
            self.label and all(0 <= value <= 1 for value in self.label.values())
        ):
            raise ValueError(f"label: expected values from 0 to 1, got {self.label!r}")
        return self

    @property
    def trained(self) -> bool:
        """Return whether the run trains the model."""
        return self.model in TRAINED
