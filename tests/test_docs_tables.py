"""What the documentation generates: tables, docstrings; and that its pages request nothing."""

import importlib.util
import re

import pytest
from docs_pages import COMMANDS, PAGES, PROJECT, ROOT

from curate import recipe
from curate.pipeline.specs import STAGES
from curate.recipe.fields import Section


def load(name):
    """Return a module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hooks():
    return load("hooks")


@pytest.mark.parametrize("page", [page for page in PAGES if "{{" in PAGES[page]])
def test_tables_are_made(page, hooks):
    made = hooks.expand(PAGES[page], page)
    assert "{{ " not in made
    assert made.count("\n| --- ") >= PAGES[page].count("{{ settings")


def test_every_setting_is_shown_and_explained(hooks):
    parts = {name: one for name in recipe.__all__ if isinstance(one := getattr(recipe, name), type)
             and issubclass(one, Section)}  # fmt: skip
    assert len(parts) > 15
    for part, model in parts.items():
        assert any(f"{{{{ settings {part} }}}}" in text for text in PAGES.values()), part
        rows = hooks.settings(part).splitlines()[2:]
        assert [one.split("|")[1].strip(" `") for one in rows] == list(model.model_fields)
        unsaid = [one for one in rows if one.endswith("|  |")]
        assert [one for one in unsaid if "," in one.split("|")[2]] == []  # no choice, no meaning


def test_a_setting_as_the_table_has_it(hooks):
    (line,) = [one for one in hooks.settings("Dedup").splitlines() if one.startswith("| `scope`")]
    assert line.startswith("| `scope` | `global`, `source`, `dump` | `global` | Duplicates are")
    (line,) = [one for one in hooks.settings("Mix").splitlines() if "`validation`" in one]
    assert line.startswith("| `validation` | number ≥ 0, < 1 | `0.005` | Share of documents held")


@pytest.mark.parametrize(
    "asked", ["{{ nothing }}", "{{ settings Nothing }}", "{{ reasons nothing }}", "{{ banding x }}"]
)
def test_a_table_that_is_not_there_is_an_error(asked, hooks):
    with pytest.raises(hooks.DocumentsError, match=r"page\.md"):
        hooks.expand(asked, "page.md")


def test_every_command_and_reason_has_a_place(hooks):
    told = hooks.commands()
    assert all(f"## curate {name}\n" in told for name in COMMANDS.commands)
    stages = "extract filter urls lines takedown dedup quality decontaminate"
    for stage in stages.split():
        assert any(f"{{{{ reasons {stage} }}}}" in text for text in PAGES.values())


def test_the_table_of_stages_has_all_of_them_in_order():
    table = PAGES["docs/stages/index.md"].split("\n\n")[2]
    firsts = [line.split("|")[1] for line in table.splitlines()[2:]]
    named = [name for first in firsts for name in re.findall(r"`(\w+)`", first)]
    assert named == [spec.name for spec in STAGES]


AS_MARKDOWN = {
    "an example": ("Return one.\n\n>>> one()\n1", "Return one.\n\n\n```pycon\n>>> one()\n1\n```\n"),
    "a label": ("Do.\nSource: x.", "Do.\n\n**Source:** x."),
    "arguments": (
        "Do.\n\nArgs:\n    a, *b: both.\n        Of them.",
        "Do.\n\n\n**Args:**\n\n- `a`, `*b`: both.\n  Of them.\n",
    ),
    "an indented list": (
        "In this order:\n    a word: cut;\n    more.\nThen.",
        "In this order:\n\n- a word: cut;\n- more.\n\nThen.",
    ),
    "code is left": ("Do:\n\n    a = 1", "Do:\n\n    a = 1"),
}


@pytest.mark.parametrize(("docstring", "markdown"), AS_MARKDOWN.values(), ids=AS_MARKDOWN)
def test_docstrings_as_markdown(docstring, markdown):
    pytest.importorskip("griffe", reason="comes with the extra docs")
    assert load("docstrings").as_markdown(docstring) == markdown


LOADS = {
    "a script": ('<script src="https://x.org/a.js"></script>', "html"),
    "a script without a scheme": ("<script src='//x.org/a.js'></script>", "html"),
    "a style": ('<link href="https://x.org/a.css" rel="stylesheet">', "html"),
    "a font": ('<link rel="preconnect" href="https://fonts.x.org">', "html"),
    "a picture": ('<img alt="" src="http://x.org/a.png">', "html"),
    "an import": ('@import "https://x.org/a.css";', "css"),
    "a background": ("a { background: url(//x.org/a.png) }", "css"),
}
LEAVES = {
    "a link": ('<a href="https://x.org">x</a>', "html"),
    "an own script": ('<script src="assets/a.js"></script>', "html"),
    "an own style": ('<link rel="stylesheet" href="assets/a.css">', "html"),
    "an address in an example": ('url("https://x.org")', "html"),
    "an own picture": ("a { background: url(../a.png) }", "css"),
    "data": ('a { background: url("data:image/svg+xml,http://x.org") }', "css"),
}


@pytest.mark.parametrize(("text", "kind"), LOADS.values(), ids=LOADS)
def test_what_is_loaded_from_elsewhere_is_found(text, kind, hooks):
    assert len(hooks.loaded_from_elsewhere(text, kind)) == 1


@pytest.mark.parametrize(("text", "kind"), LEAVES.values(), ids=LEAVES)
def test_what_is_not_loaded_from_elsewhere_is_left(text, kind, hooks):
    assert hooks.loaded_from_elsewhere(text, kind) == []


def test_what_the_site_is_built_with_is_pinned():
    pins = (ROOT / "constraints.txt").read_text()
    for expected in PROJECT["optional-dependencies"]["docs"]:
        assert re.search(rf"^{re.match('[a-z-]+', expected)[0]}==", pins, re.MULTILINE), expected
