"""The snippets of the README that need Spark, on the session of the tests."""

import re
from pathlib import Path

import pytest
from test_verify import make

README = Path(__file__).resolve().parents[2] / "README.md"
SNIPPETS = [
    content
    for content in re.findall(
        r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL
    )
    if "pyspark" in content
]


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_spark_reads_the_shards(snippet, tmp_path, capsys):
    make(tmp_path / "corpus")
    assert '"corpus/' in snippet
    exec(snippet.replace('"corpus/', f'"{tmp_path}/corpus/'), {})  # Java's folder is another
    assert re.search(r"books *\| +400\|", capsys.readouterr().out)
