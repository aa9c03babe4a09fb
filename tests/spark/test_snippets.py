"""The snippets of README and docs/ that need Spark, on the session of the tests."""

import re
from pathlib import Path

import pytest
from test_verify import make
from warc.archives import archive, response

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = {
    f"{path.name}[{number}]": content
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    for number, content in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
    if "pyspark" in content or "curate.spark" in content
}
# What a snippet that reads such a place prints.
TOLD = {"corpus": r"books *\| +400\|", "crawl": r"http://example\.org/"}


@pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)
def test_snippets_on_spark(spark, snippet, tmp_path, capsys):
    make(tmp_path / "corpus")
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.warc.gz").write_bytes(archive([response(1)])[0])
    (place,) = [name for name in TOLD if f'"{name}/' in snippet]
    # Java's working folder is another one
    exec(snippet.replace(f'"{place}/', f'"{tmp_path}/{place}/'), {"spark": spark})
    assert re.search(TOLD[place], capsys.readouterr().out)
