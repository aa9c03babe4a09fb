"""Tables of wikitext to text: one line per row, cells separated by `|`.

Input: the content between `{|` and `|}`, links and templates replaced. Output: lines; empty cells
are kept. Attributes of tables, rows and cells are removed.
"""

import re

ROW = "\x07"  # before each row, so that it stays a line of its own
_SPACES = re.compile(r"\s+")
_ATTRIBUTES = re.compile(r"[^|\[{]*=[^|\[{]*")


def rows_of(inside: str) -> str:
    r"""Return the rows of a table, each after `ROW`.

    >>> rows_of(' class="x"\n! A !! B\n|-\n| 1\n| style="y" | 2\n|-\n| || 3').replace(ROW, "")
    'A | B\n1 | 2\n | 3'
    """
    rows: list[list[str]] = [[]]
    lines = inside.split("\n")[1:]
    for line in lines:
        text = line.strip()  # a row of a nested table begins with its mark
        if text.startswith("|-"):
            rows.append([])
        elif text.startswith("|+"):
            rows += [[_cell(text[2:])], []]
        elif text.startswith("!"):
            rows[-1] += [_cell(cell) for cell in re.split(r"!!|\|\|", text[1:])]
        elif text.startswith("|"):
            rows[-1] += [_cell(cell) for cell in text[1:].split("||")]
        elif text and rows[-1]:
            rows[-1][-1] = f"{rows[-1][-1]} {text.replace(ROW, '')}".strip()
    kept = [" | ".join(row) for row in rows if any(row)]
    return "\n".join(ROW + _SPACES.sub(" ", row) if row.strip() else row for row in kept)


def _cell(text: str) -> str:
    text = text.replace(ROW, "")
    before, bar, after = text.partition("|")
    return (after if bar and _ATTRIBUTES.fullmatch(before) else text).strip(" \t*#:;")
