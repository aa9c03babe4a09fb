"""README and docs/ as data for their tests: pages, code blocks, the project, the commands."""

import re
import tomllib
from pathlib import Path

import typer

from curate.cli import app

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(
        [
            *ROOT.glob("docs/**/*.md"),
            *(
                ROOT / name
                for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
            ),
        ]
    )
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COMMANDS = typer.main.get_command(app)


def blocks(page, *languages):
    result = BLOCK.findall(PAGES[page])
    return [(title, content) for name, title, content in result if name in languages]


def with_blocks(*languages):
    return [page for page in PAGES if blocks(page, *languages)]


def words(page):
    """Return what stands in `code` in a page's running text."""
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", PAGES[page]))
