"""What every test may use: the folder of real data, where there is one."""

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Files of whole runs, longest first: where several processes share the files out, none is left
# alone with a long one at the end. As measured with --durations; the others are short.
LONGEST = (
    "test_resume.py",
    "test_object_store.py",
    "test_submit.py",
    "test_pipeline.py",
    "test_demo_command.py",
    "test_recipes_run.py",
    "test_session.py",
    "test_quality.py",
    "test_interrupt.py",
    "test_java.py",
    "test_setup.py",
)

# How long an example takes is the machine's affair: a busy one must not fail a test.
hypothesis.settings.register_profile("curate", deadline=None)
hypothesis.settings.load_profile("curate")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


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
