"""The recipe's `mix` and `output`: how much of each source, and what is written where."""

from pydantic import Field

from curate.recipe.part import Part


class Mix(Part):
    """How many tokens of each source."""

    tokens: int | None = Field(
        None, gt=0, description="Training tokens; null: what one epoch of the scarcest allows."
    )
    validation: float = Field(
        0.005, ge=0, lt=1, description="Share of documents held out, of sources with a weight."
    )
    max_epochs: float = Field(
        4.0,
        gt=0,
        allow_inf_nan=False,
        description="More repetition of a source is refused (Muennighoff et al. 2023).",
    )
    tokenizer: str = Field("gpt2", description="gpt2, a folder with its files, or tokenizer.json.")


class Output(Part):
    """What is written, and where."""

    path: str | None = Field(None, description="Folder or URL of the run; --out goes before it.")
    work: str | None = Field(
        None,
        description="Folder for what lies between stages; default: _work in the run's, where "
        "that is local; --work goes before it.",
    )
    shard_bytes: int = Field(
        500_000_000, ge=1_000, description="Uncompressed text bytes of one shard."
    )
    samples: int = Field(20, ge=0, description="Texts kept for each reason, drawn by hash.")
    unjudged: int = Field(
        10_000, ge=0, description="Crawl pages kept as extracted, before any judgement, by hash."
    )
