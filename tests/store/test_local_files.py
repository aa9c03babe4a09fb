"""Patterns of local files: as glob has them, but no folder is left out in silence."""

import errno
import glob
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources.reading import parsed, put

from curate.recipe import RecipeError
from curate.sources import inventory
from curate.store import io
from curate.store.local_files import LinkLoopError, matching

NAMES = ["a", "b", "a.txt", "b.txt", ".h", "c[1].txt", "d e", "é"]
TREES = st.recursive(
    st.none(), lambda tree: st.dictionaries(st.sampled_from(NAMES), tree, max_size=4), max_leaves=12
)
PARTS = ["*", "**", "*.txt", "a", "?", "[ab]", ".*", ".h", "c[[]1].txt", "..", "zz", "d e"]


def grow(folder, tree):
    for name, inner in (tree or {}).items():
        if inner is None:
            (folder / name).write_bytes(b"")
        else:
            (folder / name).mkdir()
            grow(folder / name, inner)


def files(root, names):
    return {os.path.normpath(name) for name in names if (root / name).is_file()}


@given(TREES, st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
def test_they_are_those_that_glob_finds(tree, parts):
    if ".." in parts and parts[0] == "..":
        return  # of the test's own folder
    pattern = "/".join(parts)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        grow(root, tree)
        theirs = files(root, glob.glob(pattern, root_dir=root, recursive=True))  # noqa: PTH207
        ours = files(root, matching(root, pattern))
    # glob takes `a.txt/**` for the file, too
    assert ours <= theirs
    assert all(pattern.endswith("/**") for _ in theirs - ours)


LOOPS = {
    "a link to its own folder": ("self", "."),
    "a link to the folder above": ("inner/up", ".."),
    "a link to what lies far above": ("inner/deep/top", "../../.."),
    "two links that lead to each other": ("inner/other", "../second"),
}


@pytest.mark.parametrize("pattern", ["**/*.txt", "**", "*/*/*/*/*.txt"])
@pytest.mark.parametrize(("link", "target"), LOOPS.values(), ids=LOOPS)
def test_links_that_lead_back_are_an_error_that_names_them(tmp_path, link, target, pattern):
    for name in ("1.txt", "inner/2.txt", "inner/deep/3.txt", "second/4.txt"):
        put(tmp_path / "root" / name)
    (tmp_path / "root/second/back").symlink_to("../inner")
    (tmp_path / "root" / link).symlink_to(target)
    if "other" not in link:
        (tmp_path / "root/second/back").unlink()
    with pytest.raises(LinkLoopError) as error:
        io.find(str(tmp_path / "root" / pattern))
    assert error.value.errno == errno.ELOOP
    with pytest.raises(
        RecipeError, match=r"^sources\.s\.path: expected folders without loops, got a"
    ):
        inventory(parsed(tmp_path, s={"path": f"root/{pattern}"}))


def test_many_links_that_lead_back_end_at_the_first(tmp_path):
    for n in range(30):
        (tmp_path / f"l{n}").symlink_to(".")
    with pytest.raises(LinkLoopError):
        io.find(f"{tmp_path}/**/*.txt")


def test_links_to_elsewhere_are_followed(tmp_path):
    put(tmp_path / "there/1.txt")
    put(tmp_path / "root/2.txt")
    (tmp_path / "root/link").symlink_to("../there")
    (tmp_path / "root/again").symlink_to("../there")
    result = io.find(f"{tmp_path}/root/**/*.txt")
    assert [file.file_path for file in result] == ["2.txt", "again/1.txt", "link/1.txt"]


@contextmanager
def as_nobody():
    """Take the rights of a user who owns nothing, if this one may do all."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that others may enter, which pytest's are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("pattern", ["**/*.txt", "*/*.txt"])
def test_a_folder_that_cannot_be_read_is_an_error(open_folder, pattern):
    put(open_folder / "a/1.txt")
    put(open_folder / "b/2.txt")
    (open_folder / "b").chmod(0)
    made = parsed(open_folder, s={"path": pattern})
    with as_nobody(), pytest.raises(RecipeError) as error:
        inventory(made)
    assert str(error.value) == f"sources.s.path: Permission denied: {open_folder}/b"
    (open_folder / "b").chmod(0o755)


def test_files_that_cannot_be_read_are_an_error(open_folder):
    for n in range(3):
        put(open_folder / f"{n}.txt").chmod(0 if n else 0o644)
    put(open_folder / "urls.txt").chmod(0)
    archives = {"kind": "warc", "path": "0.txt", "urls": "urls.txt"}
    made = parsed(open_folder, s={"path": "[0-9].txt"}, w=archives)
    with as_nobody(), pytest.raises(RecipeError) as error:
        inventory(made)
    assert str(error.value).splitlines() == [
        "sources.s.path: expected files that can be read, got 2 that cannot, such as 1.txt",
        "sources.w.urls: expected files that can be read, got 1 that cannot, such as urls.txt",
    ]


def test_names_that_no_table_can_store_are_an_error(tmp_path):
    put(tmp_path / "é.txt")
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    with pytest.raises(RecipeError) as error:
        inventory(parsed(tmp_path, s={"path": "*.txt"}))
    assert str(error.value) == (
        r"sources.s.path: expected names in UTF-8, got 1 that are not, such as 'caf\udce9.txt'"
    )
