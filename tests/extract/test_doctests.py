"""The examples in the docstrings are true."""

import doctest
import importlib

import pytest

MODULES = ["bodies", "encoding", "guess", "html", "kinds", "labels", "members", "records", "warc"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"curate.extract.{name}")).failed == 0
