"""The prefix, suffix, infix and exception rules of spaCy 3.8's English tokenizer.

Those of a blank "en" pipeline, written on the standard library and compiled on first use;
`curate.text.spacy_tokens` applies them.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

_QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
_PUNCT = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_CURRENCY = r"US\$|C\$|A\$|[$£€¥฿₽﷼₴₠-₿]"
_UNITS = (
    "km²|km³|km|m²|m³|m|dm²|dm³|dm|cm²|cm³|cm|mm²|mm³|mm|ha|µm|nm|yd|in|ft|kg|g|mg|µg|t|lb|oz|m/s"
    "|km/h|kmh|mph|hPa|Pa|mbar|mb|MB|kb|KB|gb|GB|tb|TB|T|G|M|K|%"
)


class Rules(NamedTuple):
    """Prefixes, suffixes, infixes and exceptions, made once on first use."""

    marks: frozenset[str]  # one character, at either end
    prefixes: frozenset[str]  # one character, at the front alone
    amount: re.Pattern[str]  # currencies and units after a digit, at the end
    stop: re.Pattern[str]  # what precedes a full stop that is cut off
    infix: re.Pattern[str]
    exceptions: dict[str, list[str]]


@cache
def rules() -> Rules:
    """Return the rules; the same object each time."""
    symbols = {chr(point) for point in _SYMBOLS if unicodedata.category(chr(point)) == "So"}
    anywhere = _class_of(symbols)
    quotes, punct = re.escape(_QUOTES), re.escape(_PUNCT)
    letter, lower, upper = r"[^\W\d_]", _LOWER + _CASELESS, _UPPER + _CASELESS
    # The character comes first and its context after, so that the search can skip fast.
    infix = (
        rf"[.…{anywhere}+\-*^,–—~:<>=/](?:"
        rf"(?<=\.)\.+|(?<=[…{anywhere}])|(?<=[0-9][+\-*^])(?=[0-9-])"
        rf"|(?<=[{lower}{quotes}]\.)(?=[{upper}{quotes}])|(?<={letter},)(?={letter})"
        rf"|(?:(?<=[^\W_][–—~])|(?<=[^\W_]-)-{{0,2}}|(?<=[^\W_]—)—)(?={letter})"
        rf"|(?<=[^\W_][:<>=/])(?={letter}))"
    )
    return Rules(
        marks=frozenset({*_PUNCT, *_QUOTES, *symbols, "—", "–"}),
        prefixes=frozenset({*"§%=", *expand("24 a3 a5 e3f 20a0-20bf 20bd fdfc")}),
        amount=re.compile(rf"(?<=[0-9])(?:{_CURRENCY}|{_UNITS})$"),
        stop=re.compile(rf"[0-9{lower}%²\-+{punct}{quotes}]$|[{upper}][{upper}]$|°[FfCcKk]$"),
        infix=re.compile(infix),
        exceptions=dict(_exceptions()),
    )


def expand(ranges: str) -> Iterator[str]:
    """Yield the characters of ranges as first-last in hexadecimal."""
    for item in ranges.split():
        first, _, last = item.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


def _class_of(characters: Iterable[str]) -> str:
    """Return characters as ranges for a pattern's brackets: single ones beyond U+FFFF are slow."""
    ranges: list[list[int]] = []
    for point in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_SYMBOLS = (*range(0xA6, 0x3300), *range(0x1F000, 0x1FB00))
_LOWER = "a-zß-öø-ÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňōŏőŕŗřśŝşšţťŧũūŭůűųŵŷźżžα-ώа-џ"
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽŁŃŅŇŌŎŐŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŹŻŽΆ-ΫЀ-Я"
# Letters without case count as both, as in spaCy.
_CASELESS = "\u0591-\u05f4\u0620-\u06ff\u0900-\u137f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_CASELESS += "\uac00-\ud7af"

_ABBREVIATIONS = """
Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind.
Jan. Jul. Jun. Kan. Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb.
Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. Sep. Sept. Tenn. Va. Wash. Wis. a.m. Adm. Bros. co. Co.
Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr.
Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s. ä. ö. ü. and/or w/o C++ 'd 're 's 'S ' ''
'cause 'Cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout 'em 'll 'nuff ma'am Ma'am o'clock O'clock
lovin' Lovin' havin' Havin' doin' Doin' goin' Goin' nothin' Nothin' nuthin' Nuthin' ol' Ol'
somethin' Somethin' :) :-) :)) (: (-: =) (= =] [= :] :-] [: 8) ;) ;-) (; :( :-( :(( ): )-:
=( :/ :-/ =/ =| :| ]= :P :-P :p :O :-O :o :0 :* :3 =3 :> :X :x :D :-D ;D =D XD xD <3 </3 ^_^ -_-
"""
_NEGATED = "ca could do does did had may might must need ought sha should wo would ai are is was"
_NEGATED += " were have has dare"
_MODALS = "could might must should would"
_CUT_WORDS = (
    "y'|all y|all not|'ve not|ve can|not gon|na got|ta let|'s c'm|on Not|'ve Not|ve Can|not Gon|na "
    "Got|ta Let|'s C'm|on how|'d|'y How|'d|'y i|'m i|m i|'m|a i|m|a I|'m I|m I|'m|a I|m|a"
)
# Spelt like a contraction without its apostrophe, but other words.
_NO_CONTRACTIONS = {"ill", "its", "hell", "shell", "shed", "were", "well", "whore"}


def _exceptions() -> Iterator[tuple[str, list[str]]]:
    """Yield tokenizer exceptions: pieces that are cut as listed, before any rule."""
    for word in (*_ABBREVIATIONS.split(), *(f"{letter}." for letter in string.ascii_lowercase)):
        yield word, [word]
    for hour in range(1, 13):
        for half in ("am", "pm", "a.m.", "p.m."):
            yield f"{hour}{half}", [str(hour), half]
    for scale in "cfkCFK":
        yield f"°{scale}.", ["°", scale, "."]
    for parts in _contractions():
        for mark in ("'", "’"):
            spelt = [part.replace("'", mark) for part in parts]
            yield "".join(spelt), spelt


def _contractions() -> Iterator[list[str]]:
    yield from (item.split("|") for item in _CUT_WORDS.split())
    endings: list[tuple[str, str]] = [
        ("i you he she it we they who what when where why how there that this these those", "'ll"),
        ("i you he she it we they who what when where why how there that this these those", "'d"),
        (
            "i you he she it we they who what when where why how there that this these those",
            "'ll 've",
        ),
        (
            "i you he she it we they who what when where why how there that this these those",
            "'d 've",
        ),
        ("i you we they who what when where why how there these those " + _MODALS, "'ve"),
        ("you we they who what when where why how there these those", "'re"),
        ("he she it who what when where why how there that this", "'s"),
        (_NEGATED, "n't"),
        (" ".join(_NEGATED.split()[:15]), "n't 've"),
    ]
    for words, ending in endings:
        for word in words.split():
            for form in (word, word.title()):
                yield [form, *ending.split()]
                bare = ending.replace("'", "").split()
                if (form + "".join(bare)).lower() not in _NO_CONTRACTIONS:
                    yield [form, *bare]
