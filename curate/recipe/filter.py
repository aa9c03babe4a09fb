"""The recipe's `language` and `filters`: rules that judge each document separately."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from curate import filters
from curate.languages import canonical
from curate.recipe.fields import Number, Section, Sha256, Text
from curate.text.dictionaries import LIBRARIES, Dictionary, require

FilterName = Text | dict[Text, dict[str, Any] | None]


class Language(Section):
    """Which languages are kept, and settings of filters for each."""

    keep: tuple[Text, ...] | Literal["all"] | None = Field(
        ("en",),
        description="ISO 639-1 codes, or a model's labels: deu_Latn is de; all (or null) keeps "
        "every language. Each text is judged by the rules of its language.",
    )
    rules: dict[Text, dict[Text, dict[str, Any]]] = Field(
        {},
        description="Settings that differ, by language and name of a filter, "
        "such as {de: {gopher_quality: {too_few_words: 30}}}.",
    )
    dictionaries: dict[Text, Dictionary] = Field(
        {},
        description="Libraries by whose words filters count, by language, such as {zh: rjieba, "
        "ja: sudachipy, th: pythainlp}; they come with the extra `dictionaries`. Without one each "
        "character with its marks is a word there.",
    )
    min_score: Number | None = Field(
        None, ge=0, le=1, description="Minimum probability of the language; null: the measured one."
    )
    model: Text | None = Field(None, description="A fastText model's path instead of py3langid.")
    sha256: Sha256 | None = Field(None, description="The model file's sha256; needed with model.")

    @field_validator("keep", mode="after")
    @classmethod
    def _all_is_null(cls, value: Any) -> Any:
        return None if value in ("all", None) else tuple(dict.fromkeys(map(canonical, value)))

    @field_validator("rules", "dictionaries", mode="after")
    @classmethod
    def _by_code(cls, value: dict[str, Any]) -> dict[str, Any]:
        return by_code(value)

    @model_validator(mode="after")
    def _has_dictionaries(self) -> "Language":
        for code, name in self.dictionaries.items():
            key = f"dictionaries.{code}"
            if self.keep and code not in self.keep:
                raise ValueError(
                    f"dictionaries: expected languages that are kept ({', '.join(self.keep)}), "
                    f"got {code}"
                )
            fitting = [one for one, library in LIBRARIES.items() if library.language == code]
            if not fitting:
                languages = ", ".join(sorted(library.language for library in LIBRARIES.values()))
                raise ValueError(f"dictionaries: expected some of {languages}, got {code}")
            if name not in fitting:
                raise ValueError(f"{key}: expected {' or '.join(fitting)}, got {name}")
            try:
                require(name)
            except ImportError as error:
                raise ValueError(f"{key}: {error}") from error
        return self

    @model_serializer(mode="wrap")
    def _without_empty_dictionaries(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return the settings as before there were dictionaries, where none is chosen."""
        content: dict[str, Any] = dump(self)
        if not self.dictionaries:
            content.pop("dictionaries", None)
        return content

    @model_validator(mode="after")
    def _model_has_sha256(self) -> "Language":
        if self.model is not None and self.sha256 is None:
            raise ValueError("model: expected its sha256 too, got none")
        return self


def by_code(value: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping by languages' codes, however they are spelt; ValueError for one twice.

    >>> by_code({"deu": 1, "pt-BR": 2})
    {'de': 1, 'pt': 2}
    """
    codes: dict[str, Any] = {}
    for label, own in value.items():
        code = canonical(label)
        if code in codes:
            raise ValueError(f"expected each language once, got {code} again, as {label}")
        codes[code] = own
    return codes


def named_filters(names: Sequence[FilterName]) -> list[tuple[str, dict[str, Any]]]:
    """Return (name, settings) of each entry of a recipe's filters.

    >>> named_filters(["c4", {"gopher_quality": {"too_few_words": 10}}])
    [('c4', {}), ('gopher_quality', {'too_few_words': 10})]
    """
    pairs: list[tuple[str, dict[str, Any]]] = []
    for entry in names:
        if isinstance(entry, str):
            pairs.append((entry, {}))
        else:
            pairs.extend((name, settings or {}) for name, settings in entry.items())
    return pairs


def with_paths(entries: Sequence[Any], change: Callable[[str], str]) -> list[Any]:
    """Return a recipe's filters with their paths changed, and other values unchanged."""

    def changed(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [changed(item) for item in value]
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
