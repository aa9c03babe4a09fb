"""What every test may use: the folder of real data, engines, and a Spark session."""

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from _pytest.doctest import DoctestModule

if TYPE_CHECKING:
    from pipeline.runs import Reference
    from pyspark.sql import SparkSession

    from curate.engine.local import LocalEngine
    from curate.engine.verbs import Engine

ROOT = Path(__file__).resolve().parents[1]

# The order of files that take long, as measured with --durations; the others are short. Each
# process has the next file in hand before it ends one. The first three begin at once: the
# reference run, which compiles kernels; the tests of the session; files that need neither. The
# three after them come right behind those and are short, the rest come longest first: so none is
# left with a long file at the end, and two processes seldom compile the same kernels.
LONGEST = (
    "spark/test_cluster.py",  # of test-slow, as those of whole runs below
    "pipeline/test_resume.py",
    "spark/test_session.py",
    "tests/test_recipe_hostile.py",
    "tests/test_conventions.py",
    "tests/test_benchmarks.py",
    "report/test_page_in_browser.py",
    "text/test_tokenizers.py",
    "pipeline/test_run.py",
    "pipeline/test_recipes_run.py",
    "pipeline/test_object_store.py",
    "spark/test_submit.py",
    "spark/test_interrupt.py",
    "pipeline/test_demo_command.py",
    "tests/test_setup.py",
    "tests/test_typing.py",
    "tests/test_faults.py",
    "sources/test_mediawiki.py",
    "tests/test_sample.py",
    "tests/test_docs.py",
    "extract/test_compiled.py",
    "quality/test_pretrained.py",
    "filters/test_language.py",
    "stages/test_quality.py",
    "stages/test_passages.py",
    "stages/test_contained.py",
    "stages/test_near_rounds.py",
    "stages/test_several_models.py",
    "dedup/test_duplicates.py",
    "dedup/test_minhash.py",
    "text/test_spacy_tokens.py",
    "stages/test_signals.py",
    "tests/test_supply.py",
    "tests/test_verify.py",
    "tests/test_java.py",
    "pack/test_files.py",
    "dedup/test_clusters.py",
    "pipeline/test_plan_stages.py",
    "scaffold/test_init.py",
)

# Tests that take the session. Three files of tests/spark have processes of their own.
OWN = "cluster|submit|interrupt"
SPARK = re.compile(rf"^tests/spark/(?!test_({OWN})\.py)|\[spark\b|::test_spark_|session")

# How long an example takes is the machine's affair: a busy one must not fail a test.
# The same examples each time, so that a change is what makes a test fail; others are sought with
# CURATE_TEST_RANDOM=1.
hypothesis.settings.register_profile(
    "curate", deadline=None, derandomize="CURATE_TEST_RANDOM" not in os.environ
)
hypothesis.settings.load_profile("curate")


class WithExamples:
    """Doctests are sought only in files that have some: pytest imports what it looks into."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path) -> Any:
        found = yield
        if file_path.suffix == ".py" and (
            file_path.is_relative_to(ROOT / "tests") or b">>> " not in file_path.read_bytes()
        ):
            return [one for one in found if not isinstance(one, DoctestModule)]
        return found


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(WithExamples())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Any:
    """Collect without garbage collection, and leave thousands of tests out of it afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return a scheduler that gives each file to one process, and to one all that need Spark.

    A session takes fifteen seconds to start, and its JVM is slow at first: one is enough.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "spark" if SPARK.search(nodeid) else super()._split_scope(nodeid)

    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get("/".join(item.path.parts[-2:]), len(order)))


def shared_data() -> Path | None:
    """Return the folder of real archives and references beside this checkout, or None."""
    for folder in (os.environ.get("CURATE_TEST_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "README.md").exists():
            return Path(folder)
    return None


@pytest.fixture(scope="session")
def data() -> Path:
    folder = shared_data()
    if folder is None:
        pytest.skip("the real data is not on this machine (set CURATE_TEST_DATA to its folder)")
    return folder


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> "Reference":
    """A recipe with every stage and an undisturbed run of it, which all processes share."""
    from pipeline.runs import reference_in

    folder = tmp_path_factory.getbasetemp()
    return reference_in(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SparkSession]":
    """One Spark session for the run, started when the first test asks for it.

    Tests take `spark`, which also tidies up after them.
    """
    from curate.spark.session import session, stop
    from curate.spark.settings import QUICK

    log = tmp_path_factory.mktemp("spark") / "spark.log"
    spark = session("local[2]", log=log, settings=QUICK)
    yield spark
    stop(spark)


@pytest.fixture
def spark(spark_session: "SparkSession") -> "Iterator[SparkSession]":
    """The session; afterwards cached frames, temporary views and settings are as before."""
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


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LocalEngine]":
    """The engine without a JVM; its processes start where a test first needs them."""
    from curate.api.engines import PRELOAD
    from curate.engine.local import LocalEngine

    engine = LocalEngine(2, str(tmp_path_factory.mktemp("exchange")), PRELOAD)
    yield engine
    engine.close()


@pytest.fixture(params=["local", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> "Iterator[Engine]":
    """Each engine in turn, where rows or bytes are compared; most tests take `local`."""
    if request.param == "local":
        yield request.getfixturevalue("local")
        return
    from pyspark import cloudpickle

    from curate.spark.engine import SparkEngine

    # Spark's workers cannot import a test: they are sent its functions.
    cloudpickle.register_pickle_by_value(request.module)
    yield SparkEngine.of(request.getfixturevalue("spark"))
    cloudpickle.unregister_pickle_by_value(request.module)
