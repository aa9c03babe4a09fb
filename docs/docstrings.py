"""Our docstrings as Markdown, for the pages made of them.

Enters: a docstring as it stands in the code, written to be read there. Leaves: the same with
examples fenced as code, and with what is indented below a line that ends in a colon as a list.
Sections that griffe knows (`Args:`, `Raises:`) are left to it.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from griffe import Extension

SECTION = re.compile(r"^(?:Args|Raises|Returns|Yields|Attributes|Examples?):$")


class AsMarkdown(Extension):
    """Rewrite every docstring that griffe has found."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Rewrite one object's docstring; called by griffe."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    r"""Return a docstring as Markdown.

    >>> print(as_markdown("Return one.\n\n>>> one()\n1"))
    Return one.
    <BLANKLINE>
    ```pycon
    >>> one()
    1
    ```
    """
    return "\n".join(_lines(inspect.cleandoc(docstring).split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(">>>"):
            end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
            yield from ("", "```pycon", *lines[at:end], "```", "")
            at = end
        elif line.endswith(":") and not SECTION.match(line):
            yield line
            end = at + 1
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            yield from ("", *_items(lines[at + 1 : end]), "") if end > at + 1 else ()
            at = end
        else:
            yield line
            at += 1


def _items(lines: list[str]) -> Iterator[str]:
    """Yield an indented block as a list: an item a line, what is indented further continues it."""
    for line in lines:
        yield f"- {line[4:]}" if line[4:5] != " " else f"  {line[4:].lstrip()}"
