"""What `pii` finds and what it takes for personal data, and how fast: on made texts and a crawl.

    python benchmarks/personal_data.py [--crawl CRAWL.warc.gz …]

Made texts: sentences, tables, code and formulas with numbers that are nothing personal (dates,
prices, ISBNs, versions, coordinates, sums, digests, timestamps, pages of journals), made from a
seed, and the same with numbers planted among them. Planted are cards, IBANs and keys that are made
here; phones of all regions from the examples of phonenumbers with other last digits, as they are
written at home and abroad; ids of each country as its form has them, of which the check digits
hold by our own rules (that those are right is tested by published examples). Precision is what is
found and was planted, of all that is found; recall what is found, of all that was planted.

A crawl: every third page's text with its menus and footers; what was found was looked at by hand
once, and is known by the digest of its value (benchmarks/personal_data_labels.json). What has no
label is counted apart. Exit code 1 if a target is missed.
"""

import argparse
import hashlib
import json
import random
import re
import string
import sys
import time
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import phonenumbers

from curate.filters import MaskPII
from curate.personal.find import KINDS, find
from curate.personal.national_ids import IDS

TARGETS = {"precision": 0.98, "recall": 0.95, "MB/s": 10.0, "precision on a crawl": 0.98}
LABELS = Path(__file__).with_name("personal_data_labels.json")
WORDS = [
    "the",
    "harvest",
    "report",
    "lists",
    "numbers",
    "for",
    "each",
    "village",
    "and",
    "the",
    "committee",
    "met",
    "again",
    "in",
    "spring",
    "to",
    "discuss",
    "water",
    "wells",
    "roads",
    "schools",
    "budgets",
    "prices",
    "maps",
    "results",
    "tables",
    "samples",
    "versions",
]
UPPER, DIGITS = string.ascii_uppercase, string.digits
ALNUM = string.ascii_letters + DIGITS


def some(chance: random.Random, letters: str, size: int) -> str:
    return "".join(chance.choices(letters, k=size))


def prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


# --- numbers that are nothing personal ---------------------------------------------------------


def isbn(r: random.Random) -> str:
    body = "978" + some(r, DIGITS, 9)
    check = -sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(body)) % 10
    return f"ISBN {body[:3]}-{body[3]}-{body[4:6]}-{body[6:12]}-{check}"


def pages(r: random.Random) -> str:
    first = r.randint(100, 900)
    return f"Vol. {r.randint(1, 99)}, No. {r.randint(1, 12)}, pp. {first}-{first + 20} ({r.randint(1950, 2025)})"


OTHER = {
    "date": lambda r: f"{r.randint(1900, 2030)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "day": lambda r: f"{r.randint(1, 28):02}.{r.randint(1, 12):02}.{r.randint(1900, 2030)}",
    "time": lambda r: f"2024-{r.randint(1, 12):02}-11 {r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}",
    "stamp": lambda r: str(r.randint(1_500_000_000, 1_800_000_000)),
    "milliseconds": lambda r: str(r.randint(1_500_000_000_000, 1_800_000_000_000)),
    "price": lambda r: f"${r.randint(1, 999)},{r.randint(0, 999):03},{r.randint(0, 999):03}.{r.randint(0, 99):02}",
    "euros": lambda r: f"{r.randint(1, 999)} {r.randint(0, 999):03} {r.randint(0, 999):03} €",
    "count": lambda r: f"{r.randint(10**8, 10**10):,}",
    "isbn": isbn,
    "ean": lambda r: some(r, DIGITS, 13),
    "version": lambda r: f"v{r.randint(1, 20)}.{r.randint(0, 40)}.{r.randint(0, 9999)}",
    "build": lambda r: f"{r.randint(1, 10)}.{r.randint(0, 9)}.{r.randint(10000, 99999)}",
    "coordinates": lambda r: f"{r.uniform(-90, 90):.6f}, {r.uniform(-180, 180):.6f}",
    "formula": lambda r: f"x = {r.randint(10**6, 10**9)} + {r.randint(10**6, 10**8)} * 2",
    "pi": lambda r: f"{r.random():.15f}",
    "code": lambda r: f"for (int i = 0; i < {r.randint(10**6, 10**9)}; i++) {{ a[i] = 0x{some(r, '0123456789abcdef', 8)}; }}",
    "row": lambda r: "\t".join(str(r.randint(100, 9999)) for _ in range(8)),
    "columns": lambda r: "  ".join(f"{r.randint(100, 999)}" for _ in range(9)),
    "sha": lambda r: some(r, "0123456789abcdef", 40),
    "uuid": lambda r: "-".join(some(r, "0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
    "doi": lambda r: f"doi:10.{r.randint(1000, 9999)}/{some(r, DIGITS, 7)}.{r.randint(1990, 2024)}",
    "arxiv": lambda r: f"arXiv:{r.randint(7, 26):02}{r.randint(1, 12):02}.{r.randint(10000, 99999)}",
    "years": lambda r: f"{r.randint(1800, 1950)}-{r.randint(1951, 2020)}",
    "pages": pages,
    "order": lambda r: f"order {some(r, DIGITS, 10)}",
    "account": lambda r: f"item no. {some(r, DIGITS, 9)}",
    "tweet": lambda r: f"status/{r.randint(10**17, 10**18)}",
    "part": lambda r: f"{some(r, UPPER, 2)}-{some(r, DIGITS, 4)}-{some(r, DIGITS, 3)}",
    "score": lambda r: f"{r.randint(0, 99)}-{r.randint(0, 99)}, {r.randint(0, 99)}-{r.randint(0, 99)}, 21-19",
    "percent": lambda r: f"{r.random() * 100:.7f}%",
    "zip": lambda r: f"{some(r, DIGITS, 5)}-{some(r, DIGITS, 4)}",
    "sixteen": lambda r: some(r, "01789", 1) + some(r, DIGITS, 15),
    "big": lambda r: str(r.randint(10**10, 10**11)),
    "base64": lambda r: some(r, ALNUM + "+/", 60) + "==",
    "octets": lambda r: f"10.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(0, 255)}",
    "nth": lambda r: f"https://example.org/{r.randint(10**6, 10**9)}/{r.randint(10**6, 10**9)}.html",
}  # fmt: skip


# --- planted -----------------------------------------------------------------------------------


def card(r: random.Random) -> str:
    head, size = r.choice((("4", 16), ("51", 16), ("37", 15), ("6011", 16), ("3530", 16)))
    body = head + some(r, DIGITS, size - 1 - len(head))
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    digits_ = body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
    sep = r.choice(("", " ", "-"))
    cuts = (4, 10) if size == 15 else (4, 8, 12)
    edges = [0, *cuts, size]
    return sep.join(digits_[a:b] for a, b in pairwise(edges))


def iban(r: random.Random) -> str:
    country, bban = r.choice((
        ("DE", some(r, DIGITS, 18)), ("FR", some(r, DIGITS, 23)), ("NL", "ABNA" + some(r, DIGITS, 10)),
        ("GB", "NWBK" + some(r, DIGITS, 14)), ("ES", some(r, DIGITS, 20)), ("NO", some(r, DIGITS, 11)),
        ("PL", some(r, DIGITS, 24)), ("IT", "X" + some(r, DIGITS, 22)), ("CH", some(r, DIGITS, 17)),
        ("MT", "MALT" + some(r, DIGITS, 5) + some(r, UPPER + DIGITS, 18)),
    ))  # fmt: skip
    number = "".join(str(int(c, 36)) for c in f"{bban}{country}00")
    number_ = f"{country}{98 - int(number) % 97:02}{bban}"
    return number_ if r.random() < 0.4 else re.sub("(.{4})(?=.)", r"\1 ", number_)


def phone(r: random.Random) -> str:
    while True:
        home = r.random() < 0.5
        region = r.choice(("US", "GB") if home else sorted(phonenumbers.SUPPORTED_REGIONS))
        kind = r.choice(
            (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        )
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        digits = str(number.national_number)
        number.national_number = int(digits[:-4] + some(r, DIGITS, 4))
        if not phonenumbers.is_valid_number(number):
            continue
        if home:
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            return text if text[0] in "(0" else f"tel. {text}"
        form = r.choice(
            (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164)
        )
        return phonenumbers.format_number(number, form)


NAMES = {
    "AT": "SVNR", "AU": "TFN", "BG": "ЕГН", "CA": "SIN", "DE": "Steuer-ID", "DK": "CPR-nr",
    "EE": "isikukood", "IN": "Aadhaar no.", "JP": "My Number", "NL": "BSN", "PL": "PESEL",
    "PT": "NIF", "TR": "T.C. kimlik no", "TW": "身分證", "BR": "CPF", "GB": "NHS number",
}  # fmt: skip


def national_id(r: random.Random) -> str:
    id_rule = r.choice(IDS)
    while True:
        text = from_form(id_rule.form, r)
        if id_rule.check(re.sub("[^0-9A-Za-z]", "", text)):
            break
    name = "NINO" if id_rule.form.endswith("[A-D]") else NAMES.get(id_rule.country, "")
    return f"{name}: {text}" if id_rule.names else text


@cache
def parsed(form: str):
    return list(re._parser.parse(form))  # type: ignore[attr-defined]


def from_form(form: str, r: random.Random) -> str:
    """Return a text that a form matches; dates are made likely."""

    def build(items) -> str:
        built = ""
        for op, value in items:
            name = str(op)
            if name == "LITERAL":
                built += chr(value)
            elif name == "IN":
                built += r.choice(letters(str(value)))
            elif name == "MAX_REPEAT":
                least, most, inner = value
                built += "".join(build(inner) for _ in range(r.randint(least, most)))
            elif name == "SUBPATTERN":
                built += build(value[3])
            elif name == "BRANCH":
                built += build(r.choice(value[1]))
        return built

    return build(parsed(form))


@cache
def letters(items: str) -> list[str]:
    """Return the letters of a set of a form, given as the parser prints it."""
    characters = []
    for op, value in re.findall(r"\((LITERAL|RANGE|CATEGORY), (\(\d+, \d+\)|\w+)\)", items):
        numbers = [int(code) for code in re.findall(r"\d+", value)]
        first, last = (48, 57) if op == "CATEGORY" else (numbers[0], numbers[-1])
        characters += map(chr, range(first, last + 1))
    return characters


def secret(r: random.Random) -> str:
    word = string.ascii_letters + DIGITS + "_-"
    jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ" + some(r, ALNUM, 40) + "." + some(r, word, 43)
    pem = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(some(r, ALNUM, 64) for _ in range(12))
    return r.choice((
        "AKIA" + some(r, UPPER + "234567", 16), "ghp_" + some(r, ALNUM, 36),
        "github_pat_" + some(r, ALNUM, 22) + "_" + some(r, ALNUM, 59), "glpat-" + some(r, word, 20),
        "xoxb-" + some(r, DIGITS, 12) + "-" + some(r, DIGITS, 13) + "-" + some(r, ALNUM, 24),
        "sk_live_" + some(r, ALNUM, 24), "AIza" + some(r, word, 34) + "x", "npm_" + some(r, ALNUM, 36),
        "SG." + some(r, word, 22) + "." + some(r, word, 42) + "x", "hf_" + some(r, string.ascii_letters, 34),
        jwt, pem + "\n-----END RSA PRIVATE KEY-----",
        'aws_secret_access_key = "' + some(r, ALNUM + "/+", 40) + '"',
    ))  # fmt: skip


PLANTED = {"phone": phone, "card": card, "iban": iban, "national_id": national_id, "secret": secret}


def texts(seed: int, number: int):
    """Yield (text, {(kind, its value as planted, where)})."""
    r = random.Random(seed)
    for _ in range(number):
        parts, planted, at = [], [], 0
        for _ in range(r.randint(4, 12)):
            piece = f"{prose(r, r.randint(3, 12))} "
            if r.random() < 0.3:
                kind = r.choice(KINDS)
                value = PLANTED[kind](r)
                planted.append((kind, at + len(piece), at + len(piece) + len(value)))
            else:
                value = OTHER[r.choice(sorted(OTHER))](r)
            piece += value + r.choice((". ", "\n", ", ", " | ", " and ", "\n\n"))
            parts.append(piece)
            at += len(piece)
        yield "".join(parts), planted


def judge(number: int) -> dict[str, float]:
    right, wrong, missed = Counter(), Counter(), Counter()
    for text, planted in texts(1, number):
        hits = find(text)
        hit = set()
        for finding in hits:
            matches = [
                p
                for p in planted
                if p[0] == finding.kind and p[1] < finding.end and finding.start < p[2]
            ]
            hit.update(matches)
            (right if matches else wrong)[finding.kind] += 1
            if not matches and sum(wrong.values()) <= 20:
                print(
                    f"  not planted: {finding.kind} {text[max(0, finding.start - 25) : finding.end + 10]!r}"
                )
        for kind, start, end in planted:
            if (kind, start, end) not in hit:
                missed[kind] += 1
                if sum(missed.values()) <= 20:
                    print(f"  missed: {kind} {text[start - 15 : end + 5]!r}")
    for kind in KINDS:
        print(f"{kind:12} found {right[kind]} of {right[kind] + missed[kind]}, wrong {wrong[kind]}")
    everything = right.total()
    return {
        "precision": everything / (everything + wrong.total()),
        "recall": everything / (everything + missed.total()),
    }


def crawl_texts(files: list[Path]):
    import lxml.html  # noqa: PLC0415
    from fastwarc.warc import ArchiveIterator, WarcRecordType  # noqa: PLC0415

    number = 0
    for file in files:
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                number += 1
                if number % 3:
                    continue
                try:
                    tree = lxml.html.fromstring(record.reader.read())
                except (ValueError, lxml.etree.LxmlError):
                    continue
                for element in tree.xpath("//script|//style"):
                    element.drop_tree()
                lines = (line.strip() for line in tree.itertext() if isinstance(line, str))
                yield "\n".join(line for line in lines if line)


def speed(texts_: list[str]) -> float:
    every = MaskPII(mask=KINDS)
    size = sum(len(text.encode()) for text in texts_) / 1e6
    start = time.process_time()
    for text in texts_:
        every.cuts(text)
    return size / (time.process_time() - start)


def on_crawl(crawl: list[str]) -> float:
    labels = json.loads(LABELS.read_text()) if LABELS.exists() else {}
    values = {
        text[finding.start : finding.end]: finding.kind for text in crawl for finding in find(text)
    }
    known = {value: labels.get(hashlib.sha256(value.encode()).hexdigest()[:16]) for value in values}
    for value, label in known.items():
        if label is not True:
            print(f"  {'no label' if label is None else 'wrong'}: {values[value]} {value!r}")
    right, wrong = (sum(label is side for label in known.values()) for side in (True, False))
    print(f"crawl: {len(values)} values found, {right} right, {wrong} wrong")
    return right / max(1, right + wrong)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--crawl", type=Path, nargs="*", default=[], help="WARC files")
    options.add_argument("--texts", type=int, default=400)
    chosen = options.parse_args()
    results = judge(chosen.texts)
    crawl = list(crawl_texts(chosen.crawl)) or [text for text, _ in texts(2, 2000)]
    if chosen.crawl:
        results["precision on a crawl"] = on_crawl(crawl)
        results["MB/s"] = speed(crawl)
    else:
        print(f"a number for every seven words: {speed(crawl):.1f} MB/s (no target)")
    missed = False
    for name, value in results.items():
        missed |= value < TARGETS[name]
        print(f"{name}: {value:.4f} (target {TARGETS[name]})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
