"""Languages that share most of their words, told apart by the words they do not share.

Input: a text and the language a model has named. Output: the language of its group that more of its
words are of. The groups are those whose pages py3langid confuses; the weights of words are
`confusable.json`, written by `benchmarks/languages_fit.py`.
"""

import json
import re
from collections import Counter
from functools import cache
from importlib import resources

GROUPS = (("bs", "hr", "sr"), ("id", "ms"))
_WORD = re.compile(r"[^\W\d_]+")


@cache
def group_of(code: str) -> tuple[str, ...]:
    """Return the languages that one may be confused with, and itself.

    >>> group_of("ms"), group_of("de")
    (('id', 'ms'), ('de',))
    """
    return next((group for group in GROUPS if code in group), (code,))


def told_apart(text: str, code: str) -> str:
    """Return the language of the group of `code` that a text is in; `code` if its words do not say.

    >>> told_apart("Bahwa itu karena uang, kata mereka.", "ms")
    'id'
    """
    group = group_of(code)
    if len(group) == 1:
        return code
    weights = _weights()
    sums = dict.fromkeys(group, 0)
    for word, count in Counter(_WORD.findall(text.lower())).items():
        for language, weight in weights.get(word, {}).items():
            if language in sums:
                sums[language] += weight * count
    best = max(group, key=lambda language: (sums[language], language == code))
    return best if sums[best] > sums[code] else code


@cache
def _weights() -> dict[str, dict[str, int]]:
    """Return word -> language -> weight, in hundredths of a log probability ratio."""
    file = resources.files(__package__).joinpath("confusable.json")
    weights: dict[str, dict[str, int]] = json.loads(file.read_text(encoding="utf-8"))
    return weights
