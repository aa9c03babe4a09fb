"""Speed of reading WARC archives beside FastWARC, in turns in one run.

    python benchmarks/reading.py FILE.warc.gz [FILE ...] [--rounds 5] [--peer-python PYTHON]

Both read every record with its whole body and take HTTP headers apart. CPU seconds, the best
of all rounds: on a shared machine the noise only adds. FastWARC is run by the interpreter
named, or by this one; without it only our own figures are printed. Ours are printed with
what is installed of deflate and isal, and with Python's zlib alone.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

PEER = """
import json, sys, time
from importlib.metadata import version
from fastwarc.warc import ArchiveIterator
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        began, records, size = time.process_time(), 0, 0
        for record in ArchiveIterator(file):
            size += len(record.reader.read())
            records += 1
        took = time.process_time() - began
    print(json.dumps([path, records, size, took, version("fastwarc")]))
"""

OURS = """
import json, sys, time
from curate.warc import members
from curate.warc.reader import ArchiveRecord, read_records
leave_out = {without}
found = members._module
members._module = lambda name: None if name in leave_out else found(name)
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        began, records, size = time.process_time(), 0, 0
        for record in read_records(file):
            if isinstance(record, ArchiveRecord):
                size += len(record.payload)
                records += 1
        took = time.process_time() - began
    print(json.dumps([path, records, size, took]))
"""


def run(python: str, code: str, paths: list[str]) -> dict[str, list] | None:
    """Return what one fresh process says of each file, None if it fails."""
    # Every file twice: the first reading warms the disk cache and the interpreter.
    done = subprocess.run(
        [python, "-c", code, *paths, *paths], check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    return {line[0]: line[1:] for line in map(json.loads, done.stdout.splitlines())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-python", default=sys.executable)
    options = parser.parse_args()
    paths = [str(path) for path in options.files]
    tools = {
        "curate": (sys.executable, OURS.replace("{without}", "()")),
        "curate, no deflate": (sys.executable, OURS.replace("{without}", "('deflate',)")),
        "curate, zlib alone": (
            sys.executable,
            OURS.replace("{without}", "('deflate', 'isal.isal_zlib')"),
        ),
        "fastwarc": (options.peer_python, PEER),
    }
    best: dict[tuple[str, str], list] = {}
    for _ in range(options.rounds):
        for tool, (python, code) in tools.items():
            for path, figures in (run(python, code, paths) or {}).items():
                known = best.get((path, tool))
                if known is None or figures[2] < known[2]:
                    best[path, tool] = figures
    for name in ("deflate", "isal"):
        found = importlib.util.find_spec(name)
        print(name, version(name) if found else "is not installed")
    for path in paths:
        print(f"\n{Path(path).name}  {Path(path).stat().st_size:,} bytes")
        peer = best.get((path, "fastwarc"))
        for tool in tools:
            if (path, tool) not in best:
                continue
            records, size, took, *_ = best[path, tool]
            share = f"{peer[2] / took:6.0%} of FastWARC's speed" if peer else ""
            print(
                f"  {tool:18} {records:7,} records {size:12,} bytes of bodies "
                f"{took:6.3f} s {records / took:9,.0f} records/s {share}"
            )


if __name__ == "__main__":
    main()
