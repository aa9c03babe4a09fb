"""CSV, columns inside columns, and the repair of texts."""

import bz2
import csv
import gzip
import io
import json
import lzma
import unicodedata

import ftfy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links.dumps import long

from curate.sources import records
from curate.sources import repair as module
from curate.sources.repair import repair
from sources.reading import put, read_ranges, told

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.booleans())
def test_what_was_written_is_read(tmp_path_factory, rows, tabs):
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "name"), *rows])
    path = tmp_path_factory.mktemp("csv") / ("a.tsv" if tabs else "a.csv")
    put(path, written.getvalue().encode())
    result, _ = read_ranges(path, "csv", id="name")
    assert told(result) == [text if text.strip() else "dropped: no_text" for text, _ in rows]
    assert [row["n"] for _, row in result] == list(range(len(rows)))


TABLES = {
    "quoted lines": (b'id,text\n1,"a\nb, ""c"""\n', ['a\nb, "c"']),
    "a mark before": (b"\xef\xbb\xbftext,id\na,1\n", ["a"]),
    "Windows": (b"text,id\r\na,1\r\n", ["a"]),
    "too few": (b"id,text\n1\n2,b\n", ["damaged: bad_csv", "b"]),
    "too many": (b"id,text\n1,a,x\n2,b\n", ["damaged: bad_csv", "b"]),
    "an empty line": (b"text,id\n\na,1\n", ["skipped: empty_line", "a"]),
    "no UTF-8": (b"text,id\n\xff,1\n", ["\ufffd"]),
    "another encoding": (
        "text,id\nВсе люди рождаются,1\n".encode("cp1251"),
        ["Все люди рождаются"],
    ),
    "UTF-16": ("text,id\nOne,1\n".encode("utf-16-le"), ["One"]),
    "semicolons": (b"id;text\n1;a, b\n", ["a, b"]),
    "no end of a quote": (b'id,text\n1,a\n2,"b\n3,c\n', ["a", "b\n3,c\n"]),
    "another column": (b"content,id\na,1\n", ["dropped: no_text"]),
    "names alone": (b"text,id\n", []),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("data", "expected"), TABLES.values(), ids=TABLES)
def test_tables(tmp_path, data, expected):
    assert told(read_ranges(put(tmp_path / "a.csv", data), "csv")[0]) == expected


def test_a_field_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.sources.table.LONGEST", 50)
    path = put(tmp_path / "a.csv", b"text\na\n" + b"x" * 99 + b"\nb\n")
    assert told(read_ranges(path, "csv")[0]) == ["a", "damaged: bad_csv", "b"]


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": long}


@pytest.mark.parametrize("ending", PACKED)
def test_packed_tables(tmp_path, ending):
    data = b"text\tid\n" + b"".join(b"text %d\t%d\n" % (n, n) for n in range(900))
    packed = PACKED[ending](data)
    rows, _ = read_ranges(put(tmp_path / f"a.tsv.{ending}", packed), "csv")
    assert told(rows) == [f"text {n}" for n in range(900)]
    rows, _ = read_ranges(put(tmp_path / f"b.tsv.{ending}", packed[: len(packed) // 2]), "csv")
    assert told(rows)[-1] == "damaged: bad_compression"


def test_columns_inside_columns(tmp_path):
    rows = [
        {"page": {"body": {"text": "one"}, "url": "u1"}, "page.url": "u2"},
        {"page": {"body": "two"}},
        {"page": None},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    keys = {"text": "page.body.text", "url": "page.url"}
    result, _ = read_ranges(put(tmp_path / "a.jsonl", lines.encode()), "jsonl", **keys)
    assert told(result) == ["one", "dropped: no_text", "dropped: no_text"]
    assert result[0][1]["url"] == "u2", "a column of that very name goes first"
    table = pa.table({"page": [{"body": {"text": "one"}, "x": 1}, None], "id": ["a", "b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    result, _ = read_ranges(tmp_path / "a.parquet", "parquet", **keys)
    assert told(result) == ["one", "dropped: no_text"]
    assert result[0][1]["id"] == "a"


# --- repair ------------------------------------------------------------------------------------

WRONG = {
    "line ends": ("a\r\nb\rc\x0bd\x0ce\u2028f", "a\nb\nc\nd\ne\nf"),
    "controls": ("a\x00b\x1bc\x7f\ufeffd\tx", "abcd\tx"),
    "decomposed": ("e\u0301", "é"),
    "decoded twice": ("itâ€™s the clichÃ©", "it\u2019s the cliché"),
    "of Windows": ("a \x93word\x94", "a \u201cword\u201d"),
    "one line of two": ("fine: naïve\nitâ€™s", "fine: naïve\nit\u2019s"),
    "Russian": ("РџСЂРёРІРµС‚", "Привет"),
}


@pytest.mark.parametrize(("wrong", "right"), WRONG.values(), ids=WRONG)
def test_repair(wrong, right):
    assert repair(wrong) == right
    assert repair(right) == right


ENCODINGS = ("latin-1", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "iso8859-2",
             "mac-roman", "cp437")  # fmt: skip
SENTENCES = (
    "Příliš žluťoučký kůň úpěl “ďábelské” ódy.",
    "Größere Flüsse – schöne Maße",
    "Широкая электрификация южных губерний — дело",
    "Καλημέρα κόσμε, τι κάνεις σήμερα;",
    "शुभ प्रभात दुनिया, आप कैसे हैं",
    "今日は世界、お元気ですか。",
)


MOJIBAKE = [
    (wrong, text)
    for encoding in ENCODINGS
    for text in SENTENCES
    if ftfy.fix_encoding(wrong := text.encode().decode(encoding, "replace")) == text
]


def test_mojibake_is_repaired_where_ftfy_repairs_it():
    assert len(MOJIBAKE) > 20
    for wrong, text in MOJIBAKE:
        assert repair(wrong) == text


RIGHT = (
    "“Quoted” – and ‘quoted’… ﬁ ﬂ ＦＵＬＬ ½ ²",
    "&amp; &lt;b&gt;  two  spaces\t\n\n\n trailing ",
    "SÃO PAULO, ÂNGELA, vÃo, ÐÑ",
    "«Ночь», – сказал он: «США»… № 5, твёрдо, їжак",
    "┌──┬──┐ ├─┼─┤ ╔═╬═╗ 5 ≈ √2 ¬x ∆y",
    "Größe, Île-de-France, Ångström, señor, žluťoučký, ไทย, 日本語, العربية, עברית",
    "zero\u200dwidth\u200c joiners, soft\u00adhyphen, \u00a0spaces\u3000",
)


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_stays(text):
    assert repair(text) == text


ODD = "aé€Ã©\u0301\x85\x93\x00\x1b\r\n\t\u2028\ufeff–Ðµ\ud800 "


@settings(deadline=None)
@given(st.text(ODD, max_size=12), st.booleans())
def test_a_text_is_repaired_as_if_all_of_it_were_searched(text, is_long):
    text += is_long * " plain words of a long line"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_others", str)
        expected = repair(text)
    assert repair(text) == expected


@settings(deadline=None)
@given(st.text(max_size=40))
def test_repair_once_is_enough(text):
    once = repair(text)
    assert unicodedata.is_normalized("NFC", once)
    assert not set(once) & {"\r", "\0", "\x0b", "\x0c"}


def test_repair_is_asked_for(tmp_path):
    path = put(tmp_path / "a.txt", b"a\r\nb")
    for keys, expected in (
        ({}, "a\r\nb"),
        ({"reference": True}, "a\nb"),
        ({"reference": True, "repair": False}, "a\r\nb"),
        ({"repair": True}, "a\nb"),
    ):
        assert told(read_ranges(path, "text", **keys)[0]) == [expected]


def test_lines_of_real_references_that_were_decoded_twice(data):
    """Each was read by a person: 27 lines, of which one stays half wrong; no right one changes.

    Otherwise line ends, byte order marks and NFC are all that changes.
    """
    changed = {}
    for path in sorted((data / "reference").glob("*.parquet")):
        changed[path.stem] = 0
        for text in pq.read_table(path, columns=["text"])["text"].to_pylist():
            plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\ufeff", ""))
            pairs = zip(plain.split("\n"), repair(text).split("\n"), strict=True)
            changed[path.stem] += sum(one != other for one, other in pairs)
    assert changed == {"books": 12, "webtext_like": 0, "wikipedia": 15, "wikipedia_labelled": 0}


def test_records_of_one_file(tmp_path):
    path = put(tmp_path / "b.csv.gz", gzip.compress(b'words,name\n"a\r\nb",x\nc\n'))
    result = list(records(str(path), "csv", text="words", id="name", repair=True))
    assert told(result) == ["a\nb", "damaged: bad_csv"]
    assert result[0][1]["id"] == "x"
    with pytest.raises(FileNotFoundError):
        list(records(str(tmp_path / "none"), "text"))
