"""The recipe's `quality`: the classifier, and GPT-3's keep rule."""

from pydantic import Field, model_validator

from curate.recipe.part import Number, Part, Sha256, Text, Whole

TRAINED = ("masked", "logistic", "fasttext")  # models that a run trains


class Quality(Part):
    """Which documents a classifier finds good enough."""

    model: Text = Field(
        "masked",
        min_length=1,
        description="masked: how a text is written, without what it is about; logistic: GPT-3's, "
        "hashed words of references against crawl; fasttext: the same with DCLM's settings; or "
        "the path of a trained model.",
    )
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with a path.")
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
        description="Texts to learn from: of each reference, and of the crawl.",
    )

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Quality":
        if not self.trained and self.sha256 is None:
            raise ValueError(
                f"model: expected {', '.join(TRAINED)} or a path with its sha256 beside it, "
                f"got {self.model!r} and no sha256"
            )
        return self

    @property
    def trained(self) -> bool:
        """Return whether the run trains the model."""
        return self.model in TRAINED
