"""The door to Spark: same case, every door; tasks and rows go where they should."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F  # noqa: N812

from curate import batch, recipe, steps
from curate.spark import batches
from curate.stages import filter as filter_
from curate.steps import edit, judge, record
from curate.store.keys import text_hash
from curate.store.units import Unit

RECIPE = recipe.parse(
    {
        "sources": {"crawl": {"kind": "warc", "path": "x"}},
        "filters": ["gopher_repetition", {"gopher_quality": {"too_few_words": 10}}, "c4"],
    },
    Path("/"),
)
PROSE = (
    "The river had been rising for three days when the people of the village began to move.\n"
    "They carried what they could to the old mill on the hill, and nobody said very much.\n"
    "On the fourth morning the water stood still, and by evening it was going down again.\n"
)
TEXTS = {
    "prose": PROSE,
    "prose with a line that goes": PROSE + "no end of sentence\n",
    "German": "Der Fluss war drei Tage lang gestiegen, als die Leute im Dorf zu packen begannen. "
    * 3,
    "too short": "The end of it.",
    "the same again and again": "The same line is here once more, and that is all.\n" * 30,
    "placeholder": PROSE + "Lorem ipsum dolor sit amet.\n",
    "a brace": PROSE + "if (x) { return 1; }\n",
    "nothing": "",
    "null": None,
    "symbols": "# " * 100,
}


def by_strings(text):
    """Return (text, language, score, reason) by the functions of one text."""
    model = filter_.language_model(RECIPE)
    language, score = model.identify(text or "")
    reason = model.judge(language, score)
    if reason is not None:
        return text, language, score, reason
    if text is None:
        return text, language, score, "no_text"
    edited, reason = steps.apply(RECIPE.steps(), text)
    return text if reason else edited, language, score, reason


@pytest.fixture(scope="module")
def wanted():
    answers = [by_strings(text) for text in TEXTS.values()]
    assert len({reason for *_, reason in answers}) >= 5, "cases for several reasons, and for none"
    return answers


COLUMNS = ("text", "language", "language_score", "drop_reason")


def test_a_batch_gives_the_answers_of_the_functions(wanted):
    made = pa.RecordBatch.from_pydict({"text": pa.array(TEXTS.values(), pa.string())})
    found = filter_.rules(RECIPE)(made)
    assert list(zip(*(batch.values(found, name) for name in COLUMNS), strict=True)) == wanted


def test_spark_gives_the_answers_of_the_functions(spark, wanted):
    frame = spark.createDataFrame(list(enumerate(TEXTS.values())), "n int, text string")
    found = batches.map_batches(frame.repartition(2), filter_.rules(RECIPE))
    assert found.columns == ["n", *COLUMNS]
    rows = {row["n"]: tuple(row[name] for name in COLUMNS) for row in found.collect()}
    assert rows == dict(enumerate(wanted))


def test_functions_of_ones_own_on_a_frame(spark):
    chain = [
        edit(str.strip),
        judge(lambda text: "short" if len(text) < 2 else None),
        record(lambda row: "odd" if row["n"] % 2 else None),
    ]
    data = [(n, " x" * n) for n in range(1, 6)]
    frame = spark.createDataFrame(data, "n long, text string")
    both = batch.chain([batch.judge(chain), batch.measure_text])
    found = batches.map_batches(frame, both)
    rows = {row["n"]: row.asDict() for row in found.collect()}
    for n, text in data:
        edited, reason = steps.apply(chain, text, {"n": n})
        kept = text if reason else edited
        assert rows[n] == {
            "n": n,
            "text": kept,
            "drop_reason": reason,
            "text_hash": text_hash(kept),
            "characters": len(kept),
        }


def test_a_frame_without_rows_keeps_its_columns(spark):
    frame = spark.createDataFrame([], "n long, text string")
    found = batches.map_batches(frame, filter_.rules(RECIPE))
    assert found.columns == ["n", *COLUMNS]
    assert found.collect() == []


def test_types_that_spark_has():
    schema = pa.schema(
        [pa.field("hash", pa.binary(16), nullable=False), pa.field("text", pa.string())]
    )
    plain = batches.plain_schema(schema)
    assert plain.field("hash") == pa.field("hash", pa.binary(), nullable=False)
    assert plain.field("text") == schema.field("text")


def test_each_task_has_a_partition_of_its_own(spark):
    tasks = [[Unit(f"{n:06d}", f'{{"n": {n}}}', n), Unit("x", "é\n", 2)][: n % 3] for n in range(7)]
    schema = pa.schema([pa.field("rows", pa.string())])

    def rows(several):
        told = repr([[tuple(unit) for unit in task] for task in batches.task_rows(several)])
        yield pa.RecordBatch.from_pydict({"rows": [told]})

    own = batches.tasks_session(spark)
    frame = batches.map_partitions(batches.tasks_frame(own, tasks), rows, schema)
    found = sorted(row["rows"] for row in frame.collect())
    assert found == sorted(repr([[tuple(unit) for unit in task]]) for task in tasks)


def test_the_caller_s_session_stays_as_it_is(spark):
    before = dict(spark.conf.getAll)
    own = batches.tasks_session(spark)
    assert dict(spark.conf.getAll) == before
    assert own.conf.get("spark.sql.session.timeZone") == "UTC"
    assert own.sparkContext is spark.sparkContext


def test_tasks_come_back_from_their_batches():
    made = pa.RecordBatch.from_pydict({"task": ['[["a", "1", 7]]', "[]"]})
    assert list(batches.task_rows([made, made.slice(0, 0), made.slice(1)])) == [
        [Unit("a", "1", 7)],
        [],
        [],
    ]


def test_each_salt_goes_to_its_partition(spark):
    for partitions in range(1, 21):
        salts = batches.partition_salts(partitions)
        assert len(salts) == partitions
        frame = spark.createDataFrame(list(enumerate(salts)), "number int, salt long")
        placed = frame.repartition(partitions, batches.SALT)
        rows = placed.select("number", F.spark_partition_id().alias("at")).collect()
        assert sorted((row["number"], row["at"]) for row in rows) == [
            (number, number) for number in range(partitions)
        ]


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=200))
@settings(max_examples=5)
def test_longs_are_hashed_as_spark_hashes_them(spark_session, values):
    frame = spark_session.createDataFrame([(value,) for value in values], "value long")
    wanted = [row["h"] for row in frame.selectExpr("hash(value) as h").collect()]
    assert batches.spark_hash(np.array(values, np.int64)).tolist() == wanted
