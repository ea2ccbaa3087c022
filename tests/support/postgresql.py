"""A PostgreSQL server of one's own in a temporary folder, where this computer has the program."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Where Debian's package lies, which is not on the path; the newest version first.
_FOLDERS = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
_CONTROL = shutil.which("pg_ctl", path=os.pathsep.join([*_FOLDERS, os.environ.get("PATH", "")]))

needs_postgresql = pytest.mark.skipif(_CONTROL is None, reason="PostgreSQL is not installed on this computer")


class Server:
    """The server; it answers on a port of the loopback interface only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # It refuses to run as root; its package makes a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._call("init", "-s", "-o", "--auth=trust --username=studio --encoding=UTF8 --no-sync")

    @property
    def url(self) -> str:
        """The address of a database that nobody has used before the first."""
        return f"postgresql+psycopg://studio@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        how = f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._folder} -c fsync=off"
        self._call("start", "-w", "-l", str(self._folder / "log"), "-o", how)

    def stop(self) -> None:
        """End it at once, as a power failure does."""
        self._call("stop", "-w", "-m", "immediate")

    def _call(self, verb: str, *arguments: str) -> None:
        command = [str(_CONTROL), verb, "-D", str(self._folder / "data"), *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, check=True, timeout=60)


@contextlib.contextmanager
def running_postgresql() -> Iterator[Server]:
    """A server that has been started, and is gone with all it holds at the end."""
    with tempfile.TemporaryDirectory(prefix="studio-postgresql-") as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()
