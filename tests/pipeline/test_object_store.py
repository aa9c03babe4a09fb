"""Sources read from an object store and shards written to it; uploads that are dropped.

The store is moto's server in this process. Between it and us may stand a proxy that closes the
connection in the middle of an upload.
"""

import hashlib
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from fsspec.core import url_to_fs
from moto.server import ThreadedMotoServer

from curate.store import io
from pipeline.runs import assert_same, command, committed, finish, receipts_by_unit, shas

BUCKET = "corpora"
KEYS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_RETRY_MODE": "standard",
    "AWS_MAX_ATTEMPTS": "1",
    "NO_PROXY": "127.0.0.1",
}


class Dropping(socketserver.ThreadingTCPServer):
    """A proxy that forwards to `store`, but ends each doomed PUT in the middle of its body."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, store: tuple[str, int], doomed: Callable[[str], bool]) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.store, self.doomed = store, doomed
        self.dropped: list[str] = []  # paths of requests
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Connection(socketserver.BaseRequestHandler):
    """One connection; the clients here never send a request before the last was answered."""

    server: Dropping

    def handle(self) -> None:
        with socket.create_connection(self.server.store) as store:
            back = threading.Thread(target=forward, args=(store, self.request))
            back.start()
            try:
                self.requests(store)
            except ConnectionError:
                pass
            finally:
                for end in (store, self.request):
                    close(end)
                back.join()

    def requests(self, store: socket.socket) -> None:
        left = None  # bytes of a doomed request still to be let through
        while data := self.request.recv(1 << 16):
            if left is None and data.startswith(b"PUT "):
                while b"\r\n\r\n" not in data:
                    data += self.request.recv(1 << 16)
                left = self.judged(data)
            if left is None:
                store.sendall(data)
                continue
            store.sendall(data[:left])
            left -= len(data)
            if left <= 0:
                return

    def judged(self, data: bytes) -> int | None:
        """Return how much of a PUT goes through: None is all of it."""
        head = data[: data.index(b"\r\n\r\n") + 4]
        path = head.split()[1].decode()
        with self.server.lock:
            if not self.server.doomed(path):
                return None
            self.server.dropped.append(path.partition("?")[0])
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert length, head
        return len(head) + min(int(length[1]) // 2, 1 << 16)


def forward(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(1 << 16):
            other.sendall(data)
    except OSError:
        pass
    close(other)


def close(end: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def dropping(store: tuple[str, int], doomed: Callable[[str], bool]) -> Iterator[Dropping]:
    with Dropping(store, doomed) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


class Store:
    """The bucket, seen past every proxy."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.url = "http://{}:{}".format(*address)
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=KEYS["AWS_DEFAULT_REGION"],
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def env(self, endpoint: str | None = None) -> dict[str, str]:
        """Return the environment of those who use the store, by another endpoint if given."""
        return {**KEYS, "AWS_ENDPOINT_URL": endpoint or self.url}

    def objects(self, prefix: str = "") -> dict[str, Any]:
        """Return name -> when written."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {
            one["Key"]: one["LastModified"] for page in pages for one in page.get("Contents", ())
        }

    def body(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def unfinished(self) -> list[Any]:
        """Return the uploads in parts that were neither completed nor given up."""
        return self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])

    def download(self, prefix: str, folder: Path) -> None:
        for key in self.objects(prefix):
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.body(key))

    def upload(self, folder: Path, prefix: str) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = prefix + path.relative_to(folder).as_posix()
                self.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())


@pytest.fixture
def store():
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        result = Store(server.get_host_and_port())
        result.client.create_bucket(Bucket=BUCKET)
        yield result
        for key in result.objects():
            result.client.delete_object(Bucket=BUCKET, Key=key)
        result.client.close()
    finally:
        server.stop()


# --- single files ------------------------------------------------------------------------------


@pytest.fixture
def use(monkeypatch):
    """Return a function that has this process reach the store by an endpoint."""

    def set_(env):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        type(url_to_fs("s3://")[0]).clear_instance_cache()

    yield set_
    type(url_to_fs("s3://")[0]).clear_instance_cache()


def put_small(url):
    io.write_bytes(url, bytes(1 << 20))


def put_in_parts(url):
    with io.staged(url) as path, path.open("wb") as file:
        file.truncate(101 << 20)  # s3fs: from 100 MiB on in parts of 50


PUTS = {  # label: how to put, what to drop
    "in one piece": (put_small, "/doomed/"),
    "in parts, the first of them lost": (put_in_parts, "partNumber=1"),
}


def test_an_upload_through_the_proxy_arrives_where_it_is_not_dropped(store, use):
    with dropping(store.address, lambda path: "/doomed/" in path) as proxy:
        use(store.env(proxy.url))
        put_small(f"s3://{BUCKET}/spared/file")
    assert proxy.dropped == []
    assert store.body("spared/file") == bytes(1 << 20)


@pytest.mark.parametrize(("put", "lost"), PUTS.values(), ids=PUTS)
def test_a_dropped_upload_leaves_nothing(store, use, put, lost):
    with dropping(store.address, lambda path: lost in path) as proxy:
        use(store.env(proxy.url))
        with pytest.raises(BotoCoreError):
            put(f"s3://{BUCKET}/doomed/file")
    assert set(proxy.dropped) == {f"/{BUCKET}/doomed/file"}
    assert store.objects() == {}
    assert store.unfinished() == []


def test_a_dropped_upload_leaves_what_was_there(store, use):
    with dropping(store.address, lambda path: "/doomed/" in path) as proxy:
        use(store.env())
        io.write_bytes(f"s3://{BUCKET}/doomed/file", b"before")
        use(store.env(proxy.url))
        with pytest.raises(BotoCoreError):
            put_small(f"s3://{BUCKET}/doomed/file")
    assert proxy.dropped
    assert store.body("doomed/file") == b"before"


def test_a_writer_that_fails_uploads_nothing(store, use):
    def write():
        with io.staged(f"s3://{BUCKET}/file") as path:
            path.write_bytes(b"half of it")
            raise RuntimeError("no more")

    use(store.env())
    with pytest.raises(RuntimeError, match="no more"):
        write()
    assert store.objects() == {}


# --- a run -------------------------------------------------------------------------------------


def moved(recipe: Path, copy: Path, prefix: str) -> Path:
    """Return the recipe with its sources below a URL."""
    whole = yaml.safe_load(recipe.read_text())
    for source in whole["sources"].values():
        paths = [source["path"]] if isinstance(source["path"], str) else source["path"]
        source["path"] = [f"{prefix}/{path}" for path in paths]
    for name in (
        "lists",
        "benchmark.jsonl",
        "removed.parquet",
    ):  # are local, relative to the recipe
        (copy.parent / name).symlink_to(recipe.parent / name)
    copy.write_text(yaml.safe_dump(whole, sort_keys=False))
    return copy


@pytest.mark.slow
def test_a_run_whose_uploads_are_dropped_and_its_rerun(store, reference, tmp_path):
    store.upload(reference.recipe.parent, "in/")
    recipe = moved(reference.recipe, tmp_path / "recipe.yaml", f"s3://{BUCKET}/in")
    work, whole = tmp_path / "work", shas(reference.out)
    line = command(recipe, f"s3://{BUCKET}/out", f"--work={work}")
    spared: set[str] = set()

    def doomed(path: str) -> bool:
        """Return whether it is a shard, and none of the first three."""
        if not path.startswith(f"/{BUCKET}/out/corpus/"):
            return False
        if len(spared) < 3:
            spared.add(path)
        return path not in spared

    with dropping(store.address, doomed) as proxy:
        said = finish(line, store.env(proxy.url), code=1)
    assert "skipped" not in said
    assert "To go on where it was: curate run " in said
    assert "Traceback" not in said
    assert proxy.dropped
    out = store.objects("out/")
    del out["out/_curate.json"]  # whose folder it is
    assert {f"/{BUCKET}/{key}" for key in out} == spared
    for key in out:
        assert hashlib.sha256(store.body(key)).hexdigest() == whole[key.removeprefix("out/")]
    assert committed(work) >= {"extract", "mix"}
    assert not committed(work) & {"shards", "publish"}
    kept = receipts_by_unit(work, "shards")
    assert 0 < len(kept) <= len(spared)

    said = finish(line, store.env())
    assert f"shards: {len(kept)} of {len(whole)} were written before, kept" in said
    again = store.objects("out/")
    for unit in kept:
        assert again[f"out/corpus/{unit}"] == out[f"out/corpus/{unit}"]
    store.download("out/", tmp_path / "out")
    assert_same(tmp_path / "out", reference.out)
