"""The tasks of a round: what each reads, writes and sends. No Spark: messages in, messages out.

Documents are in partitions: some parts of them on disk, thousands of documents, consecutive keys.
A round is five steps, between which messages are shuffled:

    send_local_leaders  (a partition)   its best of every bucket        -> that bucket's task
    send_leaders        (some buckets)  the best over all partitions    -> the partitions that sent
    write_pairs         (of the second) new pairs, written; first keys  -> their partitions
    send_texts          (of the first)  texts, each once a partition    -> the one that asked
    verify_pairs        (of the second) similarities from the texts, written

What a task writes it lists in a receipt, which travels along to the end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.dedup.bands import Unit
from curate.dedup.clusters import refined_keys
from curate.dedup.distributed import rounds
from curate.dedup.distributed.index import read_index, signatures_of
from curate.dedup.distributed.messages import (
    Message,
    decode_table,
    encode_table,
    received_rows,
    send_rows,
)
from curate.dedup.distributed.partitions import (
    Partition,
    RoundSpec,
    read_table,
    removals_of,
    write_round,
)
from curate.dedup.distributed.rounds import EDGE, LEADER, MEMBER, PAIR, Ints, Table
from curate.dedup.similarity import jaccard_of_texts
from curate.store import io

TEXT_BYTES = 32 << 20  # of texts that are compared at a time, the partition's own aside
CHUNK_BYTES = 4 << 20  # of texts in a message


def send_local_leaders(partition: Partition, spec: RoundSpec) -> Iterator[Message]:
    """Send every bucket the partition's best; the partition itself travels along."""
    rows = rounds.local_leaders(memberships(partition, spec), spec.max_leaders)
    yield from send_rows(rows, _task_of(rows["bucket"], spec), "local leaders")
    yield Message(partition.number % spec.buckets, "partition", partition.to_json().encode())


def send_leaders(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Reply to the local leaders of some buckets with the leaders over all partitions."""
    bodies = []
    for message in messages:
        if message.kind == "local leaders":
            bodies.append(message.body)
        else:
            yield _to_partition(message)
    local = received_rows(bodies, LEADER)
    rows, partitions = rounds.bucket_leaders(
        local, spec.partition_of(local["key"]), spec.max_leaders
    )
    yield from send_rows(rows, partitions, "leaders")


def send_overflow(partition: Partition, spec: RoundSpec) -> Iterator[Message]:
    """Send the overflow of full buckets, with the rows to split it by, to the buckets' tasks."""
    members = read_table(partition.overflow, MEMBER)
    rows = np.empty(len(members), _with_further(spec.levels - spec.level - 1))
    for name in MEMBER.names or ():
        rows[name] = members[name]
    rows["further"] = _further_rows(partition, members, spec)[:, spec.level + 1 :]
    yield from send_rows(rows, _task_of(rows["bucket"], spec), "overflow")
    yield Message(partition.number % spec.buckets, "partition", partition.to_json().encode())


def pair_overflow(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Pair the overflow of some full buckets, split further as often as need be."""
    bodies = []
    for message in messages:
        if message.kind == "overflow":
            bodies.append(message.body)
        else:
            yield _to_partition(message)
    rows = received_rows(bodies, _with_further(spec.levels - spec.level - 1))
    further = np.ascontiguousarray(rows["further"])
    pairs = rounds.candidate_pairs_of_buckets(rows, further, spec.max_leaders)
    yield from send_rows(pairs, spec.partition_of(pairs["second_key"]), "pairs")


def write_pairs(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Write the partition's new pairs, and ask for the texts of their first documents."""
    bodies: dict[str, list[bytes]] = {"leaders": [], "pairs": [], "partition": []}
    for message in messages:
        bodies[message.kind].append(message.body)
    partition = Partition.from_json(bodies["partition"][0])
    tables = {"compared": received_rows(bodies["pairs"], PAIR)}
    if bodies["leaders"]:
        tables |= _tables_from_leaders(partition, received_rows(bodies["leaders"], LEADER), spec)
    pairs = rounds.distinct(tables["compared"])
    if len(pairs):
        pairs = rounds.new_pairs(pairs, read_table(partition.compared, PAIR))
    tables["compared"] = pairs
    receipt = write_round(partition, spec, "pairs", tables)
    yield Message(partition.number, "partition", partition.to_json().encode())
    yield Message(partition.number, "receipt", receipt.to_json().encode())
    new_files = [io.join(spec.folder, f.name) for f in receipt.files if f.table == "compared"]
    note = replace(partition, compared=tuple(new_files)).to_json().encode()
    first_keys = np.unique(pairs["first_key"])
    owners = spec.partition_of(first_keys)
    for owner in np.unique(owners):
        keys = pa.table({"key": first_keys[owners == owner]})
        yield Message(int(owner), "request", encode_table(keys, note))


def send_texts(messages: Iterable[Message]) -> Iterator[Message]:
    """Read the texts that others need of this partition, each once, and send them."""
    requests = []
    for message in messages:
        if message.kind == "request":
            requests.append(decode_table(message.body))
        elif message.kind == "partition":
            partition = Partition.from_json(message.body)
        else:
            yield message
    if not requests:
        return
    wanted = [keys["key"].to_numpy() for keys, _ in requests]
    rows = partition.rows(np.unique(np.concatenate(wanted)), ["text"])
    row_keys = rows["key"].to_numpy()
    for keys, note in requests:
        sender = Partition.from_json(note)
        chosen = rows.take(np.searchsorted(row_keys, keys["key"].to_numpy()))
        for chunk in _chunks(chosen):
            yield Message(sender.number, "texts", encode_table(chunk, note))


def verify_pairs(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Compare the partition's documents with the texts that come in; write the similar pairs."""
    waiting: list[pa.Table] = []
    size = 0
    lower: LowerRankedDocs | None = None
    for message in messages:
        if message.kind != "texts":
            yield message
            continue
        texts, note = decode_table(message.body)
        lower = lower or LowerRankedDocs(Partition.from_json(note), spec)
        waiting.append(texts)
        size += texts.nbytes
        if size >= TEXT_BYTES:
            lower.compare(pa.concat_tables(waiting))
            waiting, size = [], 0
    if lower is not None:
        lower.compare(pa.concat_tables([*waiting, lower.texts.slice(0, 0)]))
        receipt = write_round(lower.partition, spec, "edges", {"similar": lower.similar()})
        yield Message(lower.partition.number, "receipt", receipt.to_json().encode())


class LowerRankedDocs:
    """The second documents of a partition's new pairs, with their texts."""

    def __init__(self, partition: Partition, spec: RoundSpec) -> None:
        self.partition, self.spec = partition, spec
        self.pairs = read_table(partition.compared, PAIR)
        self.texts = partition.rows(np.unique(self.pairs["second_key"]), ["text"])
        self.edges = [np.empty(0, EDGE)]

    def compare(self, higher: pa.Table) -> None:
        """Add the pairs with these texts, of first documents, that are similar."""
        if higher.num_rows == 0:
            return
        chosen, scores = compare_pairs(
            self.pairs["first_key"],
            self.pairs["second_key"],
            higher.sort_by("key"),
            self.texts,
            ngram=self.spec.hasher.ngram,
            unit=self.spec.hasher.unit,
            threshold=self.spec.threshold,
        )
        pairs = self.pairs[chosen]
        is_similar = scores > 0
        edges = np.empty(int(is_similar.sum()), EDGE)
        for name in PAIR.names or ():
            edges[name] = pairs[name][is_similar]
        edges["jaccard"] = scores[is_similar]
        self.edges.append(edges)

    def similar(self) -> Table:
        """Return EDGE rows of all pairs found similar, by (second, first)."""
        return rounds.distinct(np.concatenate(self.edges))


def compare_pairs(
    first: Ints,
    second: Ints,
    higher: pa.Table,
    lower: pa.Table,
    *,
    ngram: int,
    unit: Unit,
    threshold: float,
) -> tuple[Ints, npt.NDArray[np.float64]]:
    """Return which of P pairs have their first document in `higher`, and how similar each is.

    Args:
        first, second: int64[P], keys of documents.
        higher, lower: `key` and `text` of documents, by key; `lower` has all second ones.
        ngram, unit, threshold: see `curate.dedup.similarity`: below the threshold it is 0.0.
    """
    keys = higher["key"].to_numpy()
    left = np.searchsorted(keys, first) % len(keys)
    chosen = np.flatnonzero(keys[left] == first)
    lower_keys, right = np.unique(second[chosen], return_inverse=True)
    texts = lower["text"].take(np.searchsorted(lower["key"].to_numpy(), lower_keys))
    scores = jaccard_of_texts(
        pa.concat_arrays([*higher["text"].chunks, *texts.chunks]),
        left[chosen],
        right + len(keys),
        ngram=ngram,
        unit=unit,
        threshold=threshold,
    )
    return chosen, scores


def memberships(
    partition: Partition, spec: RoundSpec, among: npt.NDArray[np.uint64] | None = None
) -> Table:
    """Return MEMBER rows of the partition in the buckets of this round, by bucket and position.

    Of the buckets of all documents (source "index") only `among`, if given.
    """
    if spec.source == "overflow":
        rows = read_table(partition.overflow, MEMBER)
        return rows[np.lexsort((rows["key"], rows["rank"], rows["bucket"]))]
    if spec.source == "members":
        return rounds.with_limits(read_table(partition.members, MEMBER), removals_of(partition))
    index = read_index(partition)
    positions = np.empty(index.num_rows, rounds.POSITION)
    for name in ("rank", "key"):
        positions[name] = index[name].to_numpy()
    keys = spec.hasher.band_keys(signatures_of(index))
    keys ^= index["scope"].to_numpy().view(np.uint64)[:, None]
    return rounds.members_of(keys, positions, among)


def _tables_from_leaders(partition: Partition, leaders: Table, spec: RoundSpec) -> dict[str, Table]:
    """Return the tables that follow from the leaders of the partition's buckets."""
    members = memberships(partition, spec, leaders["bucket"])
    pairs, after_leaders = rounds.candidate_pairs(members, leaders, spec.max_leaders)
    if spec.source == "index":
        return {"compared": pairs, "members": rounds.shared_members(members, leaders)}
    overflow = members[after_leaders]
    if spec.next_level >= spec.levels or len(overflow) == 0:
        return {"compared": pairs}
    row = _further_rows(partition, overflow, spec)[:, spec.next_level]
    overflow["bucket"] = refined_keys(np.ascontiguousarray(overflow["bucket"]), row)
    return {"compared": pairs, "overflow": overflow}


def _further_rows(partition: Partition, members: Table, spec: RoundSpec) -> npt.NDArray[np.uint32]:
    """Return uint32[members, levels]: the rows of their signatures to split their bands by."""
    index = read_index(partition)
    signatures, keys = signatures_of(index), index["key"].to_numpy()
    rows = np.empty((len(members), spec.levels), np.uint32)
    for band in np.unique(members["band"]):
        in_band = np.flatnonzero(members["band"] == band)
        where = np.searchsorted(keys, members["key"][in_band])
        rows[in_band] = spec.hasher.further_rows(signatures[where], int(band), spec.levels)
    return rows


def _with_further(levels: int) -> "np.dtype[Any]":
    return np.dtype([*MEMBER.descr, ("further", "<u4", (levels,))])


def _task_of(buckets: npt.NDArray[np.uint64], spec: RoundSpec) -> Ints:
    return (buckets % np.uint64(spec.buckets)).astype(np.int64)


def _to_partition(message: Message) -> Message:
    """Return a partition's message, sent on to the partition itself."""
    return message._replace(to=Partition.from_json(message.body).number)


def _chunks(rows: pa.Table) -> Iterator[pa.Table]:
    size = max(1, int(rows.num_rows * CHUNK_BYTES / max(1, rows.nbytes)))
    for start in range(0, rows.num_rows, size):
        yield rows.slice(start, size)
