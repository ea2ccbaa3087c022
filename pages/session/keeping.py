"""Edits that a box does: where what is in one cannot be kept, the reason stands beside it."""

from __future__ import annotations

import streamlit as st

from framepack.messages import Message
from pages.look.text import said
from pages.look.theme import told
from pages.session.database import session
from pages.session.faults import fault_message
from pages.session.state import Act, Notice, say
from projects.errors import NotFound
from projects.storyboard.journal import journaled


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
    allow(key)
    return True


def refuse(key: str, reason: Message) -> None:
    """Have a reason stand beside the box ``key`` until something is done there."""
    st.session_state[_reason(key)] = reason


def allow(key: str) -> None:
    """Have no reason stand beside the box ``key`` any more."""
    st.session_state.pop(_reason(key), None)


def beside(*keys: str) -> None:
    """Why what was put into one of these boxes was not kept; nothing where it was."""
    for key in keys:
        reason = st.session_state.get(_reason(key))
        if reason is not None:
            told(said(reason), "bad")


def _reason(key: str) -> str:
    return f"{key}-reason"
