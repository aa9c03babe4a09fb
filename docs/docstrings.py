"""Convert docstrings to Markdown, for the API pages.

Input: a docstring, written to be read in the code. Output: the same with
examples fenced as code, what is indented below a line that ends in a colon as a list, and what
begins with a word like `Source:` as a paragraph of its own.
"""

import re
from collections.abc import Iterator
from typing import Any

from griffe import Extension

LABEL = re.compile(r"^((?:Args|Raises|Returns|Yields|Source|Differs|Cost|Variant)\b[^:]*:)(.*)$")
NAMED = re.compile(r"^([\w*., ]+?)(?: \(([^)]*)\))?: ")


class AsMarkdown(Extension):
    """Rewrite every docstring that griffe has found."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Rewrite one object's docstring; called by griffe."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    """Return a docstring as Markdown; it is cleaned (`inspect.cleandoc`) already."""
    return "\n".join(_lines(docstring.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line, end = lines[at], at + 1
        if line.startswith(">>>"):
            end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
            yield from ("", "```pycon", *lines[at:end], "```", "")
        else:
            label = LABEL.match(line)
            yield from ("", f"**{label[1]}**{label[2]}") if label else (line,)
            while line.endswith(":") and end < len(lines) and lines[end].startswith("    "):
                end += 1
            if end > at + 1:
                yield from ("", *_items(lines[at + 1 : end], bool(label)), "")
        at = end


def _items(lines: list[str], named: bool) -> Iterator[str]:
    """Yield an indented block as a list: an item a line, what is indented further continues it."""
    for line in lines:
        if line[4:5] == " ":
            yield f"  {line[4:].lstrip()}"
        else:
            yield f"- {NAMED.sub(_as_code, line[4:]) if named else line[4:]}"


def _as_code(match: re.Match[str]) -> str:
    names = ", ".join(f"`{name}`" for name in match[1].split(", "))
    return f"{names} ({match[2]}): " if match[2] else f"{names}: "
