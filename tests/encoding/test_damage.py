"""Damage that is local stays local: what is broken is U+FFFD, and the rest is read as it is."""

import pytest

from curate.encoding.binary import binary_kind
from curate.encoding.decode import decode

FRENCH = "Le thé fut servi à huit heures; personne n’était là, et l’été finissait. "
GERMAN = "Die Brücke über den Fluß führte früher nach Süden. "
RUSSIAN = "Дорога шла через лес, и никто не знал, где она кончается. "
CHINESE = "他们在河边种了一排柳树，每年春天都发芽。\n"
JAPANESE = "橋は川を渡り、誰もその先を知らなかった。\n"
TEXTS = {"french": FRENCH, "german": GERMAN, "russian": RUSSIAN, "chinese": CHINESE,
         "japanese": JAPANESE}  # fmt: skip
LABELS = {
    "none": None,
    "right": "text/html; charset=utf-8",
    "wrong": "text/html; charset=iso-8859-1",
}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("strays", [1, 3])
def test_stray_bytes_in_utf8(language, label, strays):
    text = TEXTS[language] * 3
    data = text.encode()
    expected = text
    for n in range(strays):
        data += b"X\xff\nx" if n else b"caf\xe9 x"
        expected += "X\ufffd\nx" if n else "caf\ufffd x"
    assert decode(data, LABELS[label])[:2] == (expected, "utf-8")


def test_one_character_cut_where_there_are_few():
    body = "<p>He wrote: “it is late”. [".encode() + b"\xe2\x80 more]"
    assert decode(body, "text/html; charset=utf-8")[0].endswith("[\ufffd more]")
    assert "“it is late”" in decode(body, "text/html; charset=utf-8")[0]


def test_a_text_of_another_encoding_is_no_damaged_utf8():
    for text, encoding in ((FRENCH, "cp1252"), (RUSSIAN, "cp1251"), (CHINESE, "gb18030"),
                           (JAPANESE, "euc_jp"), (JAPANESE, "cp932")):  # fmt: skip
        for label in (None, "text/html; charset=utf-8"):
            assert decode((text * 3).encode(encoding), label)[0] == text * 3


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["It is late.", *TEXTS.values()])
def test_wide_encodings_without_a_mark(text, encoding):
    assert decode(text.encode(encoding), None)[:2] == (text, encoding)
    assert binary_kind(text.encode(encoding)) is None


def test_surrogates_in_utf8():
    data = b"a bridge " + b"\xed\xa0\xbd\xed\xb8\x80" + " é".encode()
    assert decode(data, None)[:2] == ("a bridge \U0001f600 é", "utf-8")
    assert decode("été é".encode() + b" \xed\xa0\xbd x", None)[0] == "été é \ufffd x"


def test_lines_of_several_encodings_in_plain_text():
    lines = [GERMAN, FRENCH, GERMAN.upper(), FRENCH * 2, "plain"]
    data = b"\n".join(
        line.encode("cp1252" if number in (1, 3) else "utf-8") for number, line in enumerate(lines)
    )
    assert decode(data, plain=True) == ("\n".join(lines), "cp1252", "mixed")
    assert "\ufffd" in decode(data)[0], "a page is of one encoding"


def test_a_stray_byte_is_no_line_of_another_encoding():
    data = (GERMAN * 3).encode() + b"\ncaf\xe9\nna\xefve\n"
    assert decode(data, plain=True)[0].endswith("\ncaf\ufffd\nna\ufffdve\n")


@pytest.mark.parametrize("text", [
    "Az őszi eső után a híd fölött szürke felhők gyűltek, és a tűz mellett ültek le öregek.",
    "Zażółcone pola ciągnęły się aż po horyzont, gdzie słońce gasło w jeziorze.",
    "Upe plūda lēni, un vītoli šalca vējā, kad bērni gāja mājās gar žogu.",
])  # fmt: skip
@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252"])
def test_a_servers_default_label_is_doubted(text, label):
    baltic = "ļ" in text or "ū" in text
    for encoding in ("cp1257", "iso8859-13") if baltic else ("cp1250", "iso8859-2"):
        data = text.encode(encoding)
        assert decode(data, f"text/html; charset={label}")[0] == text


@pytest.mark.parametrize("text", [
    "The miller’s house.", "He read «Rain» aloud.", "El Niño came late.",
    "It is — so they say — late.", "Twelve\xa0miles.",
])  # fmt: skip
@pytest.mark.parametrize("strays", [1, 2])
def test_few_characters_of_utf8_with_a_servers_default_label(text, strays):
    data = text.encode() + b" wh\xeaat" * strays
    got, encoding, _ = decode(data, "text/html; charset=iso-8859-1")
    assert (got, encoding) == (text + " wh\ufffdat" * strays, "utf-8")


@pytest.mark.parametrize("text", [
    "“Só amanhã”, dizia. “ATÉ AMANHÃ”, e foi.",
    "Er sagte: „Was für ein Spaß“ – und ging zur Brücke.",
    "LE CHÂ—TEAU était là.",
    "À l’été, l’été…",
])  # fmt: skip
def test_letters_before_signs_in_a_text_that_is_labelled_rightly(text):
    assert decode(text.encode("cp1252"), "text/html; charset=iso-8859-1")[0] == text


def test_a_byte_order_mark_that_is_repeated_or_wrong():
    mark = b"\xef\xbb\xbf"
    assert decode(mark + mark + FRENCH.encode())[::2] == (FRENCH, "bom")
    assert decode(mark + FRENCH.encode() + b"caf\xe9 x")[0] == FRENCH + "caf\ufffd x"
    assert decode(mark + (GERMAN * 2).encode("cp1252"))[0] == GERMAN * 2


def test_japanese_in_utf16_without_a_line_break():
    for encoding in ("utf-16-le", "utf-16-be"):
        text = JAPANESE.strip()
        assert decode(text.encode(encoding))[:2] == (text, encoding)


def test_a_stray_byte_in_shift_jis():
    data = (JAPANESE * 3).encode("cp932") + b"\xff\n"
    assert decode(data, "text/html; charset=shift_jis")[0] == JAPANESE * 3 + "\ufffd\n"
