"""Same case, every door: a batch says of each row what the function says of its text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import batch, steps
from curate.steps import edit, judge, lost, record
from curate.store import keys

TEXTS = ["plain words", "  white space ", "", "bad word", None, "x" * 50, "Grüße", "bad"]
CHAIN = [
    edit(str.strip),
    judge(lambda text: "too_long" if len(text) > 40 else None),
    judge(lambda text: "bad" if "bad" in text else None),
    lost(lambda before, after: "mostly_space" if len(after) < len(before) - 2 else None),
]


def rows(texts, **columns):
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string()), **columns})


def empty(made):
    return made.slice(0, 0)


# --- judge -------------------------------------------------------------------------------------


def one_by_one(texts, chain, columns=None):
    """Return (text, reason) of each row by the functions of one text."""
    columns = columns or [None] * len(texts)
    answers = []
    for text, row in zip(texts, columns, strict=True):
        edited, reason = (text, "no_text") if text is None else steps.apply(chain, text, row)
        answers.append((text if reason is not None else edited, reason))
    return answers


def answers_of(made):
    return list(zip(batch.values(made, "text"), batch.values(made, "drop_reason"), strict=True))


@given(st.lists(st.none() | st.text(max_size=50)))
def test_a_batch_is_judged_row_by_row(texts):
    made = batch.judge(CHAIN)(rows(texts))
    assert answers_of(made) == one_by_one(texts, CHAIN)
    assert made.schema.names == ["text", "drop_reason"]


def test_the_text_of_a_dropped_row_stays_as_it_was_judged():
    made = batch.judge(CHAIN)(rows(["  bad  ", " good "]))
    assert answers_of(made) == [("  bad  ", "bad"), ("good", None)]


def test_a_row_that_has_a_reason_is_not_looked_at_again():
    seen = []
    made = rows([" a ", " b "], drop_reason=pa.array(["early", None], pa.string()))
    made = batch.judge([edit(lambda text: seen.append(text) or text.strip())])(made)
    assert answers_of(made) == [(" a ", "early"), ("b", None)]
    assert seen == [" b "]


def test_a_reason_from_earlier_goes_before_a_null_text():
    made = rows([None, None], drop_reason=pa.array(["early", None], pa.string()))
    assert batch.values(batch.judge([])(made), "drop_reason") == ["early", "no_text"]


def test_rows_are_judged_by_their_other_columns():
    expected = record(lambda row: "cut" if row["truncated"] else None)
    made = rows(["a", "b"], truncated=["length", None])
    assert answers_of(batch.judge([expected])(made)) == [("a", "cut"), ("b", None)]
    seen = []
    batch.judge([record(seen.append)])(
        rows(["a"], url=["u"], drop_reason=pa.array([None], pa.string()))
    )
    assert seen == [{"url": "u"}], "neither the text nor the reason is one of them"


def test_a_batch_without_texts_is_an_error():
    with pytest.raises(KeyError, match="text"):
        batch.judge([])(pa.RecordBatch.from_pydict({"txt": ["a"]}))


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_types_and_places_of_columns_stay(type_):
    schema = pa.schema([pa.field("text", type_, nullable=False), pa.field("n", pa.int64())])
    made = pa.RecordBatch.from_pydict({"text": ["a "], "n": [1]}, schema=schema)
    for one in (made, empty(made)):
        judged = batch.judge([edit(str.strip)])(one)
        assert judged.schema.names == ["text", "n", "drop_reason"]
        assert judged.schema.field("text") == schema.field("text")
        assert judged.schema.field("drop_reason").type == pa.string()
        assert batch.judge([])(judged).schema == judged.schema


# --- the other liftings ------------------------------------------------------------------------


def language(text):
    return ("de", 0.75) if "ü" in text else ("en", len(text) / 100)


def decide(code, score):
    return "wrong_language" if code != "en" else "unsure" if score < 0.05 else None


def test_languages_are_found_row_by_row():
    earlier = ["early", *[None] * (len(TEXTS) - 1)]
    made = rows(TEXTS, drop_reason=pa.array(earlier, pa.string()))
    result = batch.identify(language, decide)(made)
    expected = [language(text or "") for text in TEXTS]
    assert batch.values(result, "language") == [code for code, _ in expected]
    assert batch.values(result, "language_score") == [score for _, score in expected]
    assert batch.values(result, "drop_reason") == ["early", *(decide(*one) for one in expected[1:])]
    assert batch.values(result, "text") == TEXTS


def test_without_a_decision_no_language_drops():
    result = batch.identify(language)(rows(TEXTS))
    assert batch.values(result, "drop_reason") == [None] * len(TEXTS)
    assert batch.identify(language)(empty(rows(TEXTS))).schema == result.schema


def test_texts_are_measured_row_by_row():
    result = batch.measure_text(rows(TEXTS))
    assert batch.values(result, "text_hash") == [keys.text_hash(text or "") for text in TEXTS]
    assert batch.values(result, "characters") == [len(text or "") for text in TEXTS]
    assert result.schema.field("text_hash").type == pa.binary(16)
    assert batch.measure_text(empty(rows(TEXTS))).schema == result.schema


def test_functions_of_a_chain_run_in_order():
    def mark(letter):
        return lambda made: batch.set_column(
            made, "text", [text + letter for text in batch.values(made, "text")], pa.string()
        )

    assert batch.values(batch.chain(map(mark, "abc"))(rows(["x"])), "text") == ["xabc"]
    made = rows(["x"])
    assert batch.chain([])(made) is made


# --- columns and rows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [[1, 2], pa.array([1, 2], pa.int64()), np.array([1, 2], np.int64)],
    ids=["list", "array", "numpy"],
)
def test_a_column_is_set_at_its_place(column):
    fields = [pa.field("n", pa.int64(), nullable=False), pa.field("text", pa.string())]
    made = pa.RecordBatch.from_pydict({"n": [0, 0], "text": ["a", "b"]}, schema=pa.schema(fields))
    there = batch.set_column(made, "n", column, pa.int64())
    assert there.schema == made.schema
    assert batch.values(there, "n") == [1, 2]
    new = batch.set_column(made, "m", column, pa.int64())
    assert new.schema.names == ["n", "text", "m"]
    assert batch.values(new, "m") == [1, 2]


@given(st.lists(st.none() | st.sampled_from(["a", ""])))
def test_rows_part_by_their_reason_and_none_is_lost(reasons):
    numbers = list(range(len(reasons)))
    made = pa.RecordBatch.from_pydict({"n": numbers, "drop_reason": pa.array(reasons, pa.string())})
    kept, dropped = batch.split(made)
    assert batch.values(kept, "n") == [n for n in numbers if reasons[n] is None]
    assert batch.values(dropped, "n") == [n for n in numbers if reasons[n] is not None]
    assert None not in batch.values(dropped, "drop_reason")
    assert kept.schema == dropped.schema == made.schema


def test_reasons_where_none_was_asked():
    assert batch.drop_reasons(rows(["a", "b"])) == [None, None]
    assert batch.drop_reasons(rows(["a"], drop_reason=["x"])) == ["x"]


def test_columns_in_a_schemas_order():
    expected = pa.schema(
        [
            pa.field("state", pa.string(), nullable=False),
            pa.field("n", pa.int64()),
            pa.field("url", pa.string()),
        ]
    )
    made = pa.RecordBatch.from_pydict({"n": pa.array([1, 2], pa.int32()), "other": ["a", "b"]})
    result = batch.project_to_schema(made, expected, state="kept", url=None)
    assert result.schema == expected
    assert result.to_pylist() == [{"state": "kept", "n": n, "url": None} for n in (1, 2)]
    none = batch.project_to_schema(empty(made), expected, state="kept", url=None)
    assert (none.schema, none.num_rows) == (expected, 0)
    result = batch.project_to_schema(made, expected, state="kept", n=7, url="u")
    assert batch.values(result, "n") == [1, 2], "a column goes before a constant"
    assert batch.values(result, "url") == ["u", "u"]


def test_a_column_that_nothing_fills_is_an_error():
    wanted = pa.schema([pa.field("n", pa.int64()), pa.field("url", pa.string())])
    for made in (rows(["a"], n=[1]), empty(rows(["a"], n=[1]))):
        with pytest.raises(ValueError, match="expected a column url of n, url, got text, n"):
            batch.project_to_schema(made, wanted)
