"""The fates of what goes: each names who stays in its place, whose id another pack knows.

ask_names   (a pack)               whom its documents go for         -> the packs of those
name_kept   (the pack of the kept) their ids                         -> the pack that asked
tell_fates  (the pack)             the fates, written
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from curate.dedup.distributed.messages import Message, packed, unpacked
from curate.dedup.distributed.partitions import Pack, Round, gone_of
from curate.store.commits import Receipt, write_tables
from curate.store.schema import FATES


def ask_names(pack: Pack, how: Round) -> Iterator[Message]:
    """Ask for the ids of those that stay in the place of the pack's documents."""
    gone = gone_of(pack)
    keys, counts = np.unique(gone["kept_key"], return_counts=True)
    homes = how.pack_of(keys)
    for home in np.unique(homes):
        own = pa.table({"key": keys[homes == home], "removed": counts[homes == home]})
        yield Message(int(home), "need", packed(own, pack.to_json().encode()))
    yield Message(pack.number, "pack", pack.to_json().encode())


def name_kept(messages: Iterable[Message]) -> Iterator[Message]:
    """Send the ids that were asked for; say who of the pack stays for the most others."""
    needs = []
    for message in messages:
        if message.kind == "need":
            needs.append(unpacked(message.body))
        else:
            pack = Pack.from_json(message.body)
    if not needs:
        return
    asked = (
        pa.concat_tables([keys for keys, _ in needs])
        .group_by("key")
        .aggregate([("removed", "sum")])
    )
    asked = asked.sort_by([("removed_sum", "descending"), ("key", "ascending")])
    names = pack.rows(np.sort(asked["key"].to_numpy()), ["id"])
    places = names["key"].to_numpy()
    first = names["id"][int(np.searchsorted(places, asked["key"][0].as_py()))].as_py()
    facts = {"pack": pack.number, "largest": [asked["removed_sum"][0].as_py(), first]}
    receipt = Receipt(f"names-{pack.number:06d}", facts=facts)
    yield Message(pack.number, "receipt", receipt.to_json().encode())
    for keys, about in needs:
        chosen = names.take(np.searchsorted(places, keys["key"].to_numpy()))
        yield Message(Pack.from_json(about).number, "names", packed(chosen, about))


def tell_fates(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Write the fates of the pack's documents that go."""
    names, about = [], b""
    for message in messages:
        if message.kind == "names":
            part, about = unpacked(message.body)
            names.append(part)
        else:
            yield message
    if not names:
        return
    pack = Pack.from_json(about)
    kept = pa.concat_tables(names).sort_by("key")
    gone = gone_of(pack)
    documents = pack.rows(
        np.ascontiguousarray(gone["key"]), ["source", "file_path", "n", "id", "url"]
    )
    where = np.searchsorted(kept["key"].to_numpy(), gone["kept_key"])
    size = len(gone)
    table = {name: documents[name] for name in documents.column_names} | {
        "length": pa.nulls(size, pa.int64()),
        "state": pa.array(["dropped"] * size),
        "stage": pa.array(["dedup"] * size),
        "reason": pa.array(["near_duplicate"] * size),
        "score": pa.array(np.ascontiguousarray(gone["jaccard"])),
        "kept_key": pa.array(np.ascontiguousarray(gone["kept_key"])),
        "kept_id": kept["id"].take(where),
    }
    rows = pa.table([table[name] for name in FATES.names], schema=FATES)
    unit = f"{how.name}-{pack.number:06d}"
    batches = (("fates", batch) for batch in rows.to_batches())
    receipt = Receipt(unit, write_tables(how.folder, unit, {"fates": FATES}, batches))
    yield Message(pack.number, "receipt", receipt.to_json().encode())
