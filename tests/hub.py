"""A stand-in on loopback for the Hugging Face Hub's HTTP interface, as far as an upload needs it."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


class Hub:
    """Contents by sha256, and the commits of one dataset.

    After `failing` uploads the next are refused; while it is `closed`, commits are.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.files: dict[str, str] = {}
        self.commits: list[str] = []
        self.uploads = 0
        self.failing: int | None = None
        self.closed = False
        self.endpoint = ""

    @property
    def tree(self) -> dict[str, bytes]:
        """The files of the main branch."""
        return {path: self.contents[digest] for path, digest in self.files.items()}

    def store(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return digest

    def put(self, content: bytes) -> bool:
        if self.failing is not None and self.uploads >= self.failing:
            return False
        self.uploads += 1
        self.store(content)
        return True

    def post(self, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            asked = json.loads(body)
            return {"url": f"{self.endpoint}/datasets/{asked['organization']}/{asked['name']}"}
        if path == "/api/validate-yaml":
            return {"warnings": [], "errors": []}
        if "/preupload/" in path:
            return {"files": [{"path": f["path"], "shouldIgnore": False, "oid": None,
                               "uploadMode": "lfs" if f["path"].endswith(".parquet") else "regular"}
                              for f in json.loads(body)["files"]]}  # fmt: skip
        if path.endswith("/info/lfs/objects/batch"):
            return {
                "transfer": "basic",
                "objects": [self._wanted(o) for o in json.loads(body)["objects"]],
            }
        if "/commit/" in path and not self.closed:
            return self._commit([json.loads(line) for line in body.splitlines()])
        if "/super-squash/" in path:
            self.commits = self.commits[-1:]
            return {}
        raise KeyError(path)

    def _wanted(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["oid"] in self.contents:
            return dict(item)
        upload = {"href": f"{self.endpoint}/upload/{item['oid']}", "header": {}}
        return item | {"actions": {"upload": upload}}

    def _commit(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        files = dict(self.files)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = self.store(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                assert value["oid"] in self.contents, "a commit names contents that are not there"
                files[value["path"]] = value["oid"]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.files = files
        self.commits.append(f"{len(self.commits) + 1:040x}")
        where = f"{self.endpoint}/datasets/owner/name"
        return {"commitOid": self.commits[-1], "commitUrl": f"{where}/commit/{self.commits[-1]}",
                "success": True, "hookOutput": ""}  # fmt: skip

    def get(self, path: str) -> Any:
        if "/tree/" in path:
            return [{"type": "file", "path": name, "oid": digest, "size": len(self.contents[digest])}
                    for name, digest in self.files.items()]  # fmt: skip
        if path.startswith("/api/datasets/"):
            return {"id": "owner/name", "_id": "0", "private": False, "downloads": 0, "likes": 0,
                    "tags": [], "siblings": [{"rfilename": name} for name in self.files]}  # fmt: skip
        raise KeyError(path)


@contextmanager
def serve() -> Iterator[Hub]:
    """Serve an empty hub on loopback."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            return

        def _answer(self, content: Any, status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _try(self, answer: Any) -> None:
            try:
                self._answer(answer())
            except KeyError as error:
                self._answer({"error": f"nothing at {error}"}, 404)

        def do_POST(self) -> None:
            body, path = self._body(), unquote(urlsplit(self.path).path)
            self._try(lambda: hub.post(path, body))

        def do_GET(self) -> None:
            self._try(lambda: hub.get(unquote(urlsplit(self.path).path)))

        def do_PUT(self) -> None:
            stored = hub.put(self._body())
            self._answer({} if stored else {"error": "no more"}, 200 if stored else 403)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
