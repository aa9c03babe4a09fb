"""Dumps to one table: as in memory, whatever the files, and counted once."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from links.dumps import PACKED, line

from curate.cli.links import write_links
from curate.cli.options import Options
from curate.links import Rules, gather, links
from curate.stages.links import gather_links
from stages.committed import on_engines


@pytest.fixture(scope="module")
def dumps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dumps")
    for number, (name, pack) in enumerate(PACKED.items()):
        rows = [line(f"http://example.org/{n % 97}", score=(n * number) % 5) for n in range(400)]
        (folder / name).write_bytes(pack(b"".join(rows) + b"{\n"))
    (folder / "cut.xz").write_bytes(PACKED["RS.xz"](line())[:-9])
    return sorted(str(path) for path in folder.iterdir())


@on_engines("karma_of", {"submission": "submission", "url": "url"})
def test_as_in_memory(engine, dumps, tmp_path, karma_of):
    rules = Rules(karma_of=karma_of)
    counts = Counter()
    expected = gather((one for path in dumps for one in links(path, rules, counts)), rules)
    by_file = gather_links(engine, dumps, rules, str(tmp_path / "a.parquet"))
    assert pq.read_table(tmp_path / "a.parquet").equals(expected)
    assert sum(by_file.values(), Counter()) == counts + Counter(links=expected.num_rows)
    assert [by_file[path]["bad_compression"] for path in dumps] == [0, 0, 0, 0, 0, 1]
    again = gather_links(engine, dumps[::-1], rules, str(tmp_path / "b.parquet"))
    assert again == by_file
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_dumps_that_have_nothing_make_an_empty_table(local, tmp_path):
    (tmp_path / "RS_empty").write_bytes(b"")
    out = str(tmp_path / "a.parquet")
    counts = gather_links(local, [str(tmp_path / "RS_empty")], Rules(), out)
    assert counts[""]["links"] == pq.read_metadata(out).num_rows == 0


def test_the_command(dumps, tmp_path, capsys):
    out = str(tmp_path / "out")
    counts = write_links(dumps, out, Rules(), Options(engine="local"))
    assert json.loads((tmp_path / "out" / "links.json").read_text())["counts"] == counts
    assert pq.read_metadata(tmp_path / "out" / "links.parquet").num_rows == counts["links"]
    said = " ".join(capsys.readouterr().out.split())
    assert "cut.xz: breaks off" in said
    assert "5 bad_json: lines that are not JSON objects" in said
