"""Language profiles that filters scale their bounds by: ratios to English and stop words, no texts.

Input: a language's code, as a model names it. Output: its `Profile`. Each profile is a file of
`data/`, written by `benchmarks/languages_fit.py` from sentences and the Universal Declaration of
Human Rights. Its 400 translations have the same content, so the ratio of their words and characters
to the English ones is known. The papers' bounds were found on English; a filter scales them by
these ratios (its method `in_language`), and English keeps the papers' bounds.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from curate._lazy import listing
from curate.languages.codes import code_of, hints, script_in

__all__ = [
    "ENGLISH",
    "UNKNOWN",
    "Profile",
    "canonical",
    "hints",
    "profile",
    "profiles",
]
__dir__ = listing(__name__, __all__)

ENGLISH = "en"
UNKNOWN = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDictionary:
    """What of a profile differs by the words of a library of `curate.text.dictionaries`."""

    dictionary: str
    words: float
    word_length: float
    stop_words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Statistics of a language's texts.

    `code` is ISO 639-1 where there is one, else 639-3; `iso639_3` and `script` (ISO 15924) are its
    other names. `words` and `characters` (without white space): how many there are in a translation
    for one in English. `word_length`: mean characters of a word, marks included. `ended`: share of
    sentences whose last character ends one. `stop_words`: the most frequent word forms, lower case.
    `spaced`: whether spaces separate its words. `gram_characters`: where they do not, the
    characters of an n-gram for each word of an English one. `sources`: the texts it was counted on.
    Words are those of `curate.text.views.split_words`; `dictionaries` has what differs by others.
    """

    code: str
    iso639_3: str
    script: str
    words: float
    characters: float
    word_length: float
    ended: float
    stop_words: tuple[str, ...]
    spaced: bool
    gram_characters: float | None
    sources: tuple[str, ...]
    dictionaries: tuple[ByDictionary, ...] = ()

    @property
    def is_known(self) -> bool:
        """Return whether there is data for this language."""
        return bool(self.sources)

    def by(self, dictionary: str | None) -> "Profile":
        """Return the profile by the words of a library, whose n-grams are of words.

        The profile itself if there is no data for that library, or for None.

        >>> profile("zh").by("rjieba").words < profile("zh").words
        True
        """
        for one in self.dictionaries:
            if one.dictionary == dictionary:
                return replace(
                    self,
                    words=one.words,
                    word_length=one.word_length,
                    stop_words=one.stop_words,
                    gram_characters=None,
                )
        return self


# For a language without data: as many words as English, of any length, and no stop words.
_ANY = Profile(
    code=UNKNOWN, iso639_3=UNKNOWN, script="Zyyy", words=1.0, characters=1.0, word_length=0.0,
    ended=0.5, stop_words=(), spaced=True, gram_characters=None, sources=(),
)  # fmt: skip


def profile(code: str | None) -> Profile:
    """Return the profile of a language by its code: "de", "deu", "deu_Latn".

    For a language without data a neutral one (`is_known` is false); for None, English. In another
    script than that of its data a language has its ratios, and no stop words.

    >>> profile("deu_Latn").code, profile("xx").is_known, profile(None).code
    ('de', False, 'en')
    >>> profile("srp_Latn").stop_words
    ()
    """
    if code is None:
        return profiles()[ENGLISH]
    base = profiles().get(code_of(code), _ANY)
    script = script_in(code)
    if script is None or script in _SAME_SCRIPT.get(base.script, (base.script,)):
        return base
    return replace(base, script=script, stop_words=(), sources=(), dictionaries=())


@cache
def canonical(label: str) -> str:
    """Return the code that columns and recipes use for a model's label, or for a person's spelling.

    ISO 639-1 where there is one, else 639-3; with the script if it is another than the usual one.

    >>> [canonical(label) for label in ("deu_Latn", "srp_Cyrl", "srp_Latn", "nb", "zh-Hant")]
    ['de', 'sr', 'sr_Latn', 'no', 'zh']
    """
    code, script = code_of(label), script_in(label)
    usual = profiles().get(code)
    return code if usual is None or profile(label) is usual else f"{code}_{script}"


@cache
def profiles() -> dict[str, Profile]:
    """Return all profiles by their codes."""
    by_code = {}
    for file in resources.files(__name__).joinpath("data").iterdir():
        if file.name.endswith(".json"):
            data = json.loads(file.read_text(encoding="utf-8"))
            data |= {key: tuple(data[key]) for key in ("stop_words", "sources")}
            data["dictionaries"] = tuple(
                ByDictionary(**one | {"stop_words": tuple(one["stop_words"])})
                for one in data.get("dictionaries", ())
            )
            by_code[data["code"]] = Profile(**data)
    return dict(sorted(by_code.items()))


# ISO 15924 has several codes for some.
_SAME_SCRIPT = {
    "Hani": ("Hani", "Hans", "Hant"),
    "Jpan": ("Jpan", "Hrkt"),
    "Hang": ("Hang", "Kore"),
}
