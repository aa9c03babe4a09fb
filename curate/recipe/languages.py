"""Warnings about how a recipe treats texts that are not English, reported before a run."""

from collections.abc import Iterator

from curate.filters.finding import is_english_alone
from curate.filters.language import ALIKE
from curate.languages import ENGLISH, profile
from curate.recipe.filter import named_filters
from curate.recipe.model import Recipe


def language_warnings(recipe: Recipe) -> list[str]:
    """Return warnings about a recipe's languages: rules without data, English rules."""
    return list(_warnings(recipe))


def _warnings(recipe: Recipe) -> Iterator[str]:
    filters = named_filters(recipe.filters)
    if not filters:
        return
    wanted = recipe.language
    if wanted is None:
        yield "language: null: texts of every language are judged by the rules of English"
        return
    # Chinese is named zh, whatever it is: nothing is lost where that is kept.
    for group in ALIKE if wanted.model is None else ():
        kept = [code for code in group if code in (wanted.keep or ())]
        if kept and "zh" not in kept and (lost := [code for code in group if code not in kept]):
            yield (
                f"language.keep: {', '.join(kept)} without {', '.join(lost)}: they share most of "
                "their words, and many pages of one are taken for another"
            )
    weighted = recipe.mix.weighted_labels() if recipe.mix.by == "language" else set()
    if weighted and (without := [code for code in wanted.keep or () if code not in weighted]):
        yield (
            f"mix.weights: none for {', '.join(without)}, which language.keep names: the mixture "
            "is refused if there are documents of it; 0 leaves it out"
        )
    others = [code for code in wanted.keep or () if profile(code).code != ENGLISH]
    unknown = [code for code in others if not profile(code).is_known]
    if unknown:
        yield (
            f"language.keep: no data of {', '.join(unknown)}: judged by rules that hold for any "
            "language, without stop words and bounds on the length of words"
        )
    if wanted.keep is None:
        yield "language.keep: all: languages without data are judged by rules that hold for any"
    if others or wanted.keep is None:
        for name, settings in filters:
            if is_english_alone(settings):
                key = "variant" if "variant" in settings else "edit"
                yield (
                    f"filters.{name}: {key}: {settings[key]} knows English only, and judges "
                    f"{', '.join(others) or 'every language'} by it"
                )
