"""Whether a page of a wiki only leads to another.

Input: wikitext. Output: True or False. The words are those of MediaWiki's translations, the first
works in every wiki. A word not known here counts if the page has nothing else than the link,
categories and templates.
"""

import re

# fmt: off
WORDS = (
    "redirect", "redirection", "redirección", "redireccion", "redirecció", "redirecionamento",
    "redirecteaza", "weiterleitung", "viruleedung", "rinvia", "rinvio", "doorverwijzing",
    "aanstuur", "patrz", "przekieruj", "tam", "přesměruj", "presmeruj", "preusmeritev",
    "preusmjeri", "преусмери", "пренасочване", "пренасочување", "виж", "види",
    "перенаправление", "перенапр",
    "перенаправлення", "перанакіраваньне", "перанакіраванне", "айдау", "юнәлтү", "omdirigering",
    "omdiriger", "tilvísun", "ohjaus", "uudelleenohjaus", "suuna", "peradresavimas",
    "pāradresācija", "átirányítás", "alidirektu", "birzuzendu", "ridrejto", "adkas",
    "ail-cyfeirio", "ailgyfeirio", "athsheoladh", "yönlendirme", "yönlendir",
    "i̇stiqamətləndirmə", "yo‘naltirish", "yoʻnaltirish", "alih", "lencong", "đổi", "ανακατευθυνση",
    "վերահղում", "გადამისამართება", "転送", "リダイレクト", "重定向", "넘겨주기", "تحويل",
    "تغییر_مسیر", "تغییرمسیر", "رجوع_مکرر", "ڕەوانەکردن", "הפניה", "ווייטערפירן", "अनुप्रेषित",
    "पुनर्प्रेषित", "पुनर्निर्देशन", "পুনর্নির্দেশ", "পুনর্নিদেশ", "வழிமாற்று", "దారిమార్పు",
    "ಪುನರ್ನಿರ್ದೇಶನ", "തിരിച്ചുവിടുക", "തിരിച്ചുവിടൽ", "යළියොමුව", "เปลี่ยนทาง",
)
# fmt: on
_REDIRECT = re.compile(rf"\s*#\s*(?:{'|'.join(map(re.escape, WORDS))})\s*:?\s*\[\[", re.IGNORECASE)
_WORD = re.compile(r"\s*#[^\s\[\]{}|#*:;]{2,40}\s?:?\s?\[\[[^\[\]\n]{1,300}\]\]")
_OTHER = re.compile(r"\[\[[^\[\]|]{1,40}:[^\[\]]{1,300}\]\]|\{\{[^{}]{0,300}\}\}|__[A-Z]+__")
_LONGEST = 2_000  # characters of a page with a word that is not known


def is_redirect(wikitext: str) -> bool:
    r"""Return whether a page only leads to another.

    >>> is_redirect("#WEITERLEITUNG [[Mühle]]"), is_redirect("# [[Mill]]\n# [[Weir]]")
    (True, False)
    >>> is_redirect("#ohcan [[Mill]]\n[[Category:Mills]]")
    True
    >>> is_redirect("#one [[Mill]]\n#two [[Weir]]")
    False
    """
    if _REDIRECT.match(wikitext[:200]) is not None:
        return True
    found = _WORD.match(wikitext) if len(wikitext) < _LONGEST else None
    return found is not None and not _OTHER.sub("", wikitext[found.end() :]).strip()
