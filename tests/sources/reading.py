"""Files of a test, read as a source's: in some ranges, each record with its key."""

import itertools
from pathlib import Path

from curate import recipe, sources
from curate.sources import InputFile, Range, Reading
from curate.store.keys import Tally, encode_key

EXTRACT = recipe.Extract()


def parsed(folder, **of):
    """Return a recipe of sources: name -> keys; a kind or path not given is text, x."""
    whole = {name: {"kind": "text", "path": "x", **keys} for name, keys in of.items()}
    return recipe.parse({"sources": whole}, folder)


def put(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def file_of(size, *, number=0, source="s", name="f"):
    return InputFile(number, source, name, f"/{name}", size, "v")


def read_ranges(path, kind, bounds=None, *, extract=EXTRACT, **keys):
    """Return (rows, reading) of a file read in some ranges, one after the other."""
    path = Path(path)
    size = path.stat().st_size
    file = InputFile(3, "s", path.name, str(path), size, "v")
    source = recipe.Source(kind=kind, path=str(path), **keys)
    reading = Reading()
    rows = [
        row
        for start, stop in bounds or [(0, size)]
        for row in sources.read(Range(file, start, stop), source, extract, reading)
    ]
    tally = Tally()
    for _, row in rows:
        assert (row["source"], row["file_path"]) == ("s", path.name)
        assert row["key"] == encode_key(3, row["n"])
        tally.add("s", path.name, row["n"])
        text = row.get("text", "")
        tally.characters += len(text)
        assert ("text" in row) == ("characters" in row)
        assert row.get("characters", 0) == row.get("extracted", 0) == len(text)
    assert tally == reading.tally, "what is counted is what is yielded"
    assert all(row["stage"] == "extract" for table, row in rows if table == "outcomes")
    return rows, reading


def told(rows):
    """Return each row as its text, or as state: reason."""
    return [
        row["text"] if table == "documents" else f"{row['state']}: {row['reason']}"
        for table, row in rows
    ]


def bounds_of(size, cuts, block=8):
    """Return ranges that cover a file, cut at these shares of it."""
    at = sorted({int(cut * size) // block * block for cut in cuts} | {0})
    return list(itertools.pairwise([*at, size]))
