"""Every test below this folder carries the marker `spark`."""

from pathlib import Path

import pytest

# A program; pyspark ends a process that imports it without grpcio.
collect_ignore = ["on_connect.py"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.spark)
