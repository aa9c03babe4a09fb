"""Packs read back by readers of their own: Megatron's layout, nanoGPT's one-liner, pyarrow."""

import hashlib
import json
import struct
import tarfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.cli import main
from curate.pack import files, job, mds, parquet
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
    there = {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file()}
    assert there == listed


def test_special_tokens_in_a_text_are_ordinary_text(out, tmp_path):
    pack(str(out), str(tmp_path), format="nanogpt", workers=1)
    result = np.memmap(tmp_path / "train.bin", np.uint16, "r")
    documents = sum(len(texts) for texts in TEXTS["train"])
    assert np.count_nonzero(result == EOT) == documents, "one end of text a document, no more"


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


# --- MDS and WebDataset --------------------------------------------------------------------------


def rows_of(out, to, length):
    """Return the rows of the same corpus in Parquet, by split, and the bytes of each file."""
    about = pack(str(out), str(to), length=length, workers=1)
    tables = {file["file"]: pq.read_table(to / file["file"]).to_pylist() for file in about["files"]}
    return {name.partition(".")[0]: rows for name, rows in tables.items()}


def read_mds(path):
    """Yield the samples of a shard as the format's description lays them out."""
    data = path.read_bytes()
    (count,) = struct.unpack_from("<I", data)
    bounds = struct.unpack_from(f"<{count + 1}I", data, 4)
    about = json.loads(data[4 * (count + 2) : bounds[0]])
    assert bounds[-1] == len(data)
    assert about["column_names"] == sorted(about["column_names"])
    for begin, end in pairwise(bounds):
        open_ = [n for n, size in enumerate(about["column_sizes"]) if size is None]
        sizes = list(about["column_sizes"])
        for place, column in enumerate(open_):
            (sizes[column],) = struct.unpack_from("<I", data, begin + 4 * place)
        at = begin + 4 * len(open_)
        row = {}
        for name, size in zip(about["column_names"], sizes, strict=True):
            row[name] = data[at : at + size]
            at += size
        assert at == end
        yield row


def decode_mds(row):
    head, width = row["starts"][0], 1 << (row["starts"][0] & 3)
    assert head >> 2 == 1, "one axis"
    count = int.from_bytes(row["starts"][1 : 1 + width], "little")
    starts = np.frombuffer(row["starts"][1 + width :], "<i4").tolist()
    assert len(starts) == count
    return {
        "input_ids": np.frombuffer(row["tokens"], "<i4").tolist(),
        "starts": starts,
        "ids": json.loads(row["ids"]),
        "continues": bool(int.from_bytes(row["continues"], "little")),
    }


def test_mds_holds_the_sequences_of_parquet(out, tmp_path, monkeypatch):
    wanted = rows_of(out, tmp_path / "parquet", 16)
    monkeypatch.setattr(mds, "MOST_BYTES", 4_000)
    to = tmp_path / "mds"
    about = pack(str(out), str(to), format="mds", length=16, workers=1)
    check_files(to, about)
    for split in TEXTS:
        shards = json.loads((to / split / "index.json").read_bytes())["shards"]
        rows = []
        for shard in shards:
            path = to / split / shard["raw_data"]["basename"]
            data = path.read_bytes()
            result = [decode_mds(row) for row in read_mds(path)]
            assert shard["samples"] == len(result)
            assert shard["raw_data"]["bytes"] == len(data) <= 4_000 + 1_000
            assert shard["raw_data"]["hashes"]["sha256"] == hashlib.sha256(data).hexdigest()
            rows += result
        own = [name for name in wanted if name.startswith(split)]
        assert rows == [row for name in own for row in wanted[name]]
    assert len(about["files"]) > 5
    sums = [sum(one[key] for one in about["files"]) for key in ("documents", "tokens")]
    assert sums == [sum(map(len, several)) for several in (
        [expected(*place) for place in places()], [flat(*place) for place in places()]
    )]  # fmt: skip


def test_webdataset_holds_the_sequences_of_parquet(out, tmp_path):
    wanted = rows_of(out, tmp_path / "parquet", 16)
    to = tmp_path / "tar"
    about = pack(str(out), str(to), format="webdataset", length=16, workers=1)
    check_files(to, about)
    keys = set()
    for file in about["files"]:
        with tarfile.open(to / file["file"]) as archive:
            members = [(one.name, archive.extractfile(one).read()) for one in archive]
        rows = []
        for (array, tokens_), (name, told) in zip(members[::2], members[1::2], strict=True):
            assert (array, name) == (f"{Path(name).stem}.npy", f"{Path(name).stem}.json")
            keys.add(Path(name).stem)
            rows.append({"input_ids": np.load(BytesIO(tokens_)).tolist(), **json.loads(told)})
        assert rows == wanted[Path(file["file"]).stem]
        assert file["sequences"] == len(rows)
    assert len(keys) == sum(map(len, wanted.values())), "a key in two shards is one sample"


@pytest.mark.parametrize("format", [pytest.param("mds", marks=pytest.mark.slow), "webdataset"])
def test_sequences_are_the_same_bytes_with_any_number_of_processes(out, tmp_path, format):
    one, two = (
        pack(str(out), str(tmp_path / str(n)), format=format, length=100, workers=n) for n in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize("length", [16, 100])
def test_the_library_of_mosaicml_reads_mds(out, tmp_path, length):
    streaming = pytest.importorskip("streaming", reason="comes with the extra trainers")
    wanted = rows_of(out, tmp_path / "parquet", length)
    pack(str(out), str(tmp_path / "mds"), format="mds", length=length, workers=1)
    for split in TEXTS:
        dataset = streaming.LocalDataset(str(tmp_path / "mds"), split)
        own = [row for name in wanted if name.startswith(split) for row in wanted[name]]
        assert len(dataset) == len(own)
        for row, sample in zip(own, (dataset[n] for n in range(len(own))), strict=True):
            assert sample["tokens"].tolist() == row["input_ids"]
            assert sample["starts"].tolist() == row["starts"]
            assert (sample["ids"], bool(sample["continues"])) == (row["ids"], row["continues"])


def test_the_library_of_webdataset_reads_its_tars(out, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="comes with the extra trainers")
    wanted = rows_of(out, tmp_path / "parquet", 16)
    pack(str(out), str(tmp_path / "tar"), format="webdataset", length=16, workers=1)
    shards = str(tmp_path / "tar" / "train-{00000..00001}-of-00003.tar")
    dataset = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode()
    rows = [{"input_ids": one["npy"].tolist(), **one["json"]} for one in dataset]
    own = sorted(name for name in wanted if name.startswith("train"))[:2]
    assert rows == [row for name in own for row in wanted[name]]


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
    result = [[t for one in several[a:b] for t in one] for a, b in pairwise(ends)]
    return result, len(tokens_) // np.dtype(dtype).itemsize


def test_megatron_reads_its_files(out, tmp_path):
    about = pack(str(out), str(tmp_path), format="megatron", workers=1)
    check_files(tmp_path, about)
    assert about["dtype"] == "uint16"
    for split, n in places():
        prefix = tmp_path / f"{split}-{n:05d}-of-{len(TEXTS[split]):05d}"
        result, count = read_megatron(prefix)
        assert result == expected(split, n)
        assert count == len(flat(split, n))


def test_a_large_vocabulary_takes_32_bits(out, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SMALL_VOCABULARY", 50_257)
    for format_, dtype in (("megatron", "int32"), ("nanogpt", "uint32")):
        to = tmp_path / format_
        assert pack(str(out), str(to), format=format_, workers=1)["dtype"] == dtype
    result, _ = read_megatron(tmp_path / "megatron/train-00000-of-00003")
    assert result == expected("train", 0)
    data = np.memmap(tmp_path / "nanogpt/val.bin", dtype=np.uint32, mode="r")
    assert data.tolist() == flat("validation", 0)


# --- all ---------------------------------------------------------------------------------------


# One of tokens and one of sequences; the processes are the same for all.
@pytest.mark.parametrize(
    "format_",
    [
        one if one in ("megatron", "parquet") else pytest.param(one, marks=pytest.mark.slow)
        for one in files.FORMATS
    ],
)
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
    "a format": (
        {"format": "csv"},
        "expected a format of parquet, nanogpt, megatron, mds, webdataset, got csv",
    ),
    "a length": ({"length": 0}, "expected a length of at least 1, got 0"),
    "no tokenizer": ({"tokenizer": "none"}, "cannot be read"),
    "no such end": ({"eot": "</s>"}, "expected eot"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(out, tmp_path, settings, message):
    with pytest.raises(RecipeError, match=message):
        pack(str(out), str(tmp_path / "to"), **settings)
    assert not (tmp_path / "to").exists()
    with pytest.raises(RecipeError, match=r"found no manifest\.json"):
        pack(str(tmp_path), str(tmp_path / "to"))
