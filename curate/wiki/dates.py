"""Wiki templates of dates, centuries and short words in languages other than English.

Input: a template's parameters. Output: the text that the wiki shows. The template's name decides
the language; where several wikis share a name, the language of the dump does.
"""

import re
from collections.abc import Callable, Mapping, Sequence

Words = Callable[[Sequence[str], Mapping[str, str]], str]

_NAMES = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "ca": "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "fa": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
}
_MONTHS = {language: tuple(names.split()) for language, names in _NAMES.items()}
_MONTHS["vi"] = tuple(f"tháng {number}," for number in range(1, 13))
_EACH = {"ja": "年月日", "zh": "年月日", "ko": "년월일"}  # year, month, day, each after its number
_OF = {"es": " de ", "pt": " de ", "ca": " de "}
_WITH_STOP = ("de", "cs", "no")  # days as 4.
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_ROMAN = re.compile(r"[IVXLCivxlc]{1,8}")
_FRENCH_MONTHS = "|".join(_MONTHS["fr"])
# Templates that show their own name: {{1er janvier}}, {{XIXe siècle}}, {{2e}}.
_SHOWN = re.compile(
    rf"(?:\d{{1,2}}(?:er)? (?:{_FRENCH_MONTHS})|[IVXLC]+(?:er|e|ème)(?: siècle(?: av\. J\.-C\.)?)?"
    r"|\d{1,4}(?:er|re|e|ème|º|ª))",
    re.IGNORECASE,
)


def date_in(language: str) -> Words:
    """Return the function that writes a date given as day, month, year, or the other way round.

    >>> date_in("fr")(["1", "5", "1990"], {}), date_in("es")(["1990", "5", "4"], {})
    ('1er mai 1990', '4 de mayo de 1990')
    >>> date_in("ja")(["1990", "5", "4"], {})
    '1990年5月4日'
    """

    def written(words: Sequence[str], _named: Mapping[str, str]) -> str:
        parts = [word for word in words[:3] if word]
        if len(parts) == 3 and len(parts[0]) > 2 and parts[0].isdecimal():
            parts.reverse()  # day, month, year
        if len(parts) < 2 or not parts[0].strip(" er.").isdecimal():
            return " ".join(parts)
        day, month, year = (*parts, "")[:3]
        if language in _EACH:
            numbers = zip((year, month, day), _EACH[language], strict=True)
            by = " " if language == "ko" else ""
            return by.join(f"{n.lstrip('0')}{sign}" for n, sign in numbers if n)
        names = _MONTHS[language]
        if month.isdecimal() and 1 <= int(month) <= len(names):
            month = names[int(month) - 1]
        day = day.lstrip("0")
        day = "1er" if language == "fr" and day == "1" else day
        day = f"{day}." if language in _WITH_STOP else day
        return _OF.get(language, " ").join(part for part in (day, month, year) if part).rstrip(",")

    return written


def _century(name: str, before: bool = True) -> Words:
    """Return the function that writes a century, its name before or behind the number."""

    def written(words: Sequence[str], _named: Mapping[str, str]) -> str:
        text = f"{name} {words[0]}" if before else f"{words[0]} {name}"
        return f"{text} a. C." if words[1:2] in (["a"], ["a. C."]) else text

    return written


def _siecle(words: Sequence[str], named: Mapping[str, str]) -> str:
    """Return `s-|XIX|e` as XIXe siècle, `sp-|XV|e|au|XVI|e` as XVe au XVIe siècle.

    Other uses of a template of this name format their first parameter, which is returned.
    """
    del named
    numbers = []
    between = " et "
    at = 0
    while at < len(words):
        if _ROMAN.fullmatch(words[at]):
            suffix = words[at + 1] if words[at + 1 : at + 2] else "e"
            suffix = suffix if suffix in ("e", "er", "ème") else "e"
            numbers.append(words[at].upper() + suffix)
            at += 2
        elif numbers and words[at] in ("au", "et", "-", "à", "ou"):
            between = f" {words[at]} "
            at += 1
        else:
            break
    if not numbers:
        return words[0]
    plural = "s" if len(numbers) > 1 and between == " et " else ""
    return f"{between.join(numbers)} siècle{plural}"


def _before_christ(words: Sequence[str], named: Mapping[str, str]) -> str:
    return f"{_siecle(words, named)} av. J.-C."


def _life(words: Sequence[str], _named: Mapping[str, str]) -> str:
    """Return `bd|1990年|5月4日|2000年|6月1日` as （1990年5月4日－2000年6月1日）."""
    born, died = "".join(words[:2]), "".join(words[2:4])
    return f"（{born}－{died}）"


def shown_name(title: str) -> str:
    """Return a template's name if the template shows its own name, else "".

    >>> shown_name("1er janvier"), shown_name("XIXe siècle"), shown_name("Infobox")
    ('1er janvier', 'XIXe siècle', '')
    """
    title = title.strip().replace("_", " ")
    return title if _SHOWN.fullmatch(title) else ""


_DATES = {
    "fr": "date- date-de-naissance date-de-naissance- date-de-décès date-de-décès- date-sport "
    "date-rapide",
    "es": "fecha fecha-de-nacimiento fecha-de-fallecimiento fecha-de-inicio fecha-de-fin "
    "fecha-de-inicio-y-edad edad-fecha",
    "pt": "dtlink dtext dni dnibr morte falecimento falecimentobr nascimento data-de-nascimento",
    "it": "data-di-nascita data-di-morte",
    "ca": "data-naixement data-defunció data-naixement-i-edat data-inici",
    "de": "geburtsdatum sterbedatum",
    "pl": "data-urodzenia data-śmierci",
    "ru": "дата-рождения дата-смерти др дата-события",
    "uk": "дн дс дата-народження дата-смерті",
    "sv": "födelsedatum dödsdatum",
    "cs": "datum-narození datum-narození-a-věk datum-úmrtí datum-úmrtí-a-věk",
    "no": "fødselsdato fødselsdato-og-alder dødsdato dødsdato-og-alder",
    "vi": "ngày-sinh ngày-sinh-và-tuổi ngày-mất ngày-mất-và-tuổi ngày-bắt-đầu",
    "nl": "geboortedatum sterfdatum",
    "tr": "doğum-tarihi ölüm-tarihi doğum-tarihi-ve-yaşı",
    "ar": "تاريخ-الميلاد تاريخ-الوفاة تاريخ-ولادة-وعمر",
    "fa": "تاریخ-تولد تاریخ-مرگ تاریخ-تولد-و-سن",
    "ja": "生年月日 生年月日と年齢 没年月日 年月日",
    "ko": "출생일 출생일과-나이 사망일 날짜",
    "zh": "出生日期 死亡日期 出生日期及年齡 出生日期及年龄",
}
# Names of several wikis: the dump's language decides, else the one named here.
SHARED = {"date": "fr", "data": "pt", "datum": "de", "дата": "ru"}
CENTURIES: dict[str, Words] = {
    **dict.fromkeys(("s", "s-", "s2", "s2-", "sp", "sp-", "siècle", "siècles"), _siecle),
    **dict.fromkeys(("-s", "-s-", "-sp", "-sp-"), _before_christ),
    **dict.fromkeys(("siglo", "siglos"), _century("siglo")),
    **dict.fromkeys(("séc", "século", "sec"), _century("século")),
    **dict.fromkeys(("segle", "segles"), _century("segle")),
    "secolo": _century("secolo", before=False),
    "век": _century("век", before=False),
    "століття": _century("століття", before=False),
    "wiek": _century("wiek", before=False),
}
MADE: dict[str, Words] = {
    **{name: date_in(language) for language, names in _DATES.items() for name in names.split()},
    **CENTURIES,
    **dict.fromkeys(("bd", "bio-dates"), _life),
    **dict.fromkeys(
        ("souverain", "souverain-", "souverain2", "souverain3"), lambda words, _: words[0]
    ),
    **dict.fromkeys(
        (
            "abréviation-discrète",
            "abrd",
            "comment",
            "terme-défini",
            "versalita",
            "esd",
            "старый-стиль",
            "nobr-",
        ),
        lambda words, _: words[0],
    ),
    "n°": lambda words, _: f"no {words[0]}",
    "m.": lambda words, _: f"M. {words[0]}",
    "mme": lambda words, _: f"Mme {words[0]}",
    "mlle": lambda words, _: f"Mlle {words[0]}",
    **dict.fromkeys(("température", "temperatura"), lambda words, _: f"{words[0]} °C"),
    "heure": lambda words, _: (
        " h ".join(word for word in words[:2] if word) + (" h" if len(words) < 2 else "")
    ),
    "fmtn": lambda words, _: " ".join(word for word in words[:3] if word),
    "m": lambda words, named: " ".join(
        word for word in (*words[:3], named.get("u") or named.get("ul", "")) if word
    ),
}
SIGNS = {
    "av jc": "av. J.-C.",
    "av. j.-c.": "av. J.-C.",
    "avjc": "av. J.-C.",
    "ap jc": "apr. J.-C.",
    "ac": "a. C.",
    "a.c.": "a.C.",
    "d.c.": "d.C.",
    "до н. э.": "до н. э.",
    "н. э.": "н. э.",
    "v. chr.": "v. Chr.",
    "n. chr.": "n. Chr.",
    "n°": "no",
    "numéro": "no",
    "mme": "Mme",
    "mlle": "Mlle",
    "mgr": "Mgr",
    "st": "St",
    "ste": "Ste",
    "e": "e",
    "er": "er",
    "re": "re",
    "o": "o",
    "os": "os",
    "me": "me",
    "lle": "lle",
    "nd": "nd",
    "nde": "nde",
}


def shared(name: str, words: Sequence[str], language: str) -> str | None:
    """Return the date of a template whose name several wikis share; None if it is no date."""
    if name == "citation" and language == "fr" and words:
        return f"« {words[0]} »"
    if name not in SHARED or not words:
        return None
    if iso := _ISO.fullmatch(words[0]):
        words = iso.groups()
    if len(words) < 2 or not words[0].strip(" er.").isdecimal():
        return None
    language = language if language in _MONTHS else SHARED[name]
    return date_in(language)(words, {})
