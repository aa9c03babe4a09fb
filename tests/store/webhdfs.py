"""A NameNode and a DataNode of HDFS as WebHDFS shows them, in this process, with files in memory.

After "WebHDFS REST API" of Hadoop 3.4: the operations that fsspec's client and `curate` use. Files
are created and appended to in two steps, with a redirect to the DataNode. As in HDFS a rename onto
a file that exists is refused (`{"boolean": false}`), a folder is made with the files below it.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.folders = {"/"}
        self.lock = threading.Lock()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def make_folder(self, path):
        while path:
            self.folders.add(path)
            path = path.rpartition("/")[0]

    def status(self, path, suffix=""):
        if path in self.files:
            length, kind = len(self.files[path]), "FILE"
        else:
            length, kind = 0, "DIRECTORY"
        modified = self.times.get(path, 0)
        return {"pathSuffix": suffix, "type": kind, "length": length, "modificationTime": modified}


class Handler(BaseHTTPRequestHandler):
    server: Server

    protocol_version = "HTTP/1.1"

    def answer(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = unquote(url.path.removeprefix("/webhdfs/v1")).rstrip("/") or "/"
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        operation = query["op"].upper()
        at_data_node = "node" in query
        redirected = operation in ("CREATE", "APPEND", "OPEN") and not at_data_node
        with self.server.lock:
            known = path in self.server.files or path in self.server.folders
            if operation in ("OPEN", "APPEND", "GETFILESTATUS", "LISTSTATUS") and not known:
                self.refuse(404, "FileNotFoundException", f"File does not exist: {path}")
            elif redirected:
                self.redirect(307)
            else:
                getattr(self, f"on_{operation.lower()}")(path, query=query, body=body)

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - as the base class calls them

    def on_create(self, path, *, query, body):
        if path in self.server.files and query.get("overwrite") != "true":
            self.refuse(403, "FileAlreadyExistsException", f"{path} already exists")
            return
        self.server.make_folder(path.rpartition("/")[0])
        self.write(path, body)
        self.say(201)

    def on_append(self, path, *, body, **_):
        self.write(path, self.server.files[path] + body)
        self.say(200)

    def write(self, path, data):
        self.server.files[path] = data
        self.server.times[path] = time.time_ns() // 1_000_000

    def on_open(self, path, *, query, **_):
        start = int(query.get("offset", 0))
        stop = start + int(query["length"]) if "length" in query else None
        self.say(200, self.server.files[path][start:stop])

    def on_getfilestatus(self, path, **_):
        self.say(200, {"FileStatus": self.server.status(path)})

    def on_liststatus(self, path, **_):
        below = path.rstrip("/") + "/"
        if path in self.server.files:
            rows = [self.server.status(path)]
        else:
            names = {*self.server.files, *self.server.folders} - {"/"}
            inner = sorted(name for name in names
                           if name.startswith(below) and "/" not in name[len(below):])  # fmt: skip
            rows = [self.server.status(name, name[len(below) :]) for name in inner]
        self.say(200, {"FileStatuses": {"FileStatus": rows}})

    def on_mkdirs(self, path, **_):
        self.server.make_folder(path)
        self.say(200, {"boolean": True})

    def on_rename(self, path, *, query, **_):
        new, files = query["destination"], self.server.files
        done = path in files and new not in files and new.rpartition("/")[0] in self.server.folders
        if done:
            self.write(new, files.pop(path))
        self.say(200, {"boolean": done})

    def on_delete(self, path, **_):
        self.say(200, {"boolean": self.server.files.pop(path, None) is not None})

    def redirect(self, status):
        self.send_response(status)
        self.send_header("Location", f"http://{self.server.host}{self.path}&node=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def refuse(self, status, exception, message):
        self.say(status, {"RemoteException": {"exception": exception, "message": message}})

    def say(self, status, body=b""):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
