"""Faults: tables, lines, texts, books and dumps that are damaged, hostile, or of another kind."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

from fault_rows.table import Content, Outcome, Row, content_of, gives, read_files

COST = "what is damaged is counted, the rest is read"
FAR = "damaged: unpacks_too_far, in bounded time and memory"
LINES = b"".join(json.dumps({"text": f"Line {n} of a text."}).encode() + b"\n" for n in range(100))


def line(injected: str, bad: Content, outcome: str) -> Row:
    """Return a row: among three lines one is bad, and ends so."""

    def data() -> bytes:
        return b'{"text": "a"}\n' + content_of(bad) + b'\n{"text": "b"}\n'

    return Row(
        "table", injected, COST, gives({"in/a.jsonl": data}, "jsonl", {"read": 2, outcome: 1})
    )


def parquet(injected: str, make, wanted, promised: str = COST) -> Row:
    """Return a row of a Parquet file that `make` returns the bytes of."""
    return Row(
        "table",
        injected,
        promised,
        gives(lambda _: {"in/a.parquet": make()}, "parquet", wanted),
    )


def table_of(columns, **settings) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **settings)
    return sink.getvalue()


def texts(**settings) -> bytes:
    return table_of({"text": [f"text {n}" for n in range(300)]}, row_group_size=100, **settings)


def of_one(value: str, rows: int) -> bytes:
    import pyarrow as pa

    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))
    return table_of({"text": column}, compression="zstd")


def nulls() -> bytes:
    import pyarrow as pa

    return table_of({"text": pa.nulls(5_000_000, pa.string())})


def hurt(data: bytes, start: int, size: int) -> bytes:
    return data[:start] + bytes(size) + data[start + size :]


def second_group_hurt() -> bytes:
    import pyarrow.parquet as pq

    data = texts(compression="zstd")
    about = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(1).column(0)
    return hurt(data, about.dictionary_page_offset, about.total_compressed_size)


def too_far(counts: Counter) -> bool:
    return counts["damaged: unpacks_too_far"] == 1


def text(injected: str, files, wanted, kind: str = "text", promised: str = COST, **keys) -> Row:
    return Row("table", injected, promised, gives(files, kind, wanted, **keys))


def epub(**chapters: bytes) -> bytes:
    """Return an e-book of these chapters."""
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
                    for name in chapters)  # fmt: skip
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
                      'container"><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>')  # fmt: skip
        book.writestr("b.opf", '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
                      f"{items}</manifest><spine>{spine}</spine></package>")  # fmt: skip
        for name, body in chapters.items():
            book.writestr(f"{name}.xhtml", body)
    return sink.getvalue()


def chapter(body: str) -> bytes:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{body}</p></body></html>'.encode()


def laughs() -> bytes:
    """Return XML whose entities unpack to a gigabyte."""
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return f"<!DOCTYPE html [{entities}]><html><body><p>&i;</p></body></html>".encode()


DUMP = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><dbname>x</dbname></siteinfo>'
    "{}</mediawiki>"
)
WIKI_PAGE = (
    "<page><title>{0}</title><ns>0</ns><id>{0}</id><revision><id>1</id><model>wikitext</model>"
    "<format>text/x-wiki</format><text>A page about {0}, with a sentence.</text></revision></page>"
)


def dump(*more: str) -> bytes:
    pages = "".join(WIKI_PAGE.format(n) for n in range(5))
    return DUMP.format(pages + "".join(more)).encode()


def fewer_bytes_of_text(folder: Path) -> Outcome:
    """A text of 60 MiB is read, and one of 65 MiB is not."""
    (folder / "in").mkdir()
    (folder / "in/a.txt").write_bytes(b"word " * (12 << 20))
    (folder / "in/b.txt").write_bytes(b"word " * (14 << 20))
    rows, unaccounted = read_files("in/*", "text", folder)
    return Outcome(", ".join(rows), rows == ["read", "dropped: text_too_large"], unaccounted)


ZEROS = b" " * (90 << 20)
ROWS = (
    line("a line that is no JSON", b"{text: 1}", "damaged: bad_json"),
    line("a list of 100,000 lists", b"[" * 100_000, "damaged: bad_json"),
    line("a number of 5,000 digits", b'{"id": ' + b"1" * 5_000 + b"}", "damaged: bad_json"),
    line("a line that is a number", b"7", "damaged: bad_json"),
    line("a text that is a number", b'{"text": 7}', "dropped: no_text"),
    line("an empty line", b"", "skipped: empty_line"),
    line("a line of 210 MB", lambda: b'{"text": "' + b"x" * 210_000_000 + b'"}', "dropped: text_too_large"),
    text("lines of NUL", {"in/a.jsonl": b"\0\n" * 5}, {"damaged: bad_json": 5}, "jsonl"),
    text("a packed file that breaks off", {"in/a.jsonl.gz": gzip.compress(LINES)[:-90]},
         lambda counts: counts["damaged: bad_compression"] == 1, "jsonl"),
    text("a file that is not packed as its name says", {"in/a.jsonl.xz": LINES},
         {"damaged: bad_compression": 1}, "jsonl"),
    *(text(f"90 MB of blanks, packed ({end})", {f"in/a.jsonl{end}": partial(pack, ZEROS)}, too_far, "jsonl", FAR)
      for end, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress))),
    text("a wiki's dump of blanks, packed (.bz2)", {"in/a.xml.bz2": partial(bz2.compress, ZEROS)},
         too_far, "mediawiki", FAR),
    parquet("nothing: 300 rows", texts, {"read": 300}, "all are read"),
    parquet("a row group that is zeros", second_group_hurt, {"read": 200, "damaged: bad_parquet": 100}),
    parquet("no bytes at all", lambda: b"", {"damaged: bad_parquet": 1}),
    parquet("cut off", lambda: texts()[:-400], {"damaged: bad_parquet": 1}),
    parquet("a footer of other bytes", lambda: hurt(data := texts(), len(data) - 200, 150),
            {"damaged: bad_parquet": 1}),
    parquet("a dictionary of one text of 1 MiB, 100,000 times", lambda: of_one("x" * (1 << 20), 100_000),
            too_far, FAR),
    parquet("400 texts of 1 MiB of one letter", lambda: table_of(
        {"text": ["x" * (1 << 20)] * 400}, compression="zstd"), too_far, FAR),
    parquet("5,000,000 rows without bytes", nulls, too_far, FAR),
    parquet("texts that are no UTF-8", lambda: table_of({"text": [b"caf\xe9 au lait, s'il vous pla\xeet"]}),
            {"read": 1}),
    text("a row of CSV with other columns", {"in/a.csv": "text,id\na,1\nb\nc,3\n"},
         {"read": 2, "damaged: bad_csv": 1}, "csv"),
    text("a field of CSV without end", {"in/a.csv": lambda: b'text,id\na,1\n"' + b"x" * (70 << 20)},
         lambda counts: counts["read"] == 1 and counts["damaged: bad_csv"] >= 1, "csv"),
    text("a picture under a text's name", {"in/a.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40},
         {"skipped: not_text": 1}),
    text("a text of one blank", {"in/a.txt": " "}, {"dropped: no_text": 1}),
    Row("table", "texts of 60 and 70 MiB", "the larger is dropped: text_too_large", fewer_bytes_of_text),
    text("an e-book", {"in/a.epub": epub(a=chapter("A chapter. " * 40))}, {"read": 1}, "book", "read"),
    text("an e-book that is cut off", {"in/a.epub": epub(a=chapter("x"))[:-60]}, {"damaged: bad_epub": 1}, "book"),
    text("an e-book of 90 MB of one letter", {"in/a.epub": lambda: epub(a=chapter("a" * (90 << 20)))},
         {"dropped: book_too_large": 1}, "book"),
    text("entities that unpack to a gigabyte", {"in/a.epub": epub(a=laughs(), b=chapter("Text. " * 40))},
         lambda counts: counts.total() == 1, "book", "an outcome, in bounded memory"),
    text("a file of this machine as an entity", {"in/a.epub": epub(a=(
        b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x; Text. '
        b"</p></body></html>"))}, lambda counts: counts.total() == 1, "book", "not opened"),
    text("a wiki's page without end", {"in/a.xml": dump("<page><title>x</title><revision><text>")},
         lambda counts: counts["read"] == 5, "mediawiki"),
    text("a wiki's page of 70 MB", {"in/a.xml": lambda: dump(WIKI_PAGE.format("y" * (70 << 20)))},
         lambda counts: counts["read"] == 5, "mediawiki"),
    text("10,000 templates in templates", {"in/a.xml": dump(WIKI_PAGE.replace("A page", "{{{{a|" * 10_000)
         .format(9))}, lambda counts: counts["read"] >= 5, "mediawiki"),
)  # fmt: skip
