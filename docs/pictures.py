"""Draw the pictures of the documentation: views of a run's report, as Chromium shows them.

    python docs/pictures.py OUT

Input: the folder of a finished run; the demo's is used. Output: docs/report*.png, with few colours.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from PIL import Image

FOLDER = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
COLOURS = 96


class Picture(NamedTuple):
    """A file, the view it shows, its height, and a script that acts on the view before."""

    name: str
    view: str
    height: int
    script: str = ""


MOVED = """
  const slider = document.getElementById("bound");
  slider.value = Number(slider.value) + 4;
  slider.dispatchEvent(new Event("input"));
"""
PAIRS = """
  for (const part of document.querySelectorAll("section > *")) {
    if (!["H2", "ARTICLE"].includes(part.tagName)) part.remove();
  }
"""
PICTURES = (
    Picture("report.png", "overview", 800),
    Picture("report-rules.png", "rules", 720, MOVED),
    Picture("report-samples.png", "samples/dropped/filter/too_many_ellipsis_lines", 560),
    Picture("report-duplicates.png", "duplicates", 560, PAIRS),
    Picture("report-classifier.png", "quality", 700),
)


def draw(page: str, picture: Picture, folder: Path) -> bytes:
    """Return a PNG of one view of a page."""
    # The policy would not let the script run.
    text = re.sub(r"<meta http-equiv[^>]*>", "", page)
    script = f"<script>{picture.script}</script></body>"
    (folder / "report.html").write_text(text.replace("</body>", script), encoding="utf-8")
    made = folder / "picture.png"
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
        f"--window-size=1100,{picture.height}", f"--screenshot={made}",
        f"file://{folder}/report.html#{picture.view}",
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=120, check=True)  # noqa: S603 - Chromium
    small = io.BytesIO()
    image = (
        Image.open(made)
        .convert("RGB")
        .quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    image.save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Write all pictures, and print their sizes."""
    page = Path(sys.argv[1], "report.html").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            data = draw(page, picture, Path(folder))
            (FOLDER / picture.name).write_bytes(data)
            print(f"{picture.name}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
