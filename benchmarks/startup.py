"""Start-up time: the import of the filters, and the command's help.

    python benchmarks/startup.py [--runs 7] [--modules 12]

Prints the best and the median of several processes, less an empty one beside them, and the
modules that cost the import most. Bars: 0.3 s for the import, 0.5 s for the help.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time

LINES = {
    "python alone": ["-c", "pass"],
    "import curate.filters": ["-c", "import curate.filters"],
    "one filter on a string": ["-c", "from curate.filters import GopherQuality as G; G()('a b')"],
    "curate --help": ["-c", "from curate.cli import main; main(['--help'])"],
    "curate run --help": ["-c", "from curate.cli import main; main(['run', '--help'])"],
    "curate --version": ["-c", "from curate.cli import main; main(['--version'])"],
}


def seconds(line: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *line], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def slowest(line: list[str], most: int) -> list[tuple[int, str]]:
    """Return (microseconds of its own, module) of the modules that take longest to import."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *line], capture_output=True, text=True, check=True
    )
    times = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", done.stderr)
    return sorted(((int(microseconds), name) for microseconds, name in times), reverse=True)[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--modules", type=int, default=12)
    options = parser.parse_args()
    for name, line in LINES.items():
        seconds(line)  # files into the cache
        times = [seconds(line) for _ in range(options.runs)]
        print(f"{name:24}  best {min(times):.3f} s, median {statistics.median(times):.3f} s")
    for name in ("import curate.filters", "curate --help"):
        print(f"\nslowest modules of {name}:")
        for microseconds, module in slowest(LINES[name], options.modules):
            print(f"  {microseconds / 1000:7.1f} ms  {module}")


if __name__ == "__main__":
    main()
