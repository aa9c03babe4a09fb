"""Packs read back by readers of their own: Megatron's layout, nanoGPT's one-liner, pyarrow."""

import hashlib
import json
import struct
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.pack import files, job, parquet
from curate.pack.files import pack
from curate.recipe import RecipeError
from curate.store import schema
from curate.store.shard_writer import ShardWriter
from curate.text import tokenizers as tokens

GPT2 = tokens.load("gpt2")
EOT = 50_256
TEXTS = {
    "train": [
        [f"Text {n} is here. " * (3 * n % 40) + "Größe" for n in range(60)],
        ["A text that spells <|endoftext|> and goes on.", "x", "word " * 3000],
        [],
    ],
    "validation": [["Held out.", "And this."]],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    out = tmp_path_factory.mktemp("pack") / "out"
    shards = []
    for split, several in TEXTS.items():
        for n, texts in enumerate(several):
            file = f"corpus/{split}/{split}-{n:05d}-of-{len(several):05d}.parquet"
            rows = [
                {"text": text, "id": f"{split}-{n}-{i}", "piece": 0, "epoch": 0, "source": "s",
                 "file_path": "f", "token_count": len(GPT2.encode(text))}
                for i, text in enumerate(texts)
            ]  # fmt: skip
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            with (out / file).open("wb") as sink, ShardWriter(sink, schema.CORPUS) as writer:
                if rows:
                    writer.write(pa.Table.from_pylist(rows, schema.CORPUS).to_batches()[0])
            count = sum(row["token_count"] for row in rows)
            shards.append({"file": file, "rows": len(rows), "tokens": count})
    (out / "manifest.json").write_text(json.dumps({"shards": shards}))
    return out


def expected(split, n):
    """Return each document's tokens with its end of text, by the bare tokenizer."""
    return [[*GPT2.encode(text), EOT] for text in TEXTS[split][n]]


def flat(split, n):
    return [token for one in expected(split, n) for token in one]


def check_files(to, about):
    assert json.loads((to / "pack.json").read_bytes()) == about
    for file in about["files"]:
        data = (to / file["file"]).read_bytes()
        assert len(data) == file["bytes"]
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
    listed = {file["file"] for file in about["files"]} | {"pack.json"}
    assert {path.name for path in to.iterdir()} == listed


def test_special_tokens_in_a_text_are_ordinary_text(out, tmp_path):
    pack(str(out), str(tmp_path), format="nanogpt", workers=1)
    found = np.memmap(tmp_path / "train.bin", np.uint16, "r")
    documents = sum(len(texts) for texts in TEXTS["train"])
    assert np.count_nonzero(found == EOT) == documents, "one end of text a document, no more"


# --- Parquet -----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [16, 100, 2_048])
def test_parquet_holds_full_sequences_and_their_documents(out, tmp_path, length):
    about = pack(str(out), str(tmp_path), length=length, workers=1)
    check_files(tmp_path, about)
    assert about["length"] == length
    for file, (split, n) in zip(about["files"], places(), strict=True):
        stream = flat(split, n)
        table = pq.read_table(tmp_path / file["file"])
        assert table.schema.equals(parquet.SEQUENCES)
        rows = table.to_pylist()
        count = len(stream) // length
        assert [row["input_ids"] for row in rows] == [
            stream[i * length : (i + 1) * length] for i in range(count)
        ]
        assert (file["sequences"], file["left_out"]) == (count, len(stream) % length)
        assert (file["documents"], file["tokens"]) == (len(TEXTS[split][n]), len(stream))
        begins = np.cumsum([0, *map(len, expected(split, n))])
        for i, row in enumerate(rows):
            assert row["starts"][0] == 0
            assert row["continues"] == (i * length not in begins)
            for at, id_ in zip(row["starts"], row["ids"], strict=True):
                document = np.searchsorted(begins, i * length + at, side="right") - 1
                assert id_ == f"{split}-{n}-{document}"
                assert at == 0 or begins[document] == i * length + at


def places():
    return [(split, n) for split, several in TEXTS.items() for n in range(len(several))]


def test_parquet_has_even_row_groups(out, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 10)
    monkeypatch.setattr(job, "BATCH_ROWS", 7)
    about = pack(str(out), str(tmp_path), length=16, workers=1)
    meta = pq.read_metadata(tmp_path / about["files"][0]["file"])
    sizes = [meta.row_group(n).num_rows for n in range(meta.num_row_groups)]
    assert len(sizes) > 3
    assert set(sizes[:-1]) == {10}


# --- nanoGPT -----------------------------------------------------------------------------------


def test_nanogpt_reads_its_files(out, tmp_path):
    about = pack(str(out), str(tmp_path), format="nanogpt", workers=1)
    check_files(tmp_path, about)
    assert (about["dtype"], about["length"]) == ("uint16", None)
    for name, split in (("train.bin", "train"), ("val.bin", "validation")):
        data = np.memmap(tmp_path / name, dtype=np.uint16, mode="r")  # as nanoGPT's train.py
        assert data.tolist() == [t for n in range(len(TEXTS[split])) for t in flat(split, n)]


def test_another_tokenizers_counts_are_noticed(out, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "corpus").symlink_to(out / "corpus")
    manifest = json.loads((out / "manifest.json").read_bytes())
    manifest["shards"][0]["tokens"] += 1
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="is it the tokenizer of the manifest"):
        pack(str(other), str(tmp_path / "to"), format="nanogpt", workers=1)
    assert not (tmp_path / "to/pack.json").exists()
    assert not list((tmp_path / "to").glob("*.bin"))


# --- Megatron ----------------------------------------------------------------------------------


def read_megatron(prefix):
    """Return the documents of a .bin and .idx, read by the layout of Megatron-LM's index.

    9 bytes MMIDIDX\\0\\0; u64 version; u8 type; u64 sequences; u64 documents; i32 lengths; i64
    offsets in bytes; i64 where documents end, in sequences, with a 0 before. Little-endian.
    """
    data = prefix.with_suffix(".idx").read_bytes()
    assert data[:9] == b"MMIDIDX\x00\x00"
    version, code, sequences, documents = struct.unpack_from("<QBQQ", data, 9)
    assert version == 1
    dtype = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f8", 7: "<f4", 8: "<u2"}[code]
    at = 9 + 8 + 1 + 8 + 8
    lengths = np.frombuffer(data, "<i4", sequences, at)
    pointers = np.frombuffer(data, "<i8", sequences, at + lengths.nbytes)
    ends = np.frombuffer(data, "<i8", documents, at + lengths.nbytes + pointers.nbytes)
    assert len(data) == at + lengths.nbytes + pointers.nbytes + ends.nbytes
    tokens_ = prefix.with_suffix(".bin").read_bytes()
    several = [
        np.frombuffer(tokens_, dtype, length, pointer).tolist()
        for length, pointer in zip(lengths, pointers.tolist(), strict=True)
    ]
    assert ends[0] == 0
    found = [[t for one in several[a:b] for t in one] for a, b in pairwise(ends)]
    return found, len(tokens_) // np.dtype(dtype).itemsize


def test_megatron_reads_its_files(out, tmp_path):
    about = pack(str(out), str(tmp_path), format="megatron", workers=1)
    check_files(tmp_path, about)
    assert about["dtype"] == "uint16"
    for split, n in places():
        prefix = tmp_path / f"{split}-{n:05d}-of-{len(TEXTS[split]):05d}"
        found, count = read_megatron(prefix)
        assert found == expected(split, n)
        assert count == len(flat(split, n))


def test_a_large_vocabulary_takes_32_bits(out, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SMALL_VOCABULARY", 50_257)
    for format_, dtype in (("megatron", "int32"), ("nanogpt", "uint32")):
        to = tmp_path / format_
        assert pack(str(out), str(to), format=format_, workers=1)["dtype"] == dtype
    found, _ = read_megatron(tmp_path / "megatron/train-00000-of-00003")
    assert found == expected("train", 0)
    data = np.memmap(tmp_path / "nanogpt/val.bin", dtype=np.uint32, mode="r")
    assert data.tolist() == flat("validation", 0)


# --- all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", files.FORMATS)
def test_the_same_bytes_with_two_processes(out, tmp_path, format_):
    one = pack(str(out), str(tmp_path / "1"), format=format_, workers=1)
    assert pack(str(out), str(tmp_path / "2"), format=format_, workers=2) == one


def test_an_earlier_pack_is_replaced_and_nothing_else(out, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    pack(str(out), str(tmp_path), format="megatron", workers=1)
    pack(str(out), str(tmp_path), format="nanogpt", workers=1)
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine.txt", "train.bin", "val.bin", "pack.json",
    }  # fmt: skip


def test_the_command(out, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["pack", str(out), str(tmp_path), "--length", "16", "--workers", "1"])
    assert left.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("train-00000-of-00003.parquet: 60 documents, ")
    assert lines[-1] == f"Packed: {tmp_path}/pack.json"


WRONG = {
    "a format": ({"format": "csv"}, "expected a format of parquet, nanogpt, megatron, got csv"),
    "a length": ({"length": 0}, "expected a length of at least 1, got 0"),
    "no tokenizer": ({"tokenizer": "none"}, "cannot be read"),
    "no such end": ({"eot": "</s>"}, "expected eot"),
}


@pytest.mark.parametrize(("settings", "told"), WRONG.values(), ids=WRONG)
def test_wrong_settings(out, tmp_path, settings, told):
    with pytest.raises(RecipeError, match=told):
        pack(str(out), str(tmp_path / "to"), **settings)
    assert not (tmp_path / "to").exists()
    with pytest.raises(RecipeError, match=r"found no manifest\.json"):
        pack(str(tmp_path), str(tmp_path / "to"))
