"""`curate init`: what files are, by their content; a recipe that `plan` accepts."""

import bz2
import gzip
import json
import lzma
import shlex
import zipfile
from io import BytesIO

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from warc.archives import http, member

from curate import cli, plan
from curate.recipe.json_schema import recipe_schema
from curate.scaffold.folder import extension_of, scan_folder
from curate.scaffold.kinds import detect_kind
from curate.scaffold.recipe_text import scalar

PAGE = b"<!doctype html><html><body><p>It was late.</p></body></html>"
PROSE = "It was late, and the lamps were lit, and the last readers went home through the snow. " * 3


def warc(kind="response"):
    block = http(PAGE) if kind == "response" else PROSE.encode()
    return gzip.compress(member(kind, block, url="http://example.org/"))


def parquet(**columns):
    sink = BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def zipped(**files):
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return sink.getvalue()


def lines(*rows):
    return "\n".join(map(json.dumps, rows)).encode()


EPUB = zipped(mimetype="application/epub+zip", a_html="<p>x</p>")
WIKI = b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><page></page></mediawiki>'
# name, content, kind, column of texts
FILES = [
    ("a.warc.gz", warc(), "warc", ""),
    ("a.gz", warc("conversion"), "wet", ""),
    ("old.arc", b"filedesc://x 0.0.0.0 20010101000000 text/plain 5\nabc\n", "warc", ""),
    ("noend", warc(), "warc", ""),
    ("damaged.warc.gz", warc() + b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 99, "warc", ""),
    ("damaged.jsonl.gz", b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 99, "", ""),
    ("a.parquet", parquet(text=["a"], n=[1]), "parquet", "text"),
    ("b", parquet(id=["a"], content=["b"]), "parquet", "content"),
    ("c.parquet", parquet(id=["a"], story_en=[PROSE]), "parquet", "story_en"),
    ("d.parquet", parquet(n=[1]), "", ""),
    ("e.parquet", b"PAR1broken", "", ""),
    ("a.jsonl", lines({"text": "a"}, {"text": "b"}), "jsonl", "text"),
    ("b.json.xz", lzma.compress(lines({"Body": "a", "url": "b" * 300})), "jsonl", "Body"),
    ("c.jsonl.bz2", bz2.compress(lines({"id": "a", "was": PROSE})), "jsonl", "was"),
    ("d.jsonl", lines({"id": "a", "karma": 3}), "", ""),
    ("e.jsonl", lines({"question": "Why?", "answer": "So."}), "benchmark", ""),
    ("f.jsonl", b"{not json\n{", "", ""),
    ("a.csv", f"id,text\n1,{PROSE.split(',', maxsplit=1)[0]}\n".encode(), "csv", "text"),
    ("a.tsv", b"id\tcontent\n1\tabc\n", "csv", "content"),
    ("a.txt", PROSE.encode(), "text", ""),
    ("README.md", PROSE.encode(), "", ""),
    ("pg11.txt", b"The Project Gutenberg eBook of Alice\n" + PROSE.encode(), "book", ""),
    ("a.epub", EPUB, "book", ""),
    ("x.zip", zipped(a_txt="x"), "", ""),
    ("x.wacz", zipped(archive__a_warc_gz="x"), "warc", ""),
    ("page", PAGE, "html", ""),
    ("p.xhtml", b'<?xml version="1.0"?>\n<!-- x --><html xmlns="x"></html>', "html", ""),
    ("wiki.bz2", bz2.compress(WIKI), "mediawiki", ""),
    ("none", b"", "", ""),
    ("a.tar.gz", gzip.compress(bytes(257) + b"ustar" + bytes(250)), "", ""),
    ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "", ""),
    ("not.warc.gz", PROSE.encode(), "", ""),
    ("cut.gz", gzip.compress(b"x" * 5000)[:20], "", ""),
    ("run.py", b"import this\n", "", ""),
    ("warc.paths.gz", gzip.compress(b"crawl-data/x.warc.gz\n"), "", ""),
]


@pytest.mark.parametrize(("name", "data", "kind", "text"), FILES, ids=[file[0] for file in FILES])
def test_what_a_file_is(tmp_path, name, data, kind, text):
    (tmp_path / name).write_bytes(data)
    look = detect_kind(tmp_path / name)
    assert (look.kind, look.text) == (kind, text)
    assert bool(look.why) == (not kind)


FOLDERS = {
    "one kind": {"a.txt": PROSE, "b.txt": PROSE},
    "a crawl and references": {
        "crawl/0.warc.gz": warc(), "crawl/1.warc.gz": warc(), "crawl/x.warc.wet.gz":
        warc("conversion"), "crawl/a.wacz": zipped(archive__a_warc_gz=warc()),
        "books/a.txt": PROSE, "books/deep/b.txt": PROSE,
        "rows/a.jsonl": lines({"content": PROSE}), "benchmarks/x.jsonl": lines({"text": "Why?"}),
        "tests/y.jsonl": lines({"question": "a", "choices": ["b"]}), "notes.pdf": b"%PDF-1.4\x00",
    },
    "names of all sorts": {
        "Größe & more/ä*[1].txt": PROSE, "x y/a: b.txt": PROSE, "12/1.txt": PROSE,
        "null/true.txt": PROSE, "-/a.txt": PROSE, "#/a.txt": PROSE, "x'y\"z/a.txt": PROSE,
    },
    "kinds mixed under one ending": {
        "d/a.txt": PROSE, "d/b.txt": b"The Project Gutenberg eBook\n" + PROSE.encode(),
        "d/c.txt": PAGE, "d/e/a.txt": PROSE,
    },
    "columns that differ": {
        "d/a.jsonl": lines({"text": PROSE}), "d/b.jsonl": lines({"body": PROSE}),
        "e/a.parquet": parquet(text=[PROSE]), "e/b.parquet": parquet(content=[PROSE]),
    },
    "a source where the run would write": {"corpus/a.txt": PROSE},
    "an earlier run": {
        "a.txt": PROSE, "corpus/_curate.json": "{}", ".hidden/x.txt": PROSE,
        "corpus/corpus/train/train-00000-of-00001.parquet": parquet(text=["x"]),
    },
}  # fmt: skip


def fill(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    return left.value.code


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS)
def test_plan_accepts_what_was_written(tmp_path, capsys, files):
    fill(tmp_path, files)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run("init", str(tmp_path)) == 0
    assert "Next: curate plan" in capsys.readouterr().out
    made = plan(tmp_path / "recipe.yaml")
    result = scan_folder(tmp_path).groups
    assert [(one.source, one.kind, one.files) for one in made.inputs] == [
        (group.name, group.kind, group.files) for group in result if group.kind != "benchmark"
    ]
    kinds = [detect_kind(path).kind for path in before if "corpus/corpus" not in str(path)
             and ".hidden" not in str(path)]  # fmt: skip
    read = sum(group.files for group in result)
    assert read == sum(bool(kind) for kind in kinds), "each file is in one source"
    whole = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    jsonschema.validate(whole, recipe_schema())
    first = (tmp_path / "recipe.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=recipe.schema.json"
    assert json.loads((tmp_path / "recipe.schema.json").read_text()) == recipe_schema()
    assert {path: path.read_bytes() for path in before} == before


def test_references_are_told_from_a_crawl_and_benchmarks_are_cut_out(tmp_path):
    fill(tmp_path, FOLDERS["a crawl and references"])
    assert run("init", str(tmp_path)) == 0
    whole = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    assert {name for name, one in whole["sources"].items() if one.get("reference")} == {
        "books", "rows",
    }  # fmt: skip
    assert whole["sources"]["books"]["path"] == "books/**/*.txt"
    assert whole["sources"]["rows"]["text"] == "content"
    assert whole["quality"] == {"model": "masked", "alpha": 9}
    assert whole["decontaminate"] == {"benchmarks": ["benchmarks/*.jsonl", "tests/*.jsonl"]}
    assert "#   notes.pdf: " in (tmp_path / "recipe.yaml").read_text()


def test_it_overwrites_nothing_and_asks_for_a_folder_with_something(tmp_path, capsys):
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    assert run("init", str(tmp_path)) == 2
    assert "found none" in capsys.readouterr().err
    assert run("init", str(tmp_path / "nowhere")) == 2
    assert "FOLDER: expected a folder" in capsys.readouterr().err
    (tmp_path / "a.txt").write_text(PROSE)
    (tmp_path / "recipe.yaml").write_text("mine")
    assert run("init", str(tmp_path)) == 2
    assert "expected no recipe yet, got one" in capsys.readouterr().err
    assert (tmp_path / "recipe.yaml").read_text() == "mine"
    assert not (tmp_path / "recipe.schema.json").exists()


def test_recipes_of_the_package_name_the_schema_beside_them(capsys):
    assert run("recipes", "small") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "# yaml-language-server: $schema=recipe.schema.json"


def test_what_is_printed_can_be_used(tmp_path, capsys):
    fill(tmp_path, {"Bücher 2024/a.txt": PROSE, "Bücher 2024/x/b.txt": PROSE})
    assert run("init", str(tmp_path)) == 0
    assert "source bucher-2024, text" in capsys.readouterr().out
    assert run("init", str(tmp_path / "Bücher 2024")) == 0
    told = capsys.readouterr().out.split("curate plan ")[1]
    assert shlex.split(told) == [f"{tmp_path}/Bücher 2024/recipe.yaml"]


def test_of_many_files_alike_some_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.scaffold.folder.LOOKED_AT", 3)
    fill(tmp_path, {"a.txt": PROSE, "b.txt": PROSE, "c.txt": PAGE, "d.txt": PAGE})
    kinds = {path: group.kind for group in scan_folder(tmp_path).groups for path in group.paths}
    assert kinds == {"a.txt": "text", "b.txt": "text", "c.txt": "html", "d.txt": "text"}


def test_a_pattern_is_of_files_alike():
    assert [extension_of(name) for name in ("a.b.warc.wet.gz", "x.txt", "a.xml-p1.bz2", "A")] == [
        ".warc.wet.gz", ".txt", ".bz2", "",
    ]  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
def test_a_scalar_is_read_back(text):
    assert yaml.safe_load(f"a: [{scalar(text)}, {scalar(text)}]") == {"a": [text, text]}
