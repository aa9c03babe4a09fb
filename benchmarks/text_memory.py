"""Peak memory of extracting one large plain text, as a multiple of its UTF-8 bytes.

    python benchmarks/text_memory.py [--mib 60]

Each text is read and written to a unit's files by a process of its own; counted is what that
process holds more at its peak (VmHWM, so Linux only) than before it opened the file. A text with
one character beyond U+FFFF takes four bytes a character in CPython, whatever the others are.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from curate.encoding.decode import decode
from curate.recipe import Extract, Source
from curate.sources.files import InputFile, Range
from curate.sources.reading import Reading, read
from curate.sources.row_batches import SCHEMAS, batches
from curate.store.tables import write_tables

TEXTS = {
    "English": "The quick brown fox jumps over the lazy dog again and again.\n",
    "Russian": "Съешь ещё этих мягких французских булок, да выпей же чаю.\n",
    "Chinese": "天地玄黄，宇宙洪荒，日月盈昃，辰宿列张。\n",
    "English, one emoji at its end": "The quick brown fox jumps over the lazy dog.\n",
}


def measured(path: Path) -> float:
    """Return the peak of reading and writing a text, in multiples of its size."""
    decode(b"warm up", plain=True)
    size = path.stat().st_size
    part = Range(InputFile(0, "texts", path.name, str(path), size, None), 0, size)
    settings = Extract(max_text_bytes=1 << 28)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = held("VmRSS")
    rows = read(part, Source(kind="text", path=(str(path),)), settings, Reading())
    write_tables(str(path.parent), "unit", SCHEMAS, batches(rows))
    return (held("VmHWM") - before) / size


def held(name: str) -> int:
    """Return a figure of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mib", type=int, default=60, help="size of each text")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(f"{measured(chosen.measure):.2f}")
        return
    print("| text | peak memory, times its UTF-8 bytes |\n| --- | --- |")
    for name, line in TEXTS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "text.txt"
            text = line * ((chosen.mib << 20) // len(line.encode()))
            path.write_text(text + ("\U0001f600\n" if "emoji" in name else ""))
            command = [sys.executable, __file__, "--measure", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"| {name} | {done.stdout.strip()} |", flush=True)


if __name__ == "__main__":
    main()
