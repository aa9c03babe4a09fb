"""Project Gutenberg's texts without what is not the book."""

import pytest
from sources.reading import put, read_ranges

from curate.books.gutenberg import without_licence
from curate.sources import book

BODY = "CHAPTER I\n\nIt was late.\n\nThe lamps were lit.\n\n*       *       *\n\nTHE END"
HEAD = "The Project Gutenberg EBook of Lamps, by A. Writer\n\nThis eBook is for anyone.\n\n"
LICENCE = "\n\n*** START: FULL LICENSE ***\n\nTHE FULL PROJECT GUTENBERG LICENSE\nPlease read.\n"
SMALL = (
    "Project Gutenberg's Etext of Lamps\n\n***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN "
    "ETEXTS**START***\nWhy is this here?\n"
)
MARKED = {
    "of today": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n" + LICENCE,
    ),
    "of 2010": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n\n\n\nProduced by P. Roof\n"
        "and the Online Distributed Proofreading Team\n\n\n\n",
        "\n\nEnd of the Project Gutenberg EBook of Lamps, by A. Writer\n\n*** END OF THIS PROJECT "
        "GUTENBERG EBOOK LAMPS ***" + LICENCE,
    ),
    "without spaces": (
        HEAD + "***START OF THE PROJECT GUTENBERG EBOOK LAMPS***\n\n\nE-text prepared by P. R.\n\n",
        "\n\n***END OF THE PROJECT GUTENBERG EBOOK LAMPS***" + LICENCE,
    ),
    "over two lines": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS,\nAND WHO LIT THEM ***\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS,\nAND WHO LIT THEM ***\n",
    ),
    "of 1995": (
        SMALL + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        "This etext was produced from the 1908 Long\nedition by P. Roof, of Proofs.\n\n",
        "\n\nEnd of Project Gutenberg's Etext of Lamps\n\n",
    ),
    "of 2001": (
        SMALL + "*END THE SMALL PRINT! FOR PUBLIC DOMAIN EBOOKS*Ver.02/11/02*END*\n\n",
        "\n\nEnd of The Project Gutenberg Etext of Lamps\n",
    ),
    "both heads": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n" + SMALL
        + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n",
        "\n\n*** END OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "copyrighted": (
        HEAD + "*** START OF THE COPYRIGHTED PROJECT GUTENBERG EBOOK LAMPS ***\n\n",
        "\n\n*** END OF THE COPYRIGHTED PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "of Australia": (
        "Lamps\n* A Project Gutenberg of Australia eBook *\n\nTo contact Project Gutenberg of "
        "Australia go to http://x.au\n\n\n",
        "\n\nThis site is full of FREE ebooks - Project Gutenberg Australia\n",
    ),
    "in French": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPES ***\n\n",
        "\n\nFin du Projet Gutenberg de Lampes\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPES "
        "***\n",
    ),
    "a note in German": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPEN ***\n\n[Anmerkungen zur "
        "Transkription: Alles blieb.]\n\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPEN ***\n",
    ),
    "the end alone": ("", "\n\nEnd of Project Gutenberg's Lamps, by A. Writer\n" + LICENCE),
    "the licence alone": ("", LICENCE),
    "small print at the end": ("", "\n\n" + SMALL[SMALL.index("***") :]),
    "notes to readers of French": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\n  Au lecteur.\n\n"
        "    Le texte en italiques dans l'original est indiqué ici comme\n    _italiques_.\n\n\n\n",
        "\n\n       *       *       *\n\n\n  Au lecteur.\n\n    Ce livre électronique reproduit "
        "le texte.\n\n    Page 11: «dan»  remplacé par «dans».\n\n\nEnd of Project Gutenberg's X",
    ),
    "German": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPEN ***\n\n",
        "\n\nEnde dieses Projekt Gutenberg Etextes Lampen\n",
    ),
    "German, of 2000": (
        SMALL + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        "This Etext is in German.\n\nWe are releasing two versions of this Etext, one in 7-bit "
        "format,\nand one in 8-bit format.\n\nDieses Buch wurde uns freundlicherweise vom "
        '"Gutenberg Projekt-DE"\nzur Verfügung gestellt.\n\n',
        "\n\nEnde dieses Project Gutenberg Etextes Lampen\n",
    ),
    "French": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPES ***\n\n\n\nProduced by P. Roof "
        "(This file was\nproduced from images generously made available by the Bibliothèque)\n\n"
        "Note de transcription: la ponctuation a été corrigée.\n\n",
        "\n\nFin du Project Gutenberg EBook de Lampes\n\n*** END OF THE PROJECT GUTENBERG EBOOK",
    ),
    "its makers' notes": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nE-text prepared by P. Roof\n"
        "\nNote: Project Gutenberg also has an HTML version of this file.\n\n\n[Transcriber's "
        "Note: Words\nhave been corrected.]\n\n[Illustration: A lamp]\n\n",
        "\n\n[Illustration]\n\n\nTRANSCRIBER'S NOTES\n\nPage 3: late corrected from lare.\n\n\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "a note with strokes": (
        HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nTranscribers Note: Obvious "
        "errors\ncorrected.\n\nWords in italics have strokes.\n\n-----------------\n\n",
        "\n\nEnd of this Project Gutenberg Etext\n",
    ),
    "World Library": (
        HEAD + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\n<<THIS ELECTRONIC VERSION OF "
        "THE COMPLETE WORKS IS\nCOPYRIGHT 1990-1993, AND IS PROVIDED BY PROJECT GUTENBERG.>>\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n",
    ),
    "Windows": (
        HEAD.replace("\n", "\r\n") + "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\r\n\r\n",
        "\r\n\r\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("before_after", MARKED.values(), ids=MARKED)
def test_the_book_without_its_licence(tmp_path, before_after):
    before, after = before_after
    path = put(tmp_path / "a.txt", (before + BODY + after).encode())
    ((_, row),), _ = read_ranges(path, "book")
    assert row["text"].strip() == BODY


UNMARKED = {
    "a book": BODY,
    "one that speaks of it": BODY + "\n\nHe had it of Project Gutenberg. The end of the Project.",
    "one that ends": "In the end of project years.\n" + BODY,
    "a head without a mark": HEAD + BODY,
    "nothing after the mark": "*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***",
    "notes of no transcriber's": "TRANSCRIBER'S NOTES\n\n[Illustration]\n\n" + BODY,
    "a mark within a line": 'She wrote "*** START OF THE PROJECT GUTENBERG EBOOK" on the wall.\n',
}


@pytest.mark.parametrize("text", UNMARKED.values(), ids=UNMARKED)
def test_what_has_no_marks_is_left_alone(text):
    assert without_licence(text) == text


def test_credits_behind_the_title_go_and_who_made_the_play_stays():
    head = HEAD + "*** START OF THIS PROJECT GUTENBERG EBOOK LAMPS ***\n\nLAMPS\nby\nA. WRITER\n\n"
    credit = "\n\nEntered by A of SftDotIotE\na@west.example\n\n\n\n"
    play = "Produced by the King's Men\n\nACT I\n\nNight.\n\nA lamp.\n\nA door.\n\nExeunt."
    book = without_licence(head + credit + play)
    title = "LAMPS\nby\nA. WRITER"
    assert [part.strip() for part in book.split("\n\n") if part] == [title, *play.split("\n\n")]


def test_a_head_that_stands_behind_the_book():
    told = "This eBook is for the use of anyone anywhere.\n\nTitle: Lamps\n\nProduced by P. Roof"
    head = f"The Project Gutenberg EBook of Lamps, by A. Writer\n\n{told}"
    book = "\n\n".join([BODY] * 9)
    assert without_licence(f"{book}\n\n{head}") == book
    assert without_licence(f"{head}\n\n{book}") == f"{head}\n\n{book}"


def test_the_encoding_a_head_names():
    text = HEAD + "Character set encoding: ISO-8859-2\n\n*** START OF THE PROJECT GUTENBERG EBOOK\n"
    polish = text + "Zażółć gęślą jaźń. " * 3
    assert book.plain_text(polish.encode("iso8859-2")) == polish
    assert book.plain_text(polish.encode()) == polish, "valid UTF-8, whatever the head says"


def test_words_that_a_book_and_its_end_share():
    head, end = (f"*** {word} OF THE PROJECT GUTENBERG EBOOK L ***" for word in ("START", "END"))
    body = "One.\n\nEnd of Project Gutenberg, they said.\n\nTwo."
    assert without_licence(f"{head}\n\n{body}\n\n{end}\n\nlicence") == body
    above = f"{body}\n\nEnd of Project Gutenberg's Lamps and\nOther Lights, by A. Writer"
    assert without_licence(f"{head}\n\n{above}\n\n{end}\n") == body


def test_several_books_in_a_file():
    def one(name):
        return (f"Project Gutenberg's {name}\n\n*** START OF THE PROJECT GUTENBERG EBOOK "
                f"{name} ***\n\nBook {name}.\n\n*** END OF THE PROJECT GUTENBERG EBOOK {name} ***\n"
                f"{LICENCE}")  # fmt: skip

    assert without_licence("\n".join(map(one, "ABC"))).split()[1::2] == ["A.", "B.", "C."]


def test_several_books_of_which_the_first_has_no_end():
    marks = [f"*** START OF THE PROJECT GUTENBERG EBOOK {name} ***" for name in "AB"]
    end = "*** END OF THE PROJECT GUTENBERG EBOOK B ***"
    book = without_licence(f"{marks[0]}\n\nBook A.\n\n{marks[1]}\n\nBook B.\n\n{end}\n")
    assert book.split() == ["Book", "A.", "Book", "B."]
    again = marks[1].replace("THE PROJECT", "THIS PROJECT")
    book = without_licence(f"{again}\n\nSome words.\n\n{marks[1]}\n\nBook B.\n\n{end}\n")
    assert book == "Book B.", "the same mark twice"
