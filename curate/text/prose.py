r"""The text that a filter judges: all of a document or its prose, without markup.

Input: a text and its blocks, if they are known. Filters that read all of it get the text without
Markdown and table markup; those that read prose get the text outside headings, lists, term lists,
tables, code and formulas. With fewer than `MIN_WORDS` words of prose, or where prose only frames
headings and lists, these are included; if that is still too short, all of the text. A text whose
blocks are not known is all prose, except between Markdown fences.
"""

import re
from collections.abc import Container, Iterator, Sequence

from curate._lazy import listing
from curate.text.blocks import KINDS, Block, Kind
from curate.text.cuts import gaps
from curate.text.views import has_words

__all__ = ["prose_of", "unmarked"]
__dir__ = listing(__name__, __all__)

MIN_WORDS = 50  # of Gopher's smallest document: fewer are too little to judge
_NO_PROSE: frozenset[Kind] = frozenset(KINDS) - {"prose"}
_LISTED: frozenset[Kind] = frozenset({"heading", "list"})
_NO_LISTS = _NO_PROSE - _LISTED
_NO_LANGUAGE: frozenset[Kind] = frozenset({"code", "table", "formula"})
MOST_LISTED = 3  # characters of headings and lists for each of prose
LEAST_OF_MAIL = 20  # words of preformatted text that may be prose,
LEAST_OF_PARAGRAPH = 8  # and of a paragraph of it
PLAIN_WORDS = 0.75  # share of its words in a mail; in code about half
CODE_SIGNS = 0.01  # share of its characters
_OF_CODE = "{}=;_$\\"
_AROUND = ".,;:!?\"'()>*-"
_FENCE = re.compile(r"^( {0,3})(```+|~~~+)[^`\n]*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +|^=+$|^-+$", re.MULTILINE)
_QUOTE = re.compile(r"^(?:> ?)+", re.MULTILINE)
_RULE = re.compile(r"^[ |:-]*-[ |:-]*$\n?", re.MULTILINE)
_CELLS = re.compile(r"^\| *| *\|$|(?<= )\|(?= )", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*(?:[>|][ \t]?)+", re.MULTILINE)
_BREAK = re.compile(r"\n(?:[ \t>|]*\n)+")  # between paragraphs, quoted or not
_PARTED = re.compile(r"\n[ \t]*\n")
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def known_blocks(text: str, blocks: Sequence[Block] | None) -> Sequence[Block]:
    """Return the blocks; if they are not known, the code blocks between Markdown fences."""
    return blocks or tuple(_fenced(text))


def prose_spans(text: str, blocks: Sequence[Block] | None) -> list[tuple[int, int]]:
    """Return (start, end) of each run of prose: prose blocks, and text outside blocks."""
    all_blocks = known_blocks(text, blocks)
    spans = [(start, end) for kind, start, end in all_blocks if kind == "prose"]
    spans += ((s, e) for s, e in gaps(len(text), all_blocks) if not text[s:e].isspace())
    return sorted(spans)


def prose_of(text: str, blocks: Sequence[Block] | None) -> str:
    r"""Return the prose of a text, if that has MIN_WORDS words.

    Otherwise the text without code, tables and formulas, if that has MIN_WORDS words, else all of
    it. Preformatted text that reads as prose, such as a mail, counts as prose, its lines joined.

    >>> prose_of("It is so.\n\n" + "word " * 50 + "\n\n```\nx = 1\n```", None).endswith("word")
    True
    """
    all_blocks = known_blocks(text, blocks)
    if all(block.kind == "prose" for block in all_blocks) and "\n> " not in f"\n{text}":
        return text
    view = _judged(text, all_blocks)
    return unmarked(text, blocks) if view is None else view[1]


def _judged(text: str, blocks: Sequence[Block]) -> tuple[frozenset[Kind], str] | None:
    """Return the kinds of blocks that are left out, and the text without them; None for neither.

    Prose that is little beside headings and lists only frames them: they are judged together.
    """
    prose = _without(text, blocks, _NO_PROSE)
    if has_words(prose, MIN_WORDS):
        listed = sum(block.end - block.start for block in blocks if block.kind in _LISTED)
        if listed <= MOST_LISTED * len(prose):
            return _NO_PROSE, prose
        return _NO_LISTS, _without(text, blocks, _NO_LISTS)
    plain = _without(text, blocks, _NO_LANGUAGE)
    return (_NO_LANGUAGE, plain) if has_words(plain, MIN_WORDS) else None


def judged_spans(text: str, blocks: Sequence[Block] | None) -> list[tuple[int, int]]:
    """Return (start, end) of the runs of a text that `prose_of` takes."""
    all_blocks = known_blocks(text, blocks)
    view = _judged(text, all_blocks)
    kinds = frozenset() if view is None else view[0]
    left_out = [
        Block(block.kind, start, end)
        for block in all_blocks
        if block.kind in kinds
        for start, end in _not_prose(text, block)
    ]
    return list(gaps(len(text), left_out))


def _not_prose(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the spans of a block that are no prose: all of it, unless it is preformatted."""
    last = block.start
    for start, end in _paragraphs(text[block.start : block.end]) if block.kind == "code" else ():
        if block.start + start > last:
            yield last, block.start + start
        last = block.start + end
    if last < block.end:
        yield last, block.end


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the spans of preformatted text that read as prose: all of it, or paragraphs.

    Paragraphs of a mail that has code, too, are prose, if they have `LEAST_OF_MAIL` words together.
    """
    if reads_as_prose(text):
        return [(0, len(text))]
    found, words, last = [], 0, 0
    for start, end in (*(match.span() for match in _BREAK.finditer(text)), (len(text),) * 2):
        size = _prose_words(text[last:start])
        if size >= LEAST_OF_PARAGRAPH:
            found.append((last, start))
            words += size
        last = end
    return found if words >= LEAST_OF_MAIL else []


def _without(text: str, blocks: Sequence[Block], kinds: Container[Kind]) -> str:
    parts, last = [], 0
    for block in blocks:
        parts.append(text[last : block.start])
        inside = text[block.start : block.end]
        if block.kind not in kinds:
            parts.append(_plain(block, inside))
        elif block.kind == "code":
            some = [unwrapped(inside[start:end]) for start, end in _paragraphs(inside)]
            parts.append("\n\n".join(some))
        last = block.end
    parts.append(text[last:])
    return _BLANK.sub("\n\n", "".join(parts)).strip()


def reads_as_prose(text: str) -> bool:
    r"""Return whether preformatted text is prose and not code: most words consist of letters.

    >>> reads_as_prose("On Friday he wrote:\n> " + "It is as we said before, is it not?\n> " * 4)
    True
    >>> reads_as_prose("for (i = 0; i < n; i++) {\n  sum += values[i];\n}\n" * 5)
    False
    """
    return _prose_words(text) >= LEAST_OF_MAIL


def _prose_words(text: str) -> int:
    """Return the number of a text's words; 0 if too few of them consist of letters for prose."""
    words = [word.strip(_AROUND) for word in text.split()]
    words = [word for word in words if word]
    plain = sum(map(str.isalpha, words))
    if plain < PLAIN_WORDS * len(words) or sum(map(text.count, _OF_CODE)) > CODE_SIGNS * len(text):
        return 0
    return len(words)


def unwrapped(text: str) -> str:
    r"""Unwrap hard-wrapped text: one line for each paragraph, without fences and quote marks.

    >>> unwrapped("> One\n> line.\n\nAnother\n  one.")
    'One line.\n\nAnother one.'
    """
    plain = _QUOTED.sub("", _FENCE.sub("", text))
    return "\n\n".join(" ".join(part.split()) for part in _PARTED.split(plain) if part.strip())


def unmarked(text: str, blocks: Sequence[Block] | None) -> str:
    r"""Return all of a text without the markup of headings, fences, quotes and tables.

    >>> unmarked("# A\n\n| b | c |\n| - | - |", [Block("heading", 0, 3), Block("table", 5, 24)])
    'A\n\nb c'
    """
    parts, last = [], 0
    for block in known_blocks(text, blocks):
        parts += [text[last : block.start], _plain(block, text[block.start : block.end])]
        last = block.end
    return "".join([*parts, text[last:]])


def _plain(block: Block, text: str) -> str:
    if block.kind == "heading":
        return _HEADING.sub("", text)
    if block.kind == "code":
        return _FENCE.sub("", text).strip("\n")
    if block.kind == "prose":
        return _QUOTE.sub("", text)
    if block.kind == "table":
        rows = (" ".join(_CELLS.sub("", row).split()) for row in _RULE.sub("", text).split("\n"))
        return "\n".join(rows).strip()
    return text


def _fenced(text: str) -> Iterator[Block]:
    """Yield a code block for each pair of fences; an unclosed fence opens none."""
    if "```" not in text and "~~~" not in text:
        return
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[2].startswith(opened[2]) and fence[0].strip() == fence[2]:
            yield Block("code", opened.start(), fence.end())
            opened = None
