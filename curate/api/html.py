"""Tables for notebooks: HTML of a few rows, with all text escaped."""

from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 60


def table(title: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are right-aligned, None is empty. Long tables are shortened."""
    all_rows = list(rows)
    lines = ["".join(_cell(value) for value in row) for row in all_rows[:MOST_ROWS]]
    if len(all_rows) > MOST_ROWS:
        left = f"{len(all_rows) - MOST_ROWS:,} more rows"
        lines.append(f'<td colspan="{len(names)}">{left}</td>')
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<table><caption style="text-align:left">{escape(title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
        return f'<td style="text-align:right">{number}</td>'
    return f'<td style="text-align:left">{escape("" if value is None else str(value))}</td>'


def link(url: str, text: str) -> str:
    """Return a link."""
    return f'<a href="{escape(url, quote=True)}">{escape(text)}</a>'
