"""The engines that stages run on in tests: the local one; where rows are compared, Spark too."""

from collections.abc import Iterator

import pytest

from curate.engine.local import LocalEngine
from curate.engine.verbs import Engine


@pytest.fixture
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """The engine without a JVM."""
    engine = LocalEngine(2, scratch=str(tmp_path_factory.mktemp("exchange")))
    yield engine
    engine.close()


@pytest.fixture(params=["local", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    if request.param == "local":
        engine: Engine = request.getfixturevalue("local")
        return engine
    from curate.spark.engine import SparkEngine

    return SparkEngine.of(request.getfixturevalue("spark"))
