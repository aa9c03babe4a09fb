"""The papers' numbers: what the defaults are, and on which side of a bound a text is kept.

A number that is changed here is another recipe than the one its paper describes.
"""

from dataclasses import replace
from fractions import Fraction

import pytest

from curate import recipe
from curate.decontaminate import Cutting
from curate.decontaminate.find import MAX_DOCUMENTS
from curate.decontaminate.index import NGRAM, SHORTEST
from curate.dedup import Banding
from curate.filters.c4 import C4, POLICIES
from curate.filters.fineweb import FineWebQuality
from curate.filters.gopher import STOP_WORDS, GopherQuality, GopherRepetition
from curate.filters.refinedweb import RefinedWeb
from curate.filters.settings import bounds
from curate.links import Rules
from curate.mix.weights import Totals, plan
from curate.pack.files import LENGTH
from curate.quality.features import BITS
from curate.quality.pareto import ALPHA, keep_chance

DEFAULTS = {
    "Gopher (arXiv:2112.11446), appendix A.1.1": (
        GopherQuality(variant="paper"),
        {
            "too_few_words": 50, "too_many_words": 100_000,
            "word_length_too_short": 3, "word_length_too_long": 10,
            "too_many_hashes": 0.1, "too_many_ellipses": 0.1,
            "too_many_bullets": 0.9, "too_many_ellipsis_lines": 0.3,
            "too_few_alphabetic_words": 0.8, "too_few_stop_words": 2,
        },
    ),
    "Gopher, table A1": (
        GopherRepetition(variant="paper"),
        {
            "duplicate_lines": 0.30, "duplicate_paragraphs": 0.30,
            "duplicate_line_characters": 0.20, "duplicate_paragraph_characters": 0.20,
            "top_2_gram": 0.20, "top_3_gram": 0.18, "top_4_gram": 0.16,
            "duplicate_5_grams": 0.15, "duplicate_6_grams": 0.14, "duplicate_7_grams": 0.13,
            "duplicate_8_grams": 0.12, "duplicate_9_grams": 0.11, "duplicate_10_grams": 0.10,
            "first_copy": True, "reads": "text",
        },
    ),
    "C4 (T5), section 2.2 and c4_utils.py": (
        C4(edit=True),
        {
            "few_words": 5, "too_few_sentences": 3, "long_word": 1000,
            "too_many_characters": 190_000, "curly_bracket": 0, "reads": "text",
        },
    ),
    "C4 as datatrove has it: the pair is swapped": (
        C4(variant="datatrove"),
        {"few_words": 3, "too_few_sentences": 5, "too_many_characters": None, "edit": True},
    ),
    "FineWeb (arXiv:2406.17557), section 3.6 and appendix E.4": (
        FineWebQuality(variant="paper"),
        {
            "too_few_punctuated_lines": 0.12, "too_many_short_lines": 0.67, "short_line": 30,
            "repeated_lines": 0.01, "too_many_newlines": 0.3, "reads": "text", "few_words": 0,
            "free_repeats": 0, "loose_ends": False,
        },
    ),
    "RefinedWeb (arXiv:2306.01116), appendix G.2": (
        RefinedWeb(),
        {"uppercase": 0.5, "too_many_cut_words": 0.05, "fragments": 10, "newlines": 2},
    ),
    "GPT-3 (arXiv:2005.14165), appendix C": (
        Cutting(), {"window": 200, "min_characters": 200, "max_pieces": 10, "count": "after"},
    ),
    "GPT-3, appendix C, in a recipe": (
        recipe.Decontaminate(benchmarks=["x"]),
        {
            "ngram": 13, "window": 200, "min_characters": 200, "max_pieces": 10,
            "max_documents": 10, "count": "after",
        },
    ),
    "GPT-3, appendix A": (recipe.Quality(), {"alpha": 9}),
    "word 5-grams, at 0.8 of which .9 % are missed": (
        Banding(), {"bands": 20, "rows": 7, "ngram": 5, "unit": "word", "threshold": 0.8},
    ),
    "GPT-2, section 2.1": (Rules(), {"karma": 3, "karma_of": "submission", "wikipedia": False}),
    "four epochs (Muennighoff et al. 2023, section 6)": (recipe.Mix(), {"max_epochs": 4}),
}  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_defaults_are_the_papers_numbers(made, expected):
    assert {name: getattr(made, name) for name in expected} == expected


def test_numbers_that_are_no_settings():
    assert (ALPHA, MAX_DOCUMENTS, NGRAM, SHORTEST) == (9, 10, 13, 8)
    assert 1 << BITS == 262_144  # of Spark's HashingTF, which GPT-3's authors used
    assert LENGTH == 2_048
    assert set(STOP_WORDS) == {"the", "be", "to", "of", "and", "that", "have", "with"}
    assert len(POLICIES) == 6


def test_the_keep_rule_is_lomax_and_no_classical_pareto():
    """A classical Pareto, from 1 on, would keep everything."""
    chances = [keep_chance(score) for score in (0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)]
    table = [0.00195, 0.0065, 0.026, 0.134, 0.424, 0.64, 0.91, 1]
    assert chances == pytest.approx(table, rel=0.02)
    piles = [keep_chance(score, 3) for score in (0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)]
    assert piles == pytest.approx([0.125, 0.187, 0.296, 0.51, 0.75, 0.86, 0.97, 1], rel=0.02)


def test_gpt3s_weights_are_normalised_and_its_epochs_computed():
    """They sum to 101 %, and two epochs that the paper prints (2.9, 3.4) do not follow."""
    billions = {"crawl": 410, "webtext": 19, "books1": 12, "books2": 55, "wikipedia": 3}
    weights = {"crawl": 0.6, "webtext": 0.22, "books1": 0.08, "books2": 0.08, "wikipedia": 0.03}
    totals = {name: Totals(1, tokens * 10**9) for name, tokens in billions.items()}
    made = plan(totals, weights, tokens=300 * 10**9)
    assert made.shares["crawl"].weight == Fraction(60, 101)
    epochs = {name: round(share.epochs, 2) for name, share in made.shares.items()}
    assert epochs == {
        "crawl": 0.43, "webtext": 3.44, "books1": 1.98, "books2": 0.43, "wikipedia": 2.97,
    }  # fmt: skip


def tagged(count):
    """Return lines of 40 characters, none twice, that end no sentence."""
    return [f"{n:04d}".translate(str.maketrans("0123456789", "abcdefghij")) + " and so it goes on "
            "for a while" + "x" * 6 for n in range(count)]  # fmt: skip


# Rule -> the text that is just kept, the one that just is not, its reason.
GOPHER = {
    "too_few_words": ("word " * 50, "word " * 49, "too_few_words"),
    "too_many_words": ("word " * 100_000, "word " * 100_001, "too_many_words"),
    "word_length_too_short": ("abc " * 10, "abc " * 9 + "ab", "word_length_too_short"),
    "word_length_too_long": (
        "tenletters " * 9, "tenletters " * 8 + "elevenwords", "word_length_too_long",
    ),
    "too_many_hashes": ("a# " * 10 + "a " * 90, "a# " * 11 + "a " * 89, "too_many_hashes"),
    "too_many_ellipses": ("a… " * 10 + "a " * 90, "a... " * 11 + "a " * 89, "too_many_ellipses"),
    "too_many_bullets": ("- a\n" * 9 + "a", "- a\n" * 10 + "a", "too_many_bullets"),
    "too_many_ellipsis_lines": (
        "a...\n" * 3 + "a\n" * 7, "a…\n" * 4 + "a\n" * 6, "too_many_ellipsis_lines",
    ),
    "too_few_alphabetic_words": (
        "a1 " * 80 + "1 " * 20, "a1 " * 79 + "1 " * 21, "too_few_alphabetic_words",
    ),
    "too_few_stop_words": ("the of", "the the", "too_few_stop_words"),
}  # fmt: skip
FINEWEB = {
    "too_few_punctuated_lines": (
        "\n".join([*tagged(22), "It is.", "Is it?", "It was!"]),
        "\n".join([*tagged(23), "It is.", "Is it?"]),
        "too_few_punctuated_lines",
    ),
    "too_many_short_lines": (
        "\n".join([*tagged(33), *(f"{n:030d}" for n in range(67))]),
        "\n".join([*tagged(32), *(f"{n:030d}" for n in range(68))]),
        "too_many_short_lines",
    ),
    "repeated_lines": (
        "\n".join([*tagged(99), tagged(1)[0]]),
        "\n".join([*tagged(98), tagged(1)[0]]),
        "repeated_lines",
    ),
    "too_many_newlines": ("a a a\na a a\na a a\na", "a a a\na a a\na a\na", "too_many_newlines"),
}
BOUNDS = {
    **{
        f"Gopher: {rule}": (GopherQuality(variant="paper"), rule, *case)
        for rule, case in GOPHER.items()
    },
    **{
        f"FineWeb: {rule}": (FineWebQuality(variant="paper"), rule, *case)
        for rule, case in FINEWEB.items()
    },
}


@pytest.mark.parametrize(
    ("whole", "rule", "kept", "dropped", "reason"), BOUNDS.values(), ids=BOUNDS
)
def test_what_is_on_a_bound_is_kept_and_what_is_beyond_is_not(whole, rule, kept, dropped, reason):
    alone = replace(whole, **dict.fromkeys(bounds(type(whole)).keys() - {rule}))
    assert alone(kept) is None
    assert alone(dropped) == reason
