"""Characters without width that say nothing where they stand: marks of direction, joiners, breaks.

Input: a text. Output: the text without those beside Latin letters; in other scripts they matter.
"""

import re

# A zero-width space ends a word in scripts that write none; elsewhere it is a place to break.
_ZERO_WIDTH = re.compile("(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b")
# Joiners, non-joiners and marks of direction between Latin letters say nothing.
_JOINERS = re.compile("(?<![^\x00-\u024f])[\u200c-\u200f]+(?![^\x00-\u024f])")


def without_joiners(text: str) -> str:
    r"""Return a text without characters of no width that have no use there.

    >>> without_joiners("wa\u200bter\u200e mill")
    'water mill'
    >>> without_joiners("\u0645\u06cc\u200c\u062e") == "\u0645\u06cc\u200c\u062e"
    True
    """
    if "\u200b" in text:
        text = _ZERO_WIDTH.sub("", text)
    if any(map(text.__contains__, "\u200c\u200d\u200e\u200f")):
        text = _JOINERS.sub("", text)
    return text
