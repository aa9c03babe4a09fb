"""Faults: inputs that are missing, unreadable, or of another kind than configured."""

import contextlib
import gzip
import os
import shutil
import tempfile
from pathlib import Path

from fault_rows.table import INPUT, SHORT, Outcome, Row, accepted, command, refused, write

KEY = "exit 2 with the key, nothing written"
MANIFEST = '{"schema_version": 1, "shards": []}'
OLD = {"old/manifest.json": MANIFEST, "old/corpus/train/1.txt": "x", "old/ledger/1.txt": "x"}


def linked(links: dict[str, str], check):
    """Return a check that makes some links first: name -> target."""

    def made(folder: Path) -> Outcome:
        for name, target in links.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        return check(folder)

    return made


def unreadable(name: str):
    """Return a check: a file or folder that this user may not read is told of, with the key."""

    def check(_: Path) -> Outcome:
        folder = Path(tempfile.mkdtemp(prefix="curate-fault-"))
        try:
            folder.chmod(0o755)
            write(folder, {"in/1.txt": "x", "in/deep/2.txt": "x",
                           "recipe.yaml": "sources: {a: {kind: text, path: in/**/*.txt}}"})  # fmt: skip
            (folder / name).chmod(0)
            with as_nobody():
                code, said = command("plan", str(folder / "recipe.yaml"), "--out", "/tmp/none/out")
            (folder / name).chmod(0o755)
        finally:
            shutil.rmtree(folder)
        shown = said.replace(f"{folder}/", "").splitlines()[0]
        return Outcome(f"exit {code}: {shown}", code == 2 and "sources.a.path: " in said)

    return check


@contextlib.contextmanager
def as_nobody():
    """Take the rights of a user who owns nothing, if this one may do all."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def odd_name(folder: Path) -> Outcome:
    (folder / "in").mkdir()
    (folder / "in" / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")
    return refused(SHORT, "sources.a.path: expected names in UTF-8")(folder)


def small_disk(key: str):
    """Return a check: a disk that is too small is told of before anything is written."""

    def check(folder: Path) -> Outcome:
        from curate.store import io

        def free(place: str) -> int:
            return 10 if (key == "output.path") == place.endswith("/out") else 1 << 60

        if key == "output.path":
            from curate.sources import checks

            checks._device = hash  # OUT and WORK on disks of their own
        io.free_bytes = free
        options = ("--work", str(folder / "work"))
        return refused(SHORT, "disk: expected ", " bytes free", options=options,
                       files={"in/1.txt": "text " * 1_000})(folder)  # fmt: skip

    return check


def model(sha256: str | None, *told: str):
    """Return a check of a language model that has another sha256, or is not there."""
    files = {**INPUT, **({} if sha256 is None else {"lid.ftz": "a model"})}
    sha256 = sha256 or "a" * 64
    return refused(SHORT + f"language: {{model: lid.ftz, sha256: '{sha256}'}}", *told, files=files)


def benchmark(data: bytes, name: str = "b.jsonl", *told: str):
    """Return a check of a benchmark that cannot be one."""
    files = {**INPUT, name: data}
    return refused(SHORT + f"decontaminate: {{benchmarks: {name}}}",
                   "decontaminate.benchmarks: ", *told, files=files)  # fmt: skip


LONG_LINE = b'{"text": "x"}\n{"text": "' + b"y" * (65 << 20) + b'"}\n'

ROWS = (
    Row("input", "no such file", KEY, refused(SHORT, "sources.a.path: no file matches", files={})),
    Row("input", "OUT below a source's pattern", KEY, refused(
        "sources: {a: {kind: text, path: '**/*.txt'}}", "sources.a.path", "outside of output.path",
        files={**INPUT, "out/_work/x.txt": "x"})),
    Row("input", "WORK below a source's pattern", KEY, refused(
        "sources: {a: {kind: text, path: in/**/*.txt}}\noutput: {work: in/middle}", "sources.a.path",
        "outside of output.work", files={**INPUT, "in/middle/x.txt": "x"})),
    Row("input", "an earlier run below a source's pattern", KEY, refused(
        "sources: {a: {kind: text, path: '**/*.txt'}}", "sources.a.path", "files not written by a run",
        files=OLD)),
    Row("input", "the corpus of an earlier run, named", "read",
        accepted("sources: {a: {kind: text, path: old/corpus/train/*.txt}}", files=OLD)),
    Row("input", "** over a link to its own folder", KEY, linked({"in/self": "."}, refused(
        "sources: {a: {kind: text, path: in/**/*.txt}}", "sources.a.path", "a link that leads back"))),
    Row("input", "** over 30 links to their own folder", KEY, linked(
        {f"in/l{n}": "." for n in range(30)}, refused(
            "sources: {a: {kind: text, path: in/**/*.txt}}", "sources.a.path", "leads back"))),
    Row("input", "** over a link to a folder above", KEY, linked({"in/deep/up": ".."}, refused(
        "sources: {a: {kind: text, path: in/**/*.txt}}", "sources.a.path", "leads back"))),
    Row("input", "a link to OUT among the files", KEY, linked({"in/2.txt": "../out/corpus/1.txt"}, refused(
        SHORT, "sources.a.path", "outside of output.path", files={**INPUT, "out/corpus/1.txt": "x"}))),
    Row("input", "a file that cannot be read", KEY, unreadable("in/1.txt")),
    Row("input", "a folder that cannot be read", KEY, unreadable("in/deep")),
    Row("input", "a name that is no UTF-8", KEY, odd_name),
    Row("input", "two files of one name", KEY, refused(
        "sources: {a: {kind: text, path: [a/*.txt, b/*.txt]}}", "sources.a.path", "both 1.txt",
        files={"a/1.txt": "x", "b/1.txt": "x"})),
    Row("input", "a column that there is not", KEY, refused(
        "sources: {a: {kind: jsonl, path: in/*.jsonl, text: body}}", "sources.a.text",
        files={"in/1.jsonl": '{"text": "x"}\n'})),
    Row("input", "a language model that is not there", KEY, model(None, "language.model: No such file")),
    Row("input", "a language model that has another sha256", KEY, model("a" * 64, "language.sha256")),
    Row("input", "a classifier that has another sha256", KEY, refused(
        SHORT + f"quality: {{model: q.json, sha256: '{'a' * 64}'}}", "quality.model",
        files={**INPUT, "q.json": "{}"})),
    Row("input", "a benchmark that is not there", KEY, refused(
        SHORT + "decontaminate: {benchmarks: none.jsonl}", "decontaminate.benchmarks: no file")),
    Row("input", "a line of 65 MiB in a benchmark", KEY, benchmark(LONG_LINE, "b.jsonl", "67,108,864")),
    Row("input", "the same, packed", KEY, benchmark(gzip.compress(LONG_LINE, 1), "b.jsonl.gz", "67,108,864")),
    Row("input", "a benchmark that is no JSON", KEY, benchmark(b"{", "b.jsonl")),
    Row("input", "OUT is a file", KEY, refused(SHORT, "output.path: expected a folder, got the file",
                                               files={**INPUT, "out": "x"})),
    Row("input", "WORK's disk is too small", KEY, small_disk("output.work")),
    Row("input", "OUT's disk is too small", KEY, small_disk("output.path")),
)  # fmt: skip
