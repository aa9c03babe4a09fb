"""Write the profiles of languages in curate/languages/data.

    python benchmarks/languages_fit.py DATA

DATA/langid/lingua_sentences.parquet has sentences of 75 languages (lang, text), of which those of
an even hash are counted here and the others are left to benchmarks/languages.py;
DATA/langid/udhr2.parquet has the Universal Declaration of Human Rights in 387 translations. What is
written are counts and the most frequent word forms. A language gets a profile if py3langid tells
it and there is a text of it.

DATA/extraction/daniel.parquet has news in English and Chinese: Chinese n-grams are made so long
that in 70 % of every other text no more is repeated than in 70 % of English ones. There are no
documents of other languages without spaces: an n-gram is as long as n English words in translation.

In a language with a dictionary (`curate.text.dictionaries`, which needs the extra `dictionaries`)
words are counted by its library, too.
"""

import hashlib
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from curate.filters import GopherRepetition
from curate.filters.language import LANGUAGES
from curate.text.dictionaries import LIBRARIES, split_words_by
from curate.text.spacy_tokens import PUNCTUATION, TERMINALS
from curate.text.views import split_words

FOLDER = Path(__file__).parents[1] / "curate" / "languages" / "data"
# ISO 639-1 -> the translations to count, the best first.
TRANSLATIONS = """
af:afr ar:arb az:azj_latn be:bel bg:bul bn:ben br:bre bs:bos_latn ca:cat cs:ces cy:cym da:dan
de:deu_1996,deu_1901,deu el:ell_monotonic en:eng eo:epo es:spa et:est eu:eus fa:pes_1 fi:fin fo:fao
fr:fra fy:fri ga:gle gd:gla gl:glg gu:guj ha:hau_NG he:heb hi:hin hr:hrv
ht:hat_popular hu:hun hy:hye id:ind ig:ibo is:isl it:ita ja:jpn jv:jav
ka:kat kk:kaz km:khm kn:kan ko:kor ku:kmr ky:kir la:lat
lb:ltz lg:lug ln:lin lo:lao lt:lit lv:lav mg:plt mi:mri mk:mkd ml:mal mn:khk mr:mar ms:mly_latn
mt:mlt my:mya ne:nep nl:nld nn:nno no:nob oc:lnc om:gax pa:pan pl:pol ps:pbu pt:por_PT qu:quz
ro:ron_1993 ru:rus rw:kin se:sme si:sin sk:slk sl:slv sn:sna so:som sq:als sr:srp_cyrl st:sot
sv:swe sw:swh ta:tam te:tel tg:tgk th:tha tk:tuk_latn tl:tgl tn:tsn tr:tur tt:tat ug:uig_arab uk:ukr
ur:urd uz:uzn_latn vi:vie wo:wol xh:xho yo:yor zh:cmn_hans zu:zul am:amh ti:tir bo:bod
"""
SERBIAN: dict[int, Any] = str.maketrans(
    "абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš"
)
SERBIAN |= {ord("љ"): "lj", ord("њ"): "nj", ord("џ"): "dž"}
# Beside the usual one; Serbian is transliterated.
OTHER_SCRIPTS = {
    "az": "azj_cyrl", "bs": "bos_cyrl", "tk": "tuk_cyrl", "ug": "uig_latn", "uz": "uzn_cyrl",
}  # fmt: skip
SENTENCES = {"no": "nb"}  # our code -> theirs
MIN_STOP_WORDS, MAX_STOP_WORDS = 8, 60
QUANTILE = 0.7  # of texts; those above it repeat their lead, whatever the n-grams
STOP_SHARE = 0.18  # of all words: what Gopher's eight have of English
SPACELESS = ("Hani", "Jpan", "Thai", "Khmr", "Laoo", "Mymr")
NO_END_MARKS = ("Thai", "Laoo")  # where there are full stops in the sentences, they are English
SCRIPTS = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "ARABIC": "Arab", "HEBREW": "Hebr",
    "DEVANAGARI": "Deva", "BENGALI": "Beng", "GUJARATI": "Gujr", "GURMUKHI": "Guru",
    "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh",
    "THAI": "Thai", "LAO": "Laoo", "KHMER": "Khmr", "MYANMAR": "Mymr", "TIBETAN": "Tibt",
    "GEORGIAN": "Geor", "ARMENIAN": "Armn", "ETHIOPIC": "Ethi", "HANGUL": "Hang", "CJK": "Hani",
    "HIRAGANA": "Jpan", "KATAKANA": "Jpan",
}  # fmt: skip


def is_fitted_on(sentence: str) -> bool:
    """Return whether a sentence is of the half that profiles are counted on."""
    return hashlib.sha256(sentence.encode()).digest()[0] % 2 == 0


def script_of(text: str) -> str:
    """Return the ISO 15924 code of the script most letters are of."""
    counts = Counter(
        SCRIPTS.get(unicodedata.name(c, "").split(" ")[0], "Zyyy") for c in text if c.isalpha()
    )
    if counts["Jpan"] > 0.05 * counts.total():
        return "Jpan"
    return counts.most_common(1)[0][0] if counts else "Zyyy"


def ended(sentences: Sequence[str]) -> float:
    """Return the share of sentences whose last character, quotes left out, ends one."""
    marks = frozenset(TERMINALS)
    return sum(one.rstrip("\"'”’»)]」』“ ")[-1:] in marks for one in sentences) / len(sentences)


def stop_words(words: Sequence[str]) -> list[str]:
    """Return the most frequent word forms: as many as make STOP_SHARE of all words."""
    marks = "".join(sorted(PUNCTUATION))
    plain = [word.strip(marks).lower() for word in words]
    counts = Counter(word for word in plain if word and all(c.isalpha() or
                     unicodedata.category(c)[0] == "M" or c in "'’-" for c in word))  # fmt: skip
    found, covered = [], 0
    for word, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        if len(found) >= MAX_STOP_WORDS or count < 3:
            break
        if len(found) >= MIN_STOP_WORDS and covered >= STOP_SHARE * len(words):
            break
        found.append(word)
        covered += count
    return found


def gram_characters(texts: Sequence[str], english: Sequence[str]) -> float:
    """Return how many characters an n-gram has for each word of an English one, by documents."""

    def repeated(rule: GopherRepetition, documents: Sequence[str]) -> float:
        shares = sorted(dict(rule.measures(one))["duplicate_5_grams"] for one in documents)
        return shares[int(QUANTILE * len(shares))]

    most = repeated(GopherRepetition(), english)
    sizes = (n / 10 for n in range(10, 80))
    return next(n for n in sizes if repeated(GopherRepetition(gram_characters=n), texts) <= most)


def latin(text: str) -> str:
    """Return Serbian text in lower-case Latin letters."""
    return text.lower().translate(SERBIAN)


def profile(
    code: str, iso639_3: str, sentences: Sequence[str], declaration: str, english: str
) -> dict[str, Any]:
    """Return a language's profile as plain data."""
    if declaration and not 0.3 < len(split_words(declaration)) / len(split_words(english)) < 6:
        declaration = ""  # broken off, or in signs that are no letters
    texts = [*sentences, *declaration.split("\n")]
    words = [word for text in texts for word in split_words(text)]
    own = [word for text in sentences for word in split_words(text)] or words or [""]
    ratios = {}
    if declaration:
        plain = ["".join(text.split()) for text in (declaration, english)]
        ratios = {
            "words": len(split_words(declaration)) / len(split_words(english)),
            "characters": len(plain[0]) / len(plain[1]),
        }
    script = script_of("".join(texts))
    ends = 0.0 if script in NO_END_MARKS else ended(sentences) if sentences else 0.5
    return {
        "code": code,
        "iso639_3": iso639_3,
        "script": script,
        "words": round(ratios.get("words", 1.0), 3),
        "characters": round(ratios.get("characters", 1.0), 3),
        "word_length": round(sum(map(len, own)) / len(own), 3),
        "ended": round(ends, 3),
        "stop_words": stop_words(words),
        "spaced": script not in SPACELESS,
        "gram_characters": (
            round(ratios.get("words", 1.0) * sum(map(len, own)) / len(own), 2)
            if script in SPACELESS
            else None
        ),
        "sources": [name for name, given in (("sentences", sentences), ("udhr", declaration))
                    if given],
    }  # fmt: skip


def by_dictionary(
    name: str, sentences: Sequence[str], declaration: str, english: str
) -> dict[str, Any]:
    """Return what of a profile differs by the words of a library, as plain data."""
    split = split_words_by(name)
    own = [word for text in sentences for word in split(text)]
    return {
        "dictionary": name,
        "words": round(len(split(declaration)) / len(split_words(english)), 3),
        "word_length": round(sum(map(len, own)) / len(own), 3),
        "stop_words": stop_words([*own, *split(declaration)]),
    }


def main(data: Path) -> None:
    """Write a file for each language."""
    rows = pq.read_table(data / "langid" / "lingua_sentences.parquet").to_pylist()
    sentences: dict[str, list[str]] = {}
    for row in rows:
        if is_fitted_on(row["text"]):
            sentences.setdefault(row["lang"], []).append(row["text"])
    declarations = {
        row["lang"]: row["text"]
        for row in pq.read_table(data / "langid" / "udhr2.parquet").to_pylist()
    }
    wanted = {code: keys.split(",") for code, keys in
              (pair.split(":") for pair in TRANSLATIONS.split())}  # fmt: skip
    wanted |= {code: [code] for code in sorted(LANGUAGES) if len(code) == 3 and code not in wanted}
    news: dict[str, list[str]] = {}
    for row in pq.read_table(data / "extraction" / "daniel.parquet").to_pylist():
        if row["gold_text"]:
            news.setdefault(row["language"], []).append(row["gold_text"])
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.json"):
        file.unlink()
    for code, keys in sorted(wanted.items()):
        declaration = next((declarations[key] for key in keys if key in declarations), "")
        own = sentences.get(SENTENCES.get(code, code), [])
        made = profile(code, keys[0].partition("_")[0], own, declaration, declarations["eng"])
        if made["gram_characters"] and code in news:
            fitted = [text for text in news[code] if is_fitted_on(text)]
            made["gram_characters"] = gram_characters(fitted, news["en"])
            made["sources"].append("documents")
        named = sorted(name for name, one in LIBRARIES.items() if one.language == code)
        if named:
            made["dictionaries"] = [
                by_dictionary(name, own, declaration, declarations["eng"]) for name in named
            ]
        if code == "sr":
            made["stop_words"] += [latin(word) for word in made["stop_words"]]
        elif code in OTHER_SCRIPTS:
            made["stop_words"] += stop_words(split_words(declarations[OTHER_SCRIPTS[code]]))
        if code in LANGUAGES and made["sources"]:
            (FOLDER / f"{code}.json").write_text(
                json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
    print(f"{len(list(FOLDER.glob('*.json')))} languages in {FOLDER}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
