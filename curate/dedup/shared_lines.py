"""Line deduplication: hashes of lines, and removal of lines that documents share.

Input: texts. Output: 64-bit hashes of their lines; and, once it is known which of these are
shared, the texts without them. A paragraph is a line. Source: CCNet (Wenzek et al. 2020,
arXiv:1911.00359, 3.1), which keeps the first occurrence of each line among 1 to 50 shards.

Differs from CCNet's code: every character that Unicode calls punctuation is left out before
hashing, not a list of those outside ASCII; white space is collapsed, text is in NFC; and which
occurrence is the first is given (`keepers`), not left to the order of reading. The
folding is its own, not that of `curate.text.folding`: accents are kept.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from curate._lazy import listing
from curate.store.keys import hash64, signed

__all__ = ["line_hashes", "remove_shared_lines"]
__dir__ = listing(__name__, __all__)

NO_KEEPER = -1  # of a line that is removed from every document


class _Table(dict[int, str]):
    """What each character is replaced by, looked up once."""

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
    r"""Return for each line (cut at "\n") its int64 hash, None if nothing is left to hash.

    Letter case, digits (each counts as 0), punctuation and white space do not matter.

    >>> a, b, c = line_hashes("Posted on 12 May, 10:15\n***\nposted on 03 may 22:48")
    >>> a == c, b
    (True, None)
    """
    folded = unicodedata.normalize("NFC", text).lower().translate(_TABLE)
    lines = (" ".join(line.split()) for line in folded.split("\n"))
    return [signed(hash64(line)) if line else None for line in lines]


def without_shared_lines(text: str, key: int, keepers: Mapping[int, int]) -> tuple[str, int]:
    """Return a document's text without the lines it does not keep, and how many were removed.

    Args:
        key: the document's.
        keepers: of every shared line, by its hash, the document that keeps its first occurrence,
            or NO_KEEPER. Lines that are not in it stay.

    Where lines were removed, several empty lines become one, and none is left at the ends.
    """
    kept, seen, removed = [], set(), 0
    for line, hash_ in zip(text.split("\n"), line_hashes(text), strict=True):
        if hash_ is not None and hash_ in keepers:
            if keepers[hash_] != key or hash_ in seen:
                removed += 1
                continue
            seen.add(hash_)
        kept.append(line)
    if not removed:
        return text, 0
    before = ["", *kept]
    spaced = [
        line for line, last in zip(kept, before, strict=False) if line.strip() or last.strip()
    ]
    return "\n".join(spaced).rstrip("\n"), removed


def remove_shared_lines(texts: Sequence[str], *, most: int | None = None) -> list[str]:
    r"""Return the texts without shared lines, in memory; "" where nothing is left.

    Args:
        most: remove, everywhere, lines that occur in more documents than this; None: remove the
            second and every later occurrence, texts being sorted best first.

    >>> remove_shared_lines(["Home\nOne story.", "HOME!\nAnother story."])
    ['Home\nOne story.', 'Another story.']
    """
    counts: Counter[int] = Counter()
    first: dict[int, int] = {}
    for key, text in enumerate(texts):
        hashes = [hash_ for hash_ in line_hashes(text) if hash_ is not None]
        counts.update(hashes if most is None else set(hashes))
        for hash_ in hashes:
            first.setdefault(hash_, key)
    if most is None:
        keepers = {hash_: first[hash_] for hash_, count in counts.items() if count > 1}
    else:
        keepers = {hash_: NO_KEEPER for hash_, count in counts.items() if count > most}
    return [without_shared_lines(text, key, keepers)[0] for key, text in enumerate(texts)]
