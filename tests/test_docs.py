"""What README and docs/ show is true: snippets run, recipes are valid, commands and settings exist.

Every fenced block is looked at, by its language:

python  with >>> as a doctest; else run, in a folder with a finished corpus (`corpus/`) and a packed
        one (`tokens/`). A title names the file that it is, for later blocks to import. A block
        of a library that is not installed is skipped.
yaml    a recipe, or a part of one
sh      each command: ours are parsed by the real command line, and run where that is cheap
"""

import ast
import doctest
import json
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from docs_pages import COMMANDS, PAGES, PROJECT, ROOT, blocks, with_blocks, words
from test_verify import make, row

from curate import recipe
from curate.cli import main
from curate.store import schema
from curate.store.shard_writer import ShardWriter
from curate.text import tokenizers as tokens

OWN = {"listed", "more_rules", "rules"}  # modules that pages show
# Programs of others that the pages use.
OTHERS = {
    "aws", "cd", "curl", "databricks", "docker", "export", "gcloud", "git", "gunzip", "head",
    "kubectl", "mkdir", "pip", "python3", "sed", "spark-submit", "venv-pack",
    "wget",
}  # fmt: skip


# --- python ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """A folder with a finished corpus and a packed one, as the snippets expect them."""
    folder = tmp_path_factory.mktemp("docs")
    out = folder / "corpus"
    make(out)
    samples = [{"state": "dropped", "stage": "filter", "reason": "too_few_words", "source": "news"}]
    (out / "samples").mkdir()
    pq.write_table(pa.Table.from_pylist(samples, schema.SAMPLES), out / "samples/samples.parquet")
    receipts = out / "_work" / "extract" / "0123456789abcdef" / "receipts"
    receipts.mkdir(parents=True)
    receipt = {"unit": "000000", "facts": {"seconds": 1.5, "peak_bytes": 1 << 28}}
    (receipts / "000000.jsonl").write_text(json.dumps(receipt))
    write_long(folder / "long")
    with pytest.raises(SystemExit) as left:
        main(["pack", str(folder / "long"), str(folder / "tokens"), "--workers", "1"])
    assert left.value.code == 0
    return folder


def write_long(out):
    """Write a corpus of texts with true token counts, enough for a few sequences."""
    gpt2 = tokens.load("gpt2")
    shards = []
    for split in ("train", "validation"):
        rows = [row(n, "news", 0, 0) | {"text": f"Text {n}. " + "word " * 2000} for n in range(3)]
        rows = [one | {"token_count": len(gpt2.encode(one["text"]))} for one in rows]
        file = f"corpus/{split}/{split}-00000-of-00001.parquet"
        (out / file).parent.mkdir(parents=True)
        with (out / file).open("wb") as sink, ShardWriter(sink, schema.CORPUS) as writer:
            writer.write(pa.Table.from_pylist(rows, schema.CORPUS).to_batches()[0])
        count = sum(one["token_count"] for one in rows)
        shards.append({"file": file, "rows": len(rows), "tokens": count})
    (out / "manifest.json").write_text(json.dumps({"shards": shards}))


@pytest.fixture
def here(workshop, tmp_path, monkeypatch):
    """The workshop's things in a folder of the test's own, where it is; modules go afterwards."""
    for name in ("corpus", "tokens", "long"):
        (tmp_path / name).symlink_to(workshop / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name in OWN:
            del sys.modules[name]


def write_titled(page, folder):
    for title, content in blocks(page, "python"):
        if title:
            (folder / title).write_text(content)


@pytest.mark.parametrize("page", [p for p in with_blocks("python") if ">>>" in PAGES[p]])
def test_examples(page, here):
    write_titled(page, here)
    shown = [content for _, content in blocks(page, "python") if ">>>" in content]
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    names = {}
    for number, content in enumerate(shown):
        test = doctest.DocTestParser().get_doctest(content, names, f"{page}[{number}]", page, 0)
        told = []
        runner = doctest.DocTestRunner(optionflags=flags)
        assert runner.run(test, out=told.append, clear_globs=False).failed == 0, "".join(told)
        names = test.globs


def scripts():
    for page in with_blocks("python"):
        for number, (title, content) in enumerate(blocks(page, "python")):
            if ">>>" not in content:
                yield pytest.param(page, title, content, id=f"{page}[{title or number}]")


def needs(script):
    """Return the packages a script imports, less those of its own page."""
    tree = ast.parse(script)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    result = {getattr(node, "module", None) or node.names[0].name for node in imports}
    return {name.partition(".")[0] for name in result} - OWN


@pytest.mark.parametrize(("page", "title", "script"), [*scripts()])
def test_scripts_run(page, title, script, here):
    missing = sorted(name for name in needs(script) if find_spec(name) is None)
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if "pyspark" in script or "curate.spark" in script:
        pytest.skip("run with the others that need Spark, in tests/spark/test_snippets.py")
    write_titled(page, here)
    line = [sys.executable, "-c", script]
    if (title or "").startswith("test_"):
        line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", title]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- recipes -----------------------------------------------------------------------------------

WHOLE = {
    "sources": {
        "crawl": {"kind": "warc", "path": "crawl/*.warc.gz"},
        "books": {"kind": "text", "path": "books/*.txt", "reference": True},
    }
}


@pytest.mark.parametrize("page", with_blocks("yaml"))
def test_recipes_are_valid(page, here, monkeypatch):
    for module in ("curate.recipe.filter", "curate.text.dictionaries"):  # installed or not
        monkeypatch.setattr(f"{module}.require", lambda _: None)
    write_titled(page, here)
    for _, content in blocks(page, "yaml"):
        given = yaml.safe_load(content)
        if "extends" in given:
            (here / given["extends"]).write_text(yaml.safe_dump(WHOLE))
            recipe.parse(given, here)
            continue
        assert given.keys() <= recipe.Recipe.model_fields.keys()
        recipe.parse({**WHOLE, **given}, here, allow_code=True)


def test_the_readme_names_its_sources():
    ((_, shown),) = blocks("README.md", "yaml")
    assert list(yaml.safe_load(shown)["sources"]) == ["crawl", "webtext", "books", "wikipedia"]


# --- commands ----------------------------------------------------------------------------------


def command_lines(page):
    """Yield the commands of a page's blocks for a shell, as lists of words.

    In a block without a language a command is a line that begins with a program of ours.
    """
    plain = re.compile(r"^(?:\$ )?((?:curate|make|pip|spark-submit|export) .*)$", re.MULTILINE)
    lines = [line for _, content in blocks(page, "") for line in plain.findall(content)]
    for _, content in blocks(page, "sh"):
        lines += content.replace("\\\n", " ").splitlines()
    for line in lines:
        text = re.sub(r" #.*", "", line)
        text = re.sub(r'"\$\(curate jobs (\w+)\)"', r"jobs/\1.py", text)
        inner = re.findall(r"\$\((.*?)\)", text)
        for part in [*inner, *re.split(r" \| | && ", re.sub(r"\$\((.*?)\)", "", text))]:
            yield shlex.split(part)


LINES = sorted({(page, tuple(line)) for page in PAGES for line in command_lines(page)})


def ours(line):
    """Return the arguments of `curate` that a line gives, however it gives them; or None."""
    if line[0] == "curate":
        return list(line[1:])
    job = next((n for n, word in enumerate(line) if word.startswith("jobs/")), None)
    if line[0] != "spark-submit" or job is None:
        return None
    assert (ROOT / line[job]).is_file(), f"there is no {line[job]}"
    name = Path(line[job]).stem.replace("_", "-")
    return ["run" if name == "pipeline" else name, *line[job + 1 :]]


def parse(arguments):
    """Parse a command's arguments as the command line would; nothing is run."""
    name, *rest = arguments
    assert name in COMMANDS.commands, f"there is no curate {name}"
    COMMANDS.commands[name].make_context(name, rest)


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda value: str(value)[:60])
def test_command_lines(page, line):
    arguments = ours(line)
    if arguments is not None:
        parse(arguments)
    elif line[0] == "make":
        check_make(line)
    else:
        program = Path(line[0]).name
        assert program in OTHERS, f"{page}: who is {program}?"
        if program == "pip":
            check_pip(line[2:])


def check_make(line):
    makefile = (ROOT / "Makefile").read_text()
    for target in line[1:]:
        name, equals, _ = target.partition("=")
        pattern = rf"^{name} = " if equals else rf"^{name}:"
        assert re.search(pattern, makefile, re.MULTILINE), f"make {target}"


def check_pip(wanted):
    for one in wanted:
        if result := re.fullmatch(r"corpus-curate\[(.*)\]", one):
            assert set(result[1].split(",")) <= PROJECT["optional-dependencies"].keys()


RUNS = {
    ("curate", "verify", "corpus"): "all is as the manifest says",
    ("curate", "reasons"): "near_duplicate",
    ("curate", "pack", "corpus", "tokens", "--format", "megatron"): "pack.json",
    ("curate", "pack", "corpus", "tokens", "--format", "nanogpt"): "pack.json",
    ("curate", "pack", "corpus", "tokens", "--format", "parquet", "--length", "2048"): "pack.json",
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("line", RUNS, ids=lambda line: " ".join(line[1:]))
def test_commands_run(line, capsys):
    assert line in {shown for _, shown in LINES}
    arguments = list(line[1:])
    if "pack" in line:  # of texts whose tokens were counted, to a place of its own
        arguments[1:3] = ["long", "elsewhere"]
    if "--workers" in {opt for param in COMMANDS.commands[line[1]].params for opt in param.opts}:
        arguments += ["--workers", "1"]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    told = capsys.readouterr()
    assert (left.value.code, told.err) == (0, "")
    assert RUNS[line] in told.out


# --- what is named in running text -------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_what_is_named_exists(page):
    options = {
        opt
        for command in COMMANDS.commands.values()
        for parameter in command.params
        for opt in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help", "--version", "--install-completion"}
    of_others = {
        "--build-arg",
        "--deploy-mode",
        "--files",
        "--glob",
        "--py-files",
        "--archives",
        "--no-deps",
        "--wait",
    }
    for word in words(page):
        if match := re.fullmatch(r"curate ([a-z][a-z-]+)(?: .*)?", word):
            assert match[1] in COMMANDS.commands, word
        if word.startswith("make "):
            check_make(word.split()[:2])
        for option in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", word):
            assert option in options | of_others | {"--conf"}, word
        for path in re.findall(r"(?:benchmarks|tests|schemas|jobs|curate|docs)/[\w/.-]*\w", word):
            if "NN" not in path:
                assert (ROOT / path).exists(), word
        if re.fullmatch(r"[a-z]+(\.[a-z_]+)+", word):
            check_key(word)


def check_key(word):
    """Check that a dotted word that begins as a recipe's key does is one."""
    first, *rest = word.split(".")
    if first not in recipe.Recipe.model_fields or rest[-1] in ("json", "md", "py"):
        return
    part = {"sources": recipe.Source}.get(first) or getattr(recipe, first.capitalize(), None)
    for name in rest:
        assert part is not None, word
        assert name in part.model_fields, word
        part = {"lines": recipe.Lines}.get(name)


def templates():
    """Return every text in the code, with … for what is put in."""
    result = set()
    for path in ROOT.glob("curate/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                result.add("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                result.add(node.value)
    return result


def test_messages_are_those_of_the_code():
    heads = re.findall(r"^### (`+)(.*?)\1$", PAGES["docs/troubleshooting.md"], re.MULTILINE)
    assert len(heads) >= 20
    lines = {line for template in templates() for line in template.split("\n")}
    for _, message in heads:
        if not message.startswith("["):  # those of Spark itself
            assert any(message in line for line in lines), message


# --- how pages hang together -------------------------------------------------------------------


def test_every_page_is_in_the_navigation():
    listed = re.findall(r"^ +- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(f"docs/{name}" for name in listed) == sorted(p for p in PAGES if "docs/" in p)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[page]):
        path = re.sub(r"^https://github\.com/corpus-curate/curate/blob/main/", "", target)
        assert path.startswith("https://") or (ROOT / path).exists(), target


def test_the_changelog_knows_this_version():
    assert re.search(
        rf"^## \[{re.escape(PROJECT['version'])}\]", PAGES["CHANGELOG.md"], re.MULTILINE
    )
