"""Boxes bound to the database: they show what it holds, and what is changed in them is saved at once.

The database is the truth. A browser that goes to another page in the very moment in which a box is left can lose the
box's call back, and can hand a box back empty; neither may lose what a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def bound(key: str, value: T, save: Callable[[T], bool]) -> Callable[[], None]:
    """Bind the box ``key`` to ``value`` before it is drawn; returns its ``on_change``.

    ``save`` says whether it saved. The box must be drawn with ``value`` as its default too: that is what it falls back
    to where a browser forgot it, and so nothing empty can come back as if somebody had emptied it.
    """
    drawn = f"{key}-drawn"
    if key in st.session_state and st.session_state[key] != value:
        # The same in the database as when the box was drawn: somebody changed the box, and nothing has saved it yet.
        if drawn in st.session_state and st.session_state[drawn] == value and save(st.session_state[key]):
            st.rerun()
        st.session_state[key] = value
    st.session_state[drawn] = value
    return lambda: _changed(key, save)


def _changed(key: str, save: Callable[[T], bool]) -> None:
    save(st.session_state[key])
