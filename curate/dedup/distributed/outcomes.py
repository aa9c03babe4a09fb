"""The outcomes of removed documents: each names the document kept, whose id another partition has.

request_ids    (a partition)                  keys of kept documents      -> their partitions
reply_ids      (the partition of the kept)    their ids                   -> the one that asked
write_outcomes (the partition of the removed) the outcomes, written
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from curate.dedup.distributed.messages import Message, decode_table, encode_table
from curate.dedup.distributed.partitions import Partition, RoundSpec, removals_of
from curate.store.commits import Receipt
from curate.store.schema import OUTCOMES
from curate.store.tables import write_tables


def request_ids(partition: Partition, spec: RoundSpec) -> Iterator[Message]:
    """Ask for the ids of the documents kept in the place of the partition's."""
    removals = removals_of(partition)
    keys, counts = np.unique(removals["kept_key"], return_counts=True)
    owners = spec.partition_of(keys)
    for owner in np.unique(owners):
        rows = pa.table({"key": keys[owners == owner], "removed": counts[owners == owner]})
        yield Message(int(owner), "request", encode_table(rows, partition.to_json().encode()))
    yield Message(partition.number, "partition", partition.to_json().encode())


def reply_ids(messages: Iterable[Message]) -> Iterator[Message]:
    """Send the ids that were asked for; say which of the partition is kept for the most others."""
    requests = []
    for message in messages:
        if message.kind == "request":
            requests.append(decode_table(message.body))
        else:
            partition = Partition.from_json(message.body)
    if not requests:
        return
    wanted = (
        pa.concat_tables([keys for keys, _ in requests])
        .group_by("key")
        .aggregate([("removed", "sum")])
    )
    wanted = wanted.sort_by([("removed_sum", "descending"), ("key", "ascending")])
    ids = partition.rows(np.sort(wanted["key"].to_numpy()), ["id"])
    id_keys = ids["key"].to_numpy()
    largest = ids["id"][int(np.searchsorted(id_keys, wanted["key"][0].as_py()))].as_py()
    facts = {"partition": partition.number, "largest": [wanted["removed_sum"][0].as_py(), largest]}
    receipt = Receipt(f"names-{partition.number:06d}", facts=facts)
    yield Message(partition.number, "receipt", receipt.to_json().encode())
    for keys, note in requests:
        chosen = ids.take(np.searchsorted(id_keys, keys["key"].to_numpy()))
        yield Message(Partition.from_json(note).number, "ids", encode_table(chosen, note))


def write_outcomes(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Write the outcomes of the partition's removed documents."""
    ids, note = [], b""
    for message in messages:
        if message.kind == "ids":
            rows, note = decode_table(message.body)
            ids.append(rows)
        else:
            yield message
    if not ids:
        return
    partition = Partition.from_json(note)
    kept = pa.concat_tables(ids).sort_by("key")
    removals = removals_of(partition)
    documents = partition.rows(
        np.ascontiguousarray(removals["key"]),
        ["source", "file_path", "n", "id", "url", "characters", "extracted"],
    )
    where = np.searchsorted(kept["key"].to_numpy(), removals["kept_key"])
    size = len(removals)
    columns = {name: documents[name] for name in documents.column_names} | {
        "length": pa.nulls(size, pa.int64()),
        "state": pa.array(["dropped"] * size),
        "stage": pa.array(["dedup"] * size),
        "reason": pa.array(["near_duplicate"] * size),
        "score": pa.array(np.ascontiguousarray(removals["jaccard"])),
        "kept_key": pa.array(np.ascontiguousarray(removals["kept_key"])),
        "kept_id": kept["id"].take(where),
    }
    outcomes = pa.table([columns[name] for name in OUTCOMES.names], schema=OUTCOMES)
    unit = f"{spec.name}-{partition.number:06d}"
    batches = (("outcomes", batch) for batch in outcomes.to_batches())
    receipt = Receipt(unit, write_tables(spec.folder, unit, {"outcomes": OUTCOMES}, batches))
    yield Message(partition.number, "receipt", receipt.to_json().encode())
