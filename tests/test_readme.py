"""What the README shows is true: its snippets run, its recipe is valid, its commands exist."""

import doctest
import re
from pathlib import Path

import yaml

from curate import recipe
from curate.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [content for name, content in fenced if name == language]


def test_snippets_run():
    shown = [block for block in blocks("python") if ">>>" in block]
    assert shown
    for block in shown:
        test = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
        assert doctest.DocTestRunner().run(test).failed == 0


def test_the_recipe_is_valid():
    (shown,) = blocks("yaml")
    parsed = recipe.parse(yaml.safe_load(shown), ROOT)
    assert list(parsed.sources) == ["crawl", "webtext", "books", "wikipedia"]


def test_commands_and_jobs_exist():
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    shown = set(re.findall(r"curate ([a-z-]+)", "\n".join(blocks("")))) - {"work"}
    assert shown
    assert shown <= known
    for job in re.findall(r"jobs/(\w+)\.py", README):
        assert (ROOT / "jobs" / f"{job}.py").exists()


def test_make_targets_exist():
    targets = re.findall(r"[`$] ?make (\w+)", README)
    assert set(targets) == {"demo", "test"}
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
