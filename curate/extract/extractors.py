"""The extractors by name: each a function from a decoded page to its main text (ours
and readability's with its blocks).

Each is made on first use, for its packages are optional; the error for a missing package names
the extra that installs it. None fetches anything or keeps state from one page to the next.

    combined      ours, the default: see `curate.extract.combined`
    trafilatura   Barbaresi 2021; its precision mode is what FineWeb used
    resiliparse   Bevendorff et al. 2018; DCLM's extractor
    justext       Pomikálek 2011, by stop words of all its languages; The Pile's
    readability   readability-lxml, arc90's algorithm
    newspaper     newspaper4k; OpenWebText2's, in an older form
"""

import importlib
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from curate.extras import install
from curate.text.blocks import Written

Run = Callable[[str, str | None], Written]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """One extractor: its factory, its packages and its capabilities.

    `make(precision, markdown)` returns the function (page, url) -> text.
    """

    make: Callable[[bool, bool], Run]
    modules: tuple[str, ...]
    distributions: tuple[str, ...]
    extra: str
    precision: bool = False
    markdown: bool = False


def missing(name: str) -> str | None:
    """Return what to install for an extractor, or None if nothing is missing.

    Raises KeyError if there is no extractor of this name.
    """
    extractor = EXTRACTORS[name]
    absent = [module for module in extractor.modules if not _found(module)]
    if not absent:
        return None
    return (
        f"the extractor {name} needs packages that are not installed ({', '.join(absent)}): "
        f"{install(extractor.extra)}"
    )


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module in sys.modules without a spec, or None
        return False


@cache
def load(name: str, precision: bool, markdown: bool) -> Run:
    """Return the function (page, url) -> text of an extractor.

    Raises:
        ValueError: it has no precision mode, or writes no Markdown.
        ImportError: the packages it needs are not installed.
    """
    extractor = EXTRACTORS[name]
    for wanted, able, feature in (
        (precision, extractor.precision, "precision"),
        (markdown, extractor.markdown, "markdown"),
    ):
        if wanted and not able:
            able_ones = ", ".join(sorted(n for n, e in EXTRACTORS.items() if getattr(e, feature)))
            raise ValueError(f"{feature}: expected an extractor of {able_ones}, got {name}")
    try:
        return extractor.make(precision, markdown)
    except ImportError as error:
        message = missing(name) or f"the extractor {name} cannot be imported: {error}"
        raise ImportError(message) from error


def _combined(precision: bool, markdown: bool) -> Run:
    combined = importlib.import_module("curate.extract.combined")
    importlib.import_module("curate.extract.combined.line_classifier").load()

    def run(page: str, _: str | None) -> Written:
        written: Written = combined.main_content(page, precision=precision, markdown=markdown)
        return written

    return run


def _trafilatura(precision: bool, markdown: bool) -> Run:
    trafilatura = importlib.import_module("trafilatura")
    external = importlib.import_module("trafilatura.external")
    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    freeze_stop_list(external)

    def run(page: str, url: str | None) -> Written:
        text = trafilatura.extract(
            page,
            url=url,
            output_format="markdown" if markdown else "txt",
            favor_precision=precision,
            include_comments=False,
            deduplicate=False,  # its cache would make output depend on the order of pages
            with_metadata=False,
        )
        return Written(text or "")

    return run


def freeze_stop_list(external: ModuleType) -> Any:
    """Make trafilatura's stop list a frozenset, if it is still the tuple we know; return it.

    It is the key of a cache in justext, so a tuple of 154,484 words is hashed at each call;
    a frozenset caches its hash. Measured with trafilatura 2.3.1.
    """
    make = getattr(external, "jt_stoplist_init", None)
    if callable(make) and getattr(external, "JT_STOPLIST", ()) is None:
        words = make()
        if isinstance(words, tuple) and external.JT_STOPLIST is words:
            external.__dict__["JT_STOPLIST"] = frozenset(words)
    return getattr(external, "JT_STOPLIST", None)


def _resiliparse(_: bool, __: bool) -> Run:
    module = importlib.import_module("resiliparse.extract.html2text")

    def run(page: str, _: str | None) -> Written:
        return Written(module.extract_plain_text(page, main_content=True, alt_texts=False))

    return run


def _justext(_: bool, __: bool) -> Run:
    justext = importlib.import_module("justext")
    words = frozenset(
        word for language in justext.get_stoplists() for word in justext.get_stoplist(language)
    )

    def run(page: str, _: str | None) -> Written:
        paragraphs = justext.justext(page, words)
        return Written(
            "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)
        )

    return run


def _readability(_: bool, markdown: bool) -> Run:
    readability = importlib.import_module("readability")
    lines, tree, render = map(
        importlib.import_module,
        [f"curate.extract.combined.{name}" for name in ("lines", "tree", "render")],
    )
    logging.getLogger("readability").setLevel(logging.CRITICAL)

    def run(page: str, url: str | None) -> Written:
        summary = readability.Document(page, url=url).summary(html_partial=True)
        parsed = tree.parse(summary)
        every = lines.lines(parsed)
        written: Written = render.render(parsed, every, range(len(every)), markdown=markdown)
        return written

    return run


def _newspaper(_: bool, __: bool) -> Run:
    with warnings.catch_warnings():  # its summaries lack a package; they are not used
        warnings.simplefilter("ignore")
        newspaper = importlib.import_module("newspaper")

    def run(page: str, url: str | None) -> Written:
        article = newspaper.Article(url or "http://localhost/", fetch_images=False)
        article.download(input_html=page)
        article.parse()
        return Written(str(article.text))

    return run


EXTRACTORS: dict[str, Extractor] = {
    "combined": Extractor(
        make=_combined,
        modules=("lxml",),
        distributions=("lxml",),
        extra="extract",
        precision=True,
        markdown=True,
    ),
    "trafilatura": Extractor(
        make=_trafilatura,
        modules=("trafilatura", "lxml_html_clean"),
        distributions=(
            "trafilatura", "lxml", "justext", "charset-normalizer", "lxml_html_clean", "courlan"
        ),
        extra="extract",
        precision=True,
        markdown=True,
    ),
    "resiliparse": Extractor(
        make=_resiliparse,
        modules=("resiliparse",),
        distributions=("resiliparse",),
        extra="extractors",
    ),
    "justext": Extractor(
        make=_justext,
        modules=("justext", "lxml_html_clean"),
        distributions=("justext", "lxml", "lxml_html_clean"),
        extra="extractors",
    ),
    "readability": Extractor(
        make=_readability,
        modules=("readability", "lxml_html_clean"),
        distributions=("readability-lxml", "lxml", "cssselect", "chardet", "lxml_html_clean"),
        extra="extractors",
        markdown=True,
    ),
    "newspaper": Extractor(
        make=_newspaper,
        modules=("newspaper", "lxml_html_clean"),
        distributions=("newspaper4k", "lxml", "lxml_html_clean", "tldextract"),
        extra="extractors",
    ),
}  # fmt: skip
