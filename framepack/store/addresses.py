"""Addresses of object stores: which can be used, with what package, and how one is shown. It opens none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from framepack.errors import SettingRejected
from framepack.messages import Message

SETTING = "STUDIO_STORE"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
_WHO = re.compile(r"//[^/@]*@")
_ASKED = re.compile(r"[?#].*")


@dataclass(frozen=True)
class Scheme:
    """How one kind of store is reached: the ``module`` it needs, the ``package`` that has it (None: always there).

    ``is_object_store``: an object appears there whole, by itself, and there are no folders to be made.
    """

    module: str | None
    package: str | None
    is_object_store: bool


SCHEMES = {
    "file": Scheme(None, None, is_object_store=False),
    "s3": Scheme("s3fs", "s3fs", is_object_store=True),
    "sftp": Scheme("paramiko", "paramiko", is_object_store=False),
    "gs": Scheme("gcsfs", "gcsfs", is_object_store=True),
    "abfs": Scheme("adlfs", "adlfs", is_object_store=True),
    "smb": Scheme("smbprotocol", "smbprotocol", is_object_store=False),
}


def checked_address(given: str) -> str:
    """The address of a store as every process of the studio can use it; a plain path becomes one of ``file``.

    Raises SettingRejected.
    """
    found = _SCHEME.match(given)
    if found is None:
        return f"file://{Path(given).expanduser().resolve().as_posix()}"
    name = found[1]
    if name not in SCHEMES or "::" in given:
        raise SettingRejected(SETTING, Message("unknown-store", {"known": ", ".join(f"{one}://" for one in SCHEMES)}))
    if not given[found.end() :].strip("/"):
        raise SettingRejected(SETTING, Message("store-without-place", {"scheme": name}))
    scheme = SCHEMES[name]
    if scheme.module is not None and find_spec(scheme.module) is None:
        raise SettingRejected(
            SETTING, Message("store-needs-package", {"scheme": name, "package": scheme.package or ""})
        )
    return given.rstrip("/")


def scheme_of(address: str) -> Scheme:
    """The kind of a checked address."""
    return SCHEMES[address.partition("://")[0]]


def shown_address(address: str) -> str:
    """An address as it may be shown and logged: without who asks, by which password, and with which options."""
    return address if address.startswith("file:") else _ASKED.sub("", _WHO.sub("//", address))
