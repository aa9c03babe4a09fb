"""The recipe: one YAML file that says what goes in, what is kept and what comes out.

`load` answers with a checked, frozen `Recipe` or raises `RecipeError`, which has one line for
each mistake, naming the key, what was expected and what was got. Every key but `sources` has
a default, so a short file is a valid one.
"""

import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from curate import filters, io
from curate.decontaminate.cut import Cutting
from curate.dedup.bands import SETTINGS, Banding
from curate.errors import RecipeError as RecipeError  # noqa: PLC0414 - it belongs here, too
from curate.extract.extractors import EXTRACTORS
from curate.extract.html import MAX_BYTES

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not all(value):
        raise ValueError("expected at least one path")
    return value


class Source(_Part):
    """Where documents come from, and how large a share of the training tokens they get."""

    kind: Literal["warc", "wet", "html", "parquet", "jsonl", "csv", "text", "book", "mediawiki"] = (
        Field(
            description="warc and wet: web archives; html: one page a file, folders of them too; "
            "parquet, jsonl and csv: rows with a text column (.tsv: tabs); text: one document a "
            "file; book: the same, EPUB or plain, without Project Gutenberg's licence; mediawiki: "
            "a wiki's dump of pages, XML."
        )
    )
    path: tuple[str, ...] = Field(
        description="Paths, patterns (*, ?, [], **) or fsspec URLs; relative ones start at the "
        "recipe's folder. A list or one."
    )
    weight: float | None = Field(
        None, ge=0, description="Share of the training tokens, normalised over the sources."
    )
    reference: bool = Field(
        False, description="Curated text: it skips language and filters unless `filter` is true."
    )
    filter: bool | None = Field(
        None, description="Whether language and filters judge it; default: not a reference."
    )
    text: str = Field("text", description="parquet, jsonl: the column that holds the text.")
    id: str | None = Field(
        "id", description="parquet, jsonl: the column that names a document, where there is one."
    )
    url: str | None = Field("url", description="parquet, jsonl: the column with its URL.")
    date: str | None = Field("date", description="parquet, jsonl: the column with its date.")
    dump: str | None = Field(
        None, description="The crawl's name; default: CC-MAIN-YYYY-WW where the path has one."
    )
    license: str | None = Field(None, description="For the dataset card.")
    urls: tuple[str, ...] = Field(
        (),
        description="warc, wet: files with the URLs of the pages to keep, one a line or Parquet "
        "with a column url; others are skipped: not_listed. A list or one.",
    )
    index: tuple[str, ...] = Field(
        (),
        description="warc, wet: files that say where captures lie (CDXJ, or Parquet as Common "
        "Crawl's columnar index). Only captures in it, and of `urls` where there are any, are "
        "read; the ledger knows of no others. A list or one.",
    )
    disambiguation: bool = Field(
        False, description="mediawiki: whether pages that only tell meanings of a word apart stay."
    )
    lists: bool = Field(True, description="mediawiki: whether pages that are lists stay.")
    apparatus: bool = Field(
        False, description="mediawiki: whether sections of references, notes and links stay."
    )
    repair: bool | None = Field(
        None,
        description="Whether texts are repaired: line ends, control characters, NFC, text decoded "
        "twice. Default: those of references.",
    )

    _listed = field_validator("path", "urls", "index", mode="before")(_listed)
    _some = field_validator("path")(_some)

    @model_validator(mode="after")
    def _lists_are_of_archives(self) -> "Source":
        for key in ("urls", "index"):
            if getattr(self, key) and self.kind not in ("warc", "wet"):
                raise ValueError(f"{key}: expected kind warc or wet, got {self.kind}")
        return self

    @property
    def filtered(self) -> bool:
        """Return whether language and filters judge this source."""
        return not self.reference if self.filter is None else self.filter

    @property
    def repairs(self) -> bool:
        """Return whether this source's texts are repaired."""
        return self.reference if self.repair is None else self.repair


class Extract(_Part):
    """Page to text."""

    extractor: Literal[
        "combined", "trafilatura", "resiliparse", "justext", "readability", "newspaper"
    ] = Field("combined", description="combined is ours; the others need their packages.")
    precision: bool = Field(
        False,
        description="combined, trafilatura: rather miss text than take menus (FineWeb's choice).",
    )
    format: Literal["text", "markdown"] = Field(
        "text", description="markdown: from combined, trafilatura and readability."
    )
    max_page_bytes: int = Field(
        MAX_BYTES, gt=0, description="Larger pages are dropped: page_too_large."
    )
    cascade: bool = Field(
        True,
        description="Whether pages of large crawls get a cheap look first. Not extracted is what "
        "gopher_quality is certain to drop, for its words or stop words, and, where English alone "
        "is kept, what is all but certainly in another language.",
    )
    max_seconds: float | None = Field(
        60.0,
        gt=0,
        description="Processor time of one page, a last resort: no page within the other bounds "
        "comes near. Whom it hits is kept in WORK, and dropped again. null: none.",
    )
    sample: float | None = Field(
        None, gt=0, le=1, description="Share of the records to read, drawn by hash; null: all."
    )
    split_bytes: int = Field(
        8 << 20,
        ge=io.BLOCK,
        multiple_of=io.BLOCK,
        description="Bytes of one split of the input; grows with the input beyond 100,000 splits.",
    )

    @model_validator(mode="after")
    def _extractor_can(self) -> "Extract":
        able = EXTRACTORS[self.extractor]
        for key, asked, can in (
            ("precision", self.precision, able.precision),
            ("format: markdown", self.format == "markdown", able.markdown),
        ):
            if asked and not can:
                raise ValueError(f"{key}: expected an extractor that has it, got {self.extractor}")
        return self


class Language(_Part):
    """Which languages stay."""

    keep: tuple[str, ...] | None = Field(
        ("en",), description="ISO 639-1 codes; null keeps every language."
    )
    min_score: float | None = Field(None, ge=0, le=1, description="Default: the measured cut.")
    model: str | None = Field(None, description="A fastText model's path instead of py3langid.")
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with model.")

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Language":
        if self.model is not None and self.sha256 is None:
            raise ValueError("model: expected its sha256 beside it, got none")
        return self


Scope = Literal["global", "source", "dump"]
FilterName = str | dict[str, dict[str, Any] | None]


class Lines(_Part):
    """Which of the lines that documents share stay; say one of `keep` and `most`."""

    keep: Literal["first"] | None = Field(
        None, description="first: of each line the first occurrence, best source first (CCNet)."
    )
    most: int | None = Field(
        None, ge=1, description="Remove, everywhere, lines that stand in more documents than this."
    )
    min_characters: int = Field(
        300, ge=0, description="A document that lost lines and is left with fewer is dropped."
    )
    sources: tuple[str, ...] | None = Field(
        None, description="Whose lines are counted and cut; null: all that are no references."
    )

    @model_validator(mode="after")
    def _one_rule(self) -> "Lines":
        if (self.keep is None) == (self.most is None):
            got = "both" if self.keep else "neither"
            raise ValueError(f"expected one of keep: first and most: N, got {got}")
        return self


class Dedup(_Part):
    """What a duplicate is, and which copy stays."""

    priority: tuple[str, ...] = Field(
        (), description="Sources whose copy stays, best first; the others follow in their order."
    )
    scope: Scope = Field(
        "global", description="Duplicates are looked for in everything, or within each of these."
    )
    near: bool = Field(True, description="Whether near-duplicates go too; exact ones always do.")
    settings: Literal["default", "fineweb", "refinedweb", "slimpajama", "gpt3"] = Field(
        "default", description="Bands, rows, shingles and threshold by the name of their paper."
    )
    bands: int | None = Field(None, ge=1, description="Candidates agree in one band at least.")
    rows: int | None = Field(None, ge=1, description="Rows of a band, which all must agree.")
    ngram: int | None = Field(None, ge=1, description="Length of a shingle.")
    unit: Literal["word", "character"] | None = Field(
        None,
        description="What a shingle is made of; characters for languages without spaces "
        "where one character is not a word.",
    )
    threshold: float | None = Field(
        None, gt=0, le=1, description="Jaccard similarity of the texts from which a copy goes."
    )
    family: Literal["fast", "datasketch", "datasketch-legacy"] = Field(
        "fast", description="How signatures are made; datasketch's fit an index of its own."
    )
    against: tuple[str, ...] = Field(
        (), description="Folders of finished runs: copies of what they hold go. A list or one."
    )
    largest_cluster: float = Field(
        0.1,
        gt=0,
        le=1,
        description="The run stops where a larger share of all documents (and a thousand) are "
        "near-duplicates of one.",
    )
    urls: bool = Field(
        False, description="Whether of documents of one URL, whatever its spelling, one stays."
    )
    lines: Lines | None = Field(
        None, description="Lines that documents of this run share are cut; null: they stay."
    )

    @field_validator("against", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _makes_a_banding(self) -> "Dedup":
        self.banding()
        return self

    def banding(self) -> Banding:
        """Return bands, rows, shingles and threshold: the named settings with what differs."""
        names = ("bands", "rows", "ngram", "unit", "threshold")
        given = {name: getattr(self, name) for name in names}
        own = {name: value for name, value in given.items() if value is not None}
        return replace(SETTINGS[self.settings], **own)


class Quality(_Part):
    """Which documents a classifier finds good enough."""

    model: str = Field(
        "logistic",
        min_length=1,
        description="logistic or fasttext: learned from the references against the crawl; or the "
        "path of a trained model.",
    )
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with a path.")
    alpha: float | None = Field(
        9.0,
        gt=0,
        allow_inf_nan=False,
        description="Documents are kept with chance (2 - score)^-alpha, as in GPT-3; null: all.",
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="Documents that score less are dropped; null: none."
    )
    documents: int = Field(
        10_000, gt=0, description="Texts to learn from: of each reference, and of the crawl."
    )

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Quality":
        if not self.trained and self.sha256 is None:
            raise ValueError(
                f"model: expected logistic, fasttext or a path with its sha256 beside it, "
                f"got {self.model!r} and no sha256"
            )
        return self

    @property
    def trained(self) -> bool:
        """Return whether the run trains the model."""
        return self.model in ("logistic", "fasttext")


class Benchmark(_Part):
    """One benchmark, or several of one make."""

    path: tuple[str, ...] = Field(
        description="Paths, patterns or URLs of JSON lines or Parquet. A list or one."
    )
    fields: tuple[str, ...] | None = Field(
        None, description="Columns or labelled parts to look for; default: decontaminate.fields."
    )

    _listed = field_validator("path", mode="before")(_listed)
    _some = field_validator("path")(_some)


class Decontaminate(_Part):
    """What is cut out of documents because a benchmark asks for it (GPT-3, appendix C)."""

    benchmarks: tuple[str | Benchmark, ...] = Field(
        min_length=1,
        description="Paths, patterns or URLs of JSON lines or Parquet, or {path, fields}. A list "
        "or one. A benchmark is called as its file.",
    )
    fields: tuple[str, ...] | None = Field(
        None,
        description="Columns to look for, and parts of texts that are labelled Passage, Context, "
        "Question, Choices or Answer; null: all. [question, answer] leaves alone what quotes a "
        "passage's source.",
    )
    ngram: Annotated[int, Field(ge=1)] | Literal["percentile"] = Field(
        13,
        description="Words of an n-gram. percentile: for each benchmark the 5th percentile of its "
        "items' words, at least 8 and at most 13. Texts with fewer words are not looked for.",
    )
    window: int = Field(200, ge=0, description="Characters cut on each side of a hit.")
    min_characters: int = Field(200, ge=0, description="Shorter pieces are dropped.")
    max_pieces: int = Field(10, ge=0, description="Documents of more pieces are dropped.")
    count: Literal["after", "before"] = Field(
        "after", description="Whether pieces are counted after the short ones went, or before."
    )
    max_documents: int = Field(
        10, ge=0, description="N-grams in more documents are common phrases, and exempt."
    )

    _listed = field_validator("benchmarks", mode="before")(_listed)

    def cutting(self) -> Cutting:
        """Return how much goes with a hit."""
        return Cutting(
            window=self.window,
            min_characters=self.min_characters,
            max_pieces=self.max_pieces,
            count=self.count,
        )

    def each(self) -> list[Benchmark]:
        """Return the benchmarks, each with its fields."""
        several = (Benchmark(path=(b,)) if isinstance(b, str) else b for b in self.benchmarks)
        return [b if b.fields else b.model_copy(update={"fields": self.fields}) for b in several]


class Mix(_Part):
    """How many tokens of each source."""

    tokens: int | None = Field(
        None, gt=0, description="Training tokens; null: what one epoch of the scarcest allows."
    )
    validation: float = Field(
        0.005, ge=0, lt=1, description="Share of documents held out, of sources with a weight."
    )
    max_epochs: float = Field(
        4.0, gt=0, description="More repetition of a source is refused (Muennighoff et al. 2023)."
    )
    tokenizer: str = Field("gpt2", description="gpt2, a folder with its files, or tokenizer.json.")


class Output(_Part):
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


class Recipe(_Part):
    """A whole run."""

    version: Literal[1] = Field(1, description="Of the recipe's form.")
    seed: int = Field(7, ge=0, description="Another one draws other lots: another corpus.")
    sources: dict[Name, Source] = Field(
        min_length=1, description="By name; the name stands in the shards and in the ledger."
    )
    extract: Extract = Extract()
    language: Language | None = Language()
    filters: tuple[FilterName, ...] = Field(
        ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}}, "fineweb"),
        description="Rules in order, by name, with settings where they differ from the paper's. "
        "The default is FineWeb's order; C4's rule that a line must end a sentence is off, as "
        "there: of prose in lines of fixed width it leaves fragments.",
    )
    dedup: Dedup = Dedup()
    quality: Quality | None = Field(
        None, description="null: no classifier. References are scored, and never dropped for it."
    )
    decontaminate: Decontaminate | None = Field(
        None, description="Benchmarks to cut out; null: none, and the card says so."
    )
    mix: Mix = Mix()
    output: Output = Output()
    ledger: Literal["full", "counts"] = Field(
        "full", description="full: one row for each record; counts: totals and samples only."
    )

    @field_validator("filters")
    @classmethod
    def _known(cls, value: tuple[FilterName, ...]) -> tuple[FilterName, ...]:
        for name, settings in named_filters(value):
            filters.find(name, **settings)
        return value

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Recipe":
        unknown = [name for name in self.dedup.priority if name not in self.sources]
        if unknown:
            raise ValueError(
                f"dedup.priority: expected names of sources ({', '.join(self.sources)}), "
                f"got {', '.join(unknown)}"
            )
        lines = self.dedup.lines
        unknown = [name for name in (lines and lines.sources) or () if name not in self.sources]
        if unknown:
            raise ValueError(
                f"dedup.lines.sources: expected names of sources ({', '.join(self.sources)}), "
                f"got {', '.join(unknown)}"
            )
        if self.quality and self.quality.trained:
            references = [source.reference for source in self.sources.values()]
            if all(references) or not any(references):
                raise ValueError(
                    "quality.model: expected a source with reference: true and one without, to "
                    f"learn how they differ, got {sum(references)} and "
                    f"{len(references) - sum(references)}"
                )
        weights = {name: source.weight for name, source in self.sources.items()}
        missing = [name for name, weight in weights.items() if weight is None]
        if missing and len(missing) < len(weights):
            raise ValueError(
                "sources: expected a weight for every source or for none, "
                f"got none for {', '.join(missing)}"
            )
        if not missing and not any(weights.values()):
            raise ValueError("sources: expected at least one weight above 0, got all 0")
        return self

    def priority(self) -> list[str]:
        """Return all sources, the one whose copies stay first."""
        named = list(self.dedup.priority)
        return named + [name for name in self.sources if name not in named]

    def validation_shares(self) -> dict[str, float]:
        """Return which share of each source's documents is held out: none where it weighs 0."""
        return {
            name: 0.0 if source.weight == 0 else self.mix.validation
            for name, source in self.sources.items()
        }

    def held_against(self, places: Sequence[str]) -> "Recipe":
        """Return the recipe with more finished runs to hold it against."""
        here = Path.cwd()
        against = (*self.dedup.against, *(io.absolute(place, here) for place in places))
        return self.model_copy(update={"dedup": self.dedup.model_copy(update={"against": against})})

    def sampled(self, share: float | None) -> "Recipe":
        """Return the recipe for a share of the records, with as small a share of the budget.

        Raises RecipeError if it is no share; None changes nothing.
        """
        if share is None:
            return self
        if not 0 < share <= 1:
            raise RecipeError(f"--sample: expected a share above 0 and up to 1, got {share:g}")
        tokens = self.mix.tokens
        if tokens is not None:
            tokens = max(1, int(tokens * share))
        return self.model_copy(
            update={
                "extract": self.extract.model_copy(update={"sample": share}),
                "mix": self.mix.model_copy(update={"tokens": tokens}),
            }
        )

    def steps(self) -> "list[Any]":
        """Return the filters' steps in order."""
        return [
            step
            for name, settings in named_filters(self.filters)
            for step in filters.find(name, **settings)
        ]

    def filter_files(self) -> list[str]:
        """Return the files that filters read, in the recipe's order."""
        given = [
            settings.get(key, ())
            for name, settings in named_filters(self.filters)
            for key in filters.paths(name)
        ]
        return [path for one in given for path in ([one] if isinstance(one, str) else one or ())]

    def without_paths(self) -> dict[str, Any]:
        """Return the recipe for the manifest: only what may change the corpus."""
        whole: dict[str, Any] = json.loads(self.model_dump_json())
        for source in whole["sources"].values():
            del source["path"]
            for key in ("urls", "index"):  # files, whose names are nobody's business
                source[key] = len(source[key])
        whole["dedup"]["against"] = len(whole["dedup"]["against"])
        del whole["output"]["path"], whole["output"]["work"], whole["extract"]["split_bytes"]
        if whole["language"]:
            del whole["language"]["model"]
        whole["filters"] = _with_paths(whole["filters"], lambda path: Path(path).name)
        if whole["decontaminate"]:  # the report names each file, with its fields
            del whole["decontaminate"]["benchmarks"]
        if self.quality and not self.quality.trained:
            whole["quality"]["model"] = Path(whole["quality"]["model"]).name
        whole["mix"]["tokenizer"] = Path(whole["mix"]["tokenizer"]).name
        return whole


def named_filters(names: Sequence[FilterName]) -> list[tuple[str, dict[str, Any]]]:
    """Return (name, settings) of each entry of a recipe's filters.

    >>> named_filters(["c4", {"gopher_quality": {"min_words": 10}}])
    [('c4', {}), ('gopher_quality', {'min_words': 10})]
    """
    pairs: list[tuple[str, dict[str, Any]]] = []
    for entry in names:
        if isinstance(entry, str):
            pairs.append((entry, {}))
        else:
            pairs.extend((name, settings or {}) for name, settings in entry.items())
    return pairs


def load(path: str | Path) -> Recipe:
    """Return the checked recipe; paths in it are made absolute against its folder.

    Raises:
        RecipeError: it is missing, no YAML, or says what cannot be; one line a mistake.
    """
    try:
        data = io.read_bytes(str(path))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        whole = yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: not YAML: {_where(error)}") from error
    if not isinstance(whole, dict):
        got = "nothing" if whole is None else f"a {type(whole).__name__}"
        raise RecipeError(f"{path}: expected keys and values, got {got}")
    folder = io.local_path(str(path)).absolute().parent if io.is_local(str(path)) else Path.cwd()
    return parse(whole, folder, name=str(path))


def parse(whole: dict[str, Any], folder: Path, *, name: str = "recipe") -> Recipe:
    """Return the checked recipe of plain data; see `load`."""
    try:
        recipe = Recipe.model_validate(_anchored(whole, folder))
    except ValidationError as error:
        lines = [f"{name}: {_line(mistake)}" for mistake in error.errors()]
        raise RecipeError("\n".join(lines)) from error
    sources = {
        key: source.model_copy(
            update={
                name: tuple(io.absolute(one, folder) for one in getattr(source, name))
                for name in ("path", "urls", "index")
            }
        )
        for key, source in recipe.sources.items()
    }
    update: dict[str, Any] = {"sources": sources}
    places = {key: getattr(recipe.output, key) for key in ("path", "work")}
    absolute = {key: io.absolute(place, folder) for key, place in places.items() if place}
    against = tuple(io.absolute(place, folder) for place in recipe.dedup.against)
    update["dedup"] = recipe.dedup.model_copy(update={"against": against})
    update["output"] = recipe.output.model_copy(update=absolute)
    if recipe.language and recipe.language.model:
        model = io.absolute(recipe.language.model, folder)
        update["language"] = recipe.language.model_copy(update={"model": model})
    if recipe.decontaminate:
        several = [
            b.model_copy(update={"path": tuple(io.absolute(one, folder) for one in b.path)})
            for b in recipe.decontaminate.each()
        ]
        update["decontaminate"] = recipe.decontaminate.model_copy(
            update={"benchmarks": tuple(several)}
        )
    if recipe.quality and not recipe.quality.trained:
        model = io.absolute(recipe.quality.model, folder)
        update["quality"] = recipe.quality.model_copy(update={"model": model})
    if "/" in recipe.mix.tokenizer or recipe.mix.tokenizer.endswith(".json"):
        tokenizer = io.absolute(recipe.mix.tokenizer, folder)
        update["mix"] = recipe.mix.model_copy(update={"tokenizer": tokenizer})
    return recipe.model_copy(update=update)


def _anchored(whole: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return plain data with the files that filters name made absolute: they are read at once."""
    entries = whole.get("filters")
    if not isinstance(entries, list):
        return whole
    return {**whole, "filters": _with_paths(entries, lambda path: io.absolute(path, folder))}


def _with_paths(entries: Sequence[Any], change: Callable[[str], str]) -> list[Any]:
    """Return the recipe's filters with the paths in them changed; what is none, as it is."""

    def changed(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [changed(one) for one in value]
        return change(value) if isinstance(value, str) else value

    def settings(name: str, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return given | {key: changed(given[key]) for key in filters.paths(name) if key in given}

    return [
        {name: settings(name, given) for name, given in entry.items()}
        if isinstance(entry, dict)
        else entry
        for entry in entries
    ]


def _where(error: yaml.YAMLError) -> str:
    """Return what is wrong with a text that is no YAML, and where, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _line(mistake: Any) -> str:
    """Return one mistake as `key: expected …, got …`."""
    key = ".".join(str(part) for part in mistake["loc"])
    message, got = mistake["msg"].replace("Input should be", "expected"), mistake["input"]
    if mistake["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(mistake["loc"][-1]), _known(mistake["loc"]), n=1)
        return f"{key}: unknown key{f'; {near[0]} is one' if near else ''}"
    if mistake["type"] == "missing":
        return f"{key}: missing"
    if mistake["type"] == "value_error":
        said = str(mistake["ctx"]["error"])
        return f"{key}: {said}" if key else said
    shown = repr(got)
    return f"{key}: {message}, got {shown if len(shown) < 80 else shown[:77] + '...'}"


def _known(place: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand where one stands that may not."""
    parts: dict[int | str, type[_Part]] = {
        "sources": Source,
        "extract": Extract,
        "language": Language,
        "dedup": Dedup,
        "lines": Lines,
        "quality": Quality,
        "decontaminate": Decontaminate,
        "benchmarks": Benchmark,
        "mix": Mix,
        "output": Output,
    }
    named = [parts[part] for part in place[:-1] if part in parts]
    return list((named[-1] if named else Recipe).model_fields)
