"""What lies around a studio: the clocks it goes by, the port it serves at, and who can come in or look into its folder.

It says nothing itself.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import stat
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import select

from framepack.messages import Message, Value
from framepack.store.addresses import shown_address
from framepack.store.connection import StoreAway
from projects.commands.doctor_files import Finding
from projects.database.opening import AWAY, database_time, session_for
from projects.database.tables import Worker
from projects.door.sharing import is_loopback, refusal, who_comes_in
from projects.errors import StudioError
from projects.serving.keeper import listened_at
from projects.serving.record import running_servers, server_at
from projects.settings import StudioSettings
from projects.storage.shared import objects_of

# Computers that are set by the network differ by less, and an answer takes a moment.
CLOCK_SECONDS = 30.0
# Files of a folder that is shared are dated by the computer that has it.
FILE_SECONDS = 120.0
SECONDS_TO_ANSWER = 3.0
_SET_THE_CLOCK = Message("doctor-set-clock")


def check_store(settings: StudioSettings) -> Iterator[Finding]:
    """Whether the store that several computers share answers and can be written; nothing where there is none."""
    objects = objects_of(settings)
    if objects is None:
        return
    try:
        objects.check()
    except StoreAway as away:
        yield Finding("store", "found", away.message, Message("doctor-store-reach"))
    else:
        yield Finding("store", "well", Message("doctor-store", {"place": shown_address(objects.address)}))


def check_clock(settings: StudioSettings, database: sa.Engine | None) -> Iterator[Finding]:
    """Whether the clocks of this computer, the database and the workers agree, and none stands before what there is."""
    found = False
    with suppress(*AWAY):  # the database is looked at by itself
        for finding in [] if database is None else _clocks_beside(database):
            found = True
            yield finding
    ahead = _newest(settings) - time.time()
    if ahead > FILE_SECONDS:
        found = True
        yield Finding("clock", "found", Message("doctor-clock-behind", {"seconds": ahead}), _SET_THE_CLOCK)
    if not found:
        yield Finding("clock", "well", Message("doctor-clock-well"))


def _clocks_beside(database: sa.Engine) -> Iterator[Finding]:
    with session_for(database) as session:
        by_database, here = database_time(session), dt.datetime.now(dt.UTC)
        workers = session.exec(select(Worker)).all()
    off = abs((here - by_database).total_seconds())
    if off > CLOCK_SECONDS:
        yield Finding("clock", "found", Message("doctor-clock-off", {"seconds": off}), _SET_THE_CLOCK)
    for worker in workers:
        # Signs of life are dated by the database, a worker's beginning, just before its first sign, by itself.
        late, early = (worker.beat_at - by_database).total_seconds(), (worker.started_at - worker.beat_at)
        if late > CLOCK_SECONDS:
            message = Message("doctor-clock-beat", {"worker": worker.executor_id, "seconds": late})
            yield Finding("clock", "found", message, _SET_THE_CLOCK)
        elif early.total_seconds() > CLOCK_SECONDS:
            values: dict[str, Value] = {"worker": worker.executor_id, "seconds": early.total_seconds()}
            advice = Message("doctor-set-clock-of", {"host": worker.host})
            yield Finding("clock", "found", Message("doctor-clock-worker", values), advice)


def _newest(settings: StudioSettings) -> float:
    """When the newest file or folder right in the home or one of its folders was changed, in seconds since 1970."""
    newest = 0.0
    for folder in (settings.home, *settings.folders):
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it was aside, and is in its place by now
                    newest = max(newest, entry.stat(follow_symlinks=False).st_mtime)
    return newest


def check_port(settings: StudioSettings, port: int) -> Finding:
    """Whether the studio can serve, or serves, at ``port``."""
    if server_at(settings, port) is not None:
        return Finding("port", "well", Message("doctor-port-ours", {"port": port}))
    with closing(socket.socket()) as tried:
        if os.name != "nt":
            # As servers do, so that a port is not called taken for the minute after one has ended.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            advice = Message("doctor-other-port")
            if _is_a_studio(port):
                return Finding("port", "note", Message("doctor-port-taken", {"port": port}), advice)
            return Finding("port", "found", Message("doctor-port-other", {"port": port}), advice)
    return Finding("port", "well", Message("doctor-port-free", {"port": port}))


def _is_a_studio(port: int) -> bool:
    """Whether what listens there answers as a studio does; one that was not started by ``serve`` is nowhere noted."""
    address = f"http://127.0.0.1:{port}/_stcore/health"
    with suppress(OSError, HTTPException), urllib.request.urlopen(address, timeout=SECONDS_TO_ANSWER) as answer:
        return bool(answer.status == 200)
    return False


def check_sharing(settings: StudioSettings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Who can reach the studio that ``environ`` would start and those that run, and who can look into its folder."""
    yield _check_address(settings, environ)
    for server in running_servers(settings):
        if server.shared and not settings.share:
            values: dict[str, Value] = {"port": server.port, "address": server.address}
            yield Finding("sharing", "note", Message("doctor-shared-now", values), Message("doctor-share-stop"))
    if os.name == "nt":
        return  # rights are lists there; the person's own folders are closed to others
    yield from _check_rights(settings)


def _check_address(settings: StudioSettings, environ: Mapping[str, str]) -> Finding:
    address = listened_at(environ)
    try:
        refused = refusal(settings, address)
    except StudioError as damaged:
        refused = damaged.message
    if refused is not None:
        return Finding("sharing", "found", refused, Message("doctor-password"))
    if not settings.share:
        return Finding("sharing", "well", Message("doctor-not-shared"))
    values: dict[str, Value] = {"address": address, "who": who_comes_in(settings)}
    if is_loopback(address) or environ.get("STREAMLIT_SERVER_SSL_CERT_FILE"):
        return Finding("sharing", "note", Message("doctor-shared", values), Message("doctor-unshare"))
    return Finding("sharing", "note", Message("doctor-shared-plainly", values), Message("doctor-certificate"))


def _check_rights(settings: StudioSettings) -> Iterator[Finding]:
    advice = Message("doctor-close-folder", {"folder": str(settings.home)})
    rights = _rights_of_others(settings.home)
    if rights & stat.S_IWOTH:
        yield Finding("folder", "found", Message("doctor-folder-written"), advice)
    elif rights & stat.S_IROTH:
        yield Finding("folder", "note", Message("doctor-folder-read"), advice)
    else:
        yield Finding("folder", "well", Message("doctor-folder-closed"))
    for path in (settings.door_dir, *sorted(settings.door_dir.glob("*"))):
        with suppress(FileNotFoundError):
            if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                advice = Message("doctor-close-folder", {"folder": str(settings.door_dir)})
                yield Finding("folder", "found", Message("doctor-door-open"), advice)
                return


def _rights_of_others(folder: Path) -> int:
    """What everybody may do with ``folder``; nothing where a folder above it lets nobody through."""
    if not all(above.stat().st_mode & stat.S_IXOTH for above in folder.parents):
        return 0
    mode = folder.stat().st_mode
    return mode & stat.S_IRWXO if mode & stat.S_IXOTH else 0
