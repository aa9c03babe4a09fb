"""The run whose page is looked at."""

import pytest

from report.page_case import written


@pytest.fixture
def out(tmp_path):
    """Return OUT of a run whose texts, ids and names are as hostile as can be."""
    return written(tmp_path)
