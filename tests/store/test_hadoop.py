"""HDFS by doubles of both clients' other side: libhdfs as pyarrow shows it, and WebHDFS."""

import json

import pyarrow.fs
import pytest
from fsspec.core import url_to_fs

from curate.store import hadoop, io

from . import webhdfs


class Double(pyarrow.fs.SubTreeFileSystem):
    """A folder that behaves as pyarrow.fs.HadoopFileSystem: a rename replaces no file."""

    type_name = "hdfs"

    def get_file_info(self, paths):
        """Names are absolute, as in HDFS."""
        return [
            pyarrow.fs.FileInfo(f"/{i.path.strip('/')}", i.type, mtime=i.mtime, size=i.size)
            for i in super().get_file_info(paths)
        ]

    def move(self, src, dest):
        if self.get_file_info([dest])[0].type is not pyarrow.fs.FileType.NotFound:
            raise OSError(f"Rename {src} failed")
        super().move(src, dest)


@pytest.fixture(params=["hdfs", "webhdfs"])
def root(request, tmp_path, monkeypatch):
    """The URL of an empty folder."""
    if request.param == "hdfs":
        hosts = []

        def connect(host, port, **_):
            hosts.append((host, port))
            return Double(str(tmp_path), pyarrow.fs.LocalFileSystem())

        monkeypatch.setattr(pyarrow.fs, "HadoopFileSystem", connect, raising=False)
        filesystem = type(url_to_fs("hdfs://namenode:8020/data")[0])
        filesystem.clear_instance_cache()
        yield "hdfs://namenode:8020/data"
        assert set(hosts) == {("namenode", 8020)}
        filesystem.clear_instance_cache()
        return
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with webhdfs.running() as server:
        yield f"webhdfs://{server.host}/data"


def test_files_keep_their_host(root):
    for name in ("a/x.txt", "a/y.txt", "b/x.txt"):
        io.write_bytes(f"{root}/{name}", name.encode())
    found = io.find(f"{root}/*/x.txt")
    assert [one.file_path for one in found] == ["a/x.txt", "b/x.txt"]
    assert [one.url for one in found] == [f"{root}/a/x.txt", f"{root}/b/x.txt"]
    assert {one.size for one in found} == {7}
    assert all(one.version for one in found), "a changed file is to be seen"
    assert [one.url for one in io.find(f"{root}/a/x.txt")] == [f"{root}/a/x.txt"]
    assert io.list_files(root) == {
        f"{root}/{name}": 7 for name in ("a/x.txt", "a/y.txt", "b/x.txt")
    }
    assert io.list_folders(root) == ["a", "b"]
    assert io.list_files(f"{root}/none") == {}
    assert io.list_folders(f"{root}/none") == []
    with pytest.raises(FileNotFoundError):
        io.find(f"{root}/none.txt")


def test_files_are_read(root):
    data = bytes(range(256)) * 5_000
    io.write_bytes(f"{root}/x", data)
    assert io.exists(f"{root}/x")
    assert not io.exists(f"{root}/y")
    assert io.read_bytes(f"{root}/x") == data
    assert io.read_range(f"{root}/x", 0, 300) == data[:300]
    assert io.read_range(f"{root}/x", 999_000, 300, len(data)) == data[999_000:999_300]
    with io.open_read(f"{root}/x", len(data)) as file:
        assert file.read(1_000) == data[:1_000]
        file.seek(-10, 2)
        assert file.read() == data[-10:]
    assert io.read_many([f"{root}/x", f"{root}/x"]) == [data, data]
    io.write_bytes(f"{root}/empty", b"")
    assert io.read_bytes(f"{root}/empty") == b""


def test_files_are_replaced_and_deleted(root):
    for data in (b"old", b"new"):
        io.write_bytes(f"{root}/x", data)
    assert io.read_bytes(f"{root}/x") == b"new"
    assert io.list_files(root) == {f"{root}/x": 3}, "nothing is left beside it"
    io.write_bytes(f"{root}/deep/y", b"1")
    io.delete_many([f"{root}/x", f"{root}/gone"])
    io.delete(f"{root}/gone")
    assert list(io.list_files(root)) == [f"{root}/deep/y"]
    io.delete_tree(root)
    assert io.list_files(root) == {}


def test_a_file_is_created_once(root):
    assert io.create(f"{root}/lock", b"first")
    assert not io.create(f"{root}/lock", b"second")
    assert io.list_files(root) == {f"{root}/lock": 5}
    assert io.read_bytes(f"{root}/lock") == b"first"


def test_a_file_is_created_once_although_it_was_not_there_before(root, monkeypatch):
    """Another process writes it between the upload and the rename."""
    filesystem, path = io.filesystem_of(f"{root}/lock")
    put = type(filesystem).put_file

    def put_and_lose(self, local, beside):
        put(self, local, beside)
        put(self, local, path)

    monkeypatch.setattr(type(filesystem), "put_file", put_and_lose)
    assert not io.create(f"{root}/lock", b"second")
    assert list(io.list_files(root)) == [f"{root}/lock"]


def test_a_failed_upload_leaves_nothing(root, monkeypatch):
    io.write_bytes(f"{root}/x", b"old")
    filesystem, _ = io.filesystem_of(f"{root}/x")

    def move(*_):
        raise OSError("connection lost")

    monkeypatch.setattr(type(filesystem), "mv", move)
    with pytest.raises(OSError, match="connection lost"):
        io.write_bytes(f"{root}/x2", b"new")
    assert list(io.list_files(root)) == [f"{root}/x"]


def test_without_libhdfs_one_line_says_so():
    with pytest.raises(
        OSError, match=r"^hdfs://nowhere/x: expected Hadoop's libhdfs, and CLASSPATH"
    ):
        io.filesystem_of("hdfs://nowhere/x")


@pytest.mark.slow
def test_a_run_on_webhdfs(tmp_path, monkeypatch):
    """Sources, WORK and OUT on HDFS, from several processes; the bytes are those of a local run."""
    from curate.api.doors import load, run

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    rows = [{"text": " ".join(f"word{n * k % 97}" for k in range(60))} for n in range(50)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / "notes.jsonl").write_bytes(lines)
    filters = [{"gopher_quality": {"too_few_words": 3, "too_few_stop_words": None}}]

    def recipe(path):
        return {"sources": {"notes": {"kind": "jsonl", "path": path}}, "language": None,
                "filters": filters}  # fmt: skip

    with webhdfs.running() as server:
        root = f"webhdfs://{server.host}/user/me"
        io.write_bytes(f"{root}/in/notes.jsonl", lines)
        out = f"{root}/corpus"
        made = run(recipe(f"{root}/in/*.jsonl"), out, work=f"{root}/work", engine="local")
        local = run(recipe(f"{tmp_path}/*.jsonl"), f"{tmp_path}/corpus", engine="local")
        assert made.manifest["shards"] == local.manifest["shards"]
        table = load(out).documents().to_table()
        assert table.equals(local.documents().to_table())
        again = run(recipe(f"{root}/in/*.jsonl"), out, work=f"{root}/work", engine="local")
        assert again.manifest == made.manifest
        assert not any(name.endswith(".tmp") for name in server.files)


def test_other_stores_are_not_hdfs():
    assert hadoop.is_hdfs("webhdfs://host:9870/x")
    assert not any(map(hadoop.is_hdfs, ("s3://hdfs/x", "/hdfs/x", "memory://x")))
