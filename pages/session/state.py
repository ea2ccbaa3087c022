"""What a page run shares: the open project, messages to show after a click, and clicks that call one domain verb.

The truth is the database; the session state keeps only which project is open and what has just been said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.look.language import t
from pages.look.text import said
from pages.look.theme import told
from pages.session.database import for_keeper, session
from pages.session.faults import fault_message
from projects.database.tables import Project
from projects.errors import NotFound
from projects.storyboard.journal import journaled
from projects.storyboard.reading import get_project

Act = Callable[[Session], object]


@dataclass(frozen=True)
class Notice:
    """One message after a click. ``undo`` takes the click back, where that can be done."""

    message: Message
    tone: Literal["good", "quiet", "bad"]
    undo: Act | None = None


def do(act: Act, done: Message | None = None, undo: Act | None = None) -> None:
    """As ``attempt``, for a click that need not know how it went."""
    attempt(act, done, undo)


def attempt(act: Act, done: Message | None = None, undo: Act | None = None) -> bool:
    """Call one domain verb and commit once. What it refuses is said on the page; True if it was done.

    ``done`` is said then. What was said of an earlier click goes away.
    """
    st.session_state["notices"] = []
    if not carried_out(act):
        return False
    if done is not None:
        say(Notice(done, "good", undo))
    return True


def edit(project_id: str, kind: str, act: Act, done: Message | None = None, undo: Act | None = None) -> None:
    """As ``edited``, for a click that need not know how it went."""
    edited(project_id, kind, act, done, undo)


def edited(project_id: str, kind: str, act: Act, done: Message | None = None, undo: Act | None = None) -> bool:
    """As ``attempt``, for an edit of a project: the journal keeps it as a ``kind``, so that it can be undone."""

    def journal(opened: Session) -> None:
        with journaled(session=opened, project_id=project_id, kind=kind):
            act(opened)

    return attempt(journal, done, undo)


def carried_out(act: Act) -> bool:
    """Call one domain verb and commit once; True if it was done. What goes wrong is said, whatever was said before."""
    try:
        with session() as opened:
            act(opened)
            opened.commit()
    except Exception as error:
        say(Notice(fault_message(error), "bad"))
        return False
    return True


def say(notice: Notice) -> None:
    """Show a message at the top of the page until the next click that does something."""
    notices = st.session_state.setdefault("notices", [])
    if notice not in notices:
        notices.append(notice)


def show_notices(page: str) -> None:
    """What was said of the last click, with a button that takes it back where that can be done."""
    if st.session_state.get("page") != page:
        st.session_state["page"] = page
        st.session_state["notices"] = [one for one in st.session_state.get("notices", []) if one.undo is not None]
    notices: list[Notice] = st.session_state.get("notices", [])
    # The container is always there, so that what comes below keeps its place when a sentence comes or goes.
    with st.container(key="notices"):
        for place, notice in enumerate(notices):
            with st.container(horizontal=True, vertical_alignment="center", key=f"notice-{place}"):
                told(said(notice.message), notice.tone)
                if notice.undo is not None:
                    st.button(t("Undo"), key=f"undo-{place}", icon=":material/undo:", on_click=do, args=(notice.undo,))


def keepers_part() -> bool:
    """Whether to draw what only the keeper may do. A person is told so in its place."""
    if for_keeper():
        return True
    told(said(Message("keepers-only")), "quiet")
    return False


def open_project() -> Project | None:
    """The project of this page: the one in the address, else the one that was open last. None where there is none."""
    asked = st.query_params.get("project") or st.session_state.get("project")
    if not asked:
        return None
    try:
        with session() as opened:
            project = get_project(session=opened, project_id=asked)
    except NotFound:
        st.session_state.pop("project", None)
        return None
    st.session_state["project"] = project.id
    # The address names the project, so that a reload and a copied address come back to it.
    if st.query_params.get("project") != project.id:
        st.query_params["project"] = project.id
    return project
