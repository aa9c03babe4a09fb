"""Character encoding detection by letter frequencies, for bytes without a label.

Input: a body. Output: the name of Python's codec that makes it the likeliest text in one of
forty languages. UTF-8 with some broken sequences is a candidate like others. A language is a
string of its non-ASCII letters, the most frequent first: a letter's rank gives its probability,
closely enough (of 926 texts of 500 bytes a first version decoded 94.5 % correctly, and 94.7 % with
measured frequencies; charset_normalizer 3.5 decoded 77.4 %).

The orders were counted in translations of the Declaration of Human Rights and sentences from
the web, without letters that came from a wrong encoding. No state, no model file.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from curate.encoding.labels import to_text
from curate.encoding.wide import wide_encoding

_LATIN = {
    "ca": "óàéèíúòçüï",
    "cs": "íáěéýčžřšůúťňď",
    "da": "åæøéóá",
    "de": "üäößé",
    "es": "óíáúéñ¿¡ü",
    "et": "õäüöžš",
    "fi": "äöåšž",
    "fr": "éàèêîâôùûçïœë",
    "hr": "ćščžđ",
    "hu": "éáöóőüíúű",
    "is": "ðáþíóöæéúý",
    "it": "àèìòùé",
    "lt": "ėųšžąįūęč",
    "lv": "āīēšņūļķžģč",
    "nl": "ëéöïèüá",
    "no": "åøæéòô",
    "pl": "łążęóśćńź",
    "pt": "ãçáéíõóêàúâôªº",
    "ro": "ăîâşţșțé",
    "sk": "áýžčúíéťšľôňďóäĺŕ",
    "sl": "čšž",
    "sq": "ëç",
    "sv": "äöåé",
    "tr": "ıüşçğöİâîû",
}
_OTHER = {
    "ar": "اليموتنرةعبدسهفقحأكجشصخإضىطذزءثئغظؤآ",
    "be": "аніырсевколдятумцпзўбгчьхйэшжюёф",
    "bg": "аиоентвсрдлкпзмбячъугжцщйхшфю",
    "el": "αιοτενκσρπηςυμίλδάέόωγθήχύφώβξζψ",
    "fa": "ایردونهمتبسکلشزقعحفخجگآپطصچضئذغظثژ",
    "he": "ויהלתראבמשנדעםכחפקסגזטצןךףץ",
    "mk": "аоиентрвсдклпмујбзгчцшжњќхфѓ",
    "ru": "оеиантсврлдмпкуяыбьгчзжйхющцшэфъё",
    "sr": "аоиенрстувдкмјплбзгчшњцжхљћђф",
    "th": "ารนกมงัอ่ิเทสย้ลีะวดคตบปจหแุพชขืใไำ์ศูธโณภ็ษผถญึฐซฏๆฒฟฯฎฤ",
    "uk": "оаніивтрседулкпмязбгьюхчжйцїєшщфґ",
}
_CJK = {
    "ja": (
        "のるにいなてすとをはしでがたまもれこかっらりく人うけあ権びさ利自的有き及国えべおそつんよンだめ会"
        "条由第受どばわせト又や社出行保ッ間対事合イみち性日一大生言等手法要教用レリ地思業ス成上全定不フ平基護"
        "何時分ごア方理目じ本他ず場者実作進際力公立取己家年入シク信高重下別問当中集セろウ世認後発同確意通育見"
        "度売報子今プル宣連尊為制男活産差げ限体ほ必現選働ょラコ類正和無良心並女加機動種治安組物料気カエチ界回"
    ),
    "ko": (
        "이다에의는을한가하로를고은사지서자대리기인적국정제도수권어으과유보진해부있조모여아신시나동들일만라전든"
        "장선그원람와위했주상회성공받스또우연며게것무경문구간되거당합니통등교면노된소년행단러호재중할관산운화법"
        "개내비치차미계영명민금양포반체건결마강발생종근예표최오말세및타안실현업분식때형매까질드언요야증남날올박"
    ),
    "zh": (
        "的人一有不和是在权了国会我这自为生他以大中出利得就要上由个来受法第到时对条年或现家发能所本任何也行而"
        "十成过于进只并其应公合下等业定分享之方可都无保同种然子入地教与民们事她后平正社实当面各学间作次说通主"
        "好重经用著你二意及被护因没多言此前动体机最使很力身者制道天想工还全基高性开小长收加展如心女水理度务需"
        "看那宣领治解三起化将再世月政庭普活里量两眼己点员育认些论常律产情放内包真结老手往明观打界联决文信险关"
    ),
    "zh-hant": (
        "的人一有不和是在權了國會我這自為生他以大中出利得就要上由個來受法第到時對條年或現家發能所本任何也行而"
        "十成過於進只並其應公合下等業定分享之方可都無保同種然子入地教與民們事她後平正社實當面各學間作次說通主"
        "好重經用著你二意及被護因沒多言此前動體機最使很力身者制道天想工還全基高性開小長收加展如心女水理度務需"
    ),
}
# Codec -> languages written in it; of equally likely ones the first wins.
_CODECS = {
    "cp1252": "ca da de es et fi fr is it nl no pt sq sv",
    "iso8859-15": "ca da de es et fi fr is it nl no pt sq sv",
    "cp1251": "be bg mk ru sr uk",
    "cp1250": "cs hr hu pl ro sk sl sq",
    "iso8859-2": "cs hr hu pl ro sk sl sq",
    "cp1254": "tr",
    "cp1253": "el",
    "iso8859-7": "el",
    "cp1255": "he",
    "cp1256": "ar fa",
    "cp1257": "et lt lv",
    "iso8859-13": "et lt lv",
    "cp874": "th",
    "koi8-r": "bg ru",
    "koi8-u": "uk",
    "iso8859-5": "be bg mk ru sr uk",
    "cp866": "ru",
    "mac-cyrillic": "bg mk ru sr uk",
    "mac-roman": "da de es fr it pt sv",
    "iso8859-4": "et lt lv",
    "iso8859-6": "ar",
    "cp932": "ja",
    "euc_jp": "ja",
    "cp949": "ko",
    "gb18030": "zh",
    "big5hkscs": "zh-hant",
}
_ALL = " ".join((*_LATIN, *_OTHER, *_CJK))  # languages of UTF-8
_RARE = frozenset(("cp866", "mac-cyrillic", "mac-roman", "iso8859-4", "iso8859-6"))
_ASCII = bytes(range(128))
_SAMPLE = 1500  # non-ASCII bytes; a few hundred suffice, more only cost time
_MARKUP = re.compile(rb"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^<>]*>", re.I | re.S)
_FOREIGN_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_SIGNS = frozenset("¼½¾¤¦¨´¶¸×÷¿¡")
_TYPOGRAPHY = frozenset("“”‘’–—…„‚›‹€™№\xa0¡¢£§©ª«¬®°±²³µ·¹º»¼½¾¿×÷")

# Log probabilities of characters that are in no language's string. Only their order was chosen
# (controls < symbols < other letters < typography); changing any of them by 1 has no effect.
_BROKEN, _SYMBOL, _LETTER, _IDEOGRAPH, _TYPED = -18.0, -13.0, -10.0, -9.0, -5.0
_IN_LATIN = -2.0  # about one letter in eight is outside ASCII
_CAPITAL = -1.0
_ODD = -4.0  # a capital after a small letter, or two scripts in one word
_UNUSUAL, _USUAL = -8.0, 1.5  # once, for a codec that is rare on the web; for windows-1252
_ENOUGH = 8  # non-ASCII bytes, before a label is checked
_ENOUGH_LETTERS = 4  # the same, of a server's default label and letters
_GOOD = -3.5  # for each byte outside ASCII
_FAIR = -4.75  # the same, of a few lines; bytes at random have less than -6
_BY_FAR = 1.0  # for each non-ASCII byte; none of 444 correct labels comes near
# A server's default label is wrong more often than others: this margin suffices against it, and
# this one for each non-ASCII byte. All of 1,524 texts correctly labelled windows-1252 are likeliest
# in it (`benchmarks/encodings.py` has the texts).
_AGAINST_DEFAULT, _AGAINST_DEFAULT_EACH = 8.0, 0.1
_LETTERS = 0.75  # of the characters outside ASCII
_STRAY = -7.0  # a broken sequence of UTF-8
_MOSTLY_ASCII = 2.0  # at most, for each letter: words of other scripts come in sentences


def detect_encoding(body: bytes, *, utf8: bool = False) -> str | None:
    """Return the likeliest encoding of these bytes; None if they are all ASCII.

    Args:
        utf8: whether UTF-8 is a candidate; for bytes that have broken sequences of it.

    >>> detect_encoding("Все люди рождаются свободными и равными".encode("koi8-r"))
    'koi8-r'
    """
    if b"\x1b$" in body:
        return "iso2022_kr" if b"\x1b$)C" in body else "iso2022_jp"
    wide: str | None = wide_encoding(body)
    if wide is not None:
        return wide
    sample = _sampled(body)
    if sample.isascii():
        return None
    candidates: tuple[str, ...] = (*(("utf-8",) if utf8 else ()), *_CODECS)
    return max(candidates, key=lambda codec: _likelihood(sample, codec))


def contradicts_label(body: bytes, encoding: str) -> bool:
    """Return whether another encoding is far likelier for these bytes, and this one unlikely.

    False with too few bytes, or if the encoding is not known here.

    >>> russian = "Все люди рождаются свободными и равными".encode("cp1251")
    >>> contradicts_label(russian, "cp1252"), contradicts_label(russian, "cp1251")
    (True, False)
    """
    if encoding not in _CODECS:
        return False
    sample = _sampled(body)
    count = len(sample.translate(None, _ASCII))
    default = encoding == "cp1252" and _is_of_letters(sample, encoding)
    if count < (_ENOUGH_LETTERS if default else _ENOUGH):
        return False
    likelihood = _likelihood(sample, encoding)
    if (
        likelihood > _GOOD * count and not default
    ):  # as likely as text is: no need to try the others
        return False
    enough = _AGAINST_DEFAULT + _AGAINST_DEFAULT_EACH * count if default else _BY_FAR * count
    return max(_likelihood(sample, codec) for codec in _CODECS) - likelihood > enough


def _is_of_letters(sample: bytes, encoding: str) -> bool:
    """Return whether the non-ASCII characters are letters, except for a few signs."""
    foreign = [char for char in to_text(sample, encoding) if char > "\x7f"]
    return sum(map(str.isalpha, foreign)) >= _LETTERS * len(foreign)


def is_damaged_utf8(body: bytes, label: str, evidence: float = 0.0) -> bool:
    """Return whether bytes with another label are likeliest damaged UTF-8.

    For bytes that have both broken and valid sequences of UTF-8. False if the label's encoding is
    not known here. `evidence`: log odds of UTF-8 against the label from elsewhere.
    """
    if label not in _CODECS:
        return False
    sample = _sampled(body)
    utf8 = _likelihood(sample, "utf-8")
    if utf8 + evidence - _AGAINST_DEFAULT <= _likelihood(sample, label):
        return False
    return utf8 > max(_likelihood(sample, codec) for codec in _CODECS)


def likely_text(lines: bytes, encoding: str) -> bool:
    """Return whether lines are as likely as text usually is in this encoding."""
    count = len(lines.translate(None, _ASCII))
    return count > 0 and _likelihood(lines, encoding) > _FAIR * count


def _sampled(body: bytes) -> bytes:
    """Return lines that are not all ASCII, without markup, up to _SAMPLE non-ASCII bytes."""
    text = _MARKUP.sub(b" ", body)
    if text.isascii():
        text = body
    lines, count = [], 0
    for line in _FOREIGN_LINE.finditer(text):
        part = line[0][: 4 * _SAMPLE]
        lines.append(part)
        count += len(part.translate(None, _ASCII))
        if count > _SAMPLE:
            break
    return b"\n".join(lines)


def _likelihood(sample: bytes, codec: str) -> float:
    """Return the log probability of a sample's non-ASCII characters, in the best language."""
    text = to_text(sample, codec)
    foreign = {char: n for char, n in Counter(text).items() if char > "\x7f"}
    strays = foreign.pop("\ufffd", 0) if codec == "utf-8" else 0
    base = _UNUSUAL if codec in _RARE else _USUAL if codec == "cp1252" else 0.0
    languages = (_ALL if codec == "utf-8" else _CODECS[codec]).split()
    scores = []
    for group in (_LATIN, _OTHER, _CJK):
        members = [language for language in languages if language in group]
        if members:
            scores.append(_of_group(text, foreign, members))
    return base + strays * _STRAY + max(scores)


def _of_group(text: str, foreign: Mapping[str, int], languages: Sequence[str]) -> float:
    """Return the log probability of characters in the best of languages of one kind of script."""
    score = 0.0
    if languages[0] not in _CJK:
        score += _ODD * _count_anomalies(text, latin=languages[0] in _LATIN)
    if languages[0] in _OTHER:
        ascii_letters = sum(map(text.count, "abcdefghijklmnopqrstuvwxyz"))
        score -= min(0.1 * ascii_letters, _MOSTLY_ASCII * sum(foreign.values()))
    return score + max(
        sum(n * _log_probability(char, language) for char, n in foreign.items())
        for language in languages
    )


def _count_anomalies(text: str, *, latin: bool) -> int:
    """Count anomalies within words.

    A capital after a small letter, a letter of another script, a sign.
    """
    odd, before = 0, " "
    for char in text:
        if char > "\x7f":
            if before.isalpha():
                odd += before.islower() and char.isupper()
                odd += char in _SIGNS or (not latin and before < "\x7f" and char.isalpha())
        elif before > "\x7f" and char.isalpha():
            odd += before in _SIGNS or (
                before.isalpha() and (before.islower() and char.isupper() if latin else True)
            )
        before = char
    return odd


@lru_cache(1 << 16)  # bounded: pages choose the characters
def _log_probability(char: str, language: str) -> float:
    probabilities = _rank_probabilities(language)
    probability = probabilities.get(char)
    small = probability is None
    if probability is None:
        probability = probabilities.get(char.lower())
    if probability is not None:
        return probability + (_CAPITAL if small else 0.0)
    if char in _TYPOGRAPHY:
        return _TYPED
    if language in _CJK:
        if "\u3000" <= char < "\u3040" or "\uff00" <= char < "\uff66":
            return _TYPED
        if "\u3040" <= char < "\ua000" or "\uac00" <= char < "\ud7a4":
            return _IDEOGRAPH
    if char == "\ufffd" or "\x80" <= char < "\xa0" or "\ue000" <= char < "\uf900":
        return _BROKEN
    return _LETTER if char.isalpha() else _SYMBOL


@cache
def _rank_probabilities(language: str) -> dict[str, float]:
    """Return each letter's log probability by its rank (Zipf-Mandelbrot law)."""
    letters = _LATIN.get(language) or _OTHER.get(language) or _CJK[language]
    shift, listed = (10, 0.65) if language in _CJK else (3, 0.98)
    total = sum(1 / (rank + shift) for rank in range(len(letters))) / listed
    base = _IN_LATIN if language in _LATIN else 0.0
    return {letter: base - math.log((rank + shift) * total) for rank, letter in enumerate(letters)}
