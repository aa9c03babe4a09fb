"""The recipe's `quality`: the classifier, and GPT-3's keep rule."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from curate.recipe.fields import Flag, Integer, Name, Number, PathAlone, Section, Sha256, Text

# Kinds of model that a run learns from references and crawl
TRAINED = ("masked", "logistic", "fasttext", "perplexity")


class TextForm(Section):
    """How a text is prepared for a given fastText model, as its authors prepare it."""

    lowercase: Flag = Field(False, description="Whether texts are lower-cased.")
    lines: Literal["splitlines", "newline"] = Field(
        "splitlines",
        description="What becomes a space: splitlines, all that ends a line for Python, as in "
        "DCLM; newline, only \\n.",
    )
    characters: Integer | None = Field(
        None, gt=0, le=10**9, description="How many of a text are used; null: all."
    )


class Label(Section):
    """A pretrained fastText model that says what a document is: its topic, its format."""

    model: Text = Field(min_length=1, description="The path of a fastText model.")
    sha256: Sha256 = Field(description="The file's sha256.")
    text: TextForm = Field(TextForm(), description="What the model is given of a text.")


class Labels(Section):
    """Texts with scores, from people or a language model, that a model is learned from."""

    path: Text = Field(min_length=1, description="Parquet or JSON lines (.jsonl, .gz, .zst).")
    text: Text = Field("text", description="Its column of texts.")
    score: Text = Field("score", description="Its column of scores.")
    highest: Number = Field(
        1.0,
        gt=0,
        le=10**9,
        description="The best score there can be; scores are divided by it.",
    )
    site: Text | None = Field(
        "url",
        description="Its column of URLs, where there is one: the model is judged on sites that it "
        "has not learned from.",
    )


def labels_of(value: object) -> object:
    """Return labels given as a path alone as their settings."""
    return {"path": value} if isinstance(value, str) else value


class Classifier(Section):
    """What scores documents from 0 to 1: a model that a run trains, or a pretrained one."""

    model: Text = Field(
        "masked",
        min_length=1,
        description="masked: how a text is written, without what it is about; logistic: GPT-3's, "
        "hashed words of references against crawl; fasttext: the same with DCLM's settings; "
        "perplexity: n-grams of the references, as CCNet; or the path of a trained model.",
    )
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with a path.")
    label: Text | dict[Text, Annotated[Number, Field(ge=0, le=1)]] | None = Field(
        None,
        description="Of a pretrained fastText model: the label that is good, such as __label__hq; "
        "or several, each with a value from 0 to 1, averaged by their probabilities.",
    )
    text: TextForm = Field(
        TextForm(), description="Of a pretrained fastText model: how texts are prepared for it."
    )
    labels: Annotated[Labels | None, BeforeValidator(labels_of), PathAlone()] = Field(
        None,
        description="Instead of `model`: a model of the scores of these texts. A path alone will "
        "do where the columns are text, score and url, and scores from 0 to 1.",
    )

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Classifier":
        if self.kind == "pretrained" and self.sha256 is None:
            raise ValueError(
                f"model: expected {', '.join(TRAINED)} or a path and its sha256, "
                f"got {self.model!r} and no sha256"
            )
        if self.labels is not None and "model" in self.model_fields_set:
            raise ValueError(f"labels: expected no model with it, got {self.model!r}")
        return self

    @model_validator(mode="after")
    def _label_is_of_a_pretrained_model(self) -> "Classifier":
        if self.kind != "pretrained" and self.label is not None:
            raise ValueError(f"label: expected none with model {self.kind}, got {self.label!r}")
        if self.text != TextForm() and self.label is None:
            raise ValueError("text: expected a label too, got none")
        if isinstance(self.label, dict) and not (
            self.label and all(0 <= value <= 1 for value in self.label.values())
        ):
            raise ValueError(f"label: expected values from 0 to 1, got {self.label!r}")
        return self

    @property
    def kind(self) -> str:
        """Return one of TRAINED, `labels`, or `pretrained` for the path of a model."""
        if self.labels is not None:
            return "labels"
        return self.model if self.model in TRAINED else "pretrained"


class Quality(Classifier):
    """Which documents a classifier keeps."""

    models: dict[Name, Classifier] = Field(
        default_factory=dict,
        max_length=20,
        description="Instead of `model`: several, by name; shards have the score of each as the "
        "column score_NAME.",
    )
    combine: Literal["max_rank", "mean_rank", "max", "mean"] = Field(
        "max_rank",
        description="How the scores of several models become one; ranks are those of 20 bins of "
        "equally many crawl pages.",
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
    documents: Integer = Field(
        10_000,
        gt=0,
        le=10_000_000,
        description="Texts to train on: of each reference, of the crawl, and of labels.",
    )

    @model_validator(mode="after")
    def _one_or_several(self) -> "Quality":
        alone = {"model", "labels", "label", "sha256", "text"} & self.model_fields_set
        if self.models and alone:
            raise ValueError(f"models: expected no {' or '.join(sorted(alone))} with them")
        kinds = [model.kind for model in self.models.values()]
        if kinds.count("perplexity") > 1:
            raise ValueError("models: expected one of model perplexity at most")
        return self

    def each(self) -> dict[str, Classifier]:
        """Return the classifiers by name; one alone has the name ""."""
        return dict(self.models) or {"": self}

    @property
    def trained(self) -> bool:
        """Return whether the run makes the model's file."""
        return bool(self.models) or self.kind != "pretrained"

    @property
    def learns_from_references(self) -> bool:
        """Return whether a model is trained on references against crawl."""
        return any(model.kind in TRAINED for model in self.each().values())
