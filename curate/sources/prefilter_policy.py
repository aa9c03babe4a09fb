"""Which pages the prefilter may drop before their text is extracted, and which are exempt.

Input: a recipe and its files. Output: a `PrefilterPolicy` for each source whose pages the recipe's
filters will judge by a rule that has a prefilter. A page that is dropped gets that rule's reason,
as it would have later: only fewer pages are extracted. Classifiers are trained on unfiltered pages,
and samples show them; so that these stay a fair sample, pages with the lowest hashes, more than
are taken, are exempt. Where that would be all pages there are no policies.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from curate.filters.html_prefilter import HtmlPrefilter, prefilter_for
from curate.filters.language import Language
from curate.recipe import Recipe
from curate.sources.files import InputFile
from curate.store.keys import MODULUS, seeded_hash

PREFILTERED = ("warc", "commoncrawl", "html")
# An input has a page for each so many bytes at least: Common Crawl's archives one for 30,000.
PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class PrefilterPolicy:
    """The prefilter for the pages of one source; pages whose hash is below `exempt` are exempt."""

    prefilter: HtmlPrefilter
    source: str
    seed: int
    exempt: int

    def is_exempt(self, id_: str) -> bool:
        """Return whether the page of this id is extracted whatever the prefilter says."""
        return seeded_hash("sample", f"{self.source}/{id_}", self.seed) < self.exempt


def prefilter_of(recipe: Recipe) -> HtmlPrefilter | None:
    """Return the prefilter for a recipe's language rule and filters."""
    wanted = recipe.language
    language = None
    if wanted and wanted.keep and not wanted.model:
        language = Language(keep=wanted.keep)
    return prefilter_for(recipe.steps(), language=language)


def policies(recipe: Recipe, files: Iterable[InputFile]) -> dict[str, PrefilterPolicy]:
    """Return the policies of a run's sources, by name."""
    judged = [n for n, s in recipe.sources.items() if s.kind in PREFILTERED and s.filtered]
    prefilter = prefilter_of(recipe) if recipe.extract.prefilter and judged else None
    if prefilter is None:
        return {}
    drawn = recipe.output.unjudged
    if recipe.quality and recipe.quality.trained:
        drawn = max(drawn, recipe.quality.documents)
    # How few pages of a source with a list or an index will be read is not known yet.
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
