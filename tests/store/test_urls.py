"""URLs: what may be shown of them, and where a server may lead."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources.reading import parsed

from curate.recipe import RecipeError
from curate.sources import inventory
from curate.store import io, remote, web
from curate.store.urls import bare, hide_secrets, is_private
from curate.store.web import RedirectError, refused_redirect

SECRET = "s3cr3t"
SHOWN = {
    "https://a.org/x.gz?sig=s3cr3t": "https://a.org/x.gz?…",
    "https://a.org/x.gz#s3cr3t": "https://a.org/x.gz?…",
    "https://a.org?s3cr3t": "https://a.org?…",
    "https://me:s3cr3t@a.org/x": "https://a.org/x",
    "HTTPS://s3cr3t@A.org:8/x?s3cr3t@y": "HTTPS://A.org:8/x?…",
    "s3://key:s3cr3t@bucket/2024-??/x": "s3://bucket/2024-??/x",
    "ftp://me:s3cr3t@a.org/x": "ftp://a.org/x",
    "simplecache::https://a.org/x?s3cr3t": "simplecache::https://a.org/x?…",
    "(see https://a.org/x?sig=s3cr3t), now": "(see https://a.org/x?…), now",
    "'https://a.org/x?s3cr3t' and https://b.org/y": "'https://a.org/x?…' and https://b.org/y",
    "no URL ? at all # me@x": "no URL ? at all # me@x",
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.items(), ids=SHOWN.values())
def test_what_is_shown(text, shown):
    assert hide_secrets(text) == shown
    assert hide_secrets(shown) == shown


WORD = st.text("abcXYZ0123456789-._~%", min_size=1, max_size=6)


@given(st.sampled_from(["https", "http", "HTTP"]), WORD, WORD, WORD, st.sampled_from("?#"))
def test_nothing_of_a_query_is_shown(scheme, host, path, secret, mark):
    secret = f"<{secret}>".replace("<", "secret-").replace(">", "-end")
    url = f"{scheme}://user:{secret}@{host}/{path}{mark}{secret}"
    assert secret not in hide_secrets(f"{url}: 403")
    assert bare(url) == f"{scheme}://{host}/{path}"
    assert bare(bare(url)) == bare(url)


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "::1", "0.0.0.0",
    "fd00::1", "fe80::1", "::ffff:10.0.0.1", "localhost", "224.0.0.1", "100.64.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_private_hosts(host):
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "no-such-host.invalid", ""])
def test_other_hosts(host):
    assert not is_private(host)


LEADS = {
    "the same host": ("http://10.0.0.1/x", "http://10.0.0.1/y", None),
    "https": ("http://8.8.8.8/x", "https://8.8.8.8/x", None),
    "another public host": ("https://8.8.8.8/x", "https://1.1.1.1/x", None),
    "back to http": ("https://8.8.8.8/x", "http://8.8.8.8/x", "http, from https"),
    "a file": ("https://8.8.8.8/x", "file:///etc/passwd", "another scheme than http or https"),
    "ftp": ("https://8.8.8.8/x", "ftp://8.8.8.8/x", "another scheme than http or https"),
    "metadata": ("http://8.8.8.8/x", "http://169.254.169.254/latest", "a private network"),
    "loopback": ("http://8.8.8.8/x", "http://[::1]:8080/", "a private network"),
    "a number": ("http://8.8.8.8/x", "http://2130706433/", "a private network"),
}


@pytest.mark.parametrize(("url", "target", "why"), LEADS.values(), ids=LEADS)
def test_where_a_server_may_lead(monkeypatch, url, target, why):
    monkeypatch.delenv(web.ALLOW_HOSTS, raising=False)
    assert refused_redirect(url, target) == why
    monkeypatch.setenv(web.ALLOW_HOSTS, "x, 169.254.169.254,::1 ,2130706433")
    assert refused_redirect(url, target) == (None if why == "a private network" else why)


class Handler(BaseHTTPRequestHandler):
    """Serves 100 bytes to who has the right query or name; leads on from /away."""

    def do_HEAD(self):
        self.reply()

    def do_GET(self):
        self.reply()

    def reply(self):
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        if self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/away/"))
            self.end_headers()
        elif self.path.startswith("/list.paths"):
            self.send(self.server.list)
        elif not self.path.endswith(f"?sig={SECRET}") and not self.headers.get("Authorization"):
            self.send_error(401)
        elif self.command == "HEAD" and "only-get" in self.path:
            self.send_error(403)
        else:
            self.send(b"x" * 100)

    def send(self, body):
        low, high = 0, len(body)
        if asked := self.headers.get("Range"):
            low, high = (int(part) for part in asked.removeprefix("bytes=").split("-"))
            high += 1
        part = body[low:high]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(part)))
        if asked:
            self.send_header("Content-Range", f"bytes {low}-{low + len(part) - 1}/{len(body)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.delenv(web.ALLOW_HOSTS, raising=False)
    monkeypatch.setattr(remote, "PAUSE", 0.001)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.asked, served.list = [], b""
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        served.place = f"127.0.0.1:{served.server_address[1]}"
        yield served
        served.shutdown()
        thread.join()


def files_of(path, **keys):
    files, _ = inventory(parsed(io.Path("/"), s={"kind": "text", "path": path, **keys}))
    return files


@pytest.mark.parametrize("name", ["a/x.txt", "only-get/x.txt"])
def test_a_signed_url_is_read_and_its_query_is_in_no_name(server, name):
    [file] = files_of(f"http://{server.place}/{name}?sig={SECRET}")
    assert (file.file_path, file.size) == ("x.txt", 100)
    with io.open_read(file.url, file.size, file.version) as opened:
        assert opened.read() == b"x" * 100
    assert io.read_bytes(file.url) == b"x" * 100


def test_a_user_name_is_a_header_and_in_no_name(server):
    [file] = files_of(f"http://me:{SECRET}@{server.place}/x.txt")
    assert file.file_path == "x.txt"
    assert io.read_range(file.url, 5, 10, file.size) == b"x" * 10
    assert {asked[2] for asked in server.asked} == {"Basic bWU6czNjcjN0"}


def test_two_urls_of_one_name_are_shown_without_queries(server):
    url = f"http://{server.place}/x.txt"
    with pytest.raises(RecipeError) as error:
        files_of([f"{url}?sig={SECRET}", f"{url}?a=1?sig={SECRET}"])
    assert str(error.value) == (
        f"sources.s.path: expected one file for each name below its root, got {url} twice, with "
        "different queries, which are not written to any output"
    )


@pytest.mark.parametrize("path", ["x.txt?sig=" + "no-" + SECRET, "none/x.txt?token=" + SECRET])
def test_an_error_shows_no_secret(server, path):
    with pytest.raises(RecipeError) as error:
        files_of(f"http://{server.place}/{path}")
    assert SECRET not in str(error.value)
    assert str(error.value) == (
        f"sources.s.path: http://{server.place}/{path.partition('?')[0]}: status 401"
    )


def test_a_redirect_to_elsewhere_is_refused(server):
    port = server.place.partition(":")[2]
    for target, why in (
        (f"http://localhost:{port}/x?sig={SECRET}", "a redirect to a private network"),
        ("ftp://127.0.0.1/x", "a redirect to another scheme"),
    ):
        server.asked.clear()
        with pytest.raises(RedirectError, match=why) as error:
            io.find(f"http://{server.place}/away/{target}")
        assert SECRET not in str(error.value)
        assert len(server.asked) == 1, "it is not tried again"


def test_a_redirect_that_is_allowed_takes_no_password_along(server, monkeypatch):
    monkeypatch.setenv(web.ALLOW_HOSTS, "localhost")
    port = server.place.partition(":")[2]
    target = f"http://localhost:{port}/x?sig={SECRET}"
    [result] = io.find(f"http://me:{SECRET}@{server.place}/away/{target}")
    assert result.size == 100
    first, second = server.asked
    assert first[2] is not None
    assert second[1:] == (f"/x?sig={SECRET}", None)


LINES = [
    "file:///etc/passwd", "http://169.254.169.254/latest", "../up.warc.gz", "a/%2e%2e/%2e%2e/b",
    "s3://bucket/x", "a\\..\\b", "HTTP://127.0.0.1:1/x",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_list_of_a_server_leads_nowhere_else(server, line):
    server.list = line.encode()
    with pytest.raises(
        RecipeError, match=r"sources\.s\.path: .*expected paths of files on http://"
    ):
        files_of(f"http://{server.place}/list.paths", kind="warc")
    assert {asked[1] for asked in server.asked} == {"/list.paths"}


def test_a_list_of_a_server_names_files_of_its_own(server):
    server.list = f"a/1.warc.gz\nhttp://{server.place}/b/2.warc.gz\n".encode()
    files = files_of(f"http://me:{SECRET}@{server.place}/list.paths", kind="warc")
    assert [file.file_path for file in files] == [
        "a/1.warc.gz",
        f"http://{server.place}/b/2.warc.gz",
    ]
    assert {asked[2] for asked in server.asked} == {"Basic bWU6czNjcjN0"}
