"""A chain of steps on one text: their order, whose reason counts, what is given and what goes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import steps
from curate.steps import FilterError, edit, judge, lost, record
from curate.text.blocks import KINDS, Block, check
from curate.text.cuts import Cut, align, apply_cuts, move_blocks, whole_lines
from curate.text.prose import judged_spans, prose_of, prose_spans, unmarked


def shorter(before, after):
    return "lost_half" if 2 * len(after) < len(before) else None


def says(reason):
    return judge(lambda _: reason)


def holds(word):
    return judge(lambda text: f"has_{word.lower()}" if word in text else None)


CASES = {
    "no steps": ([], "a", ("a", None)),
    "edits in order": ([edit(lambda t: t + "1"), edit(lambda t: t + "2")], "a", ("a12", None)),
    "the first objection counts": ([says(None), says("one"), says("two")], "a", ("a", "one")),
    "a judge sees the edits before it": ([edit(str.upper), holds("A")], "a", ("A", "has_a")),
    "and none after it": ([holds("A"), edit(str.upper)], "a", ("A", None)),
    "nothing runs after an objection": ([says("one"), edit(str.upper)], "a", ("a", "one")),
    "lost sees the text from the chain's start": (
        [edit(lambda t: t[:6]), edit(lambda t: t[:4]), lost(shorter)],
        "0123456789",
        ("0123", "lost_half"),
    ),
    "lost before the edits": (
        [lost(shorter), edit(lambda t: t[:4])],
        "0123456789",
        ("0123", None),
    ),
    "an edit may return cuts": ([edit(lambda _: [Cut(1, 3, "x")])], "abcd", ("ad", None)),
}


@pytest.mark.parametrize(("chain", "text", "expected"), CASES.values(), ids=CASES)
def test_chains(chain, text, expected):
    assert steps.apply(chain, text) == expected


def test_record_steps_get_the_columns():
    seen = []
    chain = [edit(str.upper), record(seen.append), says("one")]
    assert steps.apply(chain, "a", {"url": "u"}) == ("A", "one")
    assert steps.apply(chain, "a") == ("A", "one")
    assert seen == [{"url": "u"}, {}]
    expected = record(lambda row: "cut" if row.get("truncated") else None)
    assert steps.apply([expected], "a", {"truncated": "length"}) == ("a", "cut")
    assert steps.apply([expected], "a", {"truncated": None}) == ("a", None)


# --- answers that are none ---------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "Too Long", "too-long", "_x", "x_", 7, True, ["a"], b"a"])
def test_a_reason_is_lower_snake_case(reason):
    with pytest.raises(TypeError, match=r"filter mine: expected a reason in lower_snake_case"):
        steps.apply([judge(lambda _: reason, name="mine")], "a")


@pytest.mark.parametrize("made", [None, 7, b"a", ["a"], [(0, 1, "x")]])
def test_an_edit_returns_a_text_or_cuts(made):
    with pytest.raises(TypeError, match=r"filter mine: expected a text or a list of cuts, got"):
        steps.apply([edit(lambda _: made, name="mine")], "a")


def test_what_a_filter_raises_names_the_filter():
    def broken(text):
        return text[0]

    with pytest.raises(FilterError, match=r"filter .*broken: IndexError: string index") as caught:
        steps.apply([judge(broken)], "")
    assert isinstance(caught.value.__cause__, IndexError)


# --- text and prose ----------------------------------------------------------------------------

PROSE = " ".join(f"word{n}" for n in range(60)) + "."
PAGE = [
    ("heading", "# The # heading"),
    ("prose", PROSE),
    ("code", "```\nx = {1: [2]}\n```"),
    ("prose", "> And so it ends."),
    ("table", "| a | b |\n| --- | --- |\n| 1 |  |"),
    ("list", "- one\n- two"),
]


def build(parts, between="\n\n"):
    """Return a text and its blocks."""
    text, blocks = "", []
    for kind, part in parts:
        text += between if text else ""
        blocks.append(Block(kind, len(text), len(text) + len(part)))
        text += part
    return text, blocks


def test_what_filters_are_given():
    text, blocks = build(PAGE)
    assert prose_of(text, blocks) == f"{PROSE}\n\nAnd so it ends."
    assert unmarked(text, blocks) == (
        f"The # heading\n\n{PROSE}\n\nx = {{1: [2]}}\n\nAnd so it ends.\n\na b\n1\n\n- one\n- two"
    )


def test_where_there_is_hardly_any_prose_all_is_judged():
    text, blocks = build([("prose", "Too little prose."), ("list", "- " + PROSE)])
    assert prose_of(text, blocks) == text


@pytest.mark.parametrize(("items", "alone"), [(2, True), (4, False)])
def test_prose_that_only_frames_a_list_is_judged_with_it(items, alone):
    listed = "\n".join(f"- {PROSE}" for _ in range(items))
    parts = [("prose", PROSE), ("list", listed), ("terms", PROSE * 9), ("code", "x = 1")]
    text, blocks = build(parts)
    assert prose_of(text, blocks) == (PROSE if alone else f"{PROSE}\n\n{listed}")
    said = "".join(text[start:end] for start, end in judged_spans(text, blocks))
    assert said.strip() == prose_of(text, blocks)


MAIL = "It is as we said before, and nobody has shown that the wheel turns any faster. " * 2
MAIL = MAIL.strip()
CODE = "for (i = 0; i < n; i++) {\n  sum += values[i];\n}"


@pytest.mark.parametrize(
    ("code", "prose"),
    [
        (f"He wrote:\n\n{CODE}\n\n{MAIL}", [MAIL]),
        (f"> {MAIL}\n>\n> {CODE}\n\n{MAIL}", [MAIL, MAIL]),
        (CODE, []),
        (f"{CODE}\n\nTwo words.", []),
    ],
    ids=["after code", "quoted", "code alone", "hardly any"],
)
def test_paragraphs_of_a_mail_that_holds_code_are_prose(code, prose):
    text, blocks = build([("prose", PROSE), ("code", code), ("prose", "The end of it.")])
    assert prose_of(text, blocks) == "\n\n".join([PROSE, *prose, "The end of it."])
    said = " ".join(text[start:end] for start, end in judged_spans(text, blocks))
    assert " ".join(said.replace("> ", "").split()) == " ".join([PROSE, *prose, "The end of it."])


def test_a_text_without_blocks_is_prose_but_for_fences():
    text, _ = build(PAGE)
    assert "x = {1" not in prose_of(text, None)
    assert "| a | b |" in prose_of(text, None)
    open_end = f"{PROSE}\n```\nnot closed {{"
    assert prose_of(open_end, None) == open_end
    assert prose_of(PROSE, None) is PROSE


def test_each_step_gets_what_it_reads():
    text, blocks = build(PAGE)
    seen = {}

    class Prose:
        reads = "prose"

        def __call__(self, text):
            seen["prose"] = text

    chain = [judge(Prose()), judge(lambda t: seen.update(text=t))]
    assert steps.apply(chain, text, None, blocks) == (text, None)
    assert seen == {"prose": prose_of(text, blocks), "text": unmarked(text, blocks)}


def test_an_edit_of_prose_touches_nothing_else():
    text, blocks = build(PAGE)
    chain = [edit(lambda t: t.replace("e", "E").replace("[", "("), reads="prose", name="es")]
    outcome = steps.run(chain, text, None, blocks)
    for (kind, start, end), (_, part) in zip(outcome.blocks, PAGE, strict=True):
        expected = part.replace("e", "E").replace("[", "(") if kind == "prose" else part
        assert outcome.text[start:end] == expected


# --- cuts --------------------------------------------------------------------------------------


def test_what_is_cut_is_counted_by_rule():
    chain = [
        edit(lambda t: t.replace("cat ", ""), name="no_cats"),
        edit(lambda _: [Cut(0, 4, "head"), Cut(4, 4, "put", "new ")]),
    ]
    outcome = steps.run(chain, "one cat two")
    assert outcome.text == "new two"
    assert outcome.cut == {"no_cats": 4, "head": 4, "put": -4}
    assert outcome.cuts == [("no_cats", "cat "), ("head", "one "), ("put", "")]


TEXTS = st.lists(st.sampled_from(["a", "bb", "c c", "", "\n"]), max_size=12).map("\n".join)


@given(TEXTS, TEXTS)
def test_aligned_cuts_make_the_other_text(before, after):
    cuts = align(before, after, "rule")
    assert apply_cuts(before, cuts) == after
    assert cuts == [] if before == after else cuts


@given(TEXTS, st.data())
def test_whole_lines_leave_no_more_line_ends_than_there_were(text, data):
    lines, cuts, start = text.split("\n"), [], 0
    for line in lines:
        if line and data.draw(st.booleans()):
            cuts.append(Cut(start, start + len(line), "line"))
        start += len(line) + 1
    left = apply_cuts(text, whole_lines(text, cuts))
    gone = {cut.start for cut in cuts}
    starts = [sum(map(len, lines[:n])) + n for n in range(len(lines))]
    kept = [line for at, line in zip(starts, lines, strict=True) if at not in gone and line]
    assert [line for line in left.split("\n") if line] == kept
    longest = max((len(run) for run in re.findall("\n+", text)), default=0)
    assert "\n" * (longest + 1) not in left
    if cuts and not kept:
        assert left == ""


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.text("abc\n", min_size=1)), max_size=6),
       st.data())  # fmt: skip
def test_blocks_follow_cuts(parts, data):
    text, blocks = build(parts)
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    cuts = [Cut(start, end, "x", data.draw(st.sampled_from(["", "XY"]))) for start, end in pairs]
    left = apply_cuts(text, cuts)
    moved = move_blocks(blocks, cuts)
    check(left, moved)
    untouched = [
        (block.kind, text[block.start : block.end])
        for block in blocks
        if not any(cut.start <= block.end and block.start <= cut.end for cut in cuts)
    ]
    result = [(kind, left[start:end]) for kind, start, end in moved]
    assert [one for one in untouched if one not in result] == []


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.text("abc\n", min_size=1)), max_size=6))
def test_spans_of_prose_lie_in_no_other_block(parts):
    text, blocks = build(parts)
    spans = prose_spans(text, blocks)
    assert spans == sorted(spans)
    for start, end in spans:
        inside = [b for b in blocks if b.kind != "prose" and b.start < end and start < b.end]
        assert inside == []
