"""Faults of the way to a file: tried again, and never taken for the file's own."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from warc.archives import archive, response

from curate import recipe
from curate.sources import InputFile, Range, Reading, read
from curate.store import io, remote
from curate.store.remote import TransportError, read_exactly
from curate.store.unpack import is_io_error

DATA, STARTS = archive([response(n, b"<html>" + b"%d " % n * 5000) for n in range(30)])


class Handler(BaseHTTPRequestHandler):
    """Answers with ranges of DATA, but as `server.faults` says first."""

    def do_GET(self):
        self.server.asked.append(self.headers["Range"])
        fault = self.server.faults.pop(0) if self.server.faults else "none"
        start, stop = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        body = DATA[start : stop + 1]
        total = len(DATA) + 7 if fault == "another size" else len(DATA)
        if fault.isdecimal():
            return self.reply(int(fault), b"slow down", {"Retry-After": "0"})
        if fault == "an error page":
            return self.reply(200, b"<html>Sorry</html>", {})
        if fault == "an error page with the range's status":
            return self.reply(206, b"<html>Sorry</html>", {})
        fields = {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{total}",
                  "ETag": '"two"' if fault == "another ETag" else '"one"'}  # fmt: skip
        if fault == "a short body":
            return self.reply(206, body[:-9], fields)
        if fault == "a body that breaks off":
            return self.reply(206, body[:9], {**fields, "Content-Length": str(len(body))})
        if fault == "a reset":
            self.close_connection = True
            return self.connection.close()
        return self.reply(206, body, fields)

    def reply(self, status, body, fields):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(remote, "PAUSE", 0.001)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.asked, served.faults = [], []
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


FAULTS = (
    "503",
    "403",
    "429",
    "500",
    "an error page",
    "an error page with the range's status",
    "a short body",
    "a body that breaks off",
    "a reset",
    "another size",
    "another ETag",
)


def file_of(server):
    url = f"http://127.0.0.1:{server.server_address[1]}/a.warc.gz"
    return InputFile(3, "s", "a.warc.gz", url, len(DATA), '"one"')


def rows_of(file):
    source = recipe.Source(kind="warc", path=file.url)
    part = Range(file, 0, file.size)
    return [row for _, row in read(part, source, recipe.Extract(), Reading())]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again(server, fault):
    server.faults = [fault, "none", fault, fault]
    rows = rows_of(file_of(server))
    assert [row["n"] for row in rows] == STARTS
    assert not any(row.get("state") == "damaged" for row in rows)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_an_error_that_names_the_file(server, fault):
    server.faults = [fault] * 99
    with pytest.raises(TransportError, match=r"a\.warc\.gz: expected .* attempts\)") as caught:
        rows_of(file_of(server))
    assert is_io_error(caught.value)
    assert len(server.asked) == remote.ATTEMPTS


def test_a_file_that_is_not_there_is_not_asked_for_again(server):
    server.faults = ["404"] * 9
    with pytest.raises(FileNotFoundError):
        rows_of(file_of(server))
    assert len(server.asked) == 1


def test_a_refusal_is_not_asked_for_again(server):
    server.faults = ["401"] * 9
    with pytest.raises(TransportError, match="status 401"):
        rows_of(file_of(server))
    assert len(server.asked) == 1


def test_requests_of_a_file(server):
    file = file_of(server)
    with io.open_read(file.url, file.size, file.version) as opened:
        assert opened.read() == DATA
        opened.seek(5)
        assert opened.read(10) == DATA[5:15]
        assert opened.seek(-4, 2) == len(DATA) - 4
        assert opened.read() == DATA[-4:]
    assert len(server.asked) <= 3
    assert io.read_range(file.url, 7, 100, file.size, file.version) == DATA[7:107]
    assert io.read_range(file.url, len(DATA) - 5, 99, file.size) == DATA[-5:]


def test_other_stores_are_held_against_the_size_too(monkeypatch):
    monkeypatch.setattr(remote, "PAUSE", 0.0)
    answers = [DATA[:3], ConnectionResetError("reset"), TimeoutError("late"), DATA[:9]]

    def fetch(_url, _start, _stop):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert read_exactly("s3://b/x", 0, 9, len(DATA), fetch=fetch) == DATA[:9]
    with pytest.raises(TransportError, match=r"s3://b/x: expected 9 bytes .* got 3 bytes"):
        read_exactly("s3://b/x", 0, 9, len(DATA), fetch=lambda *_: DATA[:3])
