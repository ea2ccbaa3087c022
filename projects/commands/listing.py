"""``python -m projects list`` and ``show``: what projects there are, and what is in one. They change nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlmodel import Session

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from projects.database.opening import database_session
from projects.database.tables import Edition, Pass, Project
from projects.films.editions import editions_of, shots_in
from projects.messages import in_english
from projects.names import shown_name
from projects.queue.standing import standings_of
from projects.settings import StudioSettings
from projects.storage.places import take_path
from projects.storyboard.finding import project_named
from projects.storyboard.project_settings import checkpoint_of, passes_of
from projects.storyboard.reading import list_projects, shots_of
from projects.takes.staleness import ShotPlan, own_checkpoints, plan_for
from projects.takes.takes import takes_of_project

_WIDTH = 72


def list_all(settings: StudioSettings, *, as_json: bool) -> None:
    """Print all projects that are not deleted, the one edited last first, those of the archive at the end."""
    with database_session(settings) as session:
        found = _projects_in(session, settings)
    if as_json:
        print(json.dumps({"projects": found}, ensure_ascii=False))
        return
    for one in found:
        away = " (archived)" if one["archived"] else ""
        away += f" ({one['owner']})" if one["owner"] else ""
        figures = f"{one['shots']:4} shots {one['seconds']:8.1f} s"
        print(f"{one['id']}  {figures}  {one['state']:15}  {one['title']}{away}")


def show(settings: StudioSettings, wanted: str, *, as_json: bool) -> None:
    """Print the project called ``wanted``, or with that id, with its shots.

    Raises NotFound, and StoryboardProblem where several are called so.
    """
    with database_session(settings) as session:
        found = _project_in(session, settings, project_named(session=session, wanted=wanted))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"{found['title']}  ({found['id']})")
    for shot in found["shots"]:
        takes = ", ".join(f"{of} take {take['number']}" for of, take in shot["chosen"].items() if take) or "no take"
        states = ", ".join(f"{of}: {state}" for of, state in shot["states"].items())
        print(f"{shot['label']}  {shot['seconds']:6.1f} s  {shot['start']:8}  {states}; {takes}")
        # Without what would steer the terminal.
        if line := shown_name(" · ".join(text for text in (shot["name"], shot["prompt"]) if text.strip())):
            print(f"        {line if len(line) <= _WIDTH else f'{line[:_WIDTH]}…'}")


def _projects_in(session: Session, settings: StudioSettings) -> list[dict[str, Any]]:
    summaries = [*list_projects(session=session), *list_projects(session=session, archived=True)]
    projects = [summary.project for summary in summaries]
    checkpoints = {checkpoint_of(project, made_for) for project in projects for made_for in passes_of(project)}
    names = {name: known for name in checkpoints if (known := _known(name, settings.engine.models))}
    standings = standings_of(session=session, settings=settings, projects=projects, weights=names)
    return [
        {
            "id": summary.project.id,
            "title": summary.project.name,
            "owner": summary.project.owner,
            "shots": summary.shots,
            "seconds": summary.seconds,
            "state": standings[summary.project.id].standing,
            "current": standings[summary.project.id].current,
            "stale": standings[summary.project.id].stale,
            "edited_at": summary.project.updated_at.isoformat(),
            "archived": summary.project.archived_at is not None,
        }
        for summary in summaries
    ]


def _project_in(session: Session, settings: StudioSettings, project: Project) -> dict[str, Any]:
    plans = {made_for: _plans(session, settings, project, made_for) for made_for in passes_of(project)}
    by_shot = zip(*plans.values(), strict=True)
    return {
        "id": project.id,
        "title": project.name,
        "seconds": sum(plan.shot.seconds for plan in plans["draft"]),
        "models": {made_for: checkpoint_of(project, made_for) for made_for in plans},
        "archived": project.archived_at is not None,
        "editions": [_edition(session, one) for one in editions_of(session=session, project_id=project.id)],
        "shots": [_shot(settings, dict(zip(plans, own, strict=True))) for own in by_shot],
    }


def _edition(session: Session, edition: Edition) -> dict[str, Any]:
    """An edition, and the labels of the shots that it shows, in its order."""
    shots = shots_in(session=session, edition=edition)
    return {"id": edition.id, "name": edition.name, "shots": [shot.label for shot, shown in shots if shown]}


def _shot(settings: StudioSettings, plans: dict[Pass, ShotPlan]) -> dict[str, Any]:
    """A shot as the draft has it, and its state and chosen take in each pass."""
    draft = plans["draft"]
    shot = draft.shot
    return {
        "label": shot.label,
        "id": shot.id,
        "name": shot.name,
        "prompt": shot.prompt,
        "dialogue": shot.dialogue,
        "notes": shot.notes,
        "beats": shot.beats,
        "seconds": shot.seconds,
        "start": shot.start,
        "state": draft.state,
        "states": {made_for: plan.state for made_for, plan in plans.items()},
        "problem": in_english(draft.problem) if draft.problem else None,
        "chosen": {made_for: _take(settings, plan) for made_for, plan in plans.items()},
    }


def _take(settings: StudioSettings, plan: ShotPlan) -> dict[str, Any] | None:
    take = plan.chosen
    if take is None:
        return None
    path = str(take_path(settings, take.id))
    return {"id": take.id, "number": take.number, "frames": take.frames, "fps": take.fps, "path": path}


def _plans(session: Session, settings: StudioSettings, project: Project, made_for: Pass) -> list[ShotPlan]:
    """The plans of a pass. Of weights that are not here, or not named yet, those of the takes count."""
    shots = shots_of(session=session, project_id=project.id)
    takes = takes_of_project(session=session, project_id=project.id)
    names = {str(take.request["settings"]["checkpoint"]): str(take.request["identity"]) for take in takes}
    usual = checkpoint_of(project, made_for)
    for name in {usual, *own_checkpoints(shots)}:
        names[name] = _known(name, settings.engine.models) or names.get(name, "")
    others = {name: names[name] for name in own_checkpoints(shots) if names[name]}
    return plan_for(
        session=session,
        settings=settings,
        project_id=project.id,
        identity=names[usual],
        made_for=made_for,
        others=others,
    )


def _known(name: str, models: Path | None) -> str:
    """The name of a checkpoint's weights as far as it is known without reading them; "" where it is not."""
    try:
        return known_identity(checkpoint_named(name), models) or ""
    except FramepackError:
        return ""
