"""What the interface packs for whoever looks for a fault: a report, made when it is asked for and kept nowhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from pages.api.asking import Asked, Nothing
from pages.api.bodies import OfReport
from pages.serving.files import under_name
from pages.session.database import settings
from projects.commands.doctor import for_a_report, opened_or_none, quick_findings
from projects.reporting.packing import ReportOptions, pack_report


def report(asked: Asked[Nothing, OfReport]) -> Response:
    """A ZIP file that helps to find a fault; without prompts, names and pictures unless they are asked for."""
    options = ReportOptions(prompts=asked.query.prompts, pictures=asked.query.pictures, order=asked.query.order)
    folder = tempfile.TemporaryDirectory(prefix="report-", ignore_cleanup_errors=True)
    try:
        path = Path(folder.name) / "report.zip"
        with opened_or_none(settings()) as database:
            pack_report(settings(), database, for_a_report(quick_findings(settings())), options, path)
    except BaseException:
        folder.cleanup()
        raise
    headers = {"cache-control": "no-store", **under_name("studio-report.zip")}
    return FileResponse(path, media_type="application/zip", headers=headers, background=BackgroundTask(folder.cleanup))
