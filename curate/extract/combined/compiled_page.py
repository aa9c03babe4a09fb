"""A page as the kernels read it: arrays, and lists and strings of them made on access."""

import re
from codecs import utf_32_le_decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import unescape
from typing import Any, cast

import numpy as np

from curate.extract.combined.ancestors import Ancestors
from curate.extract.combined.kernels import layout as y
from curate.extract.combined.kernels.lookups import known_tags
from curate.extract.combined.markers import GAP
from curate.extract.combined.page import Line, Page
from curate.extract.combined.tables import grid
from curate.formulas.scripts import SCRIPT_END

_ATTRIBUTE = re.compile(r'\s([^\s>/][^=>]*)="([^"]*)"')
_NAME = re.compile(rb"<([^\s/>]+)")
_SUFFIXES = {0: "", y.SCRIPT_END: SCRIPT_END, y.GAP: GAP, y.BOTH: SCRIPT_END + GAP}


class KernelPage:
    """A page as kernels read it: arrays of nodes and lines; lists, strings made on access."""

    def __init__(self, source: bytes, arrays: Sequence[Any], read: Sequence[Any]) -> None:
        """Take what `read_nodes_and_lines` wrote of a source to arrays, and what it returned."""
        self.source = source
        self.nodes, tags, names, self.text, self.attrs, words, _, self.lines, out = arrays
        _, self.count, start, end, self.signs, number, size, self.special = read
        self.number = int(number)
        self.read = (self.nodes, self.count, tags, names, self.text, words, start, end)
        self.out = out[:size]

    def take(self, lines: Any) -> None:
        """Take other lines, without boilerplate."""
        if lines is self.lines:
            return
        self.lines, self.number = lines, lines.shape[1]
        for name in ("string", "rows"):
            self.__dict__.pop(name, None)

    @cached_property
    def title(self) -> str:
        """Return the text of <title>."""
        start, end = self.read[-2:]
        return " ".join(string(self.text[start:end]).split())

    @cached_property
    def light(self) -> Page:
        """Return what writing lines needs of a page: its title, tags, names, parents and ends."""
        nodes, lazy = self.nodes, cast(Any, _Lazy)
        return Page(
            tags=lazy(self.count, self._tag),
            parents=lazy(self.count, lambda n: int(nodes[y.PARENT, n])),
            ends=lazy(self.count, lambda n: int(nodes[y.END, n])),
            names=lazy(self.count, self._name),
            title=self.title,
        )

    def _tag(self, n: int) -> str:
        number = self.nodes[y.TAG, n]
        if number:
            return str(known_tags()[number])
        match = _NAME.match(self.source, self.source.rindex(b"<", 0, self.nodes[y.SOURCE, n]))
        return match[1].decode() if match is not None else ""

    @cached_property
    def page(self) -> Page:
        """Return the page as the plain path has it, its entries made as they are read."""
        nodes, count, lazy = self.nodes, self.count, cast(Any, _Lazy)
        coded = np.flatnonzero(nodes[y.CODE, :count] * (nodes[y.TAG, :count] != y.TEXT)).tolist()
        states = nodes[y.STATE, :count]
        ids, tag_names = nodes[y.TAG, :count].tolist(), known_tags()
        return replace(
            self.light,
            tags=[tag_names[tag] if tag else self._tag(n) for n, tag in enumerate(ids)],
            parents=nodes[y.PARENT, :count].tolist(),
            ends=nodes[y.END, :count].tolist(),
            texts=lazy(count, self._text),
            hidden=lazy(count, lambda n: bool(states[n] & y.HIDDEN)),
            attributes=cast(Any, _Attributes(self)),
            code={n: int(nodes[y.CODE, n]) for n in coded},
            unseen=set(np.flatnonzero(states & y.UNSEEN).tolist()),
            blocks=set(np.flatnonzero(states & y.BLOCK).tolist()),
        )

    @cached_property
    def _said(self) -> str:
        """Return the text of all nodes, one after the other."""
        return string(self.text[: self.nodes[y.TEXT_END, : self.count].max(initial=0)])

    def _text(self, n: int) -> str:
        nodes = self.nodes
        node_text = self._said[nodes[y.TEXT_START, n] : nodes[y.TEXT_END, n]]
        prefix, suffix = int(nodes[y.PREFIX, n]), int(nodes[y.SUFFIX, n])
        return ("" if not prefix else chr(prefix)) + node_text + _SUFFIXES[suffix]

    def _name(self, n: int) -> str:
        nodes = self.nodes
        if not nodes[y.NAME_SIZE, n]:
            return ""
        first = string(self.attrs[nodes[y.CLASS, n] : nodes[y.CLASS_END, n]])
        return f"{first} {string(self.attrs[nodes[y.ID, n] : nodes[y.ID_END, n]])}".lower()

    def attributes(self, n: int) -> dict[str, str]:
        """Return the attributes of an element."""
        start = int(self.nodes[y.SOURCE, n])
        tag = self.source[start : self.source.index(b">", start)].decode()
        return {match[1]: unescape(match[2]) for match in _ATTRIBUTE.finditer(tag)}

    @cached_property
    def string(self) -> str:
        """Return the text of all lines, one after the other."""
        return string(self.out)

    @cached_property
    def rows(self) -> list[list[int]]:
        """Return the first fields of each line."""
        fields: list[list[int]] = self.lines[:11, : self.number].T.tolist()
        return fields

    def line(self, n: int) -> Line:
        """Return a line as the plain path has it."""
        node, block, start, stop, size, linked, commas, bold, breaks, parted, code = self.rows[n]
        return Line(self.string[start:stop], node, block, size, linked, commas, bold,
                    bool(breaks), bool(parted), code)  # fmt: skip


def string(codes: Any) -> str:
    """Return code points, in an array without gaps, as a text."""
    return utf_32_le_decode(codes)[0]


def codes_of(text: str) -> Any:
    """Return a text's code points as an array that can be written to."""
    return np.frombuffer(bytearray(text.encode("utf-32-le", "surrogatepass")), np.uint32)


class _Lazy(Sequence[Any]):
    """A list whose entries are made when they are read."""

    def __init__(self, size: int, make: Callable[[int], Any]) -> None:
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self._make(index) for index in range(*n.indices(self._size))]
        return self._make(n)


class _Attributes:
    """The attributes of elements that have some, by node."""

    def __init__(self, text: KernelPage) -> None:
        self._text = text

    def __contains__(self, n: int) -> bool:
        return bool(self._text.nodes[y.STATE, n] & y.ATTRIBUTED)

    def __getitem__(self, n: int) -> dict[str, str]:
        return self._text.attributes(n)

    def get(self, n: int, default: Any = None) -> Any:
        """Return the attributes of a node; the default where it has none."""
        return self[n] if n in self else default  # noqa: SIM401 - this is what get is


class Lines(Sequence[Line]):
    """The lines of a page, each made on access."""

    def __init__(self, page: KernelPage) -> None:
        self._page = page
        self._made: dict[int, Line] = {}

    def __len__(self) -> int:
        return self._page.number

    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self[index] for index in range(*n.indices(len(self)))]
        if n >= len(self):
            raise IndexError(n)
        if n not in self._made:
            self._made[n] = self._page.line(n)
        return self._made[n]


class LineAncestors(Sequence[Ancestors]):
    """The ancestors of lines, each made on access."""

    def __init__(self, ancestors: Any) -> None:
        self._rows = ancestors.T.tolist()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, n: Any) -> Any:
        return Ancestors._make(self._rows[n])


class Grids(Mapping[int, list[list[int]]]):
    """The rows of tables of data, each table's made on access."""

    def __init__(self, page: KernelPage, data: Any) -> None:
        self._page, self._data = page, data

    def __contains__(self, table: object) -> bool:
        return isinstance(table, int) and table >= 0 and bool(self._data[table])

    def __len__(self) -> int:
        return int(self._data.sum())

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self._data).tolist())

    def __getitem__(self, table: int) -> list[list[int]]:
        return grid(self._page.page, table)
