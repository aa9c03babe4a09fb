"""The seeded hashes of documents that the mix uses: held out or not, drawn or not, the order."""

from collections.abc import Sequence
from typing import Any

from curate.store.keys import SEPARATOR, seeded_hash, signed


def draws(
    ids: Sequence[str], pieces: Sequence[int], held_out_below: Sequence[int], seed: int
) -> dict[str, list[Any]]:
    """Return `held_out`, `mix` and `shuffle` of N documents, or pieces of documents.

    The pieces of a document share all except the order.

    Args:
        held_out_below: of each, the hash from which on it is not held out.
    """
    below = zip(ids, held_out_below, strict=True)
    return {
        "held_out": [seeded_hash("split", id_, seed) < limit for id_, limit in below],
        "mix": [signed(seeded_hash("mix", id_, seed)) for id_ in ids],
        "shuffle": [
            signed(seeded_hash("shuffle", f"{id_}{SEPARATOR}{piece}" if piece else id_, seed))
            for id_, piece in zip(ids, pieces, strict=True)
        ],
    }
