"""``python -m projects doctor``: what is wrong with a studio and its computer, each with what to do about it.

With ``--repair`` damaged files are put aside, so that the next render makes them again. It renders nothing itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import sqlalchemy as sa

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import CHECKPOINTS, Checkpoint
from framepack.errors import FramepackError, WeightsMissing
from framepack.messages import Message
from projects.commands.doctor_around import check_clock, check_port, check_sharing, check_store
from projects.commands.doctor_engine import check_engine
from projects.commands.doctor_files import Finding, check_files
from projects.database.copies import harmed_file
from projects.database.faults import backups_of, database_unusable
from projects.database.opening import open_database
from projects.errors import StudioError
from projects.logs.hiding import in_log
from projects.messages import in_english
from projects.serving.steering import USUAL_PORT
from projects.settings import StudioSettings

# Less is too little for an evening's films.
LOW_DISK_BYTES = 2 * 2**30
SECONDS_FOR_THE_DEVICE = 90.0
SECONDS_FOR_FFMPEG = 20.0

_MARKS = {"well": "ok   ", "note": "note ", "found": "FOUND"}
_NAME_DEVICES = "from framepack.device.devices import available_devices; print(', '.join(available_devices()))"


@dataclass(frozen=True)
class DoctorOptions:
    """What the command was asked for."""

    repair: bool
    as_json: bool


def examine(settings: StudioSettings, options: DoctorOptions) -> bool:
    """Check everything, print what was found, and repair it where that was asked for. Returns whether all is well."""
    found = []
    for finding in all_findings(settings):
        repaired = options.repair and finding.repair is not None
        if repaired and finding.repair is not None:
            finding.repair()
        if not options.as_json:
            print(_line(finding, repaired), flush=True)
        found.append((finding, repaired))
    if options.as_json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
    return all(finding.state != "found" for finding, _ in found)


def all_findings(settings: StudioSettings) -> Iterator[Finding]:
    """All that is found; every file is read whole."""
    database, finding = _open_database(settings)
    yield finding
    try:
        yield _check_queue(settings)
        yield from _check_copies(settings)
        faulty = set()
        for found in check_files(settings, database):
            faulty.add(found.check)
            yield found
        for check in ("sections", "conditioning", "pictures", *(("takes", "films", "loras") if database else ())):
            if check not in faulty:
                yield Finding(check, "well", Message("doctor-whole"))
        yield from check_clock(settings, database)
    finally:
        if database is not None:
            database.dispose()
    yield from _around(settings)
    device = _check_device()
    yield device
    if device.state == "well":
        yield from check_engine(settings.engine, settings.home)


def quick_findings(settings: StudioSettings) -> Iterator[Finding]:
    """What is found within moments: no file is read whole, and no driver asked."""
    database, finding = _open_database(settings)
    yield finding
    try:
        yield _check_queue(settings)
        yield from check_clock(settings, database)
    finally:
        if database is not None:
            database.dispose()
    yield from _around(settings)


def for_a_report(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """``findings`` for whoever looks for a fault of the program: without the names of files and what people wrote."""
    return [
        {
            "check": finding.check,
            "state": finding.state,
            "said": in_log(finding.message),
            "advice": finding.advice.id if finding.advice else None,
        }
        for finding in findings
    ]


@contextmanager
def opened_or_none(settings: StudioSettings) -> Iterator[sa.Engine | None]:
    """The database until the end; None where it cannot be used, which is one of the findings."""
    database, _ = _open_database(settings)
    try:
        yield database
    finally:
        if database is not None:
            database.dispose()


def _around(settings: StudioSettings) -> Iterator[Finding]:
    yield _check_disk(settings)
    yield from check_store(settings)
    yield _check_ffmpeg()
    for checkpoint in CHECKPOINTS.values():
        yield _check_weights(checkpoint, settings.engine.models)
    yield check_port(settings, int(os.environ.get("STREAMLIT_SERVER_PORT") or USUAL_PORT))
    yield from check_sharing(settings, os.environ)


def _open_database(settings: StudioSettings) -> tuple[sa.Engine | None, Finding]:
    try:
        if settings.uses_sqlite and (reason := _damage_of(settings.database_file)):
            raise sa.exc.DatabaseError("quick_check", {}, reason)
        return open_database(settings), Finding("database", "well", Message("doctor-answers"))
    except StudioError as error:
        return None, Finding("database", "found", error.message)
    except sa.exc.DBAPIError as error:
        unusable = database_unusable(settings, error)
        if unusable is None:
            raise
        return None, Finding("database", "found", unusable.message)


def _check_queue(settings: StudioSettings) -> Finding:
    if not settings.uses_sqlite:
        try:
            with closing(sa.create_engine(settings.queue_database_url).connect()):
                return Finding("queue", "well", Message("doctor-answers"))
        except sa.exc.DBAPIError as error:
            return Finding("queue", "found", Message("doctor-queue", {"said": _first_line(str(error.orig))}))
    file = Path(sa.make_url(settings.queue_database_url).database or "")
    damage = _damage_of(file)
    if damage is None:
        return Finding("queue", "well", Message("doctor-answers"))
    message = Message("doctor-queue", {"said": str(damage)})
    return Finding("queue", "found", message, Message("doctor-queue-again", {"file": str(file)}))


def _check_copies(settings: StudioSettings) -> Iterator[Finding]:
    """The copies from before the database was changed for newer versions, where there are any."""
    kept = backups_of(settings)
    if kept:
        size = sum(copy.stat().st_size for copy in kept)
        said = Message("doctor-copies", {"count": len(kept), "size": size / 10**6, "newest": str(kept[-1])})
        yield Finding("copies", "well", said)
    for copy in kept:
        if damage := _damage_of(copy):
            reason = Message("text", {"text": str(damage)})
            yield Finding("copies", "note", Message("doctor-damaged", {"name": copy.name, "reason": reason}))
    if settings.uses_sqlite and (harmed := harmed_file(settings)).exists():
        said = Message("doctor-harmed", {"file": str(harmed)})
        yield Finding("copies", "note", said, Message("doctor-clean-harmed"))


def _damage_of(file: Path) -> sqlite3.DatabaseError | None:
    """What SQLite finds wrong with the database in ``file``, None where it is well or not there yet."""
    if not file.exists() or file.stat().st_size == 0:
        return None
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None  # it is busy, or cannot be opened: opening it says that in words
    except sqlite3.DatabaseError as error:
        return error
    if said == "ok":
        return None
    damage = sqlite3.DatabaseError(_first_line(said))
    damage.sqlite_errorname = "SQLITE_CORRUPT"
    return damage


def _check_disk(settings: StudioSettings) -> Finding:
    free = shutil.disk_usage(settings.home).free
    message = Message("doctor-disk", {"free": free / 2**30, "home": str(settings.home)})
    if free < LOW_DISK_BYTES:
        return Finding("disk", "found", message, Message("doctor-free-space", {"damaged": str(settings.damaged_dir)}))
    return Finding("disk", "well", message)


def _check_ffmpeg() -> Finding:
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        said = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=SECONDS_FOR_FFMPEG, check=True
        ).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        message = Message("doctor-no-ffmpeg", {"said": _first_line(str(error))})
        return Finding("ffmpeg", "found", message, Message("doctor-install"))
    return Finding("ffmpeg", "well", Message("text", {"text": _first_line(said)}))


def _check_weights(checkpoint: Checkpoint, models: Path | None) -> Finding:
    check = f"weights of {checkpoint.name}"
    try:
        for part in checkpoint.sources:
            find_part(checkpoint, part, models)
    except WeightsMissing as missing:
        # Those that are published need not be here.
        return Finding(check, "found" if checkpoint.embedded else "note", missing.message)
    except FramepackError as damaged:
        return Finding(check, "found", damaged.message)
    return Finding(check, "well", Message("doctor-weights"))


def _check_device() -> Finding:
    """Asked of a process of its own: a driver that hangs would hang this one."""
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _NAME_DEVICES],
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_THE_DEVICE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = Message("doctor-device-silent", {"seconds": SECONDS_FOR_THE_DEVICE})
        return Finding("device", "found", message, Message("doctor-restart"))
    if asked.returncode:
        lines = asked.stderr.strip().splitlines() or [str(asked.returncode)]
        return Finding("device", "found", Message("doctor-device", {"said": lines[-1]}), Message("doctor-install"))
    return Finding("device", "well", Message("doctor-devices", {"devices": asked.stdout.strip()}))


def _first_line(said: str) -> str:
    return (said.strip().splitlines() or ["?"])[0][:200]


def _line(finding: Finding, repaired: bool) -> str:
    said = [f"{_MARKS[finding.state]} {finding.check}: {in_english(finding.message)}"]
    if repaired:
        said.append(in_english(Message("doctor-repaired")))
    elif finding.advice is not None:
        said.append(in_english(finding.advice))
    return " ".join(said)


def _as_json(found: list[tuple[Finding, bool]]) -> dict[str, object]:
    return {
        "well": all(finding.state != "found" for finding, _ in found),
        "checks": [
            {
                "check": finding.check,
                "state": finding.state,
                "id": finding.message.id,
                "message": in_english(finding.message),
                "advice": in_english(finding.advice) if finding.advice else None,
                "can_be_repaired": finding.repair is not None,
                "repaired": repaired,
            }
            for finding, repaired in found
        ],
    }
