"""What is known of the servers that run from this folder, a small file a port, and whether their processes still are.

A process is told by its number and by when it began: a number alone may be another program's by now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from framepack.files.atomic import in_place
from projects.door.sharing import EVERY_ADDRESS, LOOPBACK
from projects.settings import StudioSettings

_SAME_MOMENT_SECONDS = 1.0


@dataclass(frozen=True)
class ProcessMark:
    """A process of this computer: its number, and when it began, in seconds since 1970."""

    pid: int
    begun: float

    @classmethod
    def of(cls, pid: int) -> ProcessMark:
        """The mark of a process that runs. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The process, None where it is over or its number is another one's."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.begun) < _SAME_MOMENT_SECONDS
            if same and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


@dataclass(frozen=True)
class Server:
    """A server of the studio: ``keeper`` started ``pages``, the process that answers, and keeps its log.

    ``gpus`` are the numbers of the graphics cards that it may use, "" for all. It listens at ``address``, and asks for
    the password where it is ``shared``.
    """

    port: int
    gpus: str
    keeper: ProcessMark
    pages: ProcessMark
    address: str = LOOPBACK
    shared: bool = False

    @property
    def url(self) -> str:
        """Where it answers this computer."""
        host = LOOPBACK if self.address in EVERY_ADDRESS else self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether either process still is."""
        return self.keeper.process() is not None or self.pages.process() is not None


def keep(settings: StudioSettings, server: Server) -> None:
    """Write down that ``server`` runs."""
    path = _path(settings, server.port)
    path.parent.mkdir(parents=True, exist_ok=True)
    with in_place(path) as aside:
        aside.write_text(json.dumps(asdict(server)), encoding="utf-8")


def forget(settings: StudioSettings, port: int) -> None:
    """Write down that none runs at ``port``."""
    _path(settings, port).unlink(missing_ok=True)
    stop_path(settings, port).unlink(missing_ok=True)


def server_at(settings: StudioSettings, port: int) -> Server | None:
    """The server of this folder that runs at ``port``, None where there is none."""
    server = _read(_path(settings, port))
    return server if server is not None and server.runs else None


def running_servers(settings: StudioSettings) -> Iterator[Server]:
    """The servers of this folder that run, by their ports."""
    for path in sorted(settings.servers_dir.glob("*.json")):
        server = _read(path)
        if server is not None and server.runs:
            yield server


def port_lock(settings: StudioSettings, port: int) -> FileLock:
    """What the keeper of a port holds as long as it is."""
    settings.servers_dir.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.servers_dir / f"{port}.lock")


def stop_path(settings: StudioSettings, port: int) -> Path:
    """The file that has the keeper of ``port`` end by being there: signals mean something else on every system."""
    return settings.servers_dir / f"{port}.stop"


def log_path(settings: StudioSettings, port: int) -> Path:
    """Where what the server at ``port`` says is kept; older parts lie beside it with a number behind their names."""
    return settings.logs_dir / f"studio-{port}.log"


def _path(settings: StudioSettings, port: int) -> Path:
    return settings.servers_dir / f"{port}.json"


def _read(path: Path) -> Server | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Server(
            port=int(kept["port"]),
            gpus=str(kept["gpus"]),
            keeper=ProcessMark(**kept["keeper"]),
            pages=ProcessMark(**kept["pages"]),
            # Earlier versions knew neither.
            address=str(kept.get("address", LOOPBACK)),
            shared=bool(kept.get("shared", False)),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # nobody runs, as far as can be said; the port itself says whether it is taken
