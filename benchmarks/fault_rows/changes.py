"""Finished and unfinished runs whose folders are changed, folders of others, filters that misbehave."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fault_rows.runs import (
    RESUMED,
    contents,
    copied,
    reference,
    resumed,
    started,
    unaccounted,
    wait_for,
)
from fault_rows.table import Outcome, Row, command

# --- WORK and OUT changed ------------------------------------------------------------------------


def changed(what: str, change: Callable[[Path], object], before: str | None = "publish") -> Row:
    """Return a row: something happens to WORK between two runs."""

    def check(folder: Path) -> Outcome:
        recipe, out = copied(folder, before)
        change(out)
        return resumed(recipe, out, "noticed")

    return Row("work", what, f"what is broken is done again; {RESUMED}", check)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def first(out: Path, pattern: str) -> Path:
    return min(out.glob(pattern))


def verified(what: str, change: Callable[[Path], object], *told: str) -> Row:
    """Return a row: `verify` notices a change of OUT."""

    def check(folder: Path) -> Outcome:
        _, out = copied(folder)
        change(out)
        code, said = command("verify", str(out))
        holds = code == 1 and all(word in said for word in told) and "Traceback" not in said
        return Outcome(f"exit {code}: {said.strip().splitlines()[-1][:150]}", holds)

    return Row("verify", what, "exit 1, the file named", check)


def edited(key: str) -> Callable[[Path], object]:
    """Return a change: a key of the manifest has another value."""

    def change(out: Path) -> None:
        path = out / "manifest.json"
        manifest = json.loads(path.read_bytes())
        if key not in manifest:
            raise KeyError(key)
        manifest[key] = "another"
        path.write_text(json.dumps(manifest, indent=2))

    return change


# --- folders of others, two runs -----------------------------------------------------------------


def refused(name: str, where: str) -> Row:
    """Return a row: a folder for a run that has a file of others; it is not touched."""

    def check(folder: Path) -> Outcome:
        recipe, _ = reference()
        out, work = folder / "out", folder / "work"
        theirs = (out if where == "OUT" else work) / name
        theirs.parent.mkdir(parents=True)
        theirs.write_text("theirs")
        code, said = command("run", str(recipe), "--out", str(out), "--work", str(work))
        holds = code == 2 and theirs.read_text() == "theirs" and "Traceback" not in said
        return Outcome(f"exit {code}: {said.strip()[:150]}", holds)

    return Row("owner", f"{where} with {name} of others", "exit 2, nothing touched", check)


def two_runs(folder: Path) -> Outcome:
    """A second run on the same OUT, with another WORK, while the first one is at work."""
    recipe, out = copied(folder, "extract")
    process = started(recipe, out)
    wait_for(process, lambda: list(out.glob("_work/extract/*")))
    code, said = command("run", str(recipe), "--out", str(out), "--work", str(folder / "work"))
    process.communicate()
    if code != 2 or process.returncode:
        return Outcome(f"exit {code} and {process.returncode}: {said.strip()[-150:]}", False)
    same, missing = contents(out) == contents(reference()[1]), unaccounted(out)
    return Outcome("the second: exit 2; the first ended well", same and not missing, missing, same)


# --- filters of the user -------------------------------------------------------------------------


def own_filter(what: str, body: str, promised: str, code: int, *told: str) -> Row:
    """Return a row: a recipe whose filter misbehaves on one text."""

    def check(folder: Path) -> Outcome:
        (folder / "own.py").write_text(f"import os, time\n\ndef judge(text):\n{body}")
        (folder / "in").mkdir()
        for n in range(5):
            (folder / f"in/{n}.txt").write_text(f"Text {n} of some words.\n")
        recipe = folder / "recipe.yaml"
        recipe.write_text(
            "sources: {a: {kind: text, path: in/*.txt, filter: true}}\n"
            "extract: {max_seconds: 2}\nfilters: ['own:judge']\n"
        )
        out = folder / "out"
        done = subprocess.run(
            [sys.executable, "-m", "curate", "run", str(recipe), "--out", str(out),
             "--engine", "local", "--allow-code"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"},
        )  # fmt: skip
        said = done.stdout + done.stderr
        reasons = ""
        missing = None
        if (out / "ledger.json").exists():
            reasons = str(json.loads((out / "ledger.json").read_bytes())["dropped"])
            missing = unaccounted(out)
        holds = done.returncode == code and all(word in said + reasons for word in told)
        holds &= "Traceback" not in said and not missing
        return Outcome(
            f"exit {done.returncode}: {(reasons or said.strip())[-150:]}", holds, missing
        )

    return Row("filter", what, promised, check)


ONE = "    if 'Text 3' in text:\n        "
ONE_DROPPED = "that record is dropped, with a reason"

ROWS = (
    changed("a bit of the documents of extract", lambda out: flip(first(out, "_work/extract/*/documents/*")), "filter"),
    changed("a bit of the documents of filter", lambda out: flip(first(out, "_work/filter/*/documents/*")), "urls"),
    changed("a bit of the mix's decisions", lambda out: flip(first(out, "_work/mix/*/*/*.parquet")), "shards"),
    changed("documents deleted by a cleaner", lambda out: first(out, "_work/filter/*/documents/*").unlink(), "urls"),
    changed("a folder of WORK deleted", lambda out: shutil.rmtree(first(out, "_work/near/*")), "count"),
    changed("a commit cut short", lambda out: os.truncate(first(out, "_work/filter/*/_commit.json"), 40), "urls"),
    changed("a commit that is empty", lambda out: os.truncate(first(out, "_work/dedup/*/_commit.json"), 0), "near"),
    changed("a commit's table deleted", lambda out: first(out, "_work/filter/*/_files-*").unlink(), "urls"),
    changed("a shard deleted", lambda out: first(out, "corpus/train/*").unlink(), None),
    changed("a shard cut short", lambda out: os.truncate(first(out, "corpus/train/*"), 900), None),
    verified("a shard's bit", lambda out: flip(first(out, "corpus/train/*")), "train-00000"),
    verified("a shard deleted", lambda out: first(out, "corpus/train/*").unlink(), "train-00000"),
    verified("the ledger deleted", lambda out: shutil.rmtree(out / "ledger"), "ledger"),
    verified("the duplicates deleted", lambda out: shutil.rmtree(out / "duplicates"), "duplicates"),
    verified("the samples deleted", lambda out: shutil.rmtree(out / "samples"), "samples"),
    verified("a model's bit", lambda out: flip(first(out, "models/*.json")), "models/"),
    verified("the card edited", lambda out: (out / "README.md").write_text("x"), "README.md"),
    *(verified(f"the manifest's {key} edited", edited(key), "manifest")
      for key in ("recipe", "versions", "inputs", "mixture")),
    *(refused(name, "OUT") for name in ("README.md", "ledger/x.parquet", "corpus/train/x.parquet", "notes.txt")),
    *(refused(name, "WORK") for name in ("extract/notes.txt", "notes.txt")),
    Row("owner", "two runs on one OUT, with two WORKs", "the second is refused", two_runs),
    own_filter("raises on one text", f"{ONE}raise ValueError('odd')\n", "exit 1, reason and record told", 1, "odd", "3.txt"),
    own_filter("returns a number", f"{ONE}return 7\n", "exit 1, reason and record told", 1, "own", "3.txt"),
    own_filter("returns an empty reason", f"{ONE}return ''\n", "exit 1, reason and record told", 1, "own", "3.txt"),
    own_filter("ends its process", f"{ONE}os._exit(3)\n", ONE_DROPPED, 0, "filter_crashed"),
    own_filter("loops", f"{ONE}while True: pass\n", ONE_DROPPED, 0, "filter_too_slow"),
)  # fmt: skip
