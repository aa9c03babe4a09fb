r"""Packed corpora as files: sequences in Parquet, MDS or WebDataset, nanoGPT's and Megatron's .bin.

Input: a finished corpus. Output: its tokens, packed shard by shard in the order of the shards, and
pack.json, written last, which names every file with its sha256. The same corpus and tokenizer give
the same bytes, with any number of processes.

- parquet: one file per shard, one row per sequence of `length` tokens: `input_ids`; `starts`, where
  in it the tokens of each document begin (the first at 0), `ids`, of these documents, and
  `continues`, whether the first continues from the row before. The last tokens of a shard that do
  not fill a sequence are left out, and counted.
- mds: MosaicML Streaming's shards and index.json in train/ and validation/; the same columns, of
  which `tokens` is the `input_ids` of Parquet.
- webdataset: one tar per shard; for each sequence a .npy of its tokens and a .json of the rest.
- nanogpt: train.bin and val.bin, all tokens concatenated. Documents are separated by their
  end-of-text token only.
- megatron: a pair of files per shard; .bin has all tokens, .idx (magic, version, type, counts, then
  lengths, byte offsets, documents) has a document of one sequence for each row of the shard.
  Megatron cuts sequences itself.

Tokens are unsigned 16-bit numbers if the vocabulary has fewer than 65,500, as in Megatron, else
32-bit ones; in sequences always 32-bit, which tensor libraries support.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from curate._lazy import listing
from curate.errors import RecipeError
from curate.pack import mds, megatron, nanogpt, parquet, webdataset
from curate.pack.job import File, Job, pack_each
from curate.store import io
from curate.store.output import read_report
from curate.takedown import packs
from curate.text import tokenizers as tokens

__all__ = ["pack"]
__dir__ = listing(__name__, __all__)

Format = Literal["parquet", "nanogpt", "megatron", "mds", "webdataset"]
FORMATS: tuple[str, ...] = get_args(Format)
CUT = ("parquet", "mds", "webdataset")  # into sequences
LENGTH = 2_048
SMALL_VOCABULARY = 65_500


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
        eot: its token between documents, if it has none of the usual names.
        workers: processes; None: one for each core.

    Raises RecipeError: there is no manifest, no such format or end of text, a length below 1.
    """
    if format not in FORMATS:
        raise RecipeError(f"pack: expected a format of {', '.join(FORMATS)}, got {format}")
    if length < 1:
        raise RecipeError(f"pack: expected a length of at least 1, got {length}")
    manifest = read_report(out, "manifest")
    loaded = _load(tokenizer, eot)
    small = loaded.size < SMALL_VOCABULARY
    large = "uint32" if format == "nanogpt" else "int32"
    job = Job(
        out=out,
        to=to,
        tokenizer=tokens.TokenizerSettings(spec=tokenizer, sha256=loaded.sha256, eot=eot),
        length=length,
        dtype="int32" if format in CUT else "uint16" if small else large,
    )
    _clear(to)
    pack_all: dict[str, Callable[[Job, Mapping[str, Any], int | None], list[File]]] = {
        "parquet": partial(pack_each, parquet.pack_shard),
        "nanogpt": nanogpt.pack_all,
        "megatron": megatron.pack_all,
        "mds": mds.pack_all,
        "webdataset": partial(pack_each, webdataset.pack_shard),
    }
    files = pack_all[format](job, manifest, workers)
    about = {
        "schema_version": 1,
        "format": format,
        "length": length if format in CUT else None,
        "dtype": job.dtype,
        "tokenizer": {"name": loaded.name, "sha256": loaded.sha256, "eot": loaded.eot},
        "files": [asdict(file) for file in files],
    }
    packs.note(io.absolute(out, Path.cwd()), io.absolute(to, Path.cwd()))
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
