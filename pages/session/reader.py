"""For whom a page is drawn, or a request answered: a person of a shared studio, or its keeper. It draws nothing.

The door says it of requests. A page is drawn in a thread that knows of no request, so it is asked here of the cookie
that its connection came with.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from framepack.messages import Message
from projects.database.viewers import viewer
from projects.door.people import who_is_in
from projects.door.sessions import COOKIE
from projects.errors import StudioError
from projects.settings import StudioSettings


def reader(used: StudioSettings) -> str | None:
    """The person, None for the keeper. Raises StudioError where the session of a page has ended."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return viewer()
    if not used.share:
        return None
    entered = who_is_in(used, st.context.cookies.get(COOKIE, ""))
    if entered is None:
        raise StudioError(Message("session-over"))
    return entered.person
