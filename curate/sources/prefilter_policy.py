"""Policies of the HTML prefilter: which pages it may drop before extraction, which are exempt.

Input: a recipe and its files. Output: a `PrefilterPolicy` for each source whose pages the recipe's
filters will judge by a rule that has a prefilter. A dropped page gets that rule's reason, as it
would have got after extraction. Classifiers are trained on unfiltered pages, and samples show them;
so that these stay unbiased, the pages with the lowest hashes, more than are taken, are exempt. If
that would be all pages there are no policies.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from curate.filters.html_prefilter import HtmlPrefilter, prefilter_for_all
from curate.filters.language import Language
from curate.languages import UNKNOWN, profiles
from curate.recipe import Recipe
from curate.sources.files import InputFile
from curate.store.keys import MODULUS, seeded_hash

PREFILTERED = ("warc", "commoncrawl", "html")
# Upper estimate of bytes per page: Common Crawl's archives have 30,000.
PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class PrefilterPolicy:
    """The prefilter for the pages of one source; pages whose hash is below `exempt` are exempt."""

    prefilter: HtmlPrefilter
    source: str
    seed: int
    exempt: int

    def is_exempt(self, id_: str) -> bool:
        """Return whether the page of this id is extracted without the prefilter."""
        return seeded_hash("sample", f"{self.source}/{id_}", self.seed) < self.exempt


def prefilter_of(recipe: Recipe) -> tuple[HtmlPrefilter | None, str]:
    """Return the prefilter for a recipe's language rule and filters; if it is None, why."""
    if not recipe.extract.prefilter:
        return None, "switched off in the recipe"
    wanted = recipe.language
    language = None
    codes: list[str | None] = [None]
    if wanted is not None:
        keep = tuple(wanted.keep or ())
        codes = [*(keep or (*profiles(), UNKNOWN))]
        if keep and not wanted.model:
            language = Language(keep=keep)
    return prefilter_for_all([recipe.steps(code) for code in codes], language=language)


def policies(recipe: Recipe, files: Iterable[InputFile]) -> dict[str, PrefilterPolicy]:
    """Return the policies of a run's sources, by name."""
    judged = [n for n, s in recipe.sources.items() if s.kind in PREFILTERED and s.filtered]
    prefilter = prefilter_of(recipe)[0] if judged else None
    if prefilter is None:
        return {}
    drawn = recipe.output.unjudged
    if recipe.quality and recipe.quality.trained:  # crawl pages are learned from, or ranked by
        drawn = max(drawn, recipe.quality.documents)
    # The number of pages of a source with a list or an index is not known yet.
    crawl = {
        name
        for name, source in recipe.sources.items()
        if not (source.reference or source.urls or source.index)
    }
    share = 1.0 if recipe.extract.sample is None else recipe.extract.sample
    pages = int(share * sum(file.size for file in files if file.source in crawl)) // PAGE_BYTES
    if drawn >= pages > 0 or (drawn and not pages):
        return {}
    exempt = MODULUS * drawn // max(1, pages)
    return {name: PrefilterPolicy(prefilter, name, recipe.seed, exempt) for name in judged}


def describe(recipe: Recipe, files: Iterable[InputFile]) -> str | None:
    """Return a message whether the prefilter is on, or why not; None without sources of pages."""
    if not any(s.kind in PREFILTERED and s.filtered for s in recipe.sources.values()):
        return None
    prefilter, why = prefilter_of(recipe)
    if prefilter is None:
        return f"off: {why}"
    if not policies(recipe, files):
        return "off: samples and the classifier may take every page of so small a crawl"
    return "on: pages that gopher_quality would certainly drop are not extracted"
