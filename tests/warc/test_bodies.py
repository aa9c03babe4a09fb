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
    "chunked, no line breaks behind chunks": (
        b"16\r\n" + PLAIN[:22] + b"%x\r\n" % len(PLAIN[22:]) + PLAIN[22:] + b"0\r\n\r\n",
        {"transfer-encoding": "chunked"},
        PLAIN,
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
    "unheard of": (BARE, {"content-encoding": "sdch"}, BARE, "sdch"),
    "unheard of, and plain": (PLAIN, {"content-encoding": "sdch"}, PLAIN, None),
    "a charset for a coding": (PLAIN, {"content-encoding": "windows-1251"}, PLAIN, None),
    "a quoted name": (GZIP, {"content-encoding": '"gzip"'}, PLAIN, None),
    "gzip that nobody names": (GZIP, {"content-type": "text/html"}, PLAIN, None),
    "gzip inside gzip, one named": (gzip.compress(GZIP), {"content-encoding": "gzip"}, PLAIN, None),
    "an archive stays packed": (GZIP, {"content-type": "application/gzip"}, GZIP, None),
    "chunks that nobody names": (CHUNKED, {}, PLAIN, None),
    "chunks that nobody names, no line breaks behind them": (
        b"".join(b"%x\n%s" % (len(one), one) for one in (PLAIN[:9], PLAIN[9:])) + b"0\n\n",
        {},
        PLAIN,
        None,
    ),
    "one chunk that nobody names, no line break behind it": (
        b"%x\r\n%s" % (len(PLAIN), PLAIN),
        {},
        PLAIN,
        None,
    ),
    "chunks behind an empty line": (
        b"\r\n" + CHUNKED,
        {"transfer-encoding": "chunked"},
        PLAIN,
        None,
    ),
    "chunks in chunks": (
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(CHUNKED), CHUNKED),
        {"transfer-encoding": "chunked, chunked"},
        PLAIN,
        None,
    ),
    "chunks in chunks, named once": (
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(CHUNKED), CHUNKED),
        {"transfer-encoding": "chunked"},
        PLAIN,
        None,
    ),
    "chunks that nobody names, cut off": (CHUNKED[:40], {}, CHUNKED[:40], None),
    "a wrong size amid chunks": (
        b"4\r\nabcd\r\n5\r\nefg\r\n4\r\nhijk\r\n0\r\n\r\n",
        {"transfer-encoding": "chunked"},
        b"abcdefghijk",
        None,
    ),
    "one chunk whose size counts its line break": (
        b"%x\r\n" % (len(PLAIN) + 2) + PLAIN + b"\r\n0\r\n\r\n",
        {"transfer-encoding": "chunked"},
        PLAIN,
        None,
    ),
    "a size with zeros and spaces": (
        b"0004  \r\nabcd\r\n0\r\n\r\n",
        {"transfer-encoding": "chunked"},
        b"abcd",
        None,
    ),
    "a list of numbers is no chunk": (b"5\n12\n7\n", {}, b"5\n12\n7\n", None),
    "gzip in chunks that nobody names": (
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(GZIP), GZIP),
        {"content-encoding": "gzip"},
        PLAIN,
        None,
    ),
    "a coding with a weight": (GZIP, {"content-encoding": "gzip;q=1"}, PLAIN, None),
    "a media type for a coding": (GZIP, {"content-encoding": "application/gzip"}, PLAIN, None),
    "unheard of, and gzip": (GZIP, {"content-encoding": "sdch"}, PLAIN, None),
    "gzip behind an empty line": (b"\r\n" + GZIP, {"content-type": "text/html"}, PLAIN, None),
    "zlib that nobody names": (zlib.compress(PLAIN), {"content-type": "text/html"}, PLAIN, None),
    "a text that begins like zlib": (b"x\x9c is no text", {}, b"x\x9c is no text", None),
    "a wrong checksum": (GZIP[:-8] + b"12345678", {"content-encoding": "gzip"}, PLAIN, None),
    "a wrong length": (GZIP[:-4] + b"1234", {"content-encoding": "gzip"}, PLAIN, None),
    "a size in hexadecimal": (
        b"0x4\r\nabcd\r\n0\r\n\r\n",
        {"transfer-encoding": "chunked"},
        b"abcd",
        None,
    ),
    "a frame cut off": (
        b"4\r\nabcd\r\n4\r\nefgh\r\n1f",
        {"transfer-encoding": "chunked"},
        b"abcdefgh",
        None,
    ),
    "chunks that nobody names, without the last": (
        b"4\r\nabcd\r\n4\r\nefgh\r\n",
        {},
        b"abcdefgh",
        None,
    ),
    "one line that nobody names": (b"4\r\nabcd\r\n", {}, b"4\r\nabcd\r\n", None),
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


def test_a_gzip_damaged_in_its_middle_keeps_what_came_before():
    text = b"".join(b"<p>line %d of many</p>" % n for n in range(9_000))
    data = bytearray(gzip.compress(text, mtime=0))
    half = len(data) // 2
    data[half : half + 20] = b"\xff" * 20
    body, _, _ = decoded_body(bytes(data), {"content-encoding": "gzip"}, 1 << 20)
    assert text.startswith(body[:90_000])
    assert 90_000 < len(body) < len(text)
    assert len(decoded_body(bytes(data), {"content-encoding": "gzip"}, 1_000)[0]) == 1_000


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
