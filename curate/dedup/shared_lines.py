"""Lines that many documents share: menus, notices, signatures. What a line is, and what goes.

Enters: texts. Leaves: 64-bit hashes of their lines; and, once it is known which of these repeat,
the texts without the repeats. A paragraph is a line. Source: CCNet (Wenzek et al. 2020,
arXiv:1911.00359, 3.1), which keeps the first occurrence of each line among 1 to 50 shards.

Differs from CCNet's code: every character that Unicode calls punctuation is left out before
hashing, not a list of those outside ASCII; white space is collapsed, text is in NFC; and what
comes first is said (`keepers`), not left to the order of reading.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from curate.store.keys import hash64, signed

NOBODY = -1  # keeper of a line that goes wherever it stands


class _Table(dict[int, str]):
    """What each character becomes, looked up once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace():
            character = "\n" if character == "\n" else " "
        elif category == "Nd":
            character = "0"
        elif category[0] in "PC":
            character = ""
        self[code] = character
        return character


_TABLE = _Table()


def line_hashes(text: str) -> list[int | None]:
    r"""Return for each line (cut at "\n") an int64 by which it is known, None if it has nothing.

    Letter case, digits (each is as good as 0), punctuation and white space do not matter.

    >>> a, b, c = line_hashes("Posted on 12 May, 10:15\n***\nposted on 03 may 22:48")
    >>> a == c, b
    (True, None)
    """
    folded = unicodedata.normalize("NFC", text).lower().translate(_TABLE)
    lines = (" ".join(line.split()) for line in folded.split("\n"))
    return [signed(hash64(line)) if line else None for line in lines]


def without_repeats(text: str, key: int, keepers: Mapping[int, int]) -> tuple[str, int]:
    """Return a document's text without the lines that go, and how many went.

    Args:
        key: the document's.
        keepers: of every line that repeats, by its hash, the document that keeps it, once, or
            NOBODY. Lines that are not there stay.

    Where lines went, several empty lines become one, and none is left at the ends.
    """
    kept, once, gone = [], set(), 0
    for line, hash_ in zip(text.split("\n"), line_hashes(text), strict=True):
        if hash_ is not None and hash_ in keepers:
            if keepers[hash_] != key or hash_ in once:
                gone += 1
                continue
            once.add(hash_)
        kept.append(line)
    if not gone:
        return text, 0
    before = ["", *kept]
    spaced = [
        line for line, last in zip(kept, before, strict=False) if line.strip() or last.strip()
    ]
    return "\n".join(spaced).rstrip("\n"), gone


def remove_repeats(texts: Sequence[str], *, most: int | None = None) -> list[str]:
    r"""Return the texts without the lines that repeat, in memory; "" where nothing is left.

    Args:
        most: remove, everywhere, lines that stand in more documents than this; None: remove the
            second and every later occurrence, texts standing in the order of their worth.

    >>> remove_repeats(["Home\nOne story.", "HOME!\nAnother story."])
    ['Home\nOne story.', 'Another story.']
    """
    counts: Counter[int] = Counter()
    first: dict[int, int] = {}
    for key, text in enumerate(texts):
        found = [hash_ for hash_ in line_hashes(text) if hash_ is not None]
        counts.update(found if most is None else set(found))
        for hash_ in found:
            first.setdefault(hash_, key)
    if most is None:
        keepers = {hash_: first[hash_] for hash_, count in counts.items() if count > 1}
    else:
        keepers = {hash_: NOBODY for hash_, count in counts.items() if count > most}
    return [without_repeats(text, key, keepers)[0] for key, text in enumerate(texts)]
