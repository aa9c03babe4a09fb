"""The recipe's `sources`: kind, paths, columns, weight, and settings of each kind."""

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from curate.recipe.fields import (
    Flag,
    Number,
    OneOrList,
    PathAlone,
    Section,
    Text,
    as_list,
    not_empty,
)

Language = Annotated[str, Field(pattern=r"^[a-z]{3}$")]
MediaType = Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9!#$&^_.+-]+$", max_length=128)]
Host = Annotated[str, Field(pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$", max_length=253)]
ARCHIVES = ("warc", "wet", "commoncrawl")  # kinds whose files are web archives
ROWS = ("parquet", "jsonl", "csv")  # kinds whose files have rows with columns


class Grade(Section):
    """How much each row of a graded reference counts as an example for the classifier."""

    column: Text = Field(description="The column that holds the grade.")
    weights: dict[Text, Annotated[Number, Field(ge=0, le=1)]] | None = Field(
        None,
        description="Weight of each grade, 0 to 1, such as {fa: 1, ga: 0.9, stub: 0}; null: the "
        "column has numbers from 0 to 1.",
    )

    @model_validator(mode="after")
    def _some_grade_counts(self) -> "Grade":
        if self.weights is not None and not any(self.weights.values()):
            raise ValueError(f"weights: expected one above 0, got {self.weights!r}")
        return self

    def weight_of(self, grade: object) -> float:
        """Return the weight of a row's grade; 0 for one that is not known, or no number.

        >>> Grade(column="class", weights={"fa": 1, "ga": 0.9}).weight_of("ga")
        0.9
        >>> [Grade(column="score").weight_of(value) for value in (0.5, "0.5", True, None, 7)]
        [0.5, 0.5, 0.0, 0.0, 0.0]
        """
        if self.weights is not None:
            return self.weights.get(str(grade), 0.0)
        try:
            weight = float(str(grade))
        except ValueError:
            return 0.0
        return weight if math.isfinite(weight) and 0 <= weight <= 1 else 0.0


def grade_of(value: object) -> object:
    """Return a grade given as a column alone as its settings."""
    return {"column": value} if isinstance(value, str) else value


class Source(Section):
    """Where documents come from, and how large a share of the training tokens they get."""

    kind: Literal[
        "warc", "wet", "commoncrawl", "html", "parquet", "jsonl", "csv", "text", "book", "mediawiki"
    ] = Field(
        description="warc and wet: web archives, in WACZ files too; commoncrawl: those of a "
        "crawl of Common Crawl; html: one page a file, folders of them too; "
        "parquet, jsonl and csv: rows with a text column (.tsv: tabs); text: one document a "
        "file; book: the same, EPUB or plain, without Project Gutenberg's licence; mediawiki: "
        "a wiki's dump of pages, XML."
    )
    path: Annotated[tuple[Text, ...], OneOrList()] = Field(
        description="Paths, patterns (*, ?, [], **) or fsspec URLs; relative ones start at the "
        "recipe's folder. A list or one. warc, wet: also lists of archives (….paths.gz), whose "
        "lines are relative to what precedes crawl-data/. commoncrawl: made of `crawl`."
    )
    crawl: Text | None = Field(
        None,
        pattern=r"^CC-MAIN-\d{4}-\d{2}$|^CC-NEWS/\d{4}/\d{2}$",
        description="commoncrawl: which crawl, CC-MAIN-YYYY-WW or CC-NEWS/YYYY/MM.",
    )
    store: Literal["https", "s3"] = Field(
        "https", description="commoncrawl: data.commoncrawl.org, or the bucket commoncrawl."
    )
    share: Number | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of the files of lists of archives, sampled by hash; null: all. A larger "
        "one includes a smaller.",
    )
    weight: Number | None = Field(
        None,
        ge=0,
        le=10**9,
        description="Share of the training tokens, normalised over the sources.",
    )
    reference: Flag = Field(
        False, description="Curated text: it skips language and filters unless `filter` is true."
    )
    filter: Flag | None = Field(
        None, description="Whether language and filters judge it; default: not a reference."
    )
    grade: Annotated[Grade | None, BeforeValidator(grade_of), PathAlone()] = Field(
        None,
        description="parquet, jsonl, csv, of references: the column with the grade of each row, "
        "by which it counts as an example for `quality`; rows of grade 0, or of none, are not "
        "learned from. null: all count the same.",
    )
    text: Text = Field("text", description="parquet, jsonl, csv: the column that holds the text.")
    id: Text | None = Field(
        "id",
        description="parquet, jsonl, csv: the column that names a document, where there is one.",
    )
    url: Text | None = Field("url", description="parquet, jsonl, csv: the column with its URL.")
    date: Text | None = Field("date", description="parquet, jsonl, csv: the column with its date.")
    dump: Text | None = Field(
        None, description="The crawl's name; default: CC-MAIN-YYYY-WW where the path has one."
    )
    license: Text | None = Field(None, description="For the dataset card.")
    urls: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="warc, wet: files with the URLs of the pages to keep, one a line or Parquet "
        "with a column url; others are skipped: not_listed. A list or one.",
    )
    index: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="warc, wet: files that say where captures are (CDXJ, or Parquet as Common "
        "Crawl's columnar index). Only captures in it, and of `urls` where there are any, are "
        "read; the ledger has no others. A list or one.",
    )
    index_languages: Annotated[tuple[Language, ...], OneOrList()] = Field(
        (),
        description="Only captures of the index whose main language is one of these, in ISO 639-3 "
        "(eng, deu). A list or one.",
    )
    index_types: Annotated[tuple[MediaType, ...], OneOrList()] = Field(
        (),
        description="Only captures of the index of these media types (text/html). A list or one.",
    )
    index_hosts: Annotated[tuple[Host, ...], OneOrList()] = Field(
        (),
        description="Only captures of the index of these hosts and their subdomains (example.org). "
        "A list or one.",
    )
    split: Literal["chapters"] | None = Field(
        None,
        description="book: chapters: a document for each chapter; null: for each book.",
    )
    disambiguation: Flag = Field(
        False, description="mediawiki: whether disambiguation pages are kept."
    )
    lists: Flag = Field(True, description="mediawiki: whether pages that are lists are kept.")
    apparatus: Flag = Field(
        False, description="mediawiki: whether sections of references, notes and links are kept."
    )
    tables: Flag = Field(
        False, description="mediawiki: whether tables of articles are kept, a line for each row."
    )
    repair: Flag | None = Field(
        None,
        description="Whether texts are repaired: line ends, control characters, NFC, text decoded "
        "twice. Default: those of references.",
    )

    _listed = field_validator(
        "path", "urls", "index", "index_languages", "index_types", "index_hosts", mode="before"
    )(as_list)
    _some = field_validator("path")(not_empty)

    @model_validator(mode="before")
    @classmethod
    def _crawl_names_its_list(cls, data: Any) -> Any:
        """Add the path of a crawl's list of archives, and its name."""
        if not isinstance(data, dict) or data.get("kind") != "commoncrawl":
            if isinstance(data, dict) and data.get("crawl"):
                raise ValueError(f"crawl: expected kind commoncrawl, got {data.get('kind')}")
            return data
        if not data.get("crawl") and not data.get("path"):
            raise ValueError("crawl: expected the name of a crawl, or a path, got none")
        if data.get("path"):
            return data
        root = "s3://commoncrawl" if data.get("store") == "s3" else "https://data.commoncrawl.org"
        return {
            "dump": data["crawl"],
            **data,
            "path": f"{root}/crawl-data/{data['crawl']}/warc.paths.gz",
        }

    @model_validator(mode="after")
    def _books_have_chapters(self) -> "Source":
        if self.split is not None and self.kind != "book":
            raise ValueError(f"split: expected kind book, got {self.kind}")
        return self

    @model_validator(mode="after")
    def _grades_are_of_references(self) -> "Source":
        if self.grade is not None and not (self.reference and self.kind in ROWS):
            raise ValueError(
                f"grade: expected a reference of kind {', '.join(ROWS)}, got kind {self.kind}"
                f"{'' if self.reference else ' and reference: false'}"
            )
        return self

    @model_validator(mode="after")
    def _lists_are_of_archives(self) -> "Source":
        for key in ("urls", "index"):
            if getattr(self, key) and self.kind not in ARCHIVES:
                raise ValueError(f"{key}: expected kind warc or wet, got {self.kind}")
        for key in ("index_languages", "index_types", "index_hosts"):
            if getattr(self, key) and not self.index:
                raise ValueError(f"{key}: expected an index to select captures of, got none")
        return self

    @property
    def filtered(self) -> bool:
        """Return whether language and filters judge this source."""
        return not self.reference if self.filter is None else self.filter

    @property
    def repairs(self) -> bool:
        """Return whether this source's texts are repaired."""
        return self.reference if self.repair is None else self.repair
