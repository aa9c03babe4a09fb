"""Functions of `import curate` on one text, a list, and tables of any library: one answer."""

import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.filters import GopherQuality
from curate.filters.signals import measure
from curate.steps import edit, judge, record

LIT = "It was late, and the lamps were lit. " * 20
TEXTS = ["Click here!", None, LIT, "", "read more\n" + LIT]
REASONS = ["too_few_words", "no_text", None, "too_few_words", None]


def no_menu(text):
    return text.replace("read more\n", "")


def pandas(columns):
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(columns, index=[10 * n for n in range(len(columns["body"]))])


def polars(columns):
    return pytest.importorskip("polars").DataFrame(columns)


def dataset(columns):
    return pytest.importorskip("datasets").Dataset.from_dict(columns)


TABLES = {
    "pyarrow": pa.table,
    "large": lambda columns: pa.table(
        {**columns, "body": pa.array(columns["body"], pa.large_string())}
    ),
    "chunks": lambda columns: pa.concat_tables(
        [pa.table(columns).slice(0, 2), pa.table(columns).slice(2)]
    ),
    "dictionary": lambda columns: pa.table(
        {**columns, "body": pa.array(columns["body"], pa.string()).dictionary_encode()}
    ),
    "batch": pa.RecordBatch.from_pydict,
    "pandas": pandas,
    "polars": polars,
    "datasets": dataset,
}


def plain(table):
    """Return a table's columns as lists, whatever its library."""
    if isinstance(table, pa.Table | pa.RecordBatch):
        return {name: table[name].to_pylist() for name in table.schema.names}
    if hasattr(table, "column_names"):
        return {name: list(table[name]) for name in table.column_names}
    return {name: [None if one != one else one for one in table[name].to_list()]
            for name in table.columns}  # fmt: skip


@pytest.fixture(params=TABLES)
def make(request):
    return TABLES[request.param]


def columns(**others):
    return {"n": list(range(5)), "body": TEXTS, **others}


def test_a_list_and_each_of_its_texts():
    assert curate.judge(TEXTS, "gopher_quality") == REASONS
    assert [curate.judge(text or "", GopherQuality()) for text in TEXTS] == [
        "too_few_words" if text is None else reason
        for text, reason in zip(TEXTS, REASONS, strict=True)
    ]
    assert curate.judge(pa.array(TEXTS), "gopher_quality") == REASONS
    assert curate.judge([]) == []


def test_a_table_has_one_more_column_and_else_stays_as_it_is(make):
    table = make(columns())
    judged = curate.judge(table, edit(no_menu), "gopher_quality", text="body", reason="why")
    assert type(judged) is type(table)
    texts = [*TEXTS[:4], LIT]
    assert plain(judged) == {"n": list(range(5)), "body": texts, "why": REASONS}
    assert plain(table) == columns(), "the caller's own is as it was"
    if hasattr(judged, "index"):
        assert list(judged.index) == [0, 10, 20, 30, 40]
    if isinstance(table, pa.Table):
        assert judged.schema.field("body").type == table.schema.field("body").type


def test_the_caller_s_columns_may_have_any_name(make):
    names = {"text": ["x"] * 5, "blocks": [1] * 5, "language": ["de"] * 5, "key": [None] * 5}
    judged = curate.judge(make(columns(**names)), "gopher_quality", text="body", reason="why")
    assert plain(judged) == {**columns(**names), "why": REASONS}


def test_rows_that_have_a_reason_keep_it(make):
    first = curate.judge(make(columns()), lambda text: None if text else "none", text="body")
    both = curate.judge(first, "gopher_quality", text="body")
    assert plain(both)["drop_reason"] == ["too_few_words", "no_text", None, "none", None]


def test_rules_on_other_columns_see_them(make):
    rule = record(lambda row: "odd" if row["n"] % 2 else None)
    judged = curate.judge(make(columns()), rule, text="body")
    assert plain(judged)["drop_reason"] == [None, "no_text", None, "odd", None]


@pytest.mark.parametrize("shown", [None, ["n"]])
def test_a_dataset_keeps_its_format_and_shows_the_new_columns(shown):
    formatted = dataset(columns()).with_format("arrow", columns=shown)
    judged = curate.judge(formatted, "gopher_quality", text="body", reason="why")
    assert judged.format["type"] == "arrow"
    assert set(judged[:].schema.names) == {*(shown or columns()), "why"}
    assert judged[:]["why"].to_pylist() == REASONS


def test_measures_and_languages_of_a_table(make):
    measured = plain(curate.measure(make(columns()), text="body", signals=["words", "lines"]))
    assert measured["words"] == [measure(text or "")["words"] for text in TEXTS]
    assert list(measured) == ["n", "body", "words", "lines"]
    result = plain(curate.identify_language(make(columns()), text="body"))
    pairs = list(zip(result["language"], result["language_score"], strict=True))
    assert pairs == curate.identify_language(TEXTS)
    assert pairs[1] == ("und", 0.0)


def test_duplicates_of_a_table(make):
    table = make({"body": [*TEXTS, LIT], "n": list(range(6))})
    result = curate.find_duplicates(table, text="body", threshold=0.9)
    assert result == curate.find_duplicates([*TEXTS, LIT], threshold=0.9)
    assert {one.removed for one in result} == {5}, "the first of equals stays"


def test_an_empty_table(make):
    if make is TABLES["datasets"]:
        pytest.skip("a Dataset without rows has no types")
    empty = make({"n": [], "body": []})
    assert plain(curate.judge(empty, "gopher_quality", text="body"))["drop_reason"] == []


def test_the_default_is_a_recipe_s():
    assert curate.judge(TEXTS[:4]) == curate.judge(
        TEXTS[:4], "gopher_repetition", "gopher_quality",
        *curate.filters.find("c4", terminal_punctuation=False), "fineweb",
    )  # fmt: skip


def test_filters_may_be_a_list_as_in_a_recipe():
    filters = ["gopher_quality", {"c4": {"terminal_punctuation": False}}]
    assert curate.judge(TEXTS, filters) == curate.judge(TEXTS, *filters)


@given(st.lists(st.none() | st.text(max_size=40), max_size=20))
def test_however_they_are_given(texts):
    def rule(text):
        return "odd" if len(text) % 2 else None

    reasons = [None if t is not None and len(t) % 2 == 0 else "odd" if t else "no_text"
               for t in texts]  # fmt: skip
    assert curate.judge(texts, judge(rule)) == reasons
    storable = [t and t.encode("utf-8", "replace").decode() for t in texts]
    table = pa.table({"text": pa.array(storable, pa.string())})
    assert curate.judge(table, rule)["drop_reason"].to_pylist() == reasons


WRONG = {
    "a number": (lambda: curate.judge(5), TypeError, "got int"),
    "bytes": (lambda: curate.judge(b"a text"), TypeError, "got bytes"),
    "a mapping": (lambda: curate.measure({"a": 1}), TypeError, "got dict"),
    "numbers": (lambda: curate.judge(["a", 1]), TypeError, "got int at 1"),
    "bytes in a list": (lambda: curate.identify_language([b"a"]), TypeError, "got bytes at 0"),
    "a column of numbers": (
        lambda: curate.judge(pa.table({"text": [1]})), TypeError,
        "expected a column of texts, got text of int64",
    ),
    "no such column": (
        lambda: curate.measure(pa.table({"a": ["x"], "b": ["y"]})), ValueError,
        "measure: text: expected one of the columns a, b, got text",
    ),
    "no such filter": (lambda: curate.judge("a", "gopher"), ValueError, "no filter 'gopher'"),
    "no filter": (lambda: curate.judge("a", 5), ValueError, "filters: expected a name, "),
    "no code": (
        lambda: curate.judge("a", language="english"), ValueError, "judge: language: .*got english",
    ),
    "no such signal": (
        lambda: curate.measure("a", signals=["wrods"]), ValueError, "expected some of .*got wrods",
    ),
    "one text": (lambda: curate.find_duplicates("a"), TypeError, "got one text"),
    "a threshold": (
        lambda: curate.find_duplicates(["a"], threshold="x"), TypeError,
        "threshold: expected a number above 0 and up to 1, got str",
    ),
    "a banding": (
        lambda: curate.find_duplicates(["a"], banding="default"), TypeError,
        "banding: expected a Banding, .*, got str",
    ),
    "a URL": (lambda: curate.extract_text("", url=5), TypeError, "url: expected a str, got int"),
    "a page": (lambda: curate.extract_text(None), TypeError, r"expected a page \(bytes or str\)"),
    "a filter's text": (lambda: GopherQuality()(None), TypeError, r"expected a text \(str\)"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_types_raise(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_no_library_is_loaded_for_a_text():
    program = "import sys, curate; curate.judge('a', 'c4'); print('pyarrow' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
