"""Output streams of the command, and escaping of untrusted text for terminals."""

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from curate.store.urls import hide_secrets

out_, err = Console(highlight=False), Console(stderr=True, highlight=False)

# What a terminal obeys instead of showing: C0 without the line break, DEL, C1.
_CONTROLS: dict[int, str | None] = {
    code: None for code in (*range(32), *range(127, 160)) if chr(code) != "\n"
}
# What changes the direction in which text is shown, so that a name reads as another: spelled out.
_BIDI: dict[int, str | None] = {
    code: f"<U+{code:04X}>"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def shown(text: str) -> str:
    """Return text of any origin as a terminal may have it: no controls, no markup of ours."""
    return escape(text.translate(_CONTROLS | _BIDI))


def echo(line: str, console: Console = out_) -> None:
    """Print a line of progress, unbroken so that it can be searched."""
    console.print(shown(line).replace("\n", " "), emoji=False, soft_wrap=True)


def echo_json(result: object) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False))


def own_command(program: str) -> list[str]:
    """Return the words that start this command again, given `sys.argv[0]`.

    >>> own_command(".venv/bin/curate"), own_command("/env/curate/__main__.py")
    (['.venv/bin/curate'], ['python', '-m', 'curate'])
    """
    is_module = Path(program).name == "__main__.py"
    return ["python", "-m", "curate"] if is_module else [program]


def echo_error(text: str) -> None:
    """Print what is wrong."""
    err.print(shown(hide_secrets(text)), style="red", emoji=False, soft_wrap=True)
