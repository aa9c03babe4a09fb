"""Lists of archives and crawls of Common Crawl: which files they name, in which share."""

import gzip
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from curate.recipe import Source
from curate.sources import inventory
from curate.store import remote
from sources.reading import parsed, put

PATHS = [f"crawl-data/CC-MAIN-2024-10/segments/1/warc/{n:05d}.warc.gz" for n in range(40)]
LIST = "crawl-data/CC-MAIN-2024-10/warc.paths.gz"


@pytest.fixture
def crawl(tmp_path):
    for path in PATHS:
        put(tmp_path / path, path.encode())
    put(tmp_path / LIST, gzip.compress("\n".join(PATHS).encode()))
    return tmp_path


def files_of(folder, path, **keys):
    files, warnings = inventory(parsed(folder, s={"kind": "warc", "path": str(path), **keys}))
    assert warnings == []
    return files


def test_a_list_names_its_files(crawl):
    files = files_of(crawl, crawl / LIST)
    assert [file.file_path for file in files] == PATHS
    assert [file.size for file in files] == [len(path) for path in PATHS]


def test_a_share_is_drawn_by_hash(crawl):
    some, more = (
        {file.file_path for file in files_of(crawl, crawl / LIST, share=share)}
        for share in (0.2, 0.6)
    )
    assert 1 <= len(some) < len(more) < 40
    assert some < more


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; every third request is told to slow down."""

    asked = 0

    def send_head(self):
        Handler.asked += 1
        if Handler.asked % 3 == 0:
            self.send_error(503)
            return None
        return super().send_head()

    def log_message(self, *args):
        pass


def test_a_list_on_a_server_that_is_busy(crawl, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(remote, "PAUSE", 0.001)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(crawl))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/{LIST}"
        try:
            files = files_of(crawl, url, share=0.3)
        finally:
            server.shutdown()
            thread.join()
    expected = [file.file_path for file in files_of(crawl, crawl / LIST, share=0.3)]
    assert [file.file_path for file in files] == expected


def test_a_crawl_names_its_list():
    https = Source(kind="commoncrawl", crawl="CC-MAIN-2024-10", share=0.01)
    assert https.path == (f"https://data.commoncrawl.org/{LIST}",)
    assert https.dump == "CC-MAIN-2024-10"
    assert Source(kind="commoncrawl", crawl="CC-MAIN-2024-10", store="s3").path == (
        f"s3://commoncrawl/{LIST}",
    )
    own = Source(kind="commoncrawl", crawl="CC-MAIN-2024-10", path="/mirror/warc.paths")
    assert own.path == ("/mirror/warc.paths",)


NO_CRAWLS = [
    {"kind": "commoncrawl"},
    {"kind": "commoncrawl", "crawl": "2024"},
    {"kind": "warc", "path": "x", "crawl": "CC-MAIN-2024-10"},
]


@pytest.mark.parametrize("keys", NO_CRAWLS)
def test_what_is_no_crawl_is_refused(keys):
    with pytest.raises(ValidationError, match="crawl"):
        Source(**keys)
