"""Packs a report into a ZIP file. All that is written passes what hides secrets, and nothing is sent anywhere."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from framepack.files.atomic import in_place
from projects.database.opening import session_for
from projects.logs.hiding import Hiding
from projects.reporting.contents import Values, orders, picture_ids, versions, workers, written_words
from projects.settings import StudioSettings
from projects.storage.shared import picture_file

# The ends of the newest logs, and so much of all pictures together.
MOST_LOGS, LOG_BYTES = 24, 256 * 1024
# Of what the logs say of one order.
MOST_LINES = 4000
# A line with its time; the others go on with what one is about.
_BEGINS = re.compile(r"\d{4}-\d{2}-\d{2} ")
MOST_PICTURE_BYTES = 200 * 2**20
_ABOUT = """\
A report of a problem of the studio. Nothing of it was sent anywhere: it goes where you send this file.

doctor.json    what is wrong with the studio and its computer
versions.json  the system, Python and packages
workers.json   who renders, on what
orders.json    orders, takes and films: ids, states, times, and what they failed for, by its id
logs/          the ends of the newest logs
{lines}{words}{pictures}
Passwords, tokens and keys are in none of it, and no names and paths of your files.
"""


@dataclass(frozen=True)
class ReportOptions:
    """What is packed beside: ``prompts`` with the names of projects and shots, and the ``pictures`` of shots.

    ``order`` is the id of a render, film or order of pictures of which all lines of all logs are packed.
    """

    prompts: bool = False
    pictures: bool = False
    order: str | None = None


def pack_report(
    settings: StudioSettings,
    database: sa.Engine | None,
    doctor: Sequence[Values],
    options: ReportOptions,
    out: Path,
) -> None:
    """Write a report to ``out``, in place of what is there; without a ``database`` it says nothing of orders.

    ``doctor`` is what the doctor found. Raises OSError.
    """
    hiding = Hiding(settings, os.environ)
    with in_place(out) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:

        def write(name: str, values: Any) -> None:
            packed.writestr(name, json.dumps(values, ensure_ascii=False, indent=1))

        left_out = 0
        write("doctor.json", _hidden(hiding, list(doctor)))
        write("versions.json", versions(settings))
        if database is not None:
            with session_for(database) as session:
                write("orders.json", orders(session))
                write("workers.json", _hidden(hiding, workers(session)))
                if options.prompts:
                    # As they were written: a person asked for that.
                    write("words.json", written_words(session))
                if options.pictures:
                    left_out = _write_pictures(settings, packed, picture_ids(session))
        for log in newest_logs(settings):
            packed.writestr(f"logs/{log.name}", hiding.hidden(_end_of(log)))
        lines = ""
        if options.order is not None:
            packed.writestr("order.log", hiding.hidden("".join(lines_about(settings, options.order))))
            lines = f"order.log      what the logs say of {options.order}\n"
        words = "words.json     the names of projects and shots, and their prompts\n" if options.prompts else ""
        pictures = f"pictures/      the pictures of shots ({left_out} left out)\n" if options.pictures else ""
        packed.writestr("README.txt", _ABOUT.format(lines=lines, words=words, pictures=pictures))


def newest_logs(settings: StudioSettings) -> list[Path]:
    """The logs of which a report has the end, the newest first."""
    found = [path for ending in ("*.log", "*.output") for path in settings.logs_dir.glob(ending) if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:MOST_LOGS]


def lines_about(settings: StudioSettings, order: str) -> list[str]:
    """What all logs say of an order, the oldest log first, with the lines that go on with one; the last of many."""
    logs = [path for path in settings.logs_dir.glob("*.log*") if path.is_file()]
    found: deque[str] = deque(maxlen=MOST_LINES)
    for log in sorted(logs, key=lambda path: path.stat().st_mtime):
        is_about = False
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if _BEGINS.match(line):
                    is_about = f" {order}] " in line
                if is_about:
                    found.append(line)
    return list(found)


def _end_of(log: Path) -> str:
    """The last lines, each whole."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOG_BYTES))
        end = file.read(LOG_BYTES).decode("utf-8", errors="replace")
    return end if size <= LOG_BYTES else end.partition("\n")[2]


def _write_pictures(settings: StudioSettings, packed: zipfile.ZipFile, ids: Sequence[str]) -> int:
    """Pack pictures under their ids; returns how many are left out since they are too much, or gone."""
    room, left_out = MOST_PICTURE_BYTES, 0
    for id in ids:
        path = picture_file(settings, id)
        size = path.stat().st_size if path.is_file() else None
        if size is None or size > room:
            left_out += 1
            continue
        room -= size
        packed.write(path, f"pictures/{id}", zipfile.ZIP_STORED)
    return left_out


def _hidden(hiding: Hiding, value: Any) -> Any:
    """``value`` with all its texts hidden where they must be."""
    if isinstance(value, str):
        return hiding.hidden(value)
    if isinstance(value, dict):
        return {name: _hidden(hiding, one) for name, one in value.items()}
    return [_hidden(hiding, one) for one in value] if isinstance(value, list) else value
