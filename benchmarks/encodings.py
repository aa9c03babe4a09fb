"""Accuracy of encoding detection: texts decoded correctly, with right, wrong and no labels.

    python benchmarks/encodings.py DATA [--bytes 500] [--texts 20]

Sentences of DATA/langid/lingua_sentences.parquet in the encodings their language was written in
before UTF-8 (those that `curate.encoding.detect` knows for it), and in UTF-8. Texts of so many
bytes are told in the HTTP header, in a <meta>, wrongly (the server's iso-8859-1; utf-8), or not
told at all. Only sentences that the detector's letters were not counted in (every second one) and
that were not read wrongly already are used. Then the same texts in UTF-8 with 1, 3 and 10 bytes
too many, told in the header, wrongly, or not at all: how many come out with one U+FFFD for each of
these bytes and every other character right. Then the pages of DATA/crawl/legacy-charsets.warc.gz,
by the rule that read them, with the share of characters that could not be read.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from curate.encoding.decode import decode
from curate.encoding.detect import _CODECS
from curate.warc.reader import ArchiveRecord, read_records

NAMES = {"no": "nb", "zh-hant": "zh"}  # the names of languages -> the data's
READ_WRONGLY = "ďż˝"  # U+FFFD in UTF-8, read as windows-1250
LATIN1 = ("cp1252", "iso8859-15", "mac-roman")  # labels that a server's default comes close to


def texts(sentences: list[str], encoding: str, size: int, most: int) -> Iterator[str]:
    """Yield texts of at least `size` bytes, not all ASCII, that the encoding can write."""
    text, count = "", 0
    for sentence in sentences:
        try:
            sentence.encode(encoding)
        except UnicodeEncodeError:
            continue
        text += sentence + " "
        if len(text.encode(encoding)) >= size:
            if not text.isascii() and count < most:
                yield text
                count += 1
            text = ""


def tellings(text: str, encoding: str) -> Iterator[tuple[str, bool]]:
    """Yield (what the page tells, whether it was decoded to the text)."""

    def right(label: str | None, meta: str = "") -> bool:
        page = f"<html><head>{meta}<title>x</title></head><body class='a b'><p>{text}</p></html>"
        header = "text/html" + (f"; charset={label}" if label else "")
        return decode(page.encode(encoding), header)[0] == page

    yield "header", right(encoding)
    yield "meta", right(None, f'<meta charset="{encoding}">')
    if encoding != "utf-8":
        yield "told utf-8", right("utf-8")
    if encoding not in LATIN1:
        yield "told iso-8859-1", right("iso-8859-1")
    yield "nothing", right(None)


def damaged(text: str, strays: int, draw: random.Random) -> tuple[bytes, str]:
    """Return a text in UTF-8 with stray bytes between its characters, and what it should become."""
    places = sorted(draw.sample(range(len(text)), strays), reverse=True)
    data, right = [char.encode() for char in text], list(text)
    for position in places:
        data.insert(position, bytes([draw.randrange(0x80, 0x100)]))
        right.insert(position, "\ufffd")
    return b"".join(data), "".join(right)


def print_damaged(sentences: Mapping[str, list[str]], size: int, most: int) -> None:
    """Print how many texts with stray bytes are right but for these."""
    print("\ntexts in UTF-8 with stray bytes, right but for these, in %")
    draw = random.Random(7)
    headers = {"header": "text/plain; charset=utf-8", "nothing": None,
               "told iso-8859-1": "text/plain; charset=iso-8859-1"}  # fmt: skip
    for strays in (1, 3, 10):
        right: Counter[str] = Counter()
        total = 0
        for language_sentences in sentences.values():
            for text in texts(language_sentences[1::2], "utf-8", size, most):
                if any("\x80" <= char < "\xa0" or char == "\ufffd" for char in text):
                    continue
                data, wanted = damaged(text, strays, draw)
                total += 1
                for telling, header in headers.items():
                    right[telling] += decode(data, header, plain=True)[0] == wanted
        shares = ", ".join(f"{name} {100 * right[name] / total:.2f}" for name in headers)
        print(f"  {strays:2} of them: {shares} ({total:,} texts)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--texts", type=int, default=20, help="of each language and encoding")
    options = parser.parse_args()
    sentences: dict[str, list[str]] = defaultdict(list)
    table = pq.read_table(options.data / "langid" / "lingua_sentences.parquet")
    for language, text in zip(*(table[name].to_pylist() for name in ("lang", "text")), strict=True):
        sentences[language].append(text)
    written: dict[str, list[str]] = defaultdict(lambda: ["utf-8"])
    for encoding, languages in _CODECS.items():
        for language in languages.split():
            written[NAMES.get(language, language)].append(encoding)
    right: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for language, encodings in sorted(written.items()):
        sentences_ = [
            text
            for text in sentences[language][1::2]
            if not any("\x80" <= char < "\xa0" for char in text) and READ_WRONGLY not in text
        ]
        for encoding in encodings:
            for text in texts(sentences_, encoding, options.bytes, options.texts):
                for telling, good in tellings(text, encoding):
                    for key in (language, "all"):
                        right[key, telling] += good
                        total[key, telling] += 1
                    if telling == "nothing" and not good:
                        failed[language, encoding] += 1
    columns = ("header", "meta", "told utf-8", "told iso-8859-1", "nothing")
    print(f"texts of {options.bytes} bytes, decoded to what they were, in % (of how many)")
    print("language " + "".join(f"{name:>24}" for name in columns))
    for language in [*sorted(written), "all"]:
        if total[language, "header"]:
            cells = (
                f"{100 * right[language, name] / max(1, total[language, name]):12.2f} "
                f"{'(' + format(total[language, name], ',') + ')':>11}"
                for name in columns
            )
            print(f"{language:9}" + "".join(cells))
    failures = ", ".join(f"{lang} {enc} {count}" for (lang, enc), count in failed.most_common())
    print(f"told nothing, and wrong: {failures or 'none'}")
    print_damaged(sentences, options.bytes, options.texts)
    print_pages(options.data)


def print_pages(data: Path) -> None:
    print("\npages of legacy-charsets.warc.gz: rule, pages, characters not read in %")
    rules: dict[str, list[tuple[int, int]]] = defaultdict(list)
    with (data / "crawl" / "legacy-charsets.warc.gz").open("rb") as file:
        for record in read_records(file):
            if isinstance(record, ArchiveRecord) and record.kind == "response":
                text, _, rule = decode(record.payload, record.content_type)
                rules[rule].append((text.count("\ufffd"), len(text)))
    for rule, pages in sorted(rules.items()):
        bad, size = map(sum, zip(*pages, strict=True))
        print(f"  {rule:6} {len(pages):5} {100 * bad / size:.5f}")


if __name__ == "__main__":
    main()
