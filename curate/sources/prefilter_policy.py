"""Which pages are prefiltered before their text is extracted, and which are exempt.

Input: a recipe and its files. Output: a `PrefilterPolicy` for each source whose pages the recipe's
filters will judge by a rule that a prefilter foresees. What is refused ends with a rule's reason,
as it would have later: only fewer pages are extracted. Unfiltered pages are what classifiers learn
from and samples show; so that these stay a fair draw, pages with the lowest hashes, more than are
drawn, are exempt. Where that would be all pages there are no policies.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from curate.filters.html_prefilter import HtmlPrefilter, prefilter_for_all
from curate.filters.language import Language
from curate.languages import UNKNOWN, profiles
from curate.recipe import Recipe
from curate.sources.files import InputFile
from curate.store.keys import MODULUS, seeded_hash

LOOKED_AT = ("warc", "commoncrawl", "html")
# An input has a page for each so many bytes at least: Common Crawl's archives one for 30,000.
PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class PrefilterPolicy:
    """A prefilter for the pages of one source, and which are exempt: hashes below `exempt`."""

    prefilter: HtmlPrefilter
    source: str
    seed: int
    exempt: int

    def is_exempt(self, id_: str) -> bool:
        """Return whether the page of this id is extracted whatever the prefilter says."""
        return seeded_hash("sample", f"{self.source}/{id_}", self.seed) < self.exempt


def prefilter_of(recipe: Recipe) -> HtmlPrefilter | None:
    """Return the prefilter that foresees what a recipe's language rule and filters will say."""
    return prefilter_or_why(recipe)[0]


def prefilter_or_why(recipe: Recipe) -> tuple[HtmlPrefilter | None, str]:
    """Return what `prefilter_of` does, and if that is None, why."""
    if not recipe.extract.prefilter:
        return None, "extract.prefilter: false"
    wanted = recipe.language
    language = None
    codes: list[str | None] = [None]
    if wanted is not None:
        keep = tuple(wanted.keep or ())
        codes = [*(keep or (*profiles(), UNKNOWN))]
        if keep and not wanted.model:
            language = Language(keep=keep)
    return prefilter_for_all([recipe.steps(code) for code in codes], language=language)


def prefilter_policies(recipe: Recipe, files: Iterable[InputFile]) -> dict[str, PrefilterPolicy]:
    """Return the policies of a run's sources, by name; none where the prefilter is off."""
    found, why = prefilter_or_why(recipe)
    judged = _judged(recipe)
    if found is None or not judged or why:
        return {}
    exempt = _exempt(recipe, files)
    if exempt is None:
        return {}
    return {name: PrefilterPolicy(found, name, recipe.seed, exempt) for name in judged}


def prefilter_off(recipe: Recipe, files: Iterable[InputFile]) -> str:
    """Return why no page is refused before it is extracted; "" if pages may be, or there are none.

    For a plan to tell.
    """
    if not _judged(recipe):
        return ""
    found, why = prefilter_or_why(recipe)
    if found is not None and _exempt(recipe, files) is None:
        return "all pages may be drawn as samples (output.unjudged, quality.documents)"
    return why


def _judged(recipe: Recipe) -> list[str]:
    return [n for n, s in recipe.sources.items() if s.kind in LOOKED_AT and s.filtered]


def _exempt(recipe: Recipe, files: Iterable[InputFile]) -> int | None:
    """Return below which hash pages are extracted whatever the prefilter says; None: all are."""
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
        return None
    return MODULUS * drawn // max(1, pages)
