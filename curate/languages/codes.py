"""Names of languages: ISO 639-1, 639-3, and labels of models (de, deu, deu_Latn) as one code.

Input: a label, as a model or a person spells it. Output: the code that recipes, columns and reports
use: ISO 639-1 where there is one, else ISO 639-3, as py3langid has it.
"""

from collections.abc import Collection, Sequence
from functools import cache

# ISO 639-1, then 639-3: the code itself, then members of a macrolanguage (SIL's tables), of which
# models tell some.
_CODES = """
aa aar|ab abk|ae ave|af afr|ak aka twi fat|am amh|an arg|ar ara arb|as asm|av ava|ay aym ayr|
az aze azj azb|ba bak|be bel|bg bul|bi bis|bm bam|bn ben|bo bod|br bre|bs bos|ca cat|ce che|ch cha|
co cos|cr cre|cs ces|cu chu|cv chv|cy cym|da dan|de deu|dv div|dz dzo|ee ewe|el ell|en eng|eo epo|
es spa|et est ekk|eu eus|fa fas pes prs|ff ful|fi fin|fj fij|fo fao|fr fra|fy fry fri|ga gle|gd gla|
gl glg|gu guj|gug grn gn|gv glv|ha hau|he heb|hi hin|ho hmo|hr hrv|ht hat|hu hun|hy hye|hz her|
ia ina|id ind|ie ile|ig ibo|ii iii|ik ipk|io ido|is isl|it ita|iu iku|ja jpn|jv jav|ka kat|kg kon|
kik ki|kj kua|kk kaz|kl kal|km khm|kn kan|ko kor|kr kau knc|ks kas|ku kur kmr|kv kom kpv|kw cor|
ky kir|la lat|lb ltz|lg lug|li lim|ln lin|lo lao|lt lit|lu lub|lv lav lvs|mg mlg plt|mh mah|mi mri|
mk mkd|ml mal|mn mon khk|mr mar|ms msa zsm zlm mly|mt mlt|my mya|na nau|nd nde|ne nep npi|ng ndo|
nl nld|nn nno|no nor nob nb|nr nbl|nv nav|ny nya|oc oci lnc|oj oji|om orm gaz gax|or ori ory|os oss|
pa pan pnb|pi pli|pl pol|ps pus pbt pst pbu|pt por|qu que quy quz|rm roh|rn run|ro ron|ru rus|
rw kin|sa san|sc srd|sd snd|se sme|sg sag|si sin|sk slk|sl slv|sm smo|sn sna|so som|sq sqi als aln|
sr srp|ss ssw|st sot|su sun|sv swe|sw swa swh|ta tam|te tel|tg tgk|th tha|ti tir|tk tuk|tl tgl fil|
tn tsn|to ton|tr tur|ts tso|tt tat|ty tah|ug uig|uk ukr|ur urd|uz uzb uzn|ve ven|vi vie|vo vol|
wa wln|wo wol|xh xho|yi yid ydd|yo yor|za zha|zh zho cmn|zu zul
"""
# Codes that were others once (ISO 639-1), and the bibliographic ones of ISO 639-2.
_OLD_CODES = """
he iw|id in|jv jw|ro mo mol|yi ji|bo tib|cs cze|cy wel|de ger|el gre|eu baq|fa per|fr fre|hy arm|
is ice|ka geo|mi mao|mk mac|ms may|my bur|nl dut|ro rum|sk slo|sq alb|zh chi
"""

# Written by mistake: codes of countries, names in English.
_MISTAKEN = """
ja jp japanese|zh cn chinese mandarin|ko kr korean|uk ua ukrainian|el gr greek|da dk danish|
cs cz czech|vi vn vietnamese|fa ir persian farsi|he hebrew|sv swedish|en english us gb|
de german|fr french|es spanish|pt portuguese|it italian|nl dutch|pl polish|ru russian|ar arabic|
hi hindi|tr turkish|id indonesian|th thai|fi finnish|no norwegian|hu hungarian|ro romanian|
bg bulgarian|ca catalan|hr croatian|sr serbian|sk slovak|sl slovenian|lt lithuanian|lv latvian|
et estonian|ms malay|bn bengali|ta tamil|te telugu|ur urdu|la latin
"""


@cache
def _by_name() -> dict[str, str]:
    rows = (entry.split() for entry in (*_CODES.split("|"), *_OLD_CODES.split("|")))
    return {name: code for code, *names in rows for name in (code, *names)}


def code_of(label: str) -> str:
    """Return the code of a language, however it is spelt; of an unknown one the label itself.

    What follows the language's name, such as a script, is left out: see `script_in`.

    >>> [code_of(label) for label in ("deu_Latn", "nb", "zh-Hant", "cmn", "yue_Hant", "iw", "ger")]
    ['de', 'no', 'zh', 'zh', 'yue', 'he', 'de']
    """
    name = label.replace("-", "_").partition("_")[0].lower()
    return _by_name().get(name, name)


def script_in(label: str) -> str | None:
    """Return the script that a label names (ISO 15924), None if it names none.

    >>> script_in("srp_Latn"), script_in("zh-CN"), script_in("de")
    ('Latn', None, None)
    """
    parts = label.replace("-", "_").split("_")[1:]
    return next((part.capitalize() for part in parts if len(part) == 4), None)


def hints(unknown: Sequence[str], known: Collection[str]) -> str:
    """Return what to write instead of unknown codes, for a message.

    Codes with a script, varieties, codes of countries and English names are understood.

    >>> hints(["sr_Latn", "ckb", "jp", "German"], {"sr", "ku", "ja", "de"})
    'write sr for sr_Latn, ku for ckb, ja for jp, de for German'
    >>> hints(["jp", "xx"], {"ja", "zh"})
    'write ja for jp; known are ja, zh'
    """
    rows = (entry.split() for entry in _MISTAKEN.split("|"))
    meant = {name: code for code, *names in rows for name in names} | {"ckb": "ku"}
    usable = {code: meant.get(code.lower(), code.partition("_")[0]) for code in unknown}
    pairs = [f"{usable[code]} for {code}" for code in unknown if usable[code] in known]
    advice = [f"write {', '.join(pairs)}"] if pairs else []
    if len(pairs) < len(unknown):
        advice.append(f"known are {', '.join(sorted(known))}")
    return "; ".join(advice)
