"""Records removed from a corpus: against a plain filter of its rows, and killed at each step."""

import json
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_verify import make, mistakes

from curate.cli import main
from curate.errors import RecipeError
from curate.store import io, schema
from curate.store.keys import text_hash
from curate.store.ledger import manifest_digest
from curate.store.shard_writer import ShardWriter
from curate.takedown import tombstones as stones_
from curate.takedown.lists import read_lists
from curate.takedown.packs import note, work_folders
from curate.takedown.remove import remove
from curate.takedown.tombstones import Tombstones, files_of, read_all

TEXT = "Text {n} of {source}, piece {piece}. "


@pytest.fixture
def out(tmp_path):
    """A sound corpus with URLs, in which news-7 is a copy of news-8 up to white space."""
    out = tmp_path / "out"
    manifest = make(out)
    for shard in manifest["shards"]:
        path = out / shard["file"]
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            name, _, n = row["id"].partition("-")
            row["url"] = f"https://{name}.example/{n}/"
            if row["id"] == "news-7":
                row["text"] = f" {TEXT.format(n=8, source='news', piece=0)}\n" * 3
        with path.open("wb") as file, ShardWriter(file, schema.CORPUS) as writer:
            writer.write(pa.RecordBatch.from_pylist(rows, schema.CORPUS))
        done = writer.close()
        shard.update(bytes=done.bytes, sha256=done.sha256, text_bytes=done.text_bytes)
    (out / "duplicates").mkdir()
    rows = [{"removed_id": "late-1", "kept_id": "news-3", "rule": "near"},
            {"removed_id": "late-2", "kept_id": "news-4", "rule": "exact"}]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.DUPLICATES), out / "duplicates/d.parquet")
    (out / "samples").mkdir()
    rows = [{"state": "kept", "stage": "mix", "source": "news", "id": f"news-{n}",
             "text": f"text {n}"} for n in (3, 4)]  # fmt: skip
    rows += [{"state": "dropped", "stage": "dedup", "source": "late", "id": f"late-{n}",
              "text": f"much as news-{n + 2}"} for n in (1, 2)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.SAMPLES), out / "samples/samples.parquet")
    (out / "README.md").write_text("# Corpus\n")
    manifest["files"] = [
        {"file": name, "bytes": (out / name).stat().st_size, "sha256": io.sha256(out / name)}
        for name in ("README.md", "samples/samples.parquet", "ledger.json")
    ]
    manifest["digest"] = manifest_digest(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


def rows_of(out):
    """Return the rows of the shards that the manifest names, in their order."""
    manifest = json.loads((out / "manifest.json").read_text())
    return [
        row
        for shard in manifest["shards"]
        for row in pq.read_table(out / shard["file"]).to_pylist()
    ]


def plainly(rows, is_named):
    """Return the rows that stay: the plain statement of what `remove` does."""
    ids = {row["id"] for row in rows if is_named(row)}
    texts = {" ".join(row["text"].split()) for row in rows if row["id"] in ids}
    return [
        row
        for row in rows
        if row["id"] not in ids and " ".join(row["text"].split()) not in texts
    ]  # fmt: skip


def text_of(n, source, piece=0):
    return TEXT.format(n=n, source=source, piece=piece) * 3


CASES = {
    "a URL in another spelling": (
        {"urls": ["http://www.news.example/3?utm_source=x"]},
        lambda row: row["id"] == "news-3",
    ),
    "a URL whose text has a copy": (
        {"urls": ["https://news.example/8"]}, lambda row: row["id"] == "news-8",
    ),
    "a domain, with its hosts": (
        {"domains": ["example"]}, lambda _: True,
    ),
    "a domain of one source": (
        {"domains": ["https://books.example/"]}, lambda row: row["source"] == "books",
    ),
    "ids, of a document in pieces": (
        {"ids": ["news-2", "no-1"]}, lambda row: row["id"] == "news-2",
    ),
    "the text of one piece": (
        {"texts": [f"{text_of(2, 'news', 1)} \n"]}, lambda row: row["id"] == "news-2",
    ),
    "what is not there": ({"ids": ["no-1"], "urls": ["http://no.example"]}, lambda _: False),
    "what is held out": ({"ids": ["news-90"]}, lambda row: row["id"] == "news-90"),
}  # fmt: skip


@pytest.mark.parametrize(("named", "is_named"), CASES.values(), ids=CASES)
def test_it_is_the_old_corpus_without_those_rows(out, named, is_named):
    before = rows_of(out)
    assert mistakes(out) == []
    old = {path.name: path.read_bytes() for path in out.rglob("*.parquet")}
    stays = plainly(before, is_named)
    done = remove(str(out), Tombstones.of(**named), workers=1)
    assert rows_of(out) == stays
    assert mistakes(out) == []
    assert done["rows"] == len(before) - len(stays)
    assert done["tokens"] == 20 * done["rows"]
    shards = {shard["file"] for shard in json.loads((out / "manifest.json").read_text())["shards"]}
    assert shards == {p.relative_to(out).as_posix() for p in out.glob("corpus/*/*.parquet")}
    rewritten = {file for file in shards if ".v2." in file}
    assert len(rewritten) == len(done["shards"])
    for file in shards - rewritten:
        assert (out / file).read_bytes() == old[file.rpartition("/")[2]]


def test_tombstones_hold_hashes_of_what_went_and_of_its_copies(out):
    remove(str(out), Tombstones.of(urls=["https://news.example/3"]), workers=1)
    stones = read_all([str(out)])
    assert stones.name("news-3", None)
    assert stones.name(None, "http://news.example/3")
    assert stones.hold(text_hash(text_of(3, "news")))
    assert stones.name("late-1", None), "it was removed in favour of news-3"
    assert not stones.name("late-2", None)
    data = (out / "tombstones/tombstones-00002.parquet").read_bytes()
    assert b"news.example" not in data
    remove(str(out), Tombstones.of(ids=["news-4"]), workers=1)
    assert [url.rpartition("-")[2] for url in files_of(str(out))] == [
        "00002.parquet",
        "00003.parquet",
    ]
    assert read_all([str(out)]).name("news-3", None)
    assert read_all([str(out)]).name("late-2", None)
    assert mistakes(out) == []


def test_labels_follow(out):
    (out / "labels").mkdir()
    columns = {"source": "news", "site": "x", "text": "t", "score": 1.0, "raters": 1,
               "state": "kept", "stage": "mix"}  # fmt: skip
    rows = [{**columns, "id": row["id"]} for row in
            pq.read_table(out / "samples/samples.parquet").to_pylist()]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema.LABELS), out / "labels/labels.parquet")
    (out / "labels/task-0.jsonl").write_text("texts")
    remove(str(out), Tombstones.of(ids=["news-3"]), workers=1)
    left = pq.read_table(out / "samples/samples.parquet").to_pylist()
    assert 0 < len(left) < len(rows)
    labels = pq.read_table(out / "labels/labels.parquet").to_pylist()
    assert [row["id"] for row in labels] == [row["id"] for row in left]
    assert not (out / "labels/task-0.jsonl").exists()


def test_samples_and_card_follow(out):
    remove(str(out), Tombstones.of(ids=["news-3"]), workers=1)
    samples = pq.read_table(out / "samples/samples.parquet").to_pylist()
    assert [row["id"] for row in samples] == ["news-4", "late-2"], "late-1 is a copy of news-3"
    assert "| train | 3 | 53 |" in (out / "README.md").read_text()
    signed = {one["file"] for one in json.loads((out / "manifest.json").read_text())["files"]}
    assert {"README.md", "samples/samples.parquet", "tombstones/tombstones-00002.parquet"} <= signed


class KilledError(Exception):
    pass


def killed_at(monkeypatch, number, *, after):
    """Let the number-th change of a file end what runs, before or after it is made."""
    changes = 0

    def count():
        nonlocal changes
        changes += 1
        return changes == number

    staged, delete_many = io.staged, io.delete_many

    @contextmanager
    def killing(url):
        last = count()
        with staged(url) as path:
            yield path
            if last and not after:
                raise KilledError
        if last:
            raise KilledError

    def killing_delete(urls):
        urls = list(urls)
        last = count()
        delete_many(urls[: len(urls) // 2] if last and not after else urls)
        if last:
            raise KilledError

    monkeypatch.setattr(io, "staged", killing)
    monkeypatch.setattr(io, "delete_many", killing_delete)


def test_killed_at_each_step_it_is_the_old_or_the_new_version(out, tmp_path, monkeypatch):
    named = Tombstones.of(ids=["news-3", "books-1"], urls=["https://news.example/8"])
    before = rows_of(out)
    stays = plainly(before, lambda row: row["id"] in ("news-3", "books-1", "news-8"))
    whole = tmp_path / "whole"
    copy(out, whole)
    remove(str(whole), named, workers=1)
    expected = (whole / "manifest.json").read_bytes()
    seen = []
    for number in range(1, 60):
        here = tmp_path / f"killed-{number}"
        copy(out, here)
        with monkeypatch.context() as patch:
            killed_at(patch, number, after=False)
            try:
                remove(str(here), named, workers=1, log=lambda _: None)
            except KilledError:
                pass
            else:
                break
        rows = rows_of(here)
        assert rows in (before, stays), number
        strays = [line for line in mistakes(here) if "expected only shards" not in line]
        assert strays == [], number
        seen.append(rows == stays)
        again = named if rows == before else Tombstones.of(ids=["no-1"])
        remove(str(here), again, workers=1, log=lambda _: None)  # the same command goes on
        assert rows_of(here) == stays
        assert again is not named or (here / "manifest.json").read_bytes() == expected
        assert not list(here.glob("tombstones/_removal/*"))
    assert len(seen) > 10, "most changes come before the manifest's"
    assert seen[-1]
    assert not seen[-3]


def copy(out, to):
    import shutil

    shutil.copytree(out, to)


def test_shards_that_were_written_before_are_kept(out, monkeypatch):
    named = Tombstones.of(domains=["books.example"])
    with monkeypatch.context() as patch:
        killed_at(patch, 6, after=True)
        with pytest.raises(KilledError):
            remove(str(out), named, workers=1)
    notes = list(out.glob("tombstones/_removal/*"))
    assert notes
    said = []
    remove(str(out), named, workers=1, log=said.append)
    assert said == [f"remove: {len(notes)} shards were written before, kept"]
    assert not list(out.glob("tombstones/_removal/*"))


def test_packs_that_hold_the_tokens_are_named(out, tmp_path):
    for name, format_, files in (
        ("a", "megatron", ["train-00000-of-00003.bin", "train-00002-of-00003.bin"]),
        ("b", "nanogpt", ["train.bin", "val.bin"]),
    ):
        (tmp_path / name).mkdir()
        pack = {"format": format_, "files": [{"file": file} for file in files]}
        (tmp_path / name / "pack.json").write_text(json.dumps(pack))
        note(str(out), str(tmp_path / name))
    note(str(out), str(tmp_path / "gone"))
    done = remove(str(out), Tombstones.of(domains=["news.example"]), workers=1)
    assert {pack["pack"].rpartition("/")[2]: pack["files"] for pack in done["packs"]} == {
        "a": ["train-00000-of-00003.bin", "train-00002-of-00003.bin"],
        "b": ["train.bin", "val.bin"],
    }


def test_the_command(out, tmp_path, capsys):
    (tmp_path / "urls.txt").write_text("# asked for on Monday\nhttps://news.example/3\n")
    with pytest.raises(SystemExit) as left:
        main(["remove", str(out), "--urls", str(tmp_path / "urls.txt"), "--workers", "1"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert "Removed: 2 rows of 1 documents, 40 tokens;" in told
    assert "Version 2:" in told
    assert "Holds their texts" not in told
    assert "In no shard" not in told


def test_names_that_no_shard_has_are_told(out, tmp_path, capsys):
    names = {
        "urls": "https://news.example/3\nhttps://news.example/300\nhttps://no.example/",
        "domains": "books.example\nno.example",
        "ids": "news-4",
        "text": f"Said nowhere.\n{text_of(5, 'news')}",
    }
    options = []
    for name, lines in names.items():
        (tmp_path / name).write_text(lines)
        options += [f"--{name}", str(tmp_path / name)]
    with pytest.raises(SystemExit):
        main(["remove", str(out), *options, "--workers", "1"])
    told = capsys.readouterr().out
    assert (
        "In no shard, noted for later runs: 1 of the domains, 1 of the texts, 2 of the URLs\n"
    ) in told


def test_a_folder_of_others_is_left_as_it_is(tmp_path, capsys):
    """A marker in it would let a later run delete what it holds."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    (tmp_path / "urls.txt").write_text("https://news.example/3\n")
    with pytest.raises(SystemExit) as left:
        main(["remove", str(other), "--urls", str(tmp_path / "urls.txt")])
    assert left.value.code == 2
    assert "expected a finished run" in capsys.readouterr().err
    assert [file.name for file in other.iterdir()] == ["notes.txt"]


def test_work_is_named_wherever_it_is(out, tmp_path):
    elsewhere, other = tmp_path / "elsewhere", tmp_path / "other"
    for folder in (elsewhere, out / "_work", other):
        (folder / "extract").mkdir(parents=True)
    for folder in (elsewhere, out / "_work"):
        (folder / "_curate.json").write_text("{}")
    (out / "run.json").write_text(json.dumps({"work": str(elsewhere)}))
    assert work_folders(str(out)) == sorted([str(elsewhere), str(out / "_work")])
    (out / "run.json").write_text(json.dumps({"work": str(other)}))
    assert work_folders(str(out)) == [str(out / "_work")], "a folder of others is none of ours"


WRONG = {
    "nothing named": ({}, r"expected lists of URLs, .*\(--urls, .*, got none"),
    "no such file": (
        {"urls": ["no.txt"]},
        r"--urls: expected a list as UTF-8, got \S*no\.txt: No such file or directory$",
    ),
    "an empty list": ({"domains": ["empty.txt"]}, "--domains: expected one a line"),
    "no text": ({"texts": ["bad.jsonl"]}, r'--text: expected a text.* in line 1 .*got {"a": 1}'),
}


@pytest.mark.parametrize(("lists", "message"), WRONG.values(), ids=WRONG)
def test_mistakes(out, tmp_path, lists, message):
    (tmp_path / "empty.txt").write_text("# none\n")
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n')
    paths = {key: [str(tmp_path / name) for name in names] for key, names in lists.items()}
    with pytest.raises(RecipeError, match=message):
        remove(str(out), read_lists(**paths), workers=1)


def test_a_manifest_that_was_changed_is_refused(out):
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["seed"] += 1
    (out / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RecipeError, match="its digest is another"):
        remove(str(out), Tombstones.of(ids=["news-3"]), workers=1)
    (out / "manifest.json").unlink()
    with pytest.raises(RecipeError, match=r"found no manifest\.json"):
        remove(str(out), Tombstones.of(ids=["news-3"]), workers=1)


def test_texts_are_read_from_lines_and_from_whole_files(tmp_path):
    (tmp_path / "several.jsonl").write_text('"one  text"\n{"text": "two"}\n')
    (tmp_path / "whole.txt").write_text("a whole\ntext\n")
    result = read_lists(texts=[str(tmp_path / "several.jsonl"), str(tmp_path / "whole.txt")])
    assert all(result.hold(text_hash(text)) for text in ("one text", "two", "a whole text"))
    assert len(result) == 3


def test_tombstones_are_read_as_written(tmp_path):
    stones = Tombstones.of(ids=["a"], urls=["http://b.org"], domains=["c.org"], texts=["d"])
    stones.write(str(tmp_path / "stones.parquet"))
    assert stones_.read(str(tmp_path / "stones.parquet")).digest() == stones.digest()
    (tmp_path / "bad.parquet").write_bytes(b"no")
    with pytest.raises(RecipeError, match="expected tombstones as Parquet"):
        stones_.read(str(tmp_path / "bad.parquet"))
