"""Perplexity filter: texts scored by an n-gram language model of the references.

Input: windows of references and of the crawl. Output: a model; called with a text it returns the
share of crawl windows with a higher perplexity, so 1 is like the references. It also gives the
perplexity itself, and CCNet's head, middle and tail: thirds of the crawl's windows in each
language.

Source: Wenzek et al. 2020 (CCNet), arXiv:1911.00359, section 4.4.
Differs: tokens are GPT-2's and not SentencePiece's; the model is of three tokens and not of five,
of all languages together, learned from the recipe's references and not from Wikipedia; bounds
are found on windows.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from curate._lazy import listing
from curate.quality.ngrams import Level, Ngrams, Parts, fit, parts_of
from curate.quality.training import Example, TrainingDataError
from curate.text.tokenizers import Tokenizer, TokenizerSettings, load

__all__ = ["Perplexity", "fit_windows"]
__dir__ = listing(__name__, __all__)

MAGIC = b"curate quality perplexity 1\n"
DECIMALS = 6
TOKENS = 3  # of an n-gram: in two million tokens, longer ones are seldom seen twice
STEPS = 300  # of the rank; thirds of it are head, middle and tail
FEWEST = 100  # windows of a language with bounds of its own
LONGEST = 100_000  # characters of a text that are used
EVERY = ""  # where languages are codes: all of them


@dataclass(frozen=True, kw_only=True)
class Perplexity:
    """A trained model; called with a text it returns its rank, 0 to 1.

    Args:
        tokenizer: sha256 of its vocabulary.
        ngrams: of the references.
        edges: by language, perplexities of the crawl's windows, rising, a rank apart; EVERY has
            those of all languages.
        parts: by language, the bounds of head and tail.
    """

    tokenizer: str
    ngrams: Ngrams = field(repr=False)
    edges: Mapping[str, tuple[float, ...]] = field(repr=False)
    parts: Mapping[str, Parts]

    kind = "perplexity"

    def perplexities(self, texts: Sequence[str]) -> list[float]:
        """Return the perplexity of each text, of its first LONGEST characters."""
        encode = _tokenizer(self.tokenizer).encode
        return [
            round(self.ngrams.perplexity(np.asarray(encode(text[:LONGEST]), np.int64)), 3)
            for text in texts
        ]

    def ranks(self, perplexities: Sequence[float], languages: Sequence[str | None]) -> list[float]:
        """Return the score of each perplexity, by the bounds of its text's language."""
        ranks = []
        for perplexity, language in zip(perplexities, languages, strict=True):
            edges = self.edges.get(language or EVERY, self.edges[EVERY])
            ranks.append(round(1.0 - bisect_right(edges, perplexity) / len(edges), DECIMALS))
        return ranks

    def parts_of(self, perplexities: Sequence[float], languages: Sequence[str | None]) -> list[str]:
        """Return head, middle or tail for each perplexity."""
        return [
            self.parts.get(language or EVERY, self.parts[EVERY]).part_of(perplexity)
            for perplexity, language in zip(perplexities, languages, strict=True)
        ]

    def scores(self, texts: Sequence[str], folds: Sequence[int] | None = None) -> list[float]:
        """Return the score of each text by the bounds of all languages."""
        del folds
        return self.ranks(self.perplexities(texts), [None] * len(texts))

    def __call__(self, text: str) -> float:
        return self.scores([text])[0]

    def to_bytes(self) -> bytes:
        """Return the model's file: a line of magic, a line of JSON, arrays."""
        levels = self.ngrams.levels
        head = {
            "tokenizer": self.tokenizer,
            "vocabulary": self.ngrams.vocabulary,
            "sizes": [[len(level.runs), len(level.contexts)] for level in levels],
            "edges": {language: list(edges) for language, edges in sorted(self.edges.items())},
            "parts": {name: [part.head, part.tail] for name, part in sorted(self.parts.items())},
        }
        arrays = [
            array
            for level in levels
            for array in (
                level.runs.astype("<u8"), level.chances.astype("<f4"), level.contexts.astype("<u8"),
                level.weights.astype("<f4"),
            )
        ]  # fmt: skip
        line = json.dumps(head, sort_keys=True).encode() + b"\n"
        return b"".join([MAGIC, line, *(array.tobytes() for array in arrays)])

    @staticmethod
    def from_bytes(data: bytes, name: str = "model") -> "Perplexity":
        """Undo `to_bytes`; raises ValueError for anything else."""
        line, _, rest = data.removeprefix(MAGIC).partition(b"\n")
        try:
            head = json.loads(line)
            at, levels = 0, []
            for runs, contexts in head["sizes"]:
                arrays = []
                for size, kind in ((runs, "<u8"), (runs, "<f4"), (contexts, "<u8"),
                                   (contexts, "<f4")):  # fmt: skip
                    arrays.append(np.frombuffer(rest, kind, size, at))
                    at += arrays[-1].nbytes
                hashes, chances, names, weights = arrays
                levels.append(Level(hashes, chances.astype(np.float64), names,
                                    weights.astype(np.float64)))  # fmt: skip
            if at != len(rest):
                raise ValueError(f"{len(rest)} bytes of arrays")
            return Perplexity(
                tokenizer=str(head["tokenizer"]),
                ngrams=Ngrams(int(head["vocabulary"]), tuple(levels)),
                edges={
                    str(key): tuple(map(float, values)) for key, values in head["edges"].items()
                },
                parts={
                    str(key): Parts(*map(float, values)) for key, values in head["parts"].items()
                },
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: a damaged model: {error}") from error


def fit_windows(examples: Sequence[Example]) -> Perplexity:
    """Return the model of the references' windows without fold 0, on which it is evaluated.

    Raises TrainingDataError where there are none.
    """
    tokenizer = _tokenizer(None)
    good = [e for e in examples if e.label == 1 and e.fold]
    crawl = [e for e in examples if e.label == 0]
    if not good or not crawl:
        raise TrainingDataError("quality: expected windows of references and of crawl, got none")
    texts = [np.asarray(tokenizer.encode(e.text), np.int64) for e in good]
    ngrams = fit(texts, tokenizer.size + 1, TOKENS)
    # As a model read back has it: its file holds single precision.
    rough = Perplexity.from_bytes(
        Perplexity(
            tokenizer=tokenizer.sha256, ngrams=ngrams, edges={EVERY: (1.0,)},
            parts={EVERY: Parts(1.0, 1.0)},
        ).to_bytes()
    )  # fmt: skip
    perplexities = rough.perplexities([e.text for e in crawl])
    by_language: dict[str, list[float]] = {EVERY: list(perplexities)}
    for example, perplexity in zip(crawl, perplexities, strict=True):
        by_language.setdefault(example.language, []).append(perplexity)
    enough = {
        language: sorted(values)
        for language, values in by_language.items()
        if language == EVERY or len(values) >= FEWEST
    }
    return Perplexity(
        tokenizer=tokenizer.sha256,
        ngrams=rough.ngrams,
        edges={
            language: tuple(values[i * len(values) // STEPS] for i in range(STEPS))
            for language, values in enough.items()
        },
        parts={language: parts_of(values) for language, values in enough.items()},
    )


def _tokenizer(sha256: str | None) -> Tokenizer:
    """Return GPT-2's tokenizer, which needs no file; raises ValueError if it is another one."""
    return load(TokenizerSettings(sha256=sha256))
