"""Training samples of a classifier: windows matched in length, language and sites.

Input: texts of references and of unfiltered crawl pages. Output: windows with a label,
an importance and a fold, in a fixed order, and counts of these.

So that length, language, site or format do not give the class away:
- every window has the same number of words; where the page or article is shorter, both sides
  have as many windows of that length (the references' are cut to the pages' lengths);
- only languages both sides have, and each counts the same on both sides;
- a page (a text with a URL) gives one window, a site or a text without URL at most `per_group`;
- the references count the same each, however large;
- folds are made of whole sites and whole texts, by hash: a text is judged by a model that was not
  trained on its fold, as any new text is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from curate._lazy import listing
from curate.quality.features import WINDOW
from curate.store.keys import MODULUS, normalise, seeded_hash

__all__ = ["Sample", "TrainingDataError", "windows"]
__dir__ = listing(__name__, __all__)

PER_GROUP = 60  # windows of one site or one book
SHORTEST = 50  # words; Gopher's least, so what is shorter is dropped anyway
FOLDS = 5
FEWEST = 10  # windows of a side; below, nothing can be learned or measured


class TrainingDataError(ValueError):
    """Insufficient training data; the message says what is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One window. `label` is 1 for a reference; `sample_hash` orders and samples.

    `grade`: how much it counts beside the others of its source, 0 to 1.
    """

    sample_hash: int
    label: int
    source: str
    group: str
    language: str
    text: str
    words: int
    fold: int = 0
    grade: float = 1.0
    importance: float = 1.0


def group_of(id_: str, url: str | None) -> str:
    """Return what a text must not be torn from: its site, or itself where it has no URL.

    >>> group_of("a", "https://www.example.org/x"), group_of("books/a.txt#0", None)
    ('example.org', 'books/a.txt#0')
    """
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        host = None
    return (host or "").removeprefix("www.") or id_


def fold_of(group: str, seed: int) -> int:
    """Return a group's fold, 0..FOLDS - 1."""
    return seeded_hash("split", group, seed) * FOLDS // MODULUS


def windows(
    text: str,
    *,
    id_: str,
    url: str | None,
    source: str,
    language: str,
    label: int,
    seed: int,
    grade: float = 1.0,
    window: int = WINDOW,
    per_group: int = PER_GROUP,
) -> list[Example]:
    """Return a text's windows of `window` words (all of a shorter text), of the lowest hashes.

    One of a text with a URL, at most `per_group` of one without; none below SHORTEST words, or of
    grade 0.
    """
    words = normalise(text).split(" ")
    if len(words) < SHORTEST or grade <= 0:
        return []
    group = group_of(id_, url)
    most = 1 if url and group != id_ else per_group
    fold = fold_of(group, seed)
    pieces = max(1, len(words) // window)
    hashes = sorted((seeded_hash("sample", f"{source}/{id_}/{i}", seed), i) for i in range(pieces))
    examples = []
    for hash_, i in hashes[:most]:
        chunk = words[i * window : (i + 1) * window]
        examples.append(
            Example(
                sample_hash=hash_,
                label=label,
                source=source,
                group=group,
                language=language,
                text=" ".join(chunk),
                words=len(chunk),
                fold=fold,
                grade=grade,
            )
        )
    return examples


def windows_of(
    texts: Iterable[tuple[str, str, str | None, str, float | None]],
    label_of: Callable[[str], int],
    identify: Callable[[str], tuple[str, float]],
    *,
    keep: Container[str] | None,
    seed: int,
) -> Iterator[Example]:
    """Yield the windows of some texts, those in languages that are not kept left out.

    Args:
        texts: (source, id, url, text, grade) of each; a grade of None is 1.
        label_of: 1 for a source that is a reference, else 0.
        identify: the language of a text. keep: codes; None: all.
    """
    for source, id_, url, text, grade in texts:
        code, _score = identify(text)
        if keep is None or code in keep:
            yield from windows(
                text, id_=id_, url=url, source=source, language=code, label=label_of(source),
                seed=seed, grade=1.0 if grade is None else grade,
            )  # fmt: skip


class Sample:
    """The windows of the lowest hashes, at most so many of a group and of a source.

    It does not matter in which order they come in, and no more than twice as many are held.
    """

    def __init__(self, *, per_group: int = PER_GROUP, per_source: int = 20_000) -> None:
        self._per_group, self._per_source = per_group, per_source
        self._sources: dict[str, list[Example]] = {}

    def add(self, examples: Iterable[Example]) -> None:
        """Take in windows; those that cannot be among the lowest are let go now and then."""
        for example in examples:
            sampled = self._sources.setdefault(example.source, [])
            sampled.append(example)
            if len(sampled) >= 2 * self._per_source:
                self._sources[example.source] = self._lowest(sampled)

    def _lowest(self, examples: list[Example]) -> list[Example]:
        left: list[Example] = []
        taken: Counter[str] = Counter()
        for example in sorted(examples, key=_order):
            taken[example.group] += 1
            if taken[example.group] <= self._per_group and len(left) < self._per_source:
                left.append(example)
        return left

    def examples(self) -> list[Example]:
        """Return the sample in the order of their hashes."""
        return sorted(
            (e for sampled in self._sources.values() for e in self._lowest(sampled)), key=_order
        )


def _order(example: Example) -> tuple[int, str, str]:
    return example.sample_hash, example.source, example.text


def even(examples: Sequence[Example]) -> list[Example]:
    """Return the examples with lengths, languages and importance evened out between the sides.

    Raises TrainingDataError where a side has fewer than FEWEST windows, where the sides share
    no language, or where all texts of both sides are equal.
    """
    pages = sorted(example.words for example in examples if example.label == 0)
    _check(examples)
    cut = [_cut_like(example, pages) if example.label else example for example in examples]
    shared = set.intersection(*({e.language for e in cut if e.label == side} for side in (0, 1)))
    left = [example for example in cut if example.language in shared]
    if not left:
        by_side = ", ".join(
            f"{name}: {_name_list(e.language for e in cut if e.label == side)}"
            for side, name in ((1, "references"), (0, "crawl"))
        )
        raise TrainingDataError(f"quality: expected a language that both sides have, got {by_side}")
    _check(left)
    return _weighted(left)


def _check(examples: Sequence[Example]) -> None:
    for side, name, where in (
        (1, "references", "sources with reference: true"),
        (0, "unjudged crawl pages", "the other sources"),
    ):
        members = [example for example in examples if example.label == side]
        folds = len({example.fold for example in members})
        if len(members) < FEWEST or folds < 2:
            raise TrainingDataError(
                f"quality: expected at least {FEWEST} windows of {name} and from several sites or "
                f"books (texts of {SHORTEST} words or more of {where}), got {len(members)} in "
                f"{folds} of {FOLDS} folds; "
                "add texts, name a trained model by `model` and `sha256`, or set quality: null"
            )
    if len({example.text for example in examples}) < 2:
        raise TrainingDataError(
            f"quality: expected texts that differ, got {len(examples)} windows that are all equal"
        )


def _cut_like(example: Example, pages: Sequence[int]) -> Example:
    """Return the example cut to the length of a page drawn by hash."""
    words = pages[seeded_hash("sample", example.text, 0) * len(pages) // MODULUS]
    if example.words <= words:
        return example
    return replace(example, text=" ".join(example.text.split(" ")[:words]), words=words)


def _weighted(examples: Sequence[Example]) -> list[Example]:
    """Return the examples so important that sides, and sources of a side, count the same.

    For each language separately; the examples of a source count in proportion to their grades.
    """

    def cell(e: Example) -> tuple[str, int, str]:
        return e.language, e.label, e.source

    counts: dict[tuple[str, int, str], float] = defaultdict(float)  # summed in a fixed order
    for example in examples:
        counts[cell(example)] += example.grade
    languages = Counter(example.language for example in examples)
    sources = Counter(key[:2] for key in counts)
    return [
        replace(
            e,
            importance=e.grade
            * languages[e.language]
            / (2 * sources[cell(e)[:2]] * counts[cell(e)]),
        )
        for e in examples
    ]


def account(examples: Sequence[Example]) -> dict[str, Any]:
    """Return what a sample holds: windows, groups and mean length by side and source."""
    table: dict[str, Any] = {}
    for example in examples:
        side = "references" if example.label else "crawl"
        entry = table.setdefault(side, {}).setdefault(
            example.source, {"windows": 0, "groups": set(), "words": 0}
        )
        entry["windows"] += 1
        entry["groups"].add(example.group)
        entry["words"] += example.words
    for side in table.values():
        for entry in side.values():
            entry["groups"] = len(entry["groups"])
            entry["mean_words"] = round(entry.pop("words") / entry["windows"], 1)
    return table


def check_numbers(values: Iterable[float], name: str) -> None:
    """Raise TrainingDataError if a number is none."""
    wrong = sum(not math.isfinite(value) for value in values)
    if wrong:
        raise TrainingDataError(
            f"quality: expected finite {name}, got {wrong} that are not; "
            "more and more varied texts are needed"
        )


def _name_list(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words))[:10]) or "none"
