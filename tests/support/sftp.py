"""A server of SFTP on this computer's own loopback, over one folder."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import paramiko


class SmallSftp:
    """The server: after ``close`` it lets in again with ``start``; while ``answers`` is cleared it says nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.answers = threading.Event()
        self._key, self._port = paramiko.ECDSAKey.generate(), 0
        self._connections: list[paramiko.Transport] = []
        self.start()
        self.address = f"sftp://me:secret@127.0.0.1:{self._port}/store"

    def make_known(self, home: Path) -> None:
        """Have whoever's home folder is ``home`` know this server."""
        known = home / ".ssh" / "known_hosts"
        known.parent.mkdir(parents=True, exist_ok=True)
        with known.open("a", encoding="ascii") as written:
            written.write(f"[127.0.0.1]:{self._port} {self._key.get_name()} {self._key.get_base64()}\n")

    def start(self) -> None:
        """Let in whoever comes, at the same address."""
        self.answers.set()
        self._door = socket.create_server(("127.0.0.1", self._port))
        self._port = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        """Break all connections and let nobody in."""
        with contextlib.suppress(OSError):  # it was closed
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        while self._connections:
            self._connections.pop().close()

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = paramiko.Transport(self._door.accept()[0])
                self._connections.append(connection)
                connection.add_server_key(self._key)
                connection.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self)
                connection.start_server(event=threading.Event(), server=_Guard())


class _Guard(paramiko.ServerInterface):
    def check_auth_password(self, *_: str) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, *_: object) -> int:
        return paramiko.OPEN_SUCCEEDED


def _verb(work: Callable[..., object]) -> Callable[..., object]:
    def verb(self: _Files, *given: object) -> object:
        self.of.answers.wait()
        try:
            done = work(*(self.of.folder / one.lstrip("/") if isinstance(one, str) else one for one in given))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK if done is None else done

    return verb


def _facts(place: Path) -> paramiko.SFTPAttributes:
    return paramiko.SFTPAttributes.from_stat(place.stat(), place.name)


def _open(place: Path, flags: int, _: object) -> paramiko.SFTPHandle:
    handle = paramiko.SFTPHandle(flags)
    handle.readfile = handle.writefile = place.open("wb" if flags & os.O_TRUNC else "rb")
    return handle


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, _: _Guard, of: SmallSftp) -> None:
        self.of = of

    open = _verb(_open)
    stat = lstat = _verb(_facts)
    list_folder = _verb(lambda place: [_facts(one) for one in place.iterdir()])
    mkdir = _verb(lambda place, _: place.mkdir())
    posix_rename, remove, rmdir = _verb(os.replace), _verb(os.remove), _verb(os.rmdir)
