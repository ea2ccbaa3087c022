"""The boxes of films and shots that save as they are changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pages.session.bound import bound
from pages.session.keeping import keep
from projects.database.tables import Project, Shot, ShotUpdate
from projects.storyboard.projects import edit_film
from projects.storyboard.shots import edit_shot

# Fields of a film that may be as they are. Streamlit takes a choice of None for none made: it is "" or 0 in the box.
_MAY_BE_NONE = ("music", "loudness", "fps", "size")


def film_box(project: Project, field: str, value: Any) -> tuple[str, Callable[[], None]]:
    """The key and the callback of the box of a film's ``field``, which is drawn with ``value``.

    Where a film says None, the box has "" or 0.
    """
    key = f"film-{field}-{project.id}"
    return key, bound(key, value, functools.partial(_save_film, project.id, field, key))


def shot_box(shot: Shot, field: str, where: str = "") -> tuple[str, Callable[[], None]]:
    """The key and the callback of the box of a shot's ``field``, which is drawn with the value that the shot has.

    ``where`` tells one from another of the same field.
    """
    key = f"shot-{field}{where}-{shot.id}"
    return key, bound(key, getattr(shot, field), functools.partial(_save_shot, shot, field, key))


def _save_film(project_id: str, field: str, key: str, value: Any) -> bool:
    changes = {field: value or None if field in _MAY_BE_NONE else value}
    return keep(
        key,
        project_id,
        "edit-project",
        lambda opened: edit_film(session=opened, project_id=project_id, changes=changes),
    )


def _save_shot(shot: Shot, field: str, key: str, value: Any) -> bool:
    changes = ShotUpdate.model_validate({field: value})
    return keep(
        key,
        shot.project_id,
        "edit-shot",
        lambda opened: edit_shot(session=opened, shot_id=shot.id, changes=changes),
    )
