"""Filters, one module per paper: rules that drop a text or cut parts of it.

Each filter is a callable on one `str`: `GopherQuality()(text)` returns the reason to drop the
text, or None. A recipe names filters, `find` returns the steps of one; see
`curate.filters.finding`. A new filter is one new module here, with a mapping FILTERS (name in a
recipe -> its class), and its cases.
"""

from curate._lazy import listing
from curate.filters.c4 import C4
from curate.filters.finding import find, paths, reasons, schema
from curate.filters.fineweb import FineWebQuality
from curate.filters.gopher import GopherQuality, GopherRepetition
from curate.filters.pii import MaskPII
from curate.filters.refinedweb import RefinedWeb
from curate.filters.signals import measure
from curate.filters.url import UrlRules
from curate.text.views import Text

__all__ = [
    "C4",
    "FineWebQuality",
    "GopherQuality",
    "GopherRepetition",
    "MaskPII",
    "RefinedWeb",
    "Text",
    "UrlRules",
    "find",
    "measure",
    "paths",
    "reasons",
    "schema",
]
__dir__ = listing(__name__, __all__)
