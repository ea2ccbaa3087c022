"""What lies on the disk and is not needed any more, at the bottom of the page of all projects; freed on request.

Nothing is counted before somebody asks: looking through all files takes a while.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import streamlit as st

from framepack.messages import Message
from pages.look.text import said, size_text
from pages.session.database import for_keeper, session, settings
from pages.session.state import Notice, carried_out, say
from projects.upkeep.needless import NAMES, Amount, Survey, survey
from projects.upkeep.removal import remove_deleted, remove_needless

_FOUND = "needless"  # what was counted last


def upkeep() -> None:
    """A line that offers the keeper to look, and what was found with the ways to free it."""
    if not for_keeper():
        return
    with st.container(key="upkeep"):
        found: Survey | None = st.session_state.get(_FOUND)
        if found is None:
            st.button(said(Message("upkeep-look")), key="upkeep-look", type="tertiary", on_click=_look)
        else:
            _show(found)


def _show(found: Survey) -> None:
    needless = found.all_needless
    sizes = Message("upkeep-sizes", {"all": size_text(found.on_disk), "needless": size_text(needless.size)})
    st.html(f'<div class="fs-soft" role="status">{html.escape(said(sizes))}</div>')
    kinds = [(kind, amount) for kind, amount in found.needless.items() if amount.files]
    if kinds:
        rows = "".join(
            f"<tr><td>{html.escape(said(Message(NAMES[kind])))}</td><td>{size_text(amount.size)}</td></tr>"
            for kind, amount in kinds
        )
        st.html(f'<table class="fs-facts">{rows}</table>')
    with st.container(horizontal=True):
        if needless.files:
            label = said(Message("upkeep-free", {"size": size_text(needless.size)}))
            st.button(label, key="upkeep-free", icon=":material/delete_sweep:", on_click=_free)
        if found.has_deleted:
            size = Message("upkeep-free-deleted", {"size": size_text(found.deleted.size)})
            st.button(
                said(size),
                key="upkeep-free-deleted",
                icon=":material/delete_forever:",
                help=said(Message("upkeep-deleted-help", {"what": found.said_of_deleted})),
                on_click=_free_deleted,
            )


def _look() -> None:
    carried_out(lambda opened: st.session_state.update({_FOUND: survey(session=opened, settings=settings())}))


def _free() -> None:
    _freed(lambda: remove_needless(sessions=session, settings=settings()))


def _free_deleted() -> None:
    def both() -> Amount:
        removed = remove_deleted(sessions=session, settings=settings())
        return removed + remove_needless(sessions=session, settings=settings())

    _freed(both)


def _freed(remove: Callable[[], Amount]) -> None:
    st.session_state["notices"] = []
    removed: list[Amount] = []
    if carried_out(lambda _: removed.append(remove())):
        _look()
        say(Notice(Message("upkeep-freed", {"size": size_text(removed[0].size)}), "good"))
