"""E-books made for tests."""

import io
import zipfile

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
TYPE = "application/xhtml+xml"


def chapter(number, body=None):
    words = body or f"<h1>Chapter {number}</h1><p>Words of <i>chapter</i>\n {number}.</p>"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>T</title><style>p {{}}</style></head><body>{words}</body></html>"
    )


def ebook(chapters, *, order=None, extra="", guide="", files=(), refs="", container=CONTAINER):
    """Return an EPUB of chapters; what a reader only finds the way with is there too."""
    names = [f"c{n}" for n in range(len(chapters))]
    items = "".join(f'<item id="{n}" href="{n}.xhtml" media-type="{TYPE}"/>' for n in names)
    spine = "".join(f'<itemref idref="{n}"/>' for n in order or names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>'
        f'{items}<item id="nav" href="nav.xhtml" media-type="{TYPE}" properties="nav"/>'
        f'<item id="cover" href="cover.xhtml" media-type="{TYPE}"/>'
        f'<item id="pic" href="p.png" media-type="image/png"/>{extra}</manifest>'
        f'<spine><itemref idref="cover"/><itemref idref="nav"/>{spine}{refs}</spine>'
        f'<guide><reference type="cover" href="cover.xhtml#x"/>{guide}</guide></package>'
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("OEBPS/content.opf", package)
        archive.writestr("OEBPS/nav.xhtml", chapter(0, "<nav><a href='c0.xhtml'>Way</a></nav>"))
        archive.writestr("OEBPS/cover.xhtml", chapter(0, "<p>Cover</p>"))
        for name, words in zip(names, chapters, strict=True):
            archive.writestr(f"OEBPS/{name}.xhtml", words)
        for name, words in files:
            archive.writestr(name, words)
    return data.getvalue()
