"""What tests of several kinds of source share."""

import pytest

from curate.store import file_blocks as blocks


@pytest.fixture(scope="class")
def small_blocks():
    """Blocks of 8 bytes, for all examples of a test (function scope would be for one)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 8)
        yield
