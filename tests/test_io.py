"""Files appear whole or not at all, under names that do not depend on where they lie."""

import hashlib
import io as stdio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import io


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


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(io, "BLOCK", 8)


# A plain statement of the digest, to hold the incremental one against.
def plain_digest(data, block):
    total = 0
    for number in range(max(1, -(-len(data) // block))):
        place = number.to_bytes(8, "big") if number else b""
        piece = data[number * block : (number + 1) * block]
        total += int(hashlib.sha256(place + piece).hexdigest(), 16)
    return total % 2**256


@given(st.binary(max_size=60), st.lists(st.integers(1, 7), max_size=4))
def test_a_digest_does_not_depend_on_the_splits(data, cuts):
    block, io.BLOCK = io.BLOCK, 8
    try:
        ends = sorted({min(8 * cut, len(data)) for cut in cuts} | {len(data)})
        starts = [0, *(end for end in ends[:-1])]
        parts = [
            io.Blocks(stdio.BytesIO(data), start, stop).digest()
            for start, stop in zip(starts, ends, strict=True)
            if start < stop or len(data) == 0
        ]
        assert sum(parts) % 2**256 == plain_digest(data, 8)
    finally:
        io.BLOCK = block


def test_a_small_files_digest_is_its_sha256():
    data = b"some bytes"
    found = io.Blocks(stdio.BytesIO(data), 0, len(data)).digest()
    assert f"{found:064x}" == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("small_blocks")
def test_blocks_read_as_a_file_does():
    data = bytes(range(61))
    blocks = io.Blocks(stdio.BytesIO(data), 8, 24)
    for offset in (0, 3, 8, 15, 16, 60, 61, 70):
        for size in (0, 1, 7, 8, 9, 30, -1):
            blocks.seek(offset)
            wanted = data[offset:] if size < 0 else data[offset : offset + size]
            assert blocks.read(size) == wanted
    assert blocks.seek(-3, 2) == 58
    assert blocks.read() == data[58:]
    assert list(stdio.BufferedReader(io.Blocks(stdio.BytesIO(b"a\nb\nc"), 0, 5))) == [
        b"a\n",
        b"b\n",
        b"c",
    ]


@pytest.mark.usefixtures("small_blocks")
def test_a_range_starts_at_a_block():
    with pytest.raises(ValueError, match="multiple of 8"):
        io.Blocks(stdio.BytesIO(b""), 3, 9)


# --- copies for memory maps --------------------------------------------------------------------


@pytest.fixture
def remote(tmp_path, monkeypatch):
    import fsspec

    monkeypatch.setattr(io.tempfile, "gettempdir", lambda: str(tmp_path))
    with fsspec.open("memory://bucket/index.bin", "wb") as file:
        file.write(b"bytes")
    return "memory://bucket/index.bin"


SHA = hashlib.sha256(b"bytes").hexdigest()


def test_a_local_file_is_its_own_copy(tmp_path):
    (tmp_path / "x").write_bytes(b"other")
    assert io.local_copy(str(tmp_path / "x"), SHA) == tmp_path / "x"


def test_a_remote_file_is_copied_once(remote, monkeypatch):
    path = io.local_copy(remote, SHA)
    assert path.read_bytes() == b"bytes"
    assert path.parent.stat().st_mode & 0o77 == 0, "for this user only"
    monkeypatch.setattr(io, "read_bytes", lambda _: pytest.fail("copied again"))
    assert io.local_copy(remote, SHA) == path


def test_other_bytes_are_refused_and_not_kept(remote):
    path = io.local_copy(remote, SHA)
    path.write_bytes(b"spoilt")
    with pytest.raises(ValueError, match=f"expected sha256 {SHA}, got"):
        io.local_copy(remote, SHA)
    assert not path.exists()
    assert io.local_copy(remote, SHA).read_bytes() == b"bytes"
