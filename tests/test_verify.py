"""A sound corpus passes; each thing that can be wrong with it is told."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.recipe import RecipeError
from curate.store import schema
from curate.store.keys import Tally
from curate.store.shard_writer import ShardWriter
from curate.verify import verify

SEED = 7
MODULUS = 1 << 64


def shuffle_hash(key):
    """The hash of the shuffle as contract and README put it, by another library's hash."""
    import xxhash

    return xxhash.xxh3_64(f"{SEED}\x1fshuffle\x1f{key}".encode()).intdigest()


def row(n, source, piece, epoch):
    return {
        "text": f"Text {n} of {source}, piece {piece}. " * 3,
        "id": f"{source}-{n}",
        "piece": piece,
        "epoch": epoch,
        "source": source,
        "file_path": "f",
        "token_count": 20,
    }


def corpus_rows():
    """Return (order, row): 30 of news once, five of them in two pieces; 10 of books twice."""
    rows = []
    for n in range(30):
        for piece in range(2 if n < 5 else 1):
            key = f"news-{n}\x1f{piece}" if piece else f"news-{n}"
            rows.append((shuffle_hash(key), row(n, "news", piece, 0)))
    for n in range(10):
        for epoch in range(2):
            order = (epoch * MODULUS + shuffle_hash(f"books-{n}")) // 2
            rows.append((order, row(n, "books", 0, epoch)))
    return sorted(rows, key=lambda pair: pair[0])


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, ShardWriter(file, schema.CORPUS) as writer:
        columns = {f.name: [one.get(f.name) for one in rows] for f in schema.CORPUS}
        writer.write(pa.RecordBatch.from_pydict(columns, schema=schema.CORPUS))
    data = path.read_bytes()
    return {
        "file": path.relative_to(path.parents[2]).as_posix(),
        "rows": len(rows),
        "bytes": len(data),
        "text_bytes": sum(len(one["text"].encode()) for one in rows),
        "tokens": sum(one["token_count"] for one in rows),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def shares(rows, target):
    sums = {}
    for one in rows:
        own = sums.setdefault(one["source"], [0, 0])
        own[0] += 1
        own[1] += one["token_count"]
    whole = sum(tokens for _, tokens in sums.values())
    return {
        source: {
            "target": target[source],
            "achieved": tokens / whole,
            "target_tokens": int(target[source] * whole),
            "tokens": tokens,
            "documents": documents,
            "epochs": 1.0,
            "at_cut": 4,  # one document of which half were taken would be two tokens off
        }
        for source, (documents, tokens) in sums.items()
    }


def make(out):
    """Write a sound corpus; return its manifest."""
    rows = [one for _, one in corpus_rows()]
    name = "corpus/train/train-{:05d}-of-00003.parquet"
    shards = [write(out / name.format(n), rows[20 * n : 20 * n + 20]) for n in range(2)]
    shards.append(write(out / name.format(2), rows[40:]))
    held = sorted((row(n, "news", 0, 0) for n in (90, 91)), key=lambda one: shuffle_hash(one["id"]))
    shards.append(write(out / "corpus/validation/validation-00000-of-00001.parquet", held))
    manifest = {
        "schema_version": 1,
        "shards": shards,
        "mixture": shares(rows, {"news": 0.636, "books": 0.364}),
        "seed": SEED,
        "tokenizer": {"name": "gpt2", "sha256": "0" * 64},
        "benchmarks": [{"name": "quiz", "ngram": 13}],
    }
    ids = [f"news-{n}" for n in range(30)] + [f"books-{n}" for n in range(10)]
    outcomes = [("kept", "mix", None)] * 40 + [("held_out", "mix", None)] * 2
    outcomes += [("dropped", "dedup", "exact_duplicate"), ("skipped", "extract", "request")]
    ledger = [
        {"source": "s", "file_path": "f", "n": n, "state": state, "stage": stage, "reason": reason,
         "id": ids[n] if n < len(ids) else None}
        for n, (state, stage, reason) in enumerate(outcomes)
    ]  # fmt: skip
    tally = Tally()
    for n in range(len(outcomes)):
        tally.add("s", "f", n)
    (out / "ledger").mkdir()
    table = pa.Table.from_pylist(ledger, schema.LEDGER)
    pq.write_table(table, out / "ledger/ledger-00000-of-00001.parquet")
    dump(out / "manifest.json", manifest)
    dump(
        out / "ledger.json",
        {
            "records_in": 44, "kept": 40, "held_out": 2, "unused": 0, "damaged": 0,
            "skipped": {"request": 1}, "dropped": {"dedup": {"exact_duplicate": 1}},
            "checksum_in": f"{tally.checksum:016x}", "checksum_out": f"{tally.checksum:016x}",
        },
    )  # fmt: skip
    (out / "contamination").mkdir()
    hits = [{"id": "x", "source": "s", "start": n, "end": n + 5, "benchmark": "quiz",
             "item": f"q{n % 2}", "field": "text"} for n in range(3)]  # fmt: skip
    table = pa.Table.from_pylist(hits, schema.CONTAMINATION)
    pq.write_table(table, out / "contamination/contamination-00000-of-00001.parquet")
    dump(out / "contamination.json", {"benchmarks": [{"name": "quiz", "ngram": 13, "dirty": 2}]})
    return manifest


def dump(path, data):
    path.write_text(json.dumps(data))


def change(path, function):
    data = json.loads(path.read_text())
    function(data)
    dump(path, data)


@pytest.fixture
def out(tmp_path):
    make(tmp_path / "out")
    return tmp_path / "out"


def mistakes(out):
    return verify(str(out), workers=1)[1]


FIRST = "corpus/train/train-00000-of-00003.parquet"
SECOND = "corpus/train/train-00001-of-00003.parquet"


def test_a_sound_corpus(out, capsys):
    checked = {"shards": 4, "rows": 57, "other files": 0, "records": 44}
    assert verify(str(out), workers=1) == (checked, [])
    main_(["verify", str(out)], 0)
    told = capsys.readouterr().out
    assert "4 shards, 57 rows, 0 other files, 44 records checked: all is as" in told


def test_a_source_of_which_no_document_was_small_enough(out):
    """Nothing of it stands in the shards, and that is as near to its target as it gets."""
    far = {"target": 0.1, "achieved": 0.0, "tokens": 0, "documents": 0, "epochs": 0.0}

    def update(manifest):
        others = manifest["mixture"].values()
        whole = sum(one["target_tokens"] for one in others)
        for one in others:
            one["target"] *= 0.9
        manifest["mixture"]["books of a library"] = {
            **far, "target_tokens": whole // 9, "at_cut": 2 * (whole // 9)
        }  # fmt: skip

    change(out / "manifest.json", update)
    assert mistakes(out) == []
    change(out / "manifest.json", lambda m: m["mixture"]["books of a library"].update(at_cut=99))
    (told,) = mistakes(out)
    assert "books of a library: expected" in told
    assert "half of a document of 99, got 0" in told


def main_(arguments, code):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == code


def test_a_corpus_of_0_1_0_had_no_titles(tmp_path, monkeypatch):
    columns = pa.schema([field for field in schema.CORPUS if field.name != "title"])
    with monkeypatch.context() as patched:
        patched.setattr(schema, "CORPUS", columns)
        make(tmp_path)
    assert "title" not in pq.read_schema(tmp_path / FIRST).names
    assert verify(str(tmp_path), workers=1)[1] == []


def test_a_relative_folder(out, monkeypatch):
    monkeypatch.chdir(out.parent)
    for name in ("out", "./out/", "../" + out.parent.name + "/out"):
        assert verify(name, workers=1)[1] == []


def test_two_processes_say_the_same(out):
    (out / SECOND).write_bytes((out / FIRST).read_bytes())
    assert verify(str(out), workers=2) == verify(str(out), workers=1)


def test_no_manifest(tmp_path):
    with pytest.raises(RecipeError, match=r"expected a finished run, found no manifest\.json"):
        verify(str(tmp_path))


def rewrite(out, file, function, *, quiet=True):
    """Change a shard's rows; with `quiet` the manifest knows of its new bytes."""
    rows = pq.read_table(out / file).to_pylist()
    told = write(out / file, function(rows) or rows)
    if quiet:
        keep = ("rows", "tokens", "text_bytes")

        def update(manifest):
            (own,) = (one for one in manifest["shards"] if one["file"] == file)
            own.update({key: value for key, value in told.items() if key not in keep})

        change(out / "manifest.json", update)


def swap(rows):
    rows[0], rows[1] = rows[1], rows[0]


def one_token_more(rows):
    rows[3]["token_count"] += 1


def another_text(rows):
    rows[3]["text"] += "!"


def twice(rows):
    return [rows[0], *rows]


def another_source(rows):
    rows[0]["source"] = "books" if rows[0]["source"] == "news" else "news"


def a_stranger(rows):
    rows[0]["source"] = "stranger"


def a_column_less(out):
    table = pq.read_table(out / FIRST).drop_columns(["url"])
    pq.write_table(table, out / FIRST)


SHARDS = {
    "a row in another place": (swap, ["is before its place"]),
    "a count of tokens": (one_token_more, ["expected tokens 400, got 401", "tokens, got", "share"]),
    "a text": (another_text, ["expected text_bytes"]),
    "a row twice": (twice, ["expected rows 20, got 21", "once, got 1 again"]),
    "a row lost": (lambda rows: rows[1:], ["expected rows 20, got 19"]),
    "a row of another source": (another_source, ["mixture: books: expected", "mixture: news: exp"]),
    "a source nobody knows": (a_stranger, ["got documents of stranger"]),
}


@pytest.mark.parametrize(("function", "told"), SHARDS.values(), ids=SHARDS)
def test_rows_that_are_not_as_they_were(out, function, told):
    rewrite(out, FIRST, function)
    result = mistakes(out)
    for line in told:
        assert any(line in one for one in result), result


def flip(out):
    data = bytearray((out / FIRST).read_bytes())
    data[100] ^= 1
    (out / FIRST).write_bytes(bytes(data))


def exchange(out):
    one, other = (out / FIRST).read_bytes(), (out / SECOND).read_bytes()
    (out / FIRST).write_bytes(other)
    (out / SECOND).write_bytes(one)


def in_manifest(function):
    return lambda out: change(out / "manifest.json", function)


def in_ledger(function):
    return lambda out: change(out / "ledger.json", function)


def lose_an_outcome(out):
    path = out / "ledger/ledger-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)


THINGS = {
    "a flipped bit": (flip, [f"{FIRST}: expected sha256"]),
    "a missing shard": (lambda out: (out / SECOND).unlink(), [f"{SECOND}: expected a shard"]),
    "a stray file": (
        lambda out: (out / "corpus/train/x.parquet").write_bytes(b""),
        ["corpus/train/x.parquet: expected only shards"],
    ),
    "shards exchanged": (exchange, ["its first row sorts before the last of"]),
    "another schema": (a_column_less, ["expected the columns of `curate schema corpus`"]),
    "no Parquet": (lambda out: (out / FIRST).write_bytes(b"x"), ["expected Parquet, got"]),
    "the version": (in_manifest(lambda m: m.update(schema_version=2)), ["schema_version 1, got 2"]),
    "the seed": (in_manifest(lambda m: m.update(seed=8)), ["is before its place"]),
    "a shard's number": (
        in_manifest(lambda m: m["shards"].pop(1)),
        ["expected 2 numbered shards", "expected only shards"],
    ),
    "a share": (
        in_manifest(lambda m: m["mixture"]["news"].update(achieved=0.5)),
        ["mixture: news: expected a share of 0.5"],
    ),
    "a target": (
        in_manifest(lambda m: m["mixture"]["news"].update(target=0.5)),
        ["mixture: news: expected 0.5000 of"],
    ),
    "a target that was missed": (
        in_manifest(lambda m: m["mixture"]["news"].update(at_cut=0)),
        ["mixture: news: expected"],
    ),
    "documents": (
        in_manifest(lambda m: m["mixture"]["books"].update(documents=21)),
        ["mixture: books: expected 21 documents, got 20"],
    ),
    "a mixture that is none": (
        in_manifest(lambda m: m.update(mixture="another")),
        ["expected the keys and types of a manifest"],
    ),
    "a record more": (in_ledger(lambda m: m.update(records_in=45)), ["expected 45 records"]),
    "a checksum": (
        in_ledger(lambda m: m.update(checksum_out="0" * 16)), ["ledger.json: expected 44 records"],
    ),
    "kept for unused": (
        in_ledger(lambda m: m.update(kept=39, unused=1)),
        ["corpus/train: expected 39 documents, got 40", "ledger: its rows do not add up"],
    ),
    "an outcome": (lose_an_outcome, ["ledger: its rows do not add up"]),
    "no ledger": (lambda out: (out / "ledger.json").unlink(), ["ledger.json: expected it"]),
    "dirty items": (
        lambda out: change(
            out / "contamination.json", lambda c: c["benchmarks"][0].update(dirty=3)
        ),
        ["contamination: quiz: expected 3 dirty items, got 2"],
    ),
    "another benchmark": (
        in_manifest(lambda m: m["benchmarks"][0].update(ngram=8)),
        ["contamination.json: quiz is not as the manifest says"],
    ),
    "no report": (
        lambda out: (out / "contamination.json").unlink(), ["contamination.json: expected it"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "told"), THINGS.values(), ids=THINGS)
def test_things_that_are_not_as_the_manifest_says(out, function, told, capsys):
    function(out)
    result = mistakes(out)
    for line in told:
        assert any(line in one for one in result), result
    main_(["verify", str(out), "--workers", "1"], 1)
    assert told[0] in capsys.readouterr().err


def test_tokens_counted_again(out):
    from curate.text import tokenizers as tokens

    gpt2 = tokens.load("gpt2")
    change(out / "manifest.json", lambda m: m["tokenizer"].update(sha256=gpt2.sha256))
    result = verify(str(out), recount="gpt2", workers=1)[1]
    assert sum("token_count is not what gpt2 counts" in one for one in result) == 4
    for path in sorted(Path(out, "corpus").rglob("*.parquet")):

        def count(rows):
            for one in rows:
                one["token_count"] = len(gpt2.encode(one["text"]))

        rewrite(out, path.relative_to(out).as_posix(), count)
    result = verify(str(out), recount="gpt2", workers=1)[1]
    assert not any("token_count" in one for one in result)
    assert result, "the sums in the manifest are still the old ones"
