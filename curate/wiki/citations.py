"""Inline citation templates of wikis (harv, cite book, …) to text.

Input: a template's positional and named parameters. Output: `Smith (1990)` of a citation by author
and year; `Lee, Of bridges, A Press, 1950` of one that describes a book, article or page. Names of
templates and of their parameters are those of the largest Wikipedias.
"""

import re
from collections.abc import Mapping, Sequence

_CITE = re.compile(
    r"(?:cite|citation|cita|citar|citeer|citer|cytuj|chú thích|یادکرد|استشهاد|مرجع|kaynak"
    r"|kutip)(?: .*|ب .*)?|استشهاد ب.*|literatur|internetquelle|ouvrage|article|lien web"
    r"|lien brisé|chapitre|книга|статья"
    r"|публикация|публікація|стаття|bokref|webbref|tidskriftsref|tidningsref|ref-llibre|ref-web"
    r"|ref-publicació|ref-notícia|kilde (?:bok|www|artikkel)|kirjaviite|verkkoviite"
    r"|서적 인용|웹 인용|뉴스 인용|저널 인용|cite .*|citace .*",
    re.IGNORECASE,
)
_LAST = (
    "last",
    "last1",
    "surname",
    "cognom",
    "nom",
    "nom1",
    "cognome",
    "apellido",
    "apellidos",
    "apellido1",
    "achternaam",
    "efternamn",
    "họ",
    "sobrenome",
    "último",
    "nazwisko",
    "soyadı",
    "نام خانوادگی",
    "الأخير",
    "姓",
    "last2",
)
_FIRST = (
    "first",
    "first1",
    "given",
    "prénom",
    "prénom1",
    "nombre",
    "nombres",
    "nombre1",
    "voornaam",
    "förnamn",
    "tên",
    "primeiro",
    "imię",
    "adı",
    "الأول",
    "نام",
    "名",
)
_AUTHOR = (
    "author",
    "author1",
    "authors",
    "autor",
    "auteur",
    "auteurs",
    "auteur1",
    "auteurs1",
    "autore",
    "автор",
    "författare",
    "tác giả",
    "مؤلف",
    "المؤلف",
    "نویسنده",
    "著者",
    "作者",
    "저자",
    "yazar",
    "penulis",
    "tekijä",
    "forfatter",
    "vauthors",
    "editor",
)
_TITLE = (
    "title",
    "titre",
    "titel",
    "título",
    "titulo",
    "titolo",
    "tytuł",
    "заглавие",
    "название",
    "заголовок",
    "назва",
    "rubrik",
    "tựa đề",
    "nhan đề",
    "tiêu đề",
    "العنوان",
    "عنوان",
    "タイトル",
    "书名",
    "書名",
    "标题",
    "標題",
    "제목",
    "títol",
    "başlık",
    "judul",
    "nimeke",
    "tittel",
    "chapter",
)
_IN = (
    "journal",
    "work",
    "newspaper",
    "magazine",
    "website",
    "périodique",
    "revista",
    "publicación",
    "obra",
    "rivista",
    "czasopismo",
    "издание",
    "werk",
    "sammelwerk",
    "tijdschrift",
    "site",
    "tidskrift",
    "tạp chí",
    "صحيفة",
    "dergi",
)
_PUBLISHER = (
    "publisher",
    "éditeur",
    "verlag",
    "editorial",
    "editore",
    "editora",
    "wydawca",
    "издательство",
    "видавництво",
    "uitgever",
    "förlag",
    "nhà xuất bản",
    "الناشر",
    "ناشر",
    "出版社",
    "出版者",
    "출판사",
    "yayıncı",
    "penerbit",
    "julkaisija",
)
_YEAR = (
    "year",
    "date",
    "année",
    "an",
    "jahr",
    "datum",
    "año",
    "fecha",
    "anno",
    "data",
    "ano",
    "rok",
    "год",
    "рік",
    "jaar",
    "år",
    "năm",
    "ngày",
    "السنة",
    "تاريخ",
    "سال",
    "年",
    "날짜",
    "연도",
    "any",
    "yıl",
    "tarih",
    "tahun",
    "vuosi",
)
_PAGES = ("p", "pp", "page", "pages", "s.", "s", "loc")
_IN_TEXT = frozenset(("harvtxt", "harvcoltxt", "harvard citation text", "harvs", "citet"))
_IN_BRACKETS = frozenset(("harv", "harvard citation", "harvcol", "harvard", "citep", "ref harv"))
_BARE = frozenset(("harvnb", "harvard citation no brackets", "harvcolnb", "harvsp", "citeref"))
_YEAR_IN_BRACKETS = frozenset(("harvp",))
_A_YEAR = re.compile(r"(?:c\. ?)?\d{4}[a-z]?|n\.d\.", re.IGNORECASE)


def cited(name: str, words: Sequence[str], named: Mapping[str, str]) -> str | None:
    """Return the text of a citation template; None for other templates.

    >>> cited("harvtxt", ["Smith", "1990"], {}), cited("harv", ["Smith", "1990"], {"p": "4"})
    ('Smith (1990)', '(Smith 1990, p. 4)')
    >>> cited("cite book", [], {"last": "Lee", "first": "Ann", "title": "Rain", "year": "1950"})
    'Ann Lee, Rain, 1950'
    """
    name = name.replace("-", " ") if "-" in name and not name.startswith("ref-") else name
    if name in _IN_TEXT | _IN_BRACKETS | _BARE | _YEAR_IN_BRACKETS:
        return _by_year(name, words, named)
    if _CITE.fullmatch(name) is None or not _first_of(named, _TITLE):
        return None
    author = _first_of(named, _AUTHOR)
    last = _first_of(named, _LAST)
    if not author and last:
        # `nom` is the last name in French.
        first_names = (*_FIRST, "nom") if named.get("cognom") else _FIRST
        author = f"{_first_of(named, first_names)} {last}".strip()
    parts = (author, *(_first_of(named, names) for names in (_TITLE, _IN, _PUBLISHER, _YEAR)))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _by_year(name: str, words: Sequence[str], named: Mapping[str, str]) -> str:
    parts = [word for word in words if word and word not in ("txt", "nb", "ok")]
    index = next(
        (at for at, word in enumerate(parts) if at and _A_YEAR.fullmatch(word)), len(parts)
    )
    parts, (year, *rest) = parts[:index], parts[index:] or [""]
    if name == "citeref" and rest:  # the words that it shows instead
        return rest[0]
    year = year or _first_of(named, ("year", "year1", "date"))
    names = parts or [named[key] for key in ("last", "last1", "last2", "last3") if named.get(key)]
    names = list(dict.fromkeys(names))
    authors = " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
    authors = f"{names[0]} et al." if len(names) > 3 else authors
    page = _first_of(named, _PAGES) or "".join(rest[:1] if name.startswith("harvcol") else ())
    at = f"{':' if name.startswith('harvcol') else ', p. '}{page}" if page else ""
    if name in _BARE or (name == "harvs" and "nb" in words):
        return f"{authors} {year}{at}".strip()
    if name in _YEAR_IN_BRACKETS:
        return f"{authors} ({year}){at}"
    if name in _IN_TEXT and (name != "harvs" or "txt" in words or named.get("txt")):
        return f"{authors} ({year}{at})" if year else f"{authors}{at}"
    return f"({f'{authors} {year}'.strip()}{at})"


def _first_of(named: Mapping[str, str], keys: Sequence[str]) -> str:
    return next((named[key] for key in keys if named.get(key)), "")
