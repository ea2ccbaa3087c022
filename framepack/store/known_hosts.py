"""Which servers of SFTP this computer knows: those in the files of ``ssh``."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

FILES = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")


class HostUnknown(Exception):
    """No file has the server ``host`` with the key that it shows."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


def known_hosts_only() -> Any:
    """What ``paramiko`` asks about a server's key; it raises HostUnknown for one that this computer does not know."""
    paramiko = import_module("paramiko")

    def check(_policy: object, _client: object, host: str, key: Any) -> None:
        known = paramiko.HostKeys()
        for file in (Path(name).expanduser() for name in FILES):
            if file.is_file():
                known.load(str(file))
        if not known.check(host, key):
            raise HostUnknown(host)

    return type("KnownHostsOnly", (paramiko.MissingHostKeyPolicy,), {"missing_host_key": check})()
