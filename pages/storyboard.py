"""The page of one storyboard: the board of all its shots, and the inspector of the one that is selected.

The board reads and draws the shots by itself; this page draws what is around it and the inspector.
"""

import streamlit as st

from framepack.shots.presets import PRESETS
from pages.board.board import Choice, board
from pages.board.reading import Board, read_board
from pages.board.words import BOARD_WORDS
from pages.inspector.inspector import inspector
from pages.look.language import language, t, words
from pages.look.text import term
from pages.look.theme import empty_state, masthead
from pages.parts.storyboard_head import story, storyboard_head
from pages.session.database import session
from pages.session.state import open_project, show_notices
from pages.session.view import changed, lines_asked, selected_shot, shown_pass, shown_view
from projects.storage.pictures import MAX_PICTURE_BYTES

project = open_project()
masthead(project_id=project.id if project else None, here="storyboard")
show_notices("storyboard")
if project is None:
    empty_state(t("No project is open"), t("Choose one on the page of all projects, or create one there."))
    st.page_link("project_list.py", label=t("All projects"), icon=":material/arrow_back:")
    st.stop()

selected = selected_shot()
made_for = shown_pass(project)
read: Board | None = None
if selected is not None:
    with session() as opened:
        read = read_board(opened, project.id, made_for)
plan = next((plan for plan in read.plans if plan.shot.id == selected), None) if read else None
storyboard_head(project, made_for)
# Both are always there, so that the board keeps its place when the inspector comes or goes.
with st.container(key="studio"):
    with st.container(key="board-side"):
        story(project, made_for, selected)
        board(
            project_id=project.id,
            key=f"board-{project.id}",
            selected=selected if plan else None,
            view=shown_view(),
            shown_pass=made_for,
            presets=tuple(Choice(name, term("preset", name)) for name in PRESETS),
            most_bytes=MAX_PICTURE_BYTES,
            words=words("board", BOARD_WORDS),
            lang=language().tag,
            lines_asked=lines_asked(),
            on_changed=changed,
        )
    with st.container(key="inspector-side"):
        if read is not None and plan is not None:
            inspector(read, plan)
