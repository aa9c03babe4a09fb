r"""Packed corpora as files: Parquet of sequences, nanoGPT's .bin, Megatron's .bin and .idx.

Enters: a finished corpus. Leaves: its tokens, packed shard by shard in the order of the shards, and
pack.json, written last, which names every file with its sha256. The same corpus and tokenizer give
the same bytes, however many processes work.

- parquet: a file a shard, a row a sequence of `length` tokens: `input_ids`; `starts`, where in it a
  document's tokens begin (the first at 0), `ids`, of which document, and `continues`, whether the
  first goes on from the row before. A shard's last tokens that fill no sequence are left out, and
  counted.
- nanogpt: train.bin and val.bin, all tokens one after the other. Documents' ends are known by their
  end of text alone.
- megatron: a pair a shard; .bin holds all tokens, .idx (magic, version, type, counts, then lengths,
  byte offsets, documents) has a document for each row of the shard, of one sequence. Megatron cuts
  sequences itself.

Tokens are unsigned 16-bit numbers where the vocabulary has fewer than 65,500, as Megatron has it,
else 32-bit ones; in Parquet always 32-bit, which tensors know.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curate import io, parallel
from curate.errors import RecipeError
from curate.mix import tokens
from curate.pack.sequences import Packed, Packer, Stream, stream
from curate.schema import columns

Format = Literal["parquet", "nanogpt", "megatron"]
FORMATS: tuple[str, ...] = get_args(Format)
LENGTH = 2_048
SMALL_VOCABULARY = 65_500
MAGIC = b"MMIDIDX\x00\x00"
CODES = {"uint16": 8, "int32": 4}  # Megatron's numbers for types of tokens
NAMES = {"train": "train", "validation": "val"}  # nanoGPT's
BATCH_ROWS = 256
GROUP_ROWS = 512
I32 = pa.int32()
SEQUENCES = columns(
    ("input_ids", pa.list_(pa.field("element", I32, False)), False),
    ("starts", pa.list_(pa.field("element", I32, False)), False),
    ("ids", pa.list_(pa.field("element", pa.string(), False)), False),
    ("continues", pa.bool_(), False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a pack. `tokens` counts ends of text; `left_out` is in no sequence."""

    file: str
    bytes: int
    sha256: str
    documents: int
    tokens: int
    sequences: int | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all shards' packing has in common."""

    out: str
    to: str
    tokenizer: tokens.TokenizerSettings
    length: int
    dtype: str


def pack(
    out: str,
    to: str,
    *,
    format: Format = "parquet",
    length: int = LENGTH,
    tokenizer: str = "gpt2",
    eot: str | None = None,
    workers: int | None = None,
) -> dict[str, Any]:
    """Return pack.json of a corpus packed into a folder.

    Args:
        out: of a finished run.
        to: folder or URL; files of an earlier pack there are replaced.
        length: tokens of a sequence.
        tokenizer: "gpt2", a folder with its files, or a tokenizer.json.
        eot: its token between documents, where it is none of the usual names.
        workers: processes; None: one for each core.

    Raises RecipeError: there is no manifest, no such format or end of text, a length below 1.
    """
    if format not in FORMATS:
        raise RecipeError(f"pack: expected a format of {', '.join(FORMATS)}, got {format}")
    if length < 1:
        raise RecipeError(f"pack: expected a length of at least 1, got {length}")
    if not io.exists(io.join(out, "manifest.json")):
        raise RecipeError(f"{out}: expected a finished run, found no manifest.json")
    manifest = json.loads(io.read_bytes(io.join(out, "manifest.json")))
    loaded = _load(tokenizer, eot)
    small = loaded.size < SMALL_VOCABULARY
    large = "uint32" if format == "nanogpt" else "int32"
    job = Job(
        out=out,
        to=to,
        tokenizer=tokens.TokenizerSettings(spec=tokenizer, sha256=loaded.sha256, eot=eot),
        length=length,
        dtype="int32" if format == "parquet" else "uint16" if small else large,
    )
    _clear(to)
    files = {"parquet": _parquet, "nanogpt": _nanogpt, "megatron": _megatron}[format](
        job, manifest, workers
    )
    about = {
        "schema_version": 1,
        "format": format,
        "length": length if format == "parquet" else None,
        "dtype": job.dtype,
        "tokenizer": {"name": loaded.name, "sha256": loaded.sha256, "eot": loaded.eot},
        "files": [asdict(file) for file in files],
    }
    io.write_bytes(io.join(to, "pack.json"), (json.dumps(about, indent=2) + "\n").encode())
    return about


def _load(spec: str, eot: str | None) -> tokens.Tokenizer:
    try:
        loaded = tokens.load(tokens.TokenizerSettings(spec=spec, eot=eot))
    except (OSError, ValueError, ImportError) as error:
        raise RecipeError(f"pack: {error}") from error
    if loaded.eot is None:
        raise RecipeError(f"pack: tokenizer {spec} has no end of text we know; name it")
    return loaded


def _clear(to: str) -> None:
    """Delete an earlier pack: its commit first, then the files that it lists."""
    url = io.join(to, "pack.json")
    if io.exists(url):
        earlier = json.loads(io.read_bytes(url))
        io.delete(url)
        for file in earlier["files"]:
            io.delete(io.join(to, file["file"]))


def documents(job: Job, file: str) -> Iterator[Stream]:
    """Yield a shard's documents as tokens, some at a time."""
    loaded = tokens.load(job.tokenizer)
    with io.open_read(io.join(job.out, file)) as raw:
        batches = pq.ParquetFile(raw).iter_batches(BATCH_ROWS, columns=["id", "text"])
        for batch in batches:
            texts: list[Any] = batch["text"].to_pylist()
            ids: list[Any] = batch["id"].to_pylist()
            yield stream(ids, [loaded.encode(text) for text in texts], cast(int, loaded.eot))


def _target(file: str, ending: str) -> str:
    """Return a shard's name in a pack: `corpus/train/x.parquet` is x with another ending."""
    return Path(file).stem + ending


def _listed(manifest: Mapping[str, Any]) -> list[str]:
    return [one["file"] for one in manifest["shards"]]


def _file(path: Path, name: str, **counts: int) -> File:
    return File(file=name, bytes=path.stat().st_size, sha256=io.sha256(path), **counts)


# --- Parquet -----------------------------------------------------------------------------------


def _parquet(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    return list(parallel.each(partial(pack_parquet, job), _listed(manifest), workers))


def pack_parquet(job: Job, file: str) -> File:
    """Pack one shard into sequences."""
    name = _target(file, ".parquet")
    packer = Packer(job.length)
    count = tokens_ = sequences = 0
    with io.staged(io.join(job.to, name)) as path:
        with pq.ParquetWriter(
            path, SEQUENCES, compression="zstd", use_dictionary=False, write_page_index=True
        ) as writer:
            for group in _groups(job, file, packer):
                if isinstance(group, Stream):
                    count, tokens_ = count + len(group.ids), tokens_ + len(group.tokens)
                else:
                    sequences += len(group)
                    writer.write_table(group, row_group_size=len(group))
        return _file(
            path, name, documents=count, tokens=tokens_, sequences=sequences,
            left_out=packer.waiting,
        )  # fmt: skip


def _groups(job: Job, file: str, packer: Packer) -> Iterator[Stream | pa.Table]:
    """Yield each stream of a shard, and the row groups of GROUP_ROWS sequences as they fill."""
    waiting: list[pa.Table] = []
    for several in documents(job, file):
        yield several
        waiting.append(rows(packer.add(several)))
        whole = pa.concat_tables(waiting)
        while len(whole) >= GROUP_ROWS:
            yield whole.slice(0, GROUP_ROWS).combine_chunks()
            whole = whole.slice(GROUP_ROWS)
        waiting = [whole]
    if waiting and len(waiting[0]):
        yield waiting[0].combine_chunks()


def rows(packed: Packed) -> pa.Table:
    """Return sequences as rows of SEQUENCES."""
    count, length = packed.tokens.shape
    offsets = packed.offsets.astype(np.int32)
    lists: list[tuple[Any, Any]] = [
        (np.arange(count + 1, dtype=np.int32) * length, packed.tokens.reshape(-1).astype(np.int32)),
        (offsets, packed.starts.astype(np.int32)),
        (offsets, packed.ids),
    ]
    arrays: list[Any] = [
        pa.ListArray.from_arrays(pa.array(ends, I32), pa.array(values)).cast(field.type)
        for field, (ends, values) in zip(list(SEQUENCES)[:3], lists, strict=True)
    ]
    return pa.Table.from_arrays([*arrays, pa.array(packed.continues)], schema=SEQUENCES)


# --- nanoGPT -----------------------------------------------------------------------------------


def _nanogpt(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    """One file a split; each shard's place in it follows from the counts of the manifest."""
    files = []
    for split, name in NAMES.items():
        own = [one for one in manifest["shards"] if f"/{split}/" in f"/{one['file']}"]
        if not own:
            continue
        sizes = [one["tokens"] + one["rows"] for one in own]  # an end of text a row
        places = np.cumsum([0, *sizes]).tolist()
        with io.staged(io.join(job.to, f"{name}.bin")) as path:
            with path.open("wb") as file:
                file.truncate(places[-1] * np.dtype(job.dtype).itemsize)
            parts = [
                (one["file"], str(path), place, size)
                for one, place, size in zip(own, places, sizes, strict=False)
            ]
            for _ in parallel.each(partial(pack_part, job), parts, workers):
                pass
            count = sum(one["rows"] for one in own)
            files.append(_file(path, f"{name}.bin", documents=count, tokens=places[-1]))
    return files


def pack_part(job: Job, part: tuple[str, str, int, int]) -> None:
    """Write a shard's tokens at their place in a file.

    Raises ValueError if they are not as many as the manifest says: another tokenizer's.
    """
    shard, path, place, size = part
    with Path(path).open("rb+") as file:
        file.seek(place * np.dtype(job.dtype).itemsize)
        written = 0
        for several in documents(job, shard):
            written += len(several.tokens)
            if written <= size:
                _write(file, several.tokens, job.dtype)
    if written != size:
        raise ValueError(
            f"pack: expected {size} tokens in {shard}, got {written}: "
            "is it the tokenizer of the manifest?"
        )


def _write(file: IO[bytes], several: npt.NDArray[np.int64], dtype: str) -> None:
    file.write(several.astype(np.dtype(dtype).newbyteorder("<")).tobytes())


# --- Megatron ----------------------------------------------------------------------------------


def _megatron(job: Job, manifest: Mapping[str, Any], workers: int | None) -> list[File]:
    pairs = parallel.each(partial(pack_megatron, job), _listed(manifest), workers)
    return [file for pair in pairs for file in pair]


def pack_megatron(job: Job, file: str) -> tuple[File, File]:
    """Pack one shard into a pair of files."""
    lengths: list[int] = []
    names = _target(file, ".bin"), _target(file, ".idx")
    with (
        io.staged(io.join(job.to, names[0])) as path,
        io.staged(io.join(job.to, names[1])) as index_path,
    ):
        with path.open("wb") as sink:
            for several in documents(job, file):
                ends = [*several.starts[1:].tolist(), len(several.tokens)]
                lengths += (np.array(ends) - several.starts).tolist()
                _write(sink, several.tokens, job.dtype)
        index_path.write_bytes(index(lengths, job.dtype))
        counts = {"documents": len(lengths), "tokens": sum(lengths)}
        return _file(path, names[0], **counts), _file(index_path, names[1], **counts)


def index(lengths: Sequence[int], dtype: str) -> bytes:
    """Return Megatron's .idx of documents of these lengths, each of one sequence."""
    count = len(lengths)
    sizes = np.array(lengths, "<i8")
    pointers = (np.cumsum(sizes) - sizes) * np.dtype(dtype).itemsize
    head = MAGIC + struct.pack("<QBQQ", 1, CODES[dtype], count, count + 1)
    arrays = sizes.astype("<i4"), pointers.astype("<i8"), np.arange(count + 1, dtype="<i8")
    return head + b"".join(array.tobytes() for array in arrays)
