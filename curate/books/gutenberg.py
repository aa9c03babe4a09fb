"""Strip Project Gutenberg boilerplate: header, small print, licence, transcribers' notes.

Input: a text. Output: the book; a text without Gutenberg's marks unchanged; of a file with several
books all of them, each stripped. The marks have changed often since 1991, and run over two lines
where titles are long. Where there are marks, credits, transcribers' notes and markers of
illustrations are removed too.
"""

import re

# Lines after which the book begins. Of several near the start the last counts: older texts have
# the small print after the header.
_BEGINS = re.compile(
    r"^[ \t]*(?:"
    r"\*{2,}[ \t]*START[ \t]*OF[ \t]*(?:THE|THIS)[ \t]*(?:COPYRIGHTED[ \t]*)?PROJECT[ \t]*GUTENBERG"
    r"|\*END\*?[ \t]*THE[ \t]*SMALL[ \t]*PRINT"
    r"|\*\*\*[ \t]*DIESE[ \t]*SMALL[ \t]*PRINT.*ENDE"
    r"|To[ \t]contact[ \t]Project[ \t]Gutenberg[ \t](?:of[ \t])?Australia[ \t]go[ \t]to"
    r").*$",
    re.I | re.M,
)
# Lines before which it ends: unambiguous marks, and words that a book may have too, which count
# only where no unambiguous mark follows, or right above one.
_SURE_ENDS = re.compile(
    r"^[ \t]*(?:"
    r"\*{2,}[ \t]*END[ \t]*OF[ \t]*(?:THE|THIS)?[ \t]*(?:COPYRIGHTED[ \t]*)?PROJECT[ \t]*GUTENBERG"
    r"|\*{3}[ \t]*START:?[ \t]*FULL[ \t]LICENSE"
    r"|\*{3}START\*{2}THE[ \t]SMALL[ \t]PRINT"
    r"|This[ \t]site[ \t]is[ \t]full[ \t]of[ \t]FREE[ \t]e-?books"
    r").*$",
    re.I | re.M,
)
_ENDS = re.compile(
    r"^[ \t]*(?:"
    r"\*{0,3}[ \t]*(?:This[ \t]is[ \t])?(?:The[ \t])?End[ \t]of[ \t](?:the[ \t]|this[ \t])?"
    r"Project[ \t]Gutenberg(?:'s|’s|[ \t]E-?Book|[ \t]E-?text|[ \t]of)?\b"
    r"|\*{0,3}[ \t]*Ende?[ \t](?:dieses|des|der|von)[ \t]Proje[ck]te?s?[ \t]Gutenberg"
    r"|\*{0,3}[ \t]*Fin[ \t](?:de[ \t]|du[ \t]|d['’])[^\n]{0,40}Proje[ck]?t[ \t]Gutenberg"
    r"|\*{0,3}[ \t]*(?:Fine|Fin|Einde)[ \t](?:del|van)[^\n]{0,40}Project[ \t]Gutenberg"
    r").*$",
    re.I | re.M,
)
_NOTHING = re.compile(r"(?:\n[^\n]+){0,3}\s*")  # the rest of a title of several lines
_LICENCE = re.compile(  # what follows a true weak mark
    r"www\.gutenberg|gutenberg\.(?:org|net)|licen[cs]e|\be-?(?:text|book)s?\b|\.txt|\.zip"
    r"|small\s+print", re.I
)  # fmt: skip
# A header that was put after the book, without marks.
_HEAD_LAST = re.compile(
    r"^[ \t]*The Project Gutenberg E-?Book of [^\n]{1,300}\n\s*This e-?book is for the use of",
    re.I | re.M,
)
_NAMED = re.compile(r"project\s+gutenberg", re.I)
# Credits in the first paragraphs after the mark.
_CREDIT = re.compile(
    r"(?:(?:This (?:e-?text|e-?book|file) (?:was|has been) |E-?text )?(?:first )?"
    r"(?:(?:produced|prepared|scanned|transcribed|typed|proofed|digiti[sz]ed|entered|converted)"
    r" (?:for .{0,60}|from .{0,200})?by|HTML version by|Transcribed from the|Scanned and proofed)"
    r"|\(?This (?:e-?text|e-?book|file) was produced from "
    r"|Note: (?:Project Gutenberg|Images of the original)"
    r"|This (?:Project Gutenberg )?E-?(?:text|book) is in (?:German|French|Italian|Spanish|Dutch)"
    r"|(?:We are|Project Gutenberg is) releasing (?:two|several) versions of this E-?text"
    r"|Dieses (?:Buch|Werk) wurde uns freundlicherweise|Das Projekt ist unter der Internet"
    r"|The Internet Wiretap .{0,40}Edition of|Credits: )",
    re.I | re.S,
)
# Transcribers' notes. In brackets anywhere; else as the first paragraph, up to a line of hyphens
# if one follows, and as the last section.
_IN_BRACKETS = re.compile(
    r"\[(?:Illustration\b|Illustrations?:|Vignette:|"
    r"Transcriber['’]?s['’]? notes?\b|(?:Anmerkung|Hinweis)(?:en?)? (?:zur|des) Transkri"
    r"|Notes? (?:de transcription|du transcripteur)|Notas? (?:de|do|del) tran?scri"
    r"|This e-?text (?:includes|uses|contains) |This text is intended for users )[^\[\]]{0,3000}\]",
    re.I,
)
_NOTE = re.compile(
    r"(?:Transcriber['’]?s['’]? notes?\b|Note (?:de transcription|du transcripteur)|"
    r"Anmerkungen? zur Transkription)", re.I
)  # fmt: skip
# The same under a title that books may have too.
_TO_READERS = re.compile(
    r"[ \t]*Au lecteur\.?\s+(?:Ce(?:tte)? (?:livre|version|ouvrage) électronique"
    r"|Le texte en italiques? [^\n]{0,40}original)", re.I
)  # fmt: skip
_TO_READERS_LAST = re.compile(rf"^{_TO_READERS.pattern}", re.I | re.M)
# Credits after the title name themselves or an address.
_CREDIT_BELOW = re.compile(r"@|\be-?(?:text|book)s?\b|proofread", re.I)
_STROKES = re.compile(r"^[ \t]*(?:[-_=~*][ \t]*){5,}$", re.M)
_LAST_NOTE = re.compile(
    r"^[ \t*=_-]*\[?(?:Transcriber['’]?s['’]? (?:end )?notes?|Note (?:de transcription|du "
    r"transcripteur)|Anmerkungen? zur Transkription)\b[ \t:.*=_-]*$", re.I | re.M
)  # fmt: skip
_WORLD_LIBRARY = re.compile(r"<<\s*THIS ELECTRONIC VERSION OF[^<>]{0,1500}>>")  # Shakespeare, 1994
ABOVE = 300  # characters above an unambiguous mark, in which a weak mark counts
BELOW = 2_000  # characters below a weak mark, in which the licence must begin
HEAD = 60_000  # characters; small prints have some 13,000
CREDITS = 6  # paragraphs
NOTE = 1_200  # characters of a note at the beginning
LAST = 8_000  # characters before the end in which a note is the last section


def without_licence(text: str) -> str:
    r"""Return the book without boilerplate, or the text unchanged if it has no marks.

    >>> without_licence("Title: X\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n"
    ...                 "Produced by Y\n\nI\n\nOnce.\n\nEnd of Project Gutenberg's X\n...")
    'I\n\nOnce.'
    >>> without_licence("He read of Project Gutenberg.")
    'He read of Project Gutenberg.'
    """
    if _NAMED.search(text) is None and "SMALL PRINT" not in text:
        return text
    begins = list(_BEGINS.finditer(text))
    books: list[str] = []
    end = 0
    for number, mark in enumerate(begins):
        following = begins[number + 1].start() if number + 1 < len(begins) else len(text)
        if mark.end() >= len(text) or mark.start() < end or (not books and mark.start() > HEAD):
            continue
        stop = _end_of_book(text, mark.end(), following)
        if stop is None and following - mark.start() <= HEAD and number + 1 < len(begins):
            between = text[mark.end() : following]
            if not _is_another_book(mark[0], begins[number + 1][0], between):
                continue  # small print after the header: the last of such marks counts
        end = following if stop is None else stop
        books.append(_without_notes(_without_credits(text[_after(text, mark) : end])))
    if books:
        return "\n\n\n".join(book for book in books if book)
    weak = _weak_end(text, 0, len(text)) or _HEAD_LAST.search(text, len(text) // 2)
    sure = _SURE_ENDS.search(text)
    ends = [match.start() for match in (weak, sure) if match is not None]
    return _without_notes(text[: min(ends)].strip("\n")) if ends else text


def _is_another_book(mark: str, following: str, between: str) -> bool:
    """Return whether a mark without an end begins a book: of another title than the next one."""
    titles = [re.sub(r"\W|\bTH(?:E|IS)\b", "", line.upper()) for line in (mark, following)]
    if titles[0] == titles[1] or "PRINT" in titles[1]:
        return False
    return bool(between.strip()) and _LICENCE.search(between[:BELOW]) is None


def _end_of_book(text: str, start: int, stop: int) -> int | None:
    """Return where a book ends before `stop`; None without a mark."""
    sure = _SURE_ENDS.search(text, start, stop)
    if sure is not None and stop < len(text) and "PRINT" in sure[0].upper():
        return None  # the small print of a header
    if sure is None:
        weak = _weak_end(text, start, stop)
        return None if weak is None else weak.start()
    for weak in _ENDS.finditer(text, max(start, sure.start() - ABOVE), sure.start()):
        if _NOTHING.fullmatch(text, weak.end(), sure.start()):
            return weak.start()
    return sure.start()


def _weak_end(text: str, start: int, stop: int) -> re.Match[str] | None:
    """Return a weak mark of a book's end, which the licence or nothing must follow."""
    for mark in _ENDS.finditer(text, start, stop):
        below = text[mark.end() : stop]
        if not below.strip() or len(below) < BELOW or _LICENCE.search(below[:BELOW]):
            return mark
    return None


def _after(text: str, mark: re.Match[str]) -> int:
    """Return the end of a mark, which may run over three lines until its closing stars."""
    line = mark[0].rstrip()
    if not line.lstrip().startswith("**") or line.endswith("*"):
        return mark.end()
    rest = re.compile(r"(?:\n(?![ \t]*\n)[^\n*]*){1,3}\*{2,}[^\n]*").match(text, mark.end())
    return rest.end() if rest is not None else mark.end()


def _without_credits(book: str) -> str:
    book = book.strip("\n \t")
    for _ in range(CREDITS):
        paragraph, gap, rest = book.partition("\n\n")
        if not gap or len(paragraph) > 1_000 or _CREDIT.match(paragraph.lstrip("[ ")) is None:
            break
        book = rest.strip("\n")
    first, *others = book.split("\n\n", CREDITS)
    kept = [
        paragraph
        for paragraph in others[:-1]
        if len(paragraph) > 1_000
        or _CREDIT.match(paragraph.strip()) is None
        or _CREDIT_BELOW.search(paragraph) is None
    ]
    return "\n\n".join([first, *kept, *others[-1:]])


def _without_notes(book: str) -> str:
    """Return the book without transcribers' notes and markers of illustrations."""
    book = _WORLD_LIBRARY.sub("", _IN_BRACKETS.sub("", book)).strip("\n")
    if _NOTE.match(book.lstrip()):
        strokes = _STROKES.search(book, 0, NOTE)
        end = strokes.end() if strokes is not None else book.find("\n\n", 0, NOTE)
        book = book[max(end, 0) :].strip("\n")
    elif _TO_READERS.match(book):
        book = book[max(book.find("\n\n\n", 0, NOTE), 0) :].strip("\n")
    final = max(0, len(book) - LAST)
    last = _LAST_NOTE.search(book, final) or _TO_READERS_LAST.search(book, final)
    if last is not None:
        book = book[: last.start()].rstrip("\n \t*=_-")
    return re.sub(r"\n{4,}", "\n\n\n", book)
