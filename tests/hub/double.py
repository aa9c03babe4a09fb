"""A local double of the Hugging Face hub: as much of its HTTP API as an upload of a dataset needs.

Files of .parquet are stored as large ones (LFS), others as git's blobs, as the hub's own settings
of a new repository have it. State is in memory; `calls` has what was asked.
"""

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_writes"
READER = "hf_reads"


class Hub:
    def __init__(self):
        self.repositories = {}  # name -> {"private", "branches": {branch: [(oid, {path: entry})]}}
        self.objects = {}  # sha256 -> bytes
        self.calls = []
        self.refuse_after = None  # uploads of large files that succeed before all fail
        self.lock = threading.Lock()

    def files(self, name, branch="main"):
        """Return {path: bytes} of a branch's last commit."""
        entries = self.repositories[name]["branches"][branch][-1][1]
        return {
            path: self.objects[one["oid"]] if one["lfs"] else one["data"]
            for path, one in entries.items()
        }

    def commits(self, name, branch="main"):
        return len(self.repositories[name]["branches"][branch]) - 1  # less the one of the creation

    def create(self, name, private=False):
        self.repositories[name] = {"private": private, "branches": {"main": [(self.oid(), {})]}}

    def oid(self):
        return hashlib.sha1(str(len(self.calls)).encode() + b"x").hexdigest()


def blob(data):
    return hashlib.sha1(b"blob %d\x00" % len(data) + data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    hub = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        for key, value in {"content-type": kind, "content-length": len(data), **headers}.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def address(self):
        return f"http://{self.headers['host']}"

    def body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def handle_any(self):
        path = unquote(urlsplit(self.path).path)
        body = self.body()
        with self.hub.lock:
            self.hub.calls.append((self.command, path))
            if (self.command, path.split("/")[1]) != ("PUT", "lfs"):
                token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
                if token not in (TOKEN, READER):
                    return self.answer(401, {"error": "Invalid username or password."})
                if token == READER and self.command == "POST":
                    return self.answer(403, {"error": "no rights"})
            for method, pattern, serve in ROUTES:
                result = re.fullmatch(pattern, path)
                if result and method == self.command:
                    return serve(self, body, *result.groups())
            return self.answer(404, {"error": f"the double knows no {self.command} {path}"})

    do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815 - their names

    def last(self, name, branch):
        """Return (repository, commits of a branch), or None after an answer that it is missing."""
        repository = self.hub.repositories.get(name)
        if repository is None:
            self.answer(404, {"error": "Repository not found"}, x_error_code="RepoNotFound")
            return None
        commits = repository["branches"].get(branch)
        if commits is None:
            self.answer(404, {"error": "Invalid rev id"}, x_error_code="RevisionNotFound")
        return commits

    def create(self, body):
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            return self.answer(409, {"error": "exists"})
        self.hub.create(name, asked.get("visibility") == "private" or asked.get("private", False))
        return self.answer(200, {"url": f"{self.address()}/datasets/{name}", "id": name})

    def branch(self, _, name, branch):
        commits = self.hub.repositories[name]["branches"]
        commits[branch] = commits["main"][-1:]
        return self.answer(200, {})

    def info(self, _, name, branch="main"):
        if (commits := self.last(name, branch)) is not None:
            self.answer(200, {"id": name, "sha": commits[-1][0], "private": True, "tags": []})

    def tree(self, _, name, branch):
        if (commits := self.last(name, branch)) is None:
            return None
        return self.answer(200, [
            {"type": "file", "path": path, "size": one["size"], "oid": one["oid"][:40]}
            | ({"lfs": {"oid": one["oid"], "size": one["size"], "pointerSize": 1}}
               if one["lfs"] else {})
            for path, one in commits[-1][1].items()
        ])  # fmt: skip

    def preupload(self, body, name, branch):
        if (commits := self.last(name, branch)) is None:
            return None
        there = commits[-1][1]
        return self.answer(200, {"files": [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                "shouldIgnore": False,
                "oid": there.get(file["path"], {}).get("oid"),
            }
            for file in json.loads(body)["files"]
        ]})  # fmt: skip

    def batch(self, body, _):
        return self.answer(200, {"transfer": "basic", "objects": [
            one if one["oid"] in self.hub.objects
            else one | {"actions": {"upload": {"href": f"{self.address()}/lfs/{one['oid']}"}}}
            for one in json.loads(body)["objects"]
        ]})  # fmt: skip

    def put(self, body, oid):
        if self.hub.refuse_after == 0:
            return self.answer(400, {"error": "cut"})
        if self.hub.refuse_after is not None:
            self.hub.refuse_after -= 1
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.objects[oid] = body
        return self.answer(200)

    def commit(self, body, name, branch):
        if (commits := self.last(name, branch)) is None:
            return None
        lines = [json.loads(line) for line in body.splitlines()]
        if lines[0]["value"].get("parentCommit", commits[-1][0]) != commits[-1][0]:
            return self.answer(412, {"error": "A commit has happened since."})
        files = dict(commits[-1][1])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "lfsFile":
                size = len(self.hub.objects[value["oid"]])  # KeyError: it was never uploaded
                files[value["path"]] = {"lfs": True, "oid": value["oid"], "size": size}
            elif line["key"] == "file":
                data = base64.b64decode(value["content"])
                files[value["path"]] = {
                    "lfs": False, "oid": blob(data), "size": len(data), "data": data,
                }  # fmt: skip
            else:
                assert line["key"] == "deletedFile"
                del files[value["path"]]
        commits.append((self.hub.oid(), files))
        oid = commits[-1][0]
        url = f"{self.address()}/datasets/{name}/commit/{oid}"
        return self.answer(200, {"commitUrl": url, "commitOid": oid})

    def resolve(self, _, name, branch, path):
        if (commits := self.last(name, branch)) is None:
            return None
        one = commits[-1][1].get(path)
        if one is None:
            return self.answer(404, {}, x_error_code="EntryNotFound")
        data = self.hub.objects[one["oid"]] if one["lfs"] else one["data"]
        return self.answer(200, data, etag=f'"{one["oid"]}"', x_repo_commit=commits[-1][0])

    def valid(self, body):
        assert json.loads(body)["content"].startswith("---\n")
        return self.answer(200, {"errors": [], "warnings": []})


NAME = r"([^/]+/[^/]+)"
ROUTES = [
    ("POST", "/api/repos/create", Handler.create),
    ("POST", "/api/validate-yaml", Handler.valid),
    ("GET", f"/api/datasets/{NAME}", Handler.info),
    ("GET", f"/api/datasets/{NAME}/revision/([^/]+)", Handler.info),
    ("GET", f"/api/datasets/{NAME}/tree/([^/]+)", Handler.tree),
    ("POST", f"/api/datasets/{NAME}/branch/([^/]+)", Handler.branch),
    ("POST", f"/api/datasets/{NAME}/preupload/([^/]+)", Handler.preupload),
    ("POST", f"/api/datasets/{NAME}/commit/([^/]+)", Handler.commit),
    ("POST", rf"/datasets/{NAME}\.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", "/lfs/([0-9a-f]+)", Handler.put),
    ("HEAD", f"/datasets/{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
    ("GET", f"/datasets/{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]


@contextmanager
def running():
    """Yield (hub, its address)."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
