"""Files that change while a run reads them."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from curate.stages import extract
from pipeline.planned import SOURCES, inputs, start


@pytest.fixture
def folder(tmp_path):
    return inputs(tmp_path)


def test_a_file_that_changes_while_it_is_read_ends_the_run(folder):
    """New files, and files that are gone, do not: what was there has been read."""
    (folder / "more").mkdir()
    (folder / "more/a.txt").write_text("A last one.")
    more = {"kind": "text", "path": "more/*.txt", "weight": 1}
    run = start(folder, sources={**SOURCES, "more": more})
    (folder / "2.txt").write_text("A new one.")
    (folder / "1.txt").unlink()
    extract._check_unchanged(run)
    (folder / "0.txt").write_text("Another book it is, and longer.")
    with pytest.raises(extract.ChangedInputError, match=r"got 1 .*/0\.txt \(\d+ bytes, now 31\)"):
        extract._check_unchanged(run)
    (folder / "more/a.txt").unlink()
    extract._check_unchanged(run)


@pytest.mark.parametrize(("url", "fails"), [("https://x/a", False), ("s3://x/a", True)])
def test_an_etag_that_changed_counts_where_there_is_one_server(folder, monkeypatch, url, fails):
    run = start(folder, sources=SOURCES)
    file = replace(run.files[0], url=url)
    monkeypatch.setattr(extract, "inventory", lambda _: ([replace(file, version="other")], []))
    run = replace(run, files=[file])
    expected = pytest.raises(extract.ChangedInputError) if fails else nullcontext()
    with expected:
        extract._check_unchanged(run)
