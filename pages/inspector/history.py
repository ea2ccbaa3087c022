"""What the selected shot said before: the earlier wordings of its prompt, each to be used again."""

from __future__ import annotations

import html

import streamlit as st

from pages.board.reading import Board
from pages.look.language import t, tn
from pages.look.text import when_text
from pages.session.database import session
from pages.session.state import edit
from projects.database.tables import ShotUpdate, now
from projects.storyboard.reading import wordings
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import ShotPlan

_SHOWN = 20


def shot_history(board: Board, plan: ShotPlan) -> None:
    """The latest of them first."""
    shot = plan.shot
    with session() as opened:
        earlier = [one for one in wordings(session=opened, shot_id=shot.id) if one.prompt != shot.prompt]
    if not earlier:
        nothing = t("When you change the text of this shot, what it said before is kept here.")
        st.html(f'<div class="fs-soft">{html.escape(nothing)}</div>')
    for wording in earlier[:_SHOWN]:
        until = t("until {when}").format(when=when_text(wording.created_at, now()))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(
                f'<div class="fs-sentence">{html.escape(wording.prompt)} '
                f'<span class="fs-soft">· {html.escape(until)}</span></div>'
            )
            st.button(
                t("Use again"),
                key=f"wording-{wording.id}",
                type="tertiary",
                on_click=_reword,
                args=(board.project.id, shot.id, wording.prompt),
            )
    if len(earlier) > _SHOWN:
        more = tn("And {n} older wording.", "And {n} older wordings.", len(earlier) - _SHOWN)
        st.html(f'<div class="fs-soft">{html.escape(more)}</div>')


def _reword(project_id: str, shot_id: str, prompt: str) -> None:
    changes = ShotUpdate(prompt=prompt)
    edit(project_id, "edit-shot", lambda opened: edit_shot(session=opened, shot_id=shot_id, changes=changes))
