"""One Spark session for the run, started when the first test asks for it.

Every test below this folder carries the marker `spark`. Between tests the session is put
back: cached frames, temporary views, settings.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from curate.spark.session import QUICK, session, stop

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session itself; tests take `spark`, which also tidies up after them."""
    log = tmp_path_factory.mktemp("spark") / "spark.log"
    spark = session("local[2]", log=log, settings=QUICK)
    yield spark
    stop(spark)


@pytest.fixture
def spark(spark_session: SparkSession) -> Iterator[SparkSession]:
    before = spark_session.conf.getAll
    yield spark_session
    spark_session.catalog.clearCache()
    for table in spark_session.catalog.listTables():
        if table.isTemporary:
            spark_session.catalog.dropTempView(table.name)
    after = spark_session.conf.getAll
    for key in after.keys() - before.keys():
        spark_session.conf.unset(key)
    for key, value in before.items():
        if after.get(key) != value:
            spark_session.conf.set(key, value)
