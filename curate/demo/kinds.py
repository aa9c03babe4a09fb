"""Kinds of pages in the demo crawl: a function for the body of each kind.

The sentences in other languages and of the spam are by the author of this file; the rest is
cut from pieces of prose.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence

from curate.demo.prose import Piece, hash32


def paragraphs_html(paragraphs: Sequence[str]) -> str:
    """Return paragraphs as HTML."""
    return "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)


_GERMAN = (
    "Im Frühling öffnet der kleine Laden an der Ecke schon um sieben Uhr, und wer früh genug "
    "kommt, bekommt noch warmes Brot.",
    "Die Besitzerin kennt die meisten Leute im Viertel beim Namen und weiß, wer lieber Roggen "
    "und wer lieber Weizen nimmt.",
    "Am Samstag stehen vor der Tür zwei Tische, an denen man Kaffee trinken und Zeitung lesen "
    "kann, solange das Wetter es erlaubt.",
    "Im Winter ist es drinnen so eng, dass man sich unterhalten muss, ob man will oder nicht.",
)
_FRENCH = (
    "Le petit train part de la gare à huit heures et monte lentement vers les villages de la "
    "vallée, où l'on attend le courrier.",
    "Les voyageurs regardent par la fenêtre les champs encore blancs et parlent de la neige qui "
    "ne veut pas fondre cette année.",
    "Au dernier arrêt, le conducteur descend, ferme sa veste et va boire un café avec le chef de "
    "gare avant de repartir.",
    "On dit que la ligne sera fermée un jour, mais on le dit depuis trente ans.",
)
_SPANISH = (
    "En la plaza del pueblo hay una fuente que no se ha secado nunca, ni siquiera en los veranos "
    "más largos que recuerdan los abuelos.",
    "Los niños juegan alrededor hasta que se hace de noche, y los mayores sacan las sillas a la "
    "calle para tomar el fresco.",
    "Cada domingo se celebra un mercado pequeño, donde se venden quesos, miel y las primeras "
    "frutas de la temporada.",
    "Nadie sabe quién construyó la fuente, pero todos cuentan una historia diferente.",
)
_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, and this is where the text of the "
    "new page will be as soon as somebody has written it.",
)
_WORDS = ("cheap", "lamps", "best", "lamps", "buy", "lamps", "online", "lamps", "sale")


def _foreign(piece: Piece) -> str:
    texts = (_GERMAN, _FRENCH, _SPANISH)[piece.number % 3]
    return paragraphs_html([f"{piece.number}. {texts[0]}", *texts[1:]])


def _thin(piece: Piece) -> str:
    words = piece.paragraphs[0].split()[:20]
    return paragraphs_html([" ".join(words).rstrip(".,;:") + ", and that is all for today."])


def _spam(piece: Piece) -> str:
    words = [_WORDS[(piece.number + i) % len(_WORDS)] for i in range(240)]
    return paragraphs_html([f"Offer {piece.number}: " + " ".join(words) + "."])


def _lorem(piece: Piece) -> str:
    return paragraphs_html([*piece.paragraphs[:3], _LOREM[0]])


def _script(piece: Piece) -> str:
    n = piece.number
    code = [
        f"Put function show{n}() {{ return document.title; }} at the end of the page.",
        f"When a window is resized, call resize{n + 1}() {{ draw({n}); }} in its place.",
        f"Old browsers want onload{n + 2} = {{ once: true, delay: {n * 7} }} among their settings.",
        f"For a small menu write style{n + 3} {{ margin: {n % 9}px; border: none; }} before that.",
    ]
    return paragraphs_html([*piece.paragraphs[:1], *code])


def _javascript(piece: Piece) -> str:
    sentences = [
        f"Part {piece.number + i} of this page needs JavaScript to show what {word} for you."
        for i, word in enumerate(("stands here", "was left out", "you came for", "is on offer"))
    ]
    return paragraphs_html([*sentences, "Please turn it on. Thank you for the visit."])


def _list(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).split()
    rows = (" ".join(words[i : i + 7]).rstrip(".,;:") for i in range(0, 140, 7))
    return "<ul>" + "".join(f"<li>{html.escape(row)}</li>" for row in rows) + "</ul>"


def _numbers(piece: Piece) -> str:
    n = piece.number
    rows = [
        f"On day {i} we counted {hash32(n, i) % 900} and {hash32(n, i, 2) % 900} of the "
        f"{hash32(n, i, 3) % 90} at {hash32(n, i, 4) % 24}:{hash32(n, i, 5) % 60:02d}, "
        f"{' '.join(str(hash32(n, i, j) % 9000) for j in range(6, 40))}."
        for i in range(8)
    ]
    return paragraphs_html(rows)


def _teasers(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).split()
    rows = [" ".join(words[i : i + 14]).rstrip(".,;:") + " ..." for i in range(0, 110, 14)]
    return paragraphs_html(rows)


def _hashes(piece: Piece) -> str:
    words = [f"#{w}" if i % 4 == 0 else w for i, w in enumerate(piece.text.split())]
    return paragraphs_html([" ".join(words[i : i + 40]) for i in range(0, 120, 40)])


def _identifiers(piece: Piece) -> str:
    words = re.findall(r"[A-Za-z]{4,}", piece.text)
    names = ["".join(w.capitalize() for w in words[i : i + 3]) for i in range(0, 210, 3)]
    return paragraphs_html([f"The list of the names that are in use: {', '.join(names)}."])


def _echo(piece: Piece) -> str:
    """Return a page with every sentence twice, as from broken templates."""
    return paragraphs_html([f"{paragraph} {paragraph}" for paragraph in piece.paragraphs])


def _refrain(piece: Piece) -> str:
    """Return a page with one line three times: over a tenth, too little for Gopher's rules."""
    size = len(" ".join(piece.paragraphs)) // 13
    words = " ".join(reversed(re.findall(r"[A-Za-z]+", piece.text)))[:size]
    line = f"Read on below for more of number {piece.number}, of {words}."
    return paragraphs_html([line, *piece.paragraphs, line, line])


def _verse(piece: Piece) -> str:
    words = " ".join(piece.paragraphs).replace(".", "").split()
    lines = [" ".join(words[i : i + 5])[:28].rstrip(",;: ") + "." for i in range(0, 100, 5)]
    return paragraphs_html(lines)


def _empty(piece: Piece) -> str:
    return f'<div id="app"></div><script>start({piece.number})</script>'


def _moved(piece: Piece) -> str:
    where = f"https://archive.example.org/tables/{piece.title.replace(' ', '-')}.html"
    return paragraphs_html([f"Moved to {where}"])


def _deep(piece: Piece) -> str:
    return "<div>" * 2000 + paragraphs_html(piece.paragraphs) + "</div>" * 2000


def _huge(piece: Piece) -> str:
    rows = (f"{piece.paragraphs[0]} This was line {i} of the log." for i in range(4000))
    return paragraphs_html(list(rows))


def _article(piece: Piece) -> str:
    return paragraphs_html(piece.paragraphs)


def _rude(piece: Piece) -> str:
    sentence = f"Number {piece.number} is balderdash, as everybody here knows."
    return paragraphs_html([*piece.paragraphs, sentence])


# Pages per thousand of each kind; the others are articles. At least one of each is made.
KINDS: Mapping[str, tuple[int, Callable[[Piece], str]]] = {
    "foreign": (60, _foreign),
    "thin": (60, _thin),
    "spam": (40, _spam),
    "lorem": (15, _lorem),
    "script": (25, _script),
    "javascript": (15, _javascript),
    "list": (20, _list),
    "numbers": (10, _numbers),
    "teasers": (15, _teasers),
    "hashes": (10, _hashes),
    "identifiers": (15, _identifiers),
    "echo": (20, _echo),
    "refrain": (15, _refrain),
    "verse": (10, _verse),
    "empty": (10, _empty),
    "moved": (10, _moved),
    "rude": (15, _rude),
    # for their URLs only, see LISTS
    "advertised": (5, _article),
    "casino": (5, _article),
    "cheap-sale": (5, _article),
    "freedownloads": (5, _article),
    "old": (0, _article),
    "deep": (0, _deep),
    "huge": (0, _huge),
}
BARE = ("empty", "moved")  # without their site's template
HOST_OF = {"advertised": "ads.example.com"}  # the others are on all sites

# The lists of the recipe's rules on URLs and words.
LISTS: Mapping[str, Sequence[str]] = {
    "domains": ("ads.example.com",),
    "urls": ("library.example.org/old",),
    "substrings": ("freedownload",),
    "hard_words": ("casino", "jackpot"),
    "soft_words": ("cheap", "sale", "win"),
    "bad_words": ("balderdash", "poppycock"),
}
