"""What ``python -m projects render`` says beforehand: ``--dry-run``, and the preset that is done in time (``--by``)."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import database_session, session_for
from projects.database.tables import Pass, Worker
from projects.errors import StoryboardProblem
from projects.forecast.asking import Asking, PresetForecast, best_by, next_time, preset_field
from projects.forecast.foretelling import Foreteller
from projects.generator.engine_holder import find_device
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.interchange.storyboard_file import StoryboardFile
from projects.queue.orders import is_urgent, live_workers
from projects.queue.overview import seconds_ahead
from projects.settings import StudioSettings
from projects.storyboard.reading import project_with_shots
from projects.takes.staleness import ShotPlan, said_of
from projects.takes.weights import other_identities, pass_identity

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def time_of_day(text: str) -> dt.datetime:
    """When it is ``text`` (18:00) for the next time. Raises StoryboardProblem for what is no time of day."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise StoryboardProblem(Message("no-such-time", {"text": text}))
    return next_time(int(found[1]), int(found[2]), dt.datetime.now().astimezone())


def dry_run(settings: StudioSettings, storyboard: Path, made_for: Pass, device: str | None) -> None:
    """Print, as one line of JSON, what rendering a storyboard file would come to; nothing is kept.

    Raises the errors of the domain where the storyboard is at fault.
    """
    with database_session(settings) as session:
        file = read_storyboard(storyboard)
        asking, foreteller, ahead = _asking(session, settings, file, made_for, device)
        forecast = asking.forecast(foreteller, _missing)
        earliest, latest = forecast.done_at(ahead)
        presets = asking.presets(foreteller, _missing, ahead)
    said: dict[str, Any] = {
        "shots": forecast.shots,
        "sections": forecast.sections,
        "found_sections": forecast.found,
        "seconds": [round(value, 1) for value in (forecast.takes.low, forecast.takes.likely, forecast.takes.high)],
        "done_at": [earliest.isoformat(timespec="seconds"), latest.isoformat(timespec="seconds")],
        "measured": forecast.measured,
        "hardware": forecast.hardware,
        "presets": {
            one.preset: {"seconds": round(one.forecast.takes.likely, 1), "measured": one.forecast.measured}
            for one in presets
        },
    }
    print(json.dumps(said, ensure_ascii=False))


def in_time(
    settings: StudioSettings,
    database: sa.Engine,
    file: StoryboardFile,
    made_for: Pass,
    device: str | None,
    by: dt.datetime,
) -> StoryboardFile:
    """``file`` with the best preset with which it is rendered ``by`` then. Raises StoryboardProblem if none is."""
    with session_for(database) as session:
        asking, foreteller, ahead = _asking(session, settings, file, made_for, device)
        presets = asking.presets(foreteller, _missing, ahead)
    best = best_by(presets, by)
    if best is None:
        soonest: PresetForecast = min(presets, key=lambda one: one.done_at)
        done = f"{soonest.done_at.astimezone():%H:%M}"
        raise StoryboardProblem(Message("deadline-not-met", {"by": f"{by:%H:%M}", "done": done}))
    print(f"With the preset “{best.preset}” it is done by {by:%H:%M}.", file=sys.stderr, flush=True)
    return replace(file, settings={**file.settings, preset_field(made_for): best.preset})


def _asking(
    session: Session, settings: StudioSettings, file: StoryboardFile, made_for: Pass, device: str | None
) -> tuple[Asking, Foreteller, float]:
    """The session is not committed: the project that is made of the file for this is gone with it."""
    project = project_for_file(session=session, settings=settings, file=file)
    _, shots = project_with_shots(session=session, project_id=project.id)
    models = settings.engine.models
    identity = pass_identity(project, made_for, models)
    asking = Asking(session, settings, project.id, made_for, identity, other_identities(shots, models))
    workers = [] if device else live_workers(session=session)
    foreteller = Foreteller(session=session, settings=settings, workers=workers or [_own_worker(device or "auto")])
    return asking, foreteller, seconds_ahead(session=session, settings=settings, urgent=is_urgent(made_for))


def _own_worker(device: str) -> Worker:
    """The worker that the command would start."""
    found = find_device(device)
    return Worker(executor_id="", device=found.name, pid=0, host="", hardware=found.title, arithmetic=found.arithmetic)


def _missing(plans: Sequence[ShotPlan]) -> list[str]:
    """The shots to be made. Raises StoryboardProblem where one cannot be."""
    for plan in plans:
        if plan.problem:
            raise StoryboardProblem(said_of(plan.shot, plan.problem))
    return [plan.shot.id for plan in plans if plan.state != "done"]
