"""WebDataset's format: a tar file per shard, two members for each sequence.

NAME.npy has the tokens, `int32[length]`; NAME.json `starts`, `ids` and `continues`, as in Parquet.
NAME is that of the shard and the number of the sequence, so it is unique in the pack. Members
have no date and no owner, so the same tokens are the same bytes.
"""

import io as stdio
import json
import tarfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from curate.pack.job import File, Job, file_of, packed, target
from curate.pack.sequences import Packed, Packer, Stream
from curate.store import io


def pack_shard(job: Job, file: str) -> File:
    """Pack one shard into sequences."""
    name = target(file, ".tar")
    packer = Packer(job.length)
    count = tokens = sequences = 0
    with io.staged(io.join(job.to, name)) as path:
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for group in packed(job, file, packer):
                if isinstance(group, Stream):
                    count, tokens = count + len(group.ids), tokens + len(group.tokens)
                    continue
                for array, about in members(group):
                    key = f"{Path(name).stem.partition('-of-')[0]}-{sequences:09d}"
                    _add_member(archive, f"{key}.npy", array)
                    _add_member(archive, f"{key}.json", about)
                    sequences += 1
        return file_of(
            path, name, documents=count, tokens=tokens, sequences=sequences,
            left_out=packer.waiting,
        )  # fmt: skip


def members(sequences: Packed) -> Iterator[tuple[bytes, bytes]]:
    """Yield each sequence as the bytes of its .npy and of its .json."""
    tokens = np.ascontiguousarray(sequences.tokens, "<i4")
    bounds = sequences.offsets.tolist()
    for number, (begin, end) in enumerate(pairwise(bounds)):
        array = stdio.BytesIO()
        np.save(array, tokens[number])
        about = {
            "starts": sequences.starts[begin:end].tolist(),
            "ids": sequences.ids[begin:end],
            "continues": bool(sequences.continues[number]),
        }
        yield array.getvalue(), json.dumps(about, ensure_ascii=False).encode()


def _add_member(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, stdio.BytesIO(data))
