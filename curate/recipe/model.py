"""The `Recipe` model: all parts, checks across them, and derived values for a run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from curate import filters
from curate.errors import RecipeError
from curate.filters.finding import counts_by_dictionary
from curate.recipe.code import refuse_code
from curate.recipe.decontaminate import Decontaminate
from curate.recipe.dedup import Dedup
from curate.recipe.extract import Extract
from curate.recipe.fields import Integer, Name, Section, number_not_flag
from curate.recipe.filter import FilterName, Language, named_filters, with_paths
from curate.recipe.mix import Mix, Output
from curate.recipe.quality import Label, Quality
from curate.recipe.renamed import check_settings
from curate.recipe.rights import Rights
from curate.recipe.source import Source
from curate.store import io
from curate.store.urls import bare
from curate.text.dictionaries import LIBRARIES


class Recipe(Section):
    """A whole run."""

    version: Annotated[Literal[1], BeforeValidator(number_not_flag)] = Field(
        1, description="Version of the recipe format."
    )
    seed: Integer = Field(
        7, ge=0, lt=1 << 63, description="Of all random choices; another seed gives another corpus."
    )
    sources: dict[Name, Source] = Field(
        min_length=1, description="By name; shards and ledger have the name as a column."
    )
    extract: Extract = Extract()
    language: Language | None = Language()
    filters: tuple[FilterName, ...] = Field(
        ("gopher_repetition", "gopher_quality", {"c4": {"terminal_punctuation": False}}, "fineweb"),
        description="Rules in order, by name, with settings where they differ from the paper's. "
        "The default is FineWeb's order; C4's rule that a line must end a sentence is off, as "
        "there: it leaves fragments of hard-wrapped prose.",
    )
    dedup: Dedup = Dedup()
    rights: Rights = Rights()
    quality: Quality | None = Field(
        None, description="null: no classifier. References are scored, and never dropped for it."
    )
    decontaminate: Decontaminate | None = Field(
        None, description="Benchmarks to cut out; null: none, and the card says so."
    )
    labels: dict[Name, Label] = Field(
        default_factory=dict,
        max_length=20,
        description="By name: models that give each document a label, the likeliest of theirs; "
        "shards have it as the column label_NAME.",
    )
    mix: Mix = Mix()
    output: Output = Output()
    ledger: Literal["full", "counts"] = Field(
        "full", description="full: one row for each record; counts: totals and samples only."
    )

    @field_validator("filters")
    @classmethod
    def _known(cls, value: tuple[FilterName, ...], info: ValidationInfo) -> tuple[FilterName, ...]:
        if not (info.context or {}).get("allow_code"):
            refuse_code(value)
        for name, settings in named_filters(value):
            check_settings(name, settings)
            try:
                filters.find(name, **settings)
            except ValueError:
                raise
            except Exception as error:  # of the filter's code, or a setting called `name`
                raise ValueError(f"filter {name!r}: {type(error).__name__}: {error}") from error
        return value

    @model_validator(mode="after")
    def _knows_rules_of_languages(self) -> "Recipe":
        rules = self.language.rules if self.language else {}
        named = dict(named_filters(self.filters))
        for language, overrides in rules.items():
            keep = self.language and self.language.keep
            if keep and language not in keep:
                raise ValueError(
                    f"language.rules: expected languages that are kept ({', '.join(keep)}), "
                    f"got {language}"
                )
            for name, settings in overrides.items():
                if name not in named:
                    raise ValueError(
                        f"language.rules.{language}: expected filters of this recipe "
                        f"({', '.join(named)}), got {name}"
                    )
                check_settings(name, settings)
                filters.find(
                    name, language=language, **self.settings_in(language, name, named[name])
                )
        return self

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Recipe":
        unknown = [name for name in self.dedup.priority if name not in self.sources]
        if unknown:
            raise ValueError(
                f"dedup.priority: expected names of sources ({', '.join(self.sources)}), "
                f"got {', '.join(unknown)}"
            )
        for step in ("shared_lines", "passages"):
            given = getattr(self.dedup, step)
            unknown = [name for name in (given and given.sources) or () if name not in self.sources]
            if unknown:
                raise ValueError(
                    f"dedup.{step}.sources: expected names of sources "
                    f"({', '.join(self.sources)}), got {', '.join(unknown)}"
                )
        if self.quality and self.quality.learns_from_references:
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

    @model_validator(mode="after")
    def _mixes_what_there_is(self) -> "Recipe":
        mix = self.mix
        if mix.curve and self.quality is None:
            raise ValueError("mix.curve: expected `quality`, whose scores it ranks, got null")
        if mix.by and mix.by not in self.labels and not (mix.by == "language" and self.language):
            raise ValueError(
                f"mix.by: expected one of labels ({', '.join(self.labels) or 'none'}), or language "
                f"where it is identified, got {mix.by}"
            )
        if mix.by == "language" and self.language and (keep := self.language.keep):
            labels = sorted(mix.weighted_labels())
            if other := [one for one in labels if not {one, one.partition("_")[0]} & {*keep}]:
                raise ValueError(
                    f"mix.weights: expected languages that are kept ({', '.join(keep)}), "
                    f"got {', '.join(other)}"
                )
        if isinstance(mix.weights, dict):
            nested = [name for name, weight in mix.weights.items() if isinstance(weight, dict)]
            if unknown := [name for name in nested if name not in self.sources]:
                raise ValueError(
                    f"mix.weights: expected names of sources ({', '.join(self.sources)}), "
                    f"got {', '.join(unknown)}"
                )
            if not nested and any(source.weight is not None for source in self.sources.values()):
                raise ValueError(
                    "mix.weights: expected sources without a weight where labels have one across "
                    "them, or {source: {label: weight}}"
                )
        return self

    def priority(self) -> list[str]:
        """Return all sources, in the order of priority in deduplication."""
        named = list(self.dedup.priority)
        return named + [name for name in self.sources if name not in named]

    def searched_sources(self, chosen: Sequence[str] | None) -> list[str]:
        """Return the sources that a step of `dedup` cuts: those chosen, else all but references."""
        if chosen is not None:
            return list(chosen)
        return [name for name, source in self.sources.items() if not source.reference]

    def validation_shares(self) -> dict[str, float]:
        """Return the share of each source's documents that is held out: 0 where its weight is 0."""
        return {
            name: 0.0 if source.weight == 0 else self.mix.validation
            for name, source in self.sources.items()
        }

    def held_against(self, outs: Sequence[str]) -> "Recipe":
        """Return the recipe with more finished runs in dedup.against."""
        cwd = Path.cwd()
        against = (*self.dedup.against, *(io.absolute(out, cwd) for out in outs))
        return self.model_copy(update={"dedup": self.dedup.model_copy(update={"against": against})})

    def honouring(self, more: Sequence[str]) -> "Recipe":
        """Return the recipe with the tombstones of more places."""
        tombstones = tuple(dict.fromkeys((*self.rights.tombstones, *more)))
        rights = self.rights.model_copy(update={"tombstones": tombstones})
        return self.model_copy(update={"rights": rights})

    def sampled(self, share: float | None) -> "Recipe":
        """Return the recipe for a share of the records, with the same share of the budget.

        Raises RecipeError if it is not a share; None changes nothing.
        """
        if share is None:
            return self
        if not 0 < share <= 1:
            raise RecipeError(f"sample: expected a share above 0 and up to 1, got {share:g}")
        tokens = self.mix.tokens
        if tokens is not None:
            tokens = max(1, int(tokens * share))
        return self.model_copy(
            update={
                "extract": self.extract.model_copy(update={"sample": share}),
                "mix": self.mix.model_copy(update={"tokens": tokens}),
            }
        )

    def steps(self, language: str | None = None) -> "list[Any]":
        """Return the filters' steps in order, for texts of a language; None: English."""
        return [
            step
            for name, settings in named_filters(self.filters)
            for step in filters.find(
                name, language=language, **self.settings_in(language, name, settings)
            )
        ]

    def settings_in(
        self, language: str | None, name: str, settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a filter's settings for texts of a language: its rules, and its dictionary."""
        if self.language is None or language is None:
            return dict(settings)
        own = {**settings, **self.language.rules.get(language, {}).get(name, {})}
        dictionary = self.language.dictionaries.get(language)
        if dictionary is None or not counts_by_dictionary(name, own):
            return own
        return {"dictionary": dictionary, **own}

    def dictionaries(self) -> list[str]:
        """Return the libraries by whose words some filter counts, sorted."""
        rules = self.language.rules.values() if self.language else ()
        given = [settings for _, settings in named_filters(self.filters)]
        given += [settings for overrides in rules for settings in overrides.values()]
        chosen = [settings.get("dictionary") for settings in given]
        chosen += self.language.dictionaries.values() if self.language else ()
        return sorted(name for name in LIBRARIES if name in chosen)

    def filter_files(self) -> list[str]:
        """Return the files that filters read, in the recipe's order."""
        values = [
            settings.get(key, ())
            for name, settings in named_filters(self.filters)
            for key in filters.paths(name)
        ]
        return [
            path
            for value in values
            for path in ([value] if isinstance(value, str) else value or ())
        ]

    def without_paths(self) -> dict[str, Any]:
        """Return the recipe for the manifest: only settings that may change the corpus."""
        content: dict[str, Any] = json.loads(self.model_dump_json())
        for source in content["sources"].values():
            del source["path"]
            for key in ("urls", "index"):  # only how many: file names may be private
                source[key] = len(source[key])
        content["dedup"]["against"] = len(content["dedup"]["against"])
        content["rights"]["tombstones"] = len(content["rights"]["tombstones"])
        if content["rights"]["opt_outs"]:
            content["rights"]["opt_outs"]["hosts"] = len(content["rights"]["opt_outs"]["hosts"])
        del content["output"]["path"], content["output"]["work"], content["extract"]["split_bytes"]
        if content["language"]:
            del content["language"]["model"]
        content["filters"] = with_paths(content["filters"], _name)
        if content["decontaminate"]:  # the report names each file, with its fields
            del content["decontaminate"]["benchmarks"]
        if self.quality:
            for model in (content["quality"], *content["quality"]["models"].values()):
                model["model"] = _name(model["model"])
                if model["labels"]:
                    model["labels"]["path"] = _name(model["labels"]["path"])
        for label in content["labels"].values():
            label["model"] = _name(label["model"])
        content["mix"]["tokenizer"] = _name(content["mix"]["tokenizer"])
        if isinstance(self.mix.weights, str):
            content["mix"]["weights"] = _name(self.mix.weights)
        return content


def _name(path: str) -> str:
    """Return the last part of a path or URL, which the manifest may have."""
    return Path(bare(path)).name
