"""The recipe's `extract`: how pages are read and extracted."""

from typing import Literal

from pydantic import Field, model_validator

from curate.extract.extractors import EXTRACTORS
from curate.extract.html import MAX_BYTES
from curate.recipe.fields import Flag, Integer, Number, Section
from curate.store import file_blocks as blocks


class Extract(Section):
    """Page to text."""

    extractor: Literal[
        "combined", "trafilatura", "resiliparse", "justext", "readability", "newspaper"
    ] = Field("combined", description="combined is ours; the others need their packages.")
    precision: Flag = Field(
        False,
        description="combined, trafilatura: miss text rather than keep menus (FineWeb's choice).",
    )
    format: Literal["text", "markdown"] = Field(
        "text", description="markdown: from combined, trafilatura and readability."
    )
    max_page_bytes: Integer = Field(
        MAX_BYTES, gt=0, le=256 << 20, description="Larger pages are dropped: page_too_large."
    )
    max_text_bytes: Integer = Field(
        64 << 20,
        ge=1_000,
        le=256 << 20,
        description="Documents whose text is larger, in UTF-8, are dropped: text_too_large. A "
        "worker has several copies of a text in memory.",
    )
    prefilter: Flag = Field(
        True,
        description="Whether pages of large crawls are judged by their HTML first. Not extracted "
        "are pages that gopher_quality would certainly drop for their words or stop words, and, "
        "where English alone is kept, pages that are almost certainly in another language.",
    )
    max_seconds: Number | None = Field(
        60.0,
        gt=0,
        le=3_600,
        description="CPU time limit of one page, a last resort: no page within the other bounds "
        "comes near. Pages that exceed it are recorded in WORK and dropped again on resume. null: "
        "none.",
    )
    sample: Number | None = Field(
        None, gt=0, le=1, description="Share of the records to read, sampled by hash; null: all."
    )
    split_bytes: Integer = Field(
        8 << 20,
        ge=blocks.BLOCK,
        le=1 << 36,
        multiple_of=blocks.BLOCK,
        description="Bytes of one split of the input; grows with the input beyond 100,000 splits.",
    )

    @model_validator(mode="after")
    def _extractor_can(self) -> "Extract":
        able = EXTRACTORS[self.extractor]
        for key, wanted, can in (
            ("precision", self.precision, able.precision),
            ("format: markdown", self.format == "markdown", able.markdown),
        ):
            if wanted and not can:
                raise ValueError(f"{key}: expected an extractor that has it, got {self.extractor}")
        return self
