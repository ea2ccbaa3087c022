"""Boxes that save as they are changed. Where what is in one cannot be, the reason stands beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from framepack.messages import Message
from pages.look.text import said
from pages.look.theme import told
from pages.session.bound import bound
from pages.session.database import session
from pages.session.faults import fault_message
from pages.session.state import Act, Notice, say
from projects.database.tables import Project, Shot, ShotUpdate
from projects.errors import NotFound
from projects.storyboard.journal import journaled
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


def keep(key: str, project_id: str, kind: str, act: Act) -> bool:
    """Do one edit of a project, which the journal keeps as a ``kind``. True if it was done.

    Why it cannot be stands beside the box ``key``; that something is gone is said above all.
    """
    st.session_state["notices"] = []
    try:
        with session() as opened:
            with journaled(session=opened, project_id=project_id, kind=kind):
                act(opened)
            opened.commit()
    except NotFound as gone:
        # Its box is gone as well.
        say(Notice(fault_message(gone), "bad"))
        return False
    except Exception as error:
        refuse(key, fault_message(error))
        return False
    st.session_state.pop(_reason(key), None)
    return True


def refuse(key: str, reason: Message) -> None:
    """Have a reason stand beside the box ``key`` until something is done there."""
    st.session_state[_reason(key)] = reason


def beside(*keys: str) -> None:
    """Why what was put into one of these boxes was not kept; nothing where it was."""
    for key in keys:
        reason = st.session_state.get(_reason(key))
        if reason is not None:
            told(said(reason), "bad")


def _reason(key: str) -> str:
    return f"{key}-reason"


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
