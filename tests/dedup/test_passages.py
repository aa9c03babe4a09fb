"""Shared passages: what is found is what a table of all windows says; where texts are cut."""

import itertools
import random

import numpy as np
import pytest

from curate.dedup.passages import groups
from curate.dedup.passages.boundaries import passage_cuts
from curate.dedup.passages.find import character_runs, find_passages, remove_passages
from curate.dedup.passages.windows import LONGEST_RUN, runs_of_windows
from curate.text.blocks import Block
from curate.text.cuts import apply_cuts, move_blocks

ALPHABETS = ("a", "ab", "abcdefgh é", "あいうえお漢字")


def drawn_texts(seed):
    """Return texts made of pieces that many have, among some of their own."""
    chance = random.Random(seed)
    alphabet = ALPHABETS[seed % len(ALPHABETS)]

    def piece(longest):
        return "".join(chance.choices(alphabet, k=chance.randrange(longest)))

    pool = [piece(80) for _ in range(5)]
    return [
        "".join(
            chance.choice(pool) if chance.random() < 0.6 else piece(40)
            for _ in range(chance.randrange(7))
        )
        for _ in range(chance.randrange(1, 9))
    ]


def plainly(texts, length, rank, keep):
    """Return the repeated bytes of each text by a table of all windows, in the order to keep."""
    data = [text.encode() for text in texts]
    marks = [bytearray(len(one)) for one in data]
    first = {}
    for document in sorted(range(len(texts)), key=lambda n: (rank[n], n)):
        for at in range(len(data[document]) - length + 1):
            window = data[document][at : at + length]
            other, there = first.setdefault(window, (document, at))
            if other != document or there <= at - length:
                marks[document][at : at + length] = b"x" * length
                if keep == "none":
                    marks[other][there : there + length] = b"x" * length
    return [bytes(mark) for mark in marks]


def marked(texts, passages):
    marks = [bytearray(len(text.encode())) for text in texts]
    for passage in passages:
        marks[passage.document][passage.start : passage.stop] = b"x" * (
            passage.stop - passage.start
        )
    return [bytes(mark) for mark in marks]


@pytest.mark.parametrize("keep", ["best", "none"])
@pytest.mark.parametrize("length", [16, 33, 64])
def test_what_is_found_is_what_a_table_of_all_windows_says(length, keep):
    hit = 0
    for seed in range(60):
        texts = drawn_texts(seed)
        rank = [random.Random(seed).randrange(3) for _ in texts]
        expected = plainly(texts, length, rank, keep)
        result = find_passages(texts, length=length, rank=rank, keep=keep)
        assert marked(texts, result) == expected
        hit += any(map(any, expected))
        if keep == "none":
            assert {one.kept for one in result} <= {-1}
            continue
        for one in result:  # its bytes stand in the document that is named
            passage = texts[one.document].encode()[one.start : one.stop]
            assert passage in texts[one.kept].encode() or one.stop - one.start > length
            assert passage[:length] in texts[one.kept].encode()
    assert hit > 20


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_slices_of_a_large_group_do_not_matter(monkeypatch, at_once):
    texts = [text for seed in range(8) for text in drawn_texts(seed)]
    whole = find_passages(texts, length=16)
    monkeypatch.setattr(groups, "AT_ONCE", at_once)
    assert find_passages(texts, length=16) == whole
    assert whole


def in_pieces(rows, length, firsts, cuts):
    """Return the repeats of one key's rows that come in pieces, as rows of the whole."""
    result, kept, earlier = [], np.zeros(0, np.int64), groups.NONE
    ends = [0, *cuts, len(rows.counts)]
    for last, (start, stop) in enumerate(itertools.pairwise(ends), 2 - len(ends)):
        at = np.concatenate([kept, np.arange(start, stop)])
        piece = rows._replace(
            starts=rows.starts[at], counts=rows.counts[at], documents=rows.documents[at],
            positions=rows.positions[at], ends=np.array([len(at)]),
        )  # fmt: skip
        repeats, lead, earlier = groups.find_repeats_of_piece(
            piece, length, firsts=firsts, earlier=earlier, goes_on=last < 0
        )
        columns = (at[repeats.rows], repeats.windows, repeats.counts,
                   np.where(repeats.kept_rows < 0, -1, at[repeats.kept_rows]),
                   repeats.kept_windows)  # fmt: skip
        result += zip(*(column.tolist() for column in columns), strict=True)
        kept = at[lead]
    most = repeats.times[0], at[repeats.most_rows[0]], repeats.most_windows[0]
    return sorted(result), most, len(kept)


@pytest.mark.parametrize("firsts", [False, True])
def test_a_key_in_pieces_has_the_repeats_of_the_whole(firsts):
    hit = 0
    for seed in range(40):
        texts = [text.encode() for n in range(3) for text in drawn_texts(4 * seed + n)]
        texts = [text for text in texts if len(text) >= 16] or [b"=" * 40]
        ends = np.cumsum([len(text) for text in texts])
        rows = groups.Rows(
            np.frombuffer(b"".join(texts), np.uint8),
            ends - [len(text) for text in texts],
            np.array([len(text) - 15 for text in texts]),
            np.arange(len(texts)) // 2,
            np.arange(len(texts)) % 2 * 100,
            np.array([len(texts)]),
        )
        chance = random.Random(seed)
        cuts = sorted(set(chance.choices(range(1, len(texts) + 1), k=3)))
        whole, pieces = in_pieces(rows, 16, firsts, []), in_pieces(rows, 16, firsts, cuts)
        assert pieces == whole
        hit += len(whole[0]) > 3
    assert hit > 20


def test_copies_of_one_text_need_no_memory():
    texts = np.frombuffer(b"A notice that all have, to the letter." * 50, np.uint8)
    starts = np.arange(50) * 38
    ones = np.ones(50, np.int64)
    rows = groups.Rows(texts, starts, ones * 7, np.arange(50), ones * 0, np.array([50]))
    _, kept, earlier = groups.find_repeats_of_piece(rows, 32, goes_on=True)
    assert kept.tolist() == [0]
    assert earlier.repeated.tolist() == [49] * 7


def test_the_longest_is_best_where_no_rank_is_given():
    shared = "to be or not to be, that is the question"
    assert find_passages([shared, f"{shared} of Hamlet"], length=32) == [(0, 0, len(shared), 1)]
    assert find_passages([shared, f"{shared} of Hamlet"], length=32, rank=[0, 0]) == [
        (1, 0, len(shared), 0)
    ]


def test_texts_of_a_short_period_make_few_rows():
    rows = runs_of_windows(["=" * 100_000, "ab" * 5_000, None, ""], 500)
    assert rows.counts.tolist() == [LONGEST_RUN, 100_000 - 499 - LONGEST_RUN, 10_000 - 499]
    assert rows.documents.tolist() == [0, 0, 1]
    assert rows.firsts.tolist() == [0, LONGEST_RUN, 0]


def test_of_a_period_the_first_occurrence_stays():
    assert find_passages(["=" * 1_000], length=32) == [(0, 32, 1_000, 0)]


def test_rows_are_about_as_many_as_the_paper_says():
    text = "".join(random.Random(5).choices("etaoin shrdlu", k=200_000))
    rows = runs_of_windows([text], 500)
    assert rows.counts.sum() == 200_000 - 499
    assert len(rows.keys) == pytest.approx(2 * 200_000 / (500 - 125), rel=0.1)


def test_bytes_become_the_characters_that_lie_in_them_whole():
    text = "aä漢b"
    bytes_ = text.encode()
    for start in range(len(bytes_) + 1):
        for stop in range(start, len(bytes_) + 1):
            ((first, last),) = character_runs(text, [(start, stop)])
            whole = [
                n
                for n, character in enumerate(text)
                if start <= len(text[:n].encode())
                and len(text[:n].encode()) + len(character.encode()) <= stop
            ]
            assert list(range(first, last)) == whole


# text with the repeated run in «», and what is left of it.
LEFT = {
    "whole lines": ("Own.\n\n«Shared.\n\nToo.»\n\nOwn.", "Own.\n\nOwn."),
    "a paragraph at the end": ("Own.\n«\nShared.»", "Own."),
    "a paragraph at the beginning": ("«Shared.\n\n»Own.", "Own."),
    "all of it": ("«Shared.»", ""),
    "words in a line": ("Own «shared words» too.", "Own too."),
    "a run that ends in a word": ("Own s«hared words to»o.", "Own shared too."),
    "a name before the line that is shared": (
        "By John« Smith\nAll rights.»\nOwn.", "By John Smith\nOwn."),
    "from a line into another": (
        f"Own «{'end ' * 30}.\n\nLine.\n{'begin ' * 20}» own.", "Own\n\nown."),
    "a line is near": ("Own «end.\n\nLine.\nBegin» own.", "Own end.\n\nBegin own."),
    "from a line to the end of another": (
        f"Own «{'end ' * 30}.\nLine.»\nOwn.", "Own\nOwn."),
    "a line's beginning": ("Own.\n«Shared» own.", "Own.\nown."),
    "a line's end": ("Own «shared.»\nOwn.", "Own\nOwn."),
    "an indented line": ("Own.\n  «shared»\nOwn.", "Own.\nOwn."),
    "a run that ends at a mark": ('Own ("«shared words»") too.', 'Own ("") too.'),
    "a run that ends in a number": ("Own «shared 1,»5 too.", "Own 1,5 too."),
    "text without spaces": ("私«は学生です»か", "私か"),
    "a letter and its accent": ("私e«\u0301は学生です»か", "私e\u0301か"),
    "spaces alone": ("Own« »words", "Own words"),
}  # fmt: skip


@pytest.mark.parametrize(("shown", "left"), LEFT.values(), ids=LEFT)
def test_where_a_text_is_cut(shown, left):
    text = shown.replace("«", "").replace("»", "")
    start, end = shown.index("«"), shown.index("»") - 1
    cuts = passage_cuts(text, [(start, end)])
    assert apply_cuts(text, cuts) == left
    for cut in cuts:  # nothing of the rest is cut but white space
        assert not text[cut.start : max(cut.start, min(cut.end, start))].strip()
        assert not text[max(cut.start, min(cut.end, end)) : cut.end].strip()


CODE = "x = 1\ny = 2\nz = 3"
TABLE = "| a | b |\n| - | - |\n| c | d |\n| e | f |"
# kind, text of the block, the repeated run within «», what is left of the block
BLOCKS = {
    "inside code": ("code", "x = 1\n«y = 2\n»z = 3", CODE),
    "into code": ("code", "x = 1\ny = 2»\nz = 3", CODE),
    "out of code": ("code", "x = «1\ny = 2\nz = 3", CODE),
    "code as a whole": ("code", CODE, ""),
    "rows of a table": ("table", "| a | b |\n| - | - |\n«| c | d |\n»| e | f |",
                        "| a | b |\n| - | - |\n| e | f |"),
    "inside a row": ("table", "| a | b |\n| - | - |\n| c «| d |\n»| e | f |", TABLE),
    "into a row": ("table", "| a | b |\n| - »| - |\n| c | d |\n| e | f |",
                   "| - | - |\n| c | d |\n| e | f |"),
    "a formula in a line": ("formula", "a = b »+ c", "a = b + c"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "shown", "left"), BLOCKS.values(), ids=BLOCKS)
def test_code_and_rows_of_tables_are_cut_whole_or_not_at_all(kind, shown, left):
    begins = "" if "«" in shown else "«"
    ends = "" if "»" in shown else "»"
    whole = f"Own.\n\n{begins}Shared line.\n\n{shown}\n\nShared line.{ends}\n\nOwn."
    if begins and ends:
        whole = f"Own.\n\n«{shown}»\n\nOwn."
    text = whole.replace("«", "").replace("»", "")
    start, end = whole.index("«"), whole.index("»") - 1
    inside = shown.replace("«", "").replace("»", "")
    block = Block(kind, text.index(inside), text.index(inside) + len(inside))
    cuts = passage_cuts(text, [(start, end)], [block])
    after = apply_cuts(text, cuts)
    kept = move_blocks([block], cuts)
    assert "".join(after[one.start : one.end] for one in kept).strip("\n") == left
    assert after.startswith("Own.\n\n")
    assert after.endswith("\n\nOwn.")


def test_fences_are_code_where_no_blocks_are_known():
    text = "Own.\n\n```\nx = 1\ny = 2\n```\n\nOwn."
    assert not passage_cuts(text, [(text.index("y"), text.index("\n\nOwn."))])


def test_a_second_call_cuts_nothing():
    changed = 0
    for seed in range(40):
        texts = drawn_texts(seed)
        left = remove_passages(texts, length=24)
        assert remove_passages(left, length=24) == left
        changed += left != texts
    assert changed > 10


def test_what_a_cut_joins_is_looked_through_again():
    """Two texts differ only by a notice of another text's, one that each has."""
    first, second = ("first " * 6).strip(), ("second " * 6).strip()
    one, other = "notice one, " * 6, "notice two, " * 6
    texts = [
        f"{first}\n\n{one.strip()}\n\n{second}",
        f"{first}\n\n{other.strip()}\n\n{second}",
        one.strip() + " and " + " ".join(map(str, range(100, 200))),
        other.strip() + " and " + " ".join(map(str, range(300, 400))),
    ]
    assert len(first) < 60 < len(one)
    assert len(second) < 60
    left = remove_passages(texts, length=60)
    assert left[0] == f"{first}\n\n{second}"
    assert left[1] == ""
    assert left[2:] == texts[2:]


def test_a_page_keeps_what_is_its_own():
    """What a reader wants: the notice of a thousand pages goes, short quotations stay."""
    notice = "Permission is hereby granted, free of charge, to any person. " * 10
    quotation = "It was the best of times, it was the worst of times, it was the age of wisdom. "
    pages = [f"Page {n}: {quotation}And so page {n} ends.\n\n{notice.strip()}" for n in range(50)]
    left = remove_passages(pages, length=500)
    assert left[10] == pages[10]  # the first of the longest
    for n, page in enumerate(left):
        assert f"Page {n}: {quotation}And so page {n} ends." in page
        assert ("Permission" in page) == (n == 10)


QUOTATION = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way - in short, the period was so far like the "
    "present period, that some of its noisiest authorities insisted on its being received."
)  # Dickens


@pytest.mark.parametrize(("length", "stays"), [(500, False), (1_000, True)])
def test_a_quotation_of_a_hundred_words_goes_at_500_bytes_and_stays_at_1000(length, stays):
    assert 100 < len(QUOTATION.split()) < 110
    essays = [
        f"One of two essays says, and says it well:\n\n> {QUOTATION}\n\nSo it begins, and goes on.",
        f'He began. "{QUOTATION}" he read, and then he stopped.',
    ]
    first, second = remove_passages(essays, length=length)
    assert first == essays[0]
    assert second == (essays[1] if stays else 'He began. "" he read, and then he stopped.')


def test_a_licence_below_a_thousand_files_stays_below_one():
    licence = "Permission is hereby granted, free of charge, to any person who obtains a copy. " * 9
    files = [f"def function_{n}():\n    return {n}\n\n{licence.strip()}" for n in range(1_000)]
    left = remove_passages(files, length=500)
    assert left[100] == files[100]  # the first of the longest
    assert [n for n, text in enumerate(left) if "Permission" in text] == [100]


def test_nothing_is_found_in_no_texts():
    assert find_passages([], length=16) == []
    assert find_passages([None, "", "short"], length=16) == []
    assert len(np.unique(runs_of_windows(["short"], 16).keys)) == 0
