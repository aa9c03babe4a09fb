"""Memory-mapped fastText models: label probabilities equal to the library's.

Input: a `.bin` file of a supervised model, and texts on one line each. Output: the chance of
every label. The matrices are mapped into memory and not read, so all processes of a machine share
one copy of a file of gigabytes; only the dictionary's index is built by each.

Why not the library: it reads the whole file into each process. Models with hierarchical softmax
or quantised ones (`.ftz`) are left to it (`curate.quality.fasttext`).

Source: facebookresearch/fastText v0.9.2, `fasttext.cc`, `dictionary.cc`, `model.cc`, `loss.cc`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curate._compiled import compiled
from curate.quality.features import Bytes, Ints

MAGIC, VERSIONS = 793712314, (11, 12)
HS, NS, SOFTMAX, OVA = 1, 2, 3, 4
SUPERVISED = 3
_ARGS = (
    "dim", "ws", "epoch", "min_count", "neg", "word_ngrams", "loss", "model", "bucket", "minn",
    "maxn", "lr_update_rate",
)  # fmt: skip
_HEAD = 8 + 12 * 4 + 8  # magic, version, arguments, t
_COUNTS = 3 * 4 + 2 * 8  # entries, words, labels; tokens, pruned

Floats32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


class NotReadInPlaceError(ValueError):
    """A fastText model of a kind that only the library reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FastTextFile:
    """A model whose matrices are in a file.

    names: uint8 of all entries, one after the other; name i is [starts[i], starts[i + 1]).
    table: int32, an open-addressed index of the entries by their hash, -1 for none.
    input, output: float32[words + bucket, dim], float32[labels, dim].
    """

    args: dict[str, int]
    labels: tuple[str, ...]
    words: int
    names: Bytes
    starts: Ints
    table: Int32
    input: Floats32
    output: Floats32

    def chances(self, lines: list[str]) -> npt.NDArray[np.float64]:
        """Return float64[N, labels]: the library's chance of each label, nan for no known word.

        Args:
            lines: texts without newlines.
        """
        parts = [line.encode("utf-8", "replace") for line in lines]
        ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        data = np.frombuffer(b"".join([*parts, b" "]), np.uint8)
        chances = np.empty((len(lines), len(self.labels)), np.float64)
        _score_all(
            data, ends, self.names, self.starts, self.table, self.words, self.input, self.output,
            self.args["word_ngrams"], self.args["minn"], self.args["maxn"], self.args["bucket"],
            self.args["loss"] == SOFTMAX, chances,
        )  # fmt: skip
        return chances


def open_file(path: Path, name: str) -> FastTextFile:
    """Return the model of a file.

    Raises:
        ValueError: it is no supervised model of fastText.
        NotReadInPlaceError: it is quantised, pruned, or has a hierarchical softmax.
    """
    size = path.stat().st_size
    data = np.memmap(path, np.uint8, "r") if size else np.empty(0, np.uint8)
    if size < _HEAD + _COUNTS or (version := _head(data)) is None:
        raise ValueError(f"{name}: expected a fastText model, got another file")
    args = dict(zip(_ARGS, data[8:56].view("<i4").tolist(), strict=True))
    if args["model"] != SUPERVISED:
        raise ValueError(f"{name}: expected a fastText classifier, got word vectors")
    if version == VERSIONS[0]:
        args["maxn"] = 0
    if args["loss"] == HS:
        raise NotReadInPlaceError(f"{name}: a hierarchical softmax")
    try:
        return _read(data, args)
    except NotReadInPlaceError as error:
        raise NotReadInPlaceError(f"{name}: {error}") from error
    except (IndexError, ValueError) as error:
        raise ValueError(f"{name}: a damaged fastText model: {error}") from error


def _head(data: Bytes) -> int | None:
    """Return the version of a model's file, None for another file."""
    magic, version = data[:8].view("<i4").tolist()
    return version if magic == MAGIC and version in VERSIONS else None


def _read(data: Bytes, args: dict[str, int]) -> FastTextFile:
    at = _HEAD
    entries, words, labels = data[at : at + 12].view("<i4").tolist()
    pruned = int(data[at + 20 : at + 28].view("<i8")[0])
    if pruned >= 0:
        raise NotReadInPlaceError("a pruned dictionary")
    at += _COUNTS
    starts = np.zeros(entries + 1, np.int64)
    end = _scan(data, at, starts)
    if end < 0 or words + labels != entries or min(entries, words, labels) < 0:
        raise ValueError(f"{entries} entries, {words} words, {labels} labels")
    names = np.empty(starts[-1], np.uint8)
    _copy(data, at, starts, names)
    table = np.full(_room(entries), -1, np.int32)
    _index(names, starts, table)
    input_, end = _matrix(data, end)
    output, end = _matrix(data, end)
    text = names.tobytes()
    label_names = tuple(
        text[starts[i] : starts[i + 1]].decode("utf-8", "replace") for i in range(words, entries)
    )
    if output.shape != (labels, args["dim"]) or input_.shape[1] != args["dim"]:
        raise ValueError(f"matrices of {input_.shape} and {output.shape}")
    if len(input_) < words + (args["bucket"] if args["word_ngrams"] > 1 or args["maxn"] else 0):
        raise ValueError(f"a matrix of {len(input_)} rows")
    return FastTextFile(
        args=args, labels=label_names, words=words, names=names, starts=starts, table=table,
        input=input_, output=output,
    )  # fmt: skip


def _matrix(data: Bytes, at: int) -> tuple[Floats32, int]:
    """Return the matrix at a place of the file, and where it ends."""
    if data[at]:
        raise NotReadInPlaceError("a quantised model")
    rows, columns = np.array(data[at + 1 : at + 17]).view("<i8").tolist()
    begin, size = at + 17, 4 * rows * columns
    if rows < 0 or columns < 0 or begin + size > len(data):
        raise ValueError(f"a matrix of {rows} rows and {columns} columns does not fit the file")
    # The file's floats may be unaligned; NumPy reads them where they are.
    matrix = np.ndarray((rows, columns), "<f4", data, begin)
    return matrix, begin + size


def _room(entries: int) -> int:
    places = 4
    while places < 2 * entries:
        places *= 2
    return places


@compiled
def _scan(data: Bytes, at: int, starts: Ints) -> int:
    """Fill in where each name starts among all of them; return where the entries end, or -1."""
    for i in range(len(starts) - 1):
        begin = at
        while at < len(data) and data[at] != 0:
            at += 1
        starts[i + 1] = starts[i] + at - begin
        at += 10  # the zero, a count of 8 bytes, a type
        if at > len(data):
            return -1
    return at


@compiled
def _copy(data: Bytes, at: int, starts: Ints, names: Bytes) -> None:
    for i in range(len(starts) - 1):
        for j in range(starts[i], starts[i + 1]):
            names[j] = data[at]
            at += 1
        at += 10


@compiled
def _hash(data: Bytes, begin: int, end: int, h: np.uint32) -> Any:
    """Return FNV-1a, as fastText has it: bytes are signed."""
    for i in range(begin, end):
        # numba computes in 64 bits
        h = np.uint32((h ^ np.uint32(np.int8(data[i]))) * np.uint32(16777619))
    return h


@compiled
def _index(names: Bytes, starts: Ints, table: Int32) -> None:
    last = len(table) - 1
    for i in range(len(starts) - 1):
        at = np.int64(_hash(names, starts[i], starts[i + 1], np.uint32(2166136261))) & last
        while table[at] >= 0:
            at = (at + 1) & last
        table[at] = i


@compiled
def _find(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    data: Bytes, begin: int, end: int, h: np.uint32, names: Bytes, starts: Ints, table: Int32
) -> int:
    """Return the number of a token's entry, or -1."""
    last = len(table) - 1
    at = np.int64(h) & last
    while table[at] >= 0:
        i = table[at]
        if starts[i + 1] - starts[i] == end - begin:
            same = True
            for j in range(end - begin):
                if names[starts[i] + j] != data[begin + j]:
                    same = False
                    break
            if same:
                return int(i)
        at = (at + 1) & last
    return -1


@compiled
def _add_row(matrix: Floats32, row: int, hidden: Floats32) -> None:
    for k in range(len(hidden)):
        hidden[k] += matrix[row, k]


@compiled
def _add_parts(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    word: Bytes, minn: int, maxn: int, bucket: int, words: int, matrix: Floats32, hidden: Floats32
) -> int:
    """Add the rows of a word's runs of characters; `word` is enclosed in < and >."""
    added, size = 0, len(word)
    for i in range(size):
        if word[i] & 0xC0 == 0x80:
            continue
        j, n = i, 1
        while j < size and n <= maxn:
            j += 1
            while j < size and word[j] & 0xC0 == 0x80:
                j += 1
            if n >= minn and not (n == 1 and (i == 0 or j == size)):
                h = _hash(word, i, j, np.uint32(2166136261))
                _add_row(matrix, words + int(h) % bucket, hidden)
                added += 1
            n += 1
    return added


@compiled
def _is_label(data: Bytes, begin: int, end: int) -> bool:
    prefix = (95, 95, 108, 97, 98, 101, 108, 95, 95)  # __label__
    if end - begin < 9:
        return False
    same = True
    for i in range(9):
        same = same and data[begin + i] == prefix[i]
    return same


@compiled
def _hidden(  # noqa: PLR0917 - one pass over the tokens
    data: Bytes, begin: int, end: int, names: Bytes, starts: Ints, table: Int32, words: int,
    matrix: Floats32, ngrams: int, minn: int, maxn: int, bucket: int, hashes: Ints,
    hidden: Floats32,
) -> int:  # fmt: skip
    """Add up the rows of a line; return how many there are."""
    eos = np.array([60, 47, 115, 62], np.uint8)  # </s>, which ends every line
    added, tokens, at = 0, 0, begin
    for k in range(len(hidden)):
        hidden[k] = 0.0
    while at <= end:
        while at < end and (data[at] == 32 or 9 <= data[at] <= 13 or data[at] == 0):
            at += 1
        stop = at
        while stop < end and not (data[stop] == 32 or 9 <= data[stop] <= 13 or data[stop] == 0):
            stop += 1
        ends = stop == at
        buffer, first, last = (eos, 0, 4) if ends else (data, at, stop)
        h = _hash(buffer, first, last, np.uint32(2166136261))
        entry = _find(buffer, first, last, h, names, starts, table)
        if entry < words and (entry >= 0 or not _is_label(buffer, first, last)):
            if entry >= 0:
                _add_row(matrix, entry, hidden)
                added += 1
            if maxn > 0 and not (
                last - first == 4 and h == _hash(eos, 0, 4, np.uint32(2166136261))
            ):
                word = np.empty(last - first + 2, np.uint8)
                word[0], word[-1] = 60, 62
                for i in range(first, last):
                    word[i - first + 1] = buffer[i]
                added += _add_parts(word, minn, maxn, bucket, words, matrix, hidden)
            hashes[tokens] = np.int64(np.int32(h))
            tokens += 1
        if ends or (last - first == 4 and h == _hash(eos, 0, 4, np.uint32(2166136261))):
            break
        at = stop
    for i in range(tokens):
        h64 = np.uint64(hashes[i])
        for j in range(i + 1, min(tokens, i + ngrams)):
            h64 = h64 * np.uint64(116049371) + np.uint64(hashes[j])
            _add_row(matrix, words + int(h64 % np.uint64(bucket)), hidden)
            added += 1
    return added


@compiled
def _score_all(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    data: Bytes, ends: Ints, names: Bytes, starts: Ints, table: Int32, words: int,
    matrix: Floats32, output: Floats32, ngrams: int, minn: int, maxn: int, bucket: int,
    softmax: bool, chances: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    labels, dim = output.shape
    longest = 0
    for i in range(len(ends) - 1):
        longest = max(longest, ends[i + 1] - ends[i])
    hashes = np.empty(longest + 2, np.int64)
    hidden, z = np.empty(dim, np.float32), np.empty(labels, np.float32)
    for i in range(len(ends) - 1):
        rows = _hidden(
            data, ends[i], ends[i + 1], names, starts, table, words, matrix, ngrams, minn, maxn,
            bucket, hashes, hidden,
        )  # fmt: skip
        if rows == 0:
            chances[i] = np.nan
            continue
        for k in range(dim):
            hidden[k] *= np.float32(1.0 / rows)
        for label in range(labels):
            total = np.float32(0.0)
            for k in range(dim):
                total += output[label, k] * hidden[k]
            z[label] = total
        _chances(z, softmax, chances[i])


@compiled
def _chances(z: Floats32, softmax: bool, chances: npt.NDArray[np.float64]) -> None:
    """Fill in the chances of the labels; the library adds 1e-5 to each before its logarithm."""
    if softmax:
        most, total = z.max(), np.float32(0.0)
        for i in range(len(z)):
            z[i] = np.float32(np.exp(np.float64(z[i] - most)))
            total += z[i]
        for i in range(len(z)):
            z[i] /= total
    else:
        for i in range(len(z)):
            if z[i] < -8.0:
                z[i] = 0.0
            elif z[i] > 8.0:
                z[i] = 1.0
            else:  # the library's table of 512 steps
                step = np.int64((z[i] + np.float32(8.0)) * np.float32(512) / np.float32(8) / 2)
                z[i] = 1.0 / (1.0 + np.exp(-(step * 16.0 / 512 - 8.0)))
    for i in range(len(z)):
        chances[i] = np.float64(z[i]) + 1e-5
