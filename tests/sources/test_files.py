"""Which files a recipe means, and which ranges of them: every byte is in one."""

import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import sources
from curate.recipe import RecipeError
from curate.sources import InputFile, Range
from curate.store import file_blocks as blocks
from curate.store import io

from .reading import file_of, parsed, put


def test_files_are_in_the_order_of_source_and_path(tmp_path):
    for name in ("a/10.txt", "a/9.txt", "a/B.txt", "b/1.txt", "z.txt"):
        put(tmp_path / name)
    made = parsed(
        tmp_path,
        web={"path": "a/*.txt"},
        books={"path": ["z.txt", "b/*.txt"]},
    )
    files, warnings = sources.inventory(made)
    assert [(f.source, f.file_path) for f in files] == [
        ("books", "1.txt"),
        ("books", "z.txt"),
        ("web", "10.txt"),
        ("web", "9.txt"),
        ("web", "B.txt"),
    ]
    assert [f.number for f in files] == list(range(5))
    assert {f.size for f in files} == {1}
    assert warnings == []


def test_the_order_of_paths_does_not_matter(tmp_path):
    for name in ("1.txt", "2.txt", "3.txt"):
        put(tmp_path / name)
    result = [
        sources.inventory(parsed(tmp_path, s={"path": list(order)}))
        for order in itertools.permutations(["1.txt", "2.txt", "[3].txt"])
    ]
    assert all(one == result[0] for one in result)


def test_a_file_listed_twice_is_used_once(tmp_path):
    put(tmp_path / "a/1.txt")
    put(tmp_path / "a/2.txt")
    made = parsed(tmp_path, s={"path": ["a/*.txt", "a/1.txt", f"file://{tmp_path}/a/1.txt"]})
    files, warnings = sources.inventory(made)
    assert [f.file_path for f in files] == ["1.txt", "2.txt"]
    line = f"sources.s.path: {tmp_path}/a/1.txt is listed twice, used once"
    assert warnings == [line, line]


def test_two_sources_may_share_a_file(tmp_path):
    put(tmp_path / "1.txt")
    files, warnings = sources.inventory(parsed(tmp_path, a={"path": "*.txt"}, b={"path": "*.txt"}))
    assert [(f.source, f.file_path) for f in files] == [("a", "1.txt"), ("b", "1.txt")]
    assert warnings == []


def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path):
    for folder in ("a", "b"):
        put(tmp_path / folder / "1.txt")
        put(tmp_path / folder / "2.txt")
    with pytest.raises(RecipeError) as error:
        sources.inventory(parsed(tmp_path, s={"path": ["a/*.txt", "b/*.txt"]}))
    lines = str(error.value).splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ["both 1.txt", "both 2.txt"]
    assert f"{tmp_path}/a/1.txt and {tmp_path}/b/1.txt" in lines[0]


def test_every_path_without_files_has_a_line(tmp_path):
    with pytest.raises(RecipeError) as error:
        sources.inventory(parsed(tmp_path, a={"path": ["1.txt", "2*"]}, b={"path": "3.txt"}))
    assert str(error.value).splitlines() == [
        f"sources.a.path: no file matches {tmp_path}/1.txt",
        f"sources.a.path: no file matches {tmp_path}/2*",
        f"sources.b.path: no file matches {tmp_path}/3.txt",
    ]


def test_more_files_than_keys_have_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sources.files, "MAX_FILES", 1)
    put(tmp_path / "1.txt")
    made = parsed(tmp_path, a={"path": "*.txt"}, b={"path": "*.txt"})
    with pytest.raises(RecipeError, match="expected at most 1 files, got 2"):
        sources.inventory(made)


def test_the_same_keys_wherever_the_files_lie(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    for folder in ("one", "other/deep"):
        put(tmp_path / folder / "x/1.txt")
    memory.pipe("/bucket/x/1.txt", b"x")
    roots = [f"{tmp_path}/one", f"file://{tmp_path}/other/deep", "memory://bucket"]
    result = [sources.inventory(parsed(tmp_path, s={"path": f"{r}/*/*.txt"}))[0] for r in roots]
    memory.rm("/bucket", recursive=True)
    assert [[(f.number, f.source, f.file_path) for f in files] for files in result] == [
        [(0, "s", "x/1.txt")]
    ] * 3


KINDS = ("warc", "wet", "parquet", "jsonl", "text")


def split(sizes, kinds, split_bytes):
    """Return (files, units) of files of these sizes, some a source, in the order of sources."""
    made = parsed(Path("/"), **{f"s{n}": {"kind": kind} for n, kind in enumerate(kinds)})
    made = made.model_copy(
        update={"extract": made.extract.model_copy(update={"split_bytes": split_bytes})}
    )
    owners = sorted(f"s{n % len(kinds)}" for n in range(len(sizes)))
    files = [
        file_of(size, number=n, source=owner, name=f"f{n}")
        for n, (size, owner) in enumerate(zip(sizes, owners, strict=True))
    ]
    return files, sources.split(files, made), made


@pytest.mark.usefixtures("small_blocks")
@given(
    st.lists(st.integers(0, 100), max_size=12),
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    st.integers(1, 6).map(lambda n: 8 * n),
)
def test_every_byte_is_in_one_range(sizes, kinds, split_bytes):
    files, units, made = split(sizes, kinds, split_bytes)
    assert list(units) == [f"{n:06d}" for n in range(len(units))]
    ranges = [one for unit in units.values() for one in unit]
    assert [one.file.number for one in ranges] == sorted(one.file.number for one in ranges)
    for file in files:
        own = [one for one in ranges if one.file == file]
        assert own[0].start == 0
        assert own[-1].stop == file.size
        assert all(one.stop == other.start for one, other in itertools.pairwise(own))
        assert all(one.start % blocks.BLOCK == 0 for one in own)
        assert len(own) == 1 or made.sources[file.source].kind in ("warc", "wet", "parquet")
    for unit in units.values():
        assert unit, "no unit is empty"
        assert len({one.file.source for one in unit}) == 1, "a unit holds ranges of one source"
        assert len(unit) == 1 or sum(one.stop - one.start for one in unit) <= split_bytes
        if any(one.stop - one.start < one.file.size for one in unit):
            assert len(unit) == 1, "a file that is cut shares its units with no other"
    assert sources.split(files, made) == units, "units depend on inputs and recipe only"


@pytest.mark.usefixtures("small_blocks")
def test_files_that_cannot_be_cut_are_whole():
    _, units, _ = split([100, 3, 4], ["jsonl"], 8)
    assert [[(one.start, one.stop) for one in unit] for unit in units.values()] == [
        [(0, 100)],
        [(0, 3), (0, 4)],
    ]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("size", "most", "expected"), [(800, 100, 8), (801, 100, 16), (800, 10, 80), (799, 10, 80)]
)
def test_splits_grow_where_there_would_be_too_many(monkeypatch, size, most, expected):
    monkeypatch.setattr(sources.files, "MAX_SPLITS", most)
    _, units, _ = split([size], ["warc"], 8)
    assert len(units) <= most
    assert units["000000"][0].stop == expected


@given(
    st.lists(
        st.builds(
            Range,
            st.builds(
                InputFile,
                st.integers(0),
                st.text(),
                st.text(),
                st.text(),
                st.integers(0),
                st.text(),
            ),
            st.integers(0),
            st.integers(0),
            st.none() | st.integers(0),
        ),
        max_size=3,
    )
)
def test_ranges_come_back_from_their_line(ranges):
    assert sources.ranges_from_json(sources.ranges_to_json(ranges)) == ranges


def test_a_store_whose_package_is_missing_is_told_with_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(RecipeError, match=r"^sources.s.path: gs://b/x.txt: .*\[gcs\]"):
        sources.inventory(parsed(tmp_path, s={"path": "gs://b/x.txt"}))


def test_errors_of_a_stores_client_are_told_with_the_key(tmp_path, monkeypatch):
    class ClientError(Exception):
        pass

    def refuse(_):
        raise ClientError("no credentials")

    monkeypatch.setattr(io, "filesystem_of", refuse)
    with pytest.raises(RecipeError) as told:
        sources.inventory(parsed(tmp_path, s={"path": "s3://b/x.txt"}))
    assert str(told.value) == "sources.s.path: s3://b/x.txt: ClientError: no credentials"
