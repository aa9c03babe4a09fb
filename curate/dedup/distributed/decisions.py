"""Who goes, from the verified pairs: in one task, or step by step where they are too many.

A step settles what can be settled at once: a document without a better neighbour stays, its
neighbours go. Each pack holds the pairs in which its documents are second.

    ask     (the pack of the second)  the firsts of its open pairs     -> the packs of the firsts
    answer  (the pack of the first)   stays, goes, or not known yet    -> the pack that asked
    narrow  (the pack of the second)  what is still open, what settled, written
"""

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from curate.dedup.distributed import rounds
from curate.dedup.distributed.messages import Message, packed, unpacked
from curate.dedup.distributed.partitions import (
    Pack,
    Round,
    batch_of,
    read_table,
    schema_of,
    written,
)
from curate.dedup.distributed.rounds import EDGE, GONE, OPEN, Table
from curate.store.commits import Receipt, write_tables


def decide_all(folder: str, unit: str, payload: str) -> Receipt:
    """Write who goes for whom, from verified pairs; in one task.

    The payload names the files of the pairs, and of documents settled just before: their pairs
    count, but they are not written again.
    """
    edges, settled = json.loads(payload)
    late = read_table(settled, GONE)
    pairs = np.concatenate([read_table(edges, EDGE), _as_edges(late)])
    gone = rounds.who_goes(pairs)
    gone = gone[~np.isin(gone["key"], late["key"])]
    files = write_tables(folder, unit, {"gone": schema_of(GONE)}, [("gone", batch_of(gone))])
    return Receipt(unit, files)


def ask(pack: Pack, how: Round) -> Iterator[Message]:
    """Ask what is known of the firsts in the pack's open pairs."""
    edges = open_edges(pack, how)
    keys = np.unique(edges["first_key"][edges["kept"] == 0])
    homes = how.pack_of(keys)
    for home in np.unique(homes):
        asked = pa.table({"key": keys[homes == home]})
        yield Message(int(home), "ask", packed(asked, str(pack.number).encode()))
    yield Message(pack.number, "pack", pack.to_json().encode())


def answer(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Say what is known of the pack's documents."""
    asked = []
    for message in messages:
        if message.kind == "ask":
            asked.append(unpacked(message.body))
        else:
            pack = Pack.from_json(message.body)
            yield message
    edges, settled = open_edges(pack, how), read_table(pack.settled, GONE)
    for keys, asker in asked:
        told = rounds.known(keys["key"].to_numpy(), edges, settled)
        answers = keys.append_column("told", pa.array(told))
        yield Message(int(asker), "told", packed(answers, b""))


def narrow(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Write which of the pack's pairs are still open, and who is settled."""
    told = [pa.table({"key": pa.array([], pa.int64()), "told": pa.array([], pa.uint8())})]
    for message in messages:
        if message.kind == "told":
            told.append(unpacked(message.body)[0])
        else:
            pack = Pack.from_json(message.body)
    answers = pa.concat_tables(told).sort_by("key")
    edges, settled = rounds.narrowed(
        open_edges(pack, how), answers["key"].to_numpy(), answers["told"].to_numpy()
    )
    receipt = written(pack, how, "open", {"open": edges, "settled": settled})
    yield Message(pack.number, "receipt", receipt.to_json().encode())


def open_edges(pack: Pack, how: Round) -> Table:
    """Return the pairs of the pack's documents that may still decide something."""
    if how.level:
        return read_table(pack.open, OPEN)
    edges = read_table(pack.similar, EDGE)
    out = np.zeros(len(edges), OPEN)
    for name in EDGE.names or ():
        out[name] = edges[name]
    return out


def _as_edges(gone: Table) -> Table:
    out = np.empty(len(gone), EDGE)
    for name in ("rank", "key"):
        out[f"first_{name}"], out[f"second_{name}"] = gone[f"kept_{name}"], gone[name]
    out["jaccard"] = gone["jaccard"]
    return out
