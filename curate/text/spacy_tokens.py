"""spaCy's English tokens and sentences as datatrove counts them, without spaCy.

datatrove 0.10 cuts English with the rule-based tokenizer of spaCy 3.8 (a blank "en" pipeline)
and its `sentencizer`. The filters' variant "datatrove" needs the same cuts to come to the same
verdicts, so the rules are reimplemented on the standard library: white space separates; a
piece loses punctuation, quotes, symbols and units at its ends; contractions are cut in two
("do", "n't"); what is left is cut at ellipses, hyphens and similar marks between letters, unless it
is an address. Abbreviations keep their full stop. How often the cuts agree is printed by
`benchmarks/filters.py`.

Differs from spaCy: fewer emoticons are known; "letter" is any letter of Unicode, where spaCy
lists scripts; an address is recognised by a simpler pattern.
"""

import re
import string
import unicodedata

from curate._lazy import listing
from curate.text.spacy_rules import expand, rules

__all__ = [
    "PUNCTUATION",
    "TERMINALS",
    "count_sentences",
    "tokenize",
]
__dir__ = listing(__name__, __all__)

# Unicode 14's Sentence_Terminal and three Khmer signs (U+17D6, 17D9, 17DA), as first-last in
# hexadecimal: the end of a sentence or line in FineWeb's code (datatrove, utils/text.py).
_TERMINAL_RANGES = """
21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e
1735-1736 17d4-17d6 17d9-17da 1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1b7d-1b7e
1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 2e2e 2e3c 2e53-2e54 3002 a4ff a60e-a60f a6f3 a6f7
a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61
10a56-10a57 10f55-10f59 10f86-10f89 11047-11048 110be-110c1 11141-11143 111c5-111c6 111cd
111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 115c2-115c3 115c9-115d7 11641-11642
1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c 11c41-11c42 11ef7-11ef8 11f43-11f44 16a6e-16a6f
16af5 16b37-16b38 16b44 16e98 1bc9f 1da88
"""
TERMINALS = tuple(expand(_TERMINAL_RANGES))

# datatrove's Gopher filter does not count a token that consists of these as a word.
PUNCTUATION = frozenset(
    {*string.punctuation, *TERMINALS, *expand("0-8 b-1f 7f-9f")}
    | set("«´»–—’“”„…∶━►、〈〉《》「」【】％（），１：；～")
) - {"\x7f"}

_DOTS = re.compile(r"\.+")
_LONGEST_LISTED = 12  # characters; checked in a test
_PLAIN_TAILS = ",.;:!?)"
_ADDRESS = re.compile(
    r"(?:[\w+\-.]{2,}://)?(?:\S+@)?"
    r"(?:(?:[A-Za-z0-9\u00a1-\uffff][\w\-\u00a1-\uffff]{0,63}\.)+[a-z\u00df-\uffff]{2,63}"
    r"|[1-9]\d{0,2}(?:\.\d{1,3}){2}\.[1-9]\d{0,2})"
    r"(?::\d{2,5})?(?:[/?#]\S*)?"
)


def tokenize(text: str) -> list[str]:
    """Return the tokens of an English text, as datatrove sees them.

    >>> tokenize("Don't stop (e.g. here), it's 5km.")
    ['Do', "n't", 'stop', '(', 'e.g.', 'here', ')', ',', 'it', "'s", '5', 'km', '.']
    """
    exceptions = rules().exceptions
    known: dict[str, list[str]] = {}
    tokens: list[str] = []
    for piece in text.split():
        cut = known.get(piece)
        if cut is None:
            cut = exceptions.get(piece)
            if cut is None:
                cut = [piece] if piece.isalpha() else _cut(piece)
            known[piece] = cut
        tokens += cut
    return tokens


def _cut(piece: str) -> list[str]:
    """Return the tokens of a piece without white space that is not listed whole.

    The shortcuts give the same result as the rules for the most frequent pieces: letters only,
    and letters followed by one mark.
    """
    known = rules()
    stem, last = piece[:-1], piece[-1]
    if last in _PLAIN_TAILS and stem.isalpha() and (last != "." or "a" <= stem[-1] <= "z"):
        return [*(known.exceptions.get(stem) or (stem,)), last]
    front: list[str] = []
    back: list[str] = []
    start, end = 0, len(piece)
    while start < end and not _is_listed(piece, start, end):
        head = _head(piece, start, end)
        if head and _is_listed(piece, start + head, end):
            front.append(piece[start : start + head])
            start += head
            break
        tail = _tail(piece, start + head, end) if start + head < end else 0
        if head:
            front.append(piece[start : start + head])
        if tail:
            back.append(piece[end - tail : end])
        if not head and not tail:
            break
        start, end = start + head, end - tail
    if start < end:
        rest = piece[start:end]
        front += known.exceptions.get(rest) or _cut_inside(rest)
    back.reverse()
    return _joined(front + back, known.exceptions)


def _is_listed(piece: str, start: int, end: int) -> bool:
    """Return whether piece[start:end] is listed whole, without slicing long pieces."""
    return start < end <= start + _LONGEST_LISTED and piece[start:end] in rules().exceptions


def _joined(cut: list[str], exceptions: dict[str, list[str]]) -> list[str]:
    """Return the tokens, with neighbours that are listed as one, such as "):", joined."""
    tokens = cut[:1]
    for token in cut[1:]:
        pair = tokens[-1] + token
        if exceptions.get(pair) == [pair]:
            tokens[-1] = pair
        else:
            tokens.append(token)
    return tokens


def _head(piece: str, start: int, end: int) -> int:
    """Return how many characters are cut off the front of piece[start:end]."""
    first = piece[start]
    if first in rules().marks or first in rules().prefixes:
        return 1
    if first == ".":
        dots = _DOTS.match(piece, start, end)
        return len(dots[0]) if dots and len(dots[0]) > 1 else 0
    if first == "+":
        return int(not piece[start + 1 : min(start + 2, end)].isdecimal())
    signs = ("US$", "C$", "A$")
    return next((len(sign) for sign in signs if piece.startswith(sign, start, end)), 0)


def _tail(piece: str, start: int, end: int) -> int:
    """Return how many characters are cut off the end of piece[start:end]."""
    last, before = piece[end - 1], piece[max(start, end - 2) : end - 1]
    if last in rules().marks:
        return 1
    if last == "." == before:
        return len(piece[start:end]) - len(piece[start:end].rstrip("."))
    if last == ".":
        return int(rules().stop.search(piece, max(start, end - 3), end - 1) is not None)
    if last == "+":
        return int(before.isdecimal())
    if last in ("s", "S") and before in ("'", "’"):
        return 2
    # The longest unit has four characters.
    amount = rules().amount.search(piece, max(start, end - 5), end)
    return len(amount[0]) if amount else 0


def _cut_inside(piece: str) -> list[str]:
    """Return a piece without affixes cut at its infixes, whole if it is an address."""
    if piece.isalnum() or ("." in piece and _ADDRESS.fullmatch(piece)):
        return [piece]
    parts, start = [], 0
    for match in rules().infix.finditer(piece):
        if match.start() > 0:
            if match.start() > start:
                parts.append(piece[start : match.start()])
            parts.append(match[0])
            start = match.end()
    if start < len(piece):
        parts.append(piece[start:])
    return parts


def count_sentences(text: str) -> int:
    """Return how many sentences spaCy's sentencizer finds: 0 for a blank text, else 1 or more.

    A sentence ends with a token that is a terminal sign, and with the punctuation after it.

    >>> count_sentences("Mr. Smith left. Why? (Nobody knows.)")
    3
    """
    count, ended = 1, False
    tokens = tokenize(text)
    for token in tokens:
        if token in _ENDINGS:
            ended = True
        elif ended and not all(unicodedata.category(c)[0] == "P" for c in token):
            count += 1
            ended = False
    return count if tokens else 0


# The sentencizer's list: the terminal signs without newer ones.
_ENDINGS = (
    frozenset(TERMINALS)
    - set(expand("61d 61e 837 839 83d 83e 17d4-17d6 17d9 17da 1b7d 1b7e 2e53 2e54 10f55-10f59"))
    - set(expand("10f86-10f89 11944 11946 11ef7 11ef8 11f43 11f44 16e98"))
)
