"""Folders of HTML: one page a file, whatever is in it."""

import gzip

import pytest

from curate import recipe
from curate.sources import Reading, inventory, read, split

TEXT = "Some people say that a paragraph needs many words to be seen as one. " * 5
PAGE = f"<html><body><p>{TEXT}</p></body></html>"


@pytest.fixture
def folder(tmp_path):
    files = {
        "a.html": PAGE.encode(),
        "deep/b.htm": PAGE.replace("people", "größere").encode("latin-1"),
        "deep/er/c.xhtml.gz": gzip.compress(PAGE.encode()),
        "deep/cut.html.gz": gzip.compress(PAGE.encode())[:-20],
        "empty.html": b"",
        "large.html": b"<html>" + b"a " * 30_000,
        "bomb.html.gz": gzip.compress(bytes(20 << 20)),
        "notes.txt": b"no page",
    }
    for name, data in files.items():
        path = tmp_path / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def rows_of(folder, **keys):
    made = recipe.parse(
        {
            "sources": {"s": {"kind": "html", **keys}},
            "extract": {"extractor": "trafilatura", "max_page_bytes": 50_000},
        },
        folder,
    )
    files, warnings = inventory(made)
    assert warnings == []
    reading = Reading()
    parts = [part for unit in split(files, made).values() for part in unit]
    assert [part.file.file_path for part in parts] == sorted(f.file_path for f in files)
    rows = [r for part in parts for r in read(part, made.sources["s"], made.extract, reading)]
    return {row["file_path"]: (table, row) for table, row in rows}, reading


WANTED = {
    "a.html": "Some people",
    "deep/b.htm": "Some größere",
    "deep/er/c.xhtml.gz": "Some people",
    "deep/cut.html.gz": "bad_compression",
    "empty.html": "no_text",
    "large.html": "page_too_large",
    "bomb.html.gz": "page_too_large",
}


@pytest.mark.parametrize("path", ["pages", "pages/", "pages/**/*.*htm*"])
def test_a_folder_is_its_html_files(folder, path):
    rows, reading = rows_of(folder, path=path)
    told = {name: row.get("text", row.get("reason")) for name, (_, row) in rows.items()}
    assert told.keys() == WANTED.keys()
    assert all(told[name].startswith(start) for name, start in WANTED.items())
    assert rows["deep/b.htm"][1]["id"] == "s/deep/b.htm#0"
    assert rows["deep/b.htm"][1].get("url") is None
    assert rows["deep/cut.html.gz"][1]["state"] == "damaged"
    assert reading.tally.records == len(WANTED)


def test_a_folder_without_pages_is_a_mistake(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(recipe.RecipeError, match=r"sources.s.path: no file matches .*x/\*\*"):
        rows_of(tmp_path, path="x")
