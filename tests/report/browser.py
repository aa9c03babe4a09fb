"""A page in a browser: what it makes of a view, of itself or once a script has acted on it."""

import html
import json
import os
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


def shown(out, view, tmp_path):
    """Return what a browser makes of a view, as HTML."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{out}/report.html#{view}",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=True, env={**os.environ, "LANG": "C"}
    )
    return done.stdout.decode()


def acted(out, view, script, tmp_path):
    """Return what a browser makes of a view once a script has acted on it.

    The script stands in a copy of the page without the policy, which would not let it run.
    """
    text = re.sub(r"<meta http-equiv[^>]*>", "", (out / "report.html").read_text())
    (tmp_path / "report.html").write_text(
        text.replace("</body>", f"<script>{script}</script></body>")
    )
    return shown(tmp_path, view, tmp_path)


def told(text, name):
    """Return what a script has left on a page, as JSON."""
    return json.loads(html.unescape(re.search(rf'<pre id="{name}">(.*?)</pre>', text, re.S)[1]))


TELL = """
const tell = (name, what) => {
  const told = document.createElement("pre");
  told.id = name;
  told.textContent = JSON.stringify(what);
  document.body.append(told);
};
"""
