"""``python -m projects backup`` and ``restore``: the whole studio saved to a folder, and put back from one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from framepack.files.filesystem import is_disk_full
from framepack.messages import Message
from projects.errors import BackupProblem
from projects.messages import in_english
from projects.safekeeping.backing_up import Report, foresee, save_studio
from projects.safekeeping.files import Watch
from projects.safekeeping.restoring import check_backup, restore_studio
from projects.settings import StudioSettings


@dataclass(frozen=True)
class BackupOptions:
    """What a command was asked for: with ``dry_run`` it only says what would be done."""

    folder: Path
    dry_run: bool
    as_json: bool


def describe(saving: argparse.ArgumentParser, restoring: argparse.ArgumentParser) -> None:
    """Add the arguments of both commands."""
    saving.add_argument("folder", type=Path, metavar="FOLDER", help="new, empty or an earlier backup; not in the home")
    saving.add_argument(
        "--without-sections",
        action="store_true",
        help="leave out what can be rendered again; takes and films are saved all the same",
    )
    restoring.add_argument("folder", type=Path, metavar="FOLDER", help="what “backup” wrote")
    for one, what in ((saving, "say what would be copied"), (restoring, "check the whole backup")):
        one.add_argument("--dry-run", action="store_true", help=f"only {what}; nothing is written")
        one.add_argument("--json", action="store_true", help="print one line of JSON")


def options_of(asked: argparse.Namespace) -> BackupOptions:
    """What was asked for on the command line."""
    return BackupOptions(asked.folder.expanduser(), dry_run=asked.dry_run, as_json=asked.json)


def back_up(settings: StudioSettings, options: BackupOptions, *, sections: bool) -> bool:
    """Save the studio and say what came of it; whether all of it is in the backup."""
    if options.dry_run:
        report = foresee(settings, options.folder, sections=sections)
    else:
        with _bar("Backup") as watching:
            report = save_studio(settings, options.folder, sections=sections, watching=watching)
    if options.as_json:
        print(json.dumps(_as_json(report, options), ensure_ascii=False))
    else:
        for line in _lines(report, options):
            print(in_english(line))
    return not report.damaged and not report.left_out


def put_back(settings: StudioSettings, options: BackupOptions) -> None:
    """Put the studio back and say so."""
    with _bar("Restore") as watching:
        done = (check_backup if options.dry_run else restore_studio)(settings, options.folder, watching=watching)
    if options.as_json:
        said = {"home": str(settings.home), "files": done.files, "size": done.size, "dry_run": options.dry_run}
        print(json.dumps(said, ensure_ascii=False))
        return
    size = done.size / 10**6
    if options.dry_run:
        message = Message("backup-whole", {"folder": str(options.folder), "files": done.files, "size": size})
    else:
        message = Message("restore-done", {"home": str(settings.home), "files": done.files, "size": size})
    print(in_english(message))


def _lines(report: Report, options: BackupOptions) -> Iterator[Message]:
    for one in report.damaged:
        id = "backup-earlier-stays" if one.earlier else "backup-file-damaged"
        yield Message(id, {"name": one.name, "reason": one.reason})
    for name in report.left_out:
        yield Message("backup-left-out", {"name": name})
    folder, size, copied = str(options.folder), report.size / 10**6, report.copied_size / 10**6
    if options.dry_run:
        yield Message(
            "backup-would",
            {
                "folder": folder,
                "files": report.files,
                "size": size,
                "missing": report.copied_files,
                "missing_size": copied,
            },
        )
    else:
        yield Message("backup-done", {"folder": folder, "files": report.files, "size": size})
        yield Message("backup-copied", {"files": report.copied_files, "size": copied})
        yield Message("backup-not-taken")


def _as_json(report: Report, options: BackupOptions) -> dict[str, object]:
    return {
        "folder": str(options.folder),
        "dry_run": options.dry_run,
        "files": report.files,
        "size": report.size,
        "copied": {"files": report.copied_files, "size": report.copied_size},
        "damaged": [
            {"name": one.name, "reason": in_english(one.reason), "earlier": one.earlier} for one in report.damaged
        ],
        "left_out": report.left_out,
    }


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int], Watch]]:
    """What is told how many bytes there are to go through, and then of each part, on a terminal's standard error."""
    with tqdm(desc=title, unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False) as bar:

        def begin(total: int) -> Watch:
            bar.reset(total)
            return lambda size: _show(bar, size)

        try:
            yield begin
        except OSError as error:
            if is_disk_full(error):
                raise BackupProblem(Message("backup-disk-full")) from error
            raise


def _show(bar: tqdm[None], size: int) -> None:
    bar.update(size)
