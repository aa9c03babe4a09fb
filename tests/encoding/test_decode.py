"""Bytes to text: which rule decides, and that the text is right."""

from collections import defaultdict

import pytest

from curate.encoding.decode import decode
from curate.encoding.labels import codec
from curate.warc.reader import read_records

GERMAN = "Die Größe der Bäume überrascht müde Wanderer, süße Äpfel gibt es auch. " * 8
RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах. " * 8

CASES = {
    "empty": (b"", None, "", "ascii"),
    "plain ascii": (b"hello", "text/html; charset=koi8-r", "hello", "ascii"),
    "utf-8 mark": (b"\xef\xbb\xbfh\xc3\xa9", "text/html; charset=latin-1", "hé", "bom"),
    "utf-16 mark": ("\ufeffhé".encode("utf-16-le"), None, "hé", "bom"),
    "header": (GERMAN.encode("latin-1"), "text/html;charset=ISO-8859-1", GERMAN, "http"),
    "header in quotes": (RUSSIAN.encode("koi8-r"), 'text/html; charset="KOI8-R"', RUSSIAN, "http"),
    "latin-1 means windows-1252": (
        "“so” € ".encode("cp1252"),
        "text/html; charset=latin1",
        "“so” € ",
        "http",
    ),
    "utf-8 labelled latin-1": (GERMAN.encode(), "text/html; charset=iso-8859-1", GERMAN, "utf8"),
    "latin-1 labelled utf-8, then meta": (
        ('<meta charset="iso-8859-1">' + GERMAN).encode("latin-1"),
        "text/html; charset=utf-8",
        '<meta charset="iso-8859-1">' + GERMAN,
        "meta",
    ),
    "one wide character that is valid utf-8 too": (
        "模".encode("gb18030"),
        "text/html; charset=gb2312",
        "模",
        "http",
    ),
    "japanese in 7 bits": ("日本語".encode("iso2022_jp"), None, "日本語", "detected"),
    "unknown label": (GERMAN.encode(), "text/html; charset=none", GERMAN, "utf8"),
    "cut in a character": ("größ".encode()[:-1], None, "grö", "utf8"),
}


@pytest.mark.parametrize(("body", "header", "text", "rule"), CASES.values(), ids=CASES)
def test_decode(body, header, text, rule):
    result = decode(body, header)
    assert (result[0], result[2]) == (text, rule)


def test_a_meta_label_is_found_in_both_forms():
    for tag in (
        '<meta charset="shift_jis">',
        '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
        '<?xml version="1.0" encoding="Shift_JIS"?>',
    ):
        text = f"<html>{tag}<p>日本語の文章です。</p>"
        assert decode(text.encode("cp932"), "text/html") == (text, "cp932", "meta")


def test_any_bytes_are_read_as_something():
    for body in (bytes(range(256)), b"\xff", b"\x80\x81", b"\xfe\xff\xd8", b"\xff\xfe\x00"):
        for label in ("utf-8", "big5", "utf-16", "hz", "base64", "idna", "zip", "x" * 500, "\0"):
            text, _, _ = decode(body, f"text/html; charset={label}")
            assert isinstance(text, str)


def test_labels():
    assert codec("GB2312") == "gb18030"
    assert codec("base64") is None
    assert codec("utf-7") is None


# Language -> encodings its pages came in before UTF-8 (UTF-8 comes on top for all of them).
NATURAL = {
    "ar": "cp1256 iso8859-6",
    "be": "cp1251 iso8859-5",
    "bg": "cp1251 iso8859-5 koi8-r",
    "ca": "cp1252 iso8859-15",
    "cs": "cp1250 iso8859-2",
    "da": "cp1252 iso8859-15",
    "de": "cp1252 iso8859-15 mac-roman",
    "el": "cp1253 iso8859-7",
    "et": "cp1257 iso8859-4 iso8859-15",
    "fi": "cp1252 iso8859-15",
    "fr": "cp1252 iso8859-15 mac-roman",
    "he": "cp1255 iso8859-8",
    "hr": "cp1250 iso8859-2",
    "hu": "cp1250 iso8859-2",
    "is": "cp1252 iso8859-15",
    "it": "cp1252 iso8859-15",
    "ja": "cp932 euc_jp iso2022_jp",
    "ko": "cp949",
    "lt": "cp1257 iso8859-13",
    "lv": "cp1257 iso8859-13",
    "mk": "cp1251 iso8859-5",
    "nb": "cp1252 iso8859-15",
    "pl": "cp1250 iso8859-2",
    "pt": "cp1252 iso8859-15",
    "ro": "cp1250 iso8859-2",
    "ru": "cp1251 koi8-r iso8859-5 cp866 mac-cyrillic",
    "sk": "cp1250 iso8859-2",
    "sl": "cp1250 iso8859-2",
    "sr": "cp1251 iso8859-5",
    "sv": "cp1252 iso8859-15 mac-roman",
    "th": "cp874",
    "tr": "cp1254",
    "uk": "cp1251 koi8-u iso8859-5 mac-cyrillic",
    "zh": "gb18030 big5hkscs",
}


@pytest.fixture(scope="module")
def texts(data):
    """Return (language, encoding, text) of 500 bytes each; the guess was made from others."""
    parquet = pytest.importorskip("pyarrow.parquet")
    sentences = defaultdict(list)
    for row in parquet.read_table(data / "langid" / "lingua_sentences.parquet").to_pylist():
        if not any("\x80" <= char < "\xa0" for char in row["text"]):  # already read wrongly once
            sentences[row["lang"]].append(row["text"])
    result = []
    for language, encodings in NATURAL.items():
        for encoding in encodings.split():
            text, made = "", 0
            for sentence in sentences[language][1::2]:
                try:
                    sentence.encode(encoding)
                except UnicodeEncodeError:
                    continue
                text += sentence + " "
                if len(text.encode(encoding)) >= 500 and made < 10:
                    result.append((language, encoding, text))
                    text, made = "", made + 1
    return result


def wrong(texts, decoded):
    """Return (language, encoding, what was said) of each text not read as it was written."""
    said = [
        (language, encoding, text, *decoded(text, encoding)) for language, encoding, text in texts
    ]
    return [
        (language, encoding, read[1:])
        for language, encoding, text, page, read in said
        if read[0] != page or text not in page
    ]


def test_there_are_texts_in_many_languages(texts):
    assert len(texts) > 600
    assert len({language for language, _, _ in texts}) >= 30


@pytest.mark.slow
def test_right_labels_give_the_text(texts):
    def by_header(text, encoding):
        return text, decode(text.encode(encoding), f"text/html; charset={encoding}")

    def by_meta(text, encoding):
        page = f'<html><head><meta charset="{encoding}"><title>x</title></head><p>{text}</p>'
        return page, decode(page.encode(encoding), "text/html")

    assert wrong(texts, by_header) == []
    assert wrong(texts, by_meta) == []


@pytest.mark.slow
def test_missing_labels_give_the_text_nearly_always(texts):
    def no_label(text, encoding):
        page = f"<html><head><title>x</title></head><p class='a b c'>{text}</p></html>"
        return page, decode(page.encode(encoding), None)

    failed = wrong(texts, no_label)
    assert len(failed) <= 0.005 * len(texts), failed


def test_utf8_under_any_label_is_utf8(texts):
    def mislabelled(text, encoding):
        return text, decode(text.encode(), f"text/html; charset={encoding}")

    assert wrong(texts, mislabelled) == []


@pytest.mark.slow
def test_legacy_bytes_labelled_utf8_are_found_out(texts):
    def mislabelled(text, encoding):
        return text, decode(text.encode(encoding), "text/html; charset=utf-8")

    failed = wrong(texts, mislabelled)
    assert len(failed) <= 0.01 * len(texts), failed


@pytest.mark.slow
def test_a_servers_default_label_is_found_out(texts):
    """Cyrillic, Greek, Hebrew, Arabic, Thai and East Asian pages sent as iso-8859-1."""
    languages = {"ar", "be", "bg", "el", "he", "ja", "ko", "mk", "ru", "sr", "th", "uk", "zh"}
    others = [item for item in texts if item[0] in languages]

    def mislabelled(text, encoding):
        return text, decode(text.encode(encoding), "text/html; charset=iso-8859-1")

    failed = wrong(others, mislabelled)
    assert len(failed) <= 0.01 * len(others), failed


def test_signs_do_not_make_a_label_doubtful():
    text = "It is 20° ± 1° out on 300 m² of land, ½ of it ©, so 5 µm × 3 ¶ at 3 £ or 4 ¥ each. " * 3
    assert decode(text.encode("cp1252"), "text/html; charset=iso-8859-1") == (
        text,
        "cp1252",
        "http",
    )


@pytest.mark.slow
def test_real_pages_in_old_encodings(data):
    read = defaultdict(int)
    with (data / "crawl" / "legacy-charsets.warc.gz").open("rb") as file:
        for record in read_records(file):
            if record.kind == "response":
                text, _, rule = decode(record.payload, record.content_type)
                read[rule] += 1
                assert text.count("\ufffd") <= 0.01 * len(text), record
    assert read == {"http": 114, "meta": 76, "detected": 15}
