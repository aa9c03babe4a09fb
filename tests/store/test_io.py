"""Files appear whole or not at all, under names that do not depend on where they lie."""

import hashlib

import pytest

from curate.store import io, local_copies


def test_the_same_names_whatever_the_root(tmp_path):
    for folder in ("one", "other/deep"):
        for name in ("a/x.gz", "a/y.gz", "b/x.gz"):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"1")
    wanted = ["a/x.gz", "a/y.gz", "b/x.gz"]
    for pattern in (f"{tmp_path}/one/*/*.gz", f"file://{tmp_path}/other/deep/**/*.gz"):
        assert [found.file_path for found in io.find(pattern)] == wanted


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ("s3://b/x/*.gz", "s3://b/x"),
        ("/data/a.txt", "/data"),
        ("/d/2024-??/y.gz", "/d"),
        ("/d/[ab]/*.gz", "/d"),
        ("/d/**/y.gz", "/d"),
    ],
)
def test_the_root_ends_before_the_first_wildcard(pattern, root):
    assert io.root_of(pattern) == root


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.gz", ["a.gz", "b[1].gz"]),
        ("**/*.gz", ["a.gz", "b[1].gz", "c/d.gz"]),
        ("b[1].gz", ["b[1].gz"]),
        ("[ab]*.gz", ["a.gz", "b[1].gz"]),
        ("?/d.gz", ["c/d.gz"]),
    ],
)
def test_brackets_in_names_that_are_there_are_no_wildcards(tmp_path, pattern, wanted):
    """A recipe's folder is called as its owner likes; keys do not have its name."""
    folder = tmp_path / "project [1]*" / "x?"
    for name in ("a.gz", "b[1].gz", "c/d.gz"):
        io.write_bytes(str(folder / name), b"1")
    found = io.find(io.absolute(pattern, folder))
    assert [one.file_path for one in found] == wanted
    assert [one.url for one in found] == [str(folder / name) for name in wanted]


def test_a_pattern_without_files_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        io.find(f"{tmp_path}/nothing*")


def fail_halfway(target):
    with io.staged(str(target)) as path:
        path.write_bytes(b"half")
        raise RuntimeError


def test_an_exception_publishes_nothing(tmp_path):
    target = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError):
        fail_halfway(target)
    assert list(target.parent.iterdir()) == []


def test_an_exception_leaves_what_was_there(tmp_path):
    target = tmp_path / "file"
    io.write_bytes(str(target), b"old")
    with pytest.raises(RuntimeError):
        fail_halfway(target)
    assert target.read_bytes() == b"old"


def test_a_file_is_not_there_before_the_block_ends(tmp_path):
    target = tmp_path / "file"
    with io.staged(str(target)) as path:
        path.write_bytes(b"x")
        assert not target.exists()
    assert target.read_bytes() == b"x"


def test_files_are_listed_with_their_sizes(tmp_path):
    io.write_bytes(f"{tmp_path}/b/c", b"123")
    io.write_bytes(f"{tmp_path}/a", b"1")
    assert io.list_files(str(tmp_path)) == {f"{tmp_path}/a": 1, f"{tmp_path}/b/c": 3}
    assert io.list_files(f"{tmp_path}/none") == {}
    io.delete_tree(str(tmp_path / "b"))
    assert list(io.list_files(str(tmp_path))) == [f"{tmp_path}/a"]


# --- copies for memory maps --------------------------------------------------------------------


@pytest.fixture
def remote(tmp_path, monkeypatch):
    import fsspec

    monkeypatch.setattr(local_copies.tempfile, "gettempdir", lambda: str(tmp_path))
    with fsspec.open("memory://bucket/index.bin", "wb") as file:
        file.write(b"bytes")
    return "memory://bucket/index.bin"


SHA = hashlib.sha256(b"bytes").hexdigest()


def test_bytes_of_another_sha256_are_refused(tmp_path):
    io.write_bytes(f"{tmp_path}/x", b"bytes")
    assert io.read_bytes(f"{tmp_path}/x", SHA) == b"bytes"
    with pytest.raises(ValueError, match=f"/x: expected sha256 {'0' * 64}, got {SHA}"):
        io.read_bytes(f"{tmp_path}/x", "0" * 64)


def test_a_local_file_is_its_own_copy(tmp_path):
    (tmp_path / "x").write_bytes(b"other")
    assert local_copies.local_copy(str(tmp_path / "x"), SHA) == tmp_path / "x"


def test_a_remote_file_is_copied_once(remote, monkeypatch):
    path = local_copies.local_copy(remote, SHA)
    assert path.read_bytes() == b"bytes"
    assert path.parent.stat().st_mode & 0o77 == 0, "for this user only"
    monkeypatch.setattr(io, "read_bytes", lambda _: pytest.fail("copied again"))
    assert local_copies.local_copy(remote, SHA) == path


def test_other_bytes_are_refused_and_not_kept(remote):
    path = local_copies.local_copy(remote, SHA)
    path.write_bytes(b"spoilt")
    with pytest.raises(ValueError, match=f"expected sha256 {SHA}, got"):
        local_copies.local_copy(remote, SHA)
    assert not path.exists()
    assert local_copies.local_copy(remote, SHA).read_bytes() == b"bytes"
