"""The snippets of README and docs/ that need Spark, on the session of the tests."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from test_verify import make

from curate.demo import make_crawl

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = {
    f"{path.name}[{number}]": content
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    for number, content in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
    if "pyspark" in content or "curate.spark" in content
}
# What a snippet that reads such a place prints.
TOLD = {"corpus": r"books *\| +400\|", "crawl": r"https?://[a-z]"}


@pytest.mark.slow
@pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)
def test_snippets_on_spark(spark, snippet, tmp_path, capsys):
    make(tmp_path / "corpus")
    make_crawl(tmp_path, pages=60)
    (place,) = [name for name in TOLD if f'"{name}/' in snippet]
    # Java's working folder is another one
    exec(snippet.replace(f'"{place}/', f'"{tmp_path}/{place}/'), {"spark": spark})
    told = capsys.readouterr().out
    if "cs.judge" in snippet:  # reasons with their counts, then documents
        assert re.search(r"too_few_words *\| +\d+\|", told)
        assert re.search(r"\| +id\| +title\| +text\|\n", told)
    else:
        assert re.search(TOLD[place], told)


@pytest.mark.slow
def test_the_notebook_runs(spark, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((ROOT / "examples" / "dataframes.ipynb").read_bytes())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names = {"__name__": "__main__"}  # its functions are sent to workers as a notebook's are
    for cell in cells:
        assert cell["outputs"] == []
        exec("".join(cell["source"]), names)
    assert names["spark"] is spark
    told = capsys.readouterr().out
    assert re.search(r"near_duplicate *\| +[1-9]", told)
    assert re.search(r"validation *\| +(?:even|odd) *\| +[1-9]", told)


@pytest.mark.slow
def test_the_script_runs(spark, tmp_path, monkeypatch, capsys):
    make_crawl(tmp_path, pages=60)
    out = tmp_path / "pages"
    script = ROOT / "examples" / "dataframes.py"
    monkeypatch.setattr(sys, "argv", [script.name, f"{tmp_path}/crawl/*.warc.gz", str(out)])
    runpy.run_path(str(script), run_name="__main__")
    assert re.search(r"language_not_kept *\| +[1-9]", capsys.readouterr().out)
    assert {"id", "text", "language", "words"} <= set(spark.read.parquet(str(out)).columns)
