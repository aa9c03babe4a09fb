"""Rule-based sentence counting, without a model or a download.

C4's code counts with nltk's punkt, a trained model that has to be downloaded. Its filter only
checks whether a page has three sentences, and each line it keeps has one, so rules suffice. A
sentence ends with . ? ! or …, or a sign of their kind in another script, and the quotes and
brackets that follow. After . and … white space must follow and then no lower-case letter; a
single full stop must not belong to a known abbreviation, an initial, or a number that begins
the line. How often rule and model agree on a page is printed by `benchmarks/filters.py`.
"""

import re

from curate.text.spacy_tokens import TERMINALS

CLOSING = "\"'”’»)]）」』】 \t"  # signs after the end of a sentence
_TERMINALS = frozenset(TERMINALS)
_ABBREVIATIONS = """
adm al apr asst aug ave bldg blvd bros ca capt cf co col comdr corp cpl ctr dec dept dist dr
ed eds eg e.g est etc ext feb fig figs fl ft gen gov hon hr hrs i.e ie inc jan jr jul jun
lt ltd maj mar max min mr mrs ms mt nov oct op p.m a.m ph.d pp pres prof pt pvt rep rev sec
sen sep sept sgt sr st supt tel treas univ vol vols vs u.s u.k
"""
_NO_END = frozenset(_ABBREVIATIONS.split())
_OTHERS = "。！？｡．।॥։۔።፧។៕။།༎᠃"  # of other scripts
# Thai and Lao have no full stop: a space ends a sentence that has at least so many letters.
_THAI = re.compile("[\u0e01-\u0eff]")
_SPACED = re.compile('[\u0e01-\u0eff0-9A-Za-z]{25,}+["”’)]*+\\s++(?=[\u0e01-\u0eff"“‘(])')
# Terminal signs, closing quotes and brackets, and what follows. The quantifiers are possessive:
# with backtracking a page that consists of full stops takes quadratic time.
_END = re.compile(
    r"(?<![.…?!‼‽⁇⁈⁉؟])(?P<signs>[.…?!‼‽⁇⁈⁉؟]++)[\"'”’»)\]]*+(?=\s++(?P<next>\S))"
    rf"|(?<![{_OTHERS}])[{_OTHERS}]++[”’」』）)\]\"]*+(?=\s*+\S)"
)
_LAST_WORD = re.compile(r"[^\s\"'“‘(\[«]+$")


def count_sentences(line: str) -> int:
    """Return how many sentences a line holds: 0 if it is blank, else 1 or more.

    >>> count_sentences("Mr. Smith left at 5 p.m. on Monday. Why? Nobody knows...")
    3
    """
    if not line or line.isspace():
        return 0
    count = 1
    for end in _END.finditer(line):
        signs = end["signs"]
        count += signs is None or _ends(line, end.start(), signs, end["next"])
    return count + len(_SPACED.findall(line)) if _THAI.search(line) else count


def ends_sentence(line: str) -> bool:
    """Return whether a line ends like a sentence of some script, closing quotes and brackets aside.

    >>> ends_sentence('"It rained."'), ends_sentence("Rain, 1998")
    (True, False)
    """
    return line.rstrip(CLOSING)[-1:] in _TERMINALS


def _ends(line: str, start: int, signs: str, following: str) -> bool:
    """Return whether the signs at `start` end a sentence, the next beginning `following`."""
    if signs.strip(".…"):
        return True  # a ? or ! among them
    if following.islower():
        return False
    if signs != ".":
        return True
    last = _LAST_WORD.search(line, max(0, start - 40), start)
    word = last[0].lower() if last else ""
    initial = len(word) == 1 and word.isalpha() and word != "i"
    numbering = word.isdecimal() and last is not None and not line[: last.start()].strip()
    return not (initial or numbering or word in _NO_END)
