"""The recipe's `mix` and `output`: token budget, weights, shards, folders."""

from pydantic import Field

from curate.recipe.part import Number, Part, Text, Whole


class Mix(Part):
    """How many tokens of each source."""

    tokens: Whole | None = Field(
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
    tokenizer: Text = Field(
        "gpt2", min_length=1, description="gpt2, a folder with its files, or tokenizer.json."
    )


class Output(Part):
    """What is written, and where."""

    path: Text | None = Field(None, description="Folder or URL of the run; --out overrides it.")
    work: Text | None = Field(
        None,
        description="Folder for intermediate files; default: _work in the run's, where "
        "that is local; --work overrides it.",
    )
    shard_bytes: Whole = Field(
        500_000_000,
        ge=1_000,
        le=100_000_000_000,
        description="Uncompressed text bytes of one shard.",
    )
    samples: Whole = Field(
        20, ge=0, le=10_000, description="Texts kept for each reason, sampled by hash."
    )
    unjudged: Whole = Field(
        10_000,
        ge=0,
        le=10_000_000,
        description="Unfiltered crawl pages to keep, sampled by hash.",
    )
