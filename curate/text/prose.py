r"""What a filter is given of a text: all of it, or its prose, in either case without marks.

Input: a text and its blocks, if they are known. Filters that read all of it get the text without
the marks of Markdown and of tables; those that read prose get what lies in no heading, list, term
list, table, code or formula. Where hardly any prose is left (`MIN_WORDS`) all of it is judged. A
text whose blocks are not known is all prose, but for what stands between Markdown fences.
"""

import re
from collections.abc import Iterator, Sequence

from curate.text.blocks import Block
from curate.text.cuts import gaps

MIN_WORDS = 50  # of prose, or the whole text is judged; Gopher's smallest document
_FENCE = re.compile(r"^( {0,3})(```+|~~~+)[^`\n]*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +|^=+$|^-+$", re.MULTILINE)
_QUOTE = re.compile(r"^(?:> ?)+", re.MULTILINE)
_RULE = re.compile(r"^[ |:-]*-[ |:-]*$\n?", re.MULTILINE)
_CELLS = re.compile(r"^\| *| *\|$|(?<= )\|(?= )", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def known_blocks(text: str, blocks: Sequence[Block] | None) -> Sequence[Block]:
    """Return the blocks, or those of code that Markdown fences show where none are known."""
    return blocks or tuple(_fenced(text))


def prose_spans(text: str, blocks: Sequence[Block] | None) -> list[tuple[int, int]]:
    """Return (start, end) of each run of prose: blocks of that kind, and what lies in no block."""
    found = known_blocks(text, blocks)
    spans = [(start, end) for kind, start, end in found if kind == "prose"]
    spans += ((s, e) for s, e in gaps(len(text), found) if not text[s:e].isspace())
    return sorted(spans)


def prose_of(text: str, blocks: Sequence[Block] | None) -> str:
    r"""Return the prose of a text, or all of it where there are fewer than MIN_WORDS words of it.

    >>> prose_of("It is so.\n\n" + "word " * 50 + "\n\n```\nx = 1\n```", None).endswith("word")
    True
    """
    others = [block for block in known_blocks(text, blocks) if block.kind != "prose"]
    if not others and (blocks is None or "\n> " not in f"\n{text}"):
        return text
    parts = [text[start:end] for start, end in gaps(len(text), others)]
    prose = _QUOTE.sub("", _BLANK.sub("\n\n", "".join(parts))).strip()
    return prose if len(prose.split(None, MIN_WORDS)) >= MIN_WORDS else unmarked(text, blocks)


def unmarked(text: str, blocks: Sequence[Block] | None) -> str:
    r"""Return all of a text without marks of headings, fences, quotes and tables.

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
    """Yield a block of code for each pair of fences; what does not end is no code."""
    if "```" not in text and "~~~" not in text:
        return
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[2].startswith(opened[2]) and fence[0].strip() == fence[2]:
            yield Block("code", opened.start(), fence.end())
            opened = None
