"""A small Hugging Face hub on localhost: one repository, ranges, and a connection that breaks once."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" + "0" * 34


@dataclass
class Hub:
    """What the server holds and what it was asked: (method, path, range)."""

    repo: str
    files: dict[str, bytes]
    endpoint: str = ""
    break_after: int | None = None
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    @property
    def downloads(self) -> list[str | None]:
        """The ranges of the files' downloads, in order."""
        return [span for method, path, span in self.asked if method == "GET" and "/resolve/" in path]


@contextmanager
def serve(repo: str, files: Mapping[str, bytes], *, kind: str = "models") -> Iterator[Hub]:
    """The server, on a free port; `kind` is models or datasets."""
    hub = Hub(repo=repo, files=dict(files))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            hub.asked.append((self.command, self.path, self.headers.get("Range")))
            if self.path.startswith(f"/api/{kind}/{hub.repo}"):
                self.send(
                    200, json.dumps({"id": hub.repo, "sha": COMMIT, "siblings": []}).encode(), body=body
                )
                return
            match = re.match(rf"/(?:datasets/)?{hub.repo}/resolve/([^/]+)/(.+)$", self.path)
            content = hub.files.get(match[2]) if match else None
            if content is None:
                self.send(
                    404, b"{}", {"X-Error-Code": "EntryNotFound" if match else "RepoNotFound"}, body=body
                )
                return
            headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
            span = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range") or "")
            if span is None:
                self.send(200, content, headers, body=body)
                return
            start, end = int(span[1]), int(span[2]) + 1 if span[2] else len(content)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            self.send(206, content[start:end], headers, body=body)

        def send(
            self, status: int, content: bytes, headers: Mapping[str, str] | None = None, *, body: bool
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not body:
                return
            if hub.break_after is not None and "/resolve/" in self.path:
                self.wfile.write(content[: hub.break_after])
                self.close_connection = True
            else:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
