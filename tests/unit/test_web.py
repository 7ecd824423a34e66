"""What is asked for by an address: http and https alone, wherever an answer leads."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from bench.assets.sources.web import opener


class Answers(http.server.BaseHTTPRequestHandler):
    """Says which agent asked; `/to?X` leads to X; as a proxy it says for what it was asked."""

    def do_GET(self) -> None:
        _, _, target = self.path.partition("/to?")
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        self.end_headers()
        self.wfile.write(f"{self.path} for {self.headers['User-Agent']}".encode())

    def log_message(self, *_: Any) -> None:
        """Not on the tests' stderr."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def said(address: str) -> str:
    with opener().open(address, timeout=10) as answer:
        text: bytes = answer.read()
    return text.decode()


def test_an_address_is_asked_by_our_name_and_redirections_are_followed(server: str) -> None:
    assert said(f"{server}/to?{server}/there") == "/there for asr-quant-bench"


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_no_other_scheme_is_opened(server: str, tmp_path: Path, scheme: str) -> None:
    (tmp_path / "secret").write_text("secret")
    address = {"file": (tmp_path / "secret").as_uri(), "ftp": "ftp://127.0.0.1/a", "data": "data:,a"}[scheme]
    with pytest.raises(URLError, match="unknown url type"):
        said(address)
    with pytest.raises(URLError, match=r"not allowed|unknown url type"):
        said(f"{server}/to?{address}")


def test_the_proxy_of_the_environment_is_asked(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server)
    assert said("http://elsewhere.example/a").startswith("http://elsewhere.example/a for")
