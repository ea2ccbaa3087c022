"""An endpoint in the form of OpenAI's chat completions on this computer's loopback; it answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class ChatEndpoint:
    """What it answers next, and what it was asked: (path, headers, body) of every request.

    ``content`` is sent as it is; ``say`` puts a sentence into the form. While ``holds`` it says nothing.
    """

    url: str = ""
    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    holds: bool = False
    released: threading.Event = field(default_factory=threading.Event)

    def say(self, sentence: str | None, finish: str = "stop") -> None:
        """Answer with ``sentence`` from now on."""
        message = {"role": "assistant", "content": sentence}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        self.content = json.dumps({"object": "chat.completion", "choices": [choice]}).encode()

    @property
    def host(self) -> str:
        """The host and port that it is at."""
        return self.url.split("/")[2]


class _Handler(BaseHTTPRequestHandler):
    endpoint: ChatEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.endpoint.asked.append((self.path, dict(self.headers), json.loads(body)))
        if self.endpoint.holds:
            self.endpoint.released.wait(60)
        self.send_response(self.endpoint.status)
        for name, value in self.endpoint.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.endpoint.content)))
        self.end_headers()
        self.wfile.write(self.endpoint.content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@contextmanager
def chat_endpoint() -> Iterator[ChatEndpoint]:
    """One that runs."""
    endpoint = ChatEndpoint()
    endpoint.say("The camera pans slowly.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"endpoint": endpoint}))
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def named_chat_endpoint(monkeypatch: pytest.MonkeyPatch, key: str = "") -> Iterator[ChatEndpoint]:
    """One that runs and is named in the environment, with a ``key`` where there is one."""
    with chat_endpoint() as running:
        named = {"STUDIO_REWRITING_URL": running.url, "STUDIO_REWRITING_MODEL": "small", "STUDIO_REWRITING_KEY": key}
        for name, value in {**named, "STUDIO_OFFLINE": "0"}.items():
            monkeypatch.setenv(name, value)
        yield running
