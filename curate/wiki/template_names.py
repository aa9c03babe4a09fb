"""Names of wiki templates, grouped by how `templates` renders them.

Names are in lower case, with - for a space where words follow.
"""

from curate.wiki.quantities import UNKNOWN

# fmt: off
# Formatting templates, by which of their parameters is the text; - for a space.
FIRST = frozenset((
    "nowrap", "nobr", "nobreak", "nwr", "bigmath", "big-math", "small", "smaller",
    "big", "larger", "abbr", "ill", "illm",
    "interlanguage-link", "interlanguage-link-multi", "em", "strong", "sic",
    "not-a-typo", "notatypo", "as-written", "typo", "proper-name", "nobold", "noitalic",
    "nonitalic", "sc", "sc2", "smallcaps", "smallcaps2", "math", "mvar", "tmath", "center",
    "visible-anchor", "vanchor", "tooltip", "angbr", "vr", "uc", "lc",
    "ucfirst", "lcfirst", "bdi", "bdo", "mono", "samp", "tt", "kbd", "var", "code", "num", "text",
    "nts", "angbr-ipa", "angle-bracket", "flag", "flagu", "flagdeco-name", "subatomicparticle",
    "physics-particle", "subatomic-particle", "chem-name", "railgauge", "track-gauge", "large",
    "huge", "xlarge", "midsize", "nq", "nastaliq", "unicode", "polytonic", "hebrew", "iast", "char",
    "aut", "au", "wikt", "strike", "s", "del", "u", "underline", "uline", "overline",
    "highlight", "font", "abbreviation", "abbrlink", "abbrv", "hover-title", "annotated-link",
    "crossreference", "crossref", "xref", "station", "stn", "stnlnk", "rws", "sta", "lus",
    "by", "mlby", "nfly", "nbay", "wsy", "baseball-year", "mlb-year", "nfl-year", "format-price",
    "ipalink", "ipa-link", "grapheme", "isbnt", "poem", "pre", "block-indent", "bi",
    "birth-date-text", "death-date-text", "nihongo2", "formatnum",
    "número", "число", "nobr-romains", "lien", "link-interwiki", "仮リンク", "le", "link-en",
    "link-ja", "link-de", "link-fr", "tsl", "ruby", "guil", "référence-nécessaire",
    "refnec", "souligner", "référence-souhaitée", "rom-maj", "rom", "romain", "ta",
    "s-", "frs", "ens", "itas", "spas", "las", "elsrs", "rus",
))
SECOND = frozenset((
    "lang", "langx", "rtl-lang", "color", "colour", "font-color", "font-colour", "langue",
    "native-name", "native-phrase", "background-color", "align", "audio", "audio-nohelp", "h:title",
))
LAST = frozenset((
    "resize", "script", "sort", "transl", "transliteration", "translit", "wikt-lang", "audio-ipa",
))
QUOTES_OF = frozenset((
    "quote", "blockquote", "cquote", "quotation", "bquote", "bq", "quote-box", "quotebox",
    "centered-pull-quote", "pull-quote", "pullquote", "term", "defn", "epigraph",
    "zitat", "citation-bloc", "cita", "citazione", "citação", "citaat", "цитата",
))
ITEMS = frozenset((
    "unbulleted-list", "ubl", "ublist", "bulleted-list", "blist", "vunblist", "ordered-list",
    "numbered-list",
))
# Templates that enclose a list, which has its own marks.
LISTS = frozenset(("plainlist", "plain-list", "flatlist", "columns-list", "col-list"))
JOINED = {
    "fraction": "/", "linktext": "", "gaps": "", "shy": "", "slink": " § ",
    "section-link": " § ", "hlist": " · ", "key-press": "+", "keypress": "+", "key": "+",
    "keystroke": "+", "nbhyph": "", "post-nominals": " ", "postnominals": " ", "post-nom": " ",
}
# Signs before the text.
BEFORE = {
    "e": "×10^", "10^": "10^", "x10^": "×10^", "±": "±", "+-": "±", "vol.": "vol. ", "vol": "vol. ",
    "us$": "US$", "usd": "US$", "a$": "A$", "aud": "A$", "au$": "A$", "c$": "C$", "cad": "C$",
    "ca$": "C$", "nz$": "NZ$", "nzd": "NZ$", "hk$": "HK$", "hkd": "HK$", "s$": "S$", "sgd": "S$",
    "nt$": "NT$", "r$": "R$", "brl": "R$", "£": "£", "gbp": "£", "pound": "£", "€": "€",
    "eur": "€", "euro": "€", "¥": "¥", "jpy": "¥", "cny": "CN¥", "rmb": "CN¥", "inr": "₹",
    "₹": "₹", "indian-rupee": "₹", "indian-rupees": "₹", "₩": "₩", "krw": "₩", "₱": "₱",
    "php": "₱", "peso": "₱", "zar": "R", "isbn": "ISBN ", "issn": "ISSN ", "oclc": "OCLC ",
    "doi": "doi:", "arxiv": "arXiv:", "pmid": "PMID ", "jstor": "JSTOR ", "lccn": "LCCN ",
    "us-patent": "U.S. Patent ", "sqrt": "√", "radic": "√", "floruit": "fl. ", "fl.": "fl. ",
    "no.": "No. ",
}
# Signs on both sides of the text.
AROUND = {
    "ipablink": "[]", "ipaslink": "//", "ipa-blink": "[]", "ipa-slink": "//", "interp": "[]",
    "bracket": "[]", "gloss": "''", "'": "''", "\"": '""', "mset": "{}",
    "abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉", "norm": ("‖", "‖"), "sup": ("<sup>", "</sup>"),
    "exp": ("<sup>", "</sup>"), "sub": ("<sub>", "</sub>"), "ind": ("<sub>", "</sub>"),
    "indice": ("<sub>", "</sub>"), "prime": ("", "′"),
}
ACCIDENTALS = {"flat": "♭", "sharp": "♯", "natural": "♮"}
SHIPS = frozenset((
    "uss", "hms", "rms", "ss", "mv", "hmas", "hmcs", "sms", "hmnzs", "usns", "usat", "uscgc",
    "usrc", "rfa", "ins", "rv", "ms", "mt", "hmt", "hmhs", "css", "hdms", "hnoms", "hswms", "hnlms",
))
SIGNS = {
    "!": "|", "=": "=", "((": "{{", "))": "}}", "(": "{", ")": "}", "!(": "[", ")!": "]",
    "!!": "||", "!-": "|-", "(!": "{|", "!)": "|}",
    "ndash": "–", "en dash": "–", "mdash": "—", "em dash": "—", "emdash": "—",
    "snd": " – ", "spnd": " – ", "spaced ndash": " – ", "spaced en dash": " – ", "dash": " – ",
    "snds": " – ", "spndash": " – ", "sndash": " – ", "spaced mdash": " — ", "--": "—", "–": "–",
    "nbsp": " ", "space": " ", "spaces": " ", "thinsp": " ", "thin space": " ", "hair space": " ",
    "hsp": " ", "nbs": " ", "nnbsp": " ", "ensp": " ", "emsp": " ", "gap": " ", "in5": " ",
    "'": "&#39;", '"': '"', "'s": "&#39;s", "-'": "&#39;", "'-": "&#39;", "apos": "&#39;",
    "' \"": "&#39;\"", "'\"": "&#39;\"", "\" '": "\"&#39;", "\"'": "\"&#39;", "-\"": '"',
    "\"-": '"', "mdashb": "—", "eqm": "⇌", "increase": "", "1er": "1er", "\\": " / ", ",": ", ",
    "·": " · ", "•": " • ", "dot": " · ", "bullet": " • ", "bull": " • ", "middot": " · ",
    "*": " • ", "ellipsis": "…", "...": "...", "nbh": "-", "non breaking hyphen": "-",
    "pi": "π", "minus": "−", "times": "×", "degree": "°", "c.": "c.", "ca": "c.", "circa": "c.",
    "sic": "[sic]", "dagger": "†", "†": "†", "extinct": "†", "ddagger": "‡", "‡": "‡",
    "okina": "ʻ", "hamza": "ʾ", "ayin": "ʿ", "half": "1/2", "½": "½",
    "co2": "CO<sub>2</sub>", "h2o": "H<sub>2</sub>O",
    "carbon": "C", "hydrogen": "H", "oxygen": "O", "nitrogen": "N",
    "solar mass": "M☉", "solar radius": "R☉", "solar luminosity": "L☉", "earth mass": "M⊕",
    "earth radius": "R⊕", "jupiter mass": "MJ", "jupiter radius": "RJ",
    "us$": "US$", "£": "£", "gbp": "£", "pound sign": "£", "€": "€", "euro": "€", "¥": "¥",
    "yen": "¥", "₹": "₹", "inr": "₹", "indian rupee": "₹", "indian rupees": "₹", "₱": "₱",
    "philippine peso": "₱", "₩": "₩",
    **dict.fromkeys((
        "currentyear", "currentmonth", "currentmonthname", "currentday", "currentdate", "today",
        "numberofarticles", "time ago",
    ), UNKNOWN),
}
# fmt: on
