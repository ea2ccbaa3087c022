"""The folds of the film's page for handing on and getting back, below its cutting table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.board.reading import Board
from pages.handing.documents import documents_section
from pages.handing.editions import edition_bar
from pages.handing.own_cut import compared, own_settings, own_shots
from pages.handing.recuts import recut_section
from pages.look.language import t
from pages.session.database import session
from projects.database.tables import Edition
from projects.films.editions import editions_of, shots_in
from projects.films.material import material_of
from projects.films.timeline import Timeline


def editions(board: Board, shown: Edition | None) -> None:
    """Which edition the table below cuts, and what that one has of its own."""
    with session() as opened:
        found = editions_of(session=opened, project_id=board.project.id)
    edition_bar(board.project.id, found, shown)
    if shown is None:
        return
    with st.expander(t("This edition"), key="own-cut", on_change="rerun", icon=":material/tune:") as own:
        if own.open:
            own_settings(board.project, shown)
            with session() as opened:
                shots = shots_in(session=opened, edition=shown)
            own_shots(shown, shots)
    _comparison(board, shown, found)


def _comparison(board: Board, shown: Edition, found: Sequence[Edition]) -> None:
    with st.expander(t("What is different"), key="compared", on_change="rerun", icon=":material/compare:") as fold:
        if fold.open:
            with session() as opened:
                material = material_of(session=opened, project_id=board.project.id, made_for=board.made_for)
            compared(material, shown, found)


def handing_on(board: Board, shown: Edition | None, timeline: Timeline) -> None:
    """Documents of what is shown, and a recut of it that comes back."""
    with st.expander(t("Documents"), key="documents-fold", on_change="rerun", icon=":material/description:") as fold:
        if fold.open:
            documents_section(board.project.id, shown, board.made_for)
    label = t("Bring a cut back from an editing program")
    with st.expander(label, key="recut-fold", on_change="rerun", icon=":material/input:") as fold:
        if fold.open:
            recut_section(board.project.id, shown, board.made_for, timeline)
