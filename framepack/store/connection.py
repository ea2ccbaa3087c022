"""Owns the connection to an object store: it is opened when it is needed, and anew after a fault.

<address>/studio-store.json            which store it is
<address>/studio-store-<which>.json    the same, for each that ever stood in the file above
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import fsspec

from framepack.errors import FramepackError
from framepack.files.atomic import replacing
from framepack.files.filesystem import is_disk_full
from framepack.files.outputs import LEAST_ROOM
from framepack.messages import Message, as_message
from framepack.store.addresses import SCHEMES, scheme_of, shown_address
from framepack.store.known_hosts import HostUnknown, known_hosts_only

MARK = "studio-store.json"
# Other libraries have limits of their own; that of SFTP waits without end for a server that says nothing any more.
SECONDS_OF_SILENCE = 30.0
# What is put into a store lies in so many folders at most, and each may be somebody else's to make.
TRIES = 5
_TYPE = TypeVar("_TYPE")


class StoreAway(FramepackError):
    """The store does not answer, or does not let this computer do what is asked."""

    def __init__(self, address: str, reason: Message | str) -> None:
        super().__init__(Message("store-away", {"place": shown_address(address), "reason": as_message(reason)}))


class Connection:
    """The connection to the store at ``address``, a checked one; in ``home`` it is noted which store that is.

    Of several threads each has one of its own meanwhile: not every library keeps their answers apart.
    """

    def __init__(self, address: str, home: Path) -> None:
        self._address = address
        self._home = home
        self._guard = threading.Lock()
        self._is_sftp = address.startswith("sftp:")
        self._idle: list[tuple[Any, str]] = []

    def use(self, work: Callable[[Any, str], _TYPE]) -> _TYPE:
        """What ``work`` gives with the opened store (of fsspec) and its root.

        FileNotFoundError is an answer of the store, to whoever reads. Raises StoreAway for whatever else goes wrong,
        except that the disk of this computer is full.
        """
        try:
            with self._opened() as opened:
                return work(*opened)
        except (FileNotFoundError, StoreAway):
            raise
        # Each library of each kind of store has errors of its own; whatever it is, the store did not do it.
        except Exception as error:
            if is_disk_full(error) and shutil.disk_usage(self._home).free < LEAST_ROOM:
                raise
            raise StoreAway(self._address, self._said(error)) from error

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, str]]:
        with self._guard:
            opened = self._idle.pop() if self._idle else self._open()
            if not scheme_of(self._address).module:
                self._recognise(*opened)  # a disk may be taken away at any time
        try:
            yield opened
        except FileNotFoundError:
            self._idle.append(opened)
            raise
        except BaseException:
            with self._guard:  # what is connected may be what is broken
                broken, self._idle = [opened, *self._idle], []
            for fs, _ in broken:
                self._close(fs)
            raise
        self._idle.append(opened)

    def _open(self) -> tuple[Any, str]:
        how: dict[str, Any] = {}
        if self._is_sftp:
            how = dict.fromkeys(("timeout", "channel_timeout"), SECONDS_OF_SILENCE)
            how["host_key_policy"] = known_hosts_only()
        try:
            fs, root = fsspec.core.url_to_fs(self._address, skip_instance_cache=True, **how)
        except HostUnknown as unknown:
            raise StoreAway(self._address, Message("store-host-unknown", {"host": unknown.host})) from None
        try:
            if self._is_sftp:
                fs.ftp.get_channel().settimeout(SECONDS_OF_SILENCE)
            self._recognise(fs, str(root).rstrip("/"))
        except BaseException:
            self._close(fs)
            raise
        return fs, str(root).rstrip("/")

    def _close(self, fs: Any) -> None:
        if self._is_sftp:  # nothing else would
            fs.client.close()

    def _recognise(self, fs: Any, root: str) -> None:
        """Raise StoreAway unless the store is the one that this computer knows; the first to come marks it.

        So an empty folder where a disk should be mounted is not taken for it.
        """
        mark, noted = f"{root}/{MARK}", self._home / MARK
        if size_at(fs, mark) is not None:
            found = str(json.loads(fs.cat_file(mark))["store"])
        elif noted.is_file():
            raise StoreAway(self._address, Message("store-not-mounted"))
        else:
            found = uuid.uuid4().hex
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / MARK
                file.write_text(json.dumps({"store": found}), encoding="utf-8")
                # Another may mark it in the same moment, and the later mark stays.
                for place in (_mark_of(root, found), mark):
                    put_whole(fs, file, place)
        if not noted.is_file():
            self._home.mkdir(parents=True, exist_ok=True)
            with replacing(noted) as aside:
                aside.write_text(json.dumps({"store": found}), encoding="utf-8")
            return
        known = str(json.loads(noted.read_bytes())["store"])
        if known != found and size_at(fs, _mark_of(root, known)) is None:
            raise StoreAway(self._address, Message("store-another", {"note": str(noted)}))

    def _said(self, error: Exception) -> str:
        """What a library said, in a line, without the secrets of the address."""
        said = (str(error).strip().splitlines() or [""])[0]
        said = said.replace(self._address, shown_address(self._address))
        who = self._address.partition("://")[2].partition("/")[0].rpartition("@")[0]
        for secret in (who, who.partition(":")[2]):
            if secret:
                said = said.replace(secret, "…")
        return f"{type(error).__name__}: {said[:200]}"


def _mark_of(root: str, store: str) -> str:
    name, dot, ending = MARK.rpartition(".")
    return f"{root}/{name}-{store}{dot}{ending}"


def put_whole(fs: Any, file: Path, place: str) -> None:
    """Put a file at ``place`` in a store, whole or not at all. Raises FileNotFoundError where there is no such file."""
    try:
        _put_whole(fs, file, place)
    except FileNotFoundError as error:
        if not file.is_file():
            raise
        raise ConnectionError(str(error)) from error  # it is the bucket, or the like, that is not there


def _put_whole(fs: Any, file: Path, place: str) -> None:
    if _appears_whole(fs):
        fs.put_file(str(file), place)
        return
    aside = f"{place}.{uuid.uuid4().hex}.part"
    _make_folder(fs, place.rpartition("/")[0])
    try:
        fs.put_file(str(file), aside)
        fs.mv(aside, place)
    except BaseException:
        if size_at(fs, aside) is not None:
            fs.rm_file(aside)
        raise


def _make_folder(fs: Any, place: str) -> None:
    """Make a folder and those it lies in; others may make them in the same moment, which a server may call a fault."""
    for left in reversed(range(TRIES)):
        try:
            fs.makedirs(place, exist_ok=True)
            return
        except OSError:
            if not left:
                raise


def size_at(fs: Any, place: str) -> int | None:
    """The bytes of what lies at ``place`` in a store, None where nothing does.

    The libraries' own ``exists`` says no, too, where nobody answers.
    """
    fs.invalidate_cache()
    try:
        return int(fs.info(place)["size"] or 0)
    except FileNotFoundError:
        return None


def _appears_whole(fs: Any) -> bool:
    """Whether what is put into a store of this kind is seen only once it is there whole."""
    protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    return any(SCHEMES[one].is_object_store for one in protocols if one in SCHEMES)
