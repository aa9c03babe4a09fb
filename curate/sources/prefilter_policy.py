"""Which pages are looked at before their text is extracted, and which are spared.

Input: a recipe and its files. Output: a `Gate` for each source whose pages the recipe's filters
will judge by a rule that a look can foresee. What the gate refuses ends with a rule's reason, as
it would have later: only fewer pages are extracted. Unfiltered pages are what
classifiers learn from and samples show; so that these stay a fair draw, pages with the lowest
lots, more than are drawn, are spared the look. Where that would be all pages there are no gates.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from curate.filters.html_prefilter import Look, foresee_all
from curate.filters.language import Language
from curate.languages import UNKNOWN, profiles
from curate.recipe import Recipe
from curate.sources.files import InputFile
from curate.store.keys import MODULUS, seeded_hash

LOOKED_AT = ("warc", "commoncrawl", "html")
# An input has a page for each so many bytes at least: Common Crawl's archives one for 30,000.
PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Gate:
    """A look for the pages of one source, and whom it spares: lots below `spared`."""

    look: Look
    source: str
    seed: int
    spared: int

    def spares(self, id_: str) -> bool:
        """Return whether the page of this id is extracted whatever the look says."""
        return seeded_hash("sample", f"{self.source}/{id_}", self.seed) < self.spared


def foreseen(recipe: Recipe) -> Look | None:
    """Return the look that foresees what a recipe's language rule and filters will say."""
    return foresight(recipe)[0]


def foresight(recipe: Recipe) -> tuple[Look | None, str]:
    """Return what `foreseen` does, and if that is None, why: for a plan to tell."""
    if not recipe.extract.cascade:
        return None, "switched off in the recipe"
    wanted = recipe.language
    language = None
    codes: list[str | None] = [None]
    if wanted is not None:
        keep = tuple(wanted.keep or ())
        codes = [*(keep or (*profiles(), UNKNOWN))]
        if keep and not wanted.model:
            language = Language(keep=keep)
    return foresee_all([recipe.steps(code) for code in codes], language=language)


def gates(recipe: Recipe, files: Iterable[InputFile]) -> dict[str, Gate]:
    """Return the gates of a run's sources, by name."""
    judged = [n for n, s in recipe.sources.items() if s.kind in LOOKED_AT and s.filtered]
    look = foreseen(recipe) if judged else None
    if look is None:
        return {}
    drawn = recipe.output.unjudged
    if recipe.quality and recipe.quality.trained:
        drawn = max(drawn, recipe.quality.documents)
    # Of a source with a list or an index nobody knows yet how few pages will be read.
    crawl = {
        name
        for name, source in recipe.sources.items()
        if not (source.reference or source.urls or source.index)
    }
    share = 1.0 if recipe.extract.sample is None else recipe.extract.sample
    pages = int(share * sum(file.size for file in files if file.source in crawl)) // PAGE_BYTES
    if drawn >= pages > 0 or (drawn and not pages):
        return {}
    spared = MODULUS * drawn // max(1, pages)
    return {name: Gate(look, name, recipe.seed, spared) for name in judged}
