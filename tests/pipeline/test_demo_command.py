"""What a stranger sees first: `curate demo`, as it is typed."""

import json
import re
import subprocess
import sys

import pytest

from curate.report.reasons import reasons
from pipeline.runs import SCRIPTS, finish


@pytest.mark.slow
def test_the_demo_shows_many_reasons_and_its_lines_run(tmp_path):
    folder = tmp_path / "a demo"
    said = finish([str(SCRIPTS / "curate"), "demo", str(folder)])
    ledger = json.loads((folder / "out/ledger.json").read_text())
    dropped = {reason for result in ledger["dropped"].values() for reason in result}
    occurring = dropped | ledger["skipped"].keys()
    known = {reason for _, reason, _ in reasons()}
    assert occurring <= known
    assert len(occurring) >= 40, sorted(known - occurring)  # of some ninety; by Python, 42 to 45
    # With some Pythons' texts a piece is left of every page that the benchmark is cut out of.
    assert ledger["dropped"].keys() | {"decontaminate"} == {
        "extract", "filter", "urls", "dedup", "quality", "decontaminate",
    }  # fmt: skip
    (result,) = json.loads((folder / "out/contamination.json").read_text())["benchmarks"]
    assert result["dirty"] > 0
    # The sample of judged pages is all of this crawl: what drops a page first is its outcome.
    judged = json.loads((folder / "out/report.json").read_text())["rules"]
    filtered = ledger["dropped"]["filter"]
    assert judged["dropped"] == sum(filtered.values())
    for row in judged["rules"]:
        names = ("language_not_kept", "language_uncertain")
        own = names if row["rule"] == "language" else (row["rule"],)
        assert row["first"] == sum(filtered.get(name, 0) for name in own), row
    mixture = json.loads((folder / "out/manifest.json").read_text())["mixture"]
    for name, row in mixture.items():
        assert abs(row["target"] - row["achieved"]) < 0.03, name
    assert said.index("sources:") < said.index("Ledger") < said.index("Mixture")
    assert said.count("the classifier says") == 3
    told, printed = re.search(
        r"These lines of Python\n(.*)\nprint\n(.*)\n\nWhat next", said, re.DOTALL
    ).groups()
    program = "\n".join(line.removeprefix("    ") for line in told.splitlines())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert [f"    {line}" for line in done.stdout.splitlines()] == printed.splitlines()
    assert "'source': 'crawl'" in printed
    for line in re.findall(r"^    (\S+curate (?:explain|verify|reasons)\b.*?) {4}#", said, re.M):
        done = subprocess.run(line, shell=True, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), line
