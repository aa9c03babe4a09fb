"""Write requirements/EXTRA.txt for every extra: all packages it installs, pinned, with hashes.

    python tools/requirements.py            # or: make requirements

Versions are those of constraints.txt; hashes those of all wheels the package index has of them
for CPython 3.11 to 3.13 on Linux and macOS, and of the source where there is no wheel. Asks the
index for one page a package, as pip does, by pip's own means. The package itself is installed
beside them, without its dependencies: pip takes no folder where hashes are required.

    pip install --require-hashes -r requirements/local.txt
    pip install --no-deps corpus_curate-*.whl
"""

import re
import sys

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from supply import PLATFORMS, PYTHONS, ROOT, Package, closure, extras, packages

HEAD = """\
# Written by `make requirements`: what the extra {extra} installs, with the hashes of its files.
#   pip install --require-hashes -r requirements/{extra}.txt
#   pip install --no-deps corpus_curate-*.whl
"""
_TAGS = re.compile(r"^(?:cp3(?:11|12|13)|py3|py2\\.py3|abi3|none)$")


def hashes_of(index: "Index", package: Package) -> list[str]:
    """Return the sha256 of the files of a package that may be installed, sorted.

    Raises LookupError if the index has none.
    """
    wheels, sources = set(), set()
    for filename, sha256 in index.files(package.name):
        if sha256 is None:
            continue
        try:
            if filename.endswith(".whl"):
                _, version, _, tags = parse_wheel_filename(filename)
                if str(version) == package.version and any(map(_is_wanted, tags)):
                    wheels.add(sha256)
            else:
                _, version = parse_sdist_filename(filename)
                if str(version) == package.version:
                    sources.add(sha256)
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
    if not wheels | sources:
        raise LookupError(f"{package.name}: expected files of {package.version}, got none")
    return sorted(wheels or sources)


def _is_wanted(tag) -> bool:
    interpreter = tag.interpreter in ("py3", "py2.py3", "cp311", "cp312", "cp313")
    stable = tag.abi == "abi3" and re.fullmatch(r"cp3\d+", tag.interpreter)
    ours = re.match(r"any|manylinux|linux|macosx", tag.platform)
    return bool(ours and (stable or interpreter) and not tag.abi.endswith("t"))


class Index:
    """The package index that pip is set up for; a page is asked for once."""

    def __init__(self) -> None:
        from pip._internal.commands import create_command  # noqa: PLC0415 - pip's own means

        command = create_command("download")
        options, _ = command.parse_args(["--quiet", "x"])
        session = command._build_session(options)  # type: ignore[attr-defined]
        finder = command._build_package_finder(options, session)  # type: ignore[attr-defined]
        self._collector = finder._link_collector
        self._places = finder.search_scope

    def files(self, name: str):
        """Yield (file name, sha256 or None) of all files of a package."""
        from pip._internal.index.collector import parse_links  # noqa: PLC0415
        from pip._internal.models.link import Link  # noqa: PLC0415

        for place in self._places.get_index_urls_locations(name):
            page = (
                None if place.startswith("file:") else self._collector.fetch_response(Link(place))
            )
            for link in parse_links(page) if page is not None else ():
                known = getattr(link, "_hashes", {})
                yield (
                    link.filename,
                    known.get("sha256") or (link.hash if link.hash_name == "sha256" else None),
                )


def lines_of(extra: str, known: dict[str, Package], hashes: dict[str, list[str]]):
    """Yield the lines of an extra's file."""
    environments = [(python, platform) for python in PYTHONS for platform in PLATFORMS]
    names = {where: closure(extra, known, *where) for where in environments}
    for name in sorted(set.union(*names.values())):
        where = [one for one in environments if name in names[one]]
        marker = "" if len(where) == len(environments) else f" ; {_marker(where)}"
        yield f"{name}=={known[name].version}{marker} \\"
        digests = hashes[name]
        for number, digest in enumerate(digests, 1):
            yield f"    --hash=sha256:{digest}" + (" \\" if number < len(digests) else "")


def _marker(where: list[tuple[str, str]]) -> str:
    by_python = {p: {one for python, one in where if python == p} for p, _ in where}
    if all(platforms == set(PLATFORMS) for platforms in by_python.values()):
        return " or ".join(f'python_version == "{python}"' for python in by_python)
    return " or ".join(
        f'(python_version == "{python}" and sys_platform == "{platform}")'
        for python, platform in where
    )


def main() -> None:
    known = packages()
    index = Index()
    hashes = {}
    for number, package in enumerate(known.values(), 1):
        hashes[package.name] = hashes_of(index, package)
        print(f"\r{number} of {len(known)} packages", end="", file=sys.stderr)
    folder = ROOT / "requirements"
    folder.mkdir(exist_ok=True)
    for extra in extras():
        text = "\n".join(lines_of(extra, known, hashes))
        (folder / f"{extra}.txt").write_text(f"{HEAD.format(extra=extra)}{text}\n")
    print(f"\n{len(extras())} files in requirements/", file=sys.stderr)


if __name__ == "__main__":
    main()
