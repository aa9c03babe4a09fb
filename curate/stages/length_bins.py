"""Bins of documents by the length of their texts, for reports."""

import bisect

# In characters, four bins to a factor of ten: bin n holds EDGES[n] and more, and less than
# EDGES[n + 1].
EDGES = (0, *(round(10 ** (n / 4)) for n in range(0, 33)))


def length_bin(characters: int) -> int:
    """Return the bin of a text of so many characters.

    >>> length_bin(0), length_bin(1_000), EDGES[length_bin(1_000)]
    (0, 13, 1000)
    """
    return bisect.bisect_right(EDGES, characters) - 1
