"""The functions on DataFrames: the answers of the library and of the stages, the caller's columns.

Each test leaves the session's settings as they were (`caller`).
"""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from warc.archives import archive, http, member, page, response

import curate.spark as cs
from curate import batch, recipe
from curate.filters import GopherQuality, measure
from curate.filters.language import Language
from curate.sources.reading import records
from curate.stages import filter as filter_
from curate.steps import edit, record

PROSE = (
    "The river had been rising for three days when the people of the village began to move.\n"
    "They carried what they could to the old mill on the hill, and nobody said very much.\n"
    "On the fourth morning the water stood still, and by evening it was going down again.\n"
)
TEXTS = {
    "prose": PROSE,
    "a line that goes": PROSE + "no end of sentence\n",
    "German": "Der Fluss war drei Tage lang gestiegen, als die Leute zu packen begannen. " * 3,
    "too short": "The end of it.",
    "again and again": "The same line is here once more, and that is all.\n" * 30,
    "placeholder": PROSE + "Lorem ipsum dolor sit amet.\n",
    "nothing": "",
    "null": None,
}
FILTERS = ["gopher_repetition", {"gopher_quality": {"too_few_words": 10}}, "c4"]


@pytest.fixture
def caller(spark):
    """The caller's session, whose settings are looked at afterwards."""
    before = dict(spark.conf.getAll)
    yield spark
    assert dict(spark.conf.getAll) == before


def documents(spark, texts=TEXTS):
    """Return texts under names of the caller's, beside columns of types that must come through."""
    rows = [(n, text, {"k": [n]}, [n, None]) for n, text in enumerate(texts.values())]
    schema = "n int, body string, Data map<string,array<int>>, more array<int>"
    frame = spark.createDataFrame(rows, schema)
    others = (
        "interval '3' day * n AS span",
        "timestamp_ntz '2024-01-02' AS at",
        "timestamp '2024-01-02 03:04:05 Asia/Tokyo' AS zoned",
        "cast(n AS decimal(20, 3)) AS money",
        "named_struct('a', n, 'b', array(map('x', cast(body AS binary)))) AS deep",
    )
    return frame.selectExpr("*", *others)


def by_n(frame, *names):
    return [
        tuple(row[name] for name in names) for row in sorted(frame.collect(), key=lambda r: r.n)
    ]


def test_language_and_filters_are_those_of_the_stage(caller):
    """A recipe's filter stage, as one batch function, beside the two functions in a row."""
    made = {"sources": {"crawl": {"kind": "warc", "path": "x"}}, "filters": FILTERS}
    rules = filter_.rules(recipe.parse(made, Path("/")))
    rows = rules(pa.RecordBatch.from_pydict({"text": pa.array(TEXTS.values(), pa.string())}))
    names = ("text", "language", "language_score", "drop_reason")
    wanted = list(zip(*(batch.values(rows, name) for name in names), strict=True))
    assert len({reason for *_, reason in wanted}) >= 5
    frame = documents(caller)
    found = frame.transform(
        cs.identify_language, text="body", language="lang", score="sure", keep=["en"], reason="why"
    ).transform(cs.judge, *FILTERS, text="body", language="lang", reason="why")
    assert found.columns == [*frame.columns, "lang", "sure", "why"]
    others = [name for name in frame.columns if name != "body"]
    assert [found.schema[name] for name in others] == [frame.schema[name] for name in others]
    assert by_n(found, "body", "lang", "sure", "why") == wanted
    assert by_n(found, *others) == by_n(frame, *others)
    left = cs.keep(found, reason="why")
    assert left.columns == [*frame.columns, "lang", "sure"]
    assert [n for (n,) in by_n(left, "n")] == [n for n, row in enumerate(wanted) if row[3] is None]


def test_language_alone_drops_nothing(caller):
    found = cs.identify_language(documents(caller), text="body")
    model = Language()
    wanted = [model.identify(text or "") for text in TEXTS.values()]
    assert by_n(found, "language", "language_score") == wanted
    assert "drop_reason" not in found.columns


def test_filters_in_every_form(caller):
    """Functions, objects, steps that look at other columns, a reason that was there before."""
    frame = documents(caller).selectExpr("*", "IF(n = 0, 'mine', NULL) AS drop_reason")
    several = (
        edit(lambda text: text.replace("Lorem", "")),
        record(lambda row: "third" if row["n"] == 2 and row["Data"] else None),
        GopherQuality(),
    )
    found = cs.judge(frame, *several, text="body")
    rows = by_n(found, "body", "drop_reason")
    assert rows[0] == (PROSE, "mine")
    assert rows[2][1] == "third"
    assert rows[-1] == (None, "no_text")
    assert rows[5][0] == TEXTS["placeholder"] or rows[5][1] is None
    quality = GopherQuality()
    assert rows[3][1] == quality(TEXTS["too short"])
    assert found.columns == frame.columns


def test_signals(caller):
    some = cs.measure(documents(caller), text="body", signals=["words", "top_2_gram"], prefix="s_")
    wanted = [
        (None, None) if text is None else tuple(measure(text)[n] for n in ("words", "top_2_gram"))
        for text in TEXTS.values()
    ]
    assert by_n(some, "s_words", "s_top_2_gram") == wanted
    every = cs.measure(documents(caller), text="body")
    assert set(every.columns) - set(documents(caller).columns) == set(measure(""))
    with pytest.raises(ValueError, match="expected no column characters yet"):
        cs.measure(every, text="body")
    with pytest.raises(ValueError, match=r"measure: expected signals of .*, got nothing"):
        cs.measure(every, text="body", signals=["nothing"])


LIST = b"<html><head><title>News</title></head><body><h1>Head</h1><p>%s</p><ul><li>a b</ul></body>"
PAGES = [
    response(1, LIST % PROSE.encode().replace(b"\n", b" ")),
    member(
        block=http(
            "<p>Blühende Gärten, wohin man schaut.</p>".encode("latin-1") * 9,
            "Content-Type: text/html; charset=iso-8859-1",
        ),
        url="http://example.org/2",
        n=2,
    ),
    response(3, page(3)),
    response(4, b"<html><body><script>var x</script></body></html>"),
    member(block=http(b"\x89PNG\r\n\x1a\n", "Content-Type: image/png"), url="http://e.org/5", n=5),
    member("request", b"GET / HTTP/1.1\r\n\r\n", url="http://example.org/1", n=60),
    member(block=http(b"gone", status="404 Not Found"), url="http://example.org/6", n=6),
]


def test_archives_are_extracted_as_by_the_stage(caller, tmp_path):
    data, _ = archive(PAGES)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(data + b"damage" * 20)
    frame = cs.read_warc(caller, str(path)).repartition(3)
    found = cs.extract(frame, text="body", reason="why")
    assert found.columns == [*frame.columns, "body", "title", "blocks", "why"]
    rows = {row.id: row for row in found.collect()}
    assert len(rows) == 4
    wanted = [row for _, row in records(str(path), "warc") if row.get("state") != "skipped"]
    wanted = [row for row in wanted if row.get("state") != "damaged"]
    assert len(wanted) == 4
    for one in wanted:
        row = rows[one["id"]]
        assert (row.body, row.title, row.why) == (
            one.get("text"), one.get("title"), one.get("reason"),
        )  # fmt: skip
        blocks = None if row.blocks is None else [block.asDict() for block in row.blocks]
        assert blocks == one.get("blocks")
    assert {row.why for row in rows.values()} == {None, "no_text"}
    assert cs.read_warc(caller, str(path), types=("request",), pages=False).count() == 2


def test_blocks_reach_the_filters(caller):
    """Prose alone is measured where the parts of a page are known."""
    body = LIST % PROSE.encode() + b"<table>" + b"<tr><td>1<td>2</tr>" * 80 + b"</table>"
    frame = caller.createDataFrame([(0, body.decode())], "n int, html string")
    made = cs.extract(frame, html="html").cache()
    prose = cs.measure(made, signals=["words"]).first().words
    whole = cs.measure(made, signals=["words"], blocks=None).first().words
    assert 40 < prose < whole


MISTAKES = {
    "no such column": (
        lambda f: cs.judge(f, "c4"), "judge: expected a column text, got n, body, Data, more"
    ),
    "another type": (
        lambda f: cs.judge(f, "c4", text="n"), "judge: expected n of type string, got int"
    ),
    "no filter": (lambda f: cs.judge(f, text="body"), "judge: expected filters"),
    "no such filter": (lambda f: cs.judge(f, "c5", text="body"), "there is no filter 'c5'"),
    "no function": (lambda f: cs.judge(f, 7, text="body"), "filters: expected a name, a function"),
    "no such language": (
        lambda f: cs.identify_language(f, text="body", keep=["xx"]),
        "keep: expected ISO 639 codes .*, got 'xx'",
    ),
    "no such extractor": (
        lambda f: cs.extract(f, html="body", extractor="x"),
        "extract: extractor: expected 'combined'.* got 'x'",
    ),
    "a column one named": (
        lambda f: cs.extract(f, html="body", url="link"), "extract: expected a column link"
    ),
    "blocks of another type": (
        lambda f: cs.measure(f, text="body", blocks="more"), "expected more of type array<struct"
    ),
    "no reason": (cs.keep, "keep: expected a column drop_reason"),
    "a type that Arrow has not": (
        lambda f: cs.judge(f.selectExpr("body", "make_ym_interval(1) AS y"), "c4", text="body"),
        "expected columns that Spark sends to Python, got y of type interval year to month",
    ),
    "a column twice": (
        lambda f: cs.judge(f.selectExpr("body", "n AS body"), "c4", text="body"),
        "judge: expected a column body, got two of it",
    ),
}  # fmt: skip


TYPES = {
    "no frame": (
        lambda _: cs.judge(pa.table({"text": ["a"]}), "c4"), "of Spark, got pyarrow.Table"
    ),
    "codes": (
        lambda f: cs.identify_language(f, text="body", keep="en"),
        r"keep: expected a list, such as \['en'\], got 'en'",
    ),
    "an order": (
        lambda f: cs.duplicates(f, id="n", text="body", order_by="-n"), "order_by: expected a list"
    ),
    "signals": (lambda f: cs.measure(f, text="body", signals="words"), "signals: expected a list"),
    "record types": (
        lambda f: cs.read_warc(f.sparkSession, "a", types="response"), "types: expected a list"
    ),
    "a path first": (lambda f: cs.read_warc("a", f.sparkSession), "expected a SparkSession, then"),
    "a path of a model": (lambda f: cs.score(f, "a.model", text="body"), "expected a model"),
    "a number of benchmarks": (
        lambda f: cs.decontaminate(f, 5, id="n", text="body"), "expected benchmarks as paths"
    ),
    "weights": (lambda f: cs.mix(f, ["a"], id="body"), r"expected weights as \{source: share\}"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), TYPES.values(), ids=TYPES)
def test_wrong_types_are_told_before_anything_runs(caller, call, message):
    with pytest.raises(TypeError, match=message):
        call(documents(caller))


@pytest.mark.parametrize(("call", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_before_anything_runs(caller, call, message):
    with pytest.raises(ValueError, match=message):
        call(documents(caller))


# --- the module itself -------------------------------------------------------------------------


def test_names():
    assert [name for name in dir(cs) if not name.startswith("__")] == sorted(cs.__all__)
    for name in cs.__all__:
        function = getattr(cs, name)
        assert function.__name__ == name
        assert function.__doc__
    with pytest.raises(AttributeError, match="no attribute 'none'"):
        _ = cs.none


def test_names_are_known_without_what_they_need():
    program = "import sys, curate.spark; print('pyarrow' in sys.modules, 'pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_an_old_spark_is_refused(tmp_path):
    (tmp_path / "pyspark").mkdir()
    (tmp_path / "pyspark" / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "pyspark" / "version.py").write_text('__version__: str = "3.5.6"\n')
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import curate.spark"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "ImportError: curate.spark: expected pyspark 4.0 or later, got 3.5.6" in done.stderr
