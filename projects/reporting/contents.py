"""What a report says of orders, workers and versions: ids, states, problems by their ids, and times; no words."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from sqlmodel import Session, col, select

from framepack.messages import Message
from projects.database.tables import Film, PictureOrder, Project, Render, Shot, Take, Worker
from projects.messages import read
from projects.settings import StudioSettings
from projects.storyboard.reading import shots_of

# So many of each kind, the newest.
MOST_ORDERS = 200
_PACKAGES = (
    *("accelerate", "alembic", "av", "dbos", "diffusers", "imageio-ffmpeg", "moviepy", "numpy", "pillow", "psycopg"),
    *("safetensors", "sqlalchemy", "sqlmodel", "starlette", "streamlit", "torch", "transformers", "triton"),
)
Values = dict[str, Any]


def versions(settings: StudioSettings) -> Values:
    """What the studio runs on."""
    return {
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "database": "sqlite" if settings.uses_sqlite else "postgresql",
        "shared": settings.share,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def orders(session: Session) -> Values:
    """The newest orders and takes, and how they stand."""
    return {
        "renders": [
            {
                **_fields(row, "id", "project_id", "shot_ids", "made_for", "status", "paused", "runs", "tries"),
                **_times(row),
                "problem": _problem(row.error),
            }
            for row in session.exec(select(Render).order_by(col(Render.created_at).desc()).limit(MOST_ORDERS))
        ],
        "takes": [
            {
                **_fields(row, "id", "shot_id", "render_id", "number", "status", "attempts", "lease", "frames"),
                **_fields(row, "width", "height", "seconds_spent"),
                **_times(row),
                "problem": _problem(row.error),
            }
            for row in session.exec(select(Take).order_by(col(Take.created_at).desc()).limit(MOST_ORDERS))
        ],
        "films": [
            {
                **_fields(row, "id", "project_id", "status", "paused", "runs", "lease", "ending", "share"),
                **_times(row),
                "problem": _problem(row.error),
            }
            for row in session.exec(select(Film).order_by(col(Film.created_at).desc()).limit(MOST_ORDERS))
        ],
        "pictures": [
            {
                **_fields(row, "id", "project_id", "shot_id", "status", "count", "begun", "lease"),
                **_times(row),
                "problem": _problem(row.error),
            }
            for row in session.exec(
                select(PictureOrder).order_by(col(PictureOrder.created_at).desc()).limit(MOST_ORDERS)
            )
        ],
    }


def workers(session: Session) -> list[Values]:
    """Who works, without the names of their computers."""
    found = session.exec(select(Worker).order_by(col(Worker.executor_id))).all()
    fields = ("device", "hardware", "memory_bytes", "arithmetic", "crowding", "render_id", "shot_id")
    return [{**_fields(row, *fields), "started_at": str(row.started_at), "beat_at": str(row.beat_at)} for row in found]


def written_words(session: Session) -> list[Values]:
    """All that people wrote: the projects with their names, and their shots with their prompts."""
    return [
        {
            **_fields(project, "id", "name", "negative_prompt", "words_before", "words_after"),
            "shots": [
                _fields(shot, "id", "name", "prompt", "seconds", "start", "seed", "beats")
                for shot in shots_of(session=session, project_id=project.id)
            ],
        }
        for project in _projects(session)
    ]


def picture_ids(session: Session) -> list[str]:
    """The pictures of all shots, each once."""
    shots = [shot for project in _projects(session) for shot in shots_of(session=session, project_id=project.id)]
    return list(dict.fromkeys(id for shot in shots for id in (shot.media_id, shot.end_media_id) if id))


def _projects(session: Session) -> list[Project]:
    return list(session.exec(select(Project).where(col(Project.deleted_at).is_(None))).all())


def _fields(row: Render | Take | Film | PictureOrder | Worker | Project | Shot, *names: str) -> Values:
    return row.model_dump(include=set(names))


def _times(row: Render | Take | Film | PictureOrder) -> Values:
    names = ("created_at", "started_at", "finished_at")
    return {name: None if value is None else str(value) for name, value in _fields(row, *names).items()}


def _problem(error: str | None) -> list[str]:
    """The ids of what an order failed for; its words may be a person's."""
    return [] if error is None else list(_ids(read(error)))


def _ids(message: Message) -> Iterator[str]:
    yield message.id
    for value in message.values.values():
        if isinstance(value, Message):
            yield from _ids(value)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
