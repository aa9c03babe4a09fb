"""Language identification (py3langid, fastText), and the filter that keeps chosen languages.

Input: a text. Output: a language code and a probability (the columns `language` and
`language_score`), and from those two a reason or None. Identification needs a model and takes
a fraction of a millisecond; the decision is arithmetic. The model is py3langid's, which is part
of its wheel, or a fastText file named by path and sha256. Either is read once per process, at
the first text, so all objects can be pickled and sent to workers.

A long text is sampled from beginning to end: see `by_parts`.
"""

import functools
import hashlib
import importlib
import re
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate._lazy import listing
from curate.extras import install
from curate.languages import canonical, hints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FastText", "Language", "identify"]
__dir__ = listing(__name__, __all__)

Identify = Callable[[str], tuple[str, float]]

UNKNOWN = ("und", 0.0)  # ISO 639-2's code for "undetermined"

REASONS: dict[str, str] = {
    "language_not_kept": "the text is in a language the recipe does not keep",
    "language_uncertain": "no language is likely enough: too short, mixed, or hardly prose",
}

# Both come from `python benchmarks/language.py DATA` (py3langid 0.4.0); measure again when the
# model changes. Of 1,893 crawled pages, the first 500, 1,000, 2,000 and 4,000 characters decide
# 31, 10, 4 and 1 otherwise than the whole text; the middle 2,000 do no better than the first.
LOOKED_AT = 2000  # characters that are identified
PART = 500  # minimum characters of a part
MIN_SCORE = 0.5  # higher loses English sentences without gain in precision: see Language

# The languages of py3langid 0.4, so that a misspelt code in a recipe is found before a model is
# read.
_CODES = """
    ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu
    ext fa fi fo fr fuv fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig
    is it ja jv ka kab kik kk km kn ko ku ky la lb lg lij ln lo lt ltg lv mg mk ml mn mr ms mt
    my ne nl nn no nso oc om or pa pcm pl ps pt qu ro ru rw sa sdh se si sk sl sn so sq sr st
    sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo wa wuu xh yo yue zh zu zxx
"""
_LOADING = threading.RLock()
LANGUAGES = frozenset(_CODES.split())
ALIKE = (("bs", "hr", "sr"), ("id", "ms"), ("wuu", "yue", "zh"))
_IDEOGRAPH = "[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
# Begins with the space, which is found faster than the lookbehind.
_LETTER_SPACING = re.compile(f" (?<={_IDEOGRAPH} )(?={_IDEOGRAPH})")


def identify(text: str, *, characters: int = LOOKED_AT) -> tuple[str, float]:
    """Return the language of a text and its probability, by py3langid's model.

    The code is ISO 639-1 where there is one, else ISO 639-3; the probability lies in 0..1,
    rounded to four decimals. Text without letters, or with none the model knows, is
    ('und', 0.0).

    Args:
        characters: how many of the text's first characters are looked at.

    Raises:
        ImportError: py3langid 0.4 is not installed.

    Source: Lui and Baldwin 2012 (langid.py), with the model and the length-scaled
    probabilities of py3langid 0.4.
    Differs: languages that share most of their words (ALIKE) have the probability of their group:
    a Croatian page is not uncertain for being nearly Bosnian. py3langid sums single floats in an
    order that depends on processor and threads, so the last decimals do too. Here integers are
    summed; scores agree with the package's to about four decimals.

    >>> identify("The quick brown fox jumps over the lazy dog.")[0]
    'en'
    >>> identify("12:30 - 14:00 ...")
    ('und', 0.0)
    """
    return _identify_all([text[:characters]])[0]


def _identify_all(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Return `identify` of each text."""
    lettered = [_closed_up(text) for text in texts if _has_letters(text)]
    with _LOADING:
        model = _naive_bayes()
    results = iter(model.identify(lettered))
    return [next(results) if _has_letters(text) else UNKNOWN for text in texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class FastText:
    """Identify languages with a fastText model file, such as lid.176.ftz.

    Called with one text, returns (code, probability): the label as `curate.languages.canonical`
    spells it ("en" for lid.176's `__label__en` and for `__label__eng_Latn` of GlotLID or OpenLID),
    and the probability rounded to four decimals. Text without letters is ('und', 0.0).

    Args:
        path: the model, a local file on every machine that runs it.
        sha256: what the file must be; hexadecimal.
        characters: how many of the text's first characters are looked at.

    Raises:
        ValueError: sha256 is not 64 hexadecimal digits; at the first text: the file is another.
        ImportError: at the first text: no module named fasttext.
    """

    path: str
    sha256: str
    characters: int = LOOKED_AT

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", self.sha256):
            raise ValueError(
                "FastText: sha256 must be 64 hexadecimal digits (see `sha256sum FILE`), "
                f"got {self.sha256!r}"
            )
        if self.characters < 1:
            raise ValueError(f"FastText: characters must be at least 1, got {self.characters}")

    def __call__(self, text: str) -> tuple[str, float]:
        # fastText reads a line at a time and refuses a newline
        text = " ".join(_closed_up(text[: self.characters]).split())
        if not _has_letters(text):
            return UNKNOWN
        # a list, because predict(str) of fasttext 0.9 breaks on NumPy 2
        labels, scores = _fasttext(self.path, self.sha256.lower()).predict([text])
        if not len(labels[0]):
            return UNKNOWN
        # fastText's own rounding lets a probability come out a little above 1
        code = canonical(labels[0][0].removeprefix("__label__"))
        return code, round(min(float(scores[0][0]), 1.0), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Drop text that is not in one of the languages kept with at least a minimum probability.

    Called with one document, returns why to drop it, or None to keep it. Its two parts can be used
    alone: `language.identify(text)` gives the columns, `language.judge(code, score)` the reason.

    Args:
        keep: language codes, see `curate.languages.canonical`; one without a script keeps all.
        min_score: the minimum probability, 0..1, inclusive.
        model: a FastText model; None is py3langid.

    Raises:
        ValueError: no language, a code py3langid does not know, min_score outside 0..1.

    Source: the English-only filter of GPT-3 (Brown et al. 2020, section 3.3), whose method is
    not published; RefinedWeb and FineWeb cut lid.176 at 0.65, CCNet at 0.5.
    Differs: another model, so another threshold. On 22,500 sentences of 75 languages English has
    precision .971, recall .997 without a threshold; .986 and .943 at 0.5; .986 and .923 at 0.65,
    and most of the sentences that cost precision at 0.5 are English under another label. On
    1,324 labelled news pages of five languages there is no error at any threshold up to 0.95. On
    crawled pages the threshold drops tables of identifiers and redirect notices rather than prose:
    below it are 10 % of the pages identified as English, with 175 characters in the median.

    >>> Language()("Der schnelle braune Fuchs springt gern über den faulen Hund.")
    'language_not_kept'
    >>> Language(keep=("de", "en")).judge("en", 0.31)
    'language_uncertain'
    """

    keep: tuple[str, ...] = ("en",)
    min_score: float = MIN_SCORE
    model: FastText | None = None

    def __post_init__(self) -> None:
        if isinstance(self.keep, str) or not self.keep:
            raise ValueError(
                f"Language: keep must be one or more language codes, like ['en'], got {self.keep!r}"
            )
        object.__setattr__(self, "keep", tuple(map(canonical, self.keep)))  # a list in recipes
        unknown = [] if self.model else [code for code in self.keep if code not in LANGUAGES]
        if unknown:
            raise ValueError(
                "Language: keep: expected ISO 639 codes of languages that py3langid knows, got "
                f"{', '.join(map(repr, unknown))}: {hints(unknown, LANGUAGES)}"
            )
        if not 0 <= self.min_score <= 1:
            raise ValueError(f"Language: min_score: expected 0 to 1, got {self.min_score}")

    def identify(self, text: str) -> tuple[str, float]:
        """Return (code, probability) of one text by the model chosen; see `by_parts`."""
        return by_parts(text, self.model or identify)

    def judge(self, code: str, score: float) -> str | None:
        """Return why to drop a document of this language and score, or None."""
        if code != UNKNOWN[0] and not {code, code.partition("_")[0]} & {*self.keep}:
            return "language_not_kept"
        return "language_uncertain" if code == UNKNOWN[0] or score < self.min_score else None

    def __call__(self, text: str) -> str | None:
        return self.judge(*self.identify(text))


def by_parts(text: str, model: Identify, *, characters: int = LOOKED_AT) -> tuple[str, float]:
    """Return the language of most of a text, and its probability times its share of the parts.

    So a page that begins in one language and continues in another gets the one of most of it, with
    a lower probability. `characters`: how many are identified.

    >>> by_parts("a" * 1000 + "b" * 3000, lambda part: (part[0], 0.8))
    ('b', 0.6)
    """
    parts = spread(text, characters)
    if len(parts) == 1:
        return model(text)
    results = _identify_all(parts) if model is identify else [model(part) for part in parts]
    shares = {code: 0.0 for code, _ in results}
    for code, score in results:
        shares[code] += score / len(parts)
    totals = {code: sum(shares.get(other, 0.0) for other in _alike(code)) for code in shares}
    code = max(shares, key=lambda code: (totals[code], shares[code]))  # the first of equals
    return code, round(totals[code], 4)


def _alike(code: str) -> tuple[str, ...]:
    return next((group for group in ALIKE if code in group), (code,))


def spread(text: str, characters: int = LOOKED_AT) -> list[str]:
    """Return parts spread over a text, with so many characters in all.

    There are four, fewer for a text that is too short for parts of PART characters.
    """
    number = max(1, min(4, len(text) // PART))
    size = min(characters, len(text)) // number
    gap = (len(text) - size * number) / max(1, number - 1)
    starts = [round(n * (size + gap)) for n in range(number)]
    return [text[start : start + size] for start in starts] if number > 1 else [text[:characters]]


def _closed_up(text: str) -> str:
    """Return a text without single spaces between ideographs and kana, which some pages put there.

    The models take such text for Cantonese.
    """
    return text if text.isascii() else _LETTER_SPACING.sub("", text)


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


@dataclass(frozen=True, slots=True)
class _NaiveBayes:
    """py3langid's model: an automaton that finds byte n-grams, and their weights by class."""

    count: Callable[[list[bytes]], tuple[Any, Any, Any]]  # features, how often, each text's end
    weighted_sums: Callable[..., Any]  # -> [text, class], amounts @ weights[features] of each
    weights: "NDArray[np.int16]"  # [feature, class], log probabilities in units of 2^-9
    priors: "NDArray[np.int64]"  # [class], log probabilities in units of 2^-25
    codes: list[str]  # of the languages
    first: "NDArray[np.int64]"  # [code], its class
    several: "NDArray[np.int64]"  # [2, n], codes that have two classes, and the second
    alike: list[list[int]]  # [code], those of its group

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        import numpy as np  # noqa: PLC0415 - comes with the extra, like the model

        if not texts:
            return []
        octets = [_as_trained(text) for text in texts]
        features, counts, stops = self.count(octets)
        # units of 2^-16 times units of 2^-9: integers, whose sum is exact
        damped = np.rint(np.log1p(counts) * 2**16).astype(np.int64)
        sums = self.weighted_sums(features, damped, stops, self.weights) + self.priors
        lengths = np.array([max(1, len(encoded)) for encoded in octets])
        logs = sums / (2**25 * np.sqrt(lengths))[:, None]
        likely = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares = likely[:, self.first]
        shares[:, self.several[0]] += likely[:, self.several[1]]
        best = shares.argmax(axis=1)  # the first of equals
        units = np.rint(shares * 2**40).astype(np.int64)  # whole numbers: their sum is exact
        found = []
        ends = pairwise([0, *stops.tolist()])
        for number, own, (begin, end) in zip(best.tolist(), units, ends, strict=True):
            alike = int(own[self.alike[number]].sum()) / int(own.sum())
            found.append((self.codes[number], round(alike, 4)) if end > begin else UNKNOWN)
        return found


def _as_trained(text: str) -> bytes:
    text = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")


def load() -> None:
    """Load what `identify` needs; other threads that need it wait."""
    with _LOADING:
        _naive_bayes().identify(["the"])


@functools.cache
def _naive_bayes() -> _NaiveBayes:
    try:
        langid = importlib.import_module("py3langid.langid")
        visit_counts = langid.visit_counts  # new in 0.4, like the model measured here
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"identify: language identification needs py3langid 0.4: {install('language')}"
        ) from error
    import numpy as np  # noqa: PLC0415 - py3langid brings it

    model = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    try:
        count, weighted_sums = _as_machine_code(model)
    except ImportError:
        count, weighted_sums = _in_python(model, visit_counts)
    codes = list(dict.fromkeys(names := list(model.nb_classes)))
    again = [n for n, code in enumerate(names) if code in names[:n]]
    return _NaiveBayes(
        count=count,
        weighted_sums=weighted_sums,
        # half floats between -15 and -2.7, so all of them are multiples of 2^-9
        weights=(np.asarray(model.nb_ptc, np.float32) * 2**9).astype(np.int16),
        priors=np.rint(np.asarray(model.nb_pc, np.float64) * 2**25).astype(np.int64),
        codes=codes,
        first=np.array([*map(names.index, codes)], np.int64),
        several=np.array([[codes.index(names[n]) for n in again], again], np.int64),
        alike=[[n for n, other in enumerate(codes) if other in _alike(code)] for code in codes],
    )


def _as_machine_code(model: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the two halves of `_NaiveBayes`, compiled; ImportError where numba is not."""
    import numpy as np  # noqa: PLC0415

    from curate.filters import _automaton  # noqa: PLC0415 - half a second, with numba

    transitions = np.frombuffer(model.tk_nextmove, np.uint32)
    features = [-1 if feature is None else feature for feature in model.tk_output]
    states = np.array([np.array(model.tk_row, np.int32) << 8, features], np.int32).T.copy()
    scratch = np.zeros(max(features) + 1, np.int64)

    def count(texts: list[bytes]) -> Any:
        octets = np.frombuffer(b"".join(texts), np.uint8)
        ends = np.array([*accumulate(map(len, texts))], np.int64)
        return _automaton.count(octets, ends, transitions, states, scratch)

    return count, _automaton.weighted_sums


def _in_python(
    model: Any, visit_counts: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the two halves of `_NaiveBayes`, the first by py3langid's own loop."""
    import numpy as np  # noqa: PLC0415

    rows = [row << 8 for row in model.tk_row]

    def count(texts: list[bytes]) -> Any:
        counts_of_texts = [
            visit_counts(model.tk_nextmove, rows, model.tk_output, o) or {} for o in texts
        ]
        stops = np.array([*accumulate(map(len, counts_of_texts))], np.int64)
        pairs = [pair for counts in counts_of_texts for pair in counts.items()]
        features, counts = np.array(pairs, np.int64).reshape(-1, 2).T
        return features, counts, stops

    def weighted_sums(features: Any, amounts: Any, stops: Any, weights: Any) -> Any:
        parts = [slice(*ends) for ends in pairwise([0, *stops])]
        return np.array([amounts[part] @ weights[features[part]] for part in parts])

    return count, weighted_sums


@functools.cache
def _fasttext(path: str, sha256: str) -> Any:
    try:
        fasttext = importlib.import_module("fasttext")
    except ImportError as error:
        raise ImportError(
            f"FastText: a fastText model needs the module fasttext: {install('fasttext')}"
        ) from error
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise ValueError(
            f"FastText: {path} is not the model expected: its sha256 is {digest}, not {sha256}"
        )
    return fasttext.load_model(path)
