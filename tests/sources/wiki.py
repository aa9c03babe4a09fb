"""Dumps of wikis made for tests."""

import bz2
from xml.sax.saxutils import escape

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>dewiki</dbname>
    <base>https://de.wikipedia.org/wiki/Wikipedia:Hauptseite</base>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Datei</namespace>
      <namespace key="14" case="first-letter">Kategorie</namespace>
    </namespaces>
  </siteinfo>
"""
TAIL = "</mediawiki>\n"


def page(number, text="words", *, title=None, ns=0, redirect=False, model="wikitext"):
    """Return a page as MediaWiki writes it."""
    to = '    <redirect title="Other" />\n' if redirect else ""
    return (
        f"  <page>\n    <title>{escape(title or f'Page {number}')}</title>\n    <ns>{ns}</ns>\n"
        f"    <id>{number}</id>\n{to}    <revision>\n      <id>{number}7</id>\n"
        f"      <timestamp>2024-05-06T07:08:09Z</timestamp>\n      <model>{model}</model>\n"
        f'      <text bytes="9" xml:space="preserve">{escape(text)}</text>\n'
        "    </revision>\n  </page>\n"
    )


def multistream(pages, several=3):
    """Return a dump as Wikimedia packs it: head, several pages, …, tail, each a bzip2 stream."""
    parts = ["".join(pages[at : at + several]) for at in range(0, len(pages), several)]
    return b"".join(bz2.compress(part.encode()) for part in [HEAD, *parts, TAIL])


def cut_anywhere(pages, size):
    """Return a dump as pbzip2 packs it: a stream every so many bytes, wherever that falls."""
    data = (HEAD + "".join(pages) + TAIL).encode()
    return b"".join(bz2.compress(data[at : at + size]) for at in range(0, len(data), size))
