"""HTTP bodies: chunks and codings undone, whatever the header claims."""

import gzip
import zlib

import pytest

from curate.warc.bodies import decoded_body

PLAIN = b"<html>" + bytes(range(256)) * 20
CHUNKED = b"6\r\n<html>\r\n1400;name=x\r\n" + PLAIN[6:] + b"\r\n0\r\nTrailer: x\r\n\r\n"
BARE = zlib.compress(PLAIN)[2:-4]
GZIP = gzip.compress(PLAIN, mtime=0)
# label: body, fields, what comes out, what stays on
CASES = {
    "nothing to do": (PLAIN, {}, PLAIN, None),
    "chunked": (CHUNKED, {"transfer-encoding": "chunked"}, PLAIN, None),
    "chunks already gone": (PLAIN, {"transfer-encoding": "chunked"}, PLAIN, None),
    "chunked, cut off": (CHUNKED[:40], {"transfer-encoding": "chunked"}, PLAIN[:22], None),
    "chunked with bare line feeds": (
        b"2\nab\n0\n\n",
        {"transfer-encoding": "chunked"},
        b"ab",
        None,
    ),
    "a page that begins like a chunk": (
        b"abc\n<html>" + bytes(4000),
        {"transfer-encoding": "chunked"},
        b"abc\n<html>" + bytes(4000),
        None,
    ),
    "gzip": (GZIP, {"content-encoding": "gzip"}, PLAIN, None),
    "gzip by its old name": (GZIP, {"content-encoding": "X-GZip"}, PLAIN, None),
    "gzip in two members": (GZIP * 2, {"content-encoding": "gzip"}, PLAIN * 2, None),
    "gzip and garbage": (GZIP + b"abc", {"content-encoding": "gzip"}, PLAIN, None),
    "gzip already gone": (PLAIN, {"content-encoding": "gzip"}, PLAIN, None),
    "gzip called deflate": (GZIP, {"content-encoding": "deflate"}, PLAIN, None),
    "zlib": (zlib.compress(PLAIN), {"content-encoding": "deflate"}, PLAIN, None),
    "bare deflate": (BARE, {"content-encoding": "deflate"}, PLAIN, None),
    "twice": (gzip.compress(GZIP), {"content-encoding": "gzip, gzip"}, PLAIN, None),
    "chunked gzip": (
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(GZIP), GZIP),
        {"transfer-encoding": "gzip, chunked"},
        PLAIN,
        None,
    ),
    "identity": (PLAIN, {"content-encoding": "identity"}, PLAIN, None),
    "unheard of": (PLAIN, {"content-encoding": "sdch"}, PLAIN, "sdch"),
    "empty": (b"", {"content-encoding": "gzip", "transfer-encoding": "chunked"}, b"", None),
}


@pytest.mark.parametrize(("body", "fields", "plain", "left"), CASES.values(), ids=CASES)
def test_body(body, fields, plain, left):
    assert decoded_body(body, fields, 1 << 20) == (plain, left, False)


def test_a_broken_gzip_keeps_what_came_before():
    body, left, cut = decoded_body(GZIP[:-20], {"content-encoding": "gzip"}, 1 << 20)
    assert (left, cut) == (None, False)
    assert PLAIN.startswith(body)
    assert len(body) > 100


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_cut(coding):
    if coding == "br":
        bomb = pytest.importorskip("brotli").compress(bytes(10 << 20))
    elif coding == "zstd":
        bomb = pytest.importorskip("backports.zstd").compress(bytes(10 << 20))
    else:
        bomb = (
            gzip.compress(bytes(10 << 20)) if coding == "gzip" else zlib.compress(bytes(10 << 20))
        )
    body, left, cut = decoded_body(bomb, {"content-encoding": coding}, 1000)
    assert (body, left, cut) == (bytes(1000), None, True)


def test_brotli():
    brotli = pytest.importorskip("brotli")
    fields = {"content-encoding": "br"}
    assert decoded_body(brotli.compress(PLAIN), fields, 1 << 20) == (PLAIN, None, False)
    assert decoded_body(PLAIN, fields, 1 << 20) == (PLAIN, None, False)
