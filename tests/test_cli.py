"""The command: exit codes, one line a mistake, and nothing on the terminal but what is shown."""

import json
import os
import re
import subprocess
import sys

import pytest
import typer.main

from curate import __version__, cli
from curate.cli.options import Options
from curate.engine.verbs import TaskFailedError
from curate.mix.weights import NoTokensError
from curate.recipe import RecipeError
from curate.steps import FilterError

GROUP = typer.main.get_command(cli.app)
COMMANDS = sorted(GROUP.commands)


@pytest.fixture
def command(capsys, monkeypatch):
    """Run the command in this process; return (exit code, standard output, standard error)."""
    monkeypatch.setattr(cli.out_, "width", 100)

    def run(*arguments):
        try:
            cli.main(arguments)
            code = 0
        except SystemExit as left:
            code = left.code
        return code, *capsys.readouterr()

    return run


def plain(text):
    """Return what a terminal shows, without boxes and line breaks."""
    return re.sub(r"[\s│╭╮╰╯─]+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text))


# --- help --------------------------------------------------------------------------------------


def test_the_version(command):
    assert command("--version") == (0, f"curate {__version__}\n", "")


def test_without_arguments_it_says_what_there_is(command):
    code, out, err = command()
    assert code in (0, 2)  # by click's version
    assert all(name in out + err for name in COMMANDS)


def test_the_commands_there_are():
    assert {
        "run",
        "extract",
        "filter",
        "dedup",
        "decontaminate",
        "mix",
        "plan",
        "explain",
        "verify",
        "pack",
        "reasons",
        "report",
    } <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(command, name):
    code, out, err = command(name, "--help")
    assert (code, err) == (0, "")
    assert re.search(r"Example: .*curate " + name, plain(out))
    assert GROUP.commands[name].help.endswith("."), "a sentence"
    for option in GROUP.commands[name].params:
        assert getattr(option, "help", None), f"{name} {option.name}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such"], "No such command 'no-such'"),
        (["run"], "Missing argument 'RECIPE'"),
        (["run", "x.yaml", "--no-such"], "No such option: --no-such"),
        (["explain", "out"], "Missing argument 'KEY'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options(command, arguments, told):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert told in plain(err)


@pytest.mark.parametrize("name", ["train-quality", "quality"])
def test_a_classifier_must_be_asked_for(command, tmp_path, name):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("sources: {crawl: {kind: text, path: x.txt}}\n")
    code, out, err = command(name, str(recipe), "--out", str(tmp_path / "out"))
    assert (code, out) == (2, "")
    assert plain(err).strip() == "quality: expected settings, such as {model: masked}, got none"
    given = f"quality: {{model: my.model, sha256: {'a' * 64}}}\n"
    recipe.write_text(recipe.read_text() + given)
    if name == "train-quality":
        _, _, err = command(name, str(recipe), "--out", str(tmp_path / "out"))
        assert plain(err).startswith(
            "quality.model: expected masked, logistic, fasttext, perplexity or labels to train, "
            "got "
        )


# --- mistakes of a recipe ----------------------------------------------------------------------

GOOD = "sources: {crawl: {kind: text, path: x.txt}}\n"
MISTAKES = {
    "no file of it": (None, ["{0}: cannot be read: No such file or directory"]),
    "unknown keys": (
        "sources: {a: {kind: text, path: x, wieght: 1}}\nseeds: 3\n",
        [
            "{0}: sources.a.wieght: unknown key; weight is one",
            "{0}: seeds: unknown key; seed is one",
        ],
    ),
    "no inputs": (
        "sources: {a: {kind: text, path: [none.txt, no*]}}\n",
        [
            "sources.a.path: no file matches {1}/none.txt",
            "sources.a.path: no file matches {1}/no*",
        ],
    ),
    "a folder": (
        "sources: {a: {kind: text, path: .}}\n",
        ["sources.a.path: no file matches {1}, which is a folder: name its files, such as {1}/*"],
    ),
    "a variable in braces": (
        "sources: {a: {kind: text, path: ${ROOT}/*.txt}}\n",
        [
            "{0}: not YAML: line 1, column 34: expected ',' or '}}', but got '{{'; within braces a "
            'path with ${{NAME}} needs quotes: "${{NAME}}/x"'
        ],
    ),
    "markup and controls": (
        '"k[bold]\\e[31m\\x07 :smile:": 1\n' + GOOD,
        ["{0}: k[bold][31m :smile:: unknown key"],
    ),
}


def test_the_schema_is_printed(command):
    code, out, err = command("schema")
    assert (code, err) == (0, "")
    assert json.loads(out)["$id"].endswith("/recipe.schema.json")
    assert json.loads(command("schema", "corpus")[1])[0]["name"] == "text"
    code, out, err = command("schema", "none")
    assert (code, out) == (2, "")
    assert "NAME: expected contamination" in plain(err)


@pytest.mark.parametrize("name", ["run", "quality", "plan"])
def test_code_runs_only_where_it_is_allowed(command, tmp_path, monkeypatch, name):
    ran = tmp_path / "ran"
    code = f"import pathlib\npathlib.Path({str(ran)!r}).touch()\ndef rule(text): return None\n"
    (tmp_path / f"noted_{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    recipe = tmp_path / "r.yaml"
    sources = "sources: {a: {kind: text, path: none.txt}}"
    recipe.write_text(f"{sources}\nfilters: ['noted_{name}:rule']\n")
    arguments = (name, str(recipe), "--out", str(tmp_path / "out"))
    code, _, err = command(*arguments)
    assert code == 2
    assert f"'noted_{name}:rule', which is code" in plain(err)
    assert not ran.exists()
    assert command(*arguments, "--allow-code")[0] == 2, "there is no file, or no classifier"
    assert ran.exists()


@pytest.mark.parametrize("name", ["run", "extract", "plan"])
@pytest.mark.parametrize(("text", "lines"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_have_a_line_each_and_nothing_is_started(command, tmp_path, name, text, lines):
    path = tmp_path / "recipe.yaml"
    if text is not None:
        path.write_text(text)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = command(name, str(path), "--out", str(tmp_path / "out"))
    assert (code, out) == (2, "")
    assert err.splitlines() == [line.format(path, tmp_path) for line in lines]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "output.path: expected a folder here or by --out, got none"),
        (["--out", "s3://b/out"], "output.work: expected a folder, for output.path is s3://b/out"),
        (["--out", "OUT", "--conf", "a"], "--conf: expected KEY=VALUE, got a"),
        (["--out", "OUT", "--conf", "a=1", "--conf", "=2"], "--conf: expected KEY=VALUE, got "),
    ],
    ids=["no place", "no place between", "no value", "no key"],
)
def test_places_and_properties(command, tmp_path, options, told):
    (tmp_path / "x.txt").write_text("text")
    (tmp_path / "recipe.yaml").write_text(GOOD)
    before = sorted(tmp_path.rglob("*"))
    options = [str(tmp_path / "out") if option == "OUT" else option for option in options]
    code, out, err = command("run", str(tmp_path / "recipe.yaml"), *options)
    assert (code, out) == (2, "")
    assert err.startswith(told)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_without_a_ledger_has_no_stories(command, tmp_path):
    code, out, err = command("explain", str(tmp_path), "x")
    assert (code, out) == (2, "")
    assert err == f"{tmp_path}: expected a finished run with `ledger: full`, found no ledger\n"


def test_an_unknown_id(command, monkeypatch):
    monkeypatch.setattr("curate.report.explain.explain_record", lambda *_: [])
    assert command("explain", "out", "<x>") == (
        2, "", "<x>: expected an id or URL of the ledger of out, or a damaged file, found none\n",
    )  # fmt: skip


# --- what a terminal is shown ------------------------------------------------------------------

SHOWN = {
    "plain": ("a b", "a b"),
    "markup": ("[bold]x[/bold] [/] [link=u]", "[bold]x[/bold] [/] [link=u]"),
    "a colour": ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    "a title set and a bell": ("\x1b]0;t\x07x", "]0;tx"),
    "C1 controls": ("\x9b31mred\x85\x9d", "31mred"),
    "backspace and delete": ("ab\x08\x7fc", "abc"),
    "a line of its own": ("a\nkept in mix\r", "a kept in mix"),
    "emoji by name": (":smile: http://x/:8080:", ":smile: http://x/:8080:"),
    "other scripts": ("Grüße 中文", "Grüße 中文"),
    "a long line": ("x" * 300 + " " + "y" * 300, "x" * 300 + " " + "y" * 300),
    "a backslash before markup": ("\\[bold]x", "\\[bold]x"),
}


@pytest.mark.parametrize(("line", "shown"), SHOWN.values(), ids=SHOWN)
def test_a_line_is_shown_as_text(capsys, line, shown):
    cli.echo(line)
    assert capsys.readouterr().out == shown + "\n"


def test_explain_shows_what_a_crawl_says_as_text(command, monkeypatch):
    lines = ["<urn:1>  http://x/\x1b[2J[red]", "  kept in mix"]
    monkeypatch.setattr("curate.report.explain.explain_record", lambda *_: lines)
    assert command("explain", "out", "k") == (0, "<urn:1>  http://x/[2J[red]\n  kept in mix\n", "")


def test_reasons_of_your_own_are_shown_as_text(capsys, monkeypatch):
    monkeypatch.setattr(cli.out_, "width", 100)
    ledger = {
        **dict.fromkeys(("kept", "held_out", "unused", "damaged", "records_in"), 1_234),
        "skipped": {"not_html": 5},
        "dropped": {"filter": {"[red]mine\x1b[2J": 7}},
        "characters": {
            **dict.fromkeys(("kept", "held_out", "unused", "extracted"), 5_678),
            "dropped": {"filter": {"[red]mine\x1b[2J": 99}},
            "cut": {"filter": {"[red]rule\x1b[2J": 3}},
        },
    }
    cli.show_ledger(ledger)
    out = plain(capsys.readouterr().out)
    assert "dropped ┃" not in out
    assert re.search(r"dropped filter \[red\]mine\[2J 7 99", out)
    assert re.search(r"cut filter \[red\]rule\[2J 3", out)
    assert re.search(r"skipped extract not_html 5", out)
    assert "kept 1,234 5,678" in out
    assert "read 1,234 5,678" in out


# --- how it ends -------------------------------------------------------------------------------


ENDS = {
    "a mistake": (RecipeError("one\ntwo"), 2, "one\ntwo\n"),
    "a failure": (ValueError("broken [x]"), 1, "ValueError: broken [x]\n"),
    "one of ours": (FilterError("a filter"), 1, "a filter\n"),
    "a missing package": (ImportError("x needs y"), 1, "x needs y\n"),
    "stopped": (KeyboardInterrupt(), 130, "Stopped. To go on where it was: curate explain out k\n"),
    "a worker's": (
        TaskFailedError(
            "curate.store.ledger.ImbalanceError: filter: lost\x1b[2J", "Traceback (most recent …"
        ),
        1,
        "curate.store.ledger.ImbalanceError: filter: lost[2J\n",
    ),
}


@pytest.mark.parametrize(("error", "code", "told"), ENDS.values(), ids=ENDS)
def test_exit_codes(command, monkeypatch, error, code, told):
    monkeypatch.delenv("CURATE_DEBUG", raising=False)

    def fail(*_):
        raise error

    monkeypatch.setattr("curate.report.explain.explain_record", fail)
    monkeypatch.setattr("sys.argv", ["/usr/bin/curate", "explain", "out", "k"])
    assert command("explain", "out", "k") == (code, "", told)


def test_a_recipe_that_drops_everything_is_to_be_changed(command, monkeypatch):
    def run(*_):
        raise NoTokensError("mix: no source has any tokens")

    monkeypatch.setattr("curate.cli.stages.run_until", run)
    monkeypatch.setattr("sys.argv", ["/usr/bin/curate", "run", "r.yaml"])
    told = "mix: no source has any tokens\nChange the recipe; then, to go on where it was: "
    assert command("run", "r.yaml") == (1, "", f"{told}curate run r.yaml\n")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("recipes g", "gpt3"), ("jobs trai", "train-quality"), ("run x --engine l", "local")],
)
def test_shells_complete_names(words, wanted):
    line = [sys.executable, "-c", "from curate.cli import app; app(prog_name='curate')"]
    number = {"_CURATE_COMPLETE": "complete_bash", "COMP_CWORD": str(len(words.split()))}
    done = subprocess.run(line, capture_output=True, text=True, env=os.environ | number | {
        "COMP_WORDS": f"curate {words}"})  # fmt: skip
    assert done.stdout.split() == [wanted]


def test_a_stream_that_ends_early_is_not_taken_for_the_user_s(command, monkeypatch):
    monkeypatch.setattr("curate.cli.stages.run_until", ends_early)
    monkeypatch.setattr("sys.argv", ["/usr/bin/curate", "extract", "r.yaml"])
    told = "OSError: a process or a file ended too early: killed\nTo go on where it was: "
    assert command("extract", "r.yaml") == (1, "", f"{told}curate extract r.yaml\n")


def ends_early(*_):
    raise EOFError("killed")


def test_debugging_shows_where_it_failed(command, monkeypatch):
    monkeypatch.setenv("CURATE_DEBUG", "1")

    def fail(*_):
        raise ValueError("broken")

    monkeypatch.setattr("curate.report.explain.explain_record", fail)
    with pytest.raises(ValueError, match="broken"):
        command("explain", "out", "k")


def test_an_application_is_called_after_its_recipe():
    assert Options().settings("recipes/gpt3.yaml").app_name == "curate gpt3.yaml"


def test_help_needs_nothing_of_the_system_s():
    """What Windows lacks is needed by runs alone."""
    program = (
        "import sys\n"
        "sys.modules.update(fcntl=None, resource=None)\n"
        "from curate.cli import main\n"
        "main(['--help'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout
