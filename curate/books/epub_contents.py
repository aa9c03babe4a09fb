r"""Tables of contents within the text of an e-book.

Input: blocks of lines in which links into the book are enclosed in \x0e and \x0f. Output: the lines
without these marks and without runs of lines that are such links.
"""

import re

CONTENTS = 4  # consecutive lines that are links: a table of contents
_AFTER = 80  # characters outside the link of such a line: a title, a page
_CONTENTS = frozenset((
    "contents", "table of contents", "chapters", "illustrations", "list of illustrations",
    "list of figures", "list of tables", "inhalt", "inhaltsverzeichnis", "table des matières",
    "sommaire", "índice", "indice", "sommario", "inhoud", "inhoudsopgave", "spis treści",
    "содержание", "оглавление", "目次", "目录", "目錄", "차례", "المحتويات",
))  # fmt: skip
_LINK = re.compile("\x0e([^\x0e\x0f]*)\x0f")


def without_contents(blocks: list[list[str]]) -> list[list[str]]:
    """Return the lines of blocks without link marks and without tables of contents.

    These are runs of lines that each are a link into the book, of words and not only of a note's
    number. Below a line "Contents", which is removed too, titles may follow the links.
    """
    positions = [
        (block, line) for block, lines in enumerate(blocks) for line, words in enumerate(lines)
        if words.strip("\x0e\x0f ")
    ]  # fmt: skip
    removed: set[tuple[int, int]] = set()
    run: list[tuple[int, int]] = []
    for at, position in enumerate([*positions, (-1, -1)]):
        if position[0] >= 0 and _is_internal_link(blocks[position[0]][position[1]]):
            run.append(position)
            continue
        if len(run) >= CONTENTS:
            above = positions[at - len(run) - 1] if at > len(run) else None
            if above is not None and _is_contents_heading(blocks[above[0]][above[1]]):
                removed.update((above, *run))
            elif not any(map(str.isalpha, "".join(_LINK.sub("", blocks[b][n]) for b, n in run))):
                removed.update(run)
        run = []
    return [
        [re.sub("[\x0e\x0f]", "", words) for line, words in enumerate(lines)
         if (block, line) not in removed]
        for block, lines in enumerate(blocks)
    ]  # fmt: skip


def _is_internal_link(line: str) -> bool:
    link = _LINK.search(line)
    if link is None or sum(map(str.isalpha, line[: link.start()])) > 1:
        return False
    beside = len(_LINK.sub("", line).strip())
    return beside <= _AFTER and sum(map(str.isalpha, link[1])) > 1


def _is_contents_heading(line: str) -> bool:
    return re.sub("[\x0e\x0f]", "", line).strip(" .:*").lower() in _CONTENTS
