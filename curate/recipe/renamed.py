"""Former names of recipe keys: they are refused with a hint to the new name."""

from collections.abc import Mapping
from typing import Any

_GOPHER_QUALITY = {
    "min_words": "too_few_words",
    "max_words": "too_many_words",
    "min_word_length": "word_length_too_short",
    "max_word_length": "word_length_too_long",
    "max_hash_ratio": "too_many_hashes",
    "max_ellipsis_ratio": "too_many_ellipses",
    "max_bullet_lines": "too_many_bullets",
    "max_ellipsis_lines": "too_many_ellipsis_lines",
    "min_alphabetic_words": "too_few_alphabetic_words",
    "min_stop_words": "too_few_stop_words",
}
_GOPHER_REPETITION = {
    "max_duplicate_paragraphs": "duplicate_paragraphs",
    "max_duplicate_paragraph_characters": "duplicate_paragraph_characters",
    "max_duplicate_lines": "duplicate_lines",
    "max_duplicate_line_characters": "duplicate_line_characters",
    "max_top_ngrams": "top_2_gram, top_3_gram or top_4_gram",
    "max_duplicate_ngrams": "duplicate_5_grams to duplicate_10_grams",
}
_C4 = {
    "max_characters": "too_many_characters",
    "max_word_length": "long_word",
    "min_words": "few_words",
    "min_sentences": "too_few_sentences",
    "bad_words": "bad_word",
}
_FINEWEB = {
    "min_punctuated_lines": "too_few_punctuated_lines",
    "max_short_lines": "too_many_short_lines",
    "max_repeated_characters": "repeated_lines",
    "max_newline_ratio": "too_many_newlines",
}
_REFINEDWEB = {
    "max_uppercase": "uppercase",
    "max_cut_words": "too_many_cut_words",
    "fragment_words": "fragments",
    "max_newlines": "newlines",
}
_URL = {
    "domains": "url_domain",
    "urls": "url_listed",
    "substrings": "url_substring",
    "hard_words": "url_hard_word",
    "soft_words": "url_soft_words",
}
_FILTERS = {
    "gopher_quality": _GOPHER_QUALITY,
    "gopher_repetition": _GOPHER_REPETITION,
    "c4": _C4,
    "fineweb": _FINEWEB,
    "refinedweb": _REFINEDWEB,
    "url": _URL,
}

# Old key path in a recipe -> new key or path.
RENAMED: dict[str, str] = {
    f"filters.{name}.{old}": new for name, keys in _FILTERS.items() for old, new in keys.items()
} | {"extract.cascade": "extract.prefilter", "dedup.lines": "dedup.shared_lines"}


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """Raise ValueError if a filter's settings use an old name.

    >>> check_settings("gopher_quality", {"min_words": 5})
    Traceback (most recent call last):
    ValueError: filter 'gopher_quality': min_words is now too_few_words
    """
    for key in settings:
        if (new := RENAMED.get(f"filters.{name}.{key}")) is not None:
            raise ValueError(f"filter {name!r}: {key} is now {new}")
