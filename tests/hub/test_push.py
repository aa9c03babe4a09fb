"""A corpus on a double of the hub: what is sent, once, in few commits; what is missing is said."""

import hashlib
import json

import pytest
from test_verify import make

from curate.errors import RecipeError
from curate.hub import files, push
from curate.store import io
from curate.verify import verify

from . import double

# What the hub's client uses of its HTTP library when it sends a file.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
TO = "hf://datasets/owner/name"


@pytest.fixture
def hub(monkeypatch):
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    # Large files by LFS over HTTP: the double has no Xet storage.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with double.running() as (hub, address):
        hub.address = address
        yield hub


@pytest.fixture
def out(tmp_path):
    out = tmp_path / "corpus"
    make(out)
    (out / "README.md").write_text("---\nlicense: other\n---\n# A corpus\n")
    beside = [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()]
    return list_files(
        out, *(name for name in beside if not name.startswith(("corpus/", "manifest.json")))
    )


def list_files(out, *names):
    """Add files of OUT to its manifest."""
    manifest = json.loads((out / "manifest.json").read_text())
    for name in names:
        data = (out / name).read_bytes()
        about = {"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        listed = [one for one in manifest.get("files", []) if one["file"] != name]
        manifest["files"] = [*listed, about]
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


def send(hub, out, to=TO, **settings):
    return push.push(str(out), to, endpoint=hub.address, token=double.TOKEN, **settings)


def listed(out):
    manifest = json.loads((out / "manifest.json").read_text())
    return {one["file"] for one in (*manifest["shards"], *manifest["files"])}


def puts(hub):
    return [path for method, path in hub.calls if method == "PUT"]


def test_what_the_manifest_lists_arrives_in_one_commit(hub, out, tmp_path):
    (out / "notes.txt").write_text("of the user")
    (out / "report.html").write_text("a page")
    done = send(hub, out)
    there = hub.files("owner/name")
    assert there.keys() == listed(out) | {"manifest.json", "croissant.json"}
    for name in listed(out) | {"manifest.json"}:
        assert there[name] == (out / name).read_bytes()
    assert json.loads(there["croissant.json"])["conformsTo"].endswith("croissant/1.0")
    assert hub.commits("owner/name") == len(done["commits"]) == 1
    assert hub.repositories["owner/name"]["private"] is True
    assert (done["sent"], done["same"], done["deleted"]) == (len(there), 0, 0)
    copy = tmp_path / "copy"
    for name, data in there.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    checked, mistakes = verify(str(copy), workers=1)
    assert (mistakes, checked["records"] > 0) == ([], True)


@pytest.fixture
def bucket(request, monkeypatch):
    """The URL of an empty bucket of moto's server in this process."""
    moto = pytest.importorskip("moto.server")
    from fsspec.core import url_to_fs

    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    filesystem = url_to_fs("s3://corpora")[0]
    type(filesystem).clear_instance_cache()
    bucket = f"corpora-{request.node.callspec.id.replace(' ', '-')}"  # the server keeps all
    url_to_fs("s3://corpora")[0].mkdir(bucket)
    yield f"s3://{bucket}"
    type(filesystem).clear_instance_cache()
    server.stop()


@pytest.mark.parametrize("has_large", [False, True], ids=["in memory", "by way of a file"])
def test_a_corpus_in_a_store_is_sent(hub, out, bucket, has_large, monkeypatch):
    if has_large:  # as on the hub, what is large is stored by LFS
        plain = [path.stat().st_size for path in out.glob("*.*") if path.suffix != ".parquet"]
        monkeypatch.setattr(push, "SMALL", max(plain))
        assert any(path.stat().st_size > max(plain) for path in out.rglob("*.parquet"))
    for path in out.rglob("*"):
        if path.is_file():
            io.write_bytes(f"{bucket}/a/{path.relative_to(out).as_posix()}", path.read_bytes())
    done = push.push(f"{bucket}/a", TO, endpoint=hub.address, token=double.TOKEN)
    there = hub.files("owner/name")
    assert {name: there[name] for name in listed(out)} == {
        name: (out / name).read_bytes() for name in listed(out)
    }
    assert done["sent"] == len(there) == len(listed(out)) + 2
    again = push.push(f"{bucket}/a", TO, endpoint=hub.address, token=double.TOKEN)
    assert (again["sent"], again["commits"]) == (0, [])


def test_the_second_time_nothing_is_sent(hub, out):
    send(hub, out)
    before = len(hub.calls)
    done = send(hub, out)
    assert (done["sent"], done["commits"], done["same"]) == (0, [], len(listed(out)) + 2)
    assert {method for method, _ in hub.calls[before:]} == {"GET"}
    assert hub.commits("owner/name") == 1


def test_an_interrupted_push_goes_on(hub, out):
    hub.refuse_after = 1
    with pytest.raises(Exception, match="to the Hub"):
        send(hub, out)
    assert hub.files("owner/name") == {}, "half a corpus was to be seen"
    hub.refuse_after = None
    sent = {path for path in puts(hub) if path.rpartition("/")[2] in hub.objects}
    before = len(puts(hub))
    send(hub, out)
    assert not sent & set(puts(hub)[before:])
    assert hub.files("owner/name").keys() >= listed(out)
    assert hub.commits("owner/name") == 1


def test_many_files_are_several_commits_and_the_manifest_is_in_the_last(hub, out, monkeypatch):
    monkeypatch.setattr(push, "COMMIT_FILES", 2)
    done = send(hub, out)
    total = len(listed(out)) + 2
    assert hub.commits("owner/name") == len(done["commits"]) == -(-total // 2)
    history = [set(files) for _, files in hub.repositories["owner/name"]["branches"]["main"]]
    assert [("manifest.json" in names) for names in history] == [False] * (len(history) - 1) + [
        True
    ]


def test_a_new_version_replaces_the_old_one_and_leaves_files_of_others(hub, out):
    send(hub, out)
    entries = hub.repositories["owner/name"]["branches"]["main"][-1][1]
    entries["LICENSE"] = {"lfs": False, "oid": double.blob(b"x"), "size": 1, "data": b"x"}
    manifest = json.loads((out / "manifest.json").read_text())
    old = manifest["shards"][0]["file"]
    new = old.replace(".parquet", ".v2.parquet")
    (out / old).rename(out / new)
    manifest["shards"][0]["file"] = new
    (out / "manifest.json").write_text(json.dumps(manifest))
    before = len(puts(hub))
    done = send(hub, out)
    assert (done["sent"], done["deleted"]) == (3, 1)  # shard, manifest, croissant.json
    there = hub.files("owner/name")
    assert new in there
    assert old not in there
    assert there["LICENSE"] == b"x"
    assert puts(hub)[before:] == [], "the shard's bytes were there"


def test_texts_the_corpus_does_not_hold_stay_at_home(hub, out):
    (out / "samples").mkdir()
    for name in ("samples/samples.parquet", "pairs.parquet"):
        (out / name).write_bytes(b"texts of " + name.encode())
    list_files(out, "samples/samples.parquet", "pairs.parquet")
    send(hub, out)
    assert not {"samples/samples.parquet", "pairs.parquet"} & hub.files("owner/name").keys()
    done = send(hub, out, texts_of_others=True)
    assert done["sent"] == 2
    assert {"samples/samples.parquet", "pairs.parquet"} <= hub.files("owner/name").keys()


def test_a_branch_and_a_repository_that_is_there(hub, out):
    hub.create("owner/name")
    done = send(hub, out, f"{TO}@next", public=True)
    assert done["url"] == f"{hub.address}/datasets/owner/name/tree/next"
    assert hub.files("owner/name") == {}
    assert hub.files("owner/name", "next").keys() >= listed(out)


def test_a_shard_that_is_not_the_manifests_is_not_sent(hub, out):
    name = json.loads((out / "manifest.json").read_text())["shards"][0]["file"]
    data = bytearray((out / name).read_bytes())
    data[100] ^= 1
    (out / name).write_bytes(data)
    with pytest.raises(RecipeError, match=f"{name}: expected sha256 "):
        send(hub, out)
    (out / name).write_bytes(data[:-1])
    with pytest.raises(RecipeError, match=rf"expected {name} with .* bytes, found"):
        send(hub, out)
    (out / name).unlink()
    with pytest.raises(RecipeError, match="found none; curate verify checks"):
        send(hub, out)


WRONG = {
    "no dataset": "hf://owner/name",
    "a file of one": "hf://datasets/owner/name/data",
    "another store": "s3://bucket/name",
    "a name alone": "owner/name",
}


@pytest.mark.parametrize("to", WRONG.values(), ids=WRONG)
def test_other_urls_are_refused(out, to):
    with pytest.raises(RecipeError, match=r"TO: expected hf://datasets/OWNER/NAME"):
        push.push(str(out), to)


def test_what_is_missing_is_said(hub, out, monkeypatch):
    import builtins

    import huggingface_hub

    with pytest.raises(RecipeError, match="does not know this token"):
        push.push(str(out), TO, endpoint=hub.address, token="hf_old")
    with pytest.raises(RecipeError, match="may write to datasets/owner/name"):
        push.push(str(out), TO, endpoint=hub.address, token=double.READER)
    with pytest.raises(ConnectionError, match=r"push: http://127\.0\.0\.1:9 cannot be reached: "):
        push.push(str(out), TO, endpoint="http://127.0.0.1:9", token=double.TOKEN)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(RecipeError, match="HF_TOKEN"):
        push.push(str(out), TO, endpoint=hub.address)
    with pytest.raises(RecipeError, match=r"found no manifest\.json"):
        push.push(str(out.parent), TO)
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("huggingface_hub"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"push: hf:// needs huggingface_hub: pip install .*hf\]"):
        push.push(str(out), TO)


def test_batches_are_bounded():
    several = [files.LocalFile(str(n), 10, "") for n in range(7)] + [
        files.LocalFile("large", 99, "")
    ]
    assert [len(batch) for batch in files.batches(several, 4, 1_000)] == [4, 4]
    assert [len(batch) for batch in files.batches(several, 4, 20)] == [2, 2, 2, 1, 1]
    assert list(files.batches([], 4, 20)) == []
