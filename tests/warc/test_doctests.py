"""The examples in the docstrings are true, also where an optional package is missing."""

import doctest
import importlib

import pytest

MODULES = [
    *(f"curate.encoding.{name}" for name in ("binary", "decode", "detect", "labels", "wide")),
    *(f"curate.warc.{name}" for name in ("arc", "bodies", "http_head", "kinds", "media_types")),
    *(f"curate.warc.{name}" for name in ("members", "reader", "records")),
    "curate.extract.html",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
