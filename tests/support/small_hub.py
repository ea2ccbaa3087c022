"""A miniature of the Hugging Face hub on this computer's own loopback, for the real client; it breaks when told to."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

# A file whose name ends so is large: it has a SHA-256 and comes from another place than the hub's own.
LARGE = (".safetensors", "tokenizer.json")
_INFO = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?$")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)$")


@dataclass
class SmallHub:
    """Repositories of files by name; ``commit`` is the newest of all of them.

    ``asked`` notes (method, file, range) of every request. ``breaks`` are files whose next answers end after so many
    bytes, ``refuses`` those that are answered with an error afterwards, and ``spoils`` those that arrive with other
    bytes than were published. A repository in ``gated`` wants consent. A file in ``holds`` is sent by half, and the
    rest only once ``release`` was called.
    """

    repositories: dict[str, dict[str, bytes]]
    commit: str = "a" * 40
    older: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    spoils: set[str] = field(default_factory=set)
    gated: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    held: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    def release(self) -> None:
        """Send the rest of what is held, and hold nothing any more."""
        self.held.set()

    def publish(self, commit: str, changed: Mapping[str, Mapping[str, bytes]]) -> None:
        """Have a newer commit with ``changed`` files; the one before can still be asked for."""
        self.older[self.commit] = {name: dict(files) for name, files in self.repositories.items()}
        self.commit = commit
        for repository, files in changed.items():
            self.repositories[repository] = {**self.repositories[repository], **files}

    def got(self) -> list[tuple[str, str | None]]:
        """(file, range) of each file whose bytes were asked for."""
        return [(name, part) for method, name, part in self.asked if method == "GET" and "/resolve/" in name]

    def files_at(self, repository: str, revision: str) -> tuple[str, dict[str, bytes]]:
        """The commit and the files of a repository at ``revision``. Raises KeyError."""
        if revision in ("main", self.commit):
            return self.commit, self.repositories[repository]
        return revision, self.older[revision][repository]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: SmallHub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range")))
        if found := _INFO.match(path):
            self._info(found[1], found[2] or "main")
        elif found := _FILE.match(path):
            self._file(found[1], found[2], found[3], body=body)
        else:
            self._say(404, b"{}", {})

    def _info(self, repository: str, revision: str) -> None:
        try:
            commit, files = self.hub.files_at(repository, revision)
        except KeyError:
            self._say(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        siblings = []
        for name, content in files.items():
            facts: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": _sha1(content)}
            if name.endswith(LARGE):
                facts["lfs"] = {"sha256": _sha256(content), "size": len(content), "pointerSize": 130}
            siblings.append(facts)
        told = {"id": repository, "modelId": repository, "sha": commit, "siblings": siblings}
        self._say(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, revision: str, name: str, *, body: bool) -> None:
        if repository in self.hub.gated:
            self._say(403, b"{}", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})
            return
        try:
            commit, files = self.hub.files_at(repository, revision)
            content = files[name]
        except KeyError:
            self._say(404, b"{}", {"X-Error-Code": "EntryNotFound"})
            return
        if name in self.hub.refuses and not self.hub.breaks.get(name) and body:
            self._say(503, b"busy", {})
            return
        large = name.endswith(LARGE)
        etag = f'"{_sha256(content) if large else _sha1(content)}"'
        headers = {"ETag": etag, "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if large:
            headers |= {"X-Linked-Etag": etag, "X-Linked-Size": str(len(content))}
        if body and name in self.hub.spoils:
            content = bytes(byte ^ 1 for byte in content)
        status, sent = 200, content
        if body and (asked := self.headers.get("Range")):
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            status, sent = 206, content[begin:]
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        self._say(status, sent, headers, body=body, until=self._until(name) if body else None)

    def _until(self, name: str) -> int | None:
        left = self.hub.breaks.get(name)
        return left.pop(0) if left else None

    def _say(
        self, status: int, content: bytes, headers: Mapping[str, str], *, body: bool = True, until: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body and self.command == "GET":
            self._send(content[:until], held=self.path.rpartition("/")[2] in self.hub.holds)
        if until is not None:
            self.wfile.flush()
            self.close_connection = True

    def _send(self, content: bytes, *, held: bool) -> None:
        half = len(content) // 2 if held and not self.hub.held.is_set() else 0
        with suppress(OSError):  # whoever asked may have gone meanwhile
            self.wfile.write(content[:half])
            if half:
                self.wfile.flush()
                self.hub.held.wait(60)
            self.wfile.write(content[half:])


@contextmanager
def served(hub: SmallHub) -> Iterator[SmallHub]:
    """``hub`` at an address of the loopback, as long as this is entered."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files_of(folder: Path) -> dict[str, bytes]:
    """The files below ``folder`` as a repository has them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
