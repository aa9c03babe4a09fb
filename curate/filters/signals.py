"""Every number the Gopher, C4 and FineWeb rules judge by, for one text, without judging it."""

from curate.filters.c4 import C4
from curate.filters.fineweb import (
    punctuated_share,
    repeated_share,
    short_share,
    split_at_newlines,
)
from curate.filters.gopher import (
    BULLETS,
    STOP_WORDS,
    GopherRepetition,
    alphabetic_share,
    count_ellipses,
    ending_share,
    mean_length,
    starting_share,
    stop_words_in,
)
from curate.text.sentences import count_sentences
from curate.text.views import Text

_REPETITION = GopherRepetition()
_C4 = C4()


def measure(text: str) -> dict[str, float]:
    """Return every signal of the four families by name: counts, shares in [0, 1], ratios.

    As the papers define them, that is with the filters' default settings; of a text without
    words or lines all are 0.0. `top_*` and `duplicate_*` are what `GopherRepetition` judges
    by, under the names of its reasons; `c4_*` tells what `C4().clean` keeps.

    >>> signals = measure("The cat sat. The cat slept.")
    >>> signals["words"], signals["top_2_gram"]
    (6.0, 0.5454545454545454)
    """
    text = Text.of(text)
    words, lines = text.words, text.lines
    newline_lines = text.view(split_at_newlines)
    kept = _C4.clean(text)
    signals: dict[str, float] = {
        "characters": len(text),
        "words": len(words),
        "lines": len(lines),
        "paragraphs": len(text.paragraphs),
        "mean_word_length": mean_length(words),
        "hash_ratio": text.count("#") / (len(words) or 1),
        "ellipsis_ratio": count_ellipses(text) / (len(words) or 1),
        "bullet_lines": starting_share(lines, BULLETS),
        "ellipsis_lines": ending_share(lines, ("...", "…")),
        "alphabetic_words": alphabetic_share(words),
        "stop_words": len(stop_words_in(words, STOP_WORDS)),
        "sentences": sum(map(count_sentences, lines)),
        "curly_brackets": text.count("{"),
        "lorem_ipsum": text.lowered.count("lorem ipsum"),
        "javascript": text.lowered.count("javascript"),
        "c4_kept_characters": len(kept) / (len(text) or 1),
        "c4_sentences": sum(map(count_sentences, kept.split("\n"))),
        "punctuated_lines": punctuated_share(newline_lines),
        "short_lines": short_share(newline_lines, 30),
        "repeated_line_characters": repeated_share(text, newline_lines),
        "newline_ratio": text.count("\n") / (len(words) or 1),
    }
    signals.update((name, value) for name, value, _, _ in _REPETITION.measures(text))
    return {name: float(value) for name, value in signals.items()}
