"""Faults: servers that break off, send wrong data or redirect; transport errors, not damage."""

import gzip
import os
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fault_rows.archives import PAGES, members
from fault_rows.table import Outcome, Row, command, read_files, told, write

DATA = b"".join(members())
SECRET = "s3cr3t"
AGAIN = "tried again, all records read"
STOPS = "an error that names the file, nothing damaged"


class Handler(BaseHTTPRequestHandler):
    """Serves DATA in ranges, but as `server.faults` says first; leads on from /to/."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):  # noqa: PLR0911 - one for each fault
        if self.path.startswith("/to/"):
            return self.reply(302, b"", {"Location": self.path.removeprefix("/to/")})
        body = self.server.files.get(self.path.partition("?")[0], DATA)
        if self.command == "HEAD":
            fault = self.server.heads.pop(0) if self.server.heads else ""
            if fault.isdecimal():
                return self.reply(int(fault), b"", {})
            return self.reply(200, b"", {"Content-Length": str(len(body)), "ETag": '"one"'})
        fault = self.server.faults.pop(0) if self.server.faults else ""
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        start, stop = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(body))
        part = body[start:stop]
        if fault.isdecimal():
            return self.reply(int(fault), b"slow down", {"Retry-After": "0"})
        if fault.startswith("an error page"):
            return self.reply(206 if "206" in fault else 200, b"<html>Sorry</html>", {})
        total = len(body) + 7 if fault == "another size" else len(body)
        fields = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{total}",
                  "ETag": '"two"' if fault == "another ETag" else '"one"'}  # fmt: skip
        if fault == "another range":
            fields["Content-Range"] = f"bytes {start + 9}-{start + 8 + len(part)}/{total}"
        if fault == "a short body":
            return self.reply(206, part[:-9], fields)
        if fault == "a body that breaks off":
            return self.reply(206, part[:9], {**fields, "Content-Length": str(len(part))})
        if fault == "a reset":
            self.close_connection = True
            return self.connection.close()
        return self.reply(206, part, fields)

    def reply(self, status: int, body: bytes, fields: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


def served(check: Callable[[Path, ThreadingHTTPServer, str], Outcome]) -> Callable[[Path], Outcome]:
    """Return a check that is given a server of its own, and its address."""

    def made(folder: Path) -> Outcome:
        from curate.store import remote

        remote.PAUSE = 0.001
        os.environ["NO_PROXY"] = "127.0.0.1,localhost"
        os.environ.pop("CURATE_ALLOW_HOSTS", None)
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.files, server.faults, server.heads = {}, [], []
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                return check(folder, server, f"127.0.0.1:{server.server_address[1]}")
            finally:
                server.shutdown()

    return made


def archive(faults: list[str], heads: list[str] = [], *, error: str | None = None):  # noqa: B006
    """Return a check of an archive whose server breaks so often; `error`: what it ends in."""

    def check(folder: Path, server: ThreadingHTTPServer, place: str) -> Outcome:
        server.faults, server.heads = [*faults], [*heads]
        try:
            rows, unaccounted = read_files(f"http://{place}/a.warc.gz", "warc", folder)
        except Exception as raised:
            said = f"{type(raised).__name__}: {raised}".replace(place, "server")
            return Outcome(said[:150], error is not None and re.search(error, said) is not None)
        right = error is None and rows == ["read"] * PAGES
        return Outcome(told(rows), right and not unaccounted, unaccounted)

    return served(check)


def redirected(target: str, wanted: str):
    """Return a check of a server that leads to another place: refused, and told by `wanted`."""

    def check(folder: Path, _: ThreadingHTTPServer, place: str) -> Outcome:
        port = place.partition(":")[2]
        url = f"http://{place}/to/{target.format(port=port)}"
        write(folder, {"recipe.yaml": f"sources: {{a: {{kind: warc, path: '{url}'}}}}"})
        code, said = command("plan", str(folder / "recipe.yaml"), "--out", str(folder / "out"))
        shown = said.replace(place, "server").splitlines()[0]
        return Outcome(
            f"exit {code}: {shown[:150]}", code == 2 and wanted in said and SECRET not in said
        )

    return served(check)


def listed(line: str):
    """Return a check of a server's list of archives that names a file of another place: refused."""

    def check(folder: Path, server: ThreadingHTTPServer, place: str) -> Outcome:
        server.files["/x.paths.gz"] = gzip.compress(line.encode())
        write(
            folder,
            {"recipe.yaml": f"sources: {{a: {{kind: warc, path: 'http://{place}/x.paths.gz'}}}}"},
        )
        code, said = command("plan", str(folder / "recipe.yaml"), "--out", str(folder / "out"))
        shown = said.replace(place, "server").splitlines()[0]
        return Outcome(
            f"exit {code}: {shown[:150]}", code == 2 and "expected paths of files on" in said
        )

    return served(check)


def secret_kept(folder: Path, server: ThreadingHTTPServer, place: str) -> Outcome:
    """A run whose source's URL has a query and a password writes neither."""
    server.files["/t.jsonl"] = b"".join(
        b'{"text": "Text number %d, a sentence of its own with words."}\n' % n for n in range(60)
    )
    url = f"http://me:{SECRET}@{place}/t.jsonl?sig={SECRET}"
    write(folder, {"recipe.yaml": f"sources: {{a: {{kind: jsonl, path: '{url}'}}}}\nfilters: []\n"
                                  "language: null\ndedup: {near: false}\n"})  # fmt: skip
    code, said = command("run", str(folder / "recipe.yaml"), "--out", str(folder / "out"))
    holding = [path for path in (folder / "out").rglob("*")
               if path.is_file() and SECRET.encode() in path.read_bytes()]  # fmt: skip
    files = sum(path.is_file() for path in (folder / "out").rglob("*"))
    happened = f"exit {code}, {files} files written, {len(holding)} with the secret"
    if holding:
        happened += f" such as {holding[0].relative_to(folder)}"
    return Outcome(happened if code == 0 else f"exit {code}: {said[-150:]}",
                   code == 0 and not holding and files > 5 and SECRET not in said)  # fmt: skip


def two_names(folder: Path, _: ThreadingHTTPServer, place: str) -> Outcome:
    """Two URLs that differ in their queries alone are a mistake, shown without them."""
    paths = ", ".join(f"'http://{place}/a.warc.gz?{n}={SECRET}'" for n in "ab")
    write(folder, {"recipe.yaml": f"sources: {{a: {{kind: warc, path: [{paths}]}}}}"})
    code, said = command("plan", str(folder / "recipe.yaml"), "--out", str(folder / "out"))
    shown = said.replace(place, "server").splitlines()[0]
    return Outcome(f"exit {code}: {shown[:150]}",
                   code == 2 and "sources.a.path" in said and SECRET not in said)  # fmt: skip


FAULTS = ("403", "429", "500", "503", "an error page with 200", "an error page with 206", "a short body",
          "a body that breaks off", "a reset", "another size", "another ETag", "another range")  # fmt: skip
LEADS = (
    ("http://localhost:{port}/x?sig=" + SECRET, "a private network"),
    ("http://169.254.169.254/latest/meta-data", "a private network"),
    ("ftp://127.0.0.1/x", "another scheme"),
    ("file:///etc/passwd", "status 302"),
)
LINES = (
    "file:///etc/passwd",
    "http://169.254.169.254/x.warc.gz",
    "../../x.warc.gz",
    "s3://bucket/x.warc.gz",
)

ROWS = (
    *(Row("transport", f"{fault}, once", AGAIN, archive([fault])) for fault in FAULTS),
    *(Row("transport", f"{fault}, always", STOPS, archive([fault] * 99, error=r"TransportError.*a\.warc\.gz"))
      for fault in FAULTS),
    Row("transport", "404 in the midst of a run", STOPS, archive(["404"], error="FileNotFoundError")),
    Row("transport", "401", STOPS, archive(["401"] * 9, error="status 401")),
    Row("transport", "HEAD is refused (URLs signed for GET)", AGAIN, archive([], ["403"] * 9)),
    *(Row("transport", f"a redirect to {target.format(port=80).replace(SECRET, '…')}", "refused, exit 2",
          redirected(target, wanted)) for target, wanted in LEADS),
    *(Row("transport", f"a server's list that names {line}", "refused, exit 2", listed(line)) for line in LINES),
    Row("transport", "two URLs that differ in their queries alone", "exit 2, without the queries",
        served(two_names)),
    Row("transport", "a secret in a source's URL, a whole run", "in no file of OUT or WORK", served(secret_kept)),
)  # fmt: skip
