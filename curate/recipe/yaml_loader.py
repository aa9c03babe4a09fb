"""Safe YAML loader with limits; recipes mean the same in YAML 1.1 and 1.2.

Input: bytes of a file. Output: mappings, lists, text, numbers, true, false and null, no other
types. The limits (bytes, depth, values after expansion of aliases, digits of a number) are checked
before the data is built, so that a small file cannot exhaust memory. Dates stay text, `yes`, `no`,
`on` and `off` too; an integer with a leading zero is text, for the two versions of YAML read it
differently.

    >>> parse_yaml(b"{day: 2024-13-45, keep: [no], tokens: 1e9, bytes: 100_000_000, more: 10B}")
    {'day': '2024-13-45', 'keep': ['no'], 'tokens': 1000000000.0, 'bytes': 100000000, 'more': '10B'}
"""

import re
from typing import Any, ClassVar

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 50_000  # with aliases expanded
MAX_DIGITS = 40

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9][0-9_]*|(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$"
    r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
)
_BOOL = re.compile(r"true$|True$|TRUE$|false$|False$|FALSE$")
_NULL = re.compile(r"~$|null$|Null$|NULL$|$")


class YamlError(ValueError):
    """Text is not YAML, or exceeds a limit; says where, what was expected, what was got."""


def parse_yaml(data: bytes) -> Any:
    """Return the data of a YAML text; None if it is empty.

    Raises:
        YamlError: it is not YAML of one document, exceeds a limit, has a key twice, or a key or a
            value of a type other than those above. The message is one line.
    """
    if len(data) > MAX_BYTES:
        raise YamlError(f"expected at most {MAX_BYTES:,} bytes, got more")
    try:
        loader = _Loader(data)
        node = loader.get_single_node()
        if node is None:
            return None
        _check_values(node)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise YamlError(_where(error, data)) from error
    except RecursionError as error:  # not reached within MAX_DEPTH
        raise YamlError(f"expected at most {MAX_DEPTH} levels, got more") from error


class _Loader(yaml.SafeLoader):
    """A loader of plain data that counts levels and refuses duplicate keys."""

    # Per class, as in PyYAML; filled below.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]
    yaml_constructors: ClassVar[dict[str | None, Any]] = {}
    level = 0
    values = 0  # composed so far; aliases are expanded later

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.level += 1
        self.values += 1
        if self.values > MAX_VALUES:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _error(mark, f"expected at most {MAX_VALUES:,} values, got more")
        if self.level > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _error(mark, f"expected at most {MAX_DEPTH} levels, got more")
        node = super().compose_node(parent, index)
        self.level -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error(key.start_mark, f"expected a word as a key, got a {key.id}")
            if key.value != "<<":
                if key.value in seen:
                    shown = _short(key.value)
                    raise _error(key.start_mark, f"expected each key once, got {shown} again")
                seen.add(key.value)
        return node

    def plain_map(self, node: yaml.MappingNode) -> dict[Any, Any]:
        self.flatten_mapping(node)
        return {
            self.construct_object(key): self.construct_object(value, deep=True)
            for key, value in node.value
        }

    def plain_list(self, node: yaml.SequenceNode) -> list[Any]:
        return [self.construct_object(value, deep=True) for value in node.value]

    def plain_int(self, node: yaml.ScalarNode) -> int:
        text = self._digits(node, _INT, "a whole number").replace("_", "")
        return int(text, 16) if "x" in text else int(text)

    def plain_float(self, node: yaml.ScalarNode) -> float:
        text = self._digits(node, _FLOAT, "a number").replace("_", "").lower()
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))

    def plain_bool(self, node: yaml.ScalarNode) -> bool:
        return self._digits(node, _BOOL, "true or false").lower() == "true"

    def plain_null(self, node: yaml.ScalarNode) -> None:
        self._digits(node, _NULL, "null")

    def plain_str(self, node: yaml.ScalarNode) -> str:
        return str(self.construct_scalar(node))

    def unknown(self, node: yaml.Node) -> None:
        raise _error(node.start_mark, f"expected plain data, got the tag {_short(node.tag)}")

    def _digits(self, node: yaml.ScalarNode, form: re.Pattern[str], wanted: str) -> str:
        """Return a scalar's text. A tag such as !!int can precede any text, hence `form`."""
        text = str(self.construct_scalar(node))
        if len(text) > MAX_DIGITS:
            wanted = f"{wanted} of at most {MAX_DIGITS} digits"
            raise _error(node.start_mark, f"expected {wanted}, got {len(text):,}")
        if not form.match(text):
            raise _error(node.start_mark, f"expected {wanted}, got {_short(text)}")
        return text


for _name, _form, _first in (
    ("bool", _BOOL, "tTfF"),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("merge", re.compile(r"<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _form, list(_first))
for _name, _make in (
    ("null", _Loader.plain_null),
    ("bool", _Loader.plain_bool),
    ("int", _Loader.plain_int),
    ("float", _Loader.plain_float),
    ("str", _Loader.plain_str),
    ("seq", _Loader.plain_list),
    ("map", _Loader.plain_map),
):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _make)
_Loader.add_constructor(None, _Loader.unknown)


def _check_values(root: yaml.Node) -> None:
    """Raise an error if there are more than MAX_VALUES, or a node contains itself.

    Each node is visited once: an alias is the same object as its node.
    """
    counts: dict[int, int | None] = {}  # None: being counted

    def count(node: yaml.Node) -> int:
        known = counts.get(id(node), 0)
        if known is None:
            raise _error(node.start_mark, "expected finite data, got an alias that contains itself")
        if known:
            return known
        counts[id(node)] = None
        total = 1
        for child in _children(node):
            total += count(child)
            if total > MAX_VALUES:
                raise _error(node.start_mark, f"expected at most {MAX_VALUES:,} values, got more")
        counts[id(node)] = total
        return total

    count(root)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _error(mark: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, mark)


def _where(error: yaml.YAMLError, data: bytes) -> str:
    """Return a YAML error and its position in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        line = b"".join(data.splitlines()[mark.line : mark.line + 1])
        named = re.search(rb"[^\"']\$\{", line)
        in_braces = named is not None and re.search(rb"[{\[]", line[: named.start() + 1])
        hint = '; within braces a path with ${NAME} needs quotes: "${NAME}/x"' if in_braces else ""
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}{hint}"
    return " ".join(str(error).split())


def _short(text: str) -> str:
    return text if len(text) < 80 else f"{text[:77]}..."
