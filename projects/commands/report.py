"""``python -m projects report FILE.zip``: what is needed to find a fault, packed into one file that is sent nowhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from framepack.messages import Message
from projects.commands.doctor import all_findings, for_a_report, opened_or_none
from projects.messages import in_english
from projects.reporting.packing import ReportOptions, pack_report
from projects.settings import StudioSettings


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE.zip", help="the file to write")
    parser.add_argument("--with-prompts", action="store_true", help="with prompts, and names of projects and shots")
    parser.add_argument("--with-pictures", action="store_true", help="with the pictures of shots")


def report(settings: StudioSettings, asked: argparse.Namespace) -> None:
    """Look at everything, and pack what was found."""
    settings.make_folders()
    doctor = for_a_report(all_findings(settings))
    options = ReportOptions(prompts=asked.with_prompts, pictures=asked.with_pictures)
    with opened_or_none(settings) as database:
        pack_report(settings, database, doctor, options, asked.file.expanduser().absolute())
    print(in_english(Message("report-written", {"file": str(asked.file)})))
