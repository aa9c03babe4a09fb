"""The tasks of a round: who reads what, who is told what. No Spark: messages in, messages out.

Documents lie in packs: some parts of them on disk, thousands of documents, consecutive keys. A
round is four steps, between which messages are shuffled:

    claim   (a pack)                  its best of every bucket         -> that bucket's task
    lead    (some buckets)            the best over all                -> the packs that asked
    pair    (the pack of the second)  new pairs, written; the first's  -> the pack of the first
    fetch   (the pack of the first)   its texts, each once a pack      -> the pack of the second
    verify  (the pack of the second)  similarities from the texts, written

What a task writes it says in a receipt, which travels along to the end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.dedup.clusters import refined_keys
from curate.dedup.distributed import rounds
from curate.dedup.distributed.index import read_index, signatures_of
from curate.dedup.distributed.messages import Message, packed, send, table, unpacked
from curate.dedup.distributed.partitions import Pack, Round, gone_of, read_table, written
from curate.dedup.distributed.rounds import CLAIM, EDGE, MEMBER, PAIR, Ints, Table
from curate.dedup.similarity import jaccard_of_texts
from curate.store import io

TEXT_BYTES = 32 << 20  # of texts that are compared at a time, the pack's own aside
PIECE_BYTES = 4 << 20  # of texts in a message


def claim(pack: Pack, how: Round) -> Iterator[Message]:
    """Tell every bucket the pack's best; the pack itself travels along."""
    rows = rounds.claims(memberships(pack, how), how.leaders)
    yield from send(rows, _task_of(rows["bucket"], how), "claim")
    yield Message(pack.number % how.buckets, "pack", pack.to_json().encode())


def lead(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Answer the claims on some buckets with who leads them."""
    claims = []
    for message in messages:
        if message.kind == "claim":
            claims.append(message.body)
        else:
            yield _home(message)
    claimed = table(claims, CLAIM)
    rows, packs = rounds.heads(claimed, how.pack_of(claimed["key"]), how.leaders)
    yield from send(rows, packs, "head")


def split_rest(pack: Pack, how: Round) -> Iterator[Message]:
    """Send what is left of full buckets, with the rows to split it by, to where it is whole."""
    members = read_table(pack.rest, MEMBER)
    rows = np.empty(len(members), _with_further(how.levels - how.level - 1))
    for name in MEMBER.names or ():
        rows[name] = members[name]
    rows["further"] = _further_rows(pack, members, how)[:, how.level + 1 :]
    yield from send(rows, _task_of(rows["bucket"], how), "rest")
    yield Message(pack.number % how.buckets, "pack", pack.to_json().encode())


def lead_rest(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Pair what is left of some full buckets, split further as often as need be."""
    bodies = []
    for message in messages:
        if message.kind == "rest":
            bodies.append(message.body)
        else:
            yield _home(message)
    rows = table(bodies, _with_further(how.levels - how.level - 1))
    pairs = rounds.meet_within(rows, np.ascontiguousarray(rows["further"]), how.leaders)
    yield from send(pairs, how.pack_of(pairs["second_key"]), "pair")


def pair(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Write the pack's new pairs, and ask for the texts of those they are to be compared with."""
    bodies: dict[str, list[bytes]] = {"head": [], "pair": [], "pack": []}
    for message in messages:
        bodies[message.kind].append(message.body)
    pack = Pack.from_json(bodies["pack"][0])
    tables = {"compared": table(bodies["pair"], PAIR)}
    if bodies["head"]:
        tables |= _met(pack, table(bodies["head"], CLAIM), how)
    pairs = rounds.distinct(tables["compared"])
    if len(pairs):
        pairs = rounds.new_pairs(pairs, read_table(pack.compared, PAIR))
    tables["compared"] = pairs
    receipt = written(pack, how, "pairs", tables)
    yield Message(pack.number, "pack", pack.to_json().encode())
    yield Message(pack.number, "receipt", receipt.to_json().encode())
    own = [io.join(how.folder, f.name) for f in receipt.files if f.table == "compared"]
    about = replace(pack, compared=tuple(own)).to_json().encode()
    firsts = np.unique(pairs["first_key"])
    homes = how.pack_of(firsts)
    for home in np.unique(homes):
        keys = pa.table({"key": firsts[homes == home]})
        yield Message(int(home), "need", packed(keys, about))


def fetch(messages: Iterable[Message]) -> Iterator[Message]:
    """Read the texts that others need of this pack, each once, and send them."""
    needs = []
    for message in messages:
        if message.kind == "need":
            needs.append(unpacked(message.body))
        elif message.kind == "pack":
            pack = Pack.from_json(message.body)
        else:
            yield message
    if not needs:
        return
    wanted = [keys["key"].to_numpy() for keys, _ in needs]
    rows = pack.rows(np.unique(np.concatenate(wanted)), ["text"])
    places = rows["key"].to_numpy()
    for keys, about in needs:
        asker = Pack.from_json(about)
        chosen = rows.take(np.searchsorted(places, keys["key"].to_numpy()))
        for piece in _pieces(chosen):
            yield Message(asker.number, "texts", packed(piece, about))


def verify(messages: Iterable[Message], how: Round) -> Iterator[Message]:
    """Compare the pack's documents with the texts that come in; write who is similar."""
    waiting: list[pa.Table] = []
    size = 0
    own: _Seconds | None = None
    for message in messages:
        if message.kind != "texts":
            yield message
            continue
        texts, about = unpacked(message.body)
        own = own or _Seconds(Pack.from_json(about), how)
        waiting.append(texts)
        size += texts.nbytes
        if size >= TEXT_BYTES:
            own.compare(pa.concat_tables(waiting))
            waiting, size = [], 0
    if own is not None:
        own.compare(pa.concat_tables([*waiting, own.texts.slice(0, 0)]))
        receipt = written(own.pack, how, "edges", {"similar": own.similar()})
        yield Message(own.pack.number, "receipt", receipt.to_json().encode())


class _Seconds:
    """The documents of a pack that are compared in a round, with their texts."""

    def __init__(self, pack: Pack, how: Round) -> None:
        self.pack, self.how = pack, how
        self.pairs = read_table(pack.compared, PAIR)
        self.texts = pack.rows(np.unique(self.pairs["second_key"]), ["text"])
        self.keys = self.texts["key"].to_numpy()
        self.edges = [np.empty(0, EDGE)]

    def compare(self, firsts: pa.Table) -> None:
        """Add the pairs with these texts that are similar."""
        if firsts.num_rows == 0:
            return
        firsts = firsts.sort_by("key")
        keys = firsts["key"].to_numpy()
        left = np.searchsorted(keys, self.pairs["first_key"]) % len(keys)
        chosen = keys[left] == self.pairs["first_key"]
        pairs, left = self.pairs[chosen], left[chosen]
        seconds, right = np.unique(pairs["second_key"], return_inverse=True)
        needed = self.texts["text"].take(np.searchsorted(self.keys, seconds))
        found = jaccard_of_texts(
            pa.concat_arrays([*firsts["text"].chunks, *needed.chunks]),
            left,
            right + len(keys),
            ngram=self.how.hasher.ngram,
            unit=self.how.hasher.unit,
            threshold=self.how.threshold,
        )
        edges = np.empty(int((found > 0).sum()), EDGE)
        for name in PAIR.names or ():
            edges[name] = pairs[name][found > 0]
        edges["jaccard"] = found[found > 0]
        self.edges.append(edges)

    def similar(self) -> Table:
        """Return what was found, by (second, first)."""
        return rounds.distinct(np.concatenate(self.edges))


def memberships(pack: Pack, how: Round, among: npt.NDArray[np.uint64] | None = None) -> Table:
    """Return who of the pack is in which buckets this round looks at, by bucket and place.

    Among all documents' buckets, only some may be wanted.
    """
    if how.source == "rest":
        rows = read_table(pack.rest, MEMBER)
        return rows[np.lexsort((rows["key"], rows["rank"], rows["bucket"]))]
    if how.source == "members":
        gone = gone_of(pack)
        return rounds.with_until(read_table(pack.members, MEMBER), gone)
    index = read_index(pack)
    places = np.empty(index.num_rows, rounds.PLACE)
    for name in ("rank", "key"):
        places[name] = index[name].to_numpy()
    keys = how.hasher.band_keys(signatures_of(index))
    keys ^= index["scope"].to_numpy().view(np.uint64)[:, None]
    return rounds.members_of(keys, places, among)


def _met(pack: Pack, led: Table, how: Round) -> dict[str, Table]:
    """Return the tables that follow from the heads of the pack's buckets."""
    members = memberships(pack, how, led["bucket"])
    pairs, rest = rounds.meet(members, led, how.leaders)
    if how.source == "index":
        return {"compared": pairs, "members": rounds.shared(members, led)}
    left = members[rest]
    if how.next_level >= how.levels or len(left) == 0:
        return {"compared": pairs}
    row = _further_rows(pack, left, how)[:, how.next_level]
    left["bucket"] = refined_keys(np.ascontiguousarray(left["bucket"]), row)
    return {"compared": pairs, "rest": left}


def _further_rows(pack: Pack, members: Table, how: Round) -> npt.NDArray[np.uint32]:
    """Return uint32[members, levels]: the rows of their signatures to split their bands by."""
    index = read_index(pack)
    signatures, keys = signatures_of(index), index["key"].to_numpy()
    rows = np.empty((len(members), how.levels), np.uint32)
    for band in np.unique(members["band"]):
        own = np.flatnonzero(members["band"] == band)
        places = np.searchsorted(keys, members["key"][own])
        rows[own] = how.hasher.further_rows(signatures[places], int(band), how.levels)
    return rows


def _with_further(levels: int) -> "np.dtype[Any]":
    return np.dtype([*MEMBER.descr, ("further", "<u4", (levels,))])


def _task_of(buckets: npt.NDArray[np.uint64], how: Round) -> Ints:
    return (buckets % np.uint64(how.buckets)).astype(np.int64)


def _home(message: Message) -> Message:
    """Return a pack's message, sent on to the pack itself."""
    return message._replace(to=Pack.from_json(message.body).number)


def _pieces(rows: pa.Table) -> Iterator[pa.Table]:
    size = max(1, int(rows.num_rows * PIECE_BYTES / max(1, rows.nbytes)))
    for start in range(0, rows.num_rows, size):
        yield rows.slice(start, size)
