"""Dumps of submissions made for tests."""

import bz2
import gzip
import json
import lzma

from curate.store.unpack import zstd

LONG = {
    zstd.CompressionParameter.window_log: 27 + 1,  # beyond what decoders take unasked
    zstd.CompressionParameter.enable_long_distance_matching: 1,
}


def long(data: bytes) -> bytes:
    """Return what `zstd --long=28` makes of a stream whose length it does not know."""
    packer = zstd.ZstdCompressor(options=LONG)
    return packer.compress(data) + packer.flush()


PACKED = {
    "RS.ndjson": bytes,
    "RS.gz": gzip.compress,
    "RS.bz2": bz2.compress,
    "RS.xz": lzma.compress,
    "RS.zst": long,
}


def line(url: object = "http://example.org/a", score: object = 3, **more: object) -> bytes:
    row = {"url": url, "score": score, "created_utc": 1_300_000_000, "is_self": False, **more}
    return json.dumps({"id": "x", **row, "over_18": more.get("over_18", False)}).encode() + b"\n"
