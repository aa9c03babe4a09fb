"""Archives somewhere else: over HTTP in ranges, and from any store fsspec knows."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from warc.archives import archive, response

from curate import recipe
from curate.engine.guard import Guard
from curate.extract.html import Extraction
from curate.sources import Range, Reading, inventory, read
from curate.store import io

pytest.importorskip("aiohttp")
DATA, STARTS = archive([response(n, b"<html>" + b"%d " % n * 5000) for n in range(30)])


class Handler(BaseHTTPRequestHandler):
    """Answers with DATA, or the range asked for, and remembers which."""

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, *, with_body):
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, stop = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(DATA))
        body = DATA[start:stop]
        if self.path != "/crawl/a.warc.gz":
            self.send_error(404)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(DATA)}")
        self.end_headers()
        if with_body:
            self.server.asked.append((start, len(body)))
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.asked = []
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture(params=["local", "http", "memory"])
def url(request, tmp_path):
    if request.param == "http":
        port = request.getfixturevalue("server").server_address[1]
        return f"http://127.0.0.1:{port}/crawl/a.warc.gz"
    if request.param == "memory":
        io.write_bytes("memory://crawl/a.warc.gz", DATA)
        return "memory://crawl/a.warc.gz"
    (tmp_path / "a.warc.gz").write_bytes(DATA)
    return str(tmp_path / "a.warc.gz")


def rows_of(file, **part):
    source = recipe.Source(kind="warc", path=file.url)
    reading = Reading(page=Guard(lambda body, **_: Extraction(body.decode(), "", "", ""), str))
    part = Range(file, **{"start": 0, "stop": file.size, **part})
    return [row for _, row in read(part, source, recipe.Extract(), reading)]


def test_an_archive_is_the_same_wherever_it_lies(url, tmp_path):
    files, _ = inventory(recipe.parse({"sources": {"s": {"kind": "warc", "path": url}}}, tmp_path))
    [file] = files
    assert (file.file_path, file.size) == ("a.warc.gz", len(DATA))
    rows = rows_of(file)
    assert [row["n"] for row in rows] == STARTS
    assert [row["text"] for row in rows] == ["<html>" + f"{n} " * 5000 for n in range(30)]
    some = [row for start, stop in ((0, 3000), (3000, len(DATA)))
            for row in rows_of(file, start=0, stop=stop) if start <= row["n"] < stop]  # fmt: skip
    assert some == rows
    places = ((STARTS[7], STARTS[8] - STARTS[7]), (STARTS[9], STARTS[10] - STARTS[9]))
    assert rows_of(file, only=places) == [rows[7], rows[9]]
    assert io.read_range(url, len(DATA) - 5, 99) == DATA[-5:]


def test_places_are_read_by_requests_of_their_length(server):
    url = f"http://127.0.0.1:{server.server_address[1]}/crawl/a.warc.gz"
    assert io.read_range(url, STARTS[7], 100) == DATA[STARTS[7] : STARTS[7] + 100]
    assert server.asked == [(STARTS[7], 100)]
