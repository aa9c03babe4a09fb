"""Removals from verified pairs: in one task, or step by step where there are too many pairs.

A step settles what can be settled at once: a document without a better neighbour is kept, its
neighbours are removed. Each partition holds the pairs in which its documents are second.

    query_status  (partition of the second)  first documents of open pairs  -> their partitions
    reply_status  (partition of the first)   kept, removed or unknown       -> the one that asked
    prune_edges   (partition of the second)  open pairs and settled removals, written
"""

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from curate.dedup.distributed import rounds
from curate.dedup.distributed.messages import Message, decode_table, encode_table
from curate.dedup.distributed.partitions import (
    Partition,
    RoundSpec,
    batch_of,
    read_table,
    schema_of,
    write_round,
)
from curate.dedup.distributed.rounds import EDGE, OPEN_EDGE, REMOVAL, Table
from curate.store.commits import Receipt
from curate.store.tables import write_tables


def decide_all(folder: str, unit: str, payload: str) -> Receipt:
    """Write the removals that follow from verified pairs; in one task.

    The payload names the files of the pairs, and of documents settled just before: their pairs
    count, but they are not written again.
    """
    edges, settled = json.loads(payload)
    just_settled = read_table(settled, REMOVAL)
    pairs = np.concatenate([read_table(edges, EDGE), _as_edges(just_settled)])
    removals = rounds.select_removals(pairs)
    removals = removals[~np.isin(removals["key"], just_settled["key"])]
    batches = [("removals", batch_of(removals))]
    return Receipt(unit, write_tables(folder, unit, {"removals": schema_of(REMOVAL)}, batches))


def query_status(partition: Partition, spec: RoundSpec) -> Iterator[Message]:
    """Ask for the status of the first documents of the partition's open pairs."""
    edges = open_edges(partition, spec)
    keys = np.unique(edges["first_key"][edges["first_kept"] == 0])
    owners = spec.partition_of(keys)
    for owner in np.unique(owners):
        query = pa.table({"key": keys[owners == owner]})
        yield Message(int(owner), "query", encode_table(query, str(partition.number).encode()))
    yield Message(partition.number, "partition", partition.to_json().encode())


def reply_status(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Send the status of the partition's documents that was asked for."""
    queries = []
    for message in messages:
        if message.kind == "query":
            queries.append(decode_table(message.body))
        else:
            partition = Partition.from_json(message.body)
            yield message
    edges, settled = open_edges(partition, spec), read_table(partition.settled, REMOVAL)
    for keys, sender in queries:
        status = rounds.status_of(keys["key"].to_numpy(), edges, settled)
        reply = keys.append_column("status", pa.array(status))
        yield Message(int(sender), "reply", encode_table(reply, b""))


def prune_edges(messages: Iterable[Message], spec: RoundSpec) -> Iterator[Message]:
    """Write which of the partition's pairs are still open, and which removals are settled."""
    replies = [pa.table({"key": pa.array([], pa.int64()), "status": pa.array([], pa.uint8())})]
    for message in messages:
        if message.kind == "reply":
            replies.append(decode_table(message.body)[0])
        else:
            partition = Partition.from_json(message.body)
    status = pa.concat_tables(replies).sort_by("key")
    still_open, settled = rounds.pruned_edges(
        open_edges(partition, spec), status["key"].to_numpy(), status["status"].to_numpy()
    )
    tables = {"open_edges": still_open, "settled": settled}
    receipt = write_round(partition, spec, "open", tables)
    yield Message(partition.number, "receipt", receipt.to_json().encode())


def open_edges(partition: Partition, spec: RoundSpec) -> Table:
    """Return the pairs of the partition's documents that may still decide something."""
    if spec.level:
        return read_table(partition.open_edges, OPEN_EDGE)
    edges = read_table(partition.similar, EDGE)
    out = np.zeros(len(edges), OPEN_EDGE)
    for name in EDGE.names or ():
        out[name] = edges[name]
    return out


def _as_edges(removals: Table) -> Table:
    out = np.empty(len(removals), EDGE)
    for name in ("rank", "key"):
        out[f"first_{name}"], out[f"second_{name}"] = removals[f"kept_{name}"], removals[name]
    out["jaccard"] = removals["jaccard"]
    return out
