"""The engines that stages run on in tests: the local one; where rows are compared, Spark too."""

from collections.abc import Iterator

import pytest

from curate.cli.engines import PRELOAD
from curate.engine.local import LocalEngine
from curate.engine.verbs import Engine


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """The engine without a JVM; its processes start where a test first needs them."""
    engine = LocalEngine(2, str(tmp_path_factory.mktemp("exchange")), PRELOAD)
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
