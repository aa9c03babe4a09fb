"""The notebook that compares two recipes runs, and shows what it says."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_notebook_of_two_recipes_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CURATE_WORKERS", "1")
    notebook = json.loads((ROOT / "examples" / "recipes.ipynb").read_bytes())
    names = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            exec("".join(cell["source"]), names)
    told = capsys.readouterr().out
    page = Path(re.search(r"^(.*report\.html)$", told, re.MULTILINE)[1]).read_text()
    assert '"against"' in page
    before, after = map(int, re.search(r"^too_few_words +(\d+) -> +(\d+)$", told, re.M).groups())
    assert before < after
    assert re.search(r"^\d[\d.]* words, the bound is 150", told, re.MULTILINE)
    assert re.search(r"^second \{.*'crawl': \d+", told, re.MULTILINE)
