"""EPUB packages: the files of the chapters in reading order, from the container and the spine.

Input: an open archive. Output: the chapters' files, each with its fallbacks. Where the container
or package file is missing or broken, or names files that do not exist, the archive's file list is
used. What is read is bounded, whatever sizes the archive claims; no entity, DTD or reference to
another file is followed.
"""

import contextlib
import posixpath
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

LARGEST = 64 << 20  # bytes of all chapters decompressed; the Bible has 5 million
MOST = 20_000  # chapters
MOST_FALLBACKS = 8
READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_CONTAINER = "meta-inf/container.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_GUIDES = frozenset(("cover", "toc", "title-page", "titlepage", "loi", "lot", "index"))
_PAGES = re.compile(r"\.(?:x?html?|xml)$", re.I)
_ANCHOR = re.compile(r"[?#].*", re.DOTALL)
_NUMBERS = re.compile(r"\d+")


class EpubError(ValueError):
    """A book that cannot be read; its message is a reason of the table of reasons."""


class Package:
    """The files of a book, looked up by path.

    `locked` are the encrypted ones.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = dict(_names(archive))
        self._bases: dict[str, list[str]] = {}
        for name in archive.namelist():
            self._names.setdefault(_key(unquote(name)), name)
            self._bases.setdefault(_key(posixpath.basename(name.replace("\\", "/"))), []).append(
                name
            )
        self.locked = self._locked()

    def find(self, path: str) -> str | None:
        """Return a file's name in the archive: by its path, or by a file name that is unique."""
        name = self._names.get(_key(path))
        if name is None:
            alike = self._bases.get(_key(posixpath.basename(path)), [])
            name = alike[0] if len(alike) == 1 else None
        return name

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return a file's bytes. Raises EpubError if there are more than `most`."""
        with self._archive.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise EpubError("book_too_large")
        return data

    def chapters(self) -> list[list[str]]:
        """Return the chapters' paths in order, each followed by those of its fallbacks.

        Raises EpubError: the archive has no file that could be a chapter, or too many.
        """
        package = _package_file(self)
        paths = [] if package is None else _spine(*package)
        if package is None:
            names = self._archive.namelist()
            pages = sorted((n for n in names if _is_page_name(n)), key=_by_number)
            paths = [[name] for name in pages]
        if not paths and package is None:
            raise EpubError("bad_epub")
        if len(paths) > MOST:
            raise EpubError("book_too_large")
        return paths

    def _locked(self) -> set[str]:
        """Return the encrypted files, without fonts that are only obfuscated."""
        name = self._names.get("meta-inf/encryption.xml")
        root = None if name is None else self.xml(name)
        locked = set()
        for data in () if root is None else root.iter("{*}EncryptedData"):
            method = data.find("{*}EncryptionMethod")
            if method is not None and method.get("Algorithm") in _FONTS:
                continue
            locked |= {unquote(ref.get("URI", "")) for ref in data.iter("{*}CipherReference")}
        return locked

    def xml(self, name: str) -> Any:
        """Return the root of an XML file, parsed with recovery; None if there is none."""
        from lxml import etree  # noqa: PLC0415 - plain books need none

        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            recover=True,
            remove_comments=True,
        )
        try:
            return etree.fromstring(self.read(name), parser)
        except (etree.XMLSyntaxError, ValueError, *READ_ERRORS) as error:
            if isinstance(error, EpubError):
                raise
            return None

    def package_names(self) -> Iterator[str]:
        """Yield the names of package files: the one in the container, then any other."""
        name = self._names.get(_CONTAINER)
        root = None if name is None else self.xml(name)
        for file in () if root is None else root.iter("{*}rootfile"):
            path = self.find(unquote(file.get("full-path") or ""))
            if path is not None:
                yield path
        yield from (name for name in self._archive.namelist() if name.lower().endswith(".opf"))


def _names(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield (lookup name, name in the archive) of the files of an archive.

    Non-ASCII names are UTF-8 in a book; zipfile decodes them as cp437 where the archive lacks the
    flag for UTF-8.
    """
    for name in archive.namelist():
        with contextlib.suppress(UnicodeError):
            yield _key(name.encode("cp437").decode()), name
        yield _key(name), name


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).replace("\\", "/").lower()


def _is_page_name(name: str) -> bool:
    folder = name.lower().startswith("meta-inf/")
    return not folder and _PAGES.search(name) is not None and "nav" not in posixpath.basename(name)


def _by_number(name: str) -> tuple[list[str], list[int]]:
    """Return a sort key by which chapter 10 follows chapter 9."""
    return _NUMBERS.split(name), [int(number) for number in _NUMBERS.findall(name)]


def _package_file(package: Package) -> tuple[Any, str] | None:
    """Return (root, folder) of the first package file that lists files; None without one."""
    for name in package.package_names():
        root = package.xml(name)
        if root is not None and root.find(".//{*}manifest/{*}item") is not None:
            return root, posixpath.dirname(name)
    return None


def _spine(root: Any, folder: str) -> list[list[str]]:
    """Return the paths of the chapters, in order, each with its fallbacks.

    Of a package whose spine is missing or names no chapter, all files of its manifest, in its
    order. Media types are ignored: whether a file is a chapter is decided by its content.
    """
    listed = list(root.iterfind(".//{*}manifest/{*}item"))
    items = {item.get("id"): item for item in listed}
    by_path = {item.get("href"): item for item in listed}  # what some spines name items by
    guides = {
        _path_of(ref.get("href"), folder)
        for ref in root.iterfind(".//{*}guide/{*}reference")
        if (ref.get("type") or "").lower() in _GUIDES
    }
    refs = list(root.iterfind(".//{*}spine/{*}itemref"))
    linear = [ref for ref in refs if ref.get("linear") != "no"] or refs
    named = [items.get(ref.get("idref"), by_path.get(ref.get("idref"))) for ref in linear]
    pages = [item for item in listed if _PAGES.search(item.get("href") or "")]
    for chosen in (named, pages):
        chapters: dict[str, list[str]] = {}
        for item in chosen:
            properties = () if item is None else (item.get("properties") or "").split()
            if item is None or {"nav", "cover-image"} & set(properties):
                continue
            paths = [
                _path_of(fallback.get("href"), folder) for fallback in _with_fallbacks(item, items)
            ]
            if paths[0] not in guides:
                chapters.setdefault(paths[0], paths)
        if chapters:
            break
    return list(chapters.values())


def _path_of(href: str | None, folder: str) -> str:
    path = unquote(_ANCHOR.sub("", href or "").replace("\\", "/"))
    return posixpath.normpath(posixpath.join(folder, path)).lstrip("/")


def _with_fallbacks(item: Any, items: Mapping[str, Any]) -> list[Any]:
    """Return an item and the fallbacks that replace it where it cannot be read."""
    chain = [item]
    while len(chain) <= MOST_FALLBACKS and (item := items.get(item.get("fallback"))) is not None:
        chain.append(item)
    return chain
